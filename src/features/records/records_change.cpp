#include "api/input.h"
#include "features/icd10/icd10.h"
#include "features/records/records_sql.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;
using clinical::CrossRule;

constexpr CrossRule kFollowUpDay{"/follow_up_date", "must not be before the visit", "/visit_date",
                                 "must not be after the follow-up"};
constexpr CrossRule kBirth{"/visit_date", "lies before the patient's birth", "/patient_id",
                           "was born after the visit"};

/// What an answer has beside what can be written.
const std::vector<std::string_view> kReadOnly{
    "id",           "record_number", "status",          "finalized_at",     "finalized_by",
    "created_by",   "created_at",    "updated_at",      "version",          "revision",
    "content_hash", "signed_hash",   "diagnoses",       "patient",          "template_version",
    "highlights",   "rank",          "warnings",        "incomplete",       "doctor_name",
    "template_id",  "last_item_id",  "created_by_name", "finalized_by_name"};

Fault told(const CrossRule& of) {
  return {std::string(of.pointer), std::string(of.message)};
}

/// What the database knows of an input: the patient exists, the doctor is one, the dates agree.
/// `known` is the record before the change; its doctor needs no check if it stays the same.
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
  if (patient && !found.date_of_birth) {
    faults.push_back({"/patient_id", "is not a patient of this hospital"});
  }
  if (patient && found.date_of_birth) req.saw("patient", *patient, *input.patient_id);
  if (doctor && !found.is_doctor) {
    faults.push_back({"/doctor_id", "is not a doctor of this hospital"});
  }
  if (found.visit_date) input.visit_date = *found.visit_date;
  if (!found.visit_day) co_return;
  const auto day = std::chrono::sys_days(*found.visit_day);
  if (found.date_of_birth && day < std::chrono::sys_days(*found.date_of_birth)) {
    faults.push_back(told(kBirth));
  }
  if (input.follow_up_date && std::chrono::sys_days(*input.follow_up_date) < day) {
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
    faults.push_back({"/template_id", "is not a template of this hospital"});
    body.emplace("visit_type", kAnyType);
    co_return std::nullopt;
  }
  const json::value content = json::parse(found->content);
  for (const auto& member : content.as_object()) body.emplace(member.key(), member.value());
  body.emplace("visit_type", found->visit_type);
  co_return FromTemplate{TemplateId(*id), found->version};
}

/// Takes the list of diagnoses out of the body; nullopt where there is none, or with a fault.
std::optional<json::array> listed_diagnoses(json::object& body, std::vector<Fault>& faults) {
  if (!body.contains("diagnoses")) return std::nullopt;
  std::optional<json::array> out;
  api::Input in(body, "", faults);
  const auto* list = in.array("diagnoses", api::Input::Need::required, coding::kMostDiagnoses);
  if (list != nullptr) out = *list;
  body.erase("diagnoses");
  return out;
}

bool was_sent(const json::object& body, std::string_view pointer) {
  boost::system::error_code error;
  return json::value(body).find_pointer(pointer, error) != nullptr;
}

/// A merge patch is told of the field that it sent.
void name_what_was_sent(Fault& fault, const json::object& body) {
  for (const auto* pair : {&clinical::kPressures, &clinical::kBodySize, &kFollowUpDay, &kBirth}) {
    if (fault.pointer != pair->pointer || fault.message != pair->message) continue;
    if (was_sent(body, pair->pointer) || !was_sent(body, pair->other)) continue;
    fault = {std::string(pair->other), std::string(pair->other_message)};
    return;
  }
}

/// A visit that moves into another release's time must not keep codes that this one does not have.
Task<> check_codes(db::Tx& tx, std::vector<Diagnosis> kept, std::string visit_before,
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

/// The body over what there is, checked field by field.
RecordInput read_fields(const Record& record, const json::object& body, Apply apply,
                        std::vector<Fault>& faults) {
  json::value whole = body;
  if (apply != Apply::replace) {
    whole = clinical::writable(record.data);
    api::merge_patch(whole, body);
  }
  RecordInput out = clinical::parse(whole.as_object(), &record.data, kReadOnly, faults);
  out.diagnoses = record.data.diagnoses;
  const auto* doctor = whole.as_object().if_contains("doctor_id");
  if (doctor == nullptr || doctor->is_null()) {
    if (apply == Apply::replace) {
      out.doctor_id = record.data.doctor_id;
    } else {
      faults.push_back({"/doctor_id", "cannot be removed"});
    }
  }
  if (apply != Apply::replace) {
    // What was taken before the two were held against each other stays as it is.
    std::erase_if(faults, [&body](const Fault& fault) {
      return fault.pointer == clinical::kBodySize.pointer &&
             fault.message == clinical::kBodySize.message &&
             !was_sent(body, clinical::kBodySize.pointer) &&
             !was_sent(body, clinical::kBodySize.other);
    });
  }
  return out;
}

}  // namespace

Task<Asked> read_new(db::Tx& tx, const api::Request& req, Record& record, json::object body,
                     std::vector<Fault>& faults) {
  record.from_template = co_await prefill(tx, body, faults);
  const auto list = listed_diagnoses(body, faults);
  Asked out;
  out.data = clinical::parse(body, nullptr, kReadOnly, faults);
  const auto* doctor = body.if_contains("doctor_id");
  if (doctor == nullptr || doctor->is_null()) {
    if (req.caller.role == api::Role::doctor) {
      out.data.doctor_id = req.caller.account;
    } else {
      faults.push_back({"/doctor_id", "is required unless a doctor writes the record"});
    }
  }
  co_await resolve(tx, req, out.data, nullptr, faults);
  if (list && !out.data.visit_date.empty()) {
    std::vector<Diagnosis> none;
    out.diagnoses = co_await coding::revise(tx, record.id, std::move(none), out.data.visit_date,
                                            *list, req.caller.account, "/diagnoses", faults);
  }
  co_return out;
}

Task<Asked> read_change(db::Tx& tx, const api::Request& req, const Record& record,
                        json::object body, Apply apply, std::string prefix,
                        std::vector<Fault>& faults) {
  std::vector<Fault> found;
  std::optional<json::array> list;
  if (apply != Apply::replace) list = listed_diagnoses(body, found);
  Asked out;
  out.data = read_fields(record, body, apply, found);
  co_await resolve(tx, req, out.data, &record, found);
  std::vector<Diagnosis> kept = record.diagnoses;
  const std::string visit = found.empty() ? out.data.visit_date : record.data.visit_date;
  if (list) {
    out.diagnoses = co_await coding::revise(tx, record.id, record.diagnoses, visit, *list,
                                            req.caller.account, "/diagnoses", found);
    kept = out.diagnoses->kept;
  }
  co_await check_codes(tx, std::move(kept), record.data.visit_date, visit, found);
  if (apply == Apply::amend) {
    for (auto& missing : clinical::incomplete(out.data)) found.push_back(std::move(missing));
  }
  for (auto& fault : found) {
    if (apply != Apply::replace) name_what_was_sent(fault, body);
    faults.push_back({prefix + fault.pointer, std::move(fault.message)});
  }
  co_return out;
}

Task<> take_diagnoses(db::Tx& tx, Asked& asked, RecordId record, Change& change) {
  if (!asked.diagnoses || asked.diagnoses->empty()) co_return;
  for (auto& added : asked.diagnoses->added) added.record_id = record;
  co_await coding::number(tx, *asked.diagnoses);
  change.diagnoses = asked.diagnoses->all();
  change.queue_diagnoses = [revised = *asked.diagnoses](db::Tx& within) {
    coding::queue(within, revised);
  };
}

}  // namespace wardbook::records
