-- What PostgreSQL refuses by itself, whoever writes: a visit that was signed changes by an amendment or
-- by a reopening only, each with its version, its hash and its signature. Rules that need the whole
-- transaction are constraint triggers, checked at its end (versions_guard.sql). The functions fix their
-- search_path, since everybody may make types in pg_temp, which is searched first.

-- A change of a row takes the version that was written before it in the same transaction, and changes
-- what a version of that kind changes: the row must come out as it is expected here, whatever columns
-- the table may get. The search document comes with the row, and may be replaced by itself: it says
-- nothing that the record does not.
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
    RETURN NEW;
  END IF;
  IF OLD.voided_at IS NOT NULL THEN
    RAISE EXCEPTION 'a voided record stays as it is' USING ERRCODE = 'WB004';
  END IF;

  expected := OLD;
  expected.search := NEW.search;
  expected.search_format := NEW.search_format;
  expected.prescriptions_text := NEW.prescriptions_text;  -- generated behind this trigger
  expected.vital_signs_text := NEW.vital_signs_text;
  expected.lab_results_text := NEW.lab_results_text;
  -- *= compares bytes, and NULL with NULL.
  IF NEW.version = OLD.version AND expected *= NEW THEN
    RETURN NEW;
  END IF;

  SELECT n.kind, n.reason, n.status, n.changed_by, n.changed_at, n.content_hash
    INTO v.kind, v.reason, v.status, v.changed_by, v.changed_at, v.content_hash
    FROM {tenant}.record_versions n WHERE n.record_id = OLD.id AND n.version = OLD.version + 1;
  expected.version := OLD.version + 1;
  expected.status := v.status;
  expected.content_hash := v.content_hash;
  expected.updated_at := NEW.updated_at;
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
  IF wardbook.step_leads(OLD.status, v.kind, v.status) IS NOT TRUE OR expected *<> NEW THEN
    IF OLD.status <> 'draft' THEN
      RAISE EXCEPTION 'a finalized record is only amended or reopened' USING ERRCODE = 'WB001';
    END IF;
    RAISE EXCEPTION 'a change of a record is its next version' USING ERRCODE = 'WB003';
  END IF;
  IF v.kind = 'voided'
     AND EXISTS (SELECT FROM {tenant}.signatures s WHERE s.record_id = OLD.id) THEN
    RAISE EXCEPTION 'a visit that was signed once is not voided' USING ERRCODE = 'WB001';
  END IF;
  NEW.updated_at := v.changed_at;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER records_guard BEFORE INSERT OR UPDATE OR DELETE
  ON {tenant}.medical_records FOR EACH ROW EXECUTE FUNCTION {tenant}.records_guard();
CREATE OR REPLACE TRIGGER records_unsearchable BEFORE INSERT OR UPDATE ON {tenant}.medical_records
  FOR EACH ROW WHEN (NEW.voided_at IS NOT NULL) EXECUTE FUNCTION wardbook.records_unsearchable();
