#include "features/chart/chart.h"

#include "api/input.h"
#include "api/paging.h"
#include "api/write.h"
#include "features/allergies/allergies.h"
#include "features/app.h"
#include "features/audit/audit.h"
#include "features/chart/chart_series.h"
#include "features/chart/chart_sql.h"
#include "features/chart/worklist.h"
#include "features/patients/patients.h"
#include "features/problems/problems.h"
#include "features/results/results.h"

namespace wardbook::chart {
namespace {

/// The answer, with the entry of its look in the transaction that read it.
Task<api::Response> shown(api::Write& w, const api::Request& req, audit::Action action,
                          PatientId patient, std::string body) {
  w.log({.action = action,
         .resource = "patient",
         .resource_id = patient.value,
         .patient = patient,
         .filters = api::filters_json(req)});
  co_return co_await w.commit(api::ok(std::move(body)));
}

Task<patients::Patient> existing(db::Tx& tx, PatientId id) {
  auto patient = co_await patients::find(tx, id);
  if (!patient) throw Failure(Code::patient_not_found);
  co_return std::move(*patient);
}

Task<api::Response> timeline(App& app, api::Request req) {
  const auto id = req.path_id<PatientId>(Code::patient_not_found);
  api::Params params(req);
  const int limit = params.limit();
  const api::CursorScope scope = api::cursor_scope("timeline", req);
  const auto cursor =
      api::decode_cursor(params, req, scope, {api::CursorValue::time, api::CursorValue::integer});
  params.finish();
  const std::string date = cursor ? (*cursor)[0] : "infinity";
  const std::int64_t below = cursor ? api::cursor_integer((*cursor)[1]) : INT64_MAX;

  const Time now = app.clock.now();
  api::Write w = co_await api::write(app, req);
  db::Tx& tx = w.tx();
  const auto patient = co_await existing(tx, id);
  auto visits = co_await tx.all(kVisits, id, date, below, limit + 1);
  std::optional<std::string> next;
  if (visits.size() > static_cast<std::size_t>(limit)) {
    visits.pop_back();
    std::vector<std::string> key{visits.back().visit_date, std::to_string(visits.back().id)};
    next = api::encode_cursor(scope, key);
  }
  std::string visit_json = "[";
  for (const auto& visit : visits) visit_json += (visit_json.size() > 1 ? "," : "") + visit.json;
  visit_json += "]";
  std::string body;
  api::ObjectWriter out(body);
  out.raw("patient", patients::to_json(patient));
  out.raw("visits", visit_json);
  out.text("next_cursor", next);
  out.raw("problems", co_await problems::current_json(tx, id, now));
  const Medication medication = current_medication(co_await tx.all(kMedication, id));
  out.raw("medication", medication.json);
  out.raw("allergies", patient.allergies);
  out.raw("warnings", allergies::warnings_json(patient.allergies, medication.lines, "/medication"));
  out.raw("latest_vitals", (co_await tx.one(kLatestVitals, id, now)).value);
  out.raw("latest_labs", co_await results::latest_json(tx, id, now));
  const auto files = co_await tx.one(kFiles, id);
  out.raw("files", files.json);
  out.integer("files_total", files.total);
  out.end();
  co_return co_await shown(w, req, "patient.timeline", id, std::move(body));
}

std::string series_json(PatientId patient, const std::string& series) {
  std::string body;
  api::ObjectWriter out(body);
  out.integer("patient_id", patient.value);
  out.raw("series", series);
  out.end();
  return body;
}

Task<api::Response> vitals(App& app, api::Request req) {
  const auto id = req.path_id<PatientId>(Code::patient_not_found);
  api::Params params(req);
  const auto from = params.date_or_time("from");
  const auto to = params.date_or_time("to");
  params.finish();
  api::Write w = co_await api::write(app, req);
  db::Tx& tx = w.tx();
  (void)co_await existing(tx, id);
  const auto series = co_await tx.one(kVitals, id, from, to);
  co_return co_await shown(w, req, "patient.vitals", id, series_json(id, series.value));
}

}  // namespace

std::vector<api::Route> routes() {
  using enum api::Access;
  return {{"GET", "/worklist", records_read, &worklist},
          {"GET", "/patients/{id}/timeline", records_read, patients::kPatient, &timeline},
          {"GET", "/patients/{id}/vitals", records_read, patients::kPatient, &vitals}};
}

}  // namespace wardbook::chart
