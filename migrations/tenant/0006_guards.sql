-- What PostgreSQL refuses by itself, whoever writes: a visit that was signed changes by an amendment or
-- by a reopening only, each with its version, its hash and its signature. Rows that are there already
-- are not looked at; what is wrong with them `audit verify` tells.
--
-- Rules that need the whole transaction are constraint triggers, checked at its end. Making them
-- immediate (SET CONSTRAINTS) helps nobody: what they ask for cannot be taken back within a transaction.
-- The functions fix their search_path, since everybody may make types in pg_temp, which is searched first.

-- ---- versions ------------------------------------------------------------------------------------

-- The hash that the service takes over a version: of the canonical JSON object of these six. `content`
-- is canonical JSON already, the others need no escapes.
CREATE FUNCTION {tenant}.version_hash(v {tenant}.record_versions) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE RETURN
  encode(sha256(convert_to('{"author":' || (v).changed_by || ',"content":' || (v).content
    || ',"record_id":' || (v).record_id || ',"status":"' || (v).status || '","time":"'
    || rtrim(rtrim(to_char((v).changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.')
    || 'Z","version":' || (v).version || '}', 'UTF8')), 'hex');

-- Which step leads from which status to which. NULL before: the record is new.
CREATE FUNCTION {tenant}.step_leads(before text, kind text, after text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE kind WHEN 'created' THEN before IS NULL AND after = 'draft'
    WHEN 'finalized' THEN before = 'draft' AND after = 'finalized'
    WHEN 'amended' THEN before IN ('finalized', 'amended') AND after = 'amended'
    WHEN 'reopened' THEN before IN ('finalized', 'amended') AND after = 'draft'
    ELSE before = 'draft' AND after = 'draft' END;

CREATE FUNCTION {tenant}.versions_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.content_hash IS DISTINCT FROM {tenant}.version_hash(NEW) THEN
    RAISE EXCEPTION 'the hash of a version is not that of its content' USING ERRCODE = 'WB003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER versions_guard BEFORE INSERT ON {tenant}.record_versions
  FOR EACH ROW EXECUTE FUNCTION {tenant}.versions_guard();

-- At the end of the transaction: the record has taken the version, which follows the one before it and
-- is signed if it is of a kind that is. A record may be inserted with all its versions.
CREATE FUNCTION {tenant}.version_taken() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  m      {tenant}.medical_records;
  before {tenant}.record_versions.status%TYPE;
  wrong  {tenant}.record_versions.reason%TYPE;
BEGIN
  SELECT r.version, r.status, r.content_hash, r.signed_hash, r.finalized_by, r.finalized_at,
         r.voided_at, r.created_by, r.created_at
    INTO m.version, m.status, m.content_hash, m.signed_hash, m.finalized_by, m.finalized_at,
         m.voided_at, m.created_by, m.created_at
    FROM {tenant}.medical_records r WHERE r.id = NEW.record_id;
  IF NEW.version > 1 THEN
    SELECT p.status INTO before FROM {tenant}.record_versions p
      WHERE p.record_id = NEW.record_id AND p.version = NEW.version - 1;
  END IF;
  IF m.version < NEW.version THEN
    wrong := 'no record has taken it';
  ELSIF {tenant}.step_leads(before, NEW.kind, NEW.status) IS NOT TRUE
        OR (NEW.kind = 'created') <> (NEW.version = 1) THEN
    wrong := 'it does not follow the one before it';
  ELSIF m.version > NEW.version AND NOT EXISTS (
          -- Not into a gap that an older transaction left.
          SELECT FROM {tenant}.record_versions n WHERE n.record_id = NEW.record_id
            AND n.version = NEW.version + 1 AND n.xmin = pg_current_xact_id()::xid) THEN
    wrong := 'the record has gone on without it';
  ELSIF m.version = NEW.version AND (m.content_hash <> NEW.content_hash OR m.status <> NEW.status
          OR (m.voided_at IS NOT NULL) <> (NEW.kind = 'voided')
          OR NEW.kind IN ('finalized', 'amended')
             AND m.signed_hash IS DISTINCT FROM NEW.content_hash) THEN
    wrong := 'its record says otherwise';
  ELSIF NEW.kind = 'created'
        AND (m.created_by <> NEW.changed_by OR m.created_at <> NEW.changed_at) THEN
    wrong := 'its record was made otherwise';
  ELSIF NEW.kind = 'finalized' AND m.status <> 'draft'
        AND (m.finalized_by <> NEW.changed_by OR m.finalized_at <> NEW.changed_at)
        AND NOT EXISTS (SELECT FROM {tenant}.record_versions f WHERE f.record_id = NEW.record_id
                          AND f.version > NEW.version AND f.kind = 'finalized') THEN
    wrong := 'its record was finalized otherwise';
  ELSIF NEW.kind IN ('finalized', 'amended') AND NOT EXISTS (
          SELECT FROM {tenant}.signatures s
          WHERE s.record_id = NEW.record_id AND s.version = NEW.version) THEN
    wrong := 'it is not signed';
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'a version is refused: %', wrong USING ERRCODE = 'WB003';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER version_taken AFTER INSERT ON {tenant}.record_versions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {tenant}.version_taken();

-- A signature belongs to a version of the same transaction, says what it says, and is the only one of
-- it. (xmin: no part of the service writes within savepoints.)
CREATE FUNCTION {tenant}.signatures_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM {tenant}.record_versions v
                 WHERE v.record_id = NEW.record_id AND v.version = NEW.version
                   AND v.kind = NEW.meaning AND v.content_hash = NEW.content_hash
                   AND v.changed_by = NEW.signed_by AND v.changed_at = NEW.signed_at
                   AND v.xmin = pg_current_xact_id()::xid)
     OR EXISTS (SELECT FROM {tenant}.signatures s
                WHERE s.record_id = NEW.record_id AND s.version = NEW.version) THEN
    RAISE EXCEPTION 'a signature is made with its version' USING ERRCODE = 'WB003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER signatures_guard BEFORE INSERT ON {tenant}.signatures
  FOR EACH ROW EXECUTE FUNCTION {tenant}.signatures_guard();

-- ---- records -------------------------------------------------------------------------------------

-- The four parts of a search document, as they always were.
CREATE FUNCTION {tenant}.words_document(complaint text, rest text) RETURNS tsvector
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  setweight(to_tsvector('pg_catalog.simple', complaint), 'A')
  || setweight(to_tsvector('pg_catalog.english', complaint), 'B')
  || setweight(to_tsvector('pg_catalog.simple', rest), 'C')
  || setweight(to_tsvector('pg_catalog.english', rest), 'D');

-- A document holds 1 MB of different words. A text that has more is found by those at its beginning.
CREATE OR REPLACE FUNCTION {tenant}.record_document(r {tenant}.medical_records) RETURNS tsvector
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  complaint text := concat_ws(' ', r.chief_complaint, r.diagnosis);
  coded     text;
  rest      text := concat_ws(' ', r.history_of_present_illness, r.physical_examination,
                              r.treatment_plan, r.notes, r.follow_up_instructions);
  medication text := (SELECT string_agg(p->>'medication', ' ')
                      FROM jsonb_array_elements(r.prescriptions) AS p);
BEGIN
  SELECT string_agg(concat_ws(' ', d.icd_code, d.diagnosis_name, d.notes), ' ') INTO coded
    FROM {tenant}.diagnoses d WHERE d.record_id = r.id AND d.removed_at IS NULL;
  complaint := {tenant}.fold(concat_ws(' ', complaint, coded));
  rest := {tenant}.fold(concat_ws(' ', rest, medication));
  -- At the very worst the parser makes of each character a word of its own, which takes 5 bytes
  -- beside its letters, and gives all letters twice (a-b is also a and b); and the words and their
  -- stems have nothing in common. What may be too long by that is tried, and cut where it is.
  WHILE 4 * (octet_length(complaint) + octet_length(rest)) + 10 * (length(complaint) + length(rest))
        > 1000000 LOOP
    BEGIN
      RETURN {tenant}.words_document(complaint, rest);
    EXCEPTION WHEN program_limit_exceeded THEN
      IF length(rest) > length(complaint) THEN
        rest := left(rest, length(rest) / 2);
      ELSE
        complaint := left(complaint, length(complaint) / 2);
      END IF;
    END;
  END LOOP;
  RETURN {tenant}.words_document(complaint, rest);
END $$;

-- A change of a row takes the version that was written before it in the same transaction, and changes
-- what a version of that kind changes: the row must come out as it is expected here, whatever columns
-- the table may get.
CREATE OR REPLACE FUNCTION {tenant}.records_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v        {tenant}.record_versions;
  expected {tenant}.medical_records;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'records are never deleted' USING ERRCODE = 'WB002';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.record_number !~ '^MR-[0-9]{4}-[0-9]{6,}$' THEN
      RAISE EXCEPTION 'a record number is MR-year-number' USING ERRCODE = 'WB003';
    END IF;
    NEW.search := {tenant}.record_document(NEW);
    RETURN NEW;
  END IF;
  IF OLD.voided_at IS NOT NULL THEN
    RAISE EXCEPTION 'a voided record stays as it is' USING ERRCODE = 'WB004';
  END IF;

  SELECT n.kind, n.reason, n.status, n.changed_by, n.changed_at, n.content_hash
    INTO v.kind, v.reason, v.status, v.changed_by, v.changed_at, v.content_hash
    FROM {tenant}.record_versions n WHERE n.record_id = OLD.id AND n.version = OLD.version + 1;
  expected := OLD;
  expected.version := OLD.version + 1;
  expected.status := v.status;
  expected.content_hash := v.content_hash;
  expected.updated_at := NEW.updated_at;
  expected.search := NEW.search;
  expected.prescriptions_text := NEW.prescriptions_text;  -- generated behind this trigger
  expected.vital_signs_text := NEW.vital_signs_text;
  expected.lab_results_text := NEW.lab_results_text;
  IF v.kind IN ('updated', 'diagnosis', 'amended') THEN
    IF v.kind = 'updated' THEN expected.patient_id := NEW.patient_id; END IF;
    expected.doctor_id := NEW.doctor_id;
    expected.visit_date := NEW.visit_date;
    expected.visit_type := NEW.visit_type;
    expected.chief_complaint := NEW.chief_complaint;
    expected.history_of_present_illness := NEW.history_of_present_illness;
    expected.physical_examination := NEW.physical_examination;
    expected.diagnosis := NEW.diagnosis;
    expected.treatment_plan := NEW.treatment_plan;
    expected.prescriptions := NEW.prescriptions;
    expected.vital_signs := NEW.vital_signs;
    expected.lab_results := NEW.lab_results;
    expected.notes := NEW.notes;
    expected.follow_up_required := NEW.follow_up_required;
    expected.follow_up_date := NEW.follow_up_date;
    expected.follow_up_instructions := NEW.follow_up_instructions;
  END IF;
  CASE v.kind
    WHEN 'finalized' THEN
      expected.signed_hash := v.content_hash;
      expected.finalized_by := v.changed_by;
      expected.finalized_at := v.changed_at;
    WHEN 'amended' THEN
      expected.signed_hash := v.content_hash;
    WHEN 'reopened' THEN
      expected.signed_hash := NULL;
      expected.finalized_by := NULL;
      expected.finalized_at := NULL;
    WHEN 'voided' THEN
      expected.voided_by := v.changed_by;
      expected.voided_at := v.changed_at;
      expected.void_reason := v.reason;
    ELSE NULL;
  END CASE;
  -- *<> compares bytes, and NULL with NULL.
  IF {tenant}.step_leads(OLD.status, v.kind, v.status) IS NOT TRUE OR expected *<> NEW THEN
    IF OLD.status <> 'draft' THEN
      RAISE EXCEPTION 'a finalized record is only amended or reopened' USING ERRCODE = 'WB001';
    END IF;
    RAISE EXCEPTION 'a change of a record is its next version' USING ERRCODE = 'WB003';
  END IF;
  IF v.kind = 'voided'
     AND EXISTS (SELECT FROM {tenant}.signatures s WHERE s.record_id = OLD.id) THEN
    RAISE EXCEPTION 'a visit that was signed once is not voided' USING ERRCODE = 'WB001';
  END IF;
  NEW.updated_at := greatest(now(), OLD.updated_at);
  NEW.search := {tenant}.record_document(NEW);
  RETURN NEW;
END $$;

-- ---- diagnoses -----------------------------------------------------------------------------------

-- The record's version that made the diagnosis what it is; NULL of what nobody changed since this is
-- kept.
ALTER TABLE {tenant}.diagnoses ADD COLUMN changed_in integer;

-- A diagnosis changes with its record's next version. The record is locked first, so that none changes
-- under a signature that is being made. The service has that lock before it reads a diagnosis; a
-- statement that goes for the diagnosis first may meet it in a circle, and one of the two is refused.
CREATE OR REPLACE FUNCTION {tenant}.diagnoses_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  m        {tenant}.medical_records;
  expected {tenant}.diagnoses;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'diagnoses are marked as removed, never deleted' USING ERRCODE = 'WB002';
  END IF;
  SELECT r.status, r.version, r.voided_at INTO m.status, m.version, m.voided_at
    FROM {tenant}.medical_records r WHERE r.id = NEW.record_id FOR NO KEY UPDATE;
  -- Of a record that comes later in the same statement: its first version.
  NEW.changed_in := coalesce(m.version, 0) + 1;
  IF TG_OP = 'UPDATE' THEN
    expected := OLD;
    expected.icd_code := NEW.icd_code;
    IF NEW.icd_code <> OLD.icd_code THEN expected.icd_release := NEW.icd_release; END IF;
    expected.diagnosis_name := NEW.diagnosis_name;
    expected.diagnosis_type := NEW.diagnosis_type;
    expected.status := NEW.status;
    expected.notes := NEW.notes;
    expected.updated_at := NEW.updated_at;
    expected.removed_at := NEW.removed_at;
    expected.changed_in := NEW.changed_in;
    IF expected *<> NEW THEN
      RAISE EXCEPTION 'a diagnosis stays with its record' USING ERRCODE = 'WB003';
    END IF;
  END IF;
  IF m.voided_at IS NOT NULL THEN
    RAISE EXCEPTION 'a voided record stays as it is' USING ERRCODE = 'WB004';
  END IF;
  IF m.status <> 'draft' AND NOT EXISTS (
       SELECT FROM {tenant}.record_versions v
       WHERE v.record_id = NEW.record_id AND v.version = NEW.changed_in AND v.kind = 'amended') THEN
    RAISE EXCEPTION 'a finalized record is only amended or reopened' USING ERRCODE = 'WB001';
  END IF;
  RETURN NEW;
END $$;

-- At the end of the transaction there is that version; version_taken sees to it that the record is.
CREATE FUNCTION {tenant}.diagnosis_versioned() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM {tenant}.record_versions v
                 WHERE v.record_id = NEW.record_id AND v.version = NEW.changed_in
                   AND v.kind IN ('created', 'updated', 'diagnosis', 'amended')) THEN
    RAISE EXCEPTION 'a change of a diagnosis is a version of its record' USING ERRCODE = 'WB003';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER diagnosis_versioned AFTER INSERT OR UPDATE ON {tenant}.diagnoses
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {tenant}.diagnosis_versioned();

-- ---- files ---------------------------------------------------------------------------------------

-- The record's version at which the file became available; NULL of files from before this was kept.
ALTER TABLE {tenant}.record_attachments ADD COLUMN since_version integer;

-- Whether the file was there when its record was signed. Versions are in order whatever the clocks say;
-- files from before have only their times.
CREATE FUNCTION {tenant}.signed_with(a {tenant}.record_attachments) RETURNS boolean
  LANGUAGE sql STABLE RETURN
  EXISTS (SELECT FROM {tenant}.signatures s WHERE s.record_id = (a).record_id
          AND CASE WHEN (a).since_version IS NULL
                THEN s.signed_at >= coalesce((a).completed_at, (a).created_at)
                ELSE s.version > (a).since_version END);

-- A file's row goes its way (pending, available, deleted and back) and changes on the way only what
-- belongs to the step; a file that is part of a signed visit does not leave it.
--
-- Where a file comes or goes the record is locked, shared, behind the file's own row. No writer of
-- records waits for a file's row while it has a record, and a new file's row, which is inserted behind
-- the lock on its record, is nobody else's: so there is no circle. Downloads are counted without it.
CREATE OR REPLACE FUNCTION {tenant}.attachments_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  m        {tenant}.medical_records;
  expected {tenant}.record_attachments;
  step     {tenant}.record_attachments.state%TYPE;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'attachments are marked, never deleted' USING ERRCODE = 'WB002';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    step := OLD.state || ' ' || NEW.state;
    NEW.added_after_finalization := OLD.added_after_finalization;
    NEW.since_version := OLD.since_version;
    expected := OLD;
    expected.state := NEW.state;
    expected.download_count := NEW.download_count;
    expected.last_accessed_at := NEW.last_accessed_at;
    expected.storage_class := NEW.storage_class;
    expected.etag := NEW.etag;
    expected.legal_hold := NEW.legal_hold;
    IF OLD.state = 'pending' THEN
      expected.file_size := NEW.file_size;
      expected.stored_size := NEW.stored_size;
      expected.sha256 := coalesce(OLD.sha256, NEW.sha256);
      expected.stored_sha256 := coalesce(OLD.stored_sha256, NEW.stored_sha256);
      expected.verified_at := NEW.verified_at;
      expected.completed_at := NEW.completed_at;
      expected.upload_id := NEW.upload_id;
      expected.upload_expires_at := NEW.upload_expires_at;
      expected.rejected_reason := NEW.rejected_reason;
      expected.deleted_at := NEW.deleted_at;
    ELSIF step = 'available deleted' THEN
      expected.deleted_at := NEW.deleted_at;
      expected.deleted_by := NEW.deleted_by;
    ELSIF step = 'deleted available' AND OLD.purged_at IS NULL THEN
      expected.deleted_at := NULL;
      expected.deleted_by := NULL;
    ELSIF step IN ('deleted deleted', 'rejected rejected') AND NOT OLD.legal_hold THEN
      expected.purged_at := coalesce(NEW.purged_at, OLD.purged_at);
    ELSIF NEW.state <> OLD.state THEN
      expected.state := OLD.state;
    END IF;
    IF step = 'pending deleted' OR expected *<> NEW THEN
      RAISE EXCEPTION 'a file stays what it is' USING ERRCODE = 'WB003';
    END IF;
  END IF;
  IF (NEW.state = 'available') = (TG_OP = 'UPDATE' AND OLD.state = 'available') THEN
    RETURN NEW;
  END IF;

  SELECT r.status, r.version INTO m.status, m.version
    FROM {tenant}.medical_records r WHERE r.id = NEW.record_id FOR SHARE;
  IF NEW.state = 'available' THEN
    NEW.added_after_finalization := NEW.added_after_finalization OR m.status <> 'draft';
    NEW.since_version := m.version;
  ELSIF m.status <> 'draft' OR {tenant}.signed_with(OLD) THEN
    RAISE EXCEPTION 'a signed visit keeps its files' USING ERRCODE = 'WB001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER attachments_guard BEFORE INSERT OR UPDATE OR DELETE
  ON {tenant}.record_attachments FOR EACH ROW EXECUTE FUNCTION {tenant}.attachments_guard();

-- ---- templates -----------------------------------------------------------------------------------

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {tenant}.template_versions
  FOR EACH STATEMENT EXECUTE FUNCTION {tenant}.append_only();

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {tenant} TO {role};
