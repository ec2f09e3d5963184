// A hospital of any size, by COPY: the demo's own charts, repeated under other patients and dates.
// Triggers and foreign keys are off meanwhile (what is copied has been through them), and the
// secondary indexes are built at the end. The hashes of the copied versions are those of their
// originals, so `audit verify` is not for this hospital.
export const RARE_WORD = "quinquefolia";
export const RARE_RECORDS = 20;

const TABLES = [
  "patients",
  "name_words",
  "medical_records",
  "record_versions",
  "signatures",
  "diagnoses",
  "follow_ups",
];

const LOADING = "-c session_replication_role=replica -c synchronous_commit=off";

/** A line for psql: what a query gives goes to a second psql, which loads it. */
function copy(table, columns, select) {
  const into = columns.replace(/\s+/g, " ");
  const load = `COPY ${table} (${into}) FROM STDIN (FORMAT binary)`;
  const program = `PGOPTIONS="${LOADING}" psql -X -q -v ON_ERROR_STOP=1 -c "${load}"`;
  return `\\copy (${select.replace(/\s+/g, " ").trim()}) TO PROGRAM '${program}' (FORMAT binary)`;
}

const dropIndexes = (tenant) => `
CREATE TEMP TABLE put_back AS
  SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = ANY ('{${TABLES.map((t) => `${tenant}.${t}`).join()}}'::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid);
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT p.name FROM put_back p LOOP EXECUTE 'DROP INDEX ${tenant}.' || name; END LOOP;
END $$;`;

const buildIndexes = (tenant) => `
DO $$ DECLARE definition text; BEGIN
  FOR definition IN SELECT p.definition FROM put_back p LOOP EXECUTE definition; END LOOP;
END $$;`;

/**
 * Names from all demo hospitals; two in five people have a double one. Their words are what the
 * service makes of names in Latin letters.
 */
const patients = (tenant, sources, count) => `
CREATE FUNCTION pg_temp.words_of(text) RETURNS text[] LANGUAGE sql AS $$
  SELECT array_agg(DISTINCT w) FROM regexp_split_to_table(
    lower(regexp_replace(normalize($1, NFD), '[\\u0300-\\u036f'']', '', 'g')),
    '[^[:alnum:]]+') AS w WHERE w <> '' $$;
CREATE TEMP TABLE names AS ${sources
  .map((source) => `SELECT first_name, last_name, sex FROM ${source}.patients`)
  .join(" UNION ALL ")};
CREATE TEMP TABLE given AS SELECT first_name, sex, row_number() OVER () - 1 AS n
  FROM (SELECT DISTINCT first_name, sex FROM names ORDER BY 1, 2) d;
CREATE TEMP TABLE family AS SELECT last_name, row_number() OVER () - 1 AS n
  FROM (SELECT DISTINCT last_name FROM names ORDER BY 1) d;
CREATE TEMP TABLE people AS
  SELECT s.g::bigint, f.first_name, f.sex,
    l.last_name || CASE WHEN s.g % 5 < 2 THEN '-' || m.last_name ELSE '' END AS last_name
  FROM (SELECT g, mod(abs(hashint8(g)::bigint), (SELECT count(*) FROM given)) AS a,
          mod(abs(hashint8(g + 10000000)::bigint), (SELECT count(*) FROM family)) AS b,
          mod(abs(hashint8(g + 20000000)::bigint), (SELECT count(*) FROM family)) AS c
        FROM generate_series(1, ${count}) g) s
  JOIN given f ON f.n = s.a JOIN family l ON l.n = s.b JOIN family m ON m.n = s.c;
${copy(
  `${tenant}.patients`,
  `id, patient_number, first_name, last_name, date_of_birth, sex, phone, allergies, created_by,
    number_key, number_letters, number_forms, names, search_format`,
  `SELECT g, 'P-' || wardbook.padded(g), first_name, last_name,
    date '1930-01-01' + (g * 7919 % 34000)::integer, sex, '555-' || wardbook.padded(g),
    CASE WHEN g % 10 = 0
      THEN '[{"substance": "Penicillin", "reaction": "rash", "severity": "moderate"}]'
      ELSE '[]' END::jsonb,
    (SELECT min(account_id) FROM ${tenant}.staff), 'p-' || wardbook.padded(g),
    'p' || wardbook.padded(g), ARRAY['=p' || g, '#' || g, '-' || g, ':p:' || g],
    array_to_tsvector(pg_temp.words_of(first_name || ' ' || last_name)),
    (SELECT max(search_format) FROM ${sources[0]}.patients)
  FROM people ORDER BY g`,
)}
INSERT INTO ${tenant}.name_words (word, key)
  SELECT w, (SELECT string_agg(c, '' ORDER BY c COLLATE "C") FROM regexp_split_to_table(w, '') AS c)
  FROM (SELECT DISTINCT unnest(tsvector_to_array(p.names)) AS w
    FROM ${tenant}.patients p) d ON CONFLICT DO NOTHING;
SELECT setval('${tenant}.patient_numbers', ${count});
SELECT setval(pg_get_serial_sequence('${tenant}.patients', 'id'), ${count});`;

/** Ten years of visits in their order; a patient's are spread over all of them. */
const records = (tenant, source, patientCount, count) => `
CREATE TEMP TABLE base AS SELECT row_number() OVER (ORDER BY r.id) - 1 AS n, r.*
  FROM ${source}.medical_records r WHERE r.voided_at IS NULL;
UPDATE base SET search = ts_delete(search, ARRAY['#' || lower(record_number),
  regexp_replace(record_number, '^.*-', '')]);
CREATE TEMP TABLE made AS
  SELECT g::bigint AS id, 1 + g::bigint * 7919 % ${patientCount} AS patient_id, b.id AS base_id, b.n,
    date_trunc('minute', now() - (${count} - g) * (interval '10 years' / ${count})) AS visit_date
  FROM generate_series(1, ${count}) g
  JOIN base b ON b.n = mod(abs(hashint8(g + 30000000)::bigint), (SELECT count(*) FROM base));
CREATE INDEX ON made (base_id);
ANALYZE made;
${copy(
  `${tenant}.medical_records`,
  `id, record_number, patient_id, doctor_id, visit_date, visit_type, chief_complaint,
    history_of_present_illness, physical_examination, diagnosis, treatment_plan, prescriptions,
    vital_signs, lab_results, notes, follow_up_required, follow_up_date, follow_up_instructions,
    status, finalized_at, finalized_by, signed_hash, version, content_hash, created_by,
    created_at, updated_at, revision, version_kind, version_by, version_begun_at, content_format,
    content_salt, content_digest, search, search_format, content`,
  `SELECT m.id, 'MR-2026-' || wardbook.padded(m.id), m.patient_id, b.doctor_id, m.visit_date,
    b.visit_type, b.chief_complaint, b.history_of_present_illness, b.physical_examination,
    b.diagnosis, b.treatment_plan, b.prescriptions, b.vital_signs, b.lab_results,
    CASE WHEN m.id % ${Math.floor(count / RARE_RECORDS)} = 0
      THEN concat_ws(' ', b.notes, 'Takes ${RARE_WORD}.') ELSE b.notes END,
    b.follow_up_required, m.visit_date::date + (b.follow_up_date - b.visit_date::date),
    b.follow_up_instructions, b.status, m.visit_date + interval '2 hours' * sign(b.finalized_by),
    b.finalized_by, b.signed_hash, b.version, b.content_hash, b.created_by, m.visit_date,
    m.visit_date + interval '2 hours', b.revision, b.version_kind, b.version_by,
    m.visit_date + interval '2 hours', b.content_format, b.content_salt, b.content_digest,
    CASE WHEN m.id % ${Math.floor(count / RARE_RECORDS)} = 0
      THEN b.search || setweight(to_tsvector('pg_catalog.simple', '${RARE_WORD}'), 'C')
        || setweight(to_tsvector('pg_catalog.english', '${RARE_WORD}'), 'D')
      ELSE b.search END
    || format('''#mr-2026-%1$s'':16383 ''%1$s'':16383', wardbook.padded(m.id))::tsvector,
    b.search_format,
    regexp_replace(regexp_replace(CASE WHEN m.id % ${Math.floor(count / RARE_RECORDS)} = 0
        THEN regexp_replace(b.content, '"notes":(null|"([^"\\\\]|\\\\.)*")',
          '"notes":"Takes ${RARE_WORD}."') ELSE b.content END,
      '"patient_id":[0-9]+', '"patient_id":' || m.patient_id),
      '"visit_date":"[^"]*"', '"visit_date":"' || wardbook.rfc3339(m.visit_date) || '"')
  FROM made m JOIN base b ON b.n = m.n ORDER BY m.id`,
)}
${copy(
  `${tenant}.record_versions`,
  `record_id, version, revision, kind, status, patient_id, changed_by, begun_at, changed_at,
    content_format, content_digest, content_hash, content_salt, reason, content`,
  `SELECT m.id, v.version, v.revision, v.kind, v.status, m.patient_id, v.changed_by,
    m.visit_date + interval '1 hour' * v.version, m.visit_date + interval '1 hour' * v.version,
    v.content_format, v.content_digest, v.content_hash, v.content_salt, v.reason, v.content
  FROM made m JOIN ${source}.record_versions v ON v.record_id = m.base_id ORDER BY m.id, v.version`,
)}
${copy(
  `${tenant}.signatures`,
  `record_id, version, content_hash, signed_by, signed_at, meaning`,
  `SELECT m.id, s.version, s.content_hash, s.signed_by, m.visit_date + interval '2 hours', s.meaning
  FROM made m JOIN ${source}.signatures s ON s.record_id = m.base_id`,
)}
${copy(
  `${tenant}.diagnoses`,
  `record_id, icd_code, icd_release, diagnosis_name, diagnosis_type, status, created_by,
    created_at, updated_at`,
  `SELECT m.id, d.icd_code, d.icd_release, d.diagnosis_name, d.diagnosis_type, d.status,
    d.created_by, m.visit_date, m.visit_date
  FROM made m JOIN ${source}.diagnoses d ON d.record_id = m.base_id AND d.removed_at IS NULL
  ORDER BY m.id`,
)}
SELECT setval('${tenant}.record_ids', ${count}), setval('${tenant}.record_numbers', ${count});`;

/** A script for psql, to be run by a superuser of the demo's own cluster. */
export function fillScript(tenant, sources, patientCount, recordCount) {
  const [source] = sources;
  return `
SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '1GB';
SET work_mem = '128MB';
INSERT INTO ${tenant}.staff SELECT * FROM ${source}.staff ON CONFLICT DO NOTHING;
${dropIndexes(tenant)}
${patients(tenant, sources, patientCount)}
${records(tenant, source, patientCount, recordCount)}
${buildIndexes(tenant)}
${TABLES.map((table) => `ANALYZE ${tenant}.${table};`).join("\n")}
-- About as many as the trigger would list: those that the patients' last visits asked for.
INSERT INTO ${tenant}.follow_ups (record_id, patient_id, due)
  SELECT l.id, l.patient_id, l.follow_up_date FROM (
    SELECT DISTINCT ON (r.patient_id) r.* FROM ${tenant}.medical_records r
    WHERE r.voided_at IS NULL ORDER BY r.patient_id, r.visit_date DESC, r.id DESC) l
  WHERE l.follow_up_required;
${TABLES.map((table) => `VACUUM ANALYZE ${tenant}.${table};`).join("\n")}`;
}
