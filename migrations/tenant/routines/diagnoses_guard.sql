-- A diagnosis changes with its record's next version. The record is locked first, so that none changes
-- under a signature that is being made. The service has that lock before it reads a diagnosis; a
-- statement that goes for the diagnosis first may meet it in a circle, and one of the two is refused.
-- At the end of the transaction there is that version; version_taken sees to it that the record has it.
CREATE OR REPLACE FUNCTION {tenant}.diagnoses_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  m        {tenant}.medical_records;
  expected {tenant}.diagnoses;
BEGIN
  IF TG_WHEN = 'AFTER' THEN  -- at the end of the transaction
    IF NOT EXISTS (SELECT FROM {tenant}.record_versions v
                   WHERE v.record_id = NEW.record_id AND v.version = NEW.changed_in
                     AND v.kind IN ('created', 'updated', 'diagnosis', 'amended')) THEN
      RAISE EXCEPTION 'a change of a diagnosis is a version of its record' USING ERRCODE = 'WB003';
    END IF;
    RETURN NULL;
  END IF;
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

CREATE OR REPLACE TRIGGER diagnoses_guard BEFORE INSERT OR UPDATE OR DELETE
  ON {tenant}.diagnoses FOR EACH ROW EXECUTE FUNCTION {tenant}.diagnoses_guard();
DROP TRIGGER IF EXISTS diagnosis_versioned ON {tenant}.diagnoses;
CREATE CONSTRAINT TRIGGER diagnosis_versioned AFTER INSERT OR UPDATE ON {tenant}.diagnoses
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {tenant}.diagnoses_guard();
