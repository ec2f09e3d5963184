#include "features/records/records.h"

#include "api/input.h"
#include "features/audit/audit.h"
#include "features/records/content_format.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;
using Need = api::Input::Need;

constexpr std::size_t kTextMost = 50'000;
constexpr std::size_t kItemsMost = 200;

const std::vector<std::string_view> kReadOnly{
    "id",         "record_number",    "status",     "finalized_at", "finalized_by", "created_by",
    "created_at", "updated_at",       "version",    "content_hash", "signed_hash",  "diagnoses",
    "patient",    "template_version", "highlights", "rank",         "warnings",     "revision"};

json::value text_or_null(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

json::value id_or_null(std::int64_t value) {
  return value != 0 ? json::value(value) : json::value(nullptr);
}

}  // namespace

const std::vector<std::string_view>& visit_types() {
  static const std::vector<std::string_view> all{"consultation", "follow_up", "procedure",
                                                 "emergency",    "inpatient", "telehealth"};
  return all;
}

RecordInput parse_record(const json::object& body, std::vector<Fault>& faults) {
  api::Input in(body, "", faults);
  RecordInput out;
  if (const auto id = in.integer("patient_id", Need::required, 1, INT64_MAX)) {
    out.patient_id = PatientId(*id);
  }
  if (const auto id = in.integer("doctor_id", Need::optional, 1, INT64_MAX)) {
    out.doctor_id = AccountId(*id);
  }
  out.visit_date = in.date_or_time("visit_date", Need::required).value_or("");
  out.visit_type = in.one_of("visit_type", Need::required, visit_types()).value_or("");
  const auto text = [&in](std::string_view key) {
    return in.text(key, Need::optional, kTextMost, true);
  };
  out.chief_complaint = text("chief_complaint");
  out.history_of_present_illness = text("history_of_present_illness");
  out.physical_examination = text("physical_examination");
  out.diagnosis = text("diagnosis");
  out.treatment_plan = text("treatment_plan");
  out.notes = text("notes");
  out.follow_up_instructions = text("follow_up_instructions");
  if (const auto* items = in.array("prescriptions", Need::optional, kItemsMost)) {
    out.prescriptions = api::canonical_json(parse_prescriptions(*items, "/prescriptions", faults));
  }
  if (const auto* signs = in.object("vital_signs", Need::optional)) {
    out.vital_signs = api::canonical_json(parse_vital_signs(*signs, "/vital_signs", faults));
  }
  if (const auto* items = in.array("lab_results", Need::optional, kItemsMost)) {
    out.lab_results = api::canonical_json(parse_lab_results(*items, "/lab_results", faults));
  }
  out.follow_up_required = in.boolean("follow_up_required", Need::optional).value_or(false);
  out.follow_up_date = in.day("follow_up_date", Need::optional);
  if (out.follow_up_required && !in.has("follow_up_date")) {
    in.fault("follow_up_date", "is required when follow_up_required is true");
  }
  in.finish(kReadOnly);
  return out;
}

std::string canonical_content(const RecordInput& data, const std::vector<Diagnosis>& diagnoses) {
  json::array coded;
  for (const auto& d : diagnoses) {
    coded.push_back({{"id", d.id.value},
                     {"icd_code", d.icd_code},
                     {"diagnosis_name", d.diagnosis_name},
                     {"diagnosis_type", d.diagnosis_type},
                     {"status", d.status},
                     {"notes", text_or_null(d.notes)}});
  }
  const json::object content{
      {"patient_id", id_or_null(data.patient_id.value_or(PatientId()).value)},
      {"doctor_id", id_or_null(data.doctor_id.value_or(AccountId()).value)},
      {"visit_date", data.visit_date},
      {"visit_type", data.visit_type},
      {"chief_complaint", text_or_null(data.chief_complaint)},
      {"history_of_present_illness", text_or_null(data.history_of_present_illness)},
      {"physical_examination", text_or_null(data.physical_examination)},
      {"diagnosis", text_or_null(data.diagnosis)},
      {"treatment_plan", text_or_null(data.treatment_plan)},
      {"prescriptions", api::parse_json(data.prescriptions)},
      {"vital_signs", api::parse_json(data.vital_signs)},
      {"lab_results", api::parse_json(data.lab_results)},
      {"notes", text_or_null(data.notes)},
      {"follow_up_required", data.follow_up_required},
      {"follow_up_date",
       data.follow_up_date ? json::value(format_date(*data.follow_up_date)) : json::value(nullptr)},
      {"follow_up_instructions", text_or_null(data.follow_up_instructions)},
      {"diagnoses", std::move(coded)},
  };
  return api::canonical_json(content);
}

bool kept_at_once(std::string_view kind) {
  return kind != "created" && kind != "updated" && kind != "diagnosis";
}

std::string content_of(const Record& record) {
  return canonical(record.data, record.diagnoses, record.version.content_format);
}

bool says_its_version(const Record& record, const std::optional<std::string>& reason) {
  const auto& salt = record.version.salt;
  return salt && audit::content_digest(*salt, reason, content_of(record)) == record.version.digest;
}

std::string version_hash(RecordId record, std::int64_t revision, std::string_view status,
                         PatientId patient, const OpenVersion& version) {
  const audit::VersionHead head{.content_format = version.content_format,
                                .resource = "record",
                                .id = record.value,
                                .version = version.number,
                                .revision = revision,
                                .kind = version.kind,
                                .status = status,
                                .patient = patient.value,
                                .author = version.by.value,
                                .begun = version.begun_at,
                                .changed = version.changed_at};
  return audit::version_hash(head, version.digest);
}

void require_draft(const Record& record) {
  if (record.status != "draft") {
    throw Failure(Code::record_finalized, "A finalized record can only be amended or reopened.");
  }
}

}  // namespace wardbook::records
