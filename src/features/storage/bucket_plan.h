#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/settings.h"
#include "base/task.h"
#include "s3/client.h"
#include "s3/xml_reader.h"

/// The bucket's settings as code: what they are, what they should be, and how one becomes the
/// other. Rules that others have in a shared bucket stay as they are.
namespace wardbook::storage {

/// One setting. `found` and `wanted` are for people: a line each, empty for none.
struct SettingPlan {
  std::string name;
  std::vector<s3::NameValue> params;  ///< of its requests
  std::string found;
  std::string wanted;
  /// What the bucket gets; empty: the setting is removed.
  std::string document;
  /// Why it is left alone: the store does not know it.
  std::optional<std::string> warning;
  [[nodiscard]] bool changes() const { return !warning && found != wanted; }
};

/// Reads the bucket; changes nothing. Fails with store_unavailable, and internal where the key may
/// not read the bucket's settings.
[[nodiscard]] Task<std::vector<SettingPlan>> plan_bucket(s3::Store& store,
                                                         Settings::Storage settings);
/// Makes the bucket so. What the store refuses becomes the setting's warning. Returns what was
/// planned, with the warnings.
[[nodiscard]] Task<std::vector<SettingPlan>> apply_plan(s3::Store& store,
                                                        std::vector<SettingPlan> plan);

/// The plan of one setting from the document that the bucket has; nullopt: none. For tests.
enum class BucketSetting { encryption, public_access, cors, lifecycle, tiering };
[[nodiscard]] SettingPlan plan_setting(BucketSetting setting,
                                       const std::optional<std::string>& document,
                                       const Settings::Storage& settings);

}  // namespace wardbook::storage
