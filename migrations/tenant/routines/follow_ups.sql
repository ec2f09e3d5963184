-- What is on the list of follow-ups: objects that are open (src/features/follow_ups), until somebody says what
-- became of them, and what drafts ask for, until they are signed.
CREATE OR REPLACE FUNCTION {tenant}.follow_up_listed() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM {tenant}.follow_ups f WHERE f.object_id = NEW.id;
  IF NEW.content->>'state' = 'open' THEN
    INSERT INTO {tenant}.follow_ups (object_id, record_id, patient_id, doctor_id, due)
      VALUES (NEW.id, (NEW.content->>'record_id')::bigint, NEW.patient_id,
        (NEW.content->>'doctor_id')::bigint,
        coalesce(NEW.content->>'due_until', NEW.content->>'due')::date);
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_up_listed AFTER INSERT OR UPDATE ON {tenant}.chart_objects
  FOR EACH ROW WHEN (NEW.resource = 'follow_up') EXECUTE FUNCTION {tenant}.follow_up_listed();

CREATE OR REPLACE FUNCTION {tenant}.draft_follow_up() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.patient_id, OLD.doctor_id, OLD.status, OLD.follow_up_required,
       OLD.follow_up_date, OLD.voided_at) IS NOT DISTINCT FROM
       (NEW.patient_id, NEW.doctor_id, NEW.status, NEW.follow_up_required, NEW.follow_up_date,
       NEW.voided_at) THEN
    RETURN NULL;
  END IF;
  -- A visit and the patient's erasure do not pass each other.
  PERFORM FROM {tenant}.patients WHERE id = NEW.patient_id FOR NO KEY UPDATE;
  IF NEW.content_salt IS NOT NULL
     AND (SELECT p.erased_at FROM {tenant}.patients p WHERE p.id = NEW.patient_id) IS NOT NULL THEN
    RAISE EXCEPTION 'an erased patient has no visits' USING ERRCODE = 'WB004';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM {tenant}.follow_ups f WHERE f.record_id = NEW.id AND f.object_id IS NULL;
  END IF;
  -- One that was signed before has its follow-up still.
  IF NEW.status = 'draft' AND NEW.voided_at IS NULL AND NEW.follow_up_required
     AND NEW.follow_up_date IS NOT NULL
     AND NOT EXISTS (SELECT FROM {tenant}.follow_ups f WHERE f.record_id = NEW.id) THEN
    INSERT INTO {tenant}.follow_ups (record_id, patient_id, doctor_id, due)
      VALUES (NEW.id, NEW.patient_id, NEW.doctor_id, NEW.follow_up_date);
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER draft_follow_up AFTER INSERT OR UPDATE ON {tenant}.medical_records
  FOR EACH ROW EXECUTE FUNCTION {tenant}.draft_follow_up();
