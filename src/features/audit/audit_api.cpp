#include <set>
#include <span>

#include "api/input.h"
#include "api/paging.h"
#include "features/app.h"
#include "features/audit/audit.h"
#include "features/audit/audit_sql.h"

namespace wardbook::audit {

namespace {

/// Empty for NULL: empty arrays are not stored.
std::vector<std::int64_t> ids_in(const db::RowView& r, int column) {
  std::vector<std::int64_t> ids;
  if (r.is_null(column)) return ids;
  const auto array = r.text_array(column);
  for (const auto& id : array) {
    ids.push_back(api::parse_positive(id.value_or("")).value_or(0));
  }
  return ids;
}

std::string ids_json(const std::vector<std::int64_t>& ids) {
  return ids.empty() ? "null" : boost::json::serialize(boost::json::value_from(ids));
}

}  // namespace

Listed Listed::from_row(const db::RowView& r) {
  Listed listed;
  listed.id = r.int64(kColumns["id"]);
  listed.resource = r.str(kColumns["resource"]);
  listed.patient = r.maybe_int64(kColumns["patient_id"]);
  listed.patients = ids_in(r, kColumns["patient_ids"]);
  boost::json::array changed;
  if (!r.is_null(kColumns["changed_fields"])) {
    const auto names = r.text_array(kColumns["changed_fields"]);
    for (const auto& name : names) changed.emplace_back(name.value_or(""));
  }
  listed.before = r.is_null(kColumns["before"]) ? "null" : r.str(kColumns["before"]);
  listed.after = r.is_null(kColumns["after"]) ? "null" : r.str(kColumns["after"]);
  api::ObjectWriter out(listed.json);
  out.integer("id", listed.id);
  out.text("at", pg_time_to_rfc3339(r.text(kColumns["at"])));
  out.integer("actor_id", r.maybe_int64(kColumns["actor_id"]));
  out.text("actor_name", r.maybe_str(kColumns["actor_name"]));
  out.text("actor_role", r.maybe_str(kColumns["actor_role"]));
  out.text("action", r.text(kColumns["action"]));
  out.text("resource", listed.resource);
  out.integer("resource_id", r.maybe_int64(kColumns["resource_id"]));
  out.integer("patient_id", listed.patient);
  out.raw("patient_ids", ids_json(listed.patients));
  out.raw("look_ids", ids_json(ids_in(r, kColumns["look_ids"])));
  out.text("outcome", r.text(kColumns["outcome"]));
  out.text("reason", r.maybe_str(kColumns["reason"]));
  out.text("request_id", r.maybe_str(kColumns["request_id"]));
  out.text("ip", r.maybe_str(kColumns["ip"]));
  out.raw("filters", r.is_null(kColumns["filters"]) ? "null" : r.text(kColumns["filters"]));
  out.raw("changed_fields",
          r.is_null(kColumns["changed_fields"]) ? "null" : boost::json::serialize(changed));
  out.boolean("sealed", r.boolean(kColumns["sealed"]));
  out.end();
  return listed;
}

namespace {

constexpr api::Subject kAudit{.resource = "audit", .reading = api::Access::audit_read};

/// Whether the caller may read what an entry's change says. Closed by default: what no route is
/// about is read with the permission for charts.
bool may_read(const api::Request& req, std::string_view resource) {
  const api::Subject* subject = req.subjects->find(resource);
  return req.caller.may(subject == nullptr ? api::Access::records_read : subject->reading);
}

std::string to_json(const Listed& listed, const api::Request& req) {
  const bool whole = may_read(req, listed.resource);
  std::string out = listed.json;
  out.pop_back();
  out += R"(,"before":)" + (whole ? listed.before : "null");
  out += R"(,"after":)" + (whole ? listed.after : "null") + "}";
  return out;
}

/// Notes whom the entries name that are shown. Earlier looks into the log are noted themselves, and
/// the patients are found through them: were each look to name all that the looks before it name,
/// it would name ever more.
void note_shown(Entry& seen, std::span<const Listed> shown) {
  std::set<std::int64_t> all;
  for (const auto& listed : shown) {
    if (listed.patient) all.insert(*listed.patient);
    if (listed.resource != "audit") {
      all.insert(listed.patients.begin(), listed.patients.end());
    } else if (!listed.patients.empty()) {
      seen.looks.push_back(listed.id);
    }
  }
  seen.patients.assign(all.begin(), all.end());
}

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

  std::vector<Listed> rows;
  std::optional<std::int64_t> total;
  {
    db::Tx tx = co_await app.db.begin(req.caller.tenant());
    rows = co_await tx.all(kList, patient, user, action, resource, from, to, page.after(),
                           page.wanted());
    if (page.count()) {
      total = (co_await tx.one(kCount, patient, user, action, resource, from, to)).value;
    }
  }
  Entry seen{.action = "audit.list", .resource = "audit", .filters = api::filters_json(req)};
  if (patient) seen.patient = PatientId(*patient);
  note_shown(seen, std::span(rows).first(page.shown(rows.size())));
  co_await app.audit.write(req.caller.tenant(), actor_of(req), std::move(seen));
  const auto id = [](const auto& row) { return row.id; };
  const auto json = [&req](const auto& row) { return to_json(row, req); };
  co_return api::ok(page.json(rows, id, json, total));
}

Task<api::Response> get_entry(App& app, api::Request req) {
  const auto id = req.path_id<AuditId>(Code::audit_entry_not_found);
  std::vector<Listed> rows;
  {
    db::Tx tx = co_await app.db.begin(req.caller.tenant());
    rows = co_await tx.all(kGet, id);
  }
  Entry seen{.action = "audit.read", .resource = "audit", .resource_id = id.value};
  note_shown(seen, rows);
  co_await app.audit.write(req.caller.tenant(), actor_of(req), std::move(seen));
  if (rows.empty()) throw Failure(Code::audit_entry_not_found);
  co_return api::ok(to_json(rows.front(), req));
}

}  // namespace

std::vector<api::Route> routes() {
  return {{"GET", "/audit", api::Access::audit_read, kAudit, &list_entries},
          {"GET", "/audit/{id}", api::Access::audit_read, kAudit, &get_entry}};
}

}  // namespace wardbook::audit
