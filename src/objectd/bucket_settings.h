#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "objectd/error.h"
#include "objectd/object_meta.h"

/// What can be set of a bucket: kept as the client's document, and where it means something on one
/// machine, obeyed. A document that asks for what this store does not do is refused.
namespace wardbook::objectd {

enum class BucketSetting {
  encryption,     ///< everything is encrypted under the store's own key, whatever it says
  public_access,  ///< nobody but the owner has access in any case
  cors,           ///< obeyed beside the origins of the store's own configuration
  lifecycle,      ///< obeyed: expiry by days, abort of uploads in parts
  tiering,        ///< kept: nothing moves between tiers here
  versioning,     ///< obeyed
  tagging,        ///< kept
};

enum class Versioning { off, enabled, suspended };

struct BucketSettingKind {
  BucketSetting setting;
  std::string_view root;  ///< of its document
  ErrorKind missing;      ///< the error for a bucket without it
};
[[nodiscard]] const BucketSettingKind& kind_of(BucketSetting setting);

struct CorsRule {
  std::vector<std::string> origins;  ///< each with at most one `*`
  std::vector<std::string> methods;
  std::vector<std::string> headers;  ///< each with at most one `*`
  std::vector<std::string> exposed;
  std::optional<int> max_age_s;
};
struct LifecycleRule {
  std::string prefix;
  std::optional<int> expire_after_days;
  std::optional<int> abort_after_days;
  std::optional<int> noncurrent_after_days;
  int keep_noncurrent = 0;    ///< so many newer ones are left
  bool lone_markers = false;  ///< delete markers that hide nothing go
};

/// The documents of a bucket, by setting and, of tiering, the configuration's id.
using BucketDocuments = std::map<std::pair<BucketSetting, std::string>, std::string>;
/// Bounds the configurations of one bucket.
inline constexpr std::size_t kMostTieringConfigurations = 100;

/// Fails with MalformedXML, InvalidArgument, NotImplemented.
void check_bucket_setting(BucketSetting setting, std::string_view id, std::string_view document);
/// Of a document that was checked.
[[nodiscard]] std::vector<CorsRule> parse_cors(std::string_view document);
[[nodiscard]] std::vector<LifecycleRule> parse_lifecycle(std::string_view document);
[[nodiscard]] Versioning parse_versioning(std::string_view document);
/// A Tagging document with at most `most` tags. Fails with InvalidTag too.
[[nodiscard]] Tags parse_tagging(std::string_view document, std::size_t most);
/// x-amz-tagging: `key=value&key=value`, encoded as in a query.
[[nodiscard]] Tags parse_tag_header(std::string_view header);
inline constexpr std::size_t kMostObjectTags = 10;
inline constexpr std::size_t kMostBucketTags = 50;

/// The first rule for this origin and method; null if there is none.
[[nodiscard]] const CorsRule* find_cors_rule(const std::vector<CorsRule>& rules,
                                             std::string_view origin, std::string_view method);
/// Whether the rule lets all of these headers through, named as Access-Control-Request-Headers
/// does.
[[nodiscard]] bool allows_headers(const CorsRule& rule, std::string_view asked);

/// Whether something of this age is due. S3 counts whole days; so do we.
[[nodiscard]] bool is_due(Time since, int days, Time now);

}  // namespace wardbook::objectd
