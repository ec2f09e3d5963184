-- Reasons are there; files that came later stay too; a record says the time of its version; follow-ups
-- that stay until somebody has looked after them.

-- ---- reasons --------------------------------------------------------------------------------------

-- An amendment, a reopening and a voiding say why. (The check so far let NULL through.) Rows that are
-- there already are not looked at.
ALTER TABLE {tenant}.record_versions DROP CONSTRAINT record_versions_check;
ALTER TABLE {tenant}.record_versions ADD CONSTRAINT record_versions_reason
  CHECK (kind NOT IN ('amended', 'reopened', 'voided')
    OR coalesce(btrim(reason, E' \t\r\n'), '') <> '') NOT VALID;

-- ---- files ----------------------------------------------------------------------------------------

-- Whether the file belongs to a signed visit: it was there when that was signed, or was added to it
-- later. Versions are in order whatever the clocks say; files from before have only their times.
CREATE OR REPLACE FUNCTION {tenant}.signed_with(a {tenant}.record_attachments) RETURNS boolean
  LANGUAGE sql STABLE RETURN
  (a).added_after_finalization
  OR EXISTS (SELECT FROM {tenant}.signatures s WHERE s.record_id = (a).record_id
          AND CASE WHEN (a).since_version IS NULL
                THEN s.signed_at >= coalesce((a).completed_at, (a).created_at)
                ELSE s.version > (a).since_version END);

-- ---- records --------------------------------------------------------------------------------------

-- As before, but from now on `updated_at` is the version's own time.
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
  NEW.updated_at := v.changed_at;
  NEW.search := {tenant}.record_document(NEW);
  RETURN NEW;
END $$;

-- ---- follow-ups -----------------------------------------------------------------------------------

-- The follow-ups of a patient that are outstanding: those that no later visit has kept. `near` is where
-- the days around the agreed one begin: 14 days before it, or half-way to it. Kept by a visit of the
-- type follow_up, with the same doctor or from there on; and by another one with the same doctor from
-- there on, which is no emergency and does not ask for a follow-up of its own later than 14 days after
-- the agreed day: that may be of something else. `zone` says which day a visit was on.
CREATE OR REPLACE FUNCTION {tenant}.outstanding(patient bigint, zone text)
  RETURNS TABLE (record_id bigint, patient_id bigint, due date) LANGUAGE sql STABLE AS $$
  SELECT r.id, patient, r.follow_up_date
  FROM {tenant}.medical_records r
  CROSS JOIN LATERAL (
    SELECT r.follow_up_date - least(14, (r.follow_up_date - (r.visit_date AT TIME ZONE zone)::date) / 2)
      AS near) n
  WHERE r.patient_id = patient AND r.voided_at IS NULL AND r.follow_up_required
    AND NOT EXISTS (
      SELECT FROM {tenant}.medical_records l
      CROSS JOIN LATERAL (SELECT (l.visit_date AT TIME ZONE zone)::date AS day) d
      WHERE l.patient_id = patient AND l.voided_at IS NULL AND l.visit_date > r.visit_date
        AND CASE WHEN l.visit_type = 'follow_up' THEN l.doctor_id = r.doctor_id OR d.day >= n.near
            ELSE l.doctor_id = r.doctor_id AND l.visit_type <> 'emergency' AND d.day >= n.near
              AND (NOT l.follow_up_required OR d.day <= r.follow_up_date + 14) END) $$;

DELETE FROM {tenant}.follow_ups;
INSERT INTO {tenant}.follow_ups
  SELECT o.* FROM {tenant}.patients p CROSS JOIN LATERAL {tenant}.outstanding(p.id,
    coalesce((SELECT t.time_zone FROM wardbook.tenants t
              WHERE 'wbt_' || t.id = replace('{role}', '"', '')), 'UTC')) o;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {tenant} TO {role};
