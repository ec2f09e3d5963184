#include "api/request.h"

#include <charconv>

#include "base/failure.h"

namespace wardbook::api {
namespace {

/// Strong entity tags of ours are `"<digits>"`; nullopt for anything else.
std::optional<std::int64_t> parse_etag(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  if (text.size() < 3 || text.front() != '"' || text.back() != '"') return std::nullopt;
  return parse_positive(text.substr(1, text.size() - 2));
}

}  // namespace

std::optional<std::int64_t> parse_positive(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool plain = !text.empty() && text.front() >= '1' && text.front() <= '9';
  if (!plain || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

const TenantId& Caller::tenant() const {
  if (!tenant_id) throw Failure(Code::forbidden, "Operators run the platform and see no hospital.");
  return *tenant_id;
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

std::optional<std::int64_t> optional_if_match(const Request& request) {
  const auto value = request.head.headers.get("If-Match");
  if (!value) return std::nullopt;
  if (*value == "*") {
    throw Failure(Code::if_match_required, "Name the version that you have read, not '*'.");
  }
  if (const auto version = parse_etag(*value)) return version;
  // Another's tag, a weak one or a list: as RFC 9110 has them, but none that we gave out.
  const bool tag = (value->starts_with('"') || value->starts_with("W/\"")) && value->size() > 1 &&
                   value->ends_with('"');
  if (tag) throw Failure(Code::version_conflict);
  throw Failure(Code::bad_request, "If-Match is not an ETag: send it in its double quotes.");
}

std::int64_t required_if_match(const Request& request) {
  const auto version = optional_if_match(request);
  if (!version) {
    throw Failure(Code::if_match_required, "Send If-Match with the ETag of what you have read.");
  }
  return *version;
}

bool not_modified(const Request& request, std::int64_t version) {
  auto value = request.head.headers.get("If-None-Match");
  if (!value) return false;
  if (value->starts_with("W/")) value->remove_prefix(2);
  return parse_etag(*value) == version;
}

}  // namespace wardbook::api
