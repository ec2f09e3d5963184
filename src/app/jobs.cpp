#include "app/jobs.h"

#include <string>

#include "api/idempotency.h"
#include "base/log.h"
#include "features/accounts/accounts.h"
#include "features/attachments/attachments.h"
#include "features/audit/audit.h"
#include "features/erasures/erasures.h"
#include "features/patients/patients_reindex.h"
#include "features/records/records_reindex.h"
#include "features/storage/storage.h"
#include "features/tenants/tenants.h"

namespace wardbook::app {
namespace {

/// Files that one hospital's turn may end or purge before the others have theirs.
constexpr std::int64_t kFilesAtOnce = 500;

Task<bool> sweep_files(App& app, jobs::Run& run, TenantId tenant) {
  const Settings::Attachments& settings = app.settings.attachments;
  std::function<void()> check = [&run] { run.check(); };
  const auto swept = co_await attachments::sweep(app.db, app.objects, tenant, settings,
                                                 settings.sweep_grace, check, kFilesAtOnce);
  if (swept.abandoned + swept.aborted + swept.purged + swept.orphans != 0) {
    log::info("the sweep removed files", {{"tenant", tenant.str()},
                                          {"abandoned", swept.abandoned},
                                          {"aborted", swept.aborted},
                                          {"purged", swept.purged},
                                          {"orphans", swept.orphans}});
  }
  co_return swept.more;
}

Task<bool> sweep_keys(App& app, TenantId tenant) {
  co_await api::sweep_idempotency_keys(app.db, std::move(tenant));
  co_return false;
}

Task<> all_files(App& app, jobs::Run& run) {
  jobs::TenantWork work = [&app, &run](TenantId tenant) {
    return sweep_files(app, run, std::move(tenant));
  };
  co_await jobs::each_tenant(run, app.db, "files were not swept", std::move(work));
}

Task<> all_keys(App& app, jobs::Run& run) {
  jobs::TenantWork work = [&app](TenantId tenant) { return sweep_keys(app, std::move(tenant)); };
  co_await jobs::each_tenant(run, app.db, "old idempotency keys were not removed", std::move(work));
}

Task<bool> write_down_refused(App& app, TenantId tenant) {
  co_await accounts::write_down_refused(app.db, std::move(tenant), app.clock.now());
  co_return false;
}

Task<> all_refused(App& app, jobs::Run& run) {
  run.check();
  co_await accounts::write_down_refused(app.db, std::nullopt, app.clock.now());
  jobs::TenantWork work = [&app](TenantId tenant) {
    return write_down_refused(app, std::move(tenant));
  };
  co_await jobs::each_tenant(run, app.db, "tries at signing in were not written down",
                             std::move(work));
}

Task<bool> look_for_restored(App& app, jobs::Run& run, TenantId tenant) {
  std::function<void()> check = [&run] { run.check(); };
  const auto back =
      co_await attachments::look_for_restored(app.db, app.objects, tenant, std::move(check));
  if (back > 0) {
    log::info("files are back from the archive", {{"tenant", tenant.str()}, {"files", back}});
  }
  co_return false;
}

Task<> all_restored(App& app, jobs::Run& run) {
  jobs::TenantWork work = [&app, &run](TenantId tenant) {
    return look_for_restored(app, run, std::move(tenant));
  };
  co_await jobs::each_tenant(run, app.db, "archived files were not looked after", std::move(work));
}

struct StorageTotal {
  std::int64_t bytes = 0;
  double usd = 0;
  std::int64_t over_alert = 0;
};

Task<bool> note_usage_of(App& app, std::shared_ptr<StorageTotal> total, TenantId tenant) {
  const auto report =
      co_await storage::note_usage(app.db, std::move(tenant), app.settings, app.clock.now());
  total->bytes += report.stored_bytes;
  total->usd += report.month.total_usd();
  if (storage::over_alert(report, app.settings)) ++total->over_alert;
  co_return false;
}

Task<> note_usage_of_all(App& app, jobs::Run& run, ReactorMetrics& metrics) {
  auto total = std::make_shared<StorageTotal>();
  jobs::TenantWork work = [&app, total](TenantId tenant) {
    return note_usage_of(app, total, std::move(tenant));
  };
  co_await jobs::each_tenant(run, app.db, "the usage of the store was not noted", std::move(work));
  metrics.set_storage(total->bytes, total->usd, total->over_alert);
}

/// A page at a time, of one hospital after the other. What was done says so itself.
Task<> rewrite_documents(App& app, jobs::Run& run, ReactorMetrics& metrics) {
  const auto all = co_await tenants::list(app.db);
  std::vector<TenantId> outdated;
  std::int64_t count = 0;
  for (const auto& tenant : all) {
    const auto id = TenantId::parse(tenant.id);
    if (!id) continue;
    run.check();
    const auto own = co_await records::count_outdated(app.db, *id) +
                     co_await patients::count_outdated(app.db, *id);
    if (own > 0) outdated.push_back(*id);
    count += own;
  }
  metrics.set_outdated_documents(count);
  if (count == 0) co_return;
  log::info("search documents of older formats are being rewritten", {{"documents", count}});
  for (const auto& id : outdated) {
    std::function<void(std::int64_t)> tell = [&metrics, &run](std::int64_t page) {
      metrics.add_rewritten_documents(page);
      run.check();
    };
    const auto named = co_await patients::reindex(app, id, tell);
    if (named.rewritten + named.failed > 0) {
      log::info("the keys of patients were brought to the current format",
                {{"tenant", id.str()}, {"rewritten", named.rewritten}, {"failed", named.failed}});
    }
    const auto done = co_await records::reindex(app, id, std::move(tell));
    log::info("search documents were brought to the current format",
              {{"tenant", id.str()}, {"rewritten", done.rewritten}, {"failed", done.failed}});
  }
}

}  // namespace

void add_jobs(jobs::Runner& runner, App& app, ReactorMetrics& metrics) {
  const auto every = app.settings.attachments.sweep_every;
  runner.add(audit::sealing_job(app.db, app.settings.jobs.seal_all_every));
  runner.add(erasures::job(app, app.settings.jobs.erase_every));
  runner.add({.name = "accounts.forget_old", .every = every, .work = [&app](jobs::Run&) {
                return accounts::forget_old(app.db, app.settings.auth.access_ttl);
              }});
  runner.add({.name = "accounts.refused_tries", .every = every, .work = [&app](jobs::Run& run) {
                return all_refused(app, run);
              }});
  runner.add(
      {.name = "records.reindex",
       .every = app.settings.jobs.reindex_every,
       .work = [&app, &metrics](jobs::Run& run) { return rewrite_documents(app, run, metrics); }});
  runner.add({.name = "api.sweep_idempotency_keys", .every = every, .work = [&app](jobs::Run& run) {
                return all_keys(app, run);
              }});
  runner.add(
      attachments::verification_job(app.db, app.objects, app.clock, app.settings.attachments));
  if (!app.settings.attachments.scan.empty()) {
    runner.add(
        attachments::scanning_job(app.reactor, app.db, app.objects, app.settings.attachments));
  }
  runner.add(
      {.name = "storage.usage",
       .every = app.settings.storage.usage_every,
       .work = [&app, &metrics](jobs::Run& run) { return note_usage_of_all(app, run, metrics); }});
  runner.add({.name = "attachments.restored",
              .every = app.settings.attachments.restored_every,
              .work = [&app](jobs::Run& run) { return all_restored(app, run); }});
  runner.add({.name = "attachments.sweep", .every = every, .work = [&app](jobs::Run& run) {
                return all_files(app, run);
              }});
}

}  // namespace wardbook::app
