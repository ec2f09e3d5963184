#pragma once

#include "db/query.h"
#include "features/coding/coding.h"

// Tables: owns {tenant}.diagnoses

namespace wardbook::coding {

using MaybeText = std::optional<std::string>;

inline const db::Query<Diagnosis, DiagnosisId> kGetDiagnosis{"coding.get", R"sql(
  SELECT id, record_id, icd_code, icd_release, diagnosis_name, diagnosis_type, status, notes,
    created_by, created_at, updated_at
  FROM {tenant}.diagnoses WHERE id = $1 AND removed_at IS NULL)sql"};

inline const db::Query<Diagnosis, RecordId> kDiagnosesOf{"coding.of_record", R"sql(
  SELECT id, record_id, icd_code, icd_release, diagnosis_name, diagnosis_type, status, notes,
    created_by, created_at, updated_at
  FROM {tenant}.diagnoses WHERE record_id = $1 AND removed_at IS NULL ORDER BY id)sql"};

inline const db::Query<Diagnosis, RecordId, std::string, MaybeText, std::string, std::string,
                       std::string, MaybeText, AccountId>
    kInsertDiagnosis{"coding.insert", R"sql(
  INSERT INTO {tenant}.diagnoses AS d (record_id, icd_code, icd_release, diagnosis_name,
    diagnosis_type, status, notes, created_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  RETURNING d.id, d.record_id, d.icd_code, d.icd_release, d.diagnosis_name, d.diagnosis_type,
    d.status, d.notes, d.created_by, d.created_at, d.updated_at)sql"};

inline const db::Query<Diagnosis, DiagnosisId, std::string, MaybeText, std::string, std::string,
                       std::string, MaybeText>
    kUpdateDiagnosis{"coding.update", R"sql(
  UPDATE {tenant}.diagnoses AS d SET icd_code = $2, icd_release = $3, diagnosis_name = $4,
    diagnosis_type = $5, status = $6, notes = $7, updated_at = now()
  WHERE d.id = $1
  RETURNING d.id, d.record_id, d.icd_code, d.icd_release, d.diagnosis_name, d.diagnosis_type,
    d.status, d.notes, d.created_by, d.created_at, d.updated_at)sql"};

/// For lists, whose version names the new diagnoses before they are there.
inline const db::Query<db::Int64Row, int> kNewIds{"coding.new_ids", R"sql(
  SELECT nextval(pg_get_serial_sequence('{tenant}.diagnoses', 'id'))
  FROM generate_series(1, $1::integer))sql"};
inline const db::Query<void, DiagnosisId, RecordId, std::string, MaybeText, std::string,
                       std::string, std::string, MaybeText, AccountId>
    kInsertNumbered{"coding.insert_numbered", R"sql(
  INSERT INTO {tenant}.diagnoses (id, record_id, icd_code, icd_release, diagnosis_name,
    diagnosis_type, status, notes, created_by)
  OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9))sql"};

inline const db::Query<void, DiagnosisId, std::string, MaybeText, std::string, std::string,
                       std::string, MaybeText>
    kSetDiagnosis{"coding.set", R"sql(
  UPDATE {tenant}.diagnoses SET icd_code = $2, icd_release = $3, diagnosis_name = $4,
    diagnosis_type = $5, status = $6, notes = $7, updated_at = now()
  WHERE id = $1)sql"};

inline const db::Query<void, DiagnosisId> kRemoveDiagnosis{
    "coding.remove", "UPDATE {tenant}.diagnoses SET removed_at = now() WHERE id = $1"};

}  // namespace wardbook::coding
