-- What PostgreSQL refuses by itself, whoever writes: a visit that was signed changes by an amendment or
-- by a reopening only, each with its version, its hash and its signature. Rules that need the whole
-- transaction are constraint triggers, checked at its end (versions_guard.sql). The functions fix their
-- search_path, since everybody may make types in pg_temp, which is searched first.

CREATE OR REPLACE TRIGGER records_guard BEFORE INSERT OR UPDATE OR DELETE
  ON {tenant}.medical_records FOR EACH ROW EXECUTE FUNCTION wardbook.records_guard();
CREATE OR REPLACE TRIGGER records_unsearchable BEFORE INSERT OR UPDATE ON {tenant}.medical_records
  FOR EACH ROW WHEN (NEW.voided_at IS NOT NULL) EXECUTE FUNCTION wardbook.records_unsearchable();
