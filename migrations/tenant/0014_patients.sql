-- Patients: names with two letters wrong wherever these stand, umlauts typed as two letters and the
-- other way round, one number in whatever case.

-- ---- names ---------------------------------------------------------------------------------------

-- All names are compared, those of about the same length: two wrong letters may leave no trigram.
CREATE INDEX name_words_by_length ON {tenant}.name_words (length(word), word);
DROP INDEX {tenant}.name_words_short;

CREATE FUNCTION {tenant}.without_umlauts(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN regexp_replace($1, '([aou])e', '\1', 'g');

-- The words of a name as they were typed; what they are with ae, oe, ue for umlauts or the other way
-- round, itself first, where they are so long that it is not chance (Joel); how many letters may be
-- wrong; and whether somebody's name begins so.
CREATE FUNCTION {tenant}.typed_names(name text)
  RETURNS TABLE (word text, forms text[], most integer, known boolean) LANGUAGE sql STABLE AS $$
  SELECT f.word, f.forms,
    CASE WHEN length(f.word) BETWEEN 3 AND 5 THEN 1 WHEN length(f.word) BETWEEN 6 AND 200 THEN 2 END,
    EXISTS (SELECT FROM unnest(f.forms) AS u(form) CROSS JOIN LATERAL (
              SELECT FROM {tenant}.name_words n WHERE n.word LIKE u.form || '%' OFFSET 0) k)
  FROM (
    SELECT w.word, CASE WHEN length(w.word) < 5 THEN ARRAY[w.word] ELSE
      w.word || ARRAY(
        SELECT {tenant}.without_umlauts(w.word)
        UNION
        SELECT u FROM unnest({tenant}.words_of(replace(replace(replace(replace(
          lower(normalize(name, NFC)), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ø', 'oe'))) AS u
        WHERE {tenant}.without_umlauts(u) = {tenant}.without_umlauts(w.word)
        EXCEPT SELECT w.word) END AS forms
    FROM unnest(({tenant}.words_of(name))[1:8]) AS w(word)) f
  OFFSET 0 $$;  -- each computed once

-- As before. Names that have two letters wrong and hardly a trigram in common are meant only if nobody
-- is called as it was typed.
CREATE OR REPLACE FUNCTION {tenant}.name_meanings(name text)
  RETURNS TABLE (typed text, word text, also text[], quality real) LANGUAGE sql STABLE AS $$
  SELECT t.word, m.word, m.also, max(m.quality)::real
  FROM {tenant}.typed_names(name) AS t
  CROSS JOIN LATERAL (
    (SELECT n.word, NULL::text[] AS also, CASE WHEN n.word = t.word THEN 1 ELSE 0.9 END AS quality
     FROM {tenant}.name_words n WHERE n.key = {tenant}.letter_key(t.word)
     ORDER BY n.word <> t.word, n.word LIMIT 10)
    UNION ALL
    SELECT n.word, NULL, 0.95 FROM {tenant}.name_words n WHERE n.word = ANY (t.forms[2:])
    UNION ALL
    (SELECT n.word, NULL, 0.6 + 0.25 * length(f.form) / length(n.word)
     FROM unnest(t.forms) AS f(form) CROSS JOIN LATERAL (
       SELECT w.word FROM {tenant}.name_words w WHERE w.word LIKE f.form || '%' OFFSET 0) n
     ORDER BY length(n.word), n.word LIMIT 1000)
    UNION ALL
    (SELECT n.word, NULL, 0.85 - 0.15 * public.levenshtein(n.word, t.word)
     FROM {tenant}.name_words n
     WHERE t.known AND length(t.word) >= 5 AND n.word OPERATOR(public.%) t.word
       AND CASE WHEN length(n.word) > 200 THEN false  -- more is refused
                ELSE public.levenshtein_less_equal(n.word, t.word, t.most) <= t.most END
     ORDER BY public.levenshtein(n.word, t.word), n.word LIMIT 20)
    UNION ALL
    (SELECT n.word, NULL, 0.85 - 0.15 * public.levenshtein(n.word, t.word)
     FROM {tenant}.name_words n
     WHERE (length(t.word) < 5 OR NOT t.known)
       AND length(n.word) BETWEEN length(t.word) - t.most AND length(t.word) + t.most
       AND CASE WHEN t.most IS NULL THEN false
                ELSE public.levenshtein_less_equal(n.word, t.word, t.most) <= t.most END
     ORDER BY public.levenshtein(n.word, t.word), public.similarity(n.word, t.word) DESC, n.word
     LIMIT 100)
    UNION ALL  -- beside other words (dl-Sayed), and only if nobody is called so
    (SELECT n.word, NULL, 0.4 FROM {tenant}.name_words n
     WHERE t.word ~ '^[a-z]{2}$' AND NOT t.known AND length(n.word) = 2
       AND public.levenshtein_less_equal(n.word, t.word, 1) = 1
       AND cardinality({tenant}.words_of(name)) > 1
     ORDER BY n.word LIMIT 20)
    UNION ALL
    (SELECT n.word, NULL, 0.5 FROM {tenant}.name_words n
     WHERE length(t.word) > 2 AND n.word LIKE '%' || t.word || '%'
     ORDER BY length(n.word), n.word LIMIT 40)
    UNION ALL
    SELECT p.names[1], p.names[2:], 0.4 FROM {tenant}.names_in(t.word) AS p(names)) m
  GROUP BY t.word, m.word, m.also $$;

-- ---- numbers -------------------------------------------------------------------------------------

-- One number in whatever case, without blanks at its ends. Hospitals that have X-17 and x-17 keep
-- both: all but the first are marked, and lose the mark with the number.
ALTER TABLE {tenant}.patients ADD COLUMN number_shared boolean NOT NULL DEFAULT false;
ALTER TABLE {tenant}.patients DISABLE TRIGGER USER;
UPDATE {tenant}.patients p SET number_shared = true WHERE EXISTS (
  SELECT FROM {tenant}.patients o
  WHERE lower(o.patient_number) = lower(p.patient_number) AND o.id < p.id);
ALTER TABLE {tenant}.patients ENABLE TRIGGER USER;
CREATE UNIQUE INDEX patients_by_one_number ON {tenant}.patients (lower(patient_number))
  WHERE NOT number_shared;
CREATE INDEX patients_by_shared_number ON {tenant}.patients (lower(patient_number))
  WHERE number_shared;

CREATE FUNCTION {tenant}.patients_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.patient_number = OLD.patient_number THEN
    NEW.number_shared := OLD.number_shared;
    RETURN NEW;
  END IF;
  IF NEW.patient_number ~ U&'^[\\s\00A0\1680\2000-\200D\2028\2029\202F\205F\2060\3000\FEFF]|[\\s\00A0\1680\2000-\200D\2028\2029\202F\205F\2060\3000\FEFF]$' THEN
    RAISE EXCEPTION 'a patient''s number has no blanks at its ends' USING ERRCODE = 'check_violation';
  END IF;
  -- The index does not have those that are marked.
  IF EXISTS (SELECT FROM {tenant}.patients p WHERE p.number_shared AND p.id <> NEW.id
             AND lower(p.patient_number) = lower(NEW.patient_number)) THEN
    RAISE EXCEPTION 'the number is another patient''s' USING ERRCODE = 'unique_violation';
  END IF;
  NEW.number_shared := false;
  RETURN NEW;
END $$;
CREATE TRIGGER patients_number BEFORE INSERT OR UPDATE OF patient_number, number_shared
  ON {tenant}.patients FOR EACH ROW EXECUTE FUNCTION {tenant}.patients_number();

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {tenant} TO {role};
