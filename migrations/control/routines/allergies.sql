-- A patient's row has a summary of the allergies, which are objects of the chart.

-- Whether it still is one.
CREATE OR REPLACE FUNCTION wardbook.allergy_counts(content jsonb) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(content->>'certainty' IN ('confirmed', 'suspected'), false) $$;

CREATE OR REPLACE FUNCTION wardbook.allergy_item(id bigint, version integer, content jsonb) RETURNS jsonb
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT content - '{source,reason}'::text[] || jsonb_build_object('id', id, 'version', version) $$;

CREATE OR REPLACE FUNCTION wardbook.allergy_summary() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format(
    'UPDATE %1$I.patients p SET allergies = (SELECT coalesce(jsonb_agg('
    '  wardbook.allergy_item(o.id, o.version, o.content) ORDER BY o.id), ''[]'')'
    '  FROM %1$I.chart_objects o WHERE o.patient_id = $1 AND o.resource = ''allergy'''
    '    AND wardbook.allergy_counts(o.content)),'
    ' allergies_at = greatest(p.allergies_at, $2)'
    ' WHERE p.id = $1', TG_TABLE_SCHEMA) USING NEW.patient_id, NEW.updated_at;
  RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION wardbook.allergy_summary() FROM PUBLIC;
