#pragma once

#include <utility>

#include "db/query.h"
#include "features/records/records.h"

namespace wardbook::records {

/// What is searched of a record. `data` and `diagnoses` have only that.
struct SearchedRecord {
  RecordId id;
  std::int64_t revision = 0;
  std::int64_t format = 0;  ///< of the document that it has
  std::string number;
  RecordInput data;
  std::vector<Diagnosis> diagnoses;
  static SearchedRecord from_row(const db::RowView& r) {
    SearchedRecord out;
    out.id = r.id<RecordId>(0);
    out.revision = r.int64(1);
    out.format = r.int64(2);
    out.number = r.str(3);
    out.data.chief_complaint = r.maybe_str(4);
    out.data.diagnosis = r.maybe_str(5);
    out.data.history_of_present_illness = r.maybe_str(6);
    out.data.physical_examination = r.maybe_str(7);
    out.data.treatment_plan = r.maybe_str(8);
    out.data.prescriptions = r.str(9);
    out.data.lab_results = r.str(10);
    out.data.notes = r.maybe_str(11);
    out.data.follow_up_instructions = r.maybe_str(12);
    constexpr std::size_t kColumns = 3;
    auto coded = r.text_array(13);
    for (std::size_t i = 0; i + kColumns <= coded.size(); i += kColumns) {
      Diagnosis one;
      one.icd_code = coded[i].value_or("");
      one.diagnosis_name = coded[i + 1].value_or("");
      one.notes = std::move(coded[i + 2]);
      out.diagnoses.push_back(std::move(one));
    }
    return out;
  }
};

inline const db::Query<SearchedRecord, std::vector<std::int64_t>> kFoundRecords{"records.found",
                                                                                R"sql(
  SELECT r.id, r.revision, r.search_format, r.record_number, r.chief_complaint, r.diagnosis,
    r.history_of_present_illness, r.physical_examination, r.treatment_plan, r.prescriptions_text,
    r.lab_results_text, r.notes, r.follow_up_instructions,
    ARRAY(SELECT ARRAY[d.icd_code, d.diagnosis_name, d.notes] FROM {tenant}.diagnoses d
          WHERE d.record_id = r.id AND d.removed_at IS NULL ORDER BY d.id)
  FROM {tenant}.medical_records r WHERE r.id = ANY ($1::bigint[]))sql"};

/// Those whose document is older than the format $1, behind ($2, $3) in the order of formats and
/// ids.
inline const db::Query<SearchedRecord, int, std::int64_t, RecordId, int> kOutdatedRecords{
    "records.outdated", R"sql(
  SELECT r.id, r.revision, r.search_format, r.record_number, r.chief_complaint, r.diagnosis,
    r.history_of_present_illness, r.physical_examination, r.treatment_plan, r.prescriptions_text,
    r.lab_results_text, r.notes, r.follow_up_instructions,
    ARRAY(SELECT ARRAY[d.icd_code, d.diagnosis_name, d.notes] FROM {tenant}.diagnoses d
          WHERE d.record_id = r.id AND d.removed_at IS NULL ORDER BY d.id)
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND r.search_format < $1::smallint
    AND (r.search_format, r.id) > ($2::smallint, $3::bigint)
  ORDER BY r.search_format, r.id LIMIT $4)sql"};

inline const db::Query<db::Int64Row, int> kCountOutdated{"records.count_outdated", R"sql(
  SELECT count(*) FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND r.search_format < $1::smallint)sql"};

/// The document $4 of the revision $2, in place of one of the format $3.
inline const db::Query<db::Int64Row, RecordId, std::int64_t, std::int64_t, std::string, int>
    kStoreDocument{"records.store_document", R"sql(
  UPDATE {tenant}.medical_records SET search = $4::tsvector, search_format = $5::smallint
  WHERE id = $1 AND revision = $2::bigint AND search_format = $3::smallint AND voided_at IS NULL
  RETURNING id)sql"};

}  // namespace wardbook::records
