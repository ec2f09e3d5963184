#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/request.h"

/// If-Match and If-None-Match (RFC 9110, 13.1).
namespace wardbook::api {

struct EntityTag {
  bool weak = false;
  std::string_view quoted;  ///< with its quotes
};
/// A list of tags, commas inside of a tag's quotes included; nullopt when one of them is none.
[[nodiscard]] std::optional<std::vector<EntityTag>> parse_entity_tags(std::string_view list);

enum class Comparison { weak, strong };
/// Whether an If-Match or If-None-Match names this entity tag (in its quotes): `*`, or a list. What
/// is no list names nothing.
[[nodiscard]] bool names_etag(std::string_view header, std::string_view etag, Comparison how);

/// What If-Match asks for: read before the thing is looked up, judged when it is there.
struct IfMatch {
  bool given = false;
  bool any = false;                    ///< `*`
  std::vector<std::int64_t> versions;  ///< of the tags that may be ours; never a weak one
};
/// The member of a version_conflict that says which version there is; it is the answer's ETag too.
inline constexpr std::string_view kCurrentRevision = "current_revision";
/// Fails with bad_request when it is no list of entity tags.
[[nodiscard]] IfMatch if_match(const Request& request);
/// Fails with if_match_required when there is none (or `*`, which names no version),
/// version_conflict when it does not name `actual`.
void require_version(const IfMatch& expected, std::int64_t actual);
/// The same where If-Match may be left out: then, and with `*`, every version will do.
void check_version(const IfMatch& expected, std::int64_t actual);

/// The answer to a GET: 200 with the version as ETag; 304 where If-None-Match names it.
[[nodiscard]] Response versioned(const Request& request, std::string json, std::int64_t version);

}  // namespace wardbook::api
