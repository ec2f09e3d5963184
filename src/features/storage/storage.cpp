#include "features/storage/storage.h"

#include <algorithm>

#include "features/attachments/attachments.h"
#include "features/storage/storage_sql.h"

namespace wardbook::storage {
namespace {

constexpr int kProjectedMonths = 12;

Cohort cohort_of(const attachments::Usage& usage) {
  Cohort out;
  out.idle_days = usage.idle_days;
  out.small = usage.small;
  out.objects = usage.objects;
  out.stored_bytes = usage.stored_bytes;
  out.file_bytes = usage.file_bytes;
  return out;
}

void add_recent(Growth& growth, const attachments::Usage& usage) {
  growth.objects += usage.new_objects;
  growth.stored_bytes += usage.new_bytes;
  if (!usage.small) return;
  growth.small_objects += usage.new_objects;
  growth.small_bytes += usage.new_bytes;
}

Report report_of(const std::vector<attachments::Usage>& usage, const Settings& settings) {
  const int archive = settings.storage.archive_after_days;
  Report out;
  Growth growth;
  std::int64_t read = 0;
  std::vector<Cohort> cohorts;
  for (const auto& row : usage) {
    cohorts.push_back(cohort_of(row));
    add_recent(growth, row);
    read += row.read_objects;
    out.files += row.objects;
    out.file_bytes += row.file_bytes;
    out.stored_bytes += row.stored_bytes;
    const Tier tier = tier_of(row.small ? 0 : kMonitoredBytes, row.idle_days, archive);
    TierUsage& of = out.tiers[static_cast<std::size_t>(tier)];
    of.files += row.objects;
    of.stored_bytes += row.stored_bytes;
    of.usd_per_month +=
        day_cost(cohorts.back(), 0, settings.prices, archive).storage_usd * kMonthDays;
  }
  out.month = month_rate(cohorts, 0, settings.prices, archive);
  out.month.requests_usd =
      static_cast<double>(growth.objects) / 1'000 * settings.prices.put_usd_per_1000 +
      static_cast<double>(read) / 1'000 * settings.prices.get_usd_per_1000;
  out.standard_usd = standard_month_usd(cohorts, settings.prices) + out.month.requests_usd;
  out.projection = projection(cohorts, growth, kProjectedMonths, settings.prices, archive);
  return out;
}

/// Idle days beyond these cost the same.
int longest_idle(const Settings& settings) {
  return std::max(settings.storage.archive_after_days, kArchiveInstantAfterDays);
}

}  // namespace

Task<Report> report(db::Pool& db, TenantId tenant, const Settings& settings) {
  db::Tx tx = co_await db.begin(std::move(tenant));
  const auto usage = co_await attachments::usage(tx, longest_idle(settings), kMonitoredBytes);
  co_await tx.commit();
  co_return report_of(usage, settings);
}

bool over_alert(const Report& report, const Settings& settings) {
  const double most = settings.prices.alert_usd_per_month;
  return most > 0 && report.month.total_usd() > most;
}

Task<Report> note_usage(db::Pool& db, TenantId tenant, const Settings& settings, Time now) {
  db::Tx tx = co_await db.begin_job(std::move(tenant));
  const auto usage = co_await attachments::usage(tx, longest_idle(settings), kMonitoredBytes);
  Report out = report_of(usage, settings);
  std::vector<std::int64_t> tiers;
  for (const auto& tier : out.tiers) tiers.push_back(tier.stored_bytes);
  const std::string day = format_rfc3339(now).substr(0, 10);
  tx.queue(kNoteUsage, day, out.files, out.file_bytes, out.stored_bytes, std::move(tiers),
           out.month.total_usd(), out.standard_usd);
  co_await tx.commit();
  co_return out;
}

}  // namespace wardbook::storage
