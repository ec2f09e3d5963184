#pragma once

// Rows come as one JSON array: thousands in a statement, whatever the number of columns.
namespace wardbook::demo {

inline constexpr const char* kInsertPatients = R"sql(
  WITH read AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(id bigint, patient_number text,
      first_name text, last_name text, date_of_birth date, sex text, phone text, email text,
      address text, emergency_contact text, allergies jsonb, created_by bigint,
      created_at timestamptz, number_key text, number_letters text, number_forms text[],
      names text[], letter_keys text[], search_format smallint)),
  words AS (
    INSERT INTO {tenant}.name_words (word, key)
    SELECT DISTINCT w.word, w.key FROM read
    CROSS JOIN LATERAL unnest(read.names, read.letter_keys) AS w(word, key)
    ON CONFLICT DO NOTHING)
  INSERT INTO {tenant}.patients (id, patient_number, first_name, last_name, date_of_birth, sex,
    phone, email, address, emergency_contact, allergies, created_by, created_at, updated_at,
    number_key, number_letters, number_forms, names, search_format)
  OVERRIDING SYSTEM VALUE
  SELECT id, patient_number, first_name, last_name, date_of_birth, sex, phone,
    email, address, emergency_contact, allergies, created_by, created_at, created_at,
    number_key, number_letters, number_forms, array_to_tsvector(names), search_format
  FROM read
  ORDER BY id)sql";

/// The diagnoses go first, within the one statement whose end checks the foreign keys: a record
/// that is finalized takes none any more.
inline constexpr const char* kInsertRecords = R"sql(
  WITH coded AS (
    INSERT INTO {tenant}.diagnoses (id, record_id, icd_code, diagnosis_name, diagnosis_type, status,
      created_by, created_at, updated_at)
    OVERRIDING SYSTEM VALUE
    SELECT id, record_id, icd_code, diagnosis_name, diagnosis_type, status, created_by, created_at,
      created_at
    FROM jsonb_to_recordset($2::jsonb) AS d(id bigint, record_id bigint, icd_code text,
      diagnosis_name text, diagnosis_type text, status text, created_by bigint,
      created_at timestamptz)
    ORDER BY id
    RETURNING id)
  INSERT INTO {tenant}.medical_records (id, record_number, patient_id, doctor_id, visit_date,
    visit_type, chief_complaint, history_of_present_illness, physical_examination, diagnosis,
    treatment_plan, prescriptions, vital_signs, lab_results, notes, follow_up_required,
    follow_up_date, follow_up_instructions, status, finalized_at, finalized_by, signed_hash,
    version, content_hash, created_by, created_at, updated_at, search, search_format)
  SELECT r.id, r.record_number, r.patient_id, r.doctor_id, r.visit_date, r.visit_type,
    r.chief_complaint, r.history_of_present_illness, r.physical_examination, r.diagnosis,
    r.treatment_plan, r.prescriptions, r.vital_signs, r.lab_results, r.notes,
    r.follow_up_required, r.follow_up_date, r.follow_up_instructions, r.status, r.finalized_at,
    r.finalized_by, r.signed_hash, r.version, r.content_hash, r.created_by, r.created_at,
    r.updated_at, r.search, r.search_format
  FROM jsonb_to_recordset($1::jsonb) AS r(id bigint, record_number text, patient_id bigint,
    doctor_id bigint, visit_date timestamptz, visit_type text, chief_complaint text,
    history_of_present_illness text, physical_examination text, diagnosis text,
    treatment_plan text, prescriptions jsonb, vital_signs jsonb, lab_results jsonb, notes text,
    follow_up_required boolean, follow_up_date date, follow_up_instructions text, status text,
    finalized_at timestamptz, finalized_by bigint, signed_hash text, version integer,
    content_hash text, created_by bigint, created_at timestamptz, updated_at timestamptz,
    search tsvector, search_format smallint)
  WHERE (SELECT count(*) FROM coded) > 0
  ORDER BY r.id)sql";

inline constexpr const char* kInsertVersions = R"sql(
  INSERT INTO {tenant}.record_versions (record_id, version, kind, reason, status, changed_by,
    changed_at, content, content_hash)
  SELECT record_id, version, kind, reason, status, changed_by, changed_at, content, content_hash
  FROM jsonb_to_recordset($1::jsonb) AS v(record_id bigint, version integer, kind text, reason text,
    status text, changed_by bigint, changed_at timestamptz, content text,
    content_hash text))sql";

inline constexpr const char* kInsertSignatures = R"sql(
  INSERT INTO {tenant}.signatures (record_id, version, content_hash, signed_by, signed_at, meaning)
  SELECT record_id, version, content_hash, signed_by, signed_at, meaning
  FROM jsonb_to_recordset($1::jsonb) AS s(record_id bigint, version integer, content_hash text,
    signed_by bigint, signed_at timestamptz, meaning text))sql";

inline constexpr const char* kInsertAudit = R"sql(
  INSERT INTO {tenant}.audit_log (at, actor_id, actor_role, action, resource, resource_id,
    patient_id, after, reason)
  SELECT at, actor_id, actor_role, action, resource, resource_id, patient_id, after, reason
  FROM jsonb_to_recordset($1::jsonb) AS a(at timestamptz, actor_id bigint,
    actor_role text, action text, resource text, resource_id bigint, patient_id bigint,
    after jsonb, reason text, n bigint)
  ORDER BY n)sql";

}  // namespace wardbook::demo
