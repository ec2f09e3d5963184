#pragma once

#include "db/query.h"
#include "features/records/records.h"

namespace wardbook::diagnoses {

using records::Diagnosis;
using MaybeText = std::optional<std::string>;

#define WB_DIAGNOSIS_COLUMNS                                                                     \
  "d.id, d.record_id, d.icd_code, d.icd_release, d.diagnosis_name, d.diagnosis_type, d.status, " \
  "d.notes, d.created_by, d.created_at, d.updated_at"

inline const db::Query<Diagnosis, DiagnosisId> kGetDiagnosis{
    "diagnoses.get", "SELECT " WB_DIAGNOSIS_COLUMNS
                     " FROM {tenant}.diagnoses d WHERE d.id = $1 AND d.removed_at IS NULL"};

inline const db::Query<Diagnosis, RecordId, std::string, MaybeText, std::string, std::string,
                       std::string, MaybeText, AccountId>
    kInsertDiagnosis{"diagnoses.insert", R"sql(
  INSERT INTO {tenant}.diagnoses AS d (record_id, icd_code, icd_release, diagnosis_name,
    diagnosis_type, status, notes, created_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING )sql" WB_DIAGNOSIS_COLUMNS};

inline const db::Query<Diagnosis, DiagnosisId, std::string, MaybeText, std::string, std::string,
                       std::string, MaybeText>
    kUpdateDiagnosis{"diagnoses.update", R"sql(
  UPDATE {tenant}.diagnoses AS d SET icd_code = $2, icd_release = $3, diagnosis_name = $4,
    diagnosis_type = $5, status = $6, notes = $7, updated_at = now()
  WHERE d.id = $1 RETURNING )sql" WB_DIAGNOSIS_COLUMNS};

/// For amendments, whose version names the new diagnoses before they are there.
inline const db::Query<db::Int64Row, int> kNewDiagnosisIds{"diagnoses.new_ids", R"sql(
  SELECT nextval(pg_get_serial_sequence('{tenant}.diagnoses', 'id'))
  FROM generate_series(1, $1::integer))sql"};
inline const db::Query<void, DiagnosisId, RecordId, std::string, MaybeText, std::string,
                       std::string, std::string, MaybeText, AccountId>
    kInsertAmended{"diagnoses.insert_amended", R"sql(
  INSERT INTO {tenant}.diagnoses (id, record_id, icd_code, icd_release, diagnosis_name,
    diagnosis_type, status, notes, created_by)
  OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9))sql"};

inline const db::Query<void, DiagnosisId, std::string, MaybeText, std::string, std::string,
                       std::string, MaybeText>
    kSetDiagnosis{"diagnoses.set", R"sql(
  UPDATE {tenant}.diagnoses SET icd_code = $2, icd_release = $3, diagnosis_name = $4,
    diagnosis_type = $5, status = $6, notes = $7, updated_at = now()
  WHERE id = $1)sql"};

inline const db::Query<void, DiagnosisId> kRemoveDiagnosis{
    "diagnoses.remove", "UPDATE {tenant}.diagnoses SET removed_at = now() WHERE id = $1"};

struct RecordPatient {
  PatientId patient;
  std::int64_t revision = 0;
  static RecordPatient from_row(const db::RowView& r) { return {r.id<PatientId>(0), r.int64(1)}; }
};
inline const db::Query<RecordPatient, RecordId> kRecordPatient{"diagnoses.record_patient", R"sql(
  SELECT patient_id, revision FROM {tenant}.medical_records
  WHERE id = $1 AND voided_at IS NULL)sql"};

#undef WB_DIAGNOSIS_COLUMNS

}  // namespace wardbook::diagnoses
