#include "api/router.h"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <map>
#include <stdexcept>

#include "api/input.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "net/content_coding.h"

namespace wardbook::api {
namespace {

constexpr std::size_t kJsonBodyBytes = 1024 * 1024;
/// In logs and metrics, for all pages of the web UI and their files.
constexpr std::string_view kPages = "/{page}";
constexpr std::size_t kAuthBodyBytes = 16 * 1024;
/// A body that is streamed on holds a connection to the store for as long as its client sends.
constexpr std::size_t kStreamsOfAnAccount = 8;

/// A node of the tree of path segments; a literal segment wins over a parameter.
struct Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literal;
  std::unique_ptr<Node> parameter;
  std::map<std::string, const Route*, std::less<>> methods;
  std::vector<std::string> names;  ///< of the parameters on the way here
};

/// Of a path, which begins with a slash.
std::vector<std::string_view> segments_of(std::string_view path) {
  return split(path.substr(1), "/");
}

struct Match {
  const Node* node = nullptr;
  std::vector<std::string> values;
};

const Node* descend(const Node* node, const std::vector<std::string_view>& segments,
                    std::vector<std::string>& values) {
  for (const auto segment : segments) {
    const auto decoded = net::percent_decode(segment);
    if (!decoded) throw Failure(Code::bad_request, "The path contains an invalid escape or %00.");
    if (const auto found = node->literal.find(*decoded); found != node->literal.end()) {
      node = found->second.get();
    } else if (node->parameter && !decoded->empty()) {
      values.push_back(*decoded);
      node = node->parameter.get();
    } else {
      return nullptr;
    }
  }
  return node;
}

/// JSON is UTF-8 (RFC 8259); a charset that says otherwise is not believed but refused.
bool is_utf8_parameter(std::string_view parameter) {
  const auto equals = parameter.find('=');
  if (!equal_ignoring_case(trimmed(parameter.substr(0, equals)), "charset")) return true;
  if (equals == std::string_view::npos) return false;
  const auto value = unquoted(trimmed(parameter.substr(equals + 1)));
  return equal_ignoring_case(value, "utf-8") || equal_ignoring_case(value, "utf8");
}

bool is_json_type(std::string_view content_type, bool patch) {
  auto end = std::min(content_type.find(';'), content_type.size());
  const auto type = trimmed(content_type.substr(0, end));
  while (end < content_type.size()) {
    content_type.remove_prefix(end + 1);
    end = std::min(content_type.find(';'), content_type.size());
    if (!is_utf8_parameter(content_type.substr(0, end))) return false;
  }
  return equal_ignoring_case(type, "application/json") ||
         (patch && equal_ignoring_case(type, "application/merge-patch+json"));
}

std::string allow_header(const Node& node) {
  std::string out;
  for (const auto& [method, route] : node.methods) {
    out += (out.empty() ? "" : ", ") + method;
    if (method == "GET") out += ", HEAD";
  }
  return out;
}

/// Whether a handler's failure may depend on what the database holds. What cannot be understood is
/// refused before anything is looked up; without the database there is nothing to tell, nor to
/// write it down with.
bool tells_something(Code code) {
  const bool away =
      code == Code::database_unavailable || code == Code::overloaded || code == Code::timeout;
  return !away && describe(code).status != 400;
}

/// One account's place among those whose bodies are streamed.
class Streaming {
 public:
  using Counts = std::map<std::int64_t, std::size_t>;

  Streaming(Counts& counts, AccountId account) : counts_(counts), account_(account.value) {
    const auto found = counts_.try_emplace(account_, 0).first;
    if (found->second >= kStreamsOfAnAccount) {
      Failure failure(Code::too_many_requests, "Too many of your uploads are in progress.");
      failure.retry_after(2);
      throw failure;
    }
    ++found->second;
  }
  ~Streaming() {
    const auto found = counts_.find(account_);
    if (--found->second == 0) counts_.erase(found);
  }
  Streaming(const Streaming&) = delete;
  Streaming& operator=(const Streaming&) = delete;

 private:
  Counts& counts_;
  std::int64_t account_;
};

bool is_below_auth(std::string_view pattern) {
  return pattern.find("/auth/") != std::string_view::npos;
}

bool takes_json(const Route& route) {
  return route.body == Body::json || route.body == Body::no_fields;
}

void refuse_fields(const boost::json::object& body) {
  std::vector<Fault> faults;
  Input(body, "", faults).finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
}

}  // namespace

struct Router::Impl {
  App& app;
  std::vector<Route> routes;
  Hooks hooks;
  Node root = {};
  Subjects subjects = {};
  Streaming::Counts streaming = {};

  /// What the log line and the metrics say of a request.
  struct Trace {
    std::string_view pattern;
    Principal caller;
    std::string log_detail;
    const Route* handled_by = nullptr;       ///< once its handler has begun
    std::optional<std::int64_t> subject_id;  ///< the path's `{id}`
    Looks looks;
  };

  void insert(const Route& route) {
    Node* node = &root;
    std::vector<std::string> names;
    for (const auto segment : segments_of(route.pattern)) {
      if (segment.starts_with('{')) {
        names.emplace_back(segment.substr(1, segment.size() - 2));
        if (!node->parameter) node->parameter = std::make_unique<Node>();
        node = node->parameter.get();
      } else {
        auto& child = node->literal[std::string(segment)];
        if (!child) child = std::make_unique<Node>();
        node = child.get();
      }
    }
    if (!node->methods.emplace(route.method, &route).second) {
      throw std::logic_error("two routes for " + std::string(route.method) + " " +
                             std::string(route.pattern));
    }
    if (std::ranges::find(names, "id") != names.end() && route.subject == &kNothing) {
      throw std::logic_error("what {id} names is not said of " + std::string(route.pattern));
    }
    subjects.add(*route.subject);
    if (node->names.empty()) node->names = std::move(names);
  }

  const Route& match(const net::RequestHead& head, Request& request, Trace& trace) const {
    std::vector<std::string> values;
    const Node* node = descend(&root, segments_of(head.raw_path()), values);
    if (node == nullptr || node->methods.empty()) throw Failure(Code::not_found);
    trace.pattern = node->methods.begin()->second->pattern;
    auto found = node->methods.find(head.method);
    if (found == node->methods.end() && head.method == "HEAD") found = node->methods.find("GET");
    if (found == node->methods.end()) {
      Failure failure(Code::method_not_allowed);
      failure.extension("allow", quoted(allow_header(*node)));
      throw failure;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      request.path_params.emplace_back(node->names[i], std::move(values[i]));
    }
    auto query = net::parse_query(head.raw_query());
    if (!query)
      throw Failure(Code::bad_request,
                    "The query string contains an invalid escape, %00 or too many parameters.");
    request.query = std::move(*query);
    for (const auto& [name, value] : request.query) {
      if (valid_utf8(name) && valid_utf8(value)) continue;
      throw Failure(Code::bad_request, "The query string is not valid UTF-8.");
    }
    return *found->second;
  }

  Task<> read_body(const Route& route, Request& request, net::Exchange& exchange) const {
    const auto& headers = request.head.headers;
    if (const auto coding = headers.get("Content-Encoding");
        coding && !equal_ignoring_case(*coding, "identity")) {
      throw Failure(Code::unsupported_media_type, "Send the body without a Content-Encoding.");
    }
    const auto type = headers.get("Content-Type");
    const bool patch = route.method == "PATCH";
    const bool needs_type = type && route.body != Body::no_fields;
    if (!needs_type && exchange.content_length() == 0U) {
      request.body = boost::json::object{};
      co_return;
    }
    if (!type || headers.count("Content-Type") > 1 || !is_json_type(*type, patch)) {
      Failure failure(Code::unsupported_media_type,
                      patch ? "Send application/merge-patch+json or application/json, in UTF-8."
                            : "Send application/json, in UTF-8.");
      throw failure;
    }
    const std::string text = co_await exchange.read_all(route.body_bytes());
    request.body = parse_json(text);
    if (route.body == Body::no_fields) refuse_fields(request.object());
  }

  void require_admission(const Route& route, const net::RequestHead& head,
                         std::optional<SessionId> session) const {
    if (!hooks.admit || !route.works_for_anybody()) return;
    const int wait_s = hooks.admit(head, route.pattern, session);
    if (wait_s == 0) return;
    Failure failure(Code::too_many_requests, session ? "Too many requests came for this session."
                                                     : "Too many requests came from this address.");
    failure.retry_after(wait_s);
    throw failure;
  }

  /// The token may be in the body, so that is read first. What cannot be read counts for the
  /// address, as does all else without a genuine token.
  Task<> read_and_admit(const Route& route, Request& request, net::Exchange& exchange) const {
    std::exception_ptr misread;
    try {
      if (takes_json(route)) co_await read_body(route, request, exchange);
    } catch (...) {
      misread = std::current_exception();
    }
    std::optional<SessionId> session;
    if (!misread) session = route.session_of(app, request);
    require_admission(route, request.head, session);
    if (misread) std::rethrow_exception(misread);
  }

  /// What is neither a route nor below one may be a page of the web UI.
  std::optional<Response> page(const net::RequestHead& head, Trace& trace) const {
    if (!hooks.page || (head.method != "GET" && head.method != "HEAD")) return std::nullopt;
    std::vector<std::string> values;
    const Node* node = descend(&root, segments_of(head.raw_path()), values);
    if (node != nullptr && !node->methods.empty()) return std::nullopt;
    auto answer = hooks.page(head);
    if (answer) trace.pattern = kPages;
    return answer;
  }

  Task<Response> dispatch(net::Exchange& exchange, Trace& trace) {
    if (auto answer = page(exchange.head(), trace)) co_return std::move(*answer);
    Request request;
    request.head = exchange.head();
    request.id = exchange.id();
    request.exchange = &exchange;
    request.retry_secret = hooks.retry_secret;
    request.cursor_secret = hooks.cursor_secret;
    request.looks = &trace.looks;
    request.subjects = &subjects;
    const Route& route = match(request.head, request, trace);
    const bool by_token = route.session_of != nullptr;
    if (by_token) {
      co_await read_and_admit(route, request, exchange);
    } else {
      require_admission(route, request.head, std::nullopt);
    }
    if (route.access != Access::open) {
      std::string bearer = bearer_of(request.head);
      request.caller = co_await hooks.authenticate(std::move(bearer));
      trace.caller = request.caller;
      if (!names_own_tenant(request.head, request.caller)) {
        static constexpr Subject kTenant{.resource = "tenant", .reading = Access::any_in_tenant};
        co_await hooks.refused(request, kTenant, "the token's own tenant in X-Tenant-ID");
        throw Failure(Code::tenant_mismatch);
      }
      if (!request.caller.may(route.access)) {
        co_await hooks.refused(request, *route.subject, to_string(route.access));
        throw Failure(Code::forbidden);
      }
    }
    if (takes_json(route) && !by_token) co_await read_body(route, request, exchange);
    trace.handled_by = &route;
    trace.subject_id = parse_positive(request.path_param("id"));
    std::optional<Streaming> place;
    if (route.body == Body::stream) place.emplace(streaming, request.caller.account);
    co_return co_await route.handler(app, std::move(request));
  }

  /// What has to be written down before this answer leaves. The entries of all others were written
  /// by their handlers.
  std::optional<Unlogged> unlogged(Trace& trace, const std::optional<Failure>& failure,
                                   const Response& response) const {
    if (trace.handled_by == nullptr || !trace.caller.tenant_id) return std::nullopt;
    Unlogged out{trace.handled_by->pattern, {}, {}, &subjects};
    if (failure) {
      if (!tells_something(failure->code())) return std::nullopt;
      out.outcome = describe(failure->code()).name;
    } else if (response.status >= 400) {
      out.outcome = std::to_string(response.status);
    } else if (!response.headers.get(kReplayedHeader) || trace.looks.entered) {
      return std::nullopt;
    }
    const Subject& subject = *trace.handled_by->subject;
    if (trace.subject_id && subject.whose != nullptr) {
      Look named{std::string(subject.resource), *trace.subject_id, {}};
      out.looks.push_back(std::move(named));
    }
    // What the request made came last.
    std::move(trace.looks.all.rbegin(), trace.looks.all.rend(), std::back_inserter(out.looks));
    if (out.looks.empty()) return std::nullopt;
    return out;
  }

  Task<> write_down(net::Exchange& exchange, Principal caller, Unlogged what) {
    Request request;
    request.head = exchange.head();
    request.id = exchange.id();
    request.caller = std::move(caller);
    co_await hooks.looked(std::move(request), std::move(what));
  }
};

std::size_t Route::body_bytes() const {
  return is_below_auth(pattern) ? kAuthBodyBytes : kJsonBodyBytes;
}

Router::Router(App& app, std::vector<Route> routes, Hooks hooks)
    : impl_(std::make_unique<Impl>(Impl{app, std::move(routes), std::move(hooks)})) {
  for (const auto& route : impl_->routes) impl_->insert(route);
}
Router::~Router() = default;

const std::vector<Route>& Router::routes() const {
  return impl_->routes;
}

Task<> Router::handle(net::Exchange& exchange) {
  const auto start = std::chrono::steady_clock::now();
  Impl::Trace trace;
  Response response;
  std::optional<Failure> failure;
  bool client_gone = false;
  try {
    response = co_await impl_->dispatch(exchange, trace);
  } catch (const Failure& f) {
    failure = f;
  } catch (const boost::system::system_error& e) {
    client_gone = true;
    trace.log_detail = e.what();
  } catch (const std::exception& e) {
    failure.emplace(Code::internal, std::string{}, e.what());
  }
  int status = response.status;
  const bool answers = !client_gone && !exchange.answered();
  if (auto what = answers ? impl_->unlogged(trace, failure, response) : std::nullopt) {
    try {
      co_await impl_->write_down(exchange, trace.caller, std::move(*what));
    } catch (const Failure& f) {
      failure = f;
    } catch (const std::exception& e) {
      failure.emplace(Code::internal, std::string{}, e.what());
    }
  }
  if (failure) {
    trace.log_detail = failure->log_detail();
    status = describe(failure->code()).status;
  }
  if (client_gone) status = 499;  // the usual mark for a client that left
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  log::write(status >= 500 ? log::Level::error : log::Level::info, "request",
             {{"request_id", exchange.id()},
              {"method", exchange.head().method},
              {"route", trace.pattern},
              {"status", status},
              {"code", failure ? describe(failure->code()).name : std::string_view()},
              {"ms", took.count() * 1e3},
              {"tenant", trace.caller.tenant_id ? trace.caller.tenant_id->str() : std::string()},
              {"account", trace.caller.account.value},
              {"detail", trace.log_detail}});
  impl_->hooks.observe(exchange.head().method, trace.pattern, status, took.count());
  if (client_gone || exchange.answered()) {
    if (failure || client_gone) exchange.close_after();
    co_return;
  }
  net::Response answer;
  if (failure) {
    answer = problem(*failure, exchange.id());
    for (const auto& [name, json] : failure->extensions()) {
      if (name == "allow") answer.headers.set("Allow", json.substr(1, json.size() - 2));
    }
  } else {
    answer = {response.status, std::move(response.headers), std::move(response.body),
              response.fixed};
    if (!answer.headers.get("Cache-Control")) answer.headers.set("Cache-Control", "no-store");
  }
  answer.headers.set("X-Content-Type-Options", "nosniff");
  // Below /auth/ answers hold secrets beside what the client sent: their length must not tell of
  // them.
  if (!is_below_auth(trace.pattern)) net::compress(answer, exchange.head());
  co_await exchange.respond(std::move(answer));
}

}  // namespace wardbook::api
