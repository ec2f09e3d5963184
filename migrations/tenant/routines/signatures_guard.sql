-- A signature belongs to a version of the same transaction, says what it says, and is the only one of
-- it. (xmin: no part of the service writes within savepoints.)
CREATE OR REPLACE FUNCTION {tenant}.signatures_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM {tenant}.record_versions v
                 WHERE v.record_id = NEW.record_id AND v.version = NEW.version
                   AND v.kind = NEW.meaning AND v.content_hash = NEW.content_hash
                   AND v.changed_by = NEW.signed_by AND v.changed_at = NEW.signed_at
                   AND v.xmin = pg_current_xact_id()::xid)
     OR EXISTS (SELECT FROM {tenant}.signatures s
                WHERE s.record_id = NEW.record_id AND s.version = NEW.version) THEN
    RAISE EXCEPTION 'a signature is made with its version' USING ERRCODE = 'WB003';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER signatures_guard BEFORE INSERT ON {tenant}.signatures
  FOR EACH ROW EXECUTE FUNCTION {tenant}.signatures_guard();
