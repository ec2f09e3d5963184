-- Found as it was meant: numbers behind a hyphen, codes without their dot, British and American
-- spelling, plurals in -ões, both small sigmas; names of three and four letters with one wrong, names
-- written as one word, numbers without their letters. The documents stay as they are.

-- ---- records ---------------------------------------------------------------------------------------

-- American as British spelling (edema, anemia, diarrhea, tumor, fiber), of words or of phrases.
CREATE FUNCTION {tenant}.british(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  regexp_replace(regexp_replace(regexp_replace(regexp_replace(replace($1, 'sulf', 'sulph'),
    '(\mh(?=em[ao])|gyn(?=ec)|\m(?=etiol|esthe)|\mp(?=edi)|orthop(?=ed)|\mc(?=ec[aou]|esar)|\mf(?=ec[ae])|[b-df-z](?=emi[ac]|esthe[st]))',
    '\1a', 'g'),
    '(\m(?=edema|esoph|estr[oi])|[b-df-np-z](?=edema)|rrh(?=e)|pn(?=e[ai])|\mf(?=et[uao])|\mc(?=eliac)|\mam(?=eb)|\mhom(?=eo))',
    '\1o', 'g'),
    '\m(tum|col|lab|od|hum|behavi)or(?!at)', '\1our', 'g'),
    '\m(lit|fib|cent|tit|calib|goit)er(?!at)', '\1re', 'g');

CREATE FUNCTION {tenant}.american(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  regexp_replace(regexp_replace(regexp_replace(replace($1, 'sulph', 'sulf'),
    '[ao]e', 'e', 'g'),
    '\m(tum|col|lab|od|hum|behavi)our', '\1or', 'g'),
    '\m(lit|fib|cent|tit|calib|goit)re', '\1er', 'g');

-- What is written in other ways, itself first: spellings; -ão and -ões; the sigma, which is another
-- letter at the end of a word and the usual one where all are capitals.
CREATE FUNCTION {tenant}.spellings(text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  ARRAY[$1, {tenant}.british($1), {tenant}.american($1),
    regexp_replace($1, '([a-z]{2})ao\M', '\1oes', 'g'),
    regexp_replace($1, '([a-z]{2})oes\M', '\1ao', 'g'),
    translate($1, 'ς', 'σ'), regexp_replace($1, 'σ\M', 'ς', 'g')];

-- Words in this order, the last one perhaps only begun. What denies is looked for as it stands: "no
-- fever" is not fever.
CREATE FUNCTION {tenant}.one_phrase_query(plain text) RETURNS tsquery
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  begun text;
  asked tsquery;
BEGIN
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

-- A phrase in its spellings, and a number in it with a hyphen before it and without: the parser takes
-- COVID-19 for a word and the number -19.
CREATE OR REPLACE FUNCTION {tenant}.phrase_query(phrase text) RETURNS tsquery
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  plain text := btrim({tenant}.plain(phrase));
  asked tsquery;
  form  text;
BEGIN
  IF plain ~ '^[^a-z0-9\u0080-\U0010FFFF]*$' THEN RETURN ''; END IF;
  asked := {tenant}.one_phrase_query(plain);
  FOR form IN
    SELECT DISTINCT f FROM unnest({tenant}.spellings(plain)
      || regexp_replace(plain, '([[:alpha:]]) (?=[0-9])', '\1-', 'g')
      || regexp_replace(plain, '([[:alnum:]])-(?=[0-9])', '\1 ', 'g')) AS f WHERE f <> plain
  LOOP
    asked := asked || {tenant}.one_phrase_query(form);
  END LOOP;
  RETURN asked;
END $$;

-- A word with digits in it and nothing else: a number also behind a hyphen, letters and digits also
-- as two words (IL6: IL-6, IL 6), a code also with its dot.
CREATE FUNCTION {tenant}.number_query(plain text) RETURNS tsquery
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  asked tsquery := ({tenant}.lexeme(plain) || ':*')::tsquery;
  parts text[] := regexp_match(plain, '^([[:alpha:]]+)([0-9]+)$');
BEGIN
  IF plain ~ '^[0-9]+$' THEN
    RETURN asked || ({tenant}.lexeme('-' || plain) || ':*')::tsquery;
  ELSIF parts IS NOT NULL THEN
    asked := asked || ({tenant}.lexeme(parts[1]) || ' <-> ' || {tenant}.lexeme(parts[2]))::tsquery
      || ({tenant}.lexeme(parts[1]) || ' <-> ' || {tenant}.lexeme('-' || parts[2]))::tsquery;
  ELSIF plain ~ '^[0-9]+[[:alpha:]]+$' THEN
    parts := regexp_match(plain, '^([0-9]+)([[:alpha:]]+)$');
    asked := asked || ({tenant}.lexeme(parts[1]) || ' <-> ' || {tenant}.lexeme(parts[2]))::tsquery;
  END IF;
  IF plain ~ '^[a-z][0-9][0-9a-z]{2,5}$' THEN
    asked := asked || to_tsquery('pg_catalog.simple',
      {tenant}.lexeme(left(plain, 3) || '.' || substr(plain, 4)) || ':*');
  END IF;
  RETURN asked;
END $$;

-- A word: itself, its beginning, its English stem, its beginning without a German, French, Spanish or
-- Portuguese ending; the same of how German is typed without umlauts, and the other way round, and its
-- other spellings, where the word is so long that it is not chance (blue, poem). What is no plain word
-- is what the parser makes of it (11.5, COVID-19), a record's number, or several words (120/80).
CREATE OR REPLACE FUNCTION {tenant}.word_query(word text) RETURNS tsquery
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  plain text := btrim({tenant}.plain(word));
  forms text[] := ARRAY[plain];
  other text[];
BEGIN
  IF plain ~ '^[^a-z0-9\u0080-\U0010FFFF]*$' THEN
    RETURN '';  -- punctuation
  ELSIF plain ~ ' ' THEN
    RETURN {tenant}.phrase_query(plain);
  ELSIF plain !~ '^[[:alnum:]]+$' THEN
    RETURN plainto_tsquery('pg_catalog.english', plain)
      || to_tsquery('pg_catalog.simple', {tenant}.lexeme(plain) || ':*')
      || (CASE WHEN plain ~ '^\w+-' THEN {tenant}.lexeme('#' || plain) || ':*' ELSE '' END)::tsquery
      || CASE WHEN plain ~ '^[[:alpha:]]+-[0-9]+$'
              THEN {tenant}.number_query(replace(plain, '-', '')) ELSE '' END;
  ELSIF plain ~ '[0-9]' THEN
    RETURN {tenant}.number_query(plain);
  ELSIF length(word) >= 5 THEN
    forms := ARRAY[plain, regexp_replace(plain, '([aou])e', '\1', 'g'),
      {tenant}.plain(replace(replace(replace(lower(normalize(word, NFC)), 'ä', 'ae'), 'ö', 'oe'),
                             'ü', 'ue'))];
    other := ARRAY(SELECT f FROM unnest({tenant}.spellings(plain)) AS f WHERE f <> plain);
  END IF;
  RETURN (SELECT string_agg(p.part, ' | ')::tsquery FROM (
    SELECT {tenant}.lexeme(f.form)
           || CASE WHEN f.form = plain OR length(f.form) >= 5 THEN ':*' ELSE '' END AS part
    FROM unnest(forms || other) AS f(form)
    UNION
    SELECT {tenant}.lexeme((ts_lexize('pg_catalog.english_stem', f.form))[1])
    FROM unnest(other) AS f(form) WHERE f.form ~ '^[[:alpha:]]+$'
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

-- ---- patients --------------------------------------------------------------------------------------

-- A number's groups of digits, without leading zeros: RV-1795649153-001 is 1795649153-1.
CREATE FUNCTION {tenant}.number_groups(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  btrim(regexp_replace(regexp_replace($1, '[^0-9]+', '-', 'g'), '(^|-)0+(?=[0-9])', '\1', 'g'), '-');
CREATE INDEX patients_by_number_groups ON {tenant}.patients
  ({tenant}.number_groups(patient_number));

-- Names of few letters are compared one by one.
CREATE INDEX name_words_short ON {tenant}.name_words (length(word), word) WHERE length(word) <= 5;

-- A word as two, three or four names (delacruz, 李小龙). Names of one letter count only in Chinese,
-- Japanese and Korean.
CREATE FUNCTION {tenant}.names_in(word text) RETURNS SETOF text[]
  LANGUAGE sql STABLE AS $$
  WITH RECURSIVE cut(names, rest) AS (
    SELECT ARRAY[]::text[], $1 WHERE length($1) BETWEEN 2 AND 24
    UNION ALL
    SELECT c.names || n.word, substr(c.rest, g.l + 1)
    FROM cut c CROSS JOIN LATERAL generate_series(
      CASE WHEN c.rest ~ '^[\u2E80-\u9FFF\uAC00-\uD7AF]' THEN 1 ELSE 2 END, length(c.rest)) AS g(l)
    CROSS JOIN LATERAL (  -- one by one along the key: a join reads all words
      SELECT k.word FROM {tenant}.name_words k WHERE k.word = left(c.rest, g.l) LIMIT 1) n
    WHERE cardinality(c.names) < 4 AND n.word <> $1)
  SELECT c.names FROM cut c WHERE c.rest = '' LIMIT 20 $$;

-- As before; `also` are the further names of a word that is several.
DROP FUNCTION {tenant}.name_meanings(text);
CREATE FUNCTION {tenant}.name_meanings(name text)
  RETURNS TABLE (typed text, word text, also text[], quality real) LANGUAGE sql STABLE AS $$
  SELECT t.word, m.word, m.also, max(m.quality)::real
  FROM unnest(({tenant}.words_of(name))[1:8]) AS t(word)
  CROSS JOIN LATERAL (
    (SELECT n.word, NULL::text[] AS also, CASE WHEN n.word = t.word THEN 1 ELSE 0.9 END AS quality
     FROM {tenant}.name_words n WHERE n.key = {tenant}.letter_key(t.word)
     ORDER BY n.word <> t.word, n.word LIMIT 10)
    UNION ALL
    (SELECT n.word, NULL, 0.6 + 0.25 * length(t.word) / length(n.word)
     FROM {tenant}.name_words n WHERE n.word LIKE t.word || '%'
     ORDER BY length(n.word), n.word LIMIT 1000)
    UNION ALL
    (SELECT n.word, NULL, 0.85 - 0.15 * public.levenshtein(n.word, t.word)
     FROM {tenant}.name_words n
     WHERE length(t.word) >= 5 AND n.word OPERATOR(public.%) t.word
       AND CASE WHEN greatest(length(n.word), length(t.word)) > 200 THEN false  -- more is refused
                ELSE public.levenshtein_less_equal(n.word, t.word, 2)
                  <= CASE WHEN length(t.word) < 6 THEN 1 ELSE 2 END END
     ORDER BY public.levenshtein(n.word, t.word), n.word LIMIT 20)
    UNION ALL  -- too few trigrams to be like each other
    (SELECT n.word, NULL, 0.7 FROM {tenant}.name_words n
     WHERE length(t.word) IN (3, 4) AND length(n.word) <= 5
       AND length(n.word) BETWEEN length(t.word) - 1 AND length(t.word) + 1
       AND public.levenshtein_less_equal(n.word, t.word, 1) = 1
     ORDER BY n.word LIMIT 100)
    UNION ALL  -- beside other words (dl-Sayed), and only if nobody is called so
    (SELECT n.word, NULL, 0.4 FROM {tenant}.name_words n
     WHERE t.word ~ '^[a-z]{2}$' AND length(n.word) = 2
       AND public.levenshtein_less_equal(n.word, t.word, 1) = 1
       AND cardinality({tenant}.words_of(name)) > 1
       AND NOT EXISTS (SELECT FROM {tenant}.name_words k WHERE k.word LIKE t.word || '%')
     ORDER BY n.word LIMIT 20)
    UNION ALL
    (SELECT n.word, NULL, 0.5 FROM {tenant}.name_words n
     WHERE length(t.word) > 2 AND n.word LIKE '%' || t.word || '%'
     ORDER BY length(n.word), n.word LIMIT 40)
    UNION ALL
    SELECT p.names[1], p.names[2:], 0.4 FROM {tenant}.names_in(t.word) AS p(names)) m
  GROUP BY t.word, m.word, m.also $$;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {tenant} TO {role};
