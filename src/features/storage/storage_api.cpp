#include <algorithm>
#include <boost/json.hpp>

#include "api/paging.h"
#include "features/app.h"
#include "features/attachments/attachments.h"
#include "features/storage/storage.h"
#include "features/storage/storage_sql.h"
#include "features/tenants/tenants.h"

namespace wardbook::storage {
namespace {

using boost::json::array;
using boost::json::object;

constexpr std::int64_t kMostDays = 400;
constexpr std::int64_t kMostBytes = 1'000'000'000'000'000;

array tiers_json(const Report& report) {
  array out;
  for (int i = 0; i < kTiers; ++i) {
    const TierUsage& tier = report.tiers[i];
    const auto name = to_string(static_cast<Tier>(i));
    out.push_back(object{{"tier", boost::json::string_view(name.data(), name.size())},
                         {"files", tier.files},
                         {"stored_bytes", tier.stored_bytes},
                         {"usd_per_month", tier.usd_per_month}});
  }
  return out;
}

object parts_json(const Cost& cost) {
  return {{"storage_usd", cost.storage_usd},
          {"archive_overhead_usd", cost.archive_overhead_usd},
          {"monitoring_usd", cost.monitoring_usd},
          {"requests_usd", cost.requests_usd}};
}

/// `2026-11` and so on, from the month after this one.
std::string month_after(Time now, int months) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(now)};
  const auto month = day.year() / day.month() + std::chrono::months(months);
  const auto number = static_cast<unsigned>(month.month());
  return std::to_string(static_cast<int>(month.year())) + (number < 10 ? "-0" : "-") +
         std::to_string(number);
}

/// Whose files: the caller's hospital, or for an operator the one that is named.
Task<TenantId> chosen_tenant(App& app, api::Params& params, const api::Request& req) {
  const auto named = params.text("tenant");
  if (req.caller.tenant_id) {
    if (named && *named != req.caller.tenant_id->str()) throw Failure(Code::tenant_not_found);
    co_return *req.caller.tenant_id;
  }
  if (!named) {
    params.fault("tenant", "is required for an operator");
    params.finish();
  }
  const auto tenant = TenantId::parse(*named);
  if (!tenant) throw Failure(Code::tenant_not_found);
  (void)co_await tenants::get(app.db, *tenant);  // tenant_not_found
  co_return *tenant;
}

Task<std::vector<DayRow>> days_of(App& app, TenantId tenant, std::int64_t days) {
  auto rows = co_await app.db.read_all(std::move(tenant), kUsageDays, days);
  std::ranges::reverse(rows);
  co_return rows;
}

Task<api::Response> get_usage(App& app, api::Request req) {
  api::Params params(req);
  const auto days = params.integer("days", 1, kMostDays).value_or(30);
  const TenantId tenant = co_await chosen_tenant(app, params, req);
  params.finish();
  const Report now = co_await report(app.db, tenant, app.settings);
  const auto rows = co_await days_of(app, tenant, days);
  array history;
  for (const auto& row : rows) {
    history.push_back(object{{"day", row.day},
                             {"files", row.files},
                             {"file_bytes", row.file_bytes},
                             {"stored_bytes", row.stored_bytes}});
  }
  const object body{{"tenant", tenant.str()},
                    {"as_of", format_rfc3339(app.clock.now())},
                    {"files", now.files},
                    {"file_bytes", now.file_bytes},
                    {"stored_bytes", now.stored_bytes},
                    {"by_tier", tiers_json(now)},
                    {"history", std::move(history)}};
  co_return api::ok(boost::json::value(body));
}

array alerts_json(const Report& now, const Settings& settings) {
  array out;
  if (over_alert(now, settings)) {
    out.push_back(object{{"code", "cost_over_threshold"},
                         {"threshold_usd", settings.prices.alert_usd_per_month},
                         {"usd", now.month.total_usd()},
                         {"message", "The files cost more in a month than the threshold."}});
  }
  return out;
}

Task<api::Response> get_cost(App& app, api::Request req) {
  api::Params params(req);
  const auto days = params.integer("days", 1, kMostDays).value_or(30);
  const TenantId tenant = co_await chosen_tenant(app, params, req);
  params.finish();
  const Report now = co_await report(app.db, tenant, app.settings);
  const auto rows = co_await days_of(app, tenant, days);
  array history;
  for (const auto& row : rows) {
    history.push_back(object{{"day", row.day}, {"cost_usd", row.usd_per_month / kMonthDays}});
  }
  array projected;
  int month = 0;
  for (const double usd : now.projection) {
    projected.push_back(
        object{{"month", month_after(app.clock.now(), ++month)}, {"cost_usd", usd}});
  }
  const double total = now.month.total_usd();
  const double percent = now.standard_usd > 0 ? now.saved_usd() / now.standard_usd * 100 : 0;
  const object body{{"tenant", tenant.str()},
                    {"as_of", format_rfc3339(app.clock.now())},
                    {"currency", "USD"},
                    {"cost_usd", total},
                    {"parts", parts_json(now.month)},
                    {"by_tier", tiers_json(now)},
                    {"standard_usd", now.standard_usd},
                    {"saved_usd", now.saved_usd()},
                    {"saved_percent", percent},
                    {"history", std::move(history)},
                    {"projection", std::move(projected)},
                    {"alerts", alerts_json(now, app.settings)}};
  co_return api::ok(boost::json::value(body));
}

Task<api::Response> get_estimate(App& app, api::Request req) {
  api::Params params(req);
  const auto bytes = params.integer("bytes", 1, kMostBytes);
  const auto days = params.integer("days", 0, 36'500);
  if (!req.query_param("bytes")) params.fault("bytes", "is required");
  if (!req.query_param("days")) params.fault("days", "is required");
  params.finish();
  const auto requests = attachments::upload_requests(*bytes, app.settings.attachments);
  const int archive = app.settings.storage.archive_after_days;
  const Estimate e = estimate(*bytes, *days, requests, app.settings.prices, archive);
  array stays;
  for (const auto& stay : e.stays) {
    const auto name = to_string(stay.tier);
    stays.push_back(object{{"tier", boost::json::string_view(name.data(), name.size())},
                           {"days", stay.days},
                           {"usd", stay.usd}});
  }
  const double total = e.cost.total_usd();
  const object body{{"bytes", *bytes},
                    {"days", *days},
                    {"currency", "USD"},
                    {"cost_usd", total},
                    {"parts", parts_json(e.cost)},
                    {"by_tier", std::move(stays)},
                    {"put_requests", requests},
                    {"standard_usd", e.standard_usd},
                    {"saved_usd", e.standard_usd - total}};
  co_return api::ok(boost::json::value(body));
}

}  // namespace

std::vector<api::Route> routes() {
  using enum api::Access;
  return {
      {"GET", "/storage/usage", storage_read, &get_usage},
      {"GET", "/storage/cost", storage_read, &get_cost},
      {"GET", "/storage/cost/estimate", storage_read, &get_estimate},
  };
}

}  // namespace wardbook::storage
