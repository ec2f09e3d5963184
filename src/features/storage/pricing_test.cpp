#include "features/storage/pricing.h"

#include <gtest/gtest.h>

namespace wardbook::storage {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kGiB = 1024 * kMiB;
constexpr int kArchive = 180;

Cohort cohort(std::int64_t idle_days, std::int64_t objects, std::int64_t bytes,
              bool small = false) {
  Cohort out;
  out.idle_days = idle_days;
  out.objects = objects;
  out.stored_bytes = bytes;
  out.file_bytes = bytes;
  out.small = small;
  return out;
}

TEST(PricingTest, TierFollowsTheDaysWithoutAccess) {
  struct Case {
    std::int64_t bytes;
    std::int64_t idle;
    int archive;
    Tier tier;
  };
  for (const auto& [bytes, idle, archive, tier] : {
           Case{kMiB, 0, kArchive, Tier::frequent},
           Case{kMiB, 29, kArchive, Tier::frequent},
           Case{kMiB, 30, kArchive, Tier::infrequent},
           Case{kMiB, 89, kArchive, Tier::infrequent},
           Case{kMiB, 90, kArchive, Tier::archive_instant},
           Case{kMiB, 179, kArchive, Tier::archive_instant},
           Case{kMiB, 180, kArchive, Tier::archive},
           Case{kMiB, 10'000, 0, Tier::archive_instant},
           Case{kMiB, 90, 90, Tier::archive},
           Case{kMonitoredBytes, 30, kArchive, Tier::infrequent},
           Case{kMonitoredBytes - 1, 10'000, kArchive, Tier::frequent},
       }) {
    EXPECT_EQ(tier_of(bytes, idle, archive), tier) << bytes << " bytes, " << idle << " days";
  }
}

// A CT series of 1 GiB that is read for the last time on the day it is made, for a year.
//   storage      30 d x 0.023  + 60 d x 0.0125 + 90 d x 0.004 + 185 d x 0.0036, by 30
//              = 0.023 + 0.025 + 0.012 + 0.0222 = 0.0822
//   overhead     185 d of (8 KiB x 0.023 + 32 KiB x 0.0036) / 2^20 KiB = 0.00000176...
//   monitoring   0.0025 / 1000 x 365 / 30 = 0.0000304...
//   requests     130 PUT of a multipart upload = 0.00065
TEST(PricingTest, OneGigabyteForAYear) {
  const Estimate e = estimate(kGiB, 365, 130, {}, kArchive);
  EXPECT_NEAR(e.cost.storage_usd, 0.0822, 1e-9);
  const double overhead = (8 * 0.023 + 32 * 0.0036) / (1024 * 1024) * 185 / 30;
  EXPECT_NEAR(e.cost.archive_overhead_usd, overhead, 1e-12);
  EXPECT_NEAR(e.cost.monitoring_usd, 0.0025 / 1000 * 365 / 30, 1e-12);
  EXPECT_NEAR(e.cost.requests_usd, 0.00065, 1e-12);
  ASSERT_EQ(e.stays.size(), 4U);
  EXPECT_EQ(e.stays[0].days, 30);
  EXPECT_EQ(e.stays[1].days, 60);
  EXPECT_EQ(e.stays[2].days, 90);
  EXPECT_EQ(e.stays[3].days, 185);
  EXPECT_NEAR(e.stays[1].usd, 0.025, 1e-12);
  EXPECT_NEAR(e.standard_usd, 0.023 * 365 / 30 + 0.00065, 1e-12);
}

// A laboratory report of 20 KiB: never monitored, always Frequent Access.
//   20 / 2^20 GiB x 0.023 x 365 / 30 = 0.00000533..., one PUT 0.000005
TEST(PricingTest, SmallReportForAYear) {
  const Estimate e = estimate(20 * kKiB, 365, 1, {}, kArchive);
  EXPECT_NEAR(e.cost.storage_usd, 20.0 / 1024 / 1024 * 0.023 * 365 / 30, 1e-15);
  EXPECT_EQ(e.cost.monitoring_usd, 0);
  EXPECT_EQ(e.cost.archive_overhead_usd, 0);
  EXPECT_NEAR(e.cost.requests_usd, 0.000005, 1e-15);
  ASSERT_EQ(e.stays.size(), 1U);
  EXPECT_EQ(e.stays[0].tier, Tier::frequent);
  EXPECT_EQ(e.stays[0].days, 365);
}

TEST(PricingTest, WithoutTheArchiveTierTheLastStayIsArchiveInstant) {
  const Estimate e = estimate(kGiB, 365, 0, {}, 0);
  EXPECT_NEAR(e.cost.storage_usd, 0.023 + 0.025 + 0.004 * 275 / 30, 1e-12);
  EXPECT_EQ(e.cost.archive_overhead_usd, 0);
}

TEST(PricingTest, NoDaysCostTheUploadOnly) {
  const Estimate e = estimate(kGiB, 0, 1, {}, kArchive);
  EXPECT_NEAR(e.cost.total_usd(), 0.000005, 1e-15);
  EXPECT_TRUE(e.stays.empty());
}

// What "up to 95 %" takes. Archive Access alone: 1 - 0.0036 / 0.023 = 84.3 %. With text that gzip
// brings to a quarter: 1 - 0.25 x 0.0036 / 0.023 = 96.1 %, less 0.03 % for monitoring and overhead.
TEST(PricingTest, SavingsAgainstStandard) {
  const auto saved = [](const Cohort& c) {
    const std::vector<Cohort> one{c};
    return 1 - month_rate(one, 0, {}, kArchive).total_usd() / standard_month_usd(one, {});
  };
  Cohort archived = cohort(365, 100, 100 * kGiB);
  EXPECT_NEAR(saved(archived), 1 - 0.0036 / 0.023, 0.0005);
  archived.file_bytes = 400 * kGiB;
  EXPECT_NEAR(saved(archived), 0.961, 0.0005);
  EXPECT_LT(saved(cohort(0, 100, 100 * kGiB)), 0) << "files in use cost the monitoring on top";
}

TEST(PricingTest, AMonthOfManyObjects) {
  // 1,000 scans of 1 MiB, in use, and 1,000 of the same size, untouched for 100 days.
  const std::vector<Cohort> all{cohort(0, 1'000, 1'000 * kMiB), cohort(100, 1'000, 1'000 * kMiB),
                                cohort(100, 10, 10 * kKiB, true)};
  const Cost c = month_rate(all, 0, {}, kArchive);
  const double gib = 1'000.0 / 1024;
  EXPECT_NEAR(c.storage_usd, gib * (0.023 + 0.004) + 10.0 / 1024 / 1024 * 0.023, 1e-9);
  EXPECT_NEAR(c.monitoring_usd, 2 * 0.0025, 1e-12);
}

TEST(PricingTest, ProjectionAgesWhatIsThereAndAddsWhatComes) {
  const std::vector<Cohort> there{cohort(0, 1, kGiB)};
  const auto untouched = projection(there, {}, 12, {}, kArchive);
  ASSERT_EQ(untouched.size(), 12U);
  const double monitoring = 0.0025 / 1000;
  EXPECT_NEAR(untouched[0], 0.0125 + monitoring, 1e-9) << "after 30 days";
  EXPECT_NEAR(untouched[2], 0.004 + monitoring, 1e-9) << "after 90 days";
  EXPECT_NEAR(untouched[5], 0.0036, 1e-5) << "after 180 days";

  Growth monthly;
  monthly.objects = 1;
  monthly.stored_bytes = kGiB;
  const auto growing = projection({}, monthly, 3, {}, kArchive);
  const double put = 0.005 / 1000;
  EXPECT_NEAR(growing[0], 0.023 + monitoring + put, 1e-9);
  EXPECT_NEAR(growing[1], 0.023 + 0.0125 + 2 * monitoring + put, 1e-9);
  EXPECT_NEAR(growing[2], 0.023 + 2 * 0.0125 + 3 * monitoring + put, 1e-9);
}

}  // namespace
}  // namespace wardbook::storage
