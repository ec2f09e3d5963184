#include "api/idempotency.h"
#include "api/input.h"
#include "features/icd10/icd10.h"
#include "features/records/records_life.h"
#include "features/records/records_sql.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;

Fault told(const Disagreement& of) {
  return {std::string(of.pointer), std::string(of.message)};
}

/// What the database knows of an input: the patient exists, the doctor is one, the dates agree.
/// `known` is the record before the change; its doctor needs no check if he stays.
Task<> resolve(db::Tx& tx, const api::Request& req, RecordInput& input, const Record* known,
               std::vector<Fault>& faults) {
  const bool same_doctor = known != nullptr && known->data.doctor_id == input.doctor_id;
  MaybeId patient;
  MaybeId doctor;
  MaybeText visit;
  if (input.patient_id) patient = input.patient_id->value;
  if (input.doctor_id && !same_doctor) doctor = input.doctor_id->value;
  if (!input.visit_date.empty()) visit = input.visit_date;
  const Resolved found = co_await tx.one(kResolve, patient, doctor, visit);
  if (patient && !found.date_of_birth) faults.push_back({"/patient_id", "is no patient here"});
  if (patient && found.date_of_birth) req.saw("patient", *patient, *input.patient_id);
  if (doctor && !found.is_doctor) {
    faults.push_back({"/doctor_id", "is no doctor of this hospital"});
  }
  if (found.visit_date) input.visit_date = *found.visit_date;
  if (!found.visit_day) co_return;
  const auto day = std::chrono::sys_days(*found.visit_day);
  if (found.date_of_birth && day < std::chrono::sys_days(*found.date_of_birth)) {
    faults.push_back(told(kBirth));
  }
  if (input.follow_up_date && std::chrono::sys_days(*input.follow_up_date) <= day) {
    faults.push_back(told(kFollowUpDay));
  }
}

/// What a template that is at fault would have pre-filled is not missing.
constexpr const char* kAnyType = "consultation";

/// The body over what its template pre-fills; what is sent wins.
Task<std::optional<FromTemplate>> prefill(db::Tx& tx, json::object& body,
                                          std::vector<Fault>& faults) {
  std::vector<Fault> wrong;
  api::Input in(body, "", wrong);
  const auto id = in.integer("template_id", api::Input::Need::optional, 1, INT64_MAX);
  body.erase("template_id");
  faults.insert(faults.end(), wrong.begin(), wrong.end());
  if (!id) {
    if (!wrong.empty()) body.emplace("visit_type", kAnyType);
    co_return std::nullopt;
  }
  const auto found = co_await tx.maybe_one(kTemplate, TemplateId(*id));
  if (!found) {
    faults.push_back({"/template_id", "is no template here"});
    body.emplace("visit_type", kAnyType);
    co_return std::nullopt;
  }
  const json::value content = json::parse(found->content);
  for (const auto& member : content.as_object()) body.emplace(member.key(), member.value());
  body.emplace("visit_type", found->visit_type);
  co_return FromTemplate{TemplateId(*id), found->version};
}

Task<api::Response> create_record(App& app, api::Request req) {
  std::vector<Fault> faults;
  json::object body = req.object();
  db::Tx tx = co_await api::begin_write(app.db, req);
  Record record;
  record.from_template = co_await prefill(tx, body, faults);
  RecordInput input = parse_record(body, faults);
  const auto* doctor = body.if_contains("doctor_id");
  if (doctor == nullptr || doctor->is_null()) {
    if (req.caller.role == api::Role::doctor) {
      input.doctor_id = req.caller.account;
    } else {
      faults.push_back({"/doctor_id", "is required unless a doctor writes the record"});
    }
  }
  co_await resolve(tx, req, input, nullptr, faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));

  const NewIds ids = co_await tx.one(kNewIds);
  record.id = ids.id;
  record.record_number = ids.number;
  Change change{.kind = "created", .status = "draft"};
  const RecordView view =
      co_await write_version(tx, req, app.clock, record, std::move(input), std::move(change));
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
  // Name and allergies (by way of warnings) are in the answer and not in the version: "nothing has
  // changed" is not said of what only the record's version knows.
  if (record->patient_newer) co_return api::ok(std::move(record->json)).etag(record->revision);
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
  RecordInput input = co_await changed_input(tx, req, record, std::move(body), apply, "", faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  std::optional<RecordView> view;
  if (canonical_content(input, {}) == canonical_content(record.data, {})) {
    view = co_await show_unchanged(tx, req, id);
  } else {
    Change change{.kind = "updated", .status = "draft"};
    view = co_await write_version(tx, req, app.clock, record, std::move(input), std::move(change));
  }
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

bool was_sent(const json::object& body, std::string_view pointer) {
  boost::system::error_code error;
  return json::value(body).find_pointer(pointer, error) != nullptr;
}

/// A merge patch is told of the field that it sent.
void name_what_was_sent(Fault& fault, const json::object& body) {
  for (const auto* pair : {&kPressures, &kBodySize, &kFollowUpDay, &kBirth}) {
    if (fault.pointer != pair->pointer || fault.message != pair->message) continue;
    if (was_sent(body, pair->pointer) || !was_sent(body, pair->other)) continue;
    fault = {std::string(pair->other), std::string(pair->other_message)};
    return;
  }
}

}  // namespace

Task<> check_codes(db::Tx& tx, const std::vector<Diagnosis>& kept, std::string visit_before,
                   std::string visit_now, std::vector<Fault>& faults) {
  if (kept.empty() || visit_now == visit_before) co_return;
  const auto before = co_await icd10::release_at(tx, std::move(visit_before));
  const auto now = co_await icd10::release_at(tx, visit_now);
  if (!now || before == now) co_return;
  for (const auto& diagnosis : kept) {
    const auto checked = co_await icd10::check(tx, diagnosis.icd_code, visit_now);
    if (!checked.found) {
      faults.push_back({"/visit_date", "moves the visit to a day on which the code " +
                                           diagnosis.icd_code + " is not in " + *now});
    }
  }
}

Task<RecordInput> changed_input(db::Tx& tx, const api::Request& req, const Record& record,
                                json::object body, Apply apply, std::string prefix,
                                std::vector<Fault>& faults) {
  json::value whole = body;
  if (apply != Apply::replace) {
    whole = api::parse_json(canonical_content(record.data, {}));
    whole.as_object().erase("diagnoses");
    whole.as_object().at("vital_signs").as_object().erase("bmi");
    api::merge_patch(whole, body);
  }
  std::vector<Fault> found;
  RecordInput input = parse_record(whole.as_object(), found);
  const auto* doctor = whole.as_object().if_contains("doctor_id");
  if (doctor == nullptr || doctor->is_null()) {
    if (apply == Apply::replace) {
      input.doctor_id = record.data.doctor_id;
    } else {
      found.push_back({"/doctor_id", "cannot be removed"});
    }
  }
  if (apply != Apply::replace) {
    // What was taken before the two were held against each other stays as it is.
    std::erase_if(found, [&body](const Fault& fault) {
      return fault.pointer == kBodySize.pointer && fault.message == kBodySize.message &&
             !was_sent(body, kBodySize.pointer) && !was_sent(body, kBodySize.other);
    });
  }
  co_await resolve(tx, req, input, &record, found);
  if (found.empty() && apply != Apply::amend) {
    co_await check_codes(tx, record.diagnoses, record.data.visit_date, input.visit_date, found);
  }
  for (auto& fault : found) {
    if (apply != Apply::replace) name_what_was_sent(fault, body);
    faults.push_back({prefix + fault.pointer, std::move(fault.message)});
  }
  co_return input;
}

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
