-- What the owner alone does to a hospital's audit log. Once for all hospitals: the schema is a parameter.

-- Entries are never changed, except that the owner may empty what they say of a patient: the texts and the
-- salt together, nothing else.
CREATE OR REPLACE FUNCTION wardbook.audit_entry_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  content CONSTANT text[] := '{salt,reason,filters,before,after}';
BEGIN
  IF num_nonnulls(NEW.salt, NEW.reason, NEW.filters, NEW.before, NEW.after) = 0
     AND to_jsonb(NEW) - content = to_jsonb(OLD) - content THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'WB002';
END $$;

-- Removes what the sealed entries that concern a patient say, and returns how many were erased now. The chain
-- still verifies: its seals keep the digests. An entry without a seal has no digest yet, so it stops the
-- erasure, which is repeated once the sealer has come by.
CREATE OR REPLACE FUNCTION wardbook.audit_erase(tenant text, patient bigint) RETURNS bigint LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  concerns CONSTANT text := '(a.patient_id = $1 OR a.patient_ids @> ARRAY[$1]'
    ' OR (a.resource = ''patient'' AND a.resource_id = $1)'
    ' OR a.before->>''patient_id'' = $1::text OR a.after->>''patient_id'' = $1::text)';
  unsealed CONSTANT text := 'EXISTS (SELECT FROM %1$I.audit_unsealed u WHERE a.id BETWEEN u.first AND u.last)';
  erased bigint;
  waiting bigint;
BEGIN
  -- No sealer meanwhile.
  EXECUTE format('SELECT FROM %I.audit_sealing FOR UPDATE', tenant);
  EXECUTE format('UPDATE %1$I.audit_log a SET salt = NULL, reason = NULL, filters = NULL, before = NULL,'
                 ' after = NULL WHERE ' || concerns || ' AND NOT ' || unsealed ||
                 ' AND num_nonnulls(a.salt, a.reason, a.filters, a.before, a.after) > 0', tenant)
    USING patient;
  GET DIAGNOSTICS erased = ROW_COUNT;
  EXECUTE format('SELECT min(a.id) FROM %1$I.audit_log a WHERE ' || concerns || ' AND ' || unsealed, tenant)
    INTO waiting USING patient;
  IF waiting IS NOT NULL THEN
    RAISE EXCEPTION 'audit entry % is not sealed yet', waiting
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN erased;
END $$;

-- After a restore: the seals that follow belong to a new epoch, whose number is returned.
CREATE OR REPLACE FUNCTION wardbook.audit_begin_epoch(tenant text) RETURNS integer LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  begun integer;
BEGIN
  EXECUTE format('UPDATE %I.audit_sealing SET epoch = epoch + 1 RETURNING epoch', tenant) INTO begun;
  RETURN begun;
END $$;

REVOKE ALL ON FUNCTION wardbook.audit_entry_guard(), wardbook.audit_erase(text, bigint),
  wardbook.audit_begin_epoch(text) FROM PUBLIC;
