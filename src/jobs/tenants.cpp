#include <algorithm>
#include <utility>

#include "base/log.h"
#include "jobs/jobs.h"
#include "jobs/jobs_sql.h"

namespace wardbook::jobs {
namespace {

bool is_away(const Failure& failure) {
  return failure.code() == Code::database_unavailable || failure.code() == Code::store_unavailable;
}

std::vector<TenantId> parsed(const std::vector<db::TextRow>& rows) {
  std::vector<TenantId> out;
  for (const auto& row : rows) {
    if (auto id = TenantId::parse(row.value)) out.push_back(std::move(*id));
  }
  return out;
}

Task<bool> one_tenant(const TenantWork& work, TenantId tenant, std::string_view trouble) {
  std::string detail;
  std::string cause;
  try {
    co_return co_await work(tenant);
  } catch (const Stopped&) {
    throw;
  } catch (const Failure& e) {
    if (is_away(e)) throw;
    detail = e.message();
    cause = e.log_detail();
  } catch (const std::exception& e) {
    detail = e.what();
  }
  log::warning(trouble, {{"tenant", tenant.str()}, {"detail", detail}, {"cause", cause}});
  co_return false;
}

}  // namespace

Task<std::vector<TenantId>> tenants_after(db::Pool& db, std::string after, int most) {
  db::Tx tx = co_await db.begin_control();
  const auto rows = co_await tx.all(kTenantsAfter, std::move(after), most);
  co_await tx.commit();
  co_return parsed(rows);
}

Task<> each_tenant(Run& run, db::Pool& db, std::string_view trouble, TenantWork work, int page) {
  std::string after = run.progress().value_or("");
  std::vector<TenantId> again;
  while (true) {
    run.check();
    const auto tenants = co_await tenants_after(db, after, page);
    for (const TenantId& tenant : tenants) {
      run.check();
      if (co_await one_tenant(work, tenant, trouble)) again.push_back(tenant);
      after = tenant.str();
      run.set_progress(after);
    }
    if (tenants.size() < static_cast<std::size_t>(page)) break;
  }
  while (!again.empty()) {
    for (const TenantId& tenant : std::exchange(again, {})) {
      run.check();
      if (co_await one_tenant(work, tenant, trouble)) again.push_back(tenant);
    }
  }
}

Task<> hint(db::Pool& db, std::string job, std::vector<TenantId> tenants) {
  if (tenants.empty()) co_return;
  std::vector<std::string> ids;
  for (const auto& tenant : tenants) ids.push_back(tenant.str());
  std::sort(ids.begin(), ids.end());  // Two nodes that hint the same ones wait in one order.
  db::Tx tx = co_await db.begin_control();
  tx.queue(kHint, std::move(job), std::move(ids));
  co_await tx.commit();
}

Task<std::vector<TenantId>> take_hints(db::Pool& db, std::string job) {
  db::Tx tx = co_await db.begin_control();
  const auto rows = co_await tx.all(kTakeHints, std::move(job));
  co_await tx.commit();
  co_return parsed(rows);
}

}  // namespace wardbook::jobs
