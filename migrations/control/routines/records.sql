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
