-- Finding things among millions: indexes for every order of the lists, searches whose work does not
-- grow with the hospital, names by the words that there are.

-- ---- lists ---------------------------------------------------------------------------------------

CREATE INDEX records_by_created ON {tenant}.medical_records (created_at DESC, id DESC)
  WHERE voided_at IS NULL;
CREATE INDEX records_by_updated ON {tenant}.medical_records (updated_at DESC, id DESC)
  WHERE voided_at IS NULL;
CREATE INDEX records_drafts ON {tenant}.medical_records (visit_date DESC, id DESC)
  WHERE status = 'draft' AND voided_at IS NULL;

-- ---- words ---------------------------------------------------------------------------------------

-- The planner knows the frequency of the commonest 10,000 words rather than 1,000.
ALTER TABLE {tenant}.medical_records ALTER COLUMN search SET STATISTICS 1000;

-- The word itself, its beginning, its English stem; and what is left when the endings of four more
-- languages are taken off, as the beginning of a word: charts mix languages, and a document that was
-- stemmed in each of them would be as large as all of them. An ending of more than four letters or
-- a rest of fewer than five says too little.
CREATE FUNCTION {tenant}.word_query(word text) RETURNS tsquery
  LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT plainto_tsquery('pg_catalog.english', f.word)
      || to_tsquery('pg_catalog.simple', quote_literal(f.word) || ':*')
      || coalesce((SELECT string_agg(quote_literal(s.stem) || ':*', ' | ')::tsquery
           FROM (SELECT DISTINCT (ts_lexize(d.name::regdictionary, f.word))[1] AS stem
                 FROM unnest(ARRAY['pg_catalog.german_stem', 'pg_catalog.french_stem',
                        'pg_catalog.spanish_stem', 'pg_catalog.portuguese_stem']) AS d(name)) s
           WHERE f.word ~ '^[[:alpha:]]+$' AND s.stem <> f.word
             AND left(f.word, length(s.stem)) = s.stem
             AND length(s.stem) >= 5 AND length(f.word) - length(s.stem) <= 4), ''::tsquery)
  FROM (SELECT {tenant}.fold($1) AS word) f $$;

CREATE OR REPLACE FUNCTION {tenant}.record_query(words text[], phrases text[]) RETURNS tsquery
  LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg('(' || part::text || ')', ' & '), '')::tsquery FROM (
    SELECT {tenant}.word_query(w) AS part FROM unnest(words) AS w
    UNION ALL
    SELECT phraseto_tsquery('pg_catalog.english', {tenant}.fold(p))
           || phraseto_tsquery('pg_catalog.simple', {tenant}.fold(p))
      FROM unnest(phrases) AS p) AS parts
  WHERE numnode(part) > 0 $$;

-- From when on a search looks for the best: -infinity where there are few matches, else the visit
-- behind which twice `candidates` matches are to be expected. Both numbers are the planner's, so
-- they are rough; what depends on them is only how far back ranking reaches.
CREATE FUNCTION {tenant}.search_window(query tsquery, before timestamptz, candidates integer)
  RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
  plan    json;
  matches double precision;
  total   double precision;
  start   timestamptz;
BEGIN
  IF numnode(query) = 0 THEN RETURN '-infinity'; END IF;
  SELECT c.reltuples INTO total FROM pg_catalog.pg_class c
    WHERE c.oid = '{tenant}.medical_records'::regclass;
  EXECUTE format('EXPLAIN (FORMAT JSON) SELECT 1 FROM {tenant}.medical_records WHERE search @@ %L',
                 query::text) INTO plan;
  matches := (plan->0->'Plan'->>'Plan Rows')::double precision;
  IF total <= 0 OR matches <= 10 * candidates THEN RETURN '-infinity'; END IF;
  SELECT r.visit_date INTO start FROM {tenant}.medical_records r
    WHERE r.voided_at IS NULL AND r.visit_date < before
    ORDER BY r.visit_date DESC, r.id DESC
    OFFSET (2 * candidates * total / matches)::bigint LIMIT 1;
  RETURN coalesce(start, '-infinity');
END $$;

-- ---- names ---------------------------------------------------------------------------------------

-- Every word that a patient's name ever had. A hospital's names are far fewer than its patients, so
-- typing errors are forgiven here, and the patients are then found by exact words.
CREATE TABLE {tenant}.name_words (
  word text PRIMARY KEY,
  key  text NOT NULL   -- the letters in their order: equal for a transposition
);
CREATE INDEX name_words_by_key ON {tenant}.name_words (key);
CREATE INDEX name_words_by_likeness ON {tenant}.name_words USING gin (word public.gin_trgm_ops);

CREATE FUNCTION {tenant}.words_of(text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  ARRAY(SELECT DISTINCT w FROM regexp_split_to_table({tenant}.fold($1), '[^[:alnum:]]+') AS w
        WHERE w <> '' ORDER BY w);

ALTER TABLE {tenant}.patients ADD COLUMN name_words text[] NOT NULL DEFAULT '{}';

CREATE OR REPLACE FUNCTION {tenant}.patients_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search_name := {tenant}.fold(NEW.first_name || ' ' || NEW.last_name);
  NEW.letter_keys := {tenant}.letter_keys(NEW.first_name || ' ' || NEW.last_name);
  NEW.name_words := {tenant}.words_of(NEW.first_name || ' ' || NEW.last_name);
  -- In their order, so that two who add the same words do not wait for each other in a circle.
  INSERT INTO {tenant}.name_words (word, key)
    SELECT w, (SELECT string_agg(c, '' ORDER BY c) FROM regexp_split_to_table(w, '') AS c)
    FROM unnest(NEW.name_words) AS w ORDER BY w
    ON CONFLICT DO NOTHING;
  RETURN NEW;
END $$;

UPDATE {tenant}.patients SET first_name = first_name;
CREATE INDEX patients_by_words ON {tenant}.patients USING gin (name_words);
-- What these two served is now found through the words.
DROP INDEX {tenant}.patients_by_letter_keys;
DROP INDEX {tenant}.patients_by_search_name;

GRANT SELECT, INSERT ON {tenant}.name_words TO {role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {tenant} TO {role};
