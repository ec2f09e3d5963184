-- What the guards of every hospital's records share (tenant/routines/). Trigger functions that look at
-- OLD and NEW only are here, once for all hospitals.

-- Nobody, the owner included, changes what was written down once.
CREATE OR REPLACE FUNCTION wardbook.append_only() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'WB002';
END $$;

-- A voided record is found no more, so that counting matches needs to look at none of them.
CREATE OR REPLACE FUNCTION wardbook.records_unsearchable() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.search := NULL;
  RETURN NEW;
END $$;

REVOKE ALL ON FUNCTION wardbook.append_only(), wardbook.records_unsearchable() FROM PUBLIC;

-- The hash that the service takes over a version: of the canonical JSON object of these six. `content`
-- is canonical JSON already, the others need no escapes.
CREATE OR REPLACE FUNCTION wardbook.version_hash(record bigint, version integer, status text,
    author bigint, changed_at timestamptz, content text) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE RETURN
  encode(sha256(convert_to('{"author":' || author || ',"content":' || content
    || ',"record_id":' || record || ',"status":"' || status || '","time":"'
    || rtrim(rtrim(to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.')
    || 'Z","version":' || version || '}', 'UTF8')), 'hex');

-- Which step leads from which status to which. NULL before: the record is new.
CREATE OR REPLACE FUNCTION wardbook.step_leads(before text, kind text, after text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE kind WHEN 'created' THEN before IS NULL AND after = 'draft'
    WHEN 'finalized' THEN before = 'draft' AND after = 'finalized'
    WHEN 'amended' THEN before IN ('finalized', 'amended') AND after = 'amended'
    WHEN 'reopened' THEN before IN ('finalized', 'amended') AND after = 'draft'
    ELSE before = 'draft' AND after = 'draft' END;
