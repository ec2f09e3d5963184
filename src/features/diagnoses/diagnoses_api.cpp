#include "api/input.h"
#include "api/paging.h"
#include "api/write.h"
#include "features/app.h"
#include "features/coding/coding.h"
#include "features/diagnoses/amendments.h"
#include "features/diagnoses/diagnoses.h"
#include "features/diagnoses/diagnoses_sql.h"

namespace wardbook::diagnoses {
namespace {

namespace json = boost::json;
using coding::Coded;
using coding::Diagnosis;

/// The record's next revision, since its diagnoses are part of it.
Task<std::int64_t> next_revision(App& app, api::Write& w, records::Record& record) {
  records::RecordInput data = record.data;
  records::Change change{.kind = "diagnosis", .status = "draft"};
  const auto view =
      co_await records::write_version(w, app.clock, record, std::move(data), std::move(change));
  co_return view.revision;
}

/// The entry of a look, in the transaction that read.
void log_look(api::Write& w, RecordId record, std::optional<PatientId> patient) {
  w.log({.action = "record.diagnoses",
         .resource = "record",
         .resource_id = record.value,
         .patient = patient});
}

Task<api::Response> list_diagnoses(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  api::Params params(req);
  const api::IntegerPage page(params, req, "diagnoses");
  params.finish();
  api::Write w = co_await api::write(app, req);
  const auto record = co_await w.tx().maybe_one(kRecordPatient, id);
  if (!record) throw Failure(Code::record_not_found);
  auto rows = co_await coding::diagnoses_of(w.tx(), id);  // by id, and never many
  log_look(w, id, record->patient);
  co_await w.commit();
  std::optional<std::int64_t> total;
  if (page.count()) total = static_cast<std::int64_t>(rows.size());
  std::erase_if(rows, [after = page.after().value_or(0)](const Diagnosis& row) {
    return row.id.value <= after;
  });
  const auto key = [](const Diagnosis& row) { return row.id.value; };
  const auto json = [](const Diagnosis& row) { return coding::to_json(row); };
  co_return api::versioned(req, page.json(rows, key, json, total), record->revision);
}

Task<api::Response> add_diagnosis(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto expected = api::if_match(req);
  const json::object body = req.object();
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  db::Tx& tx = w.tx();
  records::Record record = co_await records::lock(tx, id, expected);
  records::require_draft(record);
  std::vector<Fault> faults;
  Coded input = co_await coding::coded(tx, record.data.visit_date, body, "", faults);
  if (record.diagnoses.size() >= coding::kMostDiagnoses) {
    faults.push_back(
        {"", "the record has " + std::to_string(coding::kMostDiagnoses) + " diagnoses already"});
  }
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const bool header = input.header;
  const Diagnosis diagnosis = co_await coding::insert(tx, id, std::move(input), req.caller.account);
  const auto revision = co_await next_revision(app, w, record);
  req.saw("diagnosis", diagnosis.id.value, record.data.patient_id.value());
  const std::string location = "/api/v1/diagnoses/" + std::to_string(diagnosis.id.value);
  api::Response response =
      api::created(coding::answer_json(diagnosis, header), location).etag(revision);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> get_diagnosis(App& app, api::Request req) {
  const auto id = req.path_id<DiagnosisId>(Code::diagnosis_not_found);
  api::Write w = co_await api::write(app, req);
  const auto diagnosis = co_await coding::find(w.tx(), id);
  if (!diagnosis) throw Failure(Code::diagnosis_not_found);
  const auto record = co_await w.tx().maybe_one(kRecordPatient, diagnosis->record_id);
  if (!record) throw Failure(Code::diagnosis_not_found);  // of a visit that was voided
  log_look(w, diagnosis->record_id, record->patient);
  co_await w.commit();
  co_return api::versioned(req, coding::to_json(*diagnosis), record->revision);
}

struct Locked {
  Diagnosis diagnosis;
  records::Record record;
};

/// A diagnosis of a draft as it is once its record is locked: whoever had the lock before may have
/// changed it or taken it out.
Task<Locked> locked(db::Tx& tx, DiagnosisId id, api::IfMatch expected) {
  const auto seen = co_await coding::find(tx, id);
  if (!seen) throw Failure(Code::diagnosis_not_found);
  records::Record record = co_await records::lock(tx, seen->record_id, std::move(expected));
  records::require_draft(record);
  auto now = co_await coding::find(tx, id);
  if (!now) throw Failure(Code::diagnosis_not_found);
  co_return Locked{std::move(*now), std::move(record)};
}

/// Whether a change would leave the diagnosis as it is.
bool says_the_same(const Diagnosis& d, const Coded& c) {
  return d.icd_code == c.input.icd_code && d.icd_release == c.release &&
         d.diagnosis_name == c.input.diagnosis_name && d.diagnosis_type == c.input.diagnosis_type &&
         d.status == c.input.status && d.notes == c.input.notes;
}

/// The answer to a change of a diagnosis.
Task<api::Response> changed(api::Write& w, const api::Request& req, const records::Record& record,
                            Diagnosis diagnosis, bool header) {
  req.saw("diagnosis", diagnosis.id.value, record.data.patient_id.value());
  api::Response response = api::ok(coding::answer_json(diagnosis, header)).etag(record.revision);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> patch_diagnosis(App& app, api::Request req) {
  const auto id = req.path_id<DiagnosisId>(Code::diagnosis_not_found);
  const auto expected = api::if_match(req);
  const json::object patch = req.object();
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  db::Tx& tx = w.tx();
  auto [before, record] = co_await locked(tx, id, expected);
  std::vector<Fault> faults;
  Coded input = co_await coding::recoded(tx, record.data.visit_date, before, patch, "", faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const bool header = input.header;
  if (says_the_same(before, input)) {
    log_look(w, record.id, record.data.patient_id);
    co_return co_await changed(w, req, record, before, header);
  }
  const Diagnosis after = co_await coding::update(tx, id, std::move(input));
  (void)co_await next_revision(app, w, record);
  co_return co_await changed(w, req, record, after, header);
}

Task<api::Response> remove_diagnosis(App& app, api::Request req) {
  const auto id = req.path_id<DiagnosisId>(Code::diagnosis_not_found);
  const auto expected = api::if_match(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  auto [before, record] = co_await locked(w.tx(), id, expected);
  coding::queue_removal(w.tx(), id);
  const auto revision = co_await next_revision(app, w, record);
  api::Response gone = api::no_content().etag(revision);
  co_return co_await w.commit(std::move(gone));
}

constexpr api::Subject kDiagnosis{
    .resource = "diagnosis", .reading = api::Access::records_read, .whose = &kWhoseDiagnosis};

}  // namespace

std::vector<api::Route> routes() {
  using enum api::Access;
  using api::Body;
  return {{"GET", "/records/{id}/diagnoses", records_read, records::kRecord, &list_diagnoses},
          {"POST", "/records/{id}/diagnoses", records_write, records::kRecord, &add_diagnosis,
           Body::json},
          {"POST", "/records/{id}/amendments", records_finalize, records::kRecord, &amend_record,
           Body::json},
          {"GET", "/diagnoses/{id}", records_read, kDiagnosis, &get_diagnosis},
          {"PATCH", "/diagnoses/{id}", records_write, kDiagnosis, &patch_diagnosis, Body::json},
          {"DELETE", "/diagnoses/{id}", records_write, kDiagnosis, &remove_diagnosis}};
}

}  // namespace wardbook::diagnoses
