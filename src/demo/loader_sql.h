#pragma once

// Rows come as one JSON array: thousands in a statement, whatever the number of columns.
namespace wardbook::demo {

inline constexpr const char* kInsertPatients = R"sql(
  WITH kept AS (
    INSERT INTO {tenant}.row_versions (resource, resource_id, version, kind, patient_id, changed_by,
      changed_at, content_format, content_digest, content_hash, content_salt, content)
    SELECT 'patient', resource_id, 1, 'patient.create', resource_id, changed_by, changed_at,
      content_format, content_digest, content_hash, content_salt, content
    FROM jsonb_to_recordset($2::jsonb) AS v(resource_id bigint, changed_by bigint,
      changed_at timestamptz, content_format smallint, content_digest bytea, content_hash text,
      content_salt uuid, content text)),
  read AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(id bigint, patient_number text,
      first_name text, last_name text, date_of_birth date, sex text, phone text, email text,
      address text, emergency_contact text,
      created_by bigint, created_at timestamptz, number_key text, number_letters text,
      number_forms text[], names text[], letter_keys text[], search_format smallint)),
  words AS (
    INSERT INTO {tenant}.name_words (word, key)
    SELECT DISTINCT w.word, w.key FROM read
    CROSS JOIN LATERAL unnest(read.names, read.letter_keys) AS w(word, key)
    ON CONFLICT DO NOTHING)
  INSERT INTO {tenant}.patients (id, patient_number, first_name, last_name, date_of_birth, sex,
    phone, email, address, emergency_contact, created_by, created_at,
    updated_at, number_key, number_letters, number_forms, names, search_format)
  OVERRIDING SYSTEM VALUE
  SELECT id, patient_number, first_name, last_name, date_of_birth, sex, phone, email, address,
    emergency_contact, created_by, created_at, created_at, number_key,
    number_letters, number_forms, array_to_tsvector(names), search_format
  FROM read
  ORDER BY id)sql";

inline constexpr const char* kInsertObjects = R"sql(
  WITH read AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(id bigint, resource text, kind text,
      patient_id bigint, content text, by bigint, at timestamptz, content_format smallint,
      content_digest bytea, content_hash text, content_salt uuid)),
  kept AS (
    INSERT INTO {tenant}.row_versions (resource, resource_id, version, kind, patient_id, changed_by,
      changed_at, content_format, content_digest, content_hash, content_salt, content)
    SELECT resource, id, 1, kind, patient_id, by, at, content_format, content_digest,
      content_hash, content_salt, content
    FROM read)
  INSERT INTO {tenant}.chart_objects (id, resource, patient_id, content, created_by, created_at,
    updated_by, updated_at)
  OVERRIDING SYSTEM VALUE
  SELECT id, resource, patient_id, content::jsonb, by, at, by, at FROM read ORDER BY id)sql";

/// Diagnoses and versions go first, within the one statement whose end checks the foreign keys: a
/// record that is finalized takes none any more.
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
    RETURNING id),
  kept AS (
    INSERT INTO {tenant}.record_versions (record_id, version, revision, kind, status, patient_id,
      changed_by, begun_at, changed_at, content_format, content_digest, content_hash, content_salt,
      reason, content)
    SELECT record_id, version, revision, kind, status, patient_id, changed_by, changed_at,
      changed_at, content_format, content_digest, content_hash, content_salt, reason, content
    FROM jsonb_to_recordset($3::jsonb) AS v(record_id bigint, version integer, revision integer,
      kind text, status text, patient_id bigint, changed_by bigint, changed_at timestamptz,
      content_format smallint, content_digest bytea, content_hash text, content_salt uuid,
      reason text, content text)
    ORDER BY record_id, version
    RETURNING record_id)
  INSERT INTO {tenant}.medical_records (id, record_number, content, status, finalized_at,
    finalized_by, signed_hash, version, content_hash, created_by, created_at, updated_at, search,
    search_format, revision, version_kind, version_by, version_begun_at, content_format,
    content_salt, content_digest)
  SELECT r.id, r.record_number, r.content, r.status, r.finalized_at, r.finalized_by, r.signed_hash,
    r.version, r.content_hash, r.created_by, r.created_at, r.updated_at, r.search, r.search_format,
    r.revision, r.version_kind, r.version_by, r.version_begun_at, r.content_format, r.content_salt,
    r.content_digest
  FROM jsonb_to_recordset($1::jsonb) AS r(id bigint, record_number text, content text, status text,
    finalized_at timestamptz, finalized_by bigint, signed_hash text, version integer,
    content_hash text, created_by bigint, created_at timestamptz, updated_at timestamptz,
    search tsvector, search_format smallint, revision integer, version_kind text,
    version_by bigint, version_begun_at timestamptz, content_format smallint, content_salt uuid,
    content_digest bytea)
  WHERE (SELECT count(*) FROM coded) >= 0 AND (SELECT count(*) FROM kept) >= 0
  ORDER BY r.id)sql";

inline constexpr const char* kInsertSignatures = R"sql(
  INSERT INTO {tenant}.signatures (record_id, version, content_hash, signed_by, signed_at, meaning)
  SELECT record_id, version, content_hash, signed_by, signed_at, meaning
  FROM jsonb_to_recordset($1::jsonb) AS s(record_id bigint, version integer, content_hash text,
    signed_by bigint, signed_at timestamptz, meaning text))sql";

/// Objects with all of their versions.
inline constexpr const char* kInsertHistories = R"sql(
  WITH kept AS (
    INSERT INTO {tenant}.row_versions (resource, resource_id, version, kind, patient_id, changed_by,
      changed_at, content_format, content_digest, content_hash, content_salt, content)
    SELECT resource, resource_id, version, kind, patient_id, changed_by, changed_at, content_format,
      content_digest, content_hash, content_salt, content
    FROM jsonb_to_recordset($2::jsonb) AS v(resource text, resource_id bigint, version integer,
      kind text, patient_id bigint, changed_by bigint, changed_at timestamptz,
      content_format smallint, content_digest bytea, content_hash text, content_salt uuid,
      content text))
  INSERT INTO {tenant}.chart_objects (id, resource, patient_id, version, content, created_by,
    created_at, updated_by, updated_at)
  OVERRIDING SYSTEM VALUE
  SELECT id, resource, patient_id, version, content, created_by, created_at, updated_by, updated_at
  FROM jsonb_to_recordset($1::jsonb) AS o(id bigint, resource text, patient_id bigint,
    version integer, content jsonb, created_by bigint, created_at timestamptz, updated_by bigint,
    updated_at timestamptz)
  ORDER BY id)sql";

inline constexpr const char* kInsertAudit = R"sql(
  INSERT INTO {tenant}.audit_log (at, actor_id, actor_role, action, resource, resource_id,
    patient_id, after, reason)
  SELECT at, actor_id, actor_role, action, resource, resource_id, patient_id, after, reason
  FROM jsonb_to_recordset($1::jsonb) AS a(at timestamptz, actor_id bigint,
    actor_role text, action text, resource text, resource_id bigint, patient_id bigint,
    after jsonb, reason text, n bigint)
  ORDER BY n)sql";

}  // namespace wardbook::demo
