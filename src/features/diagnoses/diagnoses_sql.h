#pragma once

#include "db/query.h"
#include "features/records/records.h"

// Tables: reads {tenant}.diagnoses {tenant}.medical_records

namespace wardbook::diagnoses {

struct RecordPatient {
  static constexpr db::Columns kColumns{"patient_id", "revision"};
  PatientId patient;
  std::int64_t revision = 0;
  static RecordPatient from_row(const db::RowView& r) {
    return {r.id<PatientId>(kColumns["patient_id"]), r.int64(kColumns["revision"])};
  }
};
inline const db::Query<RecordPatient, RecordId> kRecordPatient{"diagnoses.record_patient", R"sql(
  SELECT patient_id, revision FROM {tenant}.medical_records
  WHERE id = $1 AND voided_at IS NULL)sql"};

inline const db::Query<api::Whose, std::int64_t> kWhoseDiagnosis{"diagnoses.whose", R"sql(
  SELECT r.patient_id, r.voided_at IS NOT NULL AS voided, false AS purged
  FROM {tenant}.diagnoses d
  JOIN {tenant}.medical_records r ON r.id = d.record_id WHERE d.id = $1)sql"};

}  // namespace wardbook::diagnoses
