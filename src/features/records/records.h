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
#include "clinical/visit.h"
#include "db/pool.h"
#include "db/query.h"
#include "features/audit/audit.h"
#include "features/coding/coding.h"

namespace wardbook::records {

/// What a client may write of a visit record, checked.
using RecordInput = clinical::Visit;
using coding::Diagnosis;

/// The template that a draft was pre-filled from.
struct FromTemplate {
  TemplateId id;
  std::int64_t version = 0;
};

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
  std::string content;  ///< what its version says, in its format
  RecordInput data;     ///< the same, read; visit_date is RFC 3339 in UTC
  std::string status;
  bool voided = false;
  bool true_columns = true;          ///< the columns of its fields are those that the content makes
  std::int64_t revision = 0;         ///< of accepted writes; the ETag
  OpenVersion version;               ///< that the row has
  std::vector<Diagnosis> diagnoses;  ///< if `lock` read them
  std::optional<FromTemplate> from_template;  ///< of a new record
  static constexpr db::Columns kColumns{
      "id",          "record_number", "content",          "status",         "version",
      "voided",      "content_hash",  "revision",         "version_kind",   "version_by",
      "updated_at",  "content_salt",  "version_begun_at", "content_format", "content_digest",
      "true_columns"};
  static Record from_row(const db::RowView& row);
};
/// Whether its content and the rows of its diagnoses are what the version's digest was taken of.
[[nodiscard]] bool says_its_version(const Record& record, const std::optional<std::string>& reason);

/// A record's current row, ready to be sent.
struct RecordView {
  RecordId id;
  PatientId patient;
  std::int64_t revision = 0;
  std::string visit_date;  ///< as PostgreSQL writes it
  /// The patient or an account named in it was changed after the record was, or less than five
  /// minutes before: one has the service's time, the other PostgreSQL's, and their clocks may
  /// differ.
  bool people_newer = false;
  std::string json;  ///< `warnings` is its last member
  /// Adds one to the JSON's `warnings`.
  void warn(const boost::json::object& warning);
  static constexpr db::Columns kColumns{"id",
                                        "patient_id",
                                        "visit_date",
                                        "version",
                                        "revision",
                                        "record_number",
                                        "content",
                                        "status",
                                        "finalized_at",
                                        "finalized_by",
                                        "signed_hash",
                                        "content_hash",
                                        "template_id",
                                        "template_version",
                                        "created_by",
                                        "created_at",
                                        "updated_at",
                                        "doctor_name",
                                        "created_by_name",
                                        "finalized_by_name",
                                        "somebody_renamed",
                                        "diagnoses",
                                        "patient"};
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
/// What a request makes of a record.
struct Asked {
  RecordInput data;                          ///< its diagnoses are the record's still
  std::optional<coding::Revised> diagnoses;  ///< where the request lists them
  /// Whether the record would say something else.
  [[nodiscard]] bool changes(const Record& record) const;
  /// Pointers to codes that only head others.
  [[nodiscard]] std::vector<std::string> headers() const;
};

/// Reads a change: `body` replaces (PUT) or is merged into (PATCH, amendments) what is there, then
/// everything is checked, the database's part included. Adds to `faults`, whose pointers get
/// `prefix`; with any of them the input is not to be used. The patients whose rows it was held
/// against are those that `request` saw.
enum class Apply { replace, merge, amend };
[[nodiscard]] Task<Asked> read_change(db::Tx& tx, const api::Request& request, const Record& record,
                                      boost::json::object body, Apply apply, std::string prefix,
                                      std::vector<Fault>& faults);
/// Reads a new record, over what its template pre-fills; `record` gets the template's name.
[[nodiscard]] Task<Asked> read_new(db::Tx& tx, const api::Request& request, Record& record,
                                   boost::json::object body, std::vector<Fault>& faults);
/// Makes the diagnoses that were asked for part of the change.
[[nodiscard]] Task<> take_diagnoses(db::Tx& tx, Asked& asked, RecordId record, Change& change);
/// Fails with what is missing before the visit can be signed.
void require_complete(const RecordInput& data);

/// Writes the next revision, with its audit entry; `record` becomes the new state. A draft's is
/// part of the open version if that has the same author and is not ten minutes old; everything else
/// begins the next version, and keeps the one before it. The diagnoses must be as they are to be
/// (changed in this transaction, by the caller), unless `change` brings them.
/// Returns what is to be sent; the caller commits.
[[nodiscard]] Task<RecordView> write_version(api::Write& w, const Clock& clock, Record& record,
                                             RecordInput data, Change change);

/// The tenant's whole set of version hashes, recomputed. Adds to `verdict`.
[[nodiscard]] Task<> verify_versions(db::Pool& db, TenantId tenant, audit::Verdict& verdict);

/// What routes of records are about.
extern const api::Subject kRecord;

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::records
