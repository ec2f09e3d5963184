-- Finding ICD-10 codes: what an import makes of a release's titles (features/icd10), and what a search
-- compares.

-- In small letters and without accents.
CREATE OR REPLACE FUNCTION wardbook.icd_plain(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  lower(regexp_replace(normalize($1, NFD), U&'[\0300-\036F]', '', 'g'));

-- Equal for a transposition.
CREATE OR REPLACE FUNCTION wardbook.letter_key(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  (SELECT string_agg(c, '' ORDER BY c) FROM regexp_split_to_table($1, '') AS c);
-- The English stem; '' where there is none to speak of.
CREATE OR REPLACE FUNCTION wardbook.stem(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN $1 ~ '^[a-z]{4,}$'
    THEN coalesce((ts_lexize('pg_catalog.english_stem', $1))[1], '') ELSE '' END;
CREATE OR REPLACE FUNCTION wardbook.plain_word(text) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE RETURN
  regexp_replace(wardbook.icd_plain($1), '[^[:alnum:]]+', '', 'g');

-- A title in small letters and without accents, and without what it says is not there.
CREATE OR REPLACE FUNCTION wardbook.icd_affirmed(title text) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(regexp_replace(regexp_replace(wardbook.icd_plain($1),
    '\mwithout (foreign body|[a-z]+ (extension|fracture)|complications)(?= of )'
    '|\mwithout\M[^,;]*(, [^,;]+)+,? (and|or) [^,;]+', ' ', 'g'),
    '\mwithout\M[^,;]*?(?=$|,|;|\mwith\M)', ' ', 'g'),
    '\m(not|other than|except|excluding)\M[^,;]*', ' ', 'g') $$;

-- How much a title says: its length without that, and without what only says that nothing more is
-- known, or which encounter it is.
CREATE OR REPLACE FUNCTION wardbook.icd_gist_length(title text) RETURNS integer
  LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT length(btrim(regexp_replace(regexp_replace(regexp_replace(
    wardbook.icd_affirmed($1),
    ', (initial|subsequent) encounter.*$|, sequela$|\s*[\[(][^\])]*[\])]', '', 'g'),
    ',?\s*(uncomplicated|with normal findings)|, unspecified(?= with )'
      '|,[^,]*\munspecified\M(?![^,]* with )[^,]*(?=$|,)', '', 'g'),
    '\munspecified (parts? of |site of |type of )?|[\s,]+$|\s+(?=\s|,)', '', 'g'))) $$;

-- What the answer's order depends on beside the release's own, to be sorted as bytes: billable
-- codes first; what concerns only newborns, pregnant women, carriers or the past after the rest; injuries
-- at their first encounter before later ones, and before open fractures, bent bones and those of
-- other causes; then the titles that say least, where those of common codes, which the starter set
-- has, may say a little more; then the shortest.
CREATE OR REPLACE FUNCTION wardbook.icd_rank(code text, billable boolean, title text, common boolean)
  RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT concat((NOT $2)::integer,
    ($1 ~ '^(P|Z14|Z8[0-7])'
     OR $3 ~* '\m(newborn|neonatal|congenital)\M'
     OR $3 ~ '(complicating|in) (pregnancy|childbirth|the puerperium)')::integer,
    ($3 LIKE '%, subsequent encounter%' OR $3 LIKE '%, sequela%')::integer,
    ($3 ~ ('(athological|tress|atigue|eriprosthetic|reenstick|orus) fracture'
      || '|encounter for open fracture|ent bone'))::integer,
    to_char(wardbook.icd_gist_length($3) + CASE WHEN $4 THEN 0 ELSE 5 END, 'FM0000'),
    to_char(length($3), 'FM0000')) $$;

-- A number from 1 to 2097151 in one to three bytes, seven bits in each, the highest first; all
-- bytes but the last have their eighth bit set.
CREATE OR REPLACE FUNCTION wardbook.short_number(n integer) RETURNS bytea
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN n < 128 THEN substr(int4send(n), 4)
    WHEN n < 16384 THEN substr(int4send(32768 | ((n / 128) << 8) | n % 128), 3)
    ELSE substr(int4send(8421376 | ((n / 16384) << 16) | ((n / 128 % 128) << 8) | n % 128), 2) END;

-- The words of a title: runs of letters and digits, without accents. Their role is 0 where the
-- title is about them, 1 where they are a circumstance (with, due to, history of), 2 where they are
-- what is not there, 3 if only the short title has them.
CREATE OR REPLACE FUNCTION wardbook.icd_title_words(long_title text, short_title text)
  RETURNS TABLE (word text, role integer)
  LANGUAGE sql STABLE AS $$
  SELECT w.word, min(w.role) FROM wardbook.icd_affirmed($1) a CROSS JOIN LATERAL (VALUES
    (0, regexp_replace(replace(a, 'with foreign body of', 'of'),
      '\mnon-[[:alnum:]]+|\m(with|due to|complicating|following|associated|secondary to|in diseases'
        '|history of|screening for|exposure to|susceptibility to)\M.*$', ' ', 'g')),
    (1, regexp_replace(a, '\mnon-[[:alnum:]]+', ' ', 'g')),
    (2, wardbook.icd_plain($1)), (3, wardbook.icd_plain($2))) t(role, part)
  CROSS JOIN LATERAL (
    SELECT t.role, regexp_split_to_table(t.part, '[^[:alnum:]]+') AS word) w
  WHERE w.word <> '' GROUP BY w.word $$;

-- The words of a release's titles. The places ascend; each is written as four times its distance
-- from the one before, the first one from 0, and the word's role there.
CREATE OR REPLACE FUNCTION wardbook.icd_words_of(release integer)
  RETURNS TABLE (word text, frequency integer, abbreviation boolean, key text, stem text,
    places bytea)
  LANGUAGE sql STABLE AS $$
  SELECT n.word, n.frequency, n.abbreviation, wardbook.letter_key(n.word), wardbook.stem(n.word),
    n.places
  FROM (SELECT p.word, count(*)::integer AS frequency, min(p.role) = 3 AS abbreviation,
          string_agg(wardbook.short_number((p.place - p.before) * 4 + p.role), ''::bytea
            ORDER BY p.place) AS places
        FROM (SELECT t.word, t.role, c.place,
                lag(c.place, 1, 0) OVER (PARTITION BY t.word ORDER BY c.place) AS before
              FROM wardbook.icd_codes c
              CROSS JOIN LATERAL wardbook.icd_title_words(c.long_title, c.short_title) t
              WHERE c.release_id = $1) p
        GROUP BY p.word) n
  ORDER BY n.word $$;

-- After an import the planner must know what came, and the index of words must not keep it in its list
-- of what is still to be sorted in: both are for a table's owner to do.
CREATE OR REPLACE FUNCTION wardbook.analyze_icd() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  ANALYZE wardbook.icd_releases;
  ANALYZE wardbook.icd_codes;
  ANALYZE wardbook.icd_words;
  PERFORM gin_clean_pending_list('wardbook.icd_words_by_likeness');
END $$;
REVOKE EXECUTE ON FUNCTION wardbook.analyze_icd() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wardbook.analyze_icd() TO {service};
