#include "features/storage/bucket_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardbook::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Settings::Storage& plain() {
  static const Settings::Storage settings;
  return settings;
}

TEST(BucketPlanTest, AnEmptyBucketGetsEverythingAndThenNothingMore) {
  Settings::Storage settings;
  settings.cors_origins = {"https://b.example.org", "https://a.example.org"};
  using enum BucketSetting;
  for (const auto setting : {encryption, public_access, cors, lifecycle, tiering}) {
    const auto first = plan_setting(setting, std::nullopt, settings);
    EXPECT_TRUE(first.changes()) << first.name;
    EXPECT_EQ(first.found, "") << first.name;
    const auto second = plan_setting(setting, first.document, settings);
    EXPECT_FALSE(second.changes()) << first.name << ": " << second.found << " | " << second.wanted;
    EXPECT_EQ(second.found, first.wanted);
  }
}

TEST(BucketPlanTest, EncryptionByTheStoresKeyOrByOneOfOurs) {
  EXPECT_EQ(plan_setting(BucketSetting::encryption, std::nullopt, plain()).wanted, "AES256");
  Settings::Storage settings;
  settings.kms_key = "arn:aws:kms:eu-central-1:1:key/a";
  const auto plan = plan_setting(BucketSetting::encryption, std::nullopt, settings);
  EXPECT_EQ(plan.wanted, "aws:kms arn:aws:kms:eu-central-1:1:key/a");
  EXPECT_THAT(plan.document, HasSubstr("<BucketKeyEnabled>true</BucketKeyEnabled>"));
}

TEST(BucketPlanTest, RulesOfOthersStay) {
  const std::string others =
      "<LifecycleConfiguration><Rule><ID>logs</ID><Status>Enabled</Status><Filter><Prefix>logs/"
      "</Prefix></Filter><Expiration><Days>3</Days></Expiration></Rule>"
      "<Rule><ID>wardbook-old</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>"
      "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>"
      "</AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>";
  const auto plan = plan_setting(BucketSetting::lifecycle, others, plain());
  EXPECT_EQ(plan.found, "abort uploads after 1 days");
  EXPECT_TRUE(plan.changes());
  EXPECT_THAT(plan.document, HasSubstr("<Rule><ID>logs</ID><Status>Enabled</Status><Filter><Prefix>"
                                       "logs/</Prefix></Filter><Expiration><Days>3</Days>"
                                       "</Expiration></Rule>"));
  EXPECT_THAT(plan.document, Not(HasSubstr("wardbook-old")));
}

TEST(BucketPlanTest, WithoutOriginsOurRuleGoesAndOthersStay) {
  Settings::Storage before;
  before.cors_origins = {"https://a.example.org"};
  const auto first = plan_setting(BucketSetting::cors, std::nullopt, before);
  const auto gone = plan_setting(BucketSetting::cors, first.document, plain());
  EXPECT_TRUE(gone.changes());
  EXPECT_EQ(gone.document, "") << "nothing is left, so the setting is removed";
}

TEST(BucketPlanTest, TheArchiveTierAfterNinetyDaysAtTheEarliest) {
  Settings::Storage settings;
  settings.archive_after_days = 30;
  EXPECT_EQ(plan_setting(BucketSetting::tiering, std::nullopt, settings).wanted,
            "ARCHIVE_ACCESS after 90 days");
  settings.archive_after_days = 0;
  const auto none = plan_setting(BucketSetting::tiering, std::nullopt, settings);
  EXPECT_FALSE(none.changes());
}

TEST(BucketPlanTest, AnotherDocumentMeansThatTheStoreDoesNotKnowTheSetting) {
  const auto plan =
      plan_setting(BucketSetting::tiering, "<ListBucketResult></ListBucketResult>", plain());
  EXPECT_TRUE(plan.warning);
  EXPECT_FALSE(plan.changes());
}

}  // namespace
}  // namespace wardbook::storage
