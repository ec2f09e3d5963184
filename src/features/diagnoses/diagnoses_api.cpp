#include "api/idempotency.h"
#include "api/input.h"
#include "api/paging.h"
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
Task<std::int64_t> next_revision(App& app, db::Tx& tx, const api::Request& req,
                                 records::Record& record) {
  records::RecordInput data = record.data;
  records::Change change{.kind = "diagnosis", .status = "draft"};
  const auto view = co_await records::write_version(tx, req, app.clock, record, std::move(data),
                                                    std::move(change));
  co_return view.revision;
}

Task<api::Response> list_diagnoses(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  api::Params params(req);
  const api::IntegerPage page(params, req, "diagnoses");
  params.finish();
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  const auto record = co_await tx.maybe_one(kRecordPatient, id);
  if (!record) throw Failure(Code::record_not_found);
  auto rows = co_await coding::diagnoses_of(tx, id);  // by id, and never many
  audit::Entry seen{.action = "record.diagnoses",
                    .resource = "record",
                    .resource_id = id.value,
                    .patient = record->patient};
  audit::record(tx, audit::actor_of(req), std::move(seen));
  co_await tx.commit();
  app.audit.touch(req.caller.tenant());
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
  db::Tx tx = co_await api::begin_write(app.db, req);
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
  const auto revision = co_await next_revision(app, tx, req, record);
  req.saw("diagnosis", diagnosis.id.value, record.data.patient_id.value());
  const std::string location = "/api/v1/diagnoses/" + std::to_string(diagnosis.id.value);
  api::Response response =
      api::created(coding::answer_json(diagnosis, header), location).etag(revision);
  response = co_await api::commit_write(tx, req, std::move(response));
  app.audit.touch(req.caller.tenant());
  co_return response;
}

Task<api::Response> get_diagnosis(App& app, api::Request req) {
  const auto id = req.path_id<DiagnosisId>(Code::diagnosis_not_found);
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  const auto diagnosis = co_await coding::find(tx, id);
  if (!diagnosis) throw Failure(Code::diagnosis_not_found);
  const auto record = co_await tx.maybe_one(kRecordPatient, diagnosis->record_id);
  if (!record) throw Failure(Code::diagnosis_not_found);  // of a visit that was voided
  audit::Entry seen{.action = "record.diagnoses",
                    .resource = "record",
                    .resource_id = diagnosis->record_id.value,
                    .patient = record->patient};
  audit::record(tx, audit::actor_of(req), std::move(seen));
  co_await tx.commit();
  app.audit.touch(req.caller.tenant());
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
Task<api::Response> changed(App& app, db::Tx& tx, const api::Request& req,
                            const records::Record& record, Diagnosis diagnosis, bool header) {
  req.saw("diagnosis", diagnosis.id.value, record.data.patient_id.value());
  api::Response response = api::ok(coding::answer_json(diagnosis, header)).etag(record.revision);
  response = co_await api::commit_write(tx, req, std::move(response));
  app.audit.touch(req.caller.tenant());
  co_return response;
}

Task<api::Response> patch_diagnosis(App& app, api::Request req) {
  const auto id = req.path_id<DiagnosisId>(Code::diagnosis_not_found);
  const auto expected = api::if_match(req);
  const json::object patch = req.object();
  db::Tx tx = co_await api::begin_write(app.db, req);
  auto [before, record] = co_await locked(tx, id, expected);
  std::vector<Fault> faults;
  Coded input = co_await coding::recoded(tx, record.data.visit_date, before, patch, "", faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const bool header = input.header;
  if (says_the_same(before, input)) {
    audit::Entry seen{.action = "record.diagnoses",
                      .resource = "record",
                      .resource_id = record.id.value,
                      .patient = record.data.patient_id};
    audit::record(tx, audit::actor_of(req), std::move(seen));
    co_return co_await changed(app, tx, req, record, before, header);
  }
  const Diagnosis after = co_await coding::update(tx, id, std::move(input));
  (void)co_await next_revision(app, tx, req, record);
  co_return co_await changed(app, tx, req, record, after, header);
}

Task<api::Response> remove_diagnosis(App& app, api::Request req) {
  const auto id = req.path_id<DiagnosisId>(Code::diagnosis_not_found);
  const auto expected = api::if_match(req);
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  auto [before, record] = co_await locked(tx, id, expected);
  coding::queue_removal(tx, id);
  const auto revision = co_await next_revision(app, tx, req, record);
  co_await tx.commit();
  app.audit.touch(req.caller.tenant());
  api::Response gone = api::no_content();
  co_return std::move(gone).etag(revision);
}

}  // namespace

std::vector<api::Route> routes() {
  using enum api::Access;
  using api::Body;
  return {{"GET", "/records/{id}/diagnoses", records_read, &list_diagnoses},
          {"POST", "/records/{id}/diagnoses", records_write, &add_diagnosis, Body::json},
          {"POST", "/records/{id}/amendments", records_finalize, &amend_record, Body::json},
          {"GET", "/diagnoses/{id}", records_read, &get_diagnosis},
          {"PATCH", "/diagnoses/{id}", records_write, &patch_diagnosis, Body::json},
          {"DELETE", "/diagnoses/{id}", records_write, &remove_diagnosis}};
}

}  // namespace wardbook::diagnoses
