-- A diagnosis changes with its record's next revision; an amendment's between the row's revision and its
-- version. `changed_in` is that revision. The record is locked first, so that none changes under a
-- signature that is being made. The service has that lock before it reads a diagnosis; a statement that
-- goes for the diagnosis first may meet it in a circle, and one of the two is refused.
-- At the end of the transaction the record has that revision, and it is one that may change diagnoses.
CREATE OR REPLACE FUNCTION {tenant}.diagnoses_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  m        {tenant}.medical_records;
  expected {tenant}.diagnoses;
  amends   boolean := false;
  made_now boolean := false;
BEGIN
  IF TG_WHEN = 'AFTER' THEN  -- at the end of the transaction
    IF NOT EXISTS (SELECT FROM {tenant}.medical_records r
                   WHERE r.id = NEW.record_id AND r.revision >= NEW.changed_in)
       OR EXISTS (SELECT FROM {tenant}.record_versions v
                  WHERE v.record_id = NEW.record_id AND v.revision = NEW.changed_in
                    AND v.kind IN ('finalized', 'reopened', 'voided')) THEN
      RAISE EXCEPTION 'a change of a diagnosis is a version of its record' USING ERRCODE = 'WB003';
    END IF;
    RETURN NULL;
  END IF;
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

CREATE OR REPLACE TRIGGER diagnoses_guard BEFORE INSERT OR UPDATE OR DELETE
  ON {tenant}.diagnoses FOR EACH ROW EXECUTE FUNCTION {tenant}.diagnoses_guard();
DROP TRIGGER IF EXISTS diagnosis_versioned ON {tenant}.diagnoses;
CREATE CONSTRAINT TRIGGER diagnosis_versioned AFTER INSERT OR UPDATE ON {tenant}.diagnoses
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.changed_in IS NOT NULL)
  EXECUTE FUNCTION {tenant}.diagnoses_guard();
