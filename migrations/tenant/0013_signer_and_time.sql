-- A signature says the name of who signed as it was then (21 CFR 11.50 (a) (1)), and a version is not
-- older than the one before it. Signatures from before have no name of their own.

ALTER TABLE {tenant}.signatures ADD COLUMN signed_by_name text CHECK (signed_by_name <> '');

CREATE OR REPLACE FUNCTION {tenant}.versions_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.content_hash IS DISTINCT FROM {tenant}.version_hash(NEW) THEN
    RAISE EXCEPTION 'the hash of a version is not that of its content' USING ERRCODE = 'WB003';
  END IF;
  IF EXISTS (SELECT FROM {tenant}.record_versions p WHERE p.record_id = NEW.record_id
               AND p.version = NEW.version - 1 AND p.changed_at > NEW.changed_at) THEN
    RAISE EXCEPTION 'a version is not older than the one before it' USING ERRCODE = 'WB003';
  END IF;
  RETURN NEW;
END $$;
