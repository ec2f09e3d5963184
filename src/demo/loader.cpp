#include "demo/loader.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "db/sync_connection.h"
#include "demo/chart_objects.h"
#include "demo/interrupt.h"
#include "demo/loader_sql.h"
#include "demo/people.h"
#include "features/allergies/allergies.h"
#include "features/audit/audit.h"
#include "features/medications/medications.h"
#include "features/patients/patients.h"
#include "features/patients/patients_keys.h"
#include "features/records/content_format.h"
#include "features/records/records_search.h"
#include "text/names.h"

namespace wardbook::demo {
namespace {

namespace json = boost::json;

constexpr std::size_t kBatch = 150;

/// What one batch of records becomes: the rows of each table.
struct Rows {
  json::array records;
  json::array diagnoses;
  json::array versions;
  json::array signatures;
};

/// Where a record on its way is.
struct Current {
  std::int64_t revision = 0;
  records::OpenVersion version;
  std::string status;
  clinical::Visit visit;
  std::string content;  ///< the visit's
};

/// A record on its way into the database, with the ids it gets.
struct Entering {
  const DemoRecord* record;
  std::int64_t id;
  std::int64_t number;
  std::int64_t patient;
  std::int64_t doctor;
  std::vector<std::int64_t> diagnosis_ids;
};

/// One step of its life.
json::value or_null(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

struct Step {
  const char* kind;
  const char* status;
  audit::Action action;
  Time at;
  std::optional<std::string> reason;
};

class Loader {
 public:
  Loader(const std::string& conninfo, const HospitalPlan& plan, const GeneratorOptions& options)
      : connection_(conninfo, "wardbook demo"),
        plan_(plan),
        anchor_(options.anchor),
        tenant_(TenantId::parse(plan.id).value()) {}

  bool run(const GeneratorOptions& options) {
    db::SyncTransaction transaction(connection_);
    connection_.script("SET LOCAL ROLE " + connection_.identifier(tenant_.role()));
    // Everybody else's patients were registered since the demo's first day.
    if (connection_.value(
            sql("SELECT 1 FROM {tenant}.patients WHERE created_at < $1::date LIMIT 1"),
            {format_date(anchor_)})) {
      return false;
    }
    const DemoHospital hospital = generate(plan_, options);
    read_staff();
    insert_patients(hospital.patients);
    insert_records(hospital.records);
    insert_courses();
    insert_histories();
    insert_audit();
    transaction.commit();
    return true;
  }

 private:
  std::string sql(std::string_view text) const {
    static constexpr std::string_view kPlace = "{tenant}";
    const std::string schema = connection_.identifier(tenant_.str());
    std::string filled(text);
    for (auto at = filled.find(kPlace); at != std::string::npos; at = filled.find(kPlace, at)) {
      filled.replace(at, kPlace.size(), schema);
    }
    return filled;
  }

  void read_staff() {
    std::map<std::int64_t, std::string> names;
    for (const auto& row : connection_.query(sql("SELECT email, account_id, display_name FROM "
                                                 "{tenant}.staff"))) {
      const std::int64_t id = std::stoll(row.at(1).value());
      staff_[row.at(0).value()] = id;
      names[id] = row.at(2).value();
    }
    objects_ = ChartObjects(std::move(names));
  }

  std::vector<std::int64_t> next_ids(const std::string& sequence, std::size_t count) {
    std::vector<std::int64_t> ids;
    const auto rows = connection_.query(
        sql("SELECT nextval(" + sequence + ") FROM generate_series(1, $1::bigint)"),
        {std::to_string(count)});
    for (const auto& row : rows) ids.push_back(std::stoll(row.at(0).value()));
    return ids;
  }

  void note(Time at, std::int64_t actor, const char* role, audit::Action action,
            const char* resource, std::int64_t id, std::int64_t patient, json::object after,
            const std::optional<std::string>& reason = {}) {
    entries_.emplace_back(at, json::object{{"at", format_rfc3339(at)},
                                           {"actor_id", actor},
                                           {"actor_role", role},
                                           {"action", action.name()},
                                           {"resource", resource},
                                           {"resource_id", id},
                                           {"patient_id", patient},
                                           {"after", std::move(after)},
                                           {"reason", or_null(reason)}});
  }

  void insert_patients(const std::vector<DemoPatient>& patients);
  void insert_allergies(const std::vector<DemoPatient>& patients);
  void insert_objects(std::vector<objects::Object> all, objects::Kind kind, audit::Action action,
                      const char* role);
  void begin_courses(const Entering& entering, const clinical::Visit& visit, Time at);
  void insert_courses();
  void insert_records(const std::vector<DemoRecord>& records);
  void add_record(const Entering& entering, Rows& rows);
  void write_version(const Entering& entering, const Step& step, clinical::Visit& visit,
                     Current& current, Rows& rows);
  static void sign(const Entering& entering, const Current& current, json::object& row, Rows& rows);
  void insert_histories();
  void insert_audit();

  db::SyncConnection connection_;
  const HospitalPlan& plan_;
  Date anchor_;
  TenantId tenant_;
  std::map<std::string, std::int64_t> staff_;
  std::vector<std::int64_t> patients_;  ///< ids by index
  std::vector<objects::Object> courses_;
  ChartObjects objects_{{}};
  std::vector<std::pair<Time, json::object>> entries_;
};

[[noreturn]] void refuse(const char* what, const std::vector<Fault>& faults) {
  throw std::logic_error(std::string("the generator made a ") + what + " that is not valid: " +
                         faults.front().pointer + " " + faults.front().message);
}

/// As wardbook.padded.
std::string padded(std::int64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, digits.size() < 6 ? 6 - digits.size() : 0, '0');
  return digits;
}

void Loader::insert_patients(const std::vector<DemoPatient>& patients) {
  patients_ = next_ids("pg_get_serial_sequence('{tenant}.patients', 'id')", patients.size());
  const std::vector<std::int64_t> numbers = next_ids("'{tenant}.patient_numbers'", patients.size());
  const std::int64_t by = staff_.at("reception@demo.test");
  json::array rows;
  json::array versions;
  for (std::size_t i = 0; i < patients.size(); ++i) {
    std::vector<Fault> faults;
    auto input = patients::parse_patient(patients[i].body, anchor_, nullptr, faults);
    if (!faults.empty()) refuse("patient", faults);
    input.patient_number = "P-" + padded(numbers[i]);
    const std::string at = format_rfc3339(patients[i].registered_at);
    patients::Patient patient;
    patient.id = PatientId(patients_[i]);
    patient.data = input;
    patient.updated_at = at;
    auto version = patients::version_of(patient, "patient.create", AccountId(by));
    const audit::Kept kept = audit::kept(version);
    versions.push_back({{"resource_id", patients_[i]},
                        {"changed_by", by},
                        {"changed_at", at},
                        {"content_format", version.content_format},
                        {"content_digest", "\\x" + to_hex(kept.digest)},
                        {"content_hash", kept.hash},
                        {"content_salt", kept.salt},
                        {"content", version.content}});
    const auto keys = patients::keys_of(*input.patient_number, input.first_name, input.last_name);
    rows.push_back({{"id", patients_[i]},
                    {"patient_number", *input.patient_number},
                    {"number_key", keys.number},
                    {"number_letters", keys.number_letters},
                    {"number_forms", json::value_from(keys.number_forms)},
                    {"names", json::value_from(keys.names)},
                    {"letter_keys", json::value_from(keys.letter_keys)},
                    {"search_format", text::kNameFormat},
                    {"first_name", input.first_name},
                    {"last_name", input.last_name},
                    {"date_of_birth", format_date(input.date_of_birth)},
                    {"sex", input.sex},
                    {"phone", or_null(input.phone)},
                    {"email", or_null(input.email)},
                    {"address", or_null(input.address)},
                    {"emergency_contact", or_null(input.emergency_contact)},
                    {"created_by", by},
                    {"created_at", at}});
    note(patients[i].registered_at, by, "receptionist", "patient.create", "patient", patients_[i],
         patients_[i], {{"version", 1}, {"content_hash", kept.hash}});
  }
  connection_.exec(sql(kInsertPatients), {json::serialize(rows), json::serialize(versions)});
  insert_allergies(patients);
}

void Loader::insert_allergies(const std::vector<DemoPatient>& patients) {
  const std::int64_t by = staff_.at("nurse@demo.test");
  std::vector<objects::Object> all;
  for (std::size_t i = 0; i < patients.size(); ++i) {
    std::vector<Fault> faults;
    const auto& list = patients[i].body.at("allergies").as_array();
    for (auto& content : allergies::parse_new(list, "/allergies", faults)) {
      objects::Object one;
      one.patient = PatientId(patients_[i]);
      one.version = 1;
      one.content = std::move(content);
      one.updated_by = AccountId(by);
      one.updated_at = format_rfc3339(patients[i].registered_at);
      all.push_back(std::move(one));
    }
    if (!faults.empty()) refuse("allergy", faults);
  }
  insert_objects(std::move(all), allergies::kKind, "allergy.create", "nurse");
}

void Loader::insert_objects(std::vector<objects::Object> all, objects::Kind kind,
                            audit::Action action, const char* role) {
  const auto ids = next_ids("pg_get_serial_sequence('{tenant}.chart_objects', 'id')", all.size());
  json::array rows;
  for (std::size_t i = 0; i < all.size(); ++i) {
    objects::Object& one = all[i];
    one.id = ids[i];
    const auto version = objects::version_of(kind, one, action);
    const audit::Kept kept = audit::kept(version);
    rows.push_back({{"id", one.id},
                    {"resource", version.resource},
                    {"kind", version.kind},
                    {"patient_id", one.patient.value},
                    {"content", version.content},
                    {"by", one.updated_by.value},
                    {"at", one.updated_at},
                    {"content_format", version.content_format},
                    {"content_digest", "\\x" + to_hex(kept.digest)},
                    {"content_hash", kept.hash},
                    {"content_salt", kept.salt}});
    note(version.at, one.updated_by.value, role, action, version.resource.c_str(), one.id,
         one.patient.value, {{"version", 1}, {"content_hash", kept.hash}});
  }
  connection_.exec(sql(kInsertObjects), {json::serialize(rows)});
}

/// The courses of medication, each in the state that it has come to.
void Loader::insert_courses() {
  std::ranges::stable_sort(courses_, {}, [](const objects::Object& course) {
    return std::pair(course.patient.value,
                     std::string(course.content.at("started_on").as_string()));
  });
  for (auto later = courses_.begin(); later != courses_.end(); ++later) {
    for (auto earlier = later; earlier != courses_.begin();) {
      --earlier;
      if (earlier->patient != later->patient) break;
      if (medications::continues(earlier->content, later->content)) {
        earlier->content = medications::continued(std::move(earlier->content), later->content);
      }
    }
  }
  insert_objects(std::move(courses_), medications::kKind, "medication.begin", "doctor");
}

/// As the API makes them of the sequence.
std::string record_number(const std::string& visit_date, std::int64_t number) {
  return "MR-" + visit_date.substr(0, 4) + "-" + padded(number);
}

/// The record's coded diagnoses, and their rows.
std::vector<clinical::CodedDiagnosis> code(const Entering& entering, json::array& rows) {
  std::vector<clinical::CodedDiagnosis> coded;
  const DemoRecord& record = *entering.record;
  for (std::size_t i = 0; i < record.diagnoses.size(); ++i) {
    const DemoDiagnosis& d = record.diagnoses[i];
    coded.push_back({DiagnosisId(entering.diagnosis_ids[i]), d.icd_code, d.diagnosis_name,
                     d.diagnosis_type, d.status, std::nullopt});
    rows.push_back({{"id", entering.diagnosis_ids[i]},
                    {"record_id", entering.id},
                    {"icd_code", d.icd_code},
                    {"diagnosis_name", d.diagnosis_name},
                    {"diagnosis_type", d.diagnosis_type},
                    {"status", d.status},
                    {"created_by", entering.doctor},
                    {"created_at", format_rfc3339(record.created_at)}});
  }
  return coded;
}

/// The next version of the record, with its audit entry; `current` becomes it.
void Loader::write_version(const Entering& entering, const Step& step, clinical::Visit& visit,
                           Current& current, Rows& rows) {
  const std::string time = format_rfc3339(step.at);
  records::OpenVersion& v = current.version;
  current.status = step.status;
  ++current.revision;
  ++v.number;
  v.kind = step.kind;
  v.by = AccountId(entering.doctor);
  v.begun_at = v.changed_at = step.at;
  v.content_format = records::newest_content_format();
  v.salt = audit::new_salt();
  clinical::settle(visit, current.visit, v.number);
  current.visit = visit;
  current.content = clinical::canonical(visit, v.content_format);
  v.digest = audit::content_digest(*v.salt, step.reason, current.content);
  v.hash = records::version_hash(RecordId(entering.id), current.revision, current.status,
                                 PatientId(entering.patient), v);
  // The version of a draft is in the record's row alone.
  if (entering.record->stage != Stage::draft) {
    rows.versions.push_back({{"record_id", entering.id},
                             {"version", v.number},
                             {"revision", current.revision},
                             {"kind", v.kind},
                             {"status", current.status},
                             {"patient_id", entering.patient},
                             {"changed_by", entering.doctor},
                             {"changed_at", time},
                             {"content_format", v.content_format},
                             {"content_digest", "\\x" + to_hex(v.digest)},
                             {"content_hash", v.hash},
                             {"content_salt", *v.salt},
                             {"reason", or_null(step.reason)},
                             {"content", current.content}});
  }
  note(step.at, entering.doctor, "doctor", step.action, "record", entering.id, entering.patient,
       {{"revision", current.revision},
        {"version", v.number},
        {"status", current.status},
        {"content_hash", v.hash}},
       step.reason);
}

void Loader::sign(const Entering& entering, const Current& current, json::object& row, Rows& rows) {
  row["signed_hash"] = current.version.hash;
  rows.signatures.push_back({{"record_id", entering.id},
                             {"version", current.version.number},
                             {"content_hash", current.version.hash},
                             {"signed_by", entering.doctor},
                             {"signed_at", format_rfc3339(current.version.changed_at)},
                             {"meaning", current.version.kind}});
}

void put_version(json::object& row, const Current& current) {
  const records::OpenVersion& v = current.version;
  row["status"] = current.status;
  row["revision"] = current.revision;
  row["version"] = v.number;
  row["version_kind"] = v.kind;
  row["version_by"] = v.by.value;
  row["version_begun_at"] = format_rfc3339(v.begun_at);
  row["updated_at"] = format_rfc3339(v.changed_at);
  row["content"] = current.content;
  row["content_format"] = v.content_format;
  row["content_salt"] = v.salt.value();
  row["content_digest"] = "\\x" + to_hex(v.digest);
  row["content_hash"] = v.hash;
}

void Loader::begin_courses(const Entering& entering, const clinical::Visit& visit, Time at) {
  const Date day = parse_date(visit.visit_date.substr(0, 10)).value();
  for (const auto& line : visit.prescriptions) {
    objects::Object course;
    course.patient = PatientId(entering.patient);
    course.version = 1;
    course.content = medications::course_of(line, RecordId(entering.id), day);
    course.updated_by = AccountId(entering.doctor);
    course.updated_at = format_rfc3339(at);
    courses_.push_back(std::move(course));
  }
}

void Loader::add_record(const Entering& entering, Rows& rows) {
  const DemoRecord& record = *entering.record;
  json::object body = record.body;
  body["patient_id"] = entering.patient;
  body["doctor_id"] = entering.doctor;
  std::vector<Fault> faults;
  clinical::Visit visit = clinical::parse(body, nullptr, {}, faults);
  if (faults.empty()) faults = clinical::incomplete(visit);
  if (!faults.empty()) refuse("record", faults);
  visit.diagnoses = code(entering, rows.diagnoses);

  json::object row;
  row["id"] = entering.id;
  row["record_number"] = record_number(visit.visit_date, entering.number);
  row["created_by"] = entering.doctor;
  row["created_at"] = format_rfc3339(record.created_at);
  Current current;
  write_version(entering, {"created", "draft", "record.create", record.created_at, {}}, visit,
                current, rows);
  if (record.stage != Stage::draft) {
    write_version(entering, {"finalized", "finalized", "record.finalize", record.finalized_at, {}},
                  visit, current, rows);
    row["finalized_at"] = format_rfc3339(current.version.changed_at);
    row["finalized_by"] = entering.doctor;
    sign(entering, current, row, rows);
    begin_courses(entering, visit, record.finalized_at);
    objects_.sign({RecordId(entering.id), PatientId(entering.patient), "finalized",
                   current.version.number, visit},
                  record.finalized_at);
  }
  if (record.stage == Stage::amended) {
    visit.notes = record.amended_notes;
    write_version(
        entering,
        {"amended", "amended", "record.amend", record.amended_at, record.amendment_reason}, visit,
        current, rows);
    sign(entering, current, row, rows);
  }
  put_version(row, current);
  row["search"] = records::search_document(visit, std::string(row["record_number"].as_string()));
  row["search_format"] = text::kSearchFormat;
  rows.records.push_back(std::move(row));
}

void Loader::insert_records(const std::vector<DemoRecord>& records) {
  const std::vector<std::int64_t> ids = next_ids("'{tenant}.record_ids'", records.size());
  const std::vector<std::int64_t> numbers = next_ids("'{tenant}.record_numbers'", records.size());
  for (std::size_t begin = 0; begin < records.size(); begin += kBatch) {
    Interrupt::check();
    const std::size_t end = std::min(begin + kBatch, records.size());
    std::size_t coded = 0;
    for (std::size_t i = begin; i < end; ++i) coded += records[i].diagnoses.size();
    const auto diagnosis_ids =
        next_ids("pg_get_serial_sequence('{tenant}.diagnoses', 'id')", coded);
    auto next = diagnosis_ids.begin();
    Rows rows;
    for (std::size_t i = begin; i < end; ++i) {
      const auto own = next + static_cast<std::ptrdiff_t>(records[i].diagnoses.size());
      add_record({&records[i],
                  ids[i],
                  numbers[i],
                  patients_[records[i].patient],
                  staff_.at(doctor_email(plan_, records[i].doctor)),
                  {next, own}},
                 rows);
      next = own;
    }
    connection_.exec(sql(kInsertRecords),
                     {json::serialize(rows.records), json::serialize(rows.diagnoses),
                      json::serialize(rows.versions)});
    connection_.exec(sql(kInsertSignatures), {json::serialize(rows.signatures)});
  }
}

void Loader::insert_histories() {
  auto& all = objects_.all();
  const auto ids = next_ids("pg_get_serial_sequence('{tenant}.chart_objects', 'id')", all.size());
  json::array rows;
  json::array versions;
  for (std::size_t i = 0; i < all.size(); ++i) {
    MadeObject& made = all[i];
    const std::string resource(made.kind.resource);
    for (auto& [action, object] : made.steps) {
      object.id = ids[i];
      const auto version = objects::version_of(made.kind, object, action);
      const audit::Kept kept = audit::kept(version);
      versions.push_back({{"resource", resource},
                          {"resource_id", object.id},
                          {"version", object.version},
                          {"kind", action.name()},
                          {"patient_id", object.patient.value},
                          {"changed_by", object.updated_by.value},
                          {"changed_at", object.updated_at},
                          {"content_format", version.content_format},
                          {"content_digest", "\\x" + to_hex(kept.digest)},
                          {"content_hash", kept.hash},
                          {"content_salt", kept.salt},
                          {"content", version.content}});
      note(parse_rfc3339(object.updated_at).value(), object.updated_by.value, "doctor", action,
           made.kind.resource.data(), object.id, object.patient.value,
           {{"version", object.version}, {"content_hash", kept.hash}});
    }
    const auto& now = made.now();
    rows.push_back({{"id", now.id},
                    {"resource", resource},
                    {"patient_id", now.patient.value},
                    {"version", now.version},
                    {"content", now.content},
                    {"created_by", now.created_by.value},
                    {"created_at", now.created_at},
                    {"updated_by", now.updated_by.value},
                    {"updated_at", now.updated_at}});
  }
  connection_.exec(sql(kInsertHistories), {json::serialize(rows), json::serialize(versions)});
}

void Loader::insert_audit() {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  json::array rows;
  for (auto& [at, entry] : entries_) {
    entry["n"] = rows.size();
    rows.push_back(std::move(entry));
  }
  connection_.exec(sql(kInsertAudit), {json::serialize(rows)});
}

}  // namespace

bool load_hospital(const std::string& service_conninfo, const HospitalPlan& plan,
                   const GeneratorOptions& options) {
  return Loader(service_conninfo, plan, options).run(options);
}

void analyze_hospital(const std::string& owner_conninfo, const HospitalPlan& plan) {
  db::SyncConnection connection(owner_conninfo, "wardbook demo");
  for (const char* table : {"patients", "medical_records", "diagnoses", "record_versions",
                            "chart_objects", "audit_log"}) {
    connection.script("ANALYZE " + connection.identifier(plan.id) + "." + table);
  }
}

}  // namespace wardbook::demo
