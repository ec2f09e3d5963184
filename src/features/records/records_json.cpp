#include "api/input.h"
#include "base/text.h"
#include "features/allergies/allergies.h"
#include "features/records/records_sql.h"
#include "features/records/records_summary_sql.h"

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

/// A diagnosis in an array of text, a cell for each column of Diagnosis::kColumns.
class CellRow final : public db::RowView {
 public:
  static constexpr std::size_t kCells = Diagnosis::kColumns.names.size();
  CellRow(const db::TextArray& cells, std::size_t at) : cells_(cells), at_(at) {}
  [[nodiscard]] int columns() const override { return static_cast<int>(kCells); }
  [[nodiscard]] bool is_null(int column) const override { return !cell(column); }
  [[nodiscard]] std::string_view text(int column) const override {
    return cell(column).value_or(std::string_view());
  }

 private:
  [[nodiscard]] const db::TextArray::Element& cell(int column) const {
    return cells_[at_ + static_cast<std::size_t>(column)];
  }
  const db::TextArray& cells_;
  std::size_t at_;
};

void append_diagnoses(std::string& out, const db::TextArray& cells) {
  out += '[';
  for (std::size_t at = 0; at + CellRow::kCells <= cells.size(); at += CellRow::kCells) {
    if (at > 0) out += ',';
    coding::append_json(out, Diagnosis::from_row(CellRow(cells, at)));
  }
  out += ']';
}

/// The cells of `patient`, as the statements select them.
enum PatientCell : std::size_t { kNumber, kFirstName, kLastName, kAllergies, kNewer };

void append_patient(std::string& text, PatientId id, const db::TextArray& cells) {
  const auto cell = [&cells](std::size_t at) { return cells[at].value_or(std::string_view()); };
  api::ObjectWriter out(text);
  out.integer("id", id.value);
  out.text("patient_number", cell(kNumber));
  out.text("first_name", cell(kFirstName));
  out.text("last_name", cell(kLastName));
  out.end();
}

/// The column's text up to 200 characters; the statements select one more.
void text_beginning(api::ObjectWriter& out, std::string_view key, const db::RowView& r,
                    int column) {
  constexpr std::size_t kMost = 200;
  std::string_view text = r.text(column);
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool continues = (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    if (continues || characters++ < kMost) continue;
    out.text(key, std::string(text.substr(0, at)) + "…");
    return;
  }
  text_column(out, key, r, column);
}

/// What the prescriptions (JSON) name that the patient is allergic to.
std::string prescription_warnings(const db::TextArray::Element& known,
                                  std::string_view prescriptions) {
  namespace json = boost::json;
  if (!known || prescriptions == "[]") return "[]";
  const auto parsed = json::parse(json::string_view(prescriptions.data(), prescriptions.size()));
  std::vector<allergies::Prescribed> lines;
  for (const auto& item : parsed.as_array()) {
    allergies::Prescribed line;
    if (const auto* name = item.as_object().if_contains("medication")) {
      line.medication = std::string(name->as_string());
    }
    if (const auto* id = item.as_object().if_contains("id")) {
      line.item_id = id->to_number<std::int64_t>();
    }
    lines.push_back(std::move(line));
  }
  return allergies::warnings_json(*known, lines, "/prescriptions");
}

}  // namespace

void RecordView::warn(const boost::json::object& warning) {
  json.resize(json.size() - 2);  // ]}
  if (json.back() != '[') json += ',';
  json += boost::json::serialize(warning) + "]}";
}

RecordView RecordView::from_row(const db::RowView& r) {
  const JsonMembers content = members_of(r.text(kColumns["content"]));
  const db::TextArray patient = r.text_array(kColumns["patient"]);
  const bool is_draft = r.text(kColumns["status"]) == "draft";
  RecordView view;
  view.id = r.id<RecordId>(kColumns["id"]);
  view.patient = r.id<PatientId>(kColumns["patient_id"]);
  view.revision = r.int64(kColumns["revision"]);
  view.visit_date = r.str(kColumns["visit_date"]);
  view.people_newer = patient[kNewer] == "true" || r.boolean(kColumns["somebody_renamed"]);
  view.json.reserve(4'096);
  api::ObjectWriter out(view.json);
  raw_column(out, "id", r, kColumns["id"]);
  text_column(out, "record_number", r, kColumns["record_number"]);
  clinical::append_fields(out, content);
  text_column(out, "doctor_name", r, kColumns["doctor_name"]);
  text_column(out, "status", r, kColumns["status"]);
  out.text("finalized_at", time_or_null(r, kColumns["finalized_at"]));
  raw_column(out, "finalized_by", r, kColumns["finalized_by"]);
  text_column(out, "finalized_by_name", r, kColumns["finalized_by_name"]);
  text_column(out, "signed_hash", r, kColumns["signed_hash"]);
  text_column(out, "content_hash", r, kColumns["content_hash"]);
  raw_column(out, "template_id", r, kColumns["template_id"]);
  raw_column(out, "template_version", r, kColumns["template_version"]);
  raw_column(out, "created_by", r, kColumns["created_by"]);
  text_column(out, "created_by_name", r, kColumns["created_by_name"]);
  out.text("created_at", pg_time_to_rfc3339(r.text(kColumns["created_at"])));
  out.text("updated_at", pg_time_to_rfc3339(r.text(kColumns["updated_at"])));
  raw_column(out, "version", r, kColumns["version"]);
  raw_column(out, "revision", r, kColumns["revision"]);
  out.raw("incomplete", is_draft ? clinical::incomplete_json(content) : "[]");
  append_diagnoses(out.open("diagnoses"), r.text_array(kColumns["diagnoses"]));
  append_patient(out.open("patient"), view.patient, patient);
  out.raw("warnings",
          prescription_warnings(patient[kAllergies], clinical::member(content, "prescriptions")));
  out.end();
  return view;
}

ListedRecord ListedRecord::from_row(const db::RowView& r) {
  ListedRecord row;
  row.id = r.id<RecordId>(kColumns["id"]);
  row.patient = r.id<PatientId>(kColumns["patient_id"]);
  row.visit_date = r.str(kColumns["visit_date"]);
  row.json.reserve(1'024);
  api::ObjectWriter out(row.json);
  raw_column(out, "id", r, kColumns["id"]);
  text_column(out, "record_number", r, kColumns["record_number"]);
  raw_column(out, "patient_id", r, kColumns["patient_id"]);
  raw_column(out, "doctor_id", r, kColumns["doctor_id"]);
  text_column(out, "doctor_name", r, kColumns["doctor_name"]);
  out.text("visit_date", pg_time_to_rfc3339(row.visit_date));
  text_column(out, "visit_type", r, kColumns["visit_type"]);
  text_beginning(out, "chief_complaint", r, kColumns["chief_complaint"]);
  text_beginning(out, "diagnosis", r, kColumns["diagnosis"]);
  out.boolean("follow_up_required", r.boolean(kColumns["follow_up_required"]));
  text_column(out, "follow_up_date", r, kColumns["follow_up_date"]);
  text_column(out, "status", r, kColumns["status"]);
  out.text("finalized_at", time_or_null(r, kColumns["finalized_at"]));
  raw_column(out, "version", r, kColumns["version"]);
  raw_column(out, "revision", r, kColumns["revision"]);
  raw_column(out, "created_by", r, kColumns["created_by"]);
  text_column(out, "created_by_name", r, kColumns["created_by_name"]);
  out.text("created_at", pg_time_to_rfc3339(r.text(kColumns["created_at"])));
  out.text("updated_at", pg_time_to_rfc3339(r.text(kColumns["updated_at"])));
  append_patient(out.open("patient"), row.patient, r.text_array(kColumns["patient"]));
  out.end();
  return row;
}

Record Record::from_row(const db::RowView& r) {
  Record record;
  record.id = r.id<RecordId>(kColumns["id"]);
  record.record_number = r.str(kColumns["record_number"]);
  record.content = r.str(kColumns["content"]);
  record.data = clinical::read(record.content);
  record.status = r.str(kColumns["status"]);
  record.voided = r.boolean(kColumns["voided"]);
  record.true_columns = r.boolean(kColumns["true_columns"]);
  record.revision = r.int64(kColumns["revision"]);
  record.version.number = r.int64(kColumns["version"]);
  record.version.hash = r.str(kColumns["content_hash"]);
  record.version.kind = r.str(kColumns["version_kind"]);
  record.version.by = r.id<AccountId>(kColumns["version_by"]);
  record.version.begun_at = r.time(kColumns["version_begun_at"]);
  record.version.changed_at = r.time(kColumns["updated_at"]);
  record.version.content_format = static_cast<int>(r.int64(kColumns["content_format"]));
  record.version.salt = r.maybe_str(kColumns["content_salt"]);
  record.version.digest = r.bytes(kColumns["content_digest"]);
  return record;
}

}  // namespace wardbook::records
