-- Revisions and versions. Every accepted write of a record is a revision of its row. What a version has
-- taken so far is in the row, the open version, until the next one begins; then it is inserted here. Signed
-- and voided ones and reopenings take no more and are inserted at once.

ALTER TABLE {tenant}.medical_records
  DROP CONSTRAINT record_has_version,
  ADD COLUMN revision         integer NOT NULL DEFAULT 1,
  ADD COLUMN version_kind     text NOT NULL,        -- of the version that the row has
  ADD COLUMN version_by       bigint NOT NULL REFERENCES {tenant}.staff,
  ADD COLUMN version_begun_at timestamptz NOT NULL, -- it ends at updated_at
  ADD COLUMN content_format   smallint NOT NULL,
  ADD COLUMN content_salt     uuid,                 -- NULL: erased
  ADD COLUMN content_digest   bytea NOT NULL;

DROP TABLE {tenant}.record_versions CASCADE;
CREATE TABLE {tenant}.record_versions (
  record_id      bigint NOT NULL REFERENCES {tenant}.medical_records,
  version        integer NOT NULL,
  revision       integer NOT NULL,       -- its last
  kind           text NOT NULL,
  status         text NOT NULL,
  patient_id     bigint NOT NULL,
  changed_by     bigint NOT NULL REFERENCES {tenant}.staff,
  begun_at       timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,   -- last
  content_format smallint NOT NULL,
  content_digest bytea NOT NULL,
  content_hash   text NOT NULL,
  -- What a lawful erasure removes.
  content_salt   uuid,
  reason         text,
  content        text,
  PRIMARY KEY (record_id, version)
);
ALTER TABLE {tenant}.signatures ADD FOREIGN KEY (record_id, version)
  REFERENCES {tenant}.record_versions (record_id, version);

-- What patients and files were after each change.
CREATE TABLE {tenant}.row_versions (
  resource       text NOT NULL,
  resource_id    bigint NOT NULL,
  version        integer NOT NULL,
  kind           text NOT NULL,
  patient_id     bigint NOT NULL,
  changed_by     bigint,
  changed_at     timestamptz NOT NULL,
  content_format smallint NOT NULL,
  content_digest bytea NOT NULL,
  content_hash   text NOT NULL,
  content_salt   uuid,
  reason         text,
  content        text,
  PRIMARY KEY (resource, resource_id, version)
);


-- A template is no patient's: it has no salt and is not erased.
ALTER TABLE {tenant}.template_versions DISABLE TRIGGER append_only;
ALTER TABLE {tenant}.template_versions
  ADD COLUMN content_format smallint NOT NULL DEFAULT 1,
  ADD COLUMN content_hash   text;
UPDATE {tenant}.template_versions v SET content_hash =
  encode(sha256(convert_to(concat_ws(' ', 1, 'template', v.template_id, v.version, v.version, 'template',
    '-', '-', coalesce(v.changed_by::text, '-'),
    (extract(epoch FROM v.changed_at) * 1000000)::bigint,
    (extract(epoch FROM v.changed_at) * 1000000)::bigint,
    encode(sha256(convert_to('-,' || concat(octet_length(v.name), ':', v.name, ',',
      octet_length(v.visit_type), ':', v.visit_type, ',', octet_length(v.specialty), ':', v.specialty,
      ',', octet_length(v.content::text), ':', v.content::text, ','), 'UTF8')), 'hex')), 'UTF8')), 'hex');
ALTER TABLE {tenant}.template_versions
  ALTER COLUMN content_format DROP DEFAULT, ALTER COLUMN content_hash SET NOT NULL;
ALTER TABLE {tenant}.template_versions ENABLE TRIGGER append_only;

-- ---- guards -------------------------------------------------------------------------------------

DROP TRIGGER records_guard ON {tenant}.medical_records;
DROP FUNCTION {tenant}.records_guard();
DROP FUNCTION {tenant}.step_leads(text, text, text);
CREATE TRIGGER records_guard BEFORE INSERT OR UPDATE OR DELETE
  ON {tenant}.medical_records FOR EACH ROW EXECUTE FUNCTION wardbook.records_guard();

-- At the end of the transaction: a version that takes no more is kept.
CREATE FUNCTION {tenant}.record_closed() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM {tenant}.record_versions v WHERE v.record_id = NEW.id
                   AND v.version = NEW.version AND v.content_hash = NEW.content_hash) THEN
    RAISE EXCEPTION 'the version is not kept' USING ERRCODE = 'WB003';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER record_closed AFTER INSERT OR UPDATE ON {tenant}.medical_records
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.version_kind NOT IN ('created', 'updated', 'diagnosis'))
  EXECUTE FUNCTION {tenant}.record_closed();

-- A version is what the row of its record says, bytes compared with bytes. One whose record is not there
-- yet comes with it in one statement.
CREATE OR REPLACE FUNCTION {tenant}.versions_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  m {tenant}.medical_records;
BEGIN
  IF NEW.kind IN ('amended', 'reopened', 'voided')
     AND coalesce(btrim(NEW.reason, E' \t\r\n'), '') = '' THEN
    RAISE EXCEPTION 'an amendment, a reopening and a voiding say why' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.content_digest IS DISTINCT FROM sha256(uuid_send(NEW.content_salt) || convert_to(
       coalesce(octet_length(NEW.reason) || ':' || NEW.reason || ',', '-,') || NEW.content, 'UTF8'))
     OR NEW.content_hash IS DISTINCT FROM encode(sha256(convert_to(concat_ws(' ', NEW.content_format,
          'record', NEW.record_id, NEW.version, NEW.revision, NEW.kind, NEW.status, NEW.patient_id,
          NEW.changed_by, (extract(epoch FROM NEW.begun_at) * 1000000)::bigint,
          (extract(epoch FROM NEW.changed_at) * 1000000)::bigint,
          encode(NEW.content_digest, 'hex')), 'UTF8')), 'hex') THEN
    RAISE EXCEPTION 'the hash of a version is not that of its content' USING ERRCODE = 'WB003';
  END IF;
  SELECT * INTO m FROM {tenant}.medical_records r WHERE r.id = NEW.record_id;
  IF FOUND AND (m.version, m.revision, m.version_kind, m.status, m.patient_id, m.version_by,
                m.version_begun_at, m.updated_at, m.content_format, m.content_digest, m.content_salt,
                m.content_hash, m.void_reason)
       IS DISTINCT FROM (NEW.version, NEW.revision, NEW.kind, NEW.status, NEW.patient_id, NEW.changed_by,
                NEW.begun_at, NEW.changed_at, NEW.content_format, NEW.content_digest, NEW.content_salt,
                NEW.content_hash, CASE WHEN NEW.kind = 'voided' THEN NEW.reason END) THEN
    RAISE EXCEPTION 'a version is what its record says' USING ERRCODE = 'WB003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER versions_guard BEFORE INSERT ON {tenant}.record_versions
  FOR EACH ROW EXECUTE FUNCTION {tenant}.versions_guard();

-- At the end of the transaction: the record has gone on, unless the version takes no more; the version
-- before it is there, and it is signed if it is of a kind that is.
CREATE OR REPLACE FUNCTION {tenant}.version_taken() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  now_at {tenant}.medical_records.version%TYPE;
  wrong  {tenant}.record_versions.reason%TYPE;
BEGIN
  SELECT r.version INTO now_at FROM {tenant}.medical_records r WHERE r.id = NEW.record_id;
  IF now_at < NEW.version THEN
    wrong := 'its record is behind';
  ELSIF now_at = NEW.version AND NEW.kind IN ('created', 'updated', 'diagnosis') THEN
    wrong := 'its record has not gone on';
  ELSIF (NEW.version = 1) <> (NEW.kind = 'created') OR NEW.version > 1 AND NOT EXISTS (
          SELECT FROM {tenant}.record_versions p WHERE p.record_id = NEW.record_id
            AND p.version = NEW.version - 1 AND p.revision < NEW.revision
            AND p.changed_at <= NEW.begun_at) THEN
    wrong := 'it does not follow the one before it';
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

CREATE TRIGGER version_kept BEFORE UPDATE ON {tenant}.record_versions
  FOR EACH ROW EXECUTE FUNCTION wardbook.version_kept();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON {tenant}.record_versions
  FOR EACH STATEMENT EXECUTE FUNCTION {tenant}.append_only();
CREATE TRIGGER row_versions_guard BEFORE INSERT ON {tenant}.row_versions
  FOR EACH ROW EXECUTE FUNCTION wardbook.row_versions_guard();
CREATE TRIGGER version_kept BEFORE UPDATE ON {tenant}.row_versions
  FOR EACH ROW EXECUTE FUNCTION wardbook.version_kept();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON {tenant}.row_versions
  FOR EACH STATEMENT EXECUTE FUNCTION {tenant}.append_only();

-- A diagnosis changes with its record's next revision; an amendment's between the row's revision and its
-- version. `changed_in` is that revision. The record is locked first, so that none changes under a
-- signature that is being made. The service has that lock before it reads a diagnosis; a statement that
-- goes for the diagnosis first may meet it in a circle, and one of the two is refused.
CREATE OR REPLACE FUNCTION {tenant}.diagnoses_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  m        {tenant}.medical_records;
  expected {tenant}.diagnoses;
  amends   boolean := false;
  made_now boolean := false;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'diagnoses are marked as removed, never deleted' USING ERRCODE = 'WB002';
  END IF;
  SELECT r.id, r.status, r.version, r.revision, r.version_kind, r.voided_at, r.content_salt,
         r.revision = 1 AND r.xmin = pg_current_xact_id()::xid
    INTO m.id, m.status, m.version, m.revision, m.version_kind, m.voided_at, m.content_salt, made_now
    FROM {tenant}.medical_records r WHERE r.id = NEW.record_id FOR NO KEY UPDATE;
  IF m.id IS NOT NULL AND m.content_salt IS NULL AND pg_has_role(current_user,
       (SELECT c.relowner FROM pg_class c WHERE c.oid = TG_RELID), 'MEMBER') THEN
    NEW.changed_in := NULL;
    RETURN NEW;  -- wardbook.record_erase
  END IF;
  IF m.version_kind = 'amended' THEN
    amends := NOT EXISTS (SELECT FROM {tenant}.record_versions v
                          WHERE v.record_id = NEW.record_id AND v.version = m.version);
  END IF;
  -- Of a record that comes later in the same statement, or was made before in the same transaction:
  -- its first revision.
  NEW.changed_in := CASE WHEN amends OR made_now THEN m.revision
                    ELSE coalesce(m.revision, 0) + 1 END;
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
  IF m.status <> 'draft' AND NOT amends THEN
    RAISE EXCEPTION 'a finalized record is only amended or reopened' USING ERRCODE = 'WB001';
  END IF;
  RETURN NEW;
END $$;

-- At the end of the transaction the record has that revision, and it is one that may change diagnoses.
CREATE OR REPLACE FUNCTION {tenant}.diagnosis_versioned() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM {tenant}.medical_records r
                 WHERE r.id = NEW.record_id AND r.revision >= NEW.changed_in)
     OR EXISTS (SELECT FROM {tenant}.record_versions v
                WHERE v.record_id = NEW.record_id AND v.revision = NEW.changed_in
                  AND v.kind IN ('finalized', 'reopened', 'voided')) THEN
    RAISE EXCEPTION 'a change of a diagnosis is a version of its record' USING ERRCODE = 'WB003';
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER diagnosis_versioned ON {tenant}.diagnoses;
CREATE CONSTRAINT TRIGGER diagnosis_versioned AFTER INSERT OR UPDATE ON {tenant}.diagnoses
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.changed_in IS NOT NULL)
  EXECUTE FUNCTION {tenant}.diagnosis_versioned();

GRANT SELECT, INSERT ON {tenant}.record_versions, {tenant}.row_versions TO {role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {tenant} TO {role};
