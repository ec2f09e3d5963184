#include "api/input.h"
#include "features/records/records_life.h"
#include "features/records/records_sql.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;

Task<api::Response> create_record(App& app, api::Request req) {
  std::vector<Fault> faults;
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  db::Tx& tx = w.tx();
  Record record;
  Asked asked = co_await read_new(tx, req, record, req.object(), faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));

  const NewIds ids = co_await tx.one(kNewIds);
  record.id = ids.id;
  record.record_number = ids.number;
  Change change{.kind = "created", .status = "draft"};
  co_await take_diagnoses(tx, asked, record.id, change);
  RecordView view =
      co_await write_version(w, app.clock, record, std::move(asked.data), std::move(change));
  for (const auto& pointer : asked.headers()) view.warn(coding::header_warning(pointer));
  req.saw("record", record.id.value, view.patient);
  const std::string location = "/api/v1/records/" + std::to_string(record.id.value);
  api::Response response = api::created(view.json, location).etag(view.revision);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> get_record(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  auto record = co_await app.db.read_maybe_one(req.caller.tenant(), kGetRecord, id);
  if (!record) throw Failure(Code::record_not_found);
  co_await record_was_read(app, req, "record.read", id, record->patient);
  // Names and allergies (by way of warnings) are in the answer and not in the version: "nothing has
  // changed" is not said of what only the record's version knows.
  if (record->people_newer) co_return api::ok(std::move(record->json)).etag(record->revision);
  co_return api::versioned(req, std::move(record->json), record->revision);
}

/// What answers a change that changes nothing: the record as it is, which counts as a look.
Task<RecordView> show_unchanged(api::Write& w, RecordId id) {
  RecordView view = co_await w.tx().one(kShowRecord, id);
  w.log({.action = "record.read",
         .resource = "record",
         .resource_id = id.value,
         .patient = view.patient});
  co_return view;
}

Task<api::Response> change_record(App& app, api::Request req, Apply apply) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto expected = api::if_match(req);
  json::object body = req.object();
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  db::Tx& tx = w.tx();
  Record record = co_await lock(tx, id, expected);
  require_draft(record);
  std::vector<Fault> faults;
  Asked asked = co_await read_change(tx, req, record, std::move(body), apply, "", faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  std::optional<RecordView> view;
  if (!asked.changes(record)) {
    view = co_await show_unchanged(w, id);
  } else {
    Change change{.kind = "updated", .status = "draft"};
    co_await take_diagnoses(tx, asked, id, change);
    view = co_await write_version(w, app.clock, record, std::move(asked.data), std::move(change));
  }
  for (const auto& pointer : asked.headers()) view->warn(coding::header_warning(pointer));
  req.saw("record", id.value, view->patient);
  api::Response response = api::ok(std::move(view->json)).etag(view->revision);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> put_record(App& app, api::Request req) {
  co_return co_await change_record(app, std::move(req), Apply::replace);
}

Task<api::Response> patch_record(App& app, api::Request req) {
  co_return co_await change_record(app, std::move(req), Apply::merge);
}

}  // namespace

Task<> record_was_read(App& app, const api::Request& req, audit::Action action, RecordId record,
                       PatientId patient) {
  audit::Entry seen{
      .action = action, .resource = "record", .resource_id = record.value, .patient = patient};
  co_await app.audit.read(req, std::move(seen));
}

constinit const api::Subject kRecord{
    .resource = "record", .reading = api::Access::records_read, .whose = &kWhoseRecord};

std::vector<api::Route> routes() {
  using enum api::Access;
  using api::Body;
  return {
      {"GET", "/records", records_read, kRecord, &list_records},
      {"POST", "/records", records_write, kRecord, &create_record, Body::json},
      {"GET", "/records/{id}", records_read, kRecord, &get_record},
      {"PUT", "/records/{id}", records_write, kRecord, &put_record, Body::json},
      {"PATCH", "/records/{id}", records_write, kRecord, &patch_record, Body::json},
      {"DELETE", "/records/{id}", records_write, kRecord, &void_record},
      {"POST", "/records/{id}/finalize", records_finalize, kRecord, &finalize_record, Body::json},
      {"POST", "/records/{id}/reopen", records_reopen, kRecord, &reopen_record, Body::json},
      {"GET", "/records/{id}/versions", records_read, kRecord, &list_versions},
      {"GET", "/records/{id}/versions/{n}", records_read, kRecord, &get_version}};
}

}  // namespace wardbook::records
