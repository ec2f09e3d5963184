-- Found by whatever is written: all fields, phrases that end with their field, whatever was typed as
-- words; follow-ups that stay until they were kept; patients by number, birth date and name together.

-- ---- what a record's document is made of -----------------------------------------------------------

-- Text as it is indexed and asked for: composed, without accents and case; what is joined by a slash
-- or by a full stop without a blank ("pain/fever", "fever.Cough") is two words, and what looks like
-- HTML ("Hb<7 and >5") is text.
CREATE FUNCTION {tenant}.plain(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  regexp_replace(
    regexp_replace(translate(
        {tenant}.fold(CASE WHEN $1 ~ U&'[\0300-\036F]' THEN normalize($1, NFC) ELSE $1 END),
        '/\<>&', '     '), U&'[\\s\00A0\1680\2000-\200D\2028\2029\202F\205F\2060\3000\FEFF]+', ' ', 'g'),
    '([a-z])\.(?=[a-z])', '\1 ', 'g');

-- Every text that is searched, one by one: those that count most, and the others, the short ones first,
-- since a document has an end. Highlights are cut
-- from the same. `record_number` is apart.
CREATE FUNCTION {tenant}.record_texts(r {tenant}.medical_records, main boolean) RETURNS text[]
  LANGUAGE sql STABLE RETURN
  CASE WHEN main THEN
    ARRAY[r.chief_complaint, r.diagnosis]
    || ARRAY(SELECT t.value FROM {tenant}.diagnoses d
             CROSS JOIN LATERAL (VALUES (1, concat_ws(' ', d.icd_code, d.diagnosis_name)),
                                        (2, d.notes)) AS t(part, value)
             WHERE d.record_id = r.id AND d.removed_at IS NULL ORDER BY d.id, t.part)
  ELSE
    ARRAY(SELECT concat_ws(' ', p.item->>'medication', p.item->>'dosage', p.item->>'route',
                           p.item->>'frequency', p.item->>'instructions')
          FROM jsonb_array_elements(r.prescriptions) WITH ORDINALITY AS p(item, n) ORDER BY p.n)
    || ARRAY(SELECT concat_ws(' ', l.item->>'test', CASE jsonb_typeof(l.item->'value')
                              WHEN 'string' THEN l.item->>'value' END)
             FROM jsonb_array_elements(r.lab_results) WITH ORDINALITY AS l(item, n) ORDER BY l.n)
    || ARRAY[r.follow_up_instructions, r.treatment_plan, r.notes, r.history_of_present_illness,
             r.physical_examination]
  END;

-- Between two texts stand four marks, taken out again, whose places stay empty: no phrase reaches
-- from one into the other. A document may not become larger than 1 MB: where the texts are too long
-- together, the beginning of each is taken.
CREATE FUNCTION {tenant}.joined_texts(texts text[], most integer) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  gap   constant text := ' zqxw zqxw zqxw zqxw ';
  whole text := array_to_string(texts, gap);
BEGIN
  IF length(whole) > most THEN
    whole := array_to_string(ARRAY(SELECT left(t, most / 6) FROM unnest(texts) AS t), gap);
  END IF;
  RETURN left({tenant}.plain(whole), most) || gap;
END $$;

CREATE OR REPLACE FUNCTION {tenant}.record_document(r {tenant}.medical_records) RETURNS tsvector
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  main text := {tenant}.joined_texts({tenant}.record_texts(r, true), 50000);
  rest text := {tenant}.joined_texts({tenant}.record_texts(r, false), 80000);
  number text := {tenant}.fold(r.record_number);
BEGIN
  RETURN ts_delete(setweight(to_tsvector('pg_catalog.simple', main), 'A')
      || setweight(to_tsvector('pg_catalog.english', main), 'B')
      || setweight(to_tsvector('pg_catalog.simple', rest), 'C')
      || setweight(to_tsvector('pg_catalog.english', rest), 'D'), 'zqxw')
    -- The number is a word of its own, behind a sign that no word begins with (MR is none), and so
    -- is what follows its last hyphen.
    || array_to_tsvector(ARRAY['#' || number, regexp_replace(number, '^.*-(?=.)', '')]);
END $$;
DROP FUNCTION {tenant}.words_document(text, text);

-- All at once, without the index and then with it.
DROP INDEX {tenant}.records_by_words;
ALTER TABLE {tenant}.medical_records DISABLE TRIGGER USER;
UPDATE {tenant}.medical_records AS r SET search = {tenant}.record_document(r)
  WHERE voided_at IS NULL;
ALTER TABLE {tenant}.medical_records ENABLE TRIGGER USER;
CREATE INDEX records_by_words ON {tenant}.medical_records USING gin (search);

-- ---- what is asked for -----------------------------------------------------------------------------

-- As a tsquery wants it. quote_literal writes E'..' where there is a backslash, which it cannot read.
CREATE FUNCTION {tenant}.lexeme(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  '''' || replace(replace($1, '\', '\\'), '''', '''''') || '''';

-- As `simple`, but English stop words count as gaps: looking for "of" in a million documents takes
-- longer than looking for what stands around it.
CREATE TEXT SEARCH DICTIONARY {tenant}.unstopped_words
  (TEMPLATE = pg_catalog.simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION {tenant}.unstopped (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION {tenant}.unstopped
  ALTER MAPPING REPLACE pg_catalog.simple WITH {tenant}.unstopped_words;

-- Words in this order, the last one perhaps only begun. What denies is looked for as it stands: "no
-- fever" is not fever.
CREATE FUNCTION {tenant}.phrase_query(phrase text) RETURNS tsquery
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  plain text := btrim({tenant}.plain(phrase));
  begun text;
  asked tsquery;
BEGIN
  IF plain = '' THEN RETURN ''; END IF;
  SELECT string_agg({tenant}.lexeme(w), ' <-> ') || ':*' INTO begun
    FROM regexp_split_to_table(plain, ' ') AS w WHERE w <> '';
  IF plain ~ '\m(no|nor|not)\M' THEN
    RETURN phraseto_tsquery('pg_catalog.simple', plain) || to_tsquery('pg_catalog.simple', begun);
  END IF;
  asked := phraseto_tsquery('pg_catalog.english', plain)
    || phraseto_tsquery('{tenant}.unstopped', plain) || to_tsquery('{tenant}.unstopped', begun);
  IF numnode(asked) > 0 THEN RETURN asked; END IF;
  RETURN phraseto_tsquery('pg_catalog.simple', plain);  -- "of the"
END $$;

-- A word: itself, its beginning, its English stem, its beginning without a German, French, Spanish or
-- Portuguese ending; the same of how German is typed without umlauts, and the other way round, where
-- the word is so long that it is not chance (blue, poem). What is no plain word is what the parser
-- makes of it (11.5, COVID-19), a record's number, or several words (120/80).
CREATE OR REPLACE FUNCTION {tenant}.word_query(word text) RETURNS tsquery
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  plain text := btrim({tenant}.plain(word));
  forms text[] := ARRAY[plain];
BEGIN
  IF plain = '' OR plain ~ ' ' THEN
    RETURN {tenant}.phrase_query(plain);
  ELSIF plain !~ '^[[:alnum:]]+$' THEN
    RETURN plainto_tsquery('pg_catalog.english', plain)
      || to_tsquery('pg_catalog.simple', {tenant}.lexeme(plain) || ':*')
      || (CASE WHEN plain ~ '^\w+-' THEN {tenant}.lexeme('#' || plain) || ':*' ELSE '' END)::tsquery;
  ELSIF length(word) >= 5 THEN
    forms := ARRAY[plain, regexp_replace(plain, '([aou])e', '\1', 'g'),
      {tenant}.plain(replace(replace(replace(lower(normalize(word, NFC)), 'ä', 'ae'), 'ö', 'oe'),
                             'ü', 'ue'))];
  END IF;
  RETURN (SELECT string_agg(p.part, ' | ')::tsquery FROM (
    SELECT {tenant}.lexeme(f.form)
           || CASE WHEN f.form = plain OR length(f.form) >= 5 THEN ':*' ELSE '' END AS part
    FROM unnest(forms) AS f(form)
    UNION
    SELECT {tenant}.lexeme(s.stem) || CASE WHEN s.english THEN '' ELSE ':*' END
    FROM (SELECT f.form, d.english, (ts_lexize(d.name, f.form))[1] AS stem
          FROM unnest(forms) AS f(form)
          CROSS JOIN (VALUES ('pg_catalog.english_stem'::regdictionary, true),
            ('pg_catalog.german_stem', false), ('pg_catalog.french_stem', false),
            ('pg_catalog.spanish_stem', false), ('pg_catalog.portuguese_stem', false))
            AS d(name, english)
          WHERE f.form ~ '^[[:alpha:]]+$') s
    WHERE s.english AND s.stem <> '' OR s.stem <> s.form
      AND left(s.form, length(s.stem)) = s.stem
      AND length(s.stem) >= 5 AND length(s.form) - length(s.stem) <= 4) p);
END $$;

CREATE OR REPLACE FUNCTION {tenant}.record_query(words text[], phrases text[]) RETURNS tsquery
  LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg('(' || part::text || ')', ' & '), '')::tsquery FROM (
    SELECT {tenant}.word_query(w) AS part FROM unnest(words) AS w
    UNION ALL
    SELECT {tenant}.phrase_query(p) FROM unnest(phrases) AS p) AS parts
  WHERE numnode(part) > 0 $$;

-- ---- follow-ups ------------------------------------------------------------------------------------

-- The follow-ups of a patient that are outstanding: those that no later visit has kept (one that is
-- a follow-up, or is not earlier than 14 days before the day that was agreed) or replaced (the same
-- doctor set another). `zone` says which day a visit was on.
DROP FUNCTION {tenant}.outstanding(bigint);
CREATE FUNCTION {tenant}.outstanding(patient bigint, zone text)
  RETURNS TABLE (record_id bigint, patient_id bigint, due date) LANGUAGE sql STABLE AS $$
  SELECT r.id, r.patient_id, r.follow_up_date
  FROM {tenant}.medical_records r
  CROSS JOIN (SELECT l.id, (l.visit_date AT TIME ZONE zone)::date AS day
              FROM {tenant}.medical_records l
              WHERE l.patient_id = patient AND l.voided_at IS NULL
              ORDER BY l.visit_date DESC, l.id DESC LIMIT 1) AS latest
  WHERE r.patient_id = patient AND r.voided_at IS NULL AND r.follow_up_required
    AND (r.id = latest.id OR r.follow_up_date - 14 > latest.day)
    AND NOT EXISTS (
      SELECT FROM {tenant}.medical_records l
      WHERE l.patient_id = patient AND l.voided_at IS NULL
        AND (l.visit_date, l.id) > (r.visit_date, r.id)
        AND (l.visit_type = 'follow_up' OR l.doctor_id = r.doctor_id AND l.follow_up_required)) $$;

CREATE OR REPLACE FUNCTION {tenant}.records_follow_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  patient bigint;
  zone    text;
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.patient_id, OLD.doctor_id, OLD.visit_date, OLD.visit_type,
       OLD.follow_up_required, OLD.follow_up_date, OLD.voided_at) IS NOT DISTINCT FROM
       (NEW.patient_id, NEW.doctor_id, NEW.visit_date, NEW.visit_type, NEW.follow_up_required,
       NEW.follow_up_date, NEW.voided_at) THEN
    RETURN NULL;
  END IF;
  zone := coalesce((SELECT t.time_zone FROM wardbook.my_tenant t), 'UTC');
  FOR patient IN
    SELECT DISTINCT p FROM unnest(ARRAY[NEW.patient_id,
      CASE WHEN TG_OP = 'UPDATE' THEN OLD.patient_id END]) AS p WHERE p IS NOT NULL ORDER BY p
  LOOP
    -- One at a time for a patient: two new visits do not see each other before they are committed.
    PERFORM FROM {tenant}.patients WHERE id = patient FOR NO KEY UPDATE;
    DELETE FROM {tenant}.follow_ups f WHERE f.patient_id = patient;
    INSERT INTO {tenant}.follow_ups SELECT * FROM {tenant}.outstanding(patient, zone);
  END LOOP;
  RETURN NULL;
END $$;

DELETE FROM {tenant}.follow_ups;
INSERT INTO {tenant}.follow_ups
  SELECT o.* FROM {tenant}.patients p CROSS JOIN LATERAL {tenant}.outstanding(p.id,
    coalesce((SELECT t.time_zone FROM wardbook.tenants t
              WHERE 'wbt_' || t.id = replace('{role}', '"', '')), 'UTC')) o;

-- The latest first, those without a date last, as in the other direction.
CREATE INDEX records_by_follow_up_down ON {tenant}.medical_records
  (coalesce(follow_up_date, '-infinity'::date) DESC, id DESC) WHERE voided_at IS NULL;

-- ---- patients --------------------------------------------------------------------------------------

-- A patient's number as it is typed: p-000006, P000006 and P6 are the same, and 6 is it too.
CREATE FUNCTION {tenant}.number_letters(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  lower(regexp_replace($1, '[^[:alnum:]]', '', 'g'));
CREATE FUNCTION {tenant}.number_key(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  regexp_replace({tenant}.number_letters($1), '(^|[^0-9])0+(?=[0-9])', '\1', 'g');
CREATE FUNCTION {tenant}.number_digits(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  ltrim(regexp_replace($1, '[^0-9]', '', 'g'), '0');
DROP INDEX {tenant}.patients_by_number;
CREATE INDEX patients_by_number_letters ON {tenant}.patients
  ({tenant}.number_letters(patient_number) text_pattern_ops);
CREATE INDEX patients_by_number_key ON {tenant}.patients ({tenant}.number_key(patient_number));
CREATE INDEX patients_by_number_digits ON {tenant}.patients
  ({tenant}.number_digits(patient_number));

-- As before, with typing errors in names of three letters too, more beginnings, and two names written
-- as one (johnsmith), where `also` is the second.
DROP FUNCTION {tenant}.name_meanings(text);
CREATE FUNCTION {tenant}.name_meanings(name text)
  RETURNS TABLE (typed text, word text, also text, quality real) LANGUAGE sql STABLE AS $$
  SELECT t.word, m.word, m.also, max(m.quality)::real
  FROM unnest(({tenant}.words_of(name))[1:8]) AS t(word)
  CROSS JOIN LATERAL (
    (SELECT n.word, NULL AS also, CASE WHEN n.word = t.word THEN 1 ELSE 0.9 END AS quality
     FROM {tenant}.name_words n WHERE n.key = {tenant}.letter_key(t.word)
     ORDER BY n.word <> t.word, n.word LIMIT 10)
    UNION ALL
    (SELECT n.word, NULL, 0.6 + 0.25 * length(t.word) / length(n.word)
     FROM {tenant}.name_words n WHERE n.word LIKE t.word || '%'
     ORDER BY length(n.word), n.word LIMIT 1000)
    UNION ALL
    (SELECT n.word, NULL, 0.85 - 0.15 * public.levenshtein(n.word, t.word)
     FROM {tenant}.name_words n
     WHERE length(t.word) >= 3 AND n.word OPERATOR(public.%) t.word
       AND public.levenshtein_less_equal(n.word, t.word, 2)
         <= CASE WHEN length(t.word) < 6 THEN 1 ELSE 2 END
     ORDER BY public.levenshtein(n.word, t.word), n.word LIMIT 20)
    UNION ALL
    (SELECT n.word, NULL, 0.5 FROM {tenant}.name_words n
     WHERE length(t.word) > 2 AND n.word LIKE '%' || t.word || '%'
     ORDER BY length(n.word), n.word LIMIT 40)
    UNION ALL
    (SELECT a.word, b.word, 0.4 FROM generate_series(2, length(t.word) - 2) AS cut
     JOIN {tenant}.name_words a ON a.word = left(t.word, cut)
     JOIN {tenant}.name_words b ON b.word = substr(t.word, cut + 1)
     WHERE a.word <> b.word)) m
  GROUP BY t.word, m.word, m.also $$;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {tenant} TO {role};
