-- A version has the hash of its content, and is not older than the one before it.
CREATE OR REPLACE FUNCTION {tenant}.versions_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.content_hash IS DISTINCT FROM wardbook.version_hash(NEW.record_id, NEW.version, NEW.status,
       NEW.changed_by, NEW.changed_at, NEW.content) THEN
    RAISE EXCEPTION 'the hash of a version is not that of its content' USING ERRCODE = 'WB003';
  END IF;
  IF EXISTS (SELECT FROM {tenant}.record_versions p WHERE p.record_id = NEW.record_id
               AND p.version = NEW.version - 1 AND p.changed_at > NEW.changed_at) THEN
    RAISE EXCEPTION 'a version is not older than the one before it' USING ERRCODE = 'WB003';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER versions_guard BEFORE INSERT ON {tenant}.record_versions
  FOR EACH ROW EXECUTE FUNCTION {tenant}.versions_guard();

-- At the end of the transaction: the record has taken the version, which follows the one before it and
-- is signed if it is of a kind that is. A record may be inserted with all its versions.
CREATE OR REPLACE FUNCTION {tenant}.version_taken() RETURNS trigger LANGUAGE plpgsql
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
  ELSIF wardbook.step_leads(before, NEW.kind, NEW.status) IS NOT TRUE
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

-- Making it immediate (SET CONSTRAINTS) helps nobody: what it asks for cannot be taken back within a
-- transaction.
DROP TRIGGER IF EXISTS version_taken ON {tenant}.record_versions;
CREATE CONSTRAINT TRIGGER version_taken AFTER INSERT ON {tenant}.record_versions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {tenant}.version_taken();
