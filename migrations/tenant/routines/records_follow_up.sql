-- The follow-ups of a patient that are outstanding: those that no later visit has kept. `near` is where
-- the days around the agreed one begin: 14 days before it, or half-way to it. Kept by a visit of the
-- type follow_up, with the same doctor or from there on; and by another one with the same doctor from
-- there on, which is no emergency and does not ask for a follow-up of its own later than 14 days after
-- the agreed day: that may be of something else. `zone` says which day a visit was on.
CREATE OR REPLACE FUNCTION {tenant}.records_follow_up() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_patient bigint;
  zone       text;
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.patient_id, OLD.doctor_id, OLD.visit_date, OLD.visit_type,
       OLD.follow_up_required, OLD.follow_up_date, OLD.voided_at) IS NOT DISTINCT FROM
       (NEW.patient_id, NEW.doctor_id, NEW.visit_date, NEW.visit_type, NEW.follow_up_required,
       NEW.follow_up_date, NEW.voided_at) THEN
    RETURN NULL;
  END IF;
  zone := coalesce((SELECT t.time_zone FROM wardbook.my_tenant t), 'UTC');
  FOR of_patient IN
    SELECT DISTINCT p FROM unnest(ARRAY[NEW.patient_id,
      CASE WHEN TG_OP = 'UPDATE' THEN OLD.patient_id END]) AS p WHERE p IS NOT NULL ORDER BY p
  LOOP
    -- One at a time for a patient: two new visits do not see each other before they are committed.
    PERFORM FROM {tenant}.patients WHERE id = of_patient FOR NO KEY UPDATE;
    IF NEW.content_salt IS NOT NULL AND of_patient = NEW.patient_id
       AND (SELECT p.erased_at FROM {tenant}.patients p WHERE p.id = of_patient) IS NOT NULL THEN
      RAISE EXCEPTION 'an erased patient has no visits' USING ERRCODE = 'WB004';
    END IF;
    DELETE FROM {tenant}.follow_ups f WHERE f.patient_id = of_patient;
    INSERT INTO {tenant}.follow_ups (record_id, patient_id, due)
      SELECT r.id, of_patient, r.follow_up_date
      FROM {tenant}.medical_records r
      CROSS JOIN LATERAL (
        SELECT r.follow_up_date - least(14, (r.follow_up_date - (r.visit_date AT TIME ZONE zone)::date) / 2)
          AS near) n
      WHERE r.patient_id = of_patient AND r.voided_at IS NULL AND r.follow_up_required
        AND r.follow_up_date IS NOT NULL
        AND NOT EXISTS (
          SELECT FROM {tenant}.medical_records l
          CROSS JOIN LATERAL (SELECT (l.visit_date AT TIME ZONE zone)::date AS day) d
          WHERE l.patient_id = of_patient AND l.voided_at IS NULL AND l.visit_date > r.visit_date
            AND CASE WHEN l.visit_type = 'follow_up' THEN l.doctor_id = r.doctor_id OR d.day >= n.near
                ELSE l.doctor_id = r.doctor_id AND l.visit_type <> 'emergency' AND d.day >= n.near
                  AND (NOT l.follow_up_required OR d.day <= r.follow_up_date + 14) END);
  END LOOP;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER records_follow_up AFTER INSERT OR UPDATE ON {tenant}.medical_records
  FOR EACH ROW EXECUTE FUNCTION {tenant}.records_follow_up();
