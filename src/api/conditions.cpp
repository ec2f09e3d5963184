#include "api/conditions.h"

#include <algorithm>

#include "base/failure.h"
#include "base/text.h"

namespace wardbook::api {
namespace {

constexpr std::string_view kSpace = " \t";

std::string_view without(std::string_view text, std::string_view leading) {
  text.remove_prefix(std::min(text.find_first_not_of(leading), text.size()));
  return text;
}

bool is_star(std::string_view list) {
  list = without(list, kSpace);
  return list.starts_with('*') && without(list.substr(1), kSpace).empty();
}

/// A list that came in several fields is one list (RFC 9110, 5.3).
std::optional<std::string> list_of(const Request& request, std::string_view name) {
  std::optional<std::string> list;
  for (const auto& [field, value] : request.head.headers.all()) {
    if (!equal_ignoring_case(field, name)) continue;
    list = list ? *list + ", " + value : value;
  }
  return list;
}

}  // namespace

std::optional<std::vector<EntityTag>> parse_entity_tags(std::string_view list) {
  std::vector<EntityTag> tags;
  while (true) {
    list = without(list, " \t,");
    if (list.empty()) return tags;
    const bool weak = list.starts_with("W/");
    if (weak) list.remove_prefix(2);
    const auto end = list.starts_with('"') ? list.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) return std::nullopt;
    tags.push_back({weak, list.substr(0, end + 1)});
    list = without(list.substr(end + 1), kSpace);
    if (!list.empty() && list.front() != ',') return std::nullopt;
  }
}

bool names_etag(std::string_view header, std::string_view etag, Comparison how) {
  if (is_star(header)) return true;
  const auto tags = parse_entity_tags(header);
  return tags && std::ranges::any_of(*tags, [&](const EntityTag& tag) {
           return tag.quoted == etag && (how == Comparison::weak || !tag.weak);
         });
}

IfMatch if_match(const Request& request) {
  IfMatch expected;
  const auto list = list_of(request, "If-Match");
  if (!list) return expected;
  expected.given = true;
  expected.any = is_star(*list);
  if (expected.any) return expected;
  const auto tags = parse_entity_tags(*list);
  if (!tags || tags->empty()) {
    throw Failure(Code::bad_request,
                  "If-Match is not an ETag. Send the ETag with its double quotes.");
  }
  for (const auto& tag : *tags) {
    const auto version = parse_positive(tag.quoted.substr(1, tag.quoted.size() - 2));
    if (version && !tag.weak) expected.versions.push_back(*version);
  }
  return expected;
}

void require_version(const IfMatch& expected, std::int64_t actual) {
  if (!expected.given) {
    throw Failure(Code::if_match_required,
                  "Send If-Match with the ETag of the version you have read.");
  }
  if (expected.any) {
    throw Failure(Code::if_match_required, "Send the ETag of the version you have read, not '*'.");
  }
  check_version(expected, actual);
}

void check_version(const IfMatch& expected, std::int64_t actual) {
  if (!expected.given || expected.any) return;
  if (std::ranges::find(expected.versions, actual) == expected.versions.end()) {
    Failure conflict(Code::version_conflict);
    conflict.extension(std::string(kCurrentRevision), std::to_string(actual));
    throw conflict;
  }
}

Response versioned(const Request& request, std::string json, std::int64_t version) {
  const std::string etag = '"' + std::to_string(version) + '"';
  const auto known = list_of(request, "If-None-Match");
  Response response;
  if (known && names_etag(*known, etag, Comparison::weak)) {
    response.status = 304;
  } else {
    response = ok(std::move(json));
  }
  response.headers.set("ETag", etag);
  return response;
}

}  // namespace wardbook::api
