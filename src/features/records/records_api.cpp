#include "api/idempotency.h"
#include "api/input.h"
#include "features/records/records_life.h"
#include "features/records/records_sql.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;

Task<api::Response> create_record(App& app, api::Request req) {
  std::vector<Fault> faults;
  db::Tx tx = co_await api::begin_write(app.db, req);
  Record record;
  Asked asked = co_await read_new(tx, req, record, req.object(), faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));

  const NewIds ids = co_await tx.one(kNewIds);
  record.id = ids.id;
  record.record_number = ids.number;
  Change change{.kind = "created", .status = "draft"};
  co_await take_diagnoses(tx, asked, record.id, change);
  RecordView view =
      co_await write_version(tx, req, app.clock, record, std::move(asked.data), std::move(change));
  for (const auto& pointer : asked.headers()) view.warn(coding::header_warning(pointer));
  req.saw("record", record.id.value, view.patient);
  const std::string location = "/api/v1/records/" + std::to_string(record.id.value);
  api::Response response = api::created(view.json, location).etag(view.revision);
  response = co_await api::commit_write(tx, req, std::move(response));
  app.audit.touch(req.caller.tenant());
  co_return response;
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
Task<RecordView> show_unchanged(db::Tx& tx, const api::Request& req, RecordId id) {
  RecordView view = co_await tx.one(kShowRecord, id);
  audit::Entry seen{.action = "record.read",
                    .resource = "record",
                    .resource_id = id.value,
                    .patient = view.patient};
  audit::record(tx, audit::actor_of(req), std::move(seen));
  co_return view;
}

Task<api::Response> change_record(App& app, api::Request req, Apply apply) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto expected = api::if_match(req);
  json::object body = req.object();
  db::Tx tx = co_await api::begin_write(app.db, req);
  Record record = co_await lock(tx, id, expected);
  require_draft(record);
  std::vector<Fault> faults;
  Asked asked = co_await read_change(tx, req, record, std::move(body), apply, "", faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  std::optional<RecordView> view;
  if (!asked.changes(record)) {
    view = co_await show_unchanged(tx, req, id);
  } else {
    Change change{.kind = "updated", .status = "draft"};
    co_await take_diagnoses(tx, asked, id, change);
    view = co_await write_version(tx, req, app.clock, record, std::move(asked.data),
                                  std::move(change));
  }
  for (const auto& pointer : asked.headers()) view->warn(coding::header_warning(pointer));
  req.saw("record", id.value, view->patient);
  api::Response response = api::ok(std::move(view->json)).etag(view->revision);
  response = co_await api::commit_write(tx, req, std::move(response));
  app.audit.touch(req.caller.tenant());
  co_return response;
}

Task<api::Response> put_record(App& app, api::Request req) {
  co_return co_await change_record(app, std::move(req), Apply::replace);
}

Task<api::Response> patch_record(App& app, api::Request req) {
  co_return co_await change_record(app, std::move(req), Apply::merge);
}

}  // namespace

Task<> record_was_read(App& app, const api::Request& req, std::string action, RecordId record,
                       PatientId patient) {
  audit::Entry seen{.action = std::move(action),
                    .resource = "record",
                    .resource_id = record.value,
                    .patient = patient};
  co_await app.audit.write(req.caller.tenant(), audit::actor_of(req), std::move(seen));
}

std::vector<api::Route> routes() {
  using enum api::Access;
  using api::Body;
  return {{"GET", "/records", records_read, &list_records},
          {"POST", "/records", records_write, &create_record, Body::json},
          {"GET", "/records/{id}", records_read, &get_record},
          {"PUT", "/records/{id}", records_write, &put_record, Body::json},
          {"PATCH", "/records/{id}", records_write, &patch_record, Body::json},
          {"DELETE", "/records/{id}", records_write, &void_record},
          {"POST", "/records/{id}/finalize", records_finalize, &finalize_record, Body::json},
          {"POST", "/records/{id}/reopen", records_reopen, &reopen_record, Body::json},
          {"GET", "/records/{id}/versions", records_read, &list_versions},
          {"GET", "/records/{id}/versions/{n}", records_read, &get_version}};
}

}  // namespace wardbook::records
