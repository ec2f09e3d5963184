#include "features/storage/pricing.h"

#include <algorithm>
#include <array>

namespace wardbook::storage {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;
constexpr double kStandardOverhead = 8.0 * 1024;
constexpr double kArchiveOverhead = 32.0 * 1024;

double rate_of(Tier tier, const Prices& prices) {
  switch (tier) {
    case Tier::frequent:
      return prices.frequent_usd_per_gb_month;
    case Tier::infrequent:
      return prices.infrequent_usd_per_gb_month;
    case Tier::archive_instant:
      return prices.archive_instant_usd_per_gb_month;
    case Tier::archive:
      return prices.archive_usd_per_gb_month;
  }
  return prices.frequent_usd_per_gb_month;
}

double per_day(double bytes, double usd_per_gb_month) {
  return bytes / kGiB * usd_per_gb_month / kMonthDays;
}

Cohort cohort_of(std::int64_t objects, std::int64_t bytes, bool small) {
  Cohort out;
  out.small = small;
  out.objects = objects;
  out.stored_bytes = bytes;
  out.file_bytes = bytes;
  return out;
}

}  // namespace

std::string_view to_string(Tier tier) {
  constexpr std::array<std::string_view, kTiers> kNames{"frequent", "infrequent", "archive_instant",
                                                        "archive"};
  return kNames[static_cast<std::size_t>(tier)];
}

Tier tier_of(std::int64_t stored_bytes, std::int64_t idle_days, int archive_after_days) {
  if (stored_bytes < kMonitoredBytes) return Tier::frequent;
  if (archive_after_days > 0 && idle_days >= archive_after_days) return Tier::archive;
  if (idle_days >= kArchiveInstantAfterDays) return Tier::archive_instant;
  if (idle_days >= kInfrequentAfterDays) return Tier::infrequent;
  return Tier::frequent;
}

Cost& Cost::operator+=(const Cost& other) {
  storage_usd += other.storage_usd;
  archive_overhead_usd += other.archive_overhead_usd;
  monitoring_usd += other.monitoring_usd;
  requests_usd += other.requests_usd;
  return *this;
}

Cost day_cost(const Cohort& cohort, std::int64_t days_later, const Prices& prices,
              int archive_after_days) {
  const std::int64_t size = cohort.small ? 0 : kMonitoredBytes;
  const Tier tier = tier_of(size, cohort.idle_days + days_later, archive_after_days);
  const auto objects = static_cast<double>(cohort.objects);
  Cost out;
  out.storage_usd = per_day(static_cast<double>(cohort.stored_bytes), rate_of(tier, prices));
  if (!cohort.small) {
    out.monitoring_usd = objects / 1'000 * prices.monitoring_usd_per_1000_objects / kMonthDays;
  }
  if (tier == Tier::archive) {
    out.archive_overhead_usd =
        per_day(objects * kStandardOverhead, prices.standard_usd_per_gb_month) +
        per_day(objects * kArchiveOverhead, prices.archive_usd_per_gb_month);
  }
  return out;
}

Cost month_rate(std::span<const Cohort> cohorts, std::int64_t days_later, const Prices& prices,
                int archive_after_days) {
  Cost day;
  for (const auto& cohort : cohorts) {
    day += day_cost(cohort, days_later, prices, archive_after_days);
  }
  day.storage_usd *= kMonthDays;
  day.archive_overhead_usd *= kMonthDays;
  day.monitoring_usd *= kMonthDays;
  return day;
}

double standard_month_usd(std::span<const Cohort> cohorts, const Prices& prices) {
  double bytes = 0;
  for (const auto& cohort : cohorts) bytes += static_cast<double>(cohort.file_bytes);
  return bytes / kGiB * prices.standard_usd_per_gb_month;
}

Estimate estimate(std::int64_t bytes, std::int64_t days, std::int64_t put_requests,
                  const Prices& prices, int archive_after_days) {
  Estimate out;
  const Cohort object = cohort_of(1, bytes, bytes < kMonitoredBytes);
  // From one change of tier to the next, so that the work does not grow with the days.
  std::array<std::int64_t, 4> starts{0, kInfrequentAfterDays, kArchiveInstantAfterDays,
                                     std::max<std::int64_t>(archive_after_days, 0)};
  std::ranges::sort(starts);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::int64_t end = i + 1 < starts.size() ? std::min(starts[i + 1], days) : days;
    const std::int64_t length = end - starts[i];
    if (length <= 0) continue;
    const auto times = static_cast<double>(length);
    Cost stay = day_cost(object, starts[i], prices, archive_after_days);
    stay.storage_usd *= times;
    stay.archive_overhead_usd *= times;
    stay.monitoring_usd *= times;
    out.cost += stay;
    const Tier tier = tier_of(bytes, starts[i], archive_after_days);
    if (!out.stays.empty() && out.stays.back().tier == tier) {
      out.stays.back().days += length;
      out.stays.back().usd += stay.storage_usd;
    } else {
      out.stays.push_back({tier, length, stay.storage_usd});
    }
  }
  out.cost.requests_usd = static_cast<double>(put_requests) / 1'000 * prices.put_usd_per_1000;
  out.standard_usd = per_day(static_cast<double>(bytes), prices.standard_usd_per_gb_month) *
                         static_cast<double>(days) +
                     out.cost.requests_usd;
  return out;
}

std::vector<double> projection(std::span<const Cohort> cohorts, const Growth& monthly, int months,
                               const Prices& prices, int archive_after_days) {
  const std::array<Cohort, 2> added{cohort_of(monthly.objects - monthly.small_objects,
                                              monthly.stored_bytes - monthly.small_bytes, false),
                                    cohort_of(monthly.small_objects, monthly.small_bytes, true)};
  const double uploads = static_cast<double>(monthly.objects) / 1'000 * prices.put_usd_per_1000;
  std::vector<double> out;
  double of_added = 0;
  for (int month = 1; month <= months; ++month) {
    // What came in each month before, one month older each.
    of_added += month_rate(added, static_cast<std::int64_t>(month - 1) * kMonthDays, prices,
                           archive_after_days)
                    .total_usd();
    const Cost there = month_rate(cohorts, static_cast<std::int64_t>(month) * kMonthDays, prices,
                                  archive_after_days);
    out.push_back(there.total_usd() + of_added + uploads);
  }
  return out;
}

}  // namespace wardbook::storage
