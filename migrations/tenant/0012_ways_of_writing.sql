-- Found however it is written: Chinese and Japanese without blanks, Arabic with vowel marks and articles,
-- Russian and Greek endings, numbers with their unit and with a decimal comma, compounds with their
-- hyphen; British -ise is American -ize.

-- ---- text as it is indexed and asked for -----------------------------------------------------------

-- Most texts and words have ASCII letters only: what others need is looked for in others only.
-- PostgreSQL keeps 32 regular expressions compiled, and a search that needs more takes much longer.

-- Single characters: without case and accents, Arabic without vowel marks, tatweel and the forms of
-- alef, ya, ta marbuta and kaf, digits as in Europe, the micro sign as the letter that it is. What
-- shows nothing (soft hyphen, joiners, zero-width space) is left out.
CREATE FUNCTION {tenant}.letters(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  {tenant}.fold(
    CASE WHEN octet_length($1) > length($1)
              AND $1 ~ '[\u00AD\u00B5\u0622-\u06F9\u200B-\u200D\u2060\uFEFF]'  -- translate is slow
         THEN translate($1,
           U&'\066B\066C\00B5\0622\0623\0625\0671\0649\06CC\0629\06A9'
             '\0660\0661\0662\0663\0664\0665\0666\0667\0668\0669'
             '\06F0\06F1\06F2\06F3\06F4\06F5\06F6\06F7\06F8\06F9'
             '\064B\064C\064D\064E\064F\0650\0651\0652\0653\0654\0655\0670\0640'
             '\00AD\200B\200C\200D\2060\FEFF',
           U&'.,\03BC\0627\0627\0627\0627\064A\064A\0647\064301234567890123456789')
         ELSE $1 END);

-- Characters of Chinese and Japanese apart, so that each is a word of its own and what is typed is found
-- wherever these stand one behind the other: ideographs, their marks of repetition, kana.
CREATE FUNCTION {tenant}.apart(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN octet_length($1) = length($1) THEN $1 ELSE
    regexp_replace($1, '([々〆〇\u3041-\u3096\u309D-\u309F\u30A1-\u30FA\u30FC-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF])',
                   ' \1 ', 'g') END;

-- Composed, and with a blank for a zero-width space in Thai, Lao, Burmese and Khmer, which have no other
-- sign that parts words.
CREATE FUNCTION {tenant}.composed(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN octet_length($1) = length($1) THEN $1 ELSE
    regexp_replace(CASE WHEN $1 ~ U&'[\0300-\036F]' THEN normalize($1, NFC) ELSE $1 END,
                   '([\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF])\u200B', '\1 ', 'g') END;

-- A number's unit is no part of the compound behind it.
CREATE FUNCTION {tenant}.unit_apart(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN strpos($1, '-') = 0 THEN $1 ELSE
    regexp_replace($1, '(?<![[:alnum:].])([0-9]+(?:[.,][0-9]+)*[[:alpha:]]+)-(?=[[:alpha:]])',
                   '\1 ', 'g') END;

-- A comma within a number is a point (38,5; 1,000,000; not 1,2,3), and a number is a word and its unit
-- another one (5mg, 0.5mg/ml, 24h-Holter, not IL6 nor S72.001A).
CREATE FUNCTION {tenant}.numbers_apart(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN $1 !~ '[0-9]' THEN $1 ELSE
    regexp_replace(
      {tenant}.unit_apart(CASE WHEN strpos($1, ',') = 0 THEN $1 ELSE
        regexp_replace(
          regexp_replace($1,
            '(?<![[:alnum:].,])([0-9]{1,3}),([0-9]{3}),(?=[0-9]{3}(?!,?[0-9]))', '\1.\2.', 'g'),
          '(?<![[:alnum:].,])([0-9]+),(?=[0-9]+(?!,?[0-9]))', '\1.', 'g') END),
      '(?<![[:alnum:].])([0-9]+(?:[.,][0-9]+)*)(?=[[:alpha:]])', '\1 ', 'g') END;

-- As before but for these.
CREATE OR REPLACE FUNCTION {tenant}.plain(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  {tenant}.numbers_apart(regexp_replace(
    regexp_replace({tenant}.apart(translate({tenant}.letters({tenant}.composed($1)), '/\<>&', '     ')),
                   U&'[\\s\00A0\1680\2000-\200A\2028\2029\202F\205F\3000]+', ' ', 'g'),
    '([a-z])\.(?=[a-z])', '\1 ', 'g'));

-- Arabic words without article and conjunction, where enough is left.
CREATE FUNCTION {tenant}.bare(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN octet_length($1) = length($1) THEN $1 ELSE
    regexp_replace($1,
      '\m(و?([بكف]?ال|لل)(?=[\u0621-\u06D3]{2})|و(?=[\u0621-\u06D3]{3}))', '', 'g') END;

-- What was written in parts, as one word (follow-up: followup, but not 59-year-old).
CREATE FUNCTION {tenant}.joined_words(text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  ARRAY(SELECT DISTINCT w.word
        FROM regexp_matches($1, '(?<![[:alnum:]-])[[:alpha:]]+(?:-[[:alpha:]]+)+', 'g') AS m(words)
        CROSS JOIN LATERAL (SELECT replace(m.words[1], '-', '') AS word) w
        WHERE length(w.word) <= 40 ORDER BY w.word LIMIT 500);

-- As before, with stems of Russian too (the configuration `russian` stems Latin letters as English).
-- Joined words have no place: they are in no phrase.
CREATE OR REPLACE FUNCTION {tenant}.record_document(r {tenant}.medical_records) RETURNS tsvector
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  main text := {tenant}.joined_texts({tenant}.record_texts(r, true), 50000);
  rest text := {tenant}.joined_texts({tenant}.record_texts(r, false), 80000);
  number text := {tenant}.fold(r.record_number);
BEGIN
  RETURN ts_delete(setweight(to_tsvector('pg_catalog.simple', main), 'A')
      || setweight(to_tsvector('pg_catalog.russian', {tenant}.bare(main)), 'B')
      || setweight(to_tsvector('pg_catalog.simple', rest), 'C')
      || setweight(to_tsvector('pg_catalog.russian', {tenant}.bare(rest)), 'D'), 'zqxw')
    -- The number is a word of its own, behind a sign that no word begins with (MR is none), and so
    -- is what follows its last hyphen.
    || array_to_tsvector(ARRAY['#' || number, regexp_replace(number, '^.*-(?=.)', '')]
                         || {tenant}.joined_words(main || rest));
END $$;

-- The documents that become others. Without triggers: nothing of the records changes. With the index:
-- what it costs is less than making it anew, and records can be read meanwhile.
ALTER TABLE {tenant}.medical_records DISABLE TRIGGER USER;
UPDATE {tenant}.medical_records AS r SET search = d.document
  FROM {tenant}.medical_records AS o CROSS JOIN LATERAL {tenant}.record_document(o) AS d(document)
  WHERE o.id = r.id AND o.voided_at IS NULL AND d.document IS DISTINCT FROM o.search;
ALTER TABLE {tenant}.medical_records ENABLE TRIGGER USER;

-- ---- what is asked for -----------------------------------------------------------------------------

-- What is written in other ways, itself first: as before, and -ise, -ising, -isation and -yse.
CREATE OR REPLACE FUNCTION {tenant}.spellings(text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  ARRAY[$1, {tenant}.british($1), {tenant}.american($1),
    regexp_replace($1, '([a-z]{2}[iy])s(?=(e[drs]?|ing|ations?)\M)', '\1z', 'g'),
    regexp_replace($1, '([a-z]{2}[iy])z(?=(e[drs]?|ing|ations?)\M)', '\1s', 'g'),
    regexp_replace($1, '([a-z]{2})ao\M', '\1oes', 'g'),
    regexp_replace($1, '([a-z]{2})oes\M', '\1ao', 'g'),
    translate($1, 'ς', 'σ'),
    CASE WHEN strpos($1, 'σ') > 0 THEN regexp_replace($1, 'σ\M', 'ς', 'g') ELSE $1 END];

-- As before, with the stems that documents have now, and with what denies in Russian.
CREATE OR REPLACE FUNCTION {tenant}.one_phrase_query(plain text) RETURNS tsquery
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  begun text;
  asked tsquery;
BEGIN
  SELECT string_agg({tenant}.lexeme(w), ' <-> ') || ':*' INTO begun
    FROM string_to_table(plain, ' ') AS w WHERE w <> '';
  IF plain ~ '\m(no|nor|not|не|нет|ни|без)\M' THEN
    RETURN phraseto_tsquery('pg_catalog.simple', plain) || to_tsquery('pg_catalog.simple', begun);
  END IF;
  asked := phraseto_tsquery('pg_catalog.russian', {tenant}.bare(plain))
    || phraseto_tsquery('{tenant}.unstopped', plain) || to_tsquery('{tenant}.unstopped', begun);
  IF numnode(asked) > 0 THEN RETURN asked; END IF;
  RETURN phraseto_tsquery('pg_catalog.simple', plain);  -- "of the"
END $$;

-- A phrase in its spellings; a number in it with a hyphen before it and without (the parser takes
-- COVID-19 for a word and the number -19), and as one word with the letters before it; the parts of
-- a compound as words.
CREATE OR REPLACE FUNCTION {tenant}.phrase_query(phrase text) RETURNS tsquery
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  plain text := btrim({tenant}.plain(phrase));
  forms text[];
  form  text;
  asked tsquery;
BEGIN
  IF plain ~ '^[^a-z0-9\u0080-\U0010FFFF]*$' THEN RETURN ''; END IF;
  asked := {tenant}.one_phrase_query(plain);
  forms := CASE WHEN plain ~ '[^0-9. -]' THEN {tenant}.spellings(plain) END;
  IF plain ~ '[0-9]' THEN
    forms := forms || regexp_replace(plain, '([[:alpha:]]) (?=[0-9])', '\1-', 'g')
      || regexp_replace(plain, '([[:alpha:]]) (?=[0-9])', '\1', 'g')
      || regexp_replace(plain, '^(?=[0-9][0-9.]* [[:alpha:]])', '-')
      || regexp_replace(plain, '([[:alnum:]])-(?=[0-9])', '\1 ', 'g');
  END IF;
  IF strpos(plain, '-') > 0 THEN
    forms := forms || regexp_replace(plain, '([[:alpha:]])-(?=[[:alpha:]])', '\1 ', 'g');
  END IF;
  FOR form IN SELECT DISTINCT f FROM unnest(forms) AS f WHERE f <> plain
  LOOP
    asked := asked || {tenant}.one_phrase_query(form);
  END LOOP;
  RETURN asked;
END $$;

-- A number, behind a hyphen too, and with the points of its groups of three or without them.
CREATE FUNCTION {tenant}.number_forms(text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  ARRAY[$1, '-' || $1,
    CASE WHEN $1 ~ '^[1-9][0-9]{3,8}$' THEN regexp_replace($1, '([0-9])(?=([0-9]{3})+$)', '\1.', 'g')
         WHEN $1 ~ '^[1-9][0-9]{0,2}(\.[0-9]{3})+$' THEN replace($1, '.', '')
         ELSE $1 END];

-- A word with digits in it and nothing else: a number also behind a hyphen and in groups of three,
-- letters and digits also as two words (IL6: IL-6, IL 6), a code also with its dot.
CREATE OR REPLACE FUNCTION {tenant}.number_query(plain text) RETURNS tsquery
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  asked tsquery := ({tenant}.lexeme(plain) || ':*')::tsquery;
  parts text[] := regexp_match(plain, '^([[:alpha:]]+)([0-9]+)$');
BEGIN
  IF plain ~ '^[0-9]+$' THEN
    RETURN asked || ({tenant}.lexeme('-' || plain) || ':*')::tsquery
      || {tenant}.lexeme(({tenant}.number_forms(plain))[3])::tsquery;
  ELSIF parts IS NOT NULL THEN
    asked := asked || ({tenant}.lexeme(parts[1]) || ' <-> ' || {tenant}.lexeme(parts[2]))::tsquery
      || ({tenant}.lexeme(parts[1]) || ' <-> ' || {tenant}.lexeme('-' || parts[2]))::tsquery;
  END IF;
  IF plain ~ '^[a-z][0-9][0-9a-z]{2,5}$' THEN
    asked := asked || to_tsquery('pg_catalog.simple',
      {tenant}.lexeme(left(plain, 3) || '.' || substr(plain, 4)) || ':*');
  END IF;
  RETURN asked;
END $$;

-- What has letters or digits and something else: what the parser makes of it (11.5, COVID-19), a
-- record's number without its zeros or its MR too, the parts of a compound and these as one word, a
-- number without the points or commas of its groups.
CREATE FUNCTION {tenant}.compound_query(plain text) RETURNS tsquery
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  asked tsquery := plainto_tsquery('pg_catalog.russian', {tenant}.bare(plain))
    || to_tsquery('pg_catalog.simple', {tenant}.lexeme(plain) || ':*');
  number text[] := regexp_match(plain, '^(?:mr-)?([0-9]{4})-([0-9]{1,9})$');
BEGIN
  IF plain ~ '^\w+-' THEN
    asked := asked || ({tenant}.lexeme('#' || plain) || ':*')::tsquery;
  END IF;
  IF number IS NOT NULL THEN
    asked := asked || ({tenant}.lexeme('#mr-' || number[1] || '-' || number[2]) || ':*')::tsquery
      || {tenant}.lexeme('#mr-' || number[1] || '-' || wardbook.padded(number[2]::bigint))::tsquery;
  ELSIF plain ~ '^[[:alpha:]]+-[0-9]+$' THEN
    asked := asked || {tenant}.number_query(replace(plain, '-', ''));
  ELSIF plain ~ '^[[:alpha:]]+(-[[:alpha:]]+)+$' THEN
    asked := asked || {tenant}.one_phrase_query(replace(plain, '-', ' '))
      || {tenant}.word_query(replace(plain, '-', ''));
  ELSIF plain ~ '^[1-9][0-9]{0,2}(\.[0-9]{3})+$' THEN
    asked := asked || ({tenant}.lexeme(replace(plain, '.', '')) || ':*')::tsquery;
  ELSIF plain ~ '^[[:alpha:]]+[0-9]+\.[0-9]+$' THEN
    asked := asked || {tenant}.one_phrase_query(
      regexp_replace(plain, '^([[:alpha:]]+)(?=[0-9])', '\1 '));
  END IF;
  RETURN asked;
END $$;

-- A word: itself, its beginning, its English or Russian stem, its beginning without a German, French,
-- Spanish, Portuguese or Greek ending; the same of how German is typed without umlauts, and the other
-- way round, of Arabic without its article, and its other spellings, where the word is so long that it
-- is not chance (blue, poem). What is no plain word is a number and its unit (5mg), several words
-- (120/80) or a compound.
CREATE OR REPLACE FUNCTION {tenant}.word_query(word text) RETURNS tsquery
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  plain text := btrim({tenant}.plain(word));
  ascii boolean := octet_length(plain) = length(plain);
  unit  text[];
  forms text[] := ARRAY[plain];
  other text[];
BEGIN
  IF plain ~ '^[^a-z0-9\u0080-\U0010FFFF]*$' THEN
    RETURN '';  -- punctuation
  ELSIF strpos(plain, ' ') > 0 THEN
    unit := regexp_match(plain, '^([0-9]+(?:\.[0-9]+)*) ([[:alpha:]]+)$');
    IF unit IS NULL THEN RETURN {tenant}.phrase_query(plain); END IF;
    RETURN (SELECT string_agg({tenant}.lexeme(n) || ' <-> ' || {tenant}.lexeme(unit[2]) || ':*', ' | ')
            FROM unnest({tenant}.number_forms(unit[1])) AS n)::tsquery;
  ELSIF plain !~ '^[[:alnum:]]+$' THEN
    RETURN {tenant}.compound_query(plain);
  ELSIF plain ~ '[0-9]' THEN
    RETURN {tenant}.number_query(plain);
  ELSIF length(word) >= 5 THEN
    forms := ARRAY[plain, regexp_replace(plain, '([aou])e', '\1', 'g'),
      btrim({tenant}.plain(replace(replace(replace(lower(normalize(word, NFC)), 'ä', 'ae'), 'ö', 'oe'),
                                   'ü', 'ue')))];
    IF NOT ascii THEN
      forms := forms || regexp_replace(plain, '^و?([بكف]?ال|لل)(?=[\u0621-\u06D3]{3})', '');
    END IF;
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
    SELECT {tenant}.lexeme(s.stem) || CASE WHEN s.indexed THEN '' ELSE ':*' END
    FROM (SELECT f.form, d.indexed, (ts_lexize(d.name, f.form))[1] AS stem
          FROM unnest(forms) AS f(form)
          JOIN (VALUES ('pg_catalog.english_stem'::regdictionary, true, true),
            ('pg_catalog.german_stem', false, true), ('pg_catalog.french_stem', false, true),
            ('pg_catalog.spanish_stem', false, true), ('pg_catalog.portuguese_stem', false, true),
            ('pg_catalog.russian_stem', true, false), ('pg_catalog.greek_stem', false, false))
            AS d(name, indexed, latin) ON d.latin OR NOT ascii
          WHERE f.form ~ '^[[:alpha:]]+$') s
    WHERE s.indexed AND s.stem <> '' OR s.stem <> s.form
      AND left(s.form, length(s.stem)) = s.stem
      AND length(s.stem) >= 5 AND length(s.form) - length(s.stem) <= 4) p);
END $$;

-- Letters and a number behind them may be one word in the chart (COVID 19, IL 6); a number of which
-- nothing else is asked may be a record's, without its zeros.
CREATE OR REPLACE FUNCTION {tenant}.record_query(words text[], phrases text[]) RETURNS tsquery
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  parts   tsquery[] := '{}';
  letters text := '';  -- the word before
  word    text;
  plain   text;
  part    tsquery;
BEGIN
  FOREACH word IN ARRAY words LOOP
    plain := btrim({tenant}.plain(word));
    part := {tenant}.word_query(word);
    IF plain ~ '^[0-9]+(\.[0-9]+)?$' AND letters ~ '^[[:alpha:]]+$' THEN
      parts[cardinality(parts)] := (parts[cardinality(parts)] && part)
        || ({tenant}.lexeme(letters || plain) || ':*')::tsquery;
    ELSIF plain ~ '^[0-9]{1,5}$' AND cardinality(words) = 1 AND cardinality(phrases) = 0 THEN
      parts := ARRAY[part || {tenant}.lexeme(wardbook.padded(plain::bigint))::tsquery];
    ELSE
      parts := array_append(parts, part);
    END IF;
    letters := plain;
  END LOOP;
  FOREACH word IN ARRAY phrases LOOP
    parts := array_append(parts, {tenant}.phrase_query(word));
  END LOOP;
  RETURN (SELECT coalesce(string_agg('(' || p::text || ')', ' & '), '')::tsquery
          FROM unnest(parts) AS p WHERE numnode(p) > 0);
END $$;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {tenant} TO {role};
