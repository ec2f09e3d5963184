#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/looks.h"
#include "api/principal.h"
#include "base/ids.h"
#include "net/message.h"
#include "net/server.h"

namespace wardbook::api {

class Subjects;  // api/subject.h

/// One request after the router has matched, authenticated and admitted it. Passed by value.
struct Request {
  net::RequestHead head;
  std::string id;                                                ///< X-Request-ID
  std::vector<std::pair<std::string, std::string>> path_params;  ///< decoded
  net::QueryParams query;
  boost::json::value body;            ///< parsed JSON; null when the route takes none
  std::string_view retry_secret;      ///< the router's: keys what is kept of requests (idempotency)
  std::string_view cursor_secret;     ///< the router's: authenticates the cursors of lists (paging)
  Principal caller;                   ///< nobody for Access::open
  net::Exchange* exchange = nullptr;  ///< for routes that stream; valid until the handler returns
  Looks* looks = nullptr;             ///< the router's, likewise; absent in some tests
  const Subjects* subjects = nullptr;  ///< the router's, likewise

  /// The request has come across something of a patient that its path does not name, or makes it.
  /// Should it fail, or be answered again, the audit log says so; an answer of its own has an entry
  /// of its own.
  void saw(std::string_view resource, std::int64_t number, PatientId patient) const;

  [[nodiscard]] const TenantId& tenant() const { return caller.tenant(); }
  /// As whom the audit log names the caller.
  [[nodiscard]] Actor actor() const;
  [[nodiscard]] std::optional<std::string_view> query_param(std::string_view name) const;
  /// The path parameter's id; fails with `missing` (a 404) when it is no positive integer.
  template <class IdType>
  [[nodiscard]] IdType path_id(Code missing, std::string_view name = "id") const {
    return IdType(path_int(missing, name));
  }
  [[nodiscard]] std::int64_t path_int(Code missing, std::string_view name) const;
  [[nodiscard]] std::string_view path_param(std::string_view name) const;
  /// The body as an object; fails with invalid_fields when it is another kind of JSON.
  [[nodiscard]] const boost::json::object& object() const;
};

/// The access token of the Authorization header. Fails with unauthenticated.
[[nodiscard]] std::string bearer_of(const net::RequestHead& head);
/// Whether X-Tenant-ID, if it was sent, is the caller's own.
[[nodiscard]] bool names_own_tenant(const net::RequestHead& head, const Principal& caller);

/// An id or a version number as text: decimal digits without a sign or leading zero.
[[nodiscard]] std::optional<std::int64_t> parse_positive(std::string_view text);

struct Response {
  int status = 200;
  net::Headers headers;
  std::string body;
  std::string_view fixed = {};  ///< net::Response::fixed
  bool streamed = false;        ///< the handler has answered through Request::exchange

  /// Adds `ETag: "<version>"`.
  Response&& etag(std::int64_t version) &&;
  Response&& header(std::string_view name, std::string_view value) &&;
};

/// 200 with JSON text.
[[nodiscard]] Response ok(std::string json);
[[nodiscard]] Response ok(const boost::json::value& json);
/// 201 with Location.
[[nodiscard]] Response created(std::string json, std::string_view location);
[[nodiscard]] Response no_content();

}  // namespace wardbook::api
