#include "features/chart/worklist.h"

#include "api/input.h"
#include "api/paging.h"
#include "features/chart/chart_sql.h"

namespace wardbook::chart {

/// A doctor's follow-ups are those of his own visits; everybody else sees the hospital's, as the
/// lists behind the counts do.
Task<api::Response> worklist(App& app, api::Request req) {
  api::Params params(req);
  params.finish();
  const Time now = app.clock.now();
  std::optional<AccountId> doctor;
  if (req.caller.role == api::Role::doctor) doctor = req.caller.account;
  db::Tx tx = co_await app.db.begin(req.tenant());
  const auto drafts = co_await tx.one(kOwnDrafts, req.caller.account, now);
  const auto follow_ups = co_await tx.one(kFollowUpsWaiting, doctor, now);
  co_await tx.commit();
  std::string body;
  api::ObjectWriter out(body);
  out.integer("my_drafts", drafts.all);
  out.integer("unsigned_over_24h", drafts.late);
  out.integer("follow_up_due", follow_ups.all - follow_ups.late);
  out.integer("follow_up_overdue", follow_ups.late);
  // Nobody can acknowledge a value that is written into a visit, so such a count would only grow.
  out.integer("critical_results", std::int64_t{0});
  out.text("as_of", format_rfc3339(now));
  out.end();
  co_return api::ok(std::move(body));
}

}  // namespace wardbook::chart
