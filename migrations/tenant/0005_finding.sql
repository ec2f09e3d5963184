-- Finding things among millions: indexes for every order of the lists, searches whose work does not
-- grow with the hospital, names by the words that there are.

-- ---- lists ---------------------------------------------------------------------------------------

CREATE INDEX records_by_created ON {tenant}.medical_records (created_at DESC, id DESC)
  WHERE voided_at IS NULL;
CREATE INDEX records_by_updated ON {tenant}.medical_records (updated_at DESC, id DESC)
  WHERE voided_at IS NULL;
CREATE INDEX records_drafts ON {tenant}.medical_records (visit_date DESC, id DESC)
  WHERE status = 'draft' AND voided_at IS NULL;

CREATE INDEX records_by_follow_up_all ON {tenant}.medical_records
  (coalesce(follow_up_date, 'infinity'::date), id) WHERE voided_at IS NULL;

-- The follow-ups that are outstanding: of each patient at most the latest visit's, so that the
-- worklist is as long as the work and not as the history. Made from the records by the trigger below.
CREATE TABLE {tenant}.follow_ups (
  record_id  bigint PRIMARY KEY,
  patient_id bigint NOT NULL,
  due        date NOT NULL
);
CREATE INDEX follow_ups_by_due ON {tenant}.follow_ups (due, record_id);
CREATE INDEX follow_ups_by_patient ON {tenant}.follow_ups (patient_id);

CREATE FUNCTION {tenant}.outstanding(patient bigint)
  RETURNS TABLE (record_id bigint, patient_id bigint, due date) LANGUAGE sql STABLE AS $$
  SELECT r.id, r.patient_id, r.follow_up_date FROM {tenant}.medical_records r
  WHERE r.patient_id = patient AND r.voided_at IS NULL AND r.follow_up_required
    AND r.visit_date = (SELECT max(l.visit_date) FROM {tenant}.medical_records l
                        WHERE l.patient_id = patient AND l.voided_at IS NULL) $$;

CREATE FUNCTION {tenant}.records_follow_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE patient bigint;
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.patient_id, OLD.visit_date, OLD.follow_up_required,
       OLD.follow_up_date, OLD.voided_at) IS NOT DISTINCT FROM (NEW.patient_id, NEW.visit_date,
       NEW.follow_up_required, NEW.follow_up_date, NEW.voided_at) THEN
    RETURN NULL;
  END IF;
  FOR patient IN
    SELECT DISTINCT p FROM unnest(ARRAY[NEW.patient_id,
      CASE WHEN TG_OP = 'UPDATE' THEN OLD.patient_id END]) AS p WHERE p IS NOT NULL ORDER BY p
  LOOP
    -- One at a time for a patient: two new visits do not see each other before they are committed.
    PERFORM FROM {tenant}.patients WHERE id = patient FOR NO KEY UPDATE;
    DELETE FROM {tenant}.follow_ups f WHERE f.patient_id = patient;
    INSERT INTO {tenant}.follow_ups SELECT * FROM {tenant}.outstanding(patient);
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER records_follow_up AFTER INSERT OR UPDATE ON {tenant}.medical_records
  FOR EACH ROW EXECUTE FUNCTION {tenant}.records_follow_up();

INSERT INTO {tenant}.follow_ups
  SELECT o.* FROM {tenant}.patients p CROSS JOIN LATERAL {tenant}.outstanding(p.id) o;
GRANT SELECT, INSERT, DELETE ON {tenant}.follow_ups TO {role};

-- ---- words ---------------------------------------------------------------------------------------

-- The planner knows the frequency of the commonest 10,000 words rather than 1,000.
ALTER TABLE {tenant}.medical_records ALTER COLUMN search SET STATISTICS 1000;

-- The word itself, its beginning, its English stem; and what is left when the endings of four more
-- languages are taken off, as the beginning of a word: charts mix languages, and a document that was
-- stemmed in each of them would be as large as all of them. An ending of more than four letters or
-- a rest of fewer than five says too little.
CREATE FUNCTION {tenant}.word_query(word text) RETURNS tsquery
  LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT string_agg(p.part, ' | ')::tsquery FROM (
    SELECT quote_literal(f.word) || ':*' AS part
    FROM (SELECT {tenant}.fold($1) AS word) f WHERE f.word ~ '^[[:alnum:]]+$'
    UNION
    SELECT quote_literal(s.stem) || CASE WHEN s.name = 'english' THEN '' ELSE ':*' END
    FROM (SELECT d.name, f.word,
            (ts_lexize(('pg_catalog.' || d.name || '_stem')::regdictionary, f.word))[1] AS stem
          FROM (SELECT {tenant}.fold($1) AS word) f
          CROSS JOIN unnest(ARRAY['english', 'german', 'french', 'spanish', 'portuguese']) AS d(name)
          WHERE f.word ~ '^[[:alpha:]]+$') s
    WHERE s.name = 'english' AND s.stem <> '' OR s.stem <> s.word
      AND left(s.word, length(s.stem)) = s.stem
      AND length(s.stem) >= 5 AND length(s.word) - length(s.stem) <= 4
    UNION  -- 11.5, pain/fever, COVID-19: whatever the parser makes of it
    SELECT t.part FROM (SELECT {tenant}.fold($1) AS word) f
    CROSS JOIN LATERAL (VALUES (plainto_tsquery('pg_catalog.english', f.word)::text),
      (to_tsquery('pg_catalog.simple', quote_literal(f.word) || ':*')::text)) AS t(part)
    WHERE f.word !~ '^[[:alnum:]]+$' AND t.part <> '') p $$;

CREATE OR REPLACE FUNCTION {tenant}.record_query(words text[], phrases text[]) RETURNS tsquery
  LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg('(' || part::text || ')', ' & '), '')::tsquery FROM (
    SELECT {tenant}.word_query(w) AS part FROM unnest(words) AS w
    UNION ALL
    SELECT phraseto_tsquery('pg_catalog.english', {tenant}.fold(p))
           || phraseto_tsquery('pg_catalog.simple', {tenant}.fold(p))
      FROM unnest(phrases) AS p) AS parts
  WHERE numnode(part) > 0 $$;

-- A voided record is found no more, so that counting matches needs to look at none of them.
CREATE FUNCTION {tenant}.records_unsearchable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search := NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER records_unsearchable BEFORE INSERT OR UPDATE ON {tenant}.medical_records
  FOR EACH ROW WHEN (NEW.voided_at IS NOT NULL)
  EXECUTE FUNCTION {tenant}.records_unsearchable();
ALTER TABLE {tenant}.medical_records DISABLE TRIGGER USER;
UPDATE {tenant}.medical_records SET search = NULL WHERE voided_at IS NOT NULL;
ALTER TABLE {tenant}.medical_records ENABLE TRIGGER USER;

-- From when on a search looks for the best: -infinity where there are few matches, else the visit
-- behind which twice `candidates` matches are to be expected. Both numbers are the planner's, so
-- they are rough; what depends on them is only how far back ranking reaches.
CREATE FUNCTION {tenant}.search_window(query tsquery, before timestamptz, candidates integer)
  RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
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
  key  text NOT NULL   -- its letters sorted: equal for a transposition
);
CREATE INDEX name_words_by_key ON {tenant}.name_words (key);
CREATE INDEX name_words_by_likeness ON {tenant}.name_words USING gin (word public.gin_trgm_ops);

CREATE FUNCTION {tenant}.letter_key(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  (SELECT string_agg(c, '' ORDER BY c) FROM regexp_split_to_table($1, '') AS c);

-- O'Brien is one word; Karl-Heinz is two.
CREATE FUNCTION {tenant}.words_of(text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  ARRAY(SELECT DISTINCT w
        FROM regexp_split_to_table(regexp_replace({tenant}.fold($1), '[''’`´]', '', 'g'),
                                   '[^[:alnum:]]+') AS w
        WHERE w <> '' ORDER BY w);

-- What the words of a name may mean, and how well that fits, 1 at best.
CREATE FUNCTION {tenant}.name_meanings(name text)
  RETURNS TABLE (typed text, word text, quality real) LANGUAGE sql STABLE AS $$
  SELECT t.word, m.word, max(m.quality)::real
  FROM unnest(({tenant}.words_of(name))[1:8]) AS t(word)
  CROSS JOIN LATERAL (
    (SELECT n.word, CASE WHEN n.word = t.word THEN 1 ELSE 0.9 END AS quality
     FROM {tenant}.name_words n WHERE n.key = {tenant}.letter_key(t.word)
     ORDER BY n.word <> t.word, n.word LIMIT 10)
    UNION ALL
    (SELECT n.word, 0.6 + 0.25 * length(t.word) / length(n.word)
     FROM {tenant}.name_words n WHERE n.word LIKE t.word || '%'
     ORDER BY length(n.word), n.word LIMIT 40)
    UNION ALL
    (SELECT n.word, 0.85 - 0.15 * public.levenshtein(n.word, t.word)
     FROM {tenant}.name_words n
     WHERE length(t.word) > 3 AND n.word OPERATOR(public.%) t.word
       AND public.levenshtein_less_equal(n.word, t.word, 2)
         <= CASE WHEN length(t.word) < 6 THEN 1 ELSE 2 END
     ORDER BY public.levenshtein(n.word, t.word), n.word LIMIT 20)
    UNION ALL
    (SELECT n.word, 0.5 FROM {tenant}.name_words n
     WHERE length(t.word) > 2 AND n.word LIKE '%' || t.word || '%'
     ORDER BY length(n.word), n.word LIMIT 40)) m
  GROUP BY t.word, m.word $$;

ALTER TABLE {tenant}.patients ADD COLUMN names tsvector NOT NULL DEFAULT '';

CREATE OR REPLACE FUNCTION {tenant}.patients_search() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  whole text := NEW.first_name || ' ' || NEW.last_name;
  -- Karlheinz finds Karl-Heinz.
  words text[] := {tenant}.words_of(whole || ' ' || replace(whole, '-', ''));
BEGIN
  NEW.search_name := {tenant}.fold(whole);
  NEW.names := array_to_tsvector(words);
  -- In their order, so that two who add the same words do not wait for each other in a circle.
  INSERT INTO {tenant}.name_words (word, key)
    SELECT w, {tenant}.letter_key(w) FROM unnest(words) AS w
    WHERE NOT EXISTS (SELECT FROM {tenant}.name_words k WHERE k.word = w) ORDER BY w
    ON CONFLICT DO NOTHING;
  RETURN NEW;
END $$;

-- Found by the words now.
DROP INDEX {tenant}.patients_by_letter_keys;
DROP INDEX {tenant}.patients_by_search_name;
ALTER TABLE {tenant}.patients DROP COLUMN letter_keys;
DROP FUNCTION {tenant}.letter_keys(text);

UPDATE {tenant}.patients SET first_name = first_name;
CREATE INDEX patients_by_names ON {tenant}.patients USING gin (names);

GRANT SELECT, INSERT ON {tenant}.name_words TO {role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {tenant} TO {role};
