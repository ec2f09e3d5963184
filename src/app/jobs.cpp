#include "app/jobs.h"

#include <string>

#include "api/idempotency.h"
#include "base/log.h"
#include "features/accounts/accounts.h"
#include "features/attachments/attachments.h"
#include "features/audit/audit.h"

namespace wardbook::app {
namespace {

/// Files that one hospital's turn may end or purge before the others have theirs.
constexpr std::int64_t kFilesAtOnce = 500;

Task<bool> sweep_files(App& app, jobs::Run& run, TenantId tenant) {
  const Settings::Attachments& settings = app.settings.attachments;
  std::function<void()> check = [&run] { run.check(); };
  const auto swept = co_await attachments::sweep(app.db, app.objects, tenant, settings,
                                                 settings.sweep_grace, check, kFilesAtOnce);
  if (swept.abandoned + swept.purged + swept.orphans != 0) {
    log::info("files were swept", {{"tenant", tenant.str()},
                                   {"abandoned", swept.abandoned},
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

}  // namespace

void add_jobs(jobs::Runner& runner, App& app) {
  const auto every = app.settings.attachments.sweep_every;
  runner.add(audit::sealing_job(app.db, app.settings.jobs.seal_all_every));
  runner.add({.name = "accounts.forget_old", .every = every, .work = [&app](jobs::Run&) {
                return accounts::forget_old(app.db, app.settings.auth.access_ttl);
              }});
  runner.add({.name = "api.sweep_idempotency_keys", .every = every, .work = [&app](jobs::Run& run) {
                return all_keys(app, run);
              }});
  runner.add({.name = "attachments.sweep", .every = every, .work = [&app](jobs::Run& run) {
                return all_files(app, run);
              }});
}

}  // namespace wardbook::app
