#include "features/storage/bucket_plan.h"

#include <algorithm>
#include <array>

#include "base/failure.h"
#include "base/text.h"

namespace wardbook::storage {
namespace {

using s3::XmlElement;

/// Of our rules and configurations among those of others.
constexpr std::string_view kOurs = "wardbook";
constexpr std::string_view kAbortRule = "wardbook-abort-incomplete-uploads";
constexpr std::string_view kNoncurrentRule = "wardbook-expire-noncurrent-versions";
constexpr int kAbortAfterDays = 7;
constexpr int kNoncurrentDays = 30;
/// What AWS allows for the archive tier.
constexpr int kLeastArchiveDays = 90;

XmlElement leaf(std::string name, std::string text) {
  XmlElement out;
  out.name = std::move(name);
  out.text = std::move(text);
  return out;
}

XmlElement node(std::string name, std::vector<XmlElement> children) {
  XmlElement out;
  out.name = std::move(name);
  out.children = std::move(children);
  return out;
}

std::string text_of(const XmlElement& parent, std::string_view name) {
  const XmlElement* child = parent.only(name);
  return child == nullptr ? std::string() : child->text;
}

/// `A, B` of all children with that name, sorted.
std::string texts_of(const XmlElement& parent, std::string_view name) {
  std::vector<std::string> found;
  for (const auto& child : parent.children) {
    if (child.name == name) found.push_back(child.text);
  }
  std::ranges::sort(found);
  return joined(found, ", ");
}

// Each `describe_` says of a document, of a rule or of a configuration what matters of it, so that
// what a store adds or orders in its own way makes no difference.

std::string describe_encryption(const XmlElement& root) {
  const XmlElement* rule = root.only("Rule");
  const XmlElement* by = rule ? rule->only("ApplyServerSideEncryptionByDefault") : nullptr;
  if (by == nullptr) return {};
  const std::string key = text_of(*by, "KMSMasterKeyID");
  return text_of(*by, "SSEAlgorithm") + (key.empty() ? "" : " " + key);
}

constexpr std::array<const char*, 4> kBlocks{"BlockPublicAcls", "IgnorePublicAcls",
                                             "BlockPublicPolicy", "RestrictPublicBuckets"};

std::string describe_public_access(const XmlElement& root) {
  std::vector<std::string> blocked;
  for (const auto* name : kBlocks) {
    if (lower_case(text_of(root, name)) == "true") blocked.emplace_back(name);
  }
  return joined(blocked, ", ");
}

std::string describe_cors_rule(const XmlElement& rule) {
  return texts_of(rule, "AllowedMethod") + " from " + texts_of(rule, "AllowedOrigin") +
         "; headers " + texts_of(rule, "AllowedHeader") + "; exposes " +
         texts_of(rule, "ExposeHeader") + "; for " + text_of(rule, "MaxAgeSeconds") + " s";
}

std::string describe_lifecycle_rule(const XmlElement& rule) {
  std::string out;
  if (const auto* abort = rule.only("AbortIncompleteMultipartUpload")) {
    out = "abort uploads after " + text_of(*abort, "DaysAfterInitiation") + " days";
  }
  if (const auto* expiry = rule.only("NoncurrentVersionExpiration")) {
    out += std::string(out.empty() ? "" : ", ") + "expire noncurrent versions after " +
           text_of(*expiry, "NoncurrentDays") + " days";
  }
  const auto* filter = rule.only("Filter");
  const std::string prefix =
      filter != nullptr ? text_of(*filter, "Prefix") : text_of(rule, "Prefix");
  if (!prefix.empty()) out += " below " + prefix;
  return text_of(rule, "Status") == "Enabled" ? out : out + " (disabled)";
}

std::string describe_tiering(const XmlElement& root) {
  std::string out;
  for (const auto& child : root.children) {
    if (child.name != "Tiering") continue;
    out += (out.empty() ? "" : ", ") + text_of(child, "AccessTier") + " after " +
           text_of(child, "Days") + " days";
  }
  return text_of(root, "Status") == "Enabled" ? out : out + " (disabled)";
}

// What the bucket is to have
// -----------------------------------------------------------------------

XmlElement encryption_wanted(const Settings::Storage& settings) {
  std::vector<XmlElement> by;
  by.push_back(leaf("SSEAlgorithm", settings.kms_key.empty() ? "AES256" : "aws:kms"));
  if (!settings.kms_key.empty()) by.push_back(leaf("KMSMasterKeyID", settings.kms_key));
  XmlElement rule = node("Rule", {node("ApplyServerSideEncryptionByDefault", std::move(by))});
  // Spares a request to the key service for each object.
  if (!settings.kms_key.empty()) rule.children.push_back(leaf("BucketKeyEnabled", "true"));
  return node("ServerSideEncryptionConfiguration", {std::move(rule)});
}

XmlElement public_access_wanted() {
  XmlElement out = node("PublicAccessBlockConfiguration", {});
  for (const auto* name : kBlocks) out.children.push_back(leaf(name, "true"));
  return out;
}

std::vector<XmlElement> cors_rules(const Settings::Storage& settings) {
  if (settings.cors_origins.empty()) return {};
  XmlElement rule = node("CORSRule", {leaf("ID", std::string(kOurs))});
  for (const auto& origin : settings.cors_origins) {
    rule.children.push_back(leaf("AllowedOrigin", origin));
  }
  for (const auto* method : {"GET", "HEAD", "PUT"}) {
    rule.children.push_back(leaf("AllowedMethod", method));
  }
  rule.children.push_back(leaf("AllowedHeader", "*"));
  for (const auto* header : {"Content-Encoding", "Content-Range", "ETag"}) {
    rule.children.push_back(leaf("ExposeHeader", header));
  }
  rule.children.push_back(leaf("MaxAgeSeconds", "3600"));
  return {rule};
}

XmlElement lifecycle_rule(std::string_view id, XmlElement action) {
  return node("Rule", {leaf("ID", std::string(id)), leaf("Status", "Enabled"),
                       node("Filter", {leaf("Prefix", "")}), std::move(action)});
}

std::vector<XmlElement> lifecycle_rules() {
  return {lifecycle_rule(kAbortRule,
                         node("AbortIncompleteMultipartUpload",
                              {leaf("DaysAfterInitiation", std::to_string(kAbortAfterDays))})),
          lifecycle_rule(kNoncurrentRule,
                         node("NoncurrentVersionExpiration",
                              {leaf("NoncurrentDays", std::to_string(kNoncurrentDays))}))};
}

std::optional<XmlElement> tiering_wanted(const Settings::Storage& settings) {
  if (settings.archive_after_days <= 0) return std::nullopt;
  const int days = std::max(settings.archive_after_days, kLeastArchiveDays);
  return node("IntelligentTieringConfiguration",
              {leaf("Id", std::string(kOurs)), leaf("Status", "Enabled"),
               node("Tiering",
                    {leaf("AccessTier", "ARCHIVE_ACCESS"), leaf("Days", std::to_string(days))})});
}

bool is_ours(const XmlElement& rule) {
  return text_of(rule, "ID").starts_with(kOurs);
}

std::string describe_rules(const std::vector<XmlElement>& rules,
                           std::string (*describe)(const XmlElement&)) {
  std::vector<std::string> lines;
  for (const auto& rule : rules) lines.push_back(describe(rule));
  std::ranges::sort(lines);
  return joined(lines, "; ");
}

/// Our rules in place of those that we had, beside those of others.
void plan_rules(SettingPlan& plan, const std::string& root, const XmlElement& now,
                std::vector<XmlElement> rules, std::string (*describe)(const XmlElement&)) {
  XmlElement wanted = node(root, {});
  std::vector<XmlElement> own;
  for (const auto& rule : now.children) {
    (is_ours(rule) ? own : wanted.children).push_back(rule);
  }
  plan.found = describe_rules(own, describe);
  plan.wanted = describe_rules(rules, describe);
  for (auto& rule : rules) wanted.children.push_back(std::move(rule));
  if (!wanted.children.empty()) plan.document = write_xml(wanted);
}

struct Known {
  const char* name;
  const char* param;
  const char* root;
};
constexpr std::array<Known, 5> kKnown{
    Known{"default encryption", "encryption", "ServerSideEncryptionConfiguration"},
    Known{"public access block", "publicAccessBlock", "PublicAccessBlockConfiguration"},
    Known{"CORS", "cors", "CORSConfiguration"},
    Known{"lifecycle", "lifecycle", "LifecycleConfiguration"},
    Known{"archive tier", "intelligent-tiering", "IntelligentTieringConfiguration"}};

const Known& known_of(BucketSetting setting) {
  return kKnown[static_cast<std::size_t>(setting)];
}

SettingPlan begin_plan(BucketSetting setting) {
  SettingPlan plan;
  plan.name = known_of(setting).name;
  plan.params.emplace_back(known_of(setting).param, "");
  if (setting == BucketSetting::tiering) plan.params.emplace_back("id", std::string(kOurs));
  return plan;
}

constexpr const char* kUnknown = "the store does not know this setting; it is left alone";

}  // namespace

SettingPlan plan_setting(BucketSetting setting, const std::optional<std::string>& document,
                         const Settings::Storage& settings) {
  SettingPlan plan = begin_plan(setting);
  const std::string root = known_of(setting).root;
  XmlElement now = node(root, {});
  if (document) {
    auto read = s3::read_xml(*document, {});
    if (!read || read->name != root) {
      plan.warning = kUnknown;
      return plan;
    }
    now = std::move(*read);
  }
  switch (setting) {
    case BucketSetting::encryption: {
      const XmlElement wanted = encryption_wanted(settings);
      plan.found = describe_encryption(now);
      plan.wanted = describe_encryption(wanted);
      plan.document = write_xml(wanted);
      break;
    }
    case BucketSetting::public_access: {
      const XmlElement wanted = public_access_wanted();
      plan.found = describe_public_access(now);
      plan.wanted = describe_public_access(wanted);
      plan.document = write_xml(wanted);
      break;
    }
    case BucketSetting::cors:
      plan_rules(plan, root, now, cors_rules(settings), &describe_cors_rule);
      break;
    case BucketSetting::lifecycle:
      plan_rules(plan, root, now, lifecycle_rules(), &describe_lifecycle_rule);
      break;
    case BucketSetting::tiering: {
      const auto wanted = tiering_wanted(settings);
      if (document) plan.found = describe_tiering(now);
      if (wanted) plan.wanted = describe_tiering(*wanted);
      if (wanted) plan.document = write_xml(*wanted);
      break;
    }
  }
  return plan;
}

Task<std::vector<SettingPlan>> plan_bucket(s3::Store& store, Settings::Storage settings) {
  using enum BucketSetting;
  std::vector<SettingPlan> out;
  for (const auto setting : {encryption, public_access, cors, lifecycle, tiering}) {
    auto found = co_await store.bucket_setting(begin_plan(setting).params);
    if (found) {
      out.push_back(plan_setting(setting, *found, settings));
      continue;
    }
    const auto& failure = found.error();
    const std::string detail = std::string(s3::to_string(failure.error)) + " " + failure.code;
    if (failure.error == s3::S3Error::unavailable && failure.status != 501) {
      throw Failure(Code::store_unavailable, {}, detail);
    }
    if (failure.error == s3::S3Error::access_denied || failure.error == s3::S3Error::no_bucket) {
      throw Failure(Code::internal, "The bucket's settings cannot be read.", detail);
    }
    SettingPlan plan = plan_setting(setting, std::nullopt, settings);
    plan.warning = kUnknown;
    out.push_back(std::move(plan));
  }
  co_return out;
}

Task<std::vector<SettingPlan>> apply_plan(s3::Store& store, std::vector<SettingPlan> plan) {
  for (auto& setting : plan) {
    if (!setting.changes()) continue;
    auto done = setting.document.empty()
                    ? co_await store.remove_bucket_setting(setting.params)
                    : co_await store.set_bucket_setting(setting.params, setting.document);
    if (done) continue;
    const auto& failure = done.error();
    const std::string detail = std::string(s3::to_string(failure.error)) + " " + failure.code;
    if (failure.error == s3::S3Error::unavailable && failure.status != 501) {
      throw Failure(Code::store_unavailable, {}, detail);
    }
    setting.warning = "the store did not take it (" + detail + ")";
  }
  co_return plan;
}

}  // namespace wardbook::storage
