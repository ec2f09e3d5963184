-- From when on a search in a hospital's table of records looks for the best: -infinity where there are
-- few matches, else the visit behind which twice `candidates` matches are to be expected. Both numbers
-- are the planner's, so they are rough; what depends on them is only how far back ranking reaches.
-- It runs with the rights of its caller. (With search_path fixed, a regclass prints with its schema.)
CREATE OR REPLACE FUNCTION wardbook.search_window(records regclass, query tsquery,
    before timestamptz, candidates integer) RETURNS timestamptz LANGUAGE plpgsql VOLATILE
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  plan    json;
  matches double precision;
  total   double precision;
  start   timestamptz;
BEGIN
  IF numnode(query) = 0 THEN RETURN '-infinity'; END IF;
  SELECT c.reltuples INTO total FROM pg_class c WHERE c.oid = records;
  EXECUTE format('EXPLAIN (FORMAT JSON) SELECT 1 FROM %s WHERE search @@ %L', records, query::text)
    INTO plan;
  matches := (plan->0->'Plan'->>'Plan Rows')::double precision;
  IF total <= 0 OR matches <= 10 * candidates THEN RETURN '-infinity'; END IF;
  EXECUTE format('SELECT r.visit_date FROM %s r WHERE r.voided_at IS NULL AND r.visit_date < $1'
                 ' ORDER BY r.visit_date DESC, r.id DESC OFFSET $2 LIMIT 1', records)
    INTO start USING before, (2 * candidates * total / matches)::bigint;
  RETURN coalesce(start, '-infinity');
END $$;
