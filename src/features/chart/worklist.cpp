#include "features/chart/worklist.h"

#include "api/input.h"
#include "api/paging.h"
#include "features/chart/chart_sql.h"
#include "features/follow_ups/follow_ups.h"
#include "features/results/results.h"

namespace wardbook::chart {

/// A doctor's are his own and those for nobody in particular; everybody else sees the hospital's,
/// as the lists behind the counts do.
Task<api::Response> worklist(App& app, api::Request req) {
  api::Params params(req);
  params.finish();
  const Time now = app.clock.now();
  std::optional<AccountId> doctor;
  if (req.caller.role == api::Role::doctor) doctor = req.caller.account;
  db::Tx tx = co_await app.db.begin(req.tenant());
  const auto drafts = co_await tx.one(kOwnDrafts, req.caller.account, now);
  const auto follow_ups = co_await follow_ups::open_ones(tx, doctor, now);
  const std::int64_t critical = co_await results::critical_waiting(tx, doctor);
  co_await tx.commit();
  std::string body;
  api::ObjectWriter out(body);
  out.integer("my_drafts", drafts.all);
  out.integer("unsigned_over_24h", drafts.late);
  out.integer("follow_up_due", follow_ups.all - follow_ups.late);
  out.integer("follow_up_overdue", follow_ups.late);
  out.integer("critical_results", critical);
  out.text("as_of", format_rfc3339(now));
  out.end();
  co_return api::ok(std::move(body));
}

}  // namespace wardbook::chart
