#include "api/input.h"
#include "features/allergies/allergies.h"
#include "features/records/records_sql.h"

namespace wardbook::records {
namespace {

MaybeText time_or_null(const db::RowView& r, int column) {
  return r.is_null(column) ? std::nullopt : std::optional(pg_time_to_rfc3339(r.text(column)));
}

void text_column(api::ObjectWriter& out, std::string_view key, const db::RowView& r, int column) {
  if (r.is_null(column)) {
    out.raw(key, "null");
  } else {
    out.text(key, r.text(column));
  }
}

void raw_column(api::ObjectWriter& out, std::string_view key, const db::RowView& r, int column) {
  out.raw(key, r.is_null(column) ? "null" : r.text(column));
}

constexpr int kSortKeyColumn = 32;

using Cells = std::vector<std::optional<std::string>>;

/// The array of WB_RECORD_COLUMNS, eleven cells for each diagnosis.
std::string diagnoses_json(const Cells& cells) {
  constexpr std::size_t kCells = 11;
  std::string out = "[";
  for (std::size_t at = 0; at + kCells <= cells.size(); at += kCells) {
    const auto* const cell = &cells[at];
    if (at > 0) out += ',';
    Diagnosis d;
    d.id = DiagnosisId(std::stoll(cell[0].value()));
    d.record_id = RecordId(std::stoll(cell[1].value()));
    d.icd_code = cell[2].value();
    d.icd_release = cell[3];
    d.diagnosis_name = cell[4].value();
    d.diagnosis_type = cell[5].value();
    d.status = cell[6].value();
    d.notes = cell[7];
    d.created_by = AccountId(std::stoll(cell[8].value()));
    d.created_at = pg_time_to_rfc3339(cell[9].value());
    d.updated_at = pg_time_to_rfc3339(cell[10].value());
    out += to_json(d);
  }
  out += ']';
  return out;
}

std::string patient_json(PatientId id, const Cells& cells) {
  std::string text;
  api::ObjectWriter out(text);
  out.integer("id", id.value);
  out.text("patient_number", cells.at(0));
  out.text("first_name", cells.at(1));
  out.text("last_name", cells.at(2));
  out.end();
  return text;
}

/// What the prescriptions (JSON) name that the patient is allergic to.
std::string prescription_warnings(const std::optional<std::string>& known,
                                  std::string_view prescriptions) {
  if (!known) return "[]";
  namespace json = boost::json;
  const auto parsed = json::parse(json::string_view(prescriptions.data(), prescriptions.size()));
  std::vector<std::string> medications;
  for (const auto& item : parsed.as_array()) {
    const auto* object = item.if_object();
    const auto* name = object != nullptr ? object->if_contains("medication") : nullptr;
    const bool named = name != nullptr && name->is_string();
    medications.push_back(named ? std::string(name->get_string()) : std::string());
  }
  return allergies::warnings_json(*known, medications, "/prescriptions");
}

}  // namespace

void RecordView::warn(const boost::json::object& warning) {
  json.resize(json.size() - 2);  // ]}
  if (json.back() != '[') json += ',';
  json += boost::json::serialize(warning) + "]}";
}

RecordView RecordView::from_row(const db::RowView& r) {
  RecordView view;
  view.id = r.id<RecordId>(0);
  view.patient = r.id<PatientId>(1);
  view.revision = r.int64(31);
  if (r.columns() > kSortKeyColumn) view.sort_key = r.str(kSortKeyColumn);
  view.json.reserve(4'096);
  api::ObjectWriter out(view.json);
  raw_column(out, "id", r, 0);
  text_column(out, "record_number", r, 3);
  raw_column(out, "patient_id", r, 1);
  raw_column(out, "doctor_id", r, 4);
  out.text("visit_date", pg_time_to_rfc3339(r.text(5)));
  text_column(out, "visit_type", r, 6);
  text_column(out, "chief_complaint", r, 7);
  text_column(out, "history_of_present_illness", r, 8);
  text_column(out, "physical_examination", r, 9);
  text_column(out, "diagnosis", r, 10);
  text_column(out, "treatment_plan", r, 11);
  raw_column(out, "prescriptions", r, 12);
  raw_column(out, "vital_signs", r, 13);
  raw_column(out, "lab_results", r, 14);
  text_column(out, "notes", r, 15);
  out.boolean("follow_up_required", r.boolean(16));
  text_column(out, "follow_up_date", r, 17);
  text_column(out, "follow_up_instructions", r, 18);
  text_column(out, "status", r, 19);
  out.text("finalized_at", time_or_null(r, 20));
  raw_column(out, "finalized_by", r, 21);
  text_column(out, "signed_hash", r, 22);
  text_column(out, "content_hash", r, 23);
  raw_column(out, "template_id", r, 24);
  raw_column(out, "template_version", r, 25);
  raw_column(out, "created_by", r, 26);
  out.text("created_at", pg_time_to_rfc3339(r.text(27)));
  out.text("updated_at", pg_time_to_rfc3339(r.text(28)));
  raw_column(out, "version", r, 2);
  raw_column(out, "revision", r, 31);
  out.raw("diagnoses", diagnoses_json(r.text_array(29)));
  const Cells patient = r.text_array(30);
  out.raw("patient", patient_json(view.patient, patient));
  out.raw("warnings", prescription_warnings(patient.at(3), r.text(12)));
  view.patient_newer = patient.at(4) == "true";
  out.end();
  return view;
}

Record Record::from_row(const db::RowView& r) {
  Record record;
  record.id = r.id<RecordId>(0);
  record.record_number = r.str(1);
  record.data.patient_id = r.id<PatientId>(2);
  record.data.doctor_id = r.id<AccountId>(3);
  record.data.visit_date = pg_time_to_rfc3339(r.text(4));
  record.data.visit_type = r.str(5);
  record.data.chief_complaint = r.maybe_str(6);
  record.data.history_of_present_illness = r.maybe_str(7);
  record.data.physical_examination = r.maybe_str(8);
  record.data.diagnosis = r.maybe_str(9);
  record.data.treatment_plan = r.maybe_str(10);
  record.data.prescriptions = r.str(11);
  record.data.vital_signs = r.str(12);
  record.data.lab_results = r.str(13);
  record.data.notes = r.maybe_str(14);
  record.data.follow_up_required = r.boolean(15);
  record.data.follow_up_date = r.maybe_date(16);
  record.data.follow_up_instructions = r.maybe_str(17);
  record.status = r.str(18);
  record.voided = r.boolean(20);
  record.version.number = r.int64(19);
  record.version.hash = r.str(21);
  record.revision = r.int64(22);
  record.version.kind = r.str(23);
  record.version.by = r.id<AccountId>(24);
  record.version.begun_at = r.time(25);
  record.version.changed_at = r.time(26);
  record.version.content_format = static_cast<int>(r.int64(27));
  record.version.salt = r.maybe_str(28);
  record.version.digest = r.bytes(29);
  return record;
}

Diagnosis Diagnosis::from_row(const db::RowView& r) {
  Diagnosis d;
  d.id = r.id<DiagnosisId>(0);
  d.record_id = r.id<RecordId>(1);
  d.icd_code = r.str(2);
  d.icd_release = r.maybe_str(3);
  d.diagnosis_name = r.str(4);
  d.diagnosis_type = r.str(5);
  d.status = r.str(6);
  d.notes = r.maybe_str(7);
  d.created_by = r.id<AccountId>(8);
  d.created_at = pg_time_to_rfc3339(r.text(9));
  d.updated_at = pg_time_to_rfc3339(r.text(10));
  return d;
}

std::string to_json(const Diagnosis& d) {
  std::string text;
  api::ObjectWriter out(text);
  out.integer("id", d.id.value);
  out.integer("record_id", d.record_id.value);
  out.text("icd_code", d.icd_code);
  out.text("icd_release", d.icd_release);
  out.text("diagnosis_name", d.diagnosis_name);
  out.text("diagnosis_type", d.diagnosis_type);
  out.text("status", d.status);
  out.text("notes", d.notes);
  out.integer("created_by", d.created_by.value);
  out.text("created_at", d.created_at);
  out.text("updated_at", d.updated_at);
  out.end();
  return text;
}

}  // namespace wardbook::records
