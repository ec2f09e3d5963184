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

CREATE OR REPLACE TRIGGER versions_guard BEFORE INSERT ON {tenant}.record_versions
  FOR EACH ROW EXECUTE FUNCTION {tenant}.versions_guard();
CREATE OR REPLACE TRIGGER row_versions_guard BEFORE INSERT ON {tenant}.row_versions
  FOR EACH ROW EXECUTE FUNCTION wardbook.row_versions_guard();
CREATE OR REPLACE TRIGGER chart_objects_guard BEFORE UPDATE OR DELETE ON {tenant}.chart_objects
  FOR EACH ROW EXECUTE FUNCTION wardbook.chart_objects_guard();

-- At the end of the transaction: the record has gone on, unless the version takes no more; the version
-- before it is there, and it is signed if it is of a kind that is. And a record whose version takes no more
-- has it in the history.
CREATE OR REPLACE FUNCTION {tenant}.version_taken() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  now_at {tenant}.medical_records.version%TYPE;
  wrong  {tenant}.record_versions.reason%TYPE;
BEGIN
  IF TG_TABLE_NAME = 'medical_records' THEN
    IF NOT EXISTS (SELECT FROM {tenant}.record_versions v WHERE v.record_id = NEW.id
                     AND v.version = NEW.version AND v.content_hash = NEW.content_hash) THEN
      RAISE EXCEPTION 'the version is not kept' USING ERRCODE = 'WB003';
    END IF;
    RETURN NULL;
  END IF;
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

-- Making it immediate (SET CONSTRAINTS) helps nobody: what it asks for cannot be taken back within a
-- transaction.
DROP TRIGGER IF EXISTS version_taken ON {tenant}.record_versions;
CREATE CONSTRAINT TRIGGER version_taken AFTER INSERT ON {tenant}.record_versions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {tenant}.version_taken();
DROP TRIGGER IF EXISTS record_closed ON {tenant}.medical_records;
CREATE CONSTRAINT TRIGGER record_closed AFTER INSERT OR UPDATE ON {tenant}.medical_records
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.version_kind NOT IN ('created', 'updated', 'diagnosis'))
  EXECUTE FUNCTION {tenant}.version_taken();
