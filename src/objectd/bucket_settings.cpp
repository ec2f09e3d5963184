#include "objectd/bucket_settings.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include "base/text.h"
#include "base/utf8.h"
#include "net/message.h"
#include "s3/xml_reader.h"

namespace wardbook::objectd {
namespace {

using s3::XmlElement;

constexpr std::size_t kMaxSettingBytes = 256 * 1024;
constexpr std::size_t kMaxCorsRules = 100;
constexpr std::size_t kMaxLifecycleRules = 1'000;
constexpr int kMaxDays = 36'500;
constexpr std::size_t kMaxRuleId = 255;

constexpr std::array<BucketSettingKind, 7> kKinds{
    BucketSettingKind{BucketSetting::encryption,
                      "ServerSideEncryptionConfiguration",
                      {"ServerSideEncryptionConfigurationNotFoundError", 404,
                       "The server side encryption configuration was not found."}},
    BucketSettingKind{BucketSetting::public_access,
                      "PublicAccessBlockConfiguration",
                      {"NoSuchPublicAccessBlockConfiguration", 404,
                       "The public access block configuration was not found."}},
    BucketSettingKind{BucketSetting::cors,
                      "CORSConfiguration",
                      {"NoSuchCORSConfiguration", 404, "The CORS configuration does not exist."}},
    BucketSettingKind{
        BucketSetting::lifecycle,
        "LifecycleConfiguration",
        {"NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist."}},
    BucketSettingKind{BucketSetting::tiering,
                      "IntelligentTieringConfiguration",
                      {"NoSuchConfiguration", 404, "The specified configuration does not exist."}},
    BucketSettingKind{BucketSetting::versioning,
                      "VersioningConfiguration",
                      {"NoSuchConfiguration", 404, "The bucket was never versioned."}},
    BucketSettingKind{
        BucketSetting::tagging, "Tagging", {"NoSuchTagSet", 404, "The TagSet does not exist."}}};

[[noreturn]] void bad(std::string message) {
  throw S3Error(errors::kMalformedXml, std::move(message));
}

/// Refuses children that are not named, those of `once` that are there twice, and leaves with
/// children.
void only(const XmlElement& parent, std::initializer_list<std::string_view> leaves,
          std::initializer_list<std::string_view> nodes = {},
          std::initializer_list<std::string_view> repeated = {}) {
  const auto in = [](std::initializer_list<std::string_view> list, std::string_view name) {
    return std::ranges::find(list, name) != list.end();
  };
  for (const auto& child : parent.children) {
    const bool leaf = in(leaves, child.name);
    if (!leaf && !in(nodes, child.name)) {
      throw S3Error(errors::kNotImplemented, "The element " + child.name + " is not supported");
    }
    if (leaf && !child.children.empty()) bad("The element holds text only: " + child.name);
    if (!in(repeated, child.name) && parent.only(child.name) == nullptr) {
      bad("The element is repeated: " + child.name);
    }
  }
}

std::string text_in(const XmlElement& parent, std::string_view name) {
  const XmlElement* child = parent.only(name);
  return child == nullptr ? std::string() : child->text;
}

std::vector<std::string> texts_in(const XmlElement& parent, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& child : parent.children) {
    if (child.name == name) out.push_back(child.text);
  }
  return out;
}

int days_in(const XmlElement& parent, std::string_view name) {
  const auto days = parse_number<int>(text_in(parent, name));
  if (!days || *days < 1 || *days > kMaxDays) bad(std::string(name) + " is not a number of days");
  return *days;
}

bool is_enabled(const XmlElement& element) {
  const std::string status = text_in(element, "Status");
  if (status != "Enabled" && status != "Disabled") bad("Status is Enabled or Disabled");
  return status == "Enabled";
}

XmlElement read_setting(BucketSetting setting, std::string_view document) {
  auto root = s3::read_xml(
      document, {.bytes = kMaxSettingBytes, .elements = 20'000, .depth = 8, .request = true});
  if (!root || root->name != kind_of(setting).root) bad("Not the document of this setting");
  return std::move(*root);
}

void check_encryption(const XmlElement& root) {
  only(root, {}, {"Rule"});
  const XmlElement* rule = root.only("Rule");
  if (rule == nullptr) bad("A Rule is missing");
  only(*rule, {"BucketKeyEnabled"}, {"ApplyServerSideEncryptionByDefault"});
  const XmlElement* by = rule->only("ApplyServerSideEncryptionByDefault");
  if (by == nullptr) bad("ApplyServerSideEncryptionByDefault is missing");
  only(*by, {"SSEAlgorithm"});
  if (text_in(*by, "SSEAlgorithm") != "AES256") {
    throw S3Error(errors::kNotImplemented, "Objects are encrypted under the store's own key only");
  }
}

void check_public_access(const XmlElement& root) {
  only(root, {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"});
  for (const auto& child : root.children) {
    const auto value = lower_case(child.text);
    if (value != "true" && value != "false") bad(child.name + " is true or false");
  }
}

/// At most one `*` stands for anything.
bool matches(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  const auto head = pattern.substr(0, star);
  const auto tail = pattern.substr(star + 1);
  return text.size() >= head.size() + tail.size() && text.starts_with(head) && text.ends_with(tail);
}

CorsRule cors_rule(const XmlElement& node) {
  only(node,
       {"ID", "AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader", "MaxAgeSeconds"},
       {}, {"AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader"});
  CorsRule out;
  out.origins = texts_in(node, "AllowedOrigin");
  out.methods = texts_in(node, "AllowedMethod");
  out.headers = texts_in(node, "AllowedHeader");
  out.exposed = texts_in(node, "ExposeHeader");
  if (out.origins.empty() || out.methods.empty()) {
    bad("A CORSRule needs AllowedOrigin and AllowedMethod");
  }
  for (const auto& method : out.methods) {
    constexpr std::array<std::string_view, 5> kMethods{"GET", "HEAD", "PUT", "POST", "DELETE"};
    if (std::ranges::find(kMethods, method) == kMethods.end()) {
      throw S3Error(errors::kInvalidRequest, "Found unsupported HTTP method in CORS config.");
    }
  }
  for (const auto* patterns : {&out.origins, &out.headers}) {
    for (const auto& pattern : *patterns) {
      if (std::ranges::count(pattern, '*') > 1) {
        throw S3Error(errors::kInvalidRequest, "More than one wildcard: " + pattern);
      }
    }
  }
  if (node.only("MaxAgeSeconds") != nullptr) {
    out.max_age_s = parse_number<int>(text_in(node, "MaxAgeSeconds"));
    if (!out.max_age_s || *out.max_age_s < 0) bad("MaxAgeSeconds is not a number");
  }
  return out;
}

/// nullopt: disabled.
std::optional<LifecycleRule> lifecycle_rule(const XmlElement& node) {
  only(node, {"ID", "Status", "Prefix"},
       {"Filter", "Expiration", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"});
  LifecycleRule out;
  if (const auto* filter = node.only("Filter")) {
    only(*filter, {"Prefix"});
    out.prefix = text_in(*filter, "Prefix");
  } else {
    out.prefix = text_in(node, "Prefix");
  }
  if (const auto* expiry = node.only("Expiration")) {
    only(*expiry, {"Days", "ExpiredObjectDeleteMarker"});
    if (expiry->children.size() != 1) bad("An Expiration has one condition");
    if (const auto* lone = expiry->only("ExpiredObjectDeleteMarker")) {
      if (lone->text != "true" && lone->text != "false") {
        bad("ExpiredObjectDeleteMarker is true or false");
      }
      out.lone_markers = lone->text == "true";
    } else {
      out.expire_after_days = days_in(*expiry, "Days");
    }
  }
  if (const auto* abort = node.only("AbortIncompleteMultipartUpload")) {
    only(*abort, {"DaysAfterInitiation"});
    out.abort_after_days = days_in(*abort, "DaysAfterInitiation");
  }
  if (const auto* noncurrent = node.only("NoncurrentVersionExpiration")) {
    only(*noncurrent, {"NoncurrentDays", "NewerNoncurrentVersions"});
    out.noncurrent_after_days = days_in(*noncurrent, "NoncurrentDays");
    if (noncurrent->only("NewerNoncurrentVersions") != nullptr) {
      const auto kept = parse_number<int>(text_in(*noncurrent, "NewerNoncurrentVersions"));
      if (!kept || *kept < 1 || *kept > 100) bad("NewerNoncurrentVersions is 1 to 100");
      out.keep_noncurrent = *kept;
    }
  }
  if (node.children.empty()) bad("A Rule is empty");
  if (!is_enabled(node)) return std::nullopt;
  return out;
}

void check_ids(const XmlElement& root) {
  std::set<std::string> ids;
  for (const auto& rule : root.children) {
    const std::string id = text_in(rule, "ID");
    if (id.size() > kMaxRuleId) {
      throw S3Error(errors::kInvalidArgument, "The rule's ID has 255 characters at most");
    }
    if (!id.empty() && !ids.insert(id).second) {
      throw S3Error(errors::kInvalidArgument, "Rule ID must be unique: " + id);
    }
  }
}

void check_tiering(const XmlElement& root, std::string_view id) {
  only(root, {"Id", "Status"}, {"Tiering"}, {"Tiering"});
  if (text_in(root, "Id") != id) bad("Id is not that of the request");
  (void)is_enabled(root);
  bool any = false;
  for (const auto& tier : root.children) {
    if (tier.name != "Tiering") continue;
    only(tier, {"AccessTier", "Days"});
    const std::string name = text_in(tier, "AccessTier");
    const int days = days_in(tier, "Days");
    const int least = name == "ARCHIVE_ACCESS" ? 90 : name == "DEEP_ARCHIVE_ACCESS" ? 180 : 0;
    if (least == 0) bad("AccessTier is ARCHIVE_ACCESS or DEEP_ARCHIVE_ACCESS");
    if (days < least || days > 730) {
      throw S3Error(errors::kInvalidArgument, "Days is out of the tier's range");
    }
    any = true;
  }
  if (!any) bad("A Tiering is missing");
}

}  // namespace

const BucketSettingKind& kind_of(BucketSetting setting) {
  return kKinds[static_cast<std::size_t>(setting)];
}

void check_bucket_setting(BucketSetting setting, std::string_view id, std::string_view document) {
  const XmlElement root = read_setting(setting, document);
  switch (setting) {
    case BucketSetting::encryption:
      return check_encryption(root);
    case BucketSetting::public_access:
      return check_public_access(root);
    case BucketSetting::cors:
      if (parse_cors(document).empty()) bad("There is no rule");
      return check_ids(root);
    case BucketSetting::lifecycle:
      if (root.children.empty()) bad("There is no rule");
      (void)parse_lifecycle(document);
      return check_ids(root);
    case BucketSetting::tiering:
      return check_tiering(root, id);
    case BucketSetting::versioning:
      return void(parse_versioning(document));
    case BucketSetting::tagging:
      return void(parse_tagging(document, kMostBucketTags));
  }
}

std::vector<CorsRule> parse_cors(std::string_view document) {
  const XmlElement root = read_setting(BucketSetting::cors, document);
  only(root, {}, {"CORSRule"}, {"CORSRule"});
  if (root.children.size() > kMaxCorsRules) bad("More than 100 rules");
  std::vector<CorsRule> out;
  for (const auto& rule : root.children) out.push_back(cors_rule(rule));
  return out;
}

std::vector<LifecycleRule> parse_lifecycle(std::string_view document) {
  const XmlElement root = read_setting(BucketSetting::lifecycle, document);
  only(root, {}, {"Rule"}, {"Rule"});
  if (root.children.size() > kMaxLifecycleRules) bad("More than 1000 rules");
  std::vector<LifecycleRule> out;
  for (const auto& node : root.children) {
    auto rule = lifecycle_rule(node);
    if (rule) out.push_back(std::move(*rule));
  }
  return out;
}

Versioning parse_versioning(std::string_view document) {
  const XmlElement root = read_setting(BucketSetting::versioning, document);
  only(root, {"Status", "MfaDelete"});
  const std::string mfa = text_in(root, "MfaDelete");
  if (!mfa.empty() && mfa != "Disabled") {
    throw S3Error(errors::kNotImplemented, "MfaDelete is not supported");
  }
  const std::string status = text_in(root, "Status");
  if (status == "Enabled") return Versioning::enabled;
  if (status == "Suspended") return Versioning::suspended;
  bad("Status is Enabled or Suspended");
}

namespace {

/// S3 counts UTF-16 units; a character is one here, since none of those that matter takes two.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

/// In the order of their keys, as S3 gives them.
void check_tags(Tags& tags, std::size_t most) {
  std::ranges::sort(tags);
  constexpr std::size_t kMaxTagKey = 128;
  constexpr std::size_t kMaxTagValue = 256;
  std::set<std::string_view> keys;
  if (tags.size() > most) {
    throw S3Error(errors::kInvalidTag, "There are more than " + std::to_string(most) + " tags");
  }
  for (const auto& [key, value] : tags) {
    if (key.empty() || !valid_utf8(key) || !valid_utf8(value) || characters(key) > kMaxTagKey ||
        characters(value) > kMaxTagValue) {
      throw S3Error(errors::kInvalidTag,
                    "A tag's key has 1 to 128 characters, its value at most 256");
    }
    if (key.starts_with("aws:")) {
      throw S3Error(errors::kInvalidTag, "Keys that begin with aws: are AWS's own");
    }
    if (!keys.insert(key).second) throw S3Error(errors::kInvalidTag, "A key is there twice");
  }
}

}  // namespace

Tags parse_tagging(std::string_view document, std::size_t most) {
  const XmlElement root = read_setting(BucketSetting::tagging, document);
  only(root, {}, {"TagSet"});
  const XmlElement* set = root.only("TagSet");
  if (set == nullptr) bad("A TagSet is missing");
  only(*set, {}, {"Tag"}, {"Tag"});
  Tags out;
  for (const auto& tag : set->children) {
    only(tag, {"Key", "Value"});
    if (tag.only("Key") == nullptr || tag.only("Value") == nullptr) {
      bad("A Tag needs Key and Value");
    }
    out.emplace_back(text_in(tag, "Key"), text_in(tag, "Value"));
  }
  check_tags(out, most);
  return out;
}

Tags parse_tag_header(std::string_view header) {
  auto query = net::parse_query(header);
  if (!query) throw S3Error(errors::kInvalidArgument, "x-amz-tagging is not encoded as a query");
  Tags out;
  for (auto& [key, value] : *query) out.emplace_back(std::move(key), std::move(value));
  check_tags(out, kMostObjectTags);
  return out;
}

const CorsRule* find_cors_rule(const std::vector<CorsRule>& rules, std::string_view origin,
                               std::string_view method) {
  const auto found = std::ranges::find_if(rules, [&](const CorsRule& rule) {
    return std::ranges::find(rule.methods, method) != rule.methods.end() &&
           std::ranges::any_of(rule.origins,
                               [&](const auto& pattern) { return matches(pattern, origin); });
  });
  return found == rules.end() ? nullptr : &*found;
}

bool allows_headers(const CorsRule& rule, std::string_view asked) {
  return std::ranges::all_of(split(asked, ","), [&rule](std::string_view part) {
    const std::string name = lower_case(trimmed(part));
    return name.empty() || std::ranges::any_of(rule.headers, [&name](const auto& pattern) {
             return matches(lower_case(pattern), name);
           });
  });
}

bool is_due(Time since, int days, Time now) {
  return now - since >= std::chrono::days(days);
}

}  // namespace wardbook::objectd
