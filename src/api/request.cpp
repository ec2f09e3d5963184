#include "api/request.h"

#include "base/failure.h"
#include "base/text.h"

namespace wardbook::api {
std::optional<std::int64_t> parse_positive(std::string_view text) {
  const bool plain = all_digits(text) && text.front() != '0';
  return plain ? parse_number<std::int64_t>(text) : std::nullopt;
}

void Request::saw(std::string_view resource, std::int64_t number, PatientId patient) const {
  if (looks != nullptr) looks->all.push_back({std::string(resource), number, patient});
}

std::string bearer_of(const net::RequestHead& head) {
  const auto value = head.headers.get("Authorization");
  if (!value) throw Failure(Code::unauthenticated, "Send Authorization: Bearer <access token>.");
  const auto space = value->find(' ');
  if (head.headers.count("Authorization") != 1 || space == std::string_view::npos ||
      !equal_ignoring_case(value->substr(0, space), "Bearer")) {
    throw Failure(Code::unauthenticated, "The Authorization header is not a bearer token.");
  }
  return std::string(trimmed(value->substr(space + 1)));
}

bool names_own_tenant(const net::RequestHead& head, const Principal& caller) {
  const auto count = head.headers.count("X-Tenant-ID");
  if (count == 0) return true;
  const auto named = head.headers.get("X-Tenant-ID");
  return count == 1 && caller.tenant_id && *named == caller.tenant_id->str();
}

const TenantId& Principal::tenant() const {
  if (!tenant_id) throw Failure(Code::forbidden, "Operators have no access to a hospital's data.");
  return *tenant_id;
}

Actor Request::actor() const {
  Actor actor;
  if (caller.account.value != 0) {
    actor.account = caller.account;
    actor.role = to_string(caller.role);
  }
  actor.request_id = id;
  actor.ip = head.remote_ip;
  return actor;
}

std::optional<std::string_view> Request::query_param(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string_view Request::path_param(std::string_view name) const {
  for (const auto& [key, value] : path_params) {
    if (key == name) return value;
  }
  return {};
}

std::int64_t Request::path_int(Code missing, std::string_view name) const {
  const auto value = parse_positive(path_param(name));
  if (!value) throw Failure(missing);
  return *value;
}

const boost::json::object& Request::object() const {
  if (!body.is_object()) throw Failure::invalid({{"", "must be a JSON object"}});
  return body.get_object();
}

Response&& Response::etag(std::int64_t version) && {
  headers.set("ETag", '"' + std::to_string(version) + '"');
  return std::move(*this);
}

Response&& Response::header(std::string_view name, std::string_view value) && {
  headers.set(name, value);
  return std::move(*this);
}

Response ok(std::string json) {
  Response response;
  response.headers.set("Content-Type", "application/json");
  response.body = std::move(json);
  return response;
}

Response ok(const boost::json::value& json) {
  return ok(boost::json::serialize(json));
}

Response created(std::string json, std::string_view location) {
  Response response = ok(std::move(json));
  response.status = 201;
  response.headers.set("Location", location);
  return response;
}

Response no_content() {
  Response response;
  response.status = 204;
  return response;
}

}  // namespace wardbook::api
