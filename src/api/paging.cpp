#include "api/paging.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "api/input.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"

namespace wardbook::api {
namespace {

constexpr std::size_t kMaxCursor = 2'000;
/// Of an HMAC-SHA256: half of it is enough (RFC 2104, 5).
constexpr std::size_t kTagBytes = 16;
/// Of what a cursor holds and how it is authenticated.
constexpr std::string_view kCursorFormat = "1";

std::string tag_of(std::string_view key, std::string_view content) {
  const auto whole = hmac_sha256(key, content);
  return std::string(as_chars(whole).substr(0, kTagBytes));
}

bool is_infinite(std::string_view text) {
  return text == "infinity" || text == "-infinity";
}

bool is_of_kind(const std::string& value, CursorValue kind) {
  switch (kind) {
    case CursorValue::text:
      return true;
    case CursorValue::integer:
      return parse_number<std::int64_t>(value).has_value();
    case CursorValue::integer_or_empty:
      return value.empty() || parse_number<std::int64_t>(value).has_value();
    case CursorValue::date:
      return is_infinite(value) || parse_date(value).has_value();
    case CursorValue::time:
      return is_infinite(value) || parse_rfc3339(pg_time_to_rfc3339(value)).has_value();
  }
  return false;
}

}  // namespace

std::optional<std::string_view> Params::take(std::string_view name) {
  known_.emplace_back(name);
  std::optional<std::string_view> found;
  for (const auto& [key, value] : request_.query) {
    if (key != name) continue;
    if (found) {
      fault(name, "is given more than once");
      return std::nullopt;
    }
    found = value;
  }
  return found;
}

void Params::fault(std::string_view name, std::string message) {
  if (faults_.size() >= kMostFaults) return;
  std::string pointer = "?" + std::string(name);
  if (std::ranges::find(faults_, pointer, &Fault::pointer) != faults_.end()) return;
  faults_.push_back({std::move(pointer), std::move(message)});
}

std::optional<std::string> Params::text(std::string_view name, std::size_t max) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  return checked(name, std::string(*value), max);
}

std::optional<std::string> Params::typed(std::string_view name, std::size_t max) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  std::string text(*value);
  std::ranges::replace(text, '\t', ' ');
  return checked(name, std::move(text), max);
}

std::optional<std::string> Params::checked(std::string_view name, std::string value,
                                           std::size_t max) {
  // It is UTF-8, so that a character begins with what does not go on with one.
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  constexpr std::size_t kLongest = 4;
  if (value.size() > kLongest * max ||
      static_cast<std::size_t>(std::ranges::count_if(value, begins)) > max) {
    fault(name, "is longer than " + std::to_string(max) + " characters");
    return std::nullopt;
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (std::ranges::any_of(value, control)) {
    fault(name, "holds control characters");
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> Params::unchecked(std::string_view name) {
  const auto value = take(name);
  return value ? std::optional(std::string(*value)) : std::nullopt;
}

std::optional<std::int64_t> Params::integer(std::string_view name, std::int64_t least,
                                            std::int64_t most) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  const auto number = parse_number<std::int64_t>(*value);
  if (!number || *number < least || *number > most) {
    fault(name, "must be a whole number from " + std::to_string(least) +
                    (most == INT64_MAX ? " upward" : " to " + std::to_string(most)));
    return std::nullopt;
  }
  return number;
}

std::optional<std::string> Params::one_of(std::string_view name,
                                          const std::vector<std::string_view>& allowed) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  if (std::ranges::find(allowed, *value) == allowed.end()) {
    std::string list;
    for (const auto word : allowed) list += (list.empty() ? "" : ", ") + std::string(word);
    fault(name, (allowed.size() == 1 ? "must be " : "must be one of ") + list);
    return std::nullopt;
  }
  return std::string(*value);
}

std::optional<std::string> Params::date_or_time(std::string_view name) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  if (parse_date(*value)) return std::string(*value);
  if (const auto time = parse_rfc3339(*value)) return format_rfc3339(*time);
  fault(name, "must be a date (YYYY-MM-DD) or an RFC 3339 time");
  return std::nullopt;
}

std::optional<Date> Params::date(std::string_view name) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  const auto date = parse_date(*value);
  if (!date) fault(name, "must be a date (YYYY-MM-DD)");
  return date;
}

int Params::limit() {
  return static_cast<int>(integer("limit", 1, kMaxLimit).value_or(kDefaultLimit));
}

bool Params::count_exact() {
  return one_of("count", {"exact"}).has_value();
}

void Params::finish() {
  for (const auto& [key, value] : request_.query) {
    if (std::ranges::find(known_, key) == known_.end()) fault(key, "is not a parameter here");
  }
  if (faults_.empty()) return;
  boost::json::array errors;
  for (const auto& f : faults_) {
    errors.push_back({{"pointer", f.pointer}, {"message", f.message}});
  }
  Failure failure(Code::invalid_parameter,
                  faults_.front().pointer.substr(1) + " " + faults_.front().message + ".");
  failure.extension("errors", boost::json::serialize(errors));
  throw failure;
}

std::string cursor_secret(std::string_view token_secret) {
  const auto key = hmac_sha256(token_secret, "wardbook: cursors of lists, 1");
  return std::string(as_chars(key));
}

CursorScope cursor_scope(std::string_view list, const Request& request) {
  if (request.cursor_secret.empty()) throw std::logic_error("a request without a cursor secret");
  std::vector<std::pair<std::string, std::string>> filters;
  for (const auto& [key, value] : request.query) {
    if (key == "limit" || key == "cursor" || key == "count" || key == "sort" || key == "fields") {
      continue;
    }
    filters.emplace_back(key, value);
  }
  std::ranges::sort(filters);
  const auto& tenant = request.caller.tenant_id;
  // As JSON, in which no text runs into the next one.
  boost::json::array all;
  for (const std::string_view part :
       {kCursorFormat, tenant ? std::string_view(tenant->str()) : std::string_view(),
        request.head.raw_path(), list}) {
    all.emplace_back(boost::json::string_view(part.data(), part.size()));
  }
  all.emplace_back(request.caller.account.value);
  for (const auto& [key, value] : filters) {
    all.emplace_back(key);
    all.emplace_back(value);
  }
  const auto key = hmac_sha256(request.cursor_secret, boost::json::serialize(all));
  return CursorScope(std::string(as_chars(key)));
}

std::string encode_cursor(const CursorScope& scope, const std::vector<std::string>& values) {
  boost::json::array parts;
  for (const auto& value : values) parts.emplace_back(value);
  const std::string content = boost::json::serialize(parts);
  return to_base64url(tag_of(scope.key_, content) + content);
}

std::optional<std::vector<std::string>> decode_cursor(Params& params, const Request& request,
                                                      const CursorScope& scope,
                                                      const std::vector<CursorValue>& kinds) {
  (void)params.text("cursor", kMaxCursor);
  const auto text = request.query_param("cursor");
  if (!text) return std::nullopt;
  const auto refuse = [&params]() -> std::optional<std::vector<std::string>> {
    params.fault("cursor", "was not issued to this account for this list and these filters");
    return std::nullopt;
  };
  const auto raw = from_base64url(*text);
  if (!raw || raw->size() < kTagBytes) return refuse();
  const std::string_view content = std::string_view(*raw).substr(kTagBytes);
  // Nothing of it is read before it is known to be ours.
  const std::string tag = tag_of(scope.key_, content);
  if (!constant_time_equal(tag, std::string_view(*raw).substr(0, kTagBytes))) return refuse();
  const auto parsed = parse_bounded_json(content);
  if (!parsed || !parsed->is_array()) return refuse();
  const auto& parts = parsed->get_array();
  if (parts.size() != kinds.size()) return refuse();
  std::vector<std::string> values;
  for (const auto& part : parts) {
    if (!part.is_string()) return refuse();
    const auto& s = part.get_string();
    if (s.find('\0') != boost::json::string::npos) return refuse();
    values.emplace_back(s.data(), s.size());
  }
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (!is_of_kind(values[i], kinds[i])) return refuse();
  }
  return values;
}

std::int64_t cursor_integer(const std::string& value) {
  return parse_number<std::int64_t>(value).value_or(0);
}

std::optional<std::string> filters_json(const Request& request) {
  boost::json::object out;
  for (const auto& [key, value] : request.query) {
    if (key != "cursor") out[key] = value;
  }
  if (out.empty()) return std::nullopt;
  return boost::json::serialize(out);
}

std::string page_json(const std::vector<std::string>& items,
                      const std::optional<std::string>& next_cursor,
                      std::optional<std::int64_t> total) {
  std::size_t size = 64;
  for (const auto& item : items) size += item.size() + 1;
  std::string out;
  out.reserve(size);
  out += R"({"items":[)";
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    out += item;
  }
  out += R"(],"next_cursor":)";
  out += next_cursor ? quoted(*next_cursor) : "null";
  if (total) out += R"(,"total":)" + std::to_string(*total);
  out += '}';
  return out;
}

IntegerPage::IntegerPage(Params& params, const Request& request, std::string_view scope)
    : scope_(cursor_scope(scope, request)), limit_(params.limit()), count_(params.count_exact()) {
  const auto cursor = decode_cursor(params, request, scope_, {CursorValue::integer});
  if (cursor) after_ = cursor_integer(cursor->front());
}

}  // namespace wardbook::api
