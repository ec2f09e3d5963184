#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/router.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/settings.h"
#include "db/pool.h"
#include "features/storage/pricing.h"

/// What a hospital's files take at the store, and what that costs.
namespace wardbook::storage {

struct TierUsage {
  std::int64_t files = 0;
  std::int64_t stored_bytes = 0;
  double usd_per_month = 0;  ///< of the bytes alone
};

/// At one moment. The tiers are those that S3 would have the objects in by the accesses that the
/// service knows of; a store without tiers keeps all of them alike.
struct Report {
  std::int64_t files = 0;
  std::int64_t file_bytes = 0;  ///< before compression
  std::int64_t stored_bytes = 0;
  TierUsage tiers[kTiers];
  Cost month;  ///< at today's rate, with the uploads of the last 30 days
  double standard_usd = 0;
  std::vector<double> projection;  ///< the next 12 months
  [[nodiscard]] double saved_usd() const { return standard_usd - month.total_usd(); }
};
/// Of one tenant: counts all its files. Fails as Pool::begin.
[[nodiscard]] Task<Report> report(db::Pool& db, TenantId tenant, const Settings& settings);
/// Whether the month costs more than the configuration's threshold.
[[nodiscard]] bool over_alert(const Report& report, const Settings& settings);

/// Notes today's usage of a tenant in its history, over what was noted today before.
[[nodiscard]] Task<Report> note_usage(db::Pool& db, TenantId tenant, const Settings& settings,
                                      Time now);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::storage
