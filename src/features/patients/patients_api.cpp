
#include "api/conditions.h"
#include "api/input.h"
#include "api/paging.h"
#include "api/write.h"
#include "base/text.h"
#include "base/utf8.h"
#include "features/allergies/allergies.h"
#include "features/app.h"
#include "features/audit/audit.h"
#include "features/patients/patients_keys.h"
#include "features/patients/patients_search.h"
#include "features/patients/patients_sql.h"
#include "text/key.h"
#include "text/names.h"

namespace wardbook::patients {
namespace {

namespace json = boost::json;

std::string location(PatientId id) {
  return "/api/v1/patients/" + std::to_string(id.value);
}

/// Checked input of POST; throws every fault.
PatientInput checked(const json::object& body, Date today) {
  std::vector<Fault> faults;
  PatientInput input = parse_patient(body, today, nullptr, faults);
  check_new(input, nullptr, faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  return input;
}

/// What a patient is allergic to is said by those who may.
void require_may_tell(const api::Request& req) {
  const auto tells = [&req](std::string_view key) {
    const auto* value = req.object().if_contains(json::string_view(key.data(), key.size()));
    return value != nullptr && !value->is_null() &&
           !(value->is_array() && value->get_array().empty());
  };
  const bool may = req.caller.may(api::Access::allergies_write);
  if (!may && (tells("allergies") || tells("allergy_status"))) {
    throw Failure(Code::forbidden, "Allergies take the permission allergies:write.");
  }
}

/// Of a statement that can collide with nothing but a patient's number.
[[noreturn]] void rethrow_number_taken(const db::ConstraintViolation& violation) {
  if (violation.sqlstate() == "23505") throw Failure(Code::patient_number_taken);
  throw violation;
}

Task<Patient> insert(db::Tx& tx, PatientInput in, AccountId by) {
  if (!in.patient_number) {
    in.patient_number = (co_await tx.one(kNextNumber, text::key(kNumberPrefix))).value;
  }
  PatientKeys keys = keys_of(*in.patient_number, in.first_name, in.last_name);
  try {
    co_return co_await tx.one(
        kInsertPatient, *in.patient_number, in.first_name, in.last_name, in.date_of_birth, in.sex,
        in.phone, in.email, in.address, in.emergency_contact, by, keys.number, keys.number_letters,
        keys.number_forms, keys.names, keys.letter_keys, text::kNameFormat, in.allergy_status);
  } catch (const db::ConstraintViolation& violation) {
    rethrow_number_taken(violation);
  }
}

Task<Patient> update(db::Tx& tx, PatientId id, PatientInput in) {
  PatientKeys keys = keys_of(in.patient_number.value(), in.first_name, in.last_name);
  try {
    co_return co_await tx.one(kUpdatePatient, id, in.patient_number.value(), in.first_name,
                              in.last_name, in.date_of_birth, in.sex, in.phone, in.email,
                              in.address, in.emergency_contact, keys.number, keys.number_letters,
                              keys.number_forms, keys.names, keys.letter_keys, text::kNameFormat,
                              in.allergy_status);
  } catch (const db::ConstraintViolation& violation) {
    rethrow_number_taken(violation);
  }
}

/// A number that is taken tells that there is a patient who has it, who was looked at thereby. The
/// transaction that ran into it is over by then.
Task<api::Response> naming_owner(App& app, api::Request req, api::Handler change) {
  std::optional<Failure> taken;
  try {
    co_return co_await change(app, req);
  } catch (const Failure& failure) {
    if (failure.code() != Code::patient_number_taken) throw;
    taken = failure;
  }
  const auto* number = req.object().if_contains("patient_number");
  if (number != nullptr && number->is_string()) {
    std::string key = text::key(std::string_view(number->as_string()));
    const auto owner =
        co_await app.db.read_maybe_one(req.caller.tenant(), kPatientByNumber, std::move(key));
    if (owner) req.saw("patient", owner->value, PatientId(owner->value));
  }
  throw std::move(*taken);
}

/// The entry of a change of a patient, which vouches for the version that is kept.
void log_change(api::Write& w, audit::Action action, std::optional<std::string> before,
                const Patient& after) {
  json::value said = json::parse(to_json(after));
  audit::RowVersion version = version_of(after, action, w.actor().account.value());
  said.as_object()["content_hash"] = audit::keep(w.tx(), std::move(version));
  w.log({.action = action,
         .resource = "patient",
         .resource_id = after.id.value,
         .patient = after.id,
         .before = std::move(before),
         .after = json::serialize(said)});
}

Task<api::Response> insert_patient(App& app, api::Request req) {
  // Somewhere it is tomorrow already: a newborn's birthday is the hospital's.
  const auto today = co_await app.db.read_maybe_one(req.caller.tenant(), kToday, app.clock.now());
  PatientInput input = checked(req.object(), today.value().day);
  require_may_tell(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  auto known = std::move(input.allergies);
  Patient patient = co_await insert(w.tx(), std::move(input), req.caller.account);
  log_change(w, "patient.create", std::nullopt, patient);
  if (!known.empty()) {
    co_await allergies::record_new(w, patient.id, std::move(known));
    patient = co_await w.tx().one(kGetPatient, patient.id);
  }
  const std::string body = to_json(patient);
  req.saw("patient", patient.id.value, patient.id);
  api::Response response = api::created(body, location(patient.id)).etag(patient.version);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> create_patient(App& app, api::Request req) {
  co_return co_await naming_owner(app, std::move(req), &insert_patient);
}

Task<api::Response> get_patient(App& app, api::Request req) {
  const auto id = req.path_id<PatientId>(Code::patient_not_found);
  const auto patient = co_await app.db.read_maybe_one(req.caller.tenant(), kGetPatient, id);
  if (!patient) throw Failure(Code::patient_not_found);
  audit::Entry seen{
      .action = "patient.read", .resource = "patient", .resource_id = id.value, .patient = id};
  co_await app.audit.read(req, std::move(seen));
  // Allergies are in the answer and in no version of the patient: "nothing has changed" is not
  // said.
  if (patient->allergies_changed) {
    co_return api::ok(to_json(*patient)).etag(patient->version);
  }
  co_return api::versioned(req, to_json(*patient), patient->version);
}

Task<api::Response> update_patient(App& app, api::Request req) {
  const auto id = req.path_id<PatientId>(Code::patient_not_found);
  const auto expected = api::if_match(req);
  const json::object& patch = req.object();
  if (!patch.contains("allergies")) require_may_tell(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  db::Tx& tx = w.tx();
  const auto before = co_await tx.maybe_one(kLockPatient, id);
  if (!before) throw Failure(Code::patient_not_found);
  api::require_version(expected, before->version);

  const std::string before_json = to_json(*before);
  json::value whole = json::parse(before_json);
  std::vector<Fault> faults;
  for (const auto* key : {"id", "version", "created_at", "updated_at", "allergies"}) {
    whole.as_object().erase(key);
  }
  whole.as_object()["allergy_status"] = before->data.allergy_status;
  if (patch.contains("patient_number") && patch.at("patient_number").is_null()) {
    faults.push_back({"/patient_number", "cannot be removed"});
  }
  api::merge_patch(whole, patch);
  const auto today = co_await tx.one(kToday, app.clock.now());
  PatientInput input = parse_patient(whole.as_object(), today.day, &before->data, faults);
  check_new(input, &before->data, faults);
  if (faults.empty() && input.date_of_birth != before->data.date_of_birth) {
    const auto first = co_await tx.one(kFirstVisit, id);
    if (first.day && *first.day < input.date_of_birth) {
      // Not which one: who may write patients need not be allowed to read visits.
      faults.push_back({"/date_of_birth", "must not be after a visit of this patient"});
    }
  }
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  if (same(input, before->data)) {
    w.log(
        {.action = "patient.read", .resource = "patient", .resource_id = id.value, .patient = id});
    req.saw("patient", id.value, id);
    api::Response response = api::ok(before_json).etag(before->version);
    co_return co_await w.commit(std::move(response));
  }

  const Patient after = co_await update(tx, id, std::move(input));
  const std::string body = to_json(after);
  log_change(w, "patient.update", before_json, after);
  req.saw("patient", id.value, id);
  api::Response response = api::ok(body).etag(after.version);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> patch_patient(App& app, api::Request req) {
  co_return co_await naming_owner(app, std::move(req), &update_patient);
}

Task<FoundPatients> list_page(db::Tx& tx, std::optional<std::vector<std::string>> cursor, int limit,
                              bool count) {
  const std::int64_t after = cursor ? api::cursor_integer((*cursor)[0]) : 0;
  FoundPatients page;
  page.rows = co_await tx.all(kListPatients, after, limit + 1);
  if (count) page.total = (co_await tx.one(kCountPatients)).value;
  co_return page;
}

Task<api::Response> list_patients(App& app, api::Request req) {
  api::Params params(req);
  auto q = params.typed("q");
  if (q && only_blanks(*q, " ")) q.reset();
  if (q) q = single_spaced(*q);
  const int limit = params.limit();
  const bool count = params.count_exact();
  const api::CursorScope scope = api::cursor_scope(q ? "patients.q" : "patients", req);
  using enum api::CursorValue;
  std::vector<api::CursorValue> kinds{integer};
  if (q) kinds = {text, integer, integer};
  auto cursor = api::decode_cursor(params, req, scope, kinds);
  params.finish();

  FoundPatients page;
  {
    // Reads only: it is rolled back when it goes.
    db::Tx tx = co_await app.db.begin(req.caller.tenant());
    if (q) {
      page = co_await search(tx, parse_search(*q), std::move(cursor), limit, count);
    } else {
      page = co_await list_page(tx, std::move(cursor), limit, count);
    }
  }
  std::optional<std::string> next;
  if (page.rows.size() > static_cast<std::size_t>(limit)) {
    page.rows.pop_back();
    const Patient& last = page.rows.back();
    std::vector<std::string> key;
    if (q) {
      key = {page.match, std::to_string(last.score.value()), std::to_string(last.id.value)};
    } else {
      key = {std::to_string(last.id.value)};
    }
    next = api::encode_cursor(scope, key);
  }
  std::vector<std::string> items;
  audit::Entry seen{.action = q ? audit::Action("patient.search") : "patient.list",
                    .resource = "patient",
                    .filters = api::filters_json(req)};
  for (const auto& row : page.rows) {
    items.push_back(to_json(row));
    seen.patients.push_back(row.id.value);
  }
  co_await app.audit.read(req, std::move(seen));
  co_return api::ok(api::page_json(items, next, page.total));
}

}  // namespace

constinit const api::Subject kPatient{
    .resource = "patient", .reading = api::Access::patients_read, .whose = &kWhosePatient};

Task<std::optional<Patient>> find(db::Tx& tx, PatientId id) {
  co_return co_await tx.maybe_one(kGetPatient, id);
}

std::vector<api::Route> routes() {
  using enum api::Access;
  return {{"GET", "/patients", patients_read, kPatient, &list_patients},
          {"POST", "/patients", patients_write, kPatient, &create_patient, api::Body::json},
          {"GET", "/patients/{id}", patients_read, kPatient, &get_patient},
          {"PATCH", "/patients/{id}", patients_write, kPatient, &patch_patient, api::Body::json}};
}

}  // namespace wardbook::patients
