#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/ids.h"
#include "clinical/fields.h"
#include "db/pool.h"
#include "db/query.h"

/// The coded diagnoses of records: their rows, and what is written held against the release of
/// ICD-10-CM in force at the visit. That each change of them is one of their record is for the
/// records to see to.
namespace wardbook::coding {

/// A record has at most so many: as many as one request can list.
inline constexpr std::size_t kMostDiagnoses = 100;

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
  static constexpr db::Columns kColumns{
      "id",     "record_id", "icd_code",   "icd_release", "diagnosis_name", "diagnosis_type",
      "status", "notes",     "created_by", "created_at",  "updated_at"};
  static Diagnosis from_row(const db::RowView& row);
};
[[nodiscard]] std::string to_json(const Diagnosis& diagnosis);
void append_json(std::string& out, const Diagnosis& diagnosis);
/// As versions have them.
[[nodiscard]] std::vector<clinical::CodedDiagnosis> content_of(
    const std::vector<Diagnosis>& diagnoses);

/// What a client may write of a coded diagnosis, checked.
struct DiagnosisInput {
  std::string icd_code;  ///< upper case, with its dot
  std::optional<std::string> diagnosis_name;
  std::string diagnosis_type;  ///< primary, secondary, differential
  std::string status = "active";
  std::optional<std::string> notes;
};

/// Gathers every fault, their pointers beginning with `pointer`; whether the code exists is checked
/// against the loaded releases later.
[[nodiscard]] DiagnosisInput parse_diagnosis(const boost::json::object& body,
                                             const std::string& pointer,
                                             std::vector<Fault>& faults);

/// ` e119`, `E11.9` -> `E11.9`. nullopt when it has not the form of an ICD-10-CM code: a letter, a
/// digit, a letter or digit, then up to four more (CMS, ICD-10-CM Official Guidelines I.A.2).
[[nodiscard]] std::optional<std::string> normal_code(std::string_view text);

/// A diagnosis with the release that knows its code, and the release's title where the client gave
/// no name.
struct Coded {
  DiagnosisInput input;
  std::optional<std::string> release;
  bool header = false;  ///< the code only heads others, which insurers ask for
};

/// Reads and checks a diagnosis of a visit at `visit_date` (RFC 3339). Adds to `faults`; a code
/// that the release in force at the visit does not have is one, with the nearest ones.
[[nodiscard]] Task<Coded> coded(db::Tx& tx, std::string visit_date, boost::json::object body,
                                std::string pointer, std::vector<Fault>& faults);

/// The same for a diagnosis that is there, with a merge patch applied. A code that stays is not
/// checked again (a later release does not unsay it); another code brings its own title, unless the
/// patch names one.
[[nodiscard]] Task<Coded> recoded(db::Tx& tx, std::string visit_date, Diagnosis before,
                                  boost::json::object patch, std::string pointer,
                                  std::vector<Fault>& faults);

/// The warning that a code at `pointer` is a header.
[[nodiscard]] boost::json::object header_warning(std::string pointer);
/// The diagnosis as an answer to its writing: with `warnings`, one where the code is a header.
[[nodiscard]] std::string answer_json(const Diagnosis& diagnosis, bool header);

/// nullopt of one that was taken out.
[[nodiscard]] Task<std::optional<Diagnosis>> find(db::Tx& tx, DiagnosisId id);
/// A record's, by id.
[[nodiscard]] Task<std::vector<Diagnosis>> diagnoses_of(db::Tx& tx, RecordId id);
/// Fails with primary_diagnosis_exists where the record has a primary one already.
[[nodiscard]] Task<Diagnosis> insert(db::Tx& tx, RecordId record, Coded coded, AccountId by);
[[nodiscard]] Task<Diagnosis> update(db::Tx& tx, DiagnosisId id, Coded coded);
void queue_removal(db::Tx& tx, DiagnosisId id);

/// What a list makes of a record's diagnoses.
struct Revised {
  std::vector<Diagnosis> kept;     ///< as they were or changed, in their order
  std::vector<Diagnosis> added;    ///< without ids until `number`
  std::vector<Diagnosis> changed;  ///< those of `kept` that are no longer as they were
  std::vector<DiagnosisId> removed;
  std::vector<std::string> headers;  ///< pointers to codes that only head others
  [[nodiscard]] bool empty() const { return added.empty() && changed.empty() && removed.empty(); }
  /// All that the record has afterwards.
  [[nodiscard]] std::vector<Diagnosis> all() const;
};

/// `list` is all that the record is to have: known ids stay (`{"id": 7}`, or with members that
/// change it), items without one are new, and what is not listed is taken out.
[[nodiscard]] Task<Revised> revise(db::Tx& tx, RecordId record, std::vector<Diagnosis> before,
                                   std::string visit_date, boost::json::array list, AccountId by,
                                   std::string pointer, std::vector<Fault>& faults);
/// Gives new ones their ids and codes.
[[nodiscard]] Task<> number(db::Tx& tx, Revised& revised);
/// Makes the rows so.
void queue(db::Tx& tx, const Revised& revised);

}  // namespace wardbook::coding
