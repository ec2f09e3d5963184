-- The service makes search documents and queries (src/text/); the database stores and indexes them. What
-- a document was made by is its format: the service rewrites older ones by and by, so nothing is
-- rewritten here. Until then records are found by the documents that they have.

-- What made them so far.
DROP FUNCTION {tenant}.record_query(text[], text[]);
DROP FUNCTION {tenant}.word_query(text);
DROP FUNCTION {tenant}.compound_query(text);
DROP FUNCTION {tenant}.number_query(text);
DROP FUNCTION {tenant}.number_forms(text);
DROP FUNCTION {tenant}.phrase_query(text);
DROP FUNCTION {tenant}.one_phrase_query(text);
DROP FUNCTION {tenant}.spellings(text);
DROP FUNCTION {tenant}.british(text);
DROP FUNCTION {tenant}.american(text);
DROP FUNCTION {tenant}.record_document({tenant}.medical_records);
DROP FUNCTION {tenant}.record_texts({tenant}.medical_records, boolean);
DROP FUNCTION {tenant}.joined_texts(text[], integer);
DROP FUNCTION {tenant}.joined_words(text);
DROP FUNCTION {tenant}.bare(text);
DROP FUNCTION {tenant}.plain(text);
DROP FUNCTION {tenant}.numbers_apart(text);
DROP FUNCTION {tenant}.unit_apart(text);
DROP FUNCTION {tenant}.composed(text);
DROP FUNCTION {tenant}.apart(text);
DROP FUNCTION {tenant}.letters(text);
DROP TEXT SEARCH CONFIGURATION {tenant}.unstopped;
DROP TEXT SEARCH DICTIONARY {tenant}.unstopped_words;

ALTER TABLE {tenant}.medical_records ADD COLUMN search_format smallint NOT NULL DEFAULT 0;
-- Where the older ones are.
CREATE INDEX records_by_search_format ON {tenant}.medical_records (search_format, id)
  WHERE voided_at IS NULL;

-- As before, but the document comes with the row, and may be replaced by itself: it says nothing that
-- the record does not.
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
  NEW.updated_at := v.changed_at;
  RETURN NEW;
END $$;
