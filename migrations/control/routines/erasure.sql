-- Lawful erasure of a patient, by the owner alone (the service asks for it over the owner's login). Once for
-- all hospitals: the schema is a parameter.

-- Empties all rows that say something of the patient, in one transaction, and writes down what is to be removed
-- from the store. Returns 'erased'; 'held' (nothing is done: a legal hold is in force); 'done' if that was
-- decided before. An audit entry without a seal stops it (object_not_in_prerequisite_state); it is
-- repeated once the sealer has come by.
CREATE OR REPLACE FUNCTION wardbook.erase_patient(tenant text, erasure bigint) RETURNS text LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_patient bigint;
  was        text;
  held       boolean;
  visits     bigint;
  files      bigint;
  bytes      bigint;
  versions   bigint;
  entries    bigint;
BEGIN
  EXECUTE format('SELECT patient_id, state FROM %I.erasures WHERE id = $1 FOR UPDATE', tenant)
    INTO of_patient, was USING erasure;
  IF was IS DISTINCT FROM 'requested' THEN
    RETURN 'done';
  END IF;
  -- Files before visits, visits before the patient: the order in which everybody locks them.
  EXECUTE format('SELECT FROM %1$I.record_attachments a JOIN %1$I.medical_records r ON r.id = a.record_id'
                 ' WHERE r.patient_id = $1 ORDER BY a.id FOR UPDATE OF a', tenant) USING of_patient;
  EXECUTE format('SELECT FROM %I.medical_records WHERE patient_id = $1 ORDER BY id FOR UPDATE', tenant)
    USING of_patient;
  EXECUTE format('SELECT FROM %I.patients WHERE id = $1 FOR UPDATE', tenant) USING of_patient;
  EXECUTE format('SELECT EXISTS (SELECT FROM %I.legal_holds h WHERE h.patient_id = $1'
                 ' AND h.released_at IS NULL)', tenant) INTO held USING of_patient;
  IF held THEN
    RETURN 'held';
  END IF;

  -- Every key that an upload ever had, and the folders: what is cached beside a file goes with it.
  EXECUTE format(
    'WITH keys AS ('
    '  SELECT a.s3_bucket, k.key, max(a.upload_expires_at) + interval ''5 minutes'' AS again_after'
    '  FROM %1$I.record_attachments a JOIN %1$I.medical_records r ON r.id = a.record_id'
    '  CROSS JOIN LATERAL unnest(a.past_keys || a.s3_key) AS k (key) WHERE r.patient_id = $2 GROUP BY 1, 2)'
    ' INSERT INTO %1$I.erasure_objects (erasure_id, s3_bucket, s3_key, again_after)'
    ' SELECT $1, s3_bucket, key, again_after FROM keys'
    ' UNION ALL SELECT $1, s3_bucket, regexp_replace(key, ''[^/]*$'', ''''), max(again_after) FROM keys'
    ' GROUP BY 2, 3', tenant) USING erasure, of_patient;
  EXECUTE format(
    'SELECT count(*), coalesce(sum(a.file_size), 0) FROM %1$I.record_attachments a'
    ' JOIN %1$I.medical_records r ON r.id = a.record_id'
    ' WHERE r.patient_id = $1 AND a.verified_at IS NOT NULL AND a.purged_at IS NULL', tenant)
    INTO files, bytes USING of_patient;
  EXECUTE format(
    'UPDATE %1$I.record_attachments a SET file_name = ''erased-'' || a.id, description = NULL,'
    ' s3_key = $2 || ''/erased/'' || a.id, past_keys = NULL, sha256 = NULL, stored_sha256 = NULL,'
    ' declared_sha256 = NULL, etag = NULL, rejected_reason = NULL, upload_id = NULL, part_sha256 = NULL,'
    ' archive_status = NULL,'
    ' upload_expires_at = NULL,'
    ' state = CASE WHEN a.state IN (''pending'', ''rejected'') THEN ''rejected'' ELSE ''deleted'' END,'
    ' deleted_at = coalesce(a.deleted_at, now()), purged_at = coalesce(a.purged_at, now())'
    ' FROM %1$I.medical_records r WHERE r.id = a.record_id AND r.patient_id = $1', tenant)
    USING of_patient, tenant;

  -- Digests of blocks tell who has the file, or can guess it, that it is this one.
  EXECUTE format(
    'DELETE FROM %1$I.attachment_blocks b USING %1$I.record_attachments a, %1$I.medical_records r'
    ' WHERE b.attachment_id = a.id AND r.id = a.record_id AND r.patient_id = $1', tenant)
    USING of_patient;

  versions := wardbook.record_erase(tenant, of_patient);
  EXECUTE format('UPDATE %I.medical_records SET voided_at = now()'
                 ' WHERE patient_id = $1 AND voided_at IS NULL', tenant) USING of_patient;
  EXECUTE format('SELECT count(*) FROM %I.medical_records WHERE patient_id = $1', tenant)
    INTO visits USING of_patient;
  EXECUTE format('UPDATE %I.legal_holds SET reason = ''erased'' WHERE patient_id = $1', tenant)
    USING of_patient;
  -- Answers that are kept for whoever asks again.
  EXECUTE format('DELETE FROM %I.idempotency_keys k WHERE k.looks @> jsonb_build_array('
                 'jsonb_build_object(''patient'', $1))', tenant) USING of_patient;
  EXECUTE format(
    'UPDATE %I.patients SET patient_number = ''erased-'' || id, first_name = ''erased'','
    ' last_name = ''erased'', date_of_birth = ''0001-01-01'', sex = ''unknown'', phone = NULL, email = NULL,'
    ' address = NULL, emergency_contact = NULL, allergies = ''[]'', number_key = ''erased-'' || id,'
    ' number_letters = '''', number_forms = ''{}'', names = '''', search_format = 32767,'
    ' erased_at = now() WHERE id = $1', tenant)
    USING of_patient;
  -- Words that nobody is called any more. New patients wait meanwhile: each of their words is there
  -- already or comes with them.
  EXECUTE format('LOCK TABLE %I.name_words IN SHARE ROW EXCLUSIVE MODE', tenant);
  EXECUTE format(
    'DELETE FROM %I.name_words w WHERE NOT EXISTS ('
    ' SELECT FROM ts_stat($1) s WHERE s.word COLLATE "C" = w.word)', tenant)
    USING format('SELECT names FROM %I.patients', tenant);
  entries := wardbook.audit_erase(tenant, of_patient);

  EXECUTE format('UPDATE %I.erasures SET state = ''rows_erased'', rows_erased_at = now(), counts = $2'
                 ' WHERE id = $1', tenant)
    USING erasure, jsonb_build_object('records', visits, 'versions', versions, 'audit_entries', entries,
                                      'files', files, 'file_bytes', bytes);
  RETURN 'erased';
END $$;

REVOKE ALL ON FUNCTION wardbook.erase_patient(text, bigint) FROM PUBLIC;
