#include <set>

#include "features/audit/audit.h"
#include "features/audit/audit_sql.h"
#include "features/audit/entries.h"

namespace wardbook::audit {
namespace {

/// Whose data it was, and why an answer that was given before is not given again.
struct Seen {
  std::set<std::int64_t> patients;
  std::optional<Code> gone;
};

Task<Seen> look_behind(db::Pool& db, TenantId tenant, const api::Unlogged& what) {
  Seen seen;
  for (const auto& look : what.looks) {
    if (look.patient) seen.patients.insert(look.patient->value);
    if (look.patient && what.failed()) continue;
    const api::Subject* subject = what.subjects->find(look.resource);
    if (subject == nullptr || subject->whose == nullptr) continue;
    const auto whose = co_await db.read_maybe_one(tenant, *subject->whose, look.id);
    if (!whose) continue;
    seen.patients.insert(whose->patient);
    if (what.failed()) continue;
    if (whose->voided) seen.gone = Code::record_voided;
    if (whose->purged) seen.gone = Code::attachment_not_found;
  }
  co_return seen;
}

}  // namespace

Task<> write_refusal(Log& log, db::Pool& db, api::Request request, const api::Subject& subject,
                     std::string permission) {
  Entry entry{.action = "access.refused", .resource = std::string(subject.resource)};
  entry.refused = true;
  entry.reason = request.head.method + " needs " + permission;
  // What was asked of another hospital has its number there, not here.
  if (entry.resource != "tenant") entry.resource_id = api::parse_positive(request.path_param("id"));
  const Actor actor = actor_of(request);
  if (!request.caller.tenant_id) {
    db::Tx tx = co_await db.begin_control();
    record_platform(tx, actor, std::move(entry));
    co_await tx.commit();
    co_return;
  }
  const TenantId tenant = *request.caller.tenant_id;
  if (entry.resource_id && subject.whose != nullptr) {
    const auto whose = co_await db.read_maybe_one(tenant, *subject.whose, *entry.resource_id);
    if (whose) entry.patient = PatientId(whose->patient);
  }
  co_await log.write(tenant, actor, std::move(entry));
}

Task<> write_look(Log& log, db::Pool& db, api::Request request, api::Unlogged what) {
  const TenantId tenant = request.caller.tenant();
  const Seen seen = co_await look_behind(db, tenant, what);
  if (seen.patients.empty()) co_return;  // of no patient: there is nothing to tell
  if (seen.gone) what.outcome = describe(*seen.gone).name;
  Entry entry{.action = what.failed() ? Action("access.failed") : "access.replayed",
              .resource = {}};
  entry.failed = what.failed();
  entry.resource = what.looks.front().resource;
  entry.resource_id = what.looks.front().id;
  entry.patient = PatientId(*seen.patients.begin());
  if (seen.patients.size() > 1) {
    entry.patient.reset();
    entry.patients.assign(seen.patients.begin(), seen.patients.end());
  }
  entry.reason = request.head.method + " " + std::string(what.pattern);
  if (what.failed()) *entry.reason += ": " + what.outcome;
  co_await log.write(tenant, actor_of(request), std::move(entry));
  if (seen.gone) throw Failure(*seen.gone);
}

}  // namespace wardbook::audit
