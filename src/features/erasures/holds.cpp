#include "features/erasures/holds.h"

#include "api/input.h"
#include "api/paging.h"
#include "api/write.h"
#include "features/erasures/erasures_sql.h"

namespace wardbook::erasures {
namespace {

using text::Input;

std::string hold_json(const Hold& hold) {
  std::string out;
  api::ObjectWriter writer(out);
  writer.integer("id", hold.id)
      .integer("patient_id", hold.patient.value)
      .integer("record_id", hold.record)
      .text("reason", hold.reason)
      .integer("placed_by", hold.placed_by)
      .text("placed_at", hold.placed_at)
      .integer("released_by", hold.released_by)
      .text("released_at", hold.released_at);
  writer.end();
  return out;
}

struct Wanted {
  std::optional<std::int64_t> patient;
  std::optional<std::int64_t> record;
  std::string reason;
};

Wanted wanted_hold(const boost::json::object& body) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  std::vector<Fault> faults;
  Input in(body, "", faults);
  Wanted out;
  out.patient = in.integer("patient_id", Input::Need::optional, 1, kMost);
  out.record = in.integer("record_id", Input::Need::optional, 1, kMost);
  out.reason = in.text("reason", Input::Need::required, kReasonMost, true).value_or("");
  in.finish({"id", "placed_by", "placed_at", "released_by", "released_at"});
  if (faults.empty() && out.patient.has_value() == out.record.has_value()) {
    in.fault("patient_id", "name the patient or the record, one of them");
  }
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  return out;
}

}  // namespace

Task<api::Response> list_holds(App& app, api::Request req) {
  api::Params params(req);
  const auto patient = params.integer("patient_id", 1, std::numeric_limits<std::int64_t>::max());
  const auto state = params.one_of("state", {"in_force", "released"});
  const api::IntegerPage page(params, req, "holds");
  params.finish();
  std::optional<bool> in_force;
  if (state) in_force = *state == "in_force";
  std::vector<Hold> rows;
  std::optional<std::int64_t> total;
  {
    db::Tx tx = co_await app.db.begin(req.tenant());
    rows = co_await tx.all(kListHolds, page.after().value_or(0), patient, in_force, page.wanted());
    if (page.count()) total = (co_await tx.one(kCountHolds, patient, in_force)).value;
    co_await tx.commit();
  }
  audit::Entry seen{.action = "hold.list", .resource = "hold", .filters = api::filters_json(req)};
  for (std::size_t i = 0; i < page.shown(rows.size()); ++i) {
    seen.patients.push_back(rows[i].patient.value);
  }
  co_await app.audit.read(req, std::move(seen));
  const auto id = [](const Hold& hold) { return hold.id; };
  co_return api::ok(page.json(rows, id, &hold_json, total));
}

Task<api::Response> place_hold(App& app, api::Request req) {
  const Wanted wanted = wanted_hold(req.object());
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  db::Tx& tx = w.tx();
  PatientId patient(wanted.patient.value_or(0));
  if (wanted.record) {
    const auto of = co_await tx.maybe_one(kPatientOfRecord, RecordId(*wanted.record));
    if (!of) throw Failure(Code::record_not_found);
    patient = PatientId(of->value);
  }
  const auto locked = co_await tx.maybe_one(kLockPatient, patient);
  if (!locked) throw Failure(Code::patient_not_found);
  const Hold made =
      co_await tx.one(kInsertHold, patient, wanted.record, wanted.reason, req.caller.account);
  const std::string body = hold_json(made);
  w.log({.action = "hold.place",
         .resource = "hold",
         .resource_id = made.id,
         .patient = made.patient,
         .after = body});
  req.saw("hold", made.id, made.patient);
  api::Response response = api::created(body, "/api/v1/holds/" + std::to_string(made.id));
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> release_hold(App& app, api::Request req) {
  const auto id = req.path_int(Code::hold_not_found, "id");
  api::Params params(req);
  const auto reason = params.text("reason", kReasonMost);
  if (!reason) params.fault("reason", "say why the hold is released");
  params.finish();
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  const auto hold = co_await w.tx().maybe_one(kGetHold, id);
  const auto released = co_await w.tx().maybe_one(kReleaseHold, id, req.caller.account);
  if (!hold || !released) throw Failure(Code::hold_not_found);
  w.log({.action = "hold.release",
         .resource = "hold",
         .resource_id = id,
         .patient = hold->patient,
         .reason = reason});
  co_return co_await w.commit(api::no_content());
}

}  // namespace wardbook::erasures
