#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/conditions.h"
#include "api/router.h"
#include "base/clock.h"
#include "base/failure.h"
#include "base/ids.h"
#include "db/pool.h"
#include "db/query.h"
#include "features/audit/audit.h"

namespace wardbook::records {

/// What a client may write of a visit record, checked. The three JSON members are texts of checked
/// JSON with only the members that were given (and `bmi`, derived).
struct RecordInput {
  std::optional<PatientId> patient_id;
  std::optional<AccountId> doctor_id;
  std::string visit_date;  ///< RFC 3339, or a bare date: midnight in the tenant's time zone
  std::string visit_type;
  std::optional<std::string> chief_complaint;
  std::optional<std::string> history_of_present_illness;
  std::optional<std::string> physical_examination;
  std::optional<std::string> diagnosis;
  std::optional<std::string> treatment_plan;
  std::string prescriptions = "[]";
  std::string vital_signs = "{}";
  std::string lab_results = "[]";
  std::optional<std::string> notes;
  bool follow_up_required = false;
  std::optional<Date> follow_up_date;
  std::optional<std::string> follow_up_instructions;
};

/// The template that a draft was pre-filled from.
struct FromTemplate {
  TemplateId id;
  std::int64_t version = 0;
};

/// Reads and checks a whole record; gathers every fault. What needs the database (does the patient
/// exist, is the doctor one) is checked later.
[[nodiscard]] RecordInput parse_record(const boost::json::object& body, std::vector<Fault>& faults);

/// What a visit can be.
[[nodiscard]] const std::vector<std::string_view>& visit_types();

/// Two fields that do not agree: told at `pointer`, or at `other` to who sent only that.
struct Disagreement {
  std::string_view pointer, message;
  std::string_view other, other_message;
};
inline constexpr Disagreement kPressures{
    "/vital_signs/diastolic_mmhg", "must be below systolic_mmhg", "/vital_signs/systolic_mmhg",
    "must be above diastolic_mmhg"};
inline constexpr Disagreement kBodySize{"/vital_signs/weight_kg", "does not go with height_cm",
                                        "/vital_signs/height_cm", "does not go with weight_kg"};
inline constexpr Disagreement kFollowUpDay{"/follow_up_date", "must be after the visit",
                                           "/visit_date", "must be before the follow-up"};
inline constexpr Disagreement kBirth{"/visit_date", "lies before the patient's birth",
                                     "/patient_id", "was born after the visit"};

// records_fields.cpp: the parts with rules of their own. Pointers begin with `pointer`.
[[nodiscard]] boost::json::object parse_vital_signs(const boost::json::object& in,
                                                    const std::string& pointer,
                                                    std::vector<Fault>& faults);
[[nodiscard]] boost::json::array parse_prescriptions(const boost::json::array& in,
                                                     const std::string& pointer,
                                                     std::vector<Fault>& faults);
[[nodiscard]] boost::json::array parse_lab_results(const boost::json::array& in,
                                                   const std::string& pointer,
                                                   std::vector<Fault>& faults);

/// A coded diagnosis of a record.
struct Diagnosis {
  DiagnosisId id;
  RecordId record_id;
  std::string icd_code;  ///< with its dot: E11.9
  std::optional<std::string> icd_release;
  std::string diagnosis_name;
  std::string diagnosis_type;
  std::string status;
  std::optional<std::string> notes;
  AccountId created_by;
  std::string created_at;
  std::string updated_at;
  static Diagnosis from_row(const db::RowView& row);
};
[[nodiscard]] std::string to_json(const Diagnosis& diagnosis);

/// The version that a record's row has: one of a draft takes further changes by its author for ten
/// minutes, and is kept in the history when the next one begins. The others take none, and are kept
/// at once.
struct OpenVersion {
  std::int64_t number = 0;
  std::string kind;
  AccountId by;
  Time begun_at{};
  Time changed_at{};
  int content_format = 0;
  std::optional<std::string> salt;  ///< none: what it said was erased
  std::string digest;
  std::string hash;
};
/// Whether versions of this kind are in the history from their beginning.
[[nodiscard]] bool kept_at_once(std::string_view kind);

/// A record's current row, for changing it.
struct Record {
  RecordId id;
  std::string record_number;
  RecordInput data;  ///< visit_date is RFC 3339 in UTC
  std::string status;
  bool voided = false;
  std::int64_t revision = 0;                  ///< of accepted writes; the ETag
  OpenVersion version;                        ///< that the row has
  std::vector<Diagnosis> diagnoses;           ///< if `lock` read them
  std::optional<FromTemplate> from_template;  ///< of a new record
  static Record from_row(const db::RowView& row);
};
/// What the record's version says, by the writer of its format.
[[nodiscard]] std::string content_of(const Record& record);
/// Whether that is what the version's digest was taken of.
[[nodiscard]] bool says_its_version(const Record& record, const std::optional<std::string>& reason);

/// A record's current row, ready to be sent.
struct RecordView {
  RecordId id;
  PatientId patient;
  std::int64_t revision = 0;
  std::string sort_key;  ///< of lists
  /// The patient, who is in it, was changed after the record was, or less than five minutes before:
  /// one has the service's time, the other PostgreSQL's, and their clocks may differ.
  bool patient_newer = false;
  std::string json;  ///< `warnings` is its last member
  /// Adds one to the JSON's `warnings`.
  void warn(const boost::json::object& warning);
  static RecordView from_row(const db::RowView& row);
};

/// What one version says, as RFC 8785 canonical JSON: the writable fields and the diagnoses.
[[nodiscard]] std::string canonical_content(const RecordInput& data,
                                            const std::vector<Diagnosis>& diagnoses);

/// The hash of a record's version, which it has with this revision.
[[nodiscard]] std::string version_hash(RecordId record, std::int64_t revision,
                                       std::string_view status, PatientId patient,
                                       const OpenVersion& version);

/// One step in a record's life.
struct Change {
  std::string kind;    ///< created, updated, diagnosis, finalized, amended, reopened, voided
  std::string status;  ///< afterwards
  std::optional<std::string> reason = std::nullopt;
  /// An amendment's diagnoses, where it changes them: all that the record has afterwards, and what
  /// makes the rows so. The database lets that through only between the record's row and the
  /// version's own.
  std::optional<std::vector<Diagnosis>> diagnoses = std::nullopt;
  std::function<void(db::Tx&)> queue_diagnoses = nullptr;
};

/// The record with its diagnoses, locked for this transaction. Fails with record_not_found (also
/// when it was voided), if_match_required, version_conflict when its revision is not `expected`, in
/// this order; and with conflict where the row is not what its version says.
[[nodiscard]] Task<Record> lock(db::Tx& tx, RecordId id, api::IfMatch expected);
/// Fails with record_finalized unless the record is a draft.
void require_draft(const Record& record);
[[nodiscard]] Task<std::vector<Diagnosis>> diagnoses_of(db::Tx& tx, RecordId id);

/// A visit that moves into another release's time must not keep codes that this one does not have:
/// adds a fault at `/visit_date` for each of the diagnoses that it would.
[[nodiscard]] Task<> check_codes(db::Tx& tx, const std::vector<Diagnosis>& kept,
                                 std::string visit_before, std::string visit_now,
                                 std::vector<Fault>& faults);

/// The input of a change: `body` replaces (PUT) or is merged into (PATCH, amendments) what is
/// there, then everything is checked, the database's part included. Adds to `faults`, whose
/// pointers get `prefix`; with any of them the input is not to be used. An amendment, which may
/// bring other diagnoses, calls check_codes itself.
enum class Apply { replace, merge, amend };
/// The patients whose rows it was held against are those that `request` saw.
[[nodiscard]] Task<RecordInput> changed_input(db::Tx& tx, const api::Request& request,
                                              const Record& record, boost::json::object body,
                                              Apply apply, std::string prefix,
                                              std::vector<Fault>& faults);

/// Writes the next revision, with its audit entry; `record` becomes the new state. A draft's is
/// part of the open version if that has the same author and is not ten minutes old; everything else
/// begins the next version, and keeps the one before it. The diagnoses must be as they are to be
/// (changed in this transaction, by the caller), unless `change` brings them.
/// Returns what is to be sent; the caller commits.
[[nodiscard]] Task<RecordView> write_version(db::Tx& tx, const api::Request& request,
                                             const Clock& clock, Record& record, RecordInput data,
                                             Change change);

/// The tenant's whole set of version hashes, recomputed. Adds to `verdict`.
[[nodiscard]] Task<> verify_versions(db::Pool& db, TenantId tenant, audit::Verdict& verdict);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::records
