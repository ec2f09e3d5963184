#include "api/conditions.h"
#include "api/input.h"
#include "api/paging.h"
#include "api/write.h"
#include "features/app.h"
#include "features/audit/audit.h"
#include "features/patients/patients.h"
#include "features/results/results_rules.h"
#include "features/results/results_series.h"
#include "text/blank.h"

namespace wardbook::results {
namespace {

namespace json = boost::json;
using Need = api::Input::Need;

/// Clocks of laboratories differ from ours by as much at most.
constexpr std::chrono::minutes kAhead{10};
constexpr std::size_t kActionMost = 2'000;  // characters

json::object shown_result(const objects::Object& object) {
  json::object out = objects::shown(object);
  out.erase("flag_sent");
  out.erase("critical_sent");
  return out;
}
std::string result_json(const objects::Object& object) {
  return api::canonical_json(shown_result(object));
}

std::optional<std::int64_t> maybe_integer(const json::object& content, std::string_view name) {
  const auto* value = content.if_contains(name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  return value->to_number<std::int64_t>();
}

/// What the database knows of it: when it was taken, for whom it is, and how old the patient was.
Task<Judged> place(db::Tx& tx, PatientId patient, json::object& content, Time now,
                   std::vector<Fault>& faults) {
  const auto doctor = maybe_integer(content, "doctor_id");
  const auto record = maybe_integer(content, "record_id");
  const Placed placed = co_await tx.one(kPlace, patient, text_of(content, "taken_at"),
                                        text_of(content, "reported_at"), doctor, record);
  if (doctor && !placed.doctor_known) {
    faults.push_back({"/doctor_id", "is not a doctor of this hospital"});
  }
  if (record && !placed.record_known) {
    faults.push_back({"/record_id", "is not a visit of this patient"});
  }
  for (const auto& [name, time] :
       {std::pair("taken_at", placed.taken_at), std::pair("reported_at", placed.reported_at)}) {
    if (time && *time > now + kAhead) {
      faults.push_back({"/" + std::string(name), "lies in the future"});
    }
  }
  const Time reported = placed.reported_at.value_or(now);
  if (placed.taken_at && *placed.taken_at > reported + kAhead) {
    faults.push_back({"/reported_at", "lies before taken_at"});
  }
  if (placed.taken_at) content["taken_at"] = format_rfc3339(*placed.taken_at);
  content["reported_at"] = format_rfc3339(reported);
  content["at"] = format_rfc3339(placed.taken_at.value_or(reported));
  if (!doctor && placed.asked_by) content["doctor_id"] = *placed.asked_by;
  co_return Judged{text::marks_of(placed.locale), placed.age_years};
}

void forget_reading(json::object& content) {
  for (const char* name :
       {"acknowledged_at", "acknowledged_by", "acknowledged_by_name", "action"}) {
    content[name] = nullptr;
  }
}

Task<api::Response> file_result(App& app, api::Request req) {
  const auto patient = req.path_id<PatientId>(Code::patient_not_found);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  co_await objects::require_patient(w.tx(), patient);
  std::vector<Fault> faults;
  json::object content = parse_result(req.object(), nullptr, faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const Judged by = co_await place(w.tx(), patient, content, app.clock.now(), faults);
  judge(content, by, faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  forget_reading(content);
  objects::Step step{"result.create"};
  const auto made =
      co_await objects::create(w, kResult, patient, std::move(content), std::move(step));
  req.saw("result", made.id, patient);
  api::Response response =
      api::created(result_json(made), "/api/v1/results/" + std::to_string(made.id))
          .etag(made.version);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> change_result(App& app, api::Request req) {
  const auto id = req.path_int(Code::result_not_found, "id");
  const auto expected = api::if_match(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  objects::Object before = co_await objects::lock(w.tx(), kResult, id, expected);
  if (text_of(before.content, "status") == "cancelled") {
    throw Failure(Code::conflict, "A cancelled result stays as it is.");
  }
  std::vector<Fault> faults;
  json::object content = parse_result(req.object(), &before.content, faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const Judged by = co_await place(w.tx(), before.patient, content, app.clock.now(), faults);
  judge(content, by, faults);
  step_status(content, before.content, req.object(), faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const bool read_again =
      says_another_thing(before.content, content) || content["status"] == "cancelled";
  forget_reading(content);
  for (const char* name :
       {"acknowledged_at", "acknowledged_by", "acknowledged_by_name", "action"}) {
    if (!read_again) content[name] = before.content[name];
  }
  if (!req.object().contains("reason")) content["reason"] = before.content["reason"];
  // As texts: a number that was read back may be of another type.
  if (api::canonical_json(content) == api::canonical_json(before.content)) {
    w.log({.action = "result.read",
           .resource = "result",
           .resource_id = id,
           .patient = before.patient});
    api::Response same = api::ok(result_json(before)).etag(before.version);
    co_return co_await w.commit(std::move(same));
  }
  objects::Step step{"result.update", text_of(req.object(), "reason")};
  const auto after =
      co_await objects::change(w, kResult, std::move(before), std::move(content), std::move(step));
  api::Response response = api::ok(result_json(after)).etag(after.version);
  co_return co_await w.commit(std::move(response));
}

/// Whoever treats patients says what was done; a laboratory does not take note of its own results.
Task<api::Response> acknowledge(App& app, api::Request req) {
  const auto id = req.path_int(Code::result_not_found, "id");
  const auto expected = api::if_match(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  objects::Object before = co_await objects::lock(w.tx(), kResult, id, expected);
  if (!req.caller.may(api::Access::records_write)) throw Failure(Code::forbidden);
  if (text_of(before.content, "acknowledged_at")) {
    throw Failure(Code::conflict, "This result was acknowledged before.");
  }
  std::vector<Fault> faults;
  api::Input in(req.object(), "", faults);
  const auto action = in.text("action", Need::required, kActionMost, true);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  json::object content = before.content;
  content["acknowledged_at"] = format_rfc3339(app.clock.now());
  content["acknowledged_by"] = req.caller.account.value;
  content["acknowledged_by_name"] = req.caller.name;
  content["action"] = *action;
  objects::Step step{"result.acknowledge"};
  const auto after =
      co_await objects::change(w, kResult, std::move(before), std::move(content), std::move(step));
  api::Response response = api::ok(result_json(after)).etag(after.version);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> get_result(App& app, api::Request req) {
  const auto id = req.path_int(Code::result_not_found, "id");
  db::Tx tx = co_await app.db.begin(req.tenant());
  const auto found = co_await objects::find(tx, kResult, id);
  co_await tx.commit();
  if (!found) throw Failure(Code::result_not_found);
  audit::Entry seen{
      .action = "result.read", .resource = "result", .resource_id = id, .patient = found->patient};
  co_await app.audit.read(req, std::move(seen));
  co_return api::versioned(req, result_json(*found), found->version);
}

Task<api::Response> list_results(App& app, api::Request req) {
  const auto patient = req.path_id<PatientId>(Code::patient_not_found);
  api::Params params(req);
  const auto status = params.one_of("status", {"preliminary", "final", "corrected", "cancelled"});
  const api::IntegerPage page(params, req, "results");
  params.finish();
  db::Tx tx = co_await app.db.begin(req.tenant());
  if (!co_await patients::find(tx, patient)) throw Failure(Code::patient_not_found);
  const auto rows =
      co_await tx.all(kList, patient, status, page.after().value_or(INT64_MAX), page.wanted());
  std::optional<std::int64_t> total;
  if (page.count()) total = (co_await tx.one(kCount, patient, status)).value;
  co_await tx.commit();
  audit::Entry seen{.action = "result.list",
                    .resource = "patient",
                    .resource_id = patient.value,
                    .patient = patient,
                    .filters = api::filters_json(req)};
  co_await app.audit.read(req, std::move(seen));
  const auto id = [](const auto& row) { return row.id; };
  co_return api::ok(page.json(rows, id, &result_json, total));
}

json::object waiting_json(const Waiting& row) {
  json::object out = shown_result(row.result);
  out["patient"] = {{"id", row.result.patient.value},
                    {"patient_number", row.patient_number},
                    {"first_name", row.first_name},
                    {"last_name", row.last_name}};
  out["doctor_name"] = row.doctor_name ? json::value(*row.doctor_name) : json::value(nullptr);
  out["escalated"] = row.escalated;
  return out;
}

Task<api::Response> inbox(App& app, api::Request req) {
  api::Params params(req);
  const bool critical = params.one_of("critical", {"true"}).has_value();
  const int limit = params.limit();
  const api::CursorScope scope = api::cursor_scope("inbox", req);
  using enum api::CursorValue;
  const auto cursor = api::decode_cursor(params, req, scope, {integer, integer});
  params.finish();
  MaybeId doctor;
  if (req.caller.role == api::Role::doctor) doctor = req.caller.account.value;
  const auto place = static_cast<int>(cursor ? api::cursor_integer((*cursor)[0]) : -1);
  const std::int64_t after = cursor ? api::cursor_integer((*cursor)[1]) : 0;
  db::Tx tx = co_await app.db.begin(req.tenant());
  auto rows = co_await tx.all(kInbox, doctor, critical, place, after, limit + 1);
  co_await tx.commit();
  std::optional<std::string> next;
  if (rows.size() > static_cast<std::size_t>(limit)) {
    rows.pop_back();
    const auto& last = rows.back().result;
    std::vector<std::string> key{last.content.at("critical").as_bool() ? "0" : "1",
                                 std::to_string(last.id)};
    next = api::encode_cursor(scope, key);
  }
  audit::Entry seen{
      .action = "result.inbox", .resource = "result", .filters = api::filters_json(req)};
  std::vector<std::string> items;
  for (const auto& row : rows) {
    items.push_back(api::canonical_json(waiting_json(row)));
    seen.patients.push_back(row.result.patient.value);
  }
  co_await app.audit.read(req, std::move(seen));
  co_return api::ok(api::page_json(items, next));
}

Task<api::Response> labs(App& app, api::Request req) {
  const auto id = req.path_id<PatientId>(Code::patient_not_found);
  api::Params params(req);
  const auto from = params.date_or_time("from");
  const auto to = params.date_or_time("to");
  const auto test = params.typed("test");
  if (test && text::blank(*test)) {
    params.fault("test", "must be a test's name or LOINC code");
  }
  params.finish();
  api::Write w = co_await api::write(app, req);
  db::Tx& tx = w.tx();
  if (!co_await patients::find(tx, id)) throw Failure(Code::patient_not_found);
  const auto points = co_await tx.all(kPoints, id, from, to, app.clock.now());
  const auto locale = co_await tx.one(kLocale);
  std::string body;
  api::ObjectWriter out(body);
  out.integer("patient_id", id.value);
  out.raw("series", series_json(points, test, text::marks_of(locale.value)));
  out.end();
  w.log({.action = "patient.labs",
         .resource = "patient",
         .resource_id = id.value,
         .patient = id,
         .filters = api::filters_json(req)});
  co_return co_await w.commit(api::ok(std::move(body)));
}

constexpr api::Subject kOfResult{
    .resource = "result", .reading = api::Access::records_read, .whose = &kWhoseResult};

}  // namespace

Task<std::string> latest_json(db::Tx& tx, PatientId patient, Time now) {
  co_return latest_of(co_await tx.all(kPoints, patient, std::nullopt, std::nullopt, now));
}

Task<std::int64_t> critical_waiting(db::Tx& tx, std::optional<AccountId> doctor) {
  MaybeId id;
  if (doctor) id = doctor->value;
  co_return (co_await tx.one(kCriticalWaiting, id)).value;
}

std::vector<api::Route> routes() {
  using enum api::Access;
  using api::Body;
  using patients::kPatient;
  return {{"GET", "/patients/{id}/results", records_read, kPatient, &list_results},
          {"POST", "/patients/{id}/results", results_write, kPatient, &file_result, Body::json},
          {"GET", "/patients/{id}/labs", records_read, kPatient, &labs},
          {"GET", "/results/{id}", records_read, kOfResult, &get_result},
          {"PATCH", "/results/{id}", results_write, kOfResult, &change_result, Body::json},
          {"POST", "/results/{id}/acknowledge", results_write, kOfResult, &acknowledge, Body::json},
          {"GET", "/inbox", records_read, kOfResult, &inbox}};
}

}  // namespace wardbook::results
