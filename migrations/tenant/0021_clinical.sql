-- What a visit says is written once, as its content (canonical JSON, src/clinical/): answers are made of
-- its text, and the columns of the fields are made of it by the table's guard.
ALTER TABLE {tenant}.medical_records
  DROP COLUMN prescriptions_text, DROP COLUMN vital_signs_text, DROP COLUMN lab_results_text,
  ADD COLUMN content text NOT NULL;
-- A draft may ask for a follow-up before its day is known.
ALTER TABLE {tenant}.medical_records DROP CONSTRAINT medical_records_check3;
ALTER TABLE {tenant}.medical_records ADD CONSTRAINT medical_records_follow_up
  CHECK (status = 'draft' OR NOT follow_up_required OR follow_up_date IS NOT NULL);

ALTER TABLE {tenant}.patients ADD COLUMN last_allergy_id integer NOT NULL DEFAULT 0;
ALTER TABLE {tenant}.staff ADD COLUMN renamed_at timestamptz;

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
    AND r.follow_up_date IS NOT NULL
    AND NOT EXISTS (
      SELECT FROM {tenant}.medical_records l
      CROSS JOIN LATERAL (SELECT (l.visit_date AT TIME ZONE zone)::date AS day) d
      WHERE l.patient_id = patient AND l.voided_at IS NULL AND l.visit_date > r.visit_date
        AND CASE WHEN l.visit_type = 'follow_up' THEN l.doctor_id = r.doctor_id OR d.day >= n.near
            ELSE l.doctor_id = r.doctor_id AND l.visit_type <> 'emergency' AND d.day >= n.near
              AND (NOT l.follow_up_required OR d.day <= r.follow_up_date + 14) END) $$;
