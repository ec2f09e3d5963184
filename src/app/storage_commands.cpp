#include <cstdio>

#include "api/request.h"
#include "app/database_command.h"
#include "app/store_options.h"
#include "base/clock.h"
#include "features/attachments/attachments.h"
#include "features/storage/bucket_plan.h"
#include "features/storage/storage.h"
#include "features/tenants/tenants.h"
#include "s3/client.h"

namespace wardbook::app {
namespace {

/// More findings of a hospital are counted, not told.
constexpr std::int64_t kToldFindings = 100;

std::string told(const Failure& failure) {
  return std::string(failure.message()) + " (" + std::string(failure.log_detail()) + ")";
}

Task<int> sweep(CommandContext& context) {
  const SystemClock clock;
  s3::Store store(context.reactor, store_options(context.settings.storage), clock);
  const auto ids = co_await chosen_tenants(context);
  auto grace = context.settings.attachments.sweep_grace;
  if (context.arguments.grace) grace = std::chrono::seconds(*context.arguments.grace);
  boost::json::array rows;
  int code = 0;
  for (const auto& id : ids) {
    attachments::Swept swept;
    std::string result = "ok";
    try {
      swept =
          co_await attachments::sweep(context.db, store, id, context.settings.attachments, grace);
    } catch (const Failure& failure) {
      result = told(failure);
      code = 1;
    }
    rows.push_back(boost::json::object{{"tenant", id.str()},
                                       {"abandoned", swept.abandoned},
                                       {"aborted", swept.aborted},
                                       {"purged", swept.purged},
                                       {"orphans", swept.orphans},
                                       {"result", result}});
  }
  print_rows(context.arguments, rows);
  co_return code;
}

/// Findings go to stderr as they are found, the counts to stdout.
Task<int> verify_store(CommandContext& context) {
  const SystemClock clock;
  s3::Store store(context.reactor, store_options(context.settings.storage), clock);
  const auto ids = co_await chosen_tenants(context);
  boost::json::array rows;
  int code = 0;
  for (const auto& id : ids) {
    attachments::Checked checked;
    std::int64_t count = 0;
    std::string result = "ok";
    attachments::OnFinding tell = [&count](const std::string& key, const std::string& what) {
      if (++count <= kToldFindings) std::fprintf(stderr, "%s: %s\n", key.c_str(), what.c_str());
      if (count == kToldFindings + 1) std::fprintf(stderr, "…\n");
    };
    try {
      checked = co_await attachments::check_store(context.db, store, id, context.arguments.rehash,
                                                  std::move(tell));
      if (count > 0) result = "differs";
    } catch (const Failure& failure) {
      result = told(failure);
    }
    if (result != "ok") code = 1;
    rows.push_back(boost::json::object{{"tenant", id.str()},
                                       {"rows", checked.rows},
                                       {"objects", checked.objects},
                                       {"missing", checked.missing},
                                       {"orphans", checked.orphans},
                                       {"altered", checked.altered},
                                       {"result", result}});
  }
  print_rows(context.arguments, rows);
  co_return code;
}

std::string dollars(double usd) {
  char text[64];
  std::snprintf(text, sizeof text, "%.4f", usd);
  return text;
}

Task<int> cost(CommandContext& context) {
  const auto ids = co_await chosen_tenants(context);
  boost::json::array rows;
  for (const auto& id : ids) {
    const auto report = co_await storage::report(context.db, id, context.settings);
    const double year = report.projection.empty() ? 0 : report.projection.back();
    boost::json::object row{{"tenant", id.str()},
                            {"files", report.files},
                            {"file_bytes", report.file_bytes},
                            {"stored_bytes", report.stored_bytes},
                            {"usd_per_month", dollars(report.month.total_usd())},
                            {"standard_usd", dollars(report.standard_usd)},
                            {"saved_usd", dollars(report.saved_usd())},
                            {"in_12_months_usd", dollars(year)},
                            {"alert", storage::over_alert(report, context.settings)}};
    rows.push_back(std::move(row));
  }
  print_rows(context.arguments, rows);
  co_return 0;
}

std::string state_of(const storage::SettingPlan& setting, bool applied) {
  if (setting.warning) return "warning: " + *setting.warning;
  if (!setting.changes()) return "as it should be";
  return applied ? "changed" : "would change";
}

void print_plan(const CommandContext& context, const std::vector<storage::SettingPlan>& plan,
                bool applied) {
  boost::json::array rows;
  for (const auto& setting : plan) {
    rows.push_back(boost::json::object{{"setting", setting.name},
                                       {"found", setting.found},
                                       {"wanted", setting.wanted},
                                       {"state", state_of(setting, applied)}});
  }
  print_rows(context.arguments, rows);
}

Task<int> show_plan(CommandContext& context) {
  const SystemClock clock;
  s3::Store store(context.reactor, store_options(context.settings.storage), clock);
  const auto plan = co_await storage::plan_bucket(store, context.settings.storage);
  print_plan(context, plan, false);
  co_return 0;
}

Task<int> make_so(CommandContext& context) {
  const SystemClock clock;
  s3::Store store(context.reactor, store_options(context.settings.storage), clock);
  auto plan = co_await storage::plan_bucket(store, context.settings.storage);
  plan = co_await storage::apply_plan(store, std::move(plan));
  print_plan(context, plan, true);
  co_return 0;
}

Task<int> list(CommandContext& context) {
  const SystemClock clock;
  s3::Store store(context.reactor, store_options(context.settings.storage), clock);
  const TenantId tenant = tenant_argument(*context.arguments.tenant);
  const auto record = api::parse_positive(context.arguments.id);
  if (!record) throw UsageError("RECORD is a record's id");
  boost::json::array rows;
  std::function<void(const s3::ListedObject&)> visit = [&rows](const s3::ListedObject& object) {
    rows.push_back(boost::json::object{{"key", object.key},
                                       {"bytes", object.size},
                                       {"etag", object.etag},
                                       {"storage_class", object.storage_class},
                                       {"last_modified", object.last_modified}});
  };
  co_await attachments::list_objects(store, tenant, RecordId(*record), std::move(visit));
  print_rows(context.arguments, rows);
  co_return 0;
}

int on_store(const Settings& settings, const Arguments& arguments,
             Task<int> (*command)(CommandContext&)) {
  if (settings.storage.endpoint.empty()) {
    throw std::runtime_error("storage.endpoint is not set: name a configuration with --config");
  }
  return run_on_database(settings, arguments, command);
}

}  // namespace

int storage_sweep(const Settings& settings, const Arguments& arguments) {
  return on_store(settings, arguments, &sweep);
}

int storage_list(const Settings& settings, const Arguments& arguments) {
  return on_store(settings, arguments, &list);
}

int storage_verify(const Settings& settings, const Arguments& arguments) {
  return on_store(settings, arguments, &verify_store);
}

int storage_cost(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &cost);
}

int storage_plan(const Settings& settings, const Arguments& arguments) {
  return on_store(settings, arguments, &show_plan);
}

int storage_apply(const Settings& settings, const Arguments& arguments) {
  return on_store(settings, arguments, &make_so);
}

}  // namespace wardbook::app
