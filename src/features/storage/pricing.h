#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/settings.h"

/// What files cost at a store that bills as S3 Intelligent-Tiering does. Pure: sizes, days and
/// prices in, dollars out. The rules, and where AWS states them:
///
/// - An object is billed by its stored size and by the tier that it is in: Frequent Access, after
///   30 days without access Infrequent Access, after 90 Archive Instant Access; each access moves
///   it back. "How S3 Intelligent-Tiering works",
///   https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html
/// - Archive Access is opt-in, per bucket, after 90 to 730 days; with it at 90 days Archive Instant
///   Access is passed over. The same page, and
///   https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tiering.html
/// - Objects below 128 KB are not monitored and always billed as Frequent Access, without the
///   monitoring charge; every other object has that charge. "S3 Intelligent-Tiering" in
///   https://aws.amazon.com/s3/pricing/ and the footnotes there
/// - For each object in Archive Access 8 KB more at the rate of S3 Standard and 32 KB more at that
///   of Glacier Flexible Retrieval, which is the tier's own rate. The same footnotes.
/// - There is no charge for moving between tiers or for reading back, apart from the requests:
///   PUT, COPY, POST and LIST by the thousand, GET by the thousand. "Requests & data retrievals",
///   https://aws.amazon.com/s3/pricing/
/// - A GB is 2^30 bytes. "How do I get charged", https://aws.amazon.com/s3/faqs/
///
/// Ours: a month has 30 days, as the tiers' own limits are multiples of it; the lower prices above
/// 50 TB are not applied, nor are transfers out of the region.
namespace wardbook::storage {

inline constexpr std::int64_t kMonitoredBytes = 128 * 1024;
inline constexpr int kMonthDays = 30;
inline constexpr int kInfrequentAfterDays = 30;
inline constexpr int kArchiveInstantAfterDays = 90;

using Prices = Settings::Prices;

enum class Tier { frequent, infrequent, archive_instant, archive };
inline constexpr int kTiers = 4;
[[nodiscard]] std::string_view to_string(Tier tier);

/// Of an object that was not accessed for so many days. `archive_after_days` 0: never archived.
[[nodiscard]] Tier tier_of(std::int64_t stored_bytes, std::int64_t idle_days,
                           int archive_after_days);

struct Cost {
  double storage_usd = 0;
  double archive_overhead_usd = 0;
  double monitoring_usd = 0;
  double requests_usd = 0;
  [[nodiscard]] double total_usd() const {
    return storage_usd + archive_overhead_usd + monitoring_usd + requests_usd;
  }
  Cost& operator+=(const Cost& other);
};

/// Objects that cost alike: of one idle day, all below kMonitoredBytes or none.
struct Cohort {
  std::int64_t idle_days = 0;
  bool small = false;
  std::int64_t objects = 0;
  std::int64_t stored_bytes = 0;
  std::int64_t file_bytes = 0;  ///< before compression
};

/// What these objects cost in one day, `days_later` days from now, if nobody accesses them.
[[nodiscard]] Cost day_cost(const Cohort& cohort, std::int64_t days_later, const Prices& prices,
                            int archive_after_days);
/// The same for a month at the rate of that day.
[[nodiscard]] Cost month_rate(std::span<const Cohort> cohorts, std::int64_t days_later,
                              const Prices& prices, int archive_after_days);
/// Of the original bytes in S3 Standard: what there would be to pay without tiers and compression.
[[nodiscard]] double standard_month_usd(std::span<const Cohort> cohorts, const Prices& prices);

/// A stretch of an object's life in one tier.
struct Stay {
  Tier tier;
  std::int64_t days = 0;
  double usd = 0;
};
struct Estimate {
  Cost cost;
  std::vector<Stay> stays;
  double standard_usd = 0;  ///< the same bytes as long in S3 Standard, with the same requests
};
/// One object of so many stored bytes that is uploaded now, by `put_requests` requests, and not
/// accessed for `days` days.
[[nodiscard]] Estimate estimate(std::int64_t bytes, std::int64_t days, std::int64_t put_requests,
                                const Prices& prices, int archive_after_days);

/// The next months' bills: of what is there, growing older untouched, and of as much more in every
/// month as `monthly` says.
struct Growth {
  std::int64_t objects = 0;
  std::int64_t small_objects = 0;
  std::int64_t stored_bytes = 0;
  std::int64_t small_bytes = 0;
};
[[nodiscard]] std::vector<double> projection(std::span<const Cohort> cohorts, const Growth& monthly,
                                             int months, const Prices& prices,
                                             int archive_after_days);

}  // namespace wardbook::storage
