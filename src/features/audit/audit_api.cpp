#include "api/input.h"
#include "api/paging.h"
#include "features/app.h"
#include "features/audit/audit.h"
#include "features/audit/audit_sql.h"

namespace wardbook::audit {

Listed Listed::from_row(const db::RowView& r) {
  Listed listed;
  listed.id = r.int64(0);
  api::ObjectWriter out(listed.json);
  out.integer("id", listed.id);
  out.text("at", pg_time_to_rfc3339(r.text(1)));
  out.integer("actor_id", r.maybe_int64(2));
  out.text("actor_name", r.maybe_str(3));
  out.text("actor_role", r.maybe_str(4));
  out.text("action", r.text(5));
  out.text("resource", r.text(6));
  out.integer("resource_id", r.maybe_int64(7));
  out.integer("patient_id", r.maybe_int64(8));
  out.raw("patient_ids", r.is_null(9) ? "null" : r.text(9));
  out.text("outcome", r.text(10));
  out.text("reason", r.maybe_str(11));
  out.text("request_id", r.maybe_str(12));
  out.text("ip", r.maybe_str(13));
  out.raw("before", r.is_null(14) ? "null" : r.text(14));
  out.raw("after", r.is_null(15) ? "null" : r.text(15));
  out.boolean("sealed", r.boolean(16));
  out.end();
  return listed;
}

namespace {

Task<api::Response> list_entries(App& app, api::Request req) {
  api::Params params(req);
  const auto patient = params.integer("patient_id", 1, INT64_MAX);
  const auto user = params.integer("user_id", 1, INT64_MAX);
  const auto action = params.text("action");
  const auto resource = params.text("resource");
  if (action && action->empty()) params.fault("action", "must not be empty");
  if (resource && resource->empty()) params.fault("resource", "must not be empty");
  const auto from = params.date_or_time("from");
  const auto to = params.date_or_time("to");
  const api::IntegerPage page(params, req, "audit");
  params.finish();

  Entry seen{.action = "audit.list", .resource = "audit"};
  if (patient) seen.patient = PatientId(*patient);
  co_await app.audit.write(req.caller.tenant(), actor_of(req), std::move(seen));
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  const auto rows = co_await tx.all(kList, patient, user, action, resource, from, to, page.after(),
                                    page.wanted());
  std::optional<std::int64_t> total;
  if (page.count())
    total = (co_await tx.one(kCount, patient, user, action, resource, from, to)).value;
  const auto id = [](const auto& row) { return row.id; };
  const auto json = [](const auto& row) { return row.json; };
  co_return api::ok(page.json(rows, id, json, total));
}

Task<api::Response> get_entry(App& app, api::Request req) {
  const auto id = req.path_id<AuditId>(Code::audit_entry_not_found);
  Entry seen{.action = "audit.read", .resource = "audit", .resource_id = id.value};
  co_await app.audit.write(req.caller.tenant(), actor_of(req), std::move(seen));
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  const auto row = co_await tx.maybe_one(kGet, id);
  if (!row) throw Failure(Code::audit_entry_not_found);
  co_return api::ok(row->json);
}

}  // namespace

std::vector<api::Route> routes() {
  return {{"GET", "/audit", api::Access::audit_read, &list_entries},
          {"GET", "/audit/{id}", api::Access::audit_read, &get_entry}};
}

}  // namespace wardbook::audit
