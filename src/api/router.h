#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/request.h"
#include "api/subject.h"
#include "base/task.h"
#include "net/server.h"

namespace wardbook {
struct App;  // features/app.h; handlers get it, the router only passes it on
}

namespace wardbook::api {

using Handler = Task<Response> (*)(App&, Request);

/// The session of which the request brings a genuine token. Told by the token alone: no statement,
/// nothing that waits. Nothing for all else.
using SessionOf = std::optional<SessionId> (*)(App&, const Request&);

/// What a route does with the request's body.
enum class Body {
  none,       ///< there is none to read; one that is sent is thrown away
  json,       ///< application/json (and merge-patch for PATCH), parsed; see Route::body_bytes
  no_fields,  ///< JSON too, but there is no field to send: nothing, or an empty object
  stream,     ///< the handler reads it from Request::exchange
};

/// One row of the program's route list. A route without an Access does not compile.
struct Route {
  /// `subject_` lives as long as the program.
  Route(std::string_view method_, std::string_view pattern_, Access access_,
        const Subject& subject_, Handler handler_, Body body_ = Body::none)
      : method(method_),
        pattern(pattern_),
        access(access_),
        handler(handler_),
        body(body_),
        subject(&subject_) {}
  /// About nothing in particular: there is no `{id}` in the pattern.
  Route(std::string_view method_, std::string_view pattern_, Access access_, Handler handler_,
        Body body_ = Body::none)
      : Route(method_, pattern_, access_, kNothing, handler_, body_) {}
  /// An open route that is used with a token of a session: see `session_of`.
  [[nodiscard]] Route counted_by(SessionOf session) const {
    Route out = *this;
    out.session_of = session;
    return out;
  }
  std::string_view method;
  std::string_view pattern;  ///< below the base path or absolute; `{name}` is one segment
  Access access;
  Handler handler;
  Body body;
  const Subject* subject;  ///< what `{id}` names, or what the list is of
  /// By whose token it is used: such a request counts for that session and not for its address, so
  /// that nobody else who is behind the address can use up what it may.
  SessionOf session_of = nullptr;

  /// The longest JSON body: 1 MiB, and 16 KiB below /auth/, where anybody may send one.
  [[nodiscard]] std::size_t body_bytes() const;
  /// Whether anybody at all may make the service work by it: open, and more than a page.
  [[nodiscard]] bool works_for_anybody() const { return access == Access::open && method != "GET"; }
};

/// An answer that tells something of a patient and has no entry in the audit log yet: a failure, or
/// the answer to an earlier request once more.
struct Unlogged {
  std::string_view pattern;            ///< of the route
  std::string outcome;                 ///< the failure's code; empty for an earlier answer
  std::vector<Look> looks;             ///< first what the path names, or what was seen last
  const Subjects* subjects = nullptr;  ///< the router's: whose the looks' resources are
  [[nodiscard]] bool failed() const { return !outcome.empty(); }
};

/// What the router needs of the features, handed in by app/.
struct Hooks {
  /// The caller that the Authorization header names. Fails with unauthenticated, token_expired,
  /// tenant_suspended, database_unavailable.
  std::function<Task<Principal>(std::string bearer)> authenticate;
  /// Whether the client may use a route that works for anybody once more: 0, or in how many seconds
  /// it may. The session: of Route::session_of. Absent: always.
  std::function<int(const net::RequestHead&, std::string_view pattern, std::optional<SessionId>)>
      admit;
  /// Writes down that a caller was refused (403), and what of. Must not throw.
  std::function<Task<>(Request, const Subject&, std::string_view permission)> refused;
  /// Writes down, durably, what an answer without an entry would tell. Throws when it cannot, or
  /// when the caller may not see an earlier answer again: that Failure is answered instead.
  std::function<Task<>(Request, Unlogged)> looked;
  /// The answer to a GET that no route matches, if a page or one of its files is meant.
  std::function<std::optional<Response>(const net::RequestHead&)> page;
  /// Of `cursor_secret`: under it, the cursors of lists are authenticated.
  std::string cursor_secret;
  /// Of `retry_secret`: under it, what is kept of requests with an Idempotency-Key is of no use to
  /// who does not have it.
  std::string retry_secret;
  /// After every answer: method, pattern ("" when nothing matched), status, seconds.
  std::function<void(std::string_view method, std::string_view pattern, int status, double seconds)>
      observe;
};

/// Matches, authenticates, admits, reads the body, runs the handler and turns every failure into
/// problem+json. Closed by default. One log line a request.
class Router {
 public:
  /// Throws std::logic_error when two routes have the same method and pattern, when a pattern has
  /// an
  /// `{id}` and no subject, or when two subjects have one name.
  Router(App& app, std::vector<Route> routes, Hooks hooks);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  [[nodiscard]] Task<> handle(net::Exchange& exchange);
  [[nodiscard]] const std::vector<Route>& routes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// RFC 9457. The answer of a Failure.
[[nodiscard]] net::Response problem(const Failure& failure, const std::string& request_id);

/// In every answer to a request that was answered before.
inline constexpr std::string_view kReplayedHeader = "Idempotency-Replayed";

}  // namespace wardbook::api
