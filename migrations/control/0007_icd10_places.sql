-- A word is kept with the places of all codes that have it: a search puts such lists together and
-- reads only the codes that it answers, however frequent the words are.

DROP INDEX wardbook.icd_codes_by_words;
ALTER TABLE wardbook.icd_codes DROP COLUMN document;

-- A title in small letters and without accents, and without what it says is not there.
CREATE FUNCTION wardbook.icd_affirmed(title text) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(regexp_replace(regexp_replace(lower(public.unaccent($1)),
    '\mwithout (foreign body|[a-z]+ (extension|fracture)|complications)(?= of )'
    '|\mwithout\M[^,;]*(, [^,;]+)+,? (and|or) [^,;]+', ' ', 'g'),
    '\mwithout\M[^,;]*?(?=$|,|;|\mwith\M)', ' ', 'g'),
    '\m(not|other than|except|excluding)\M[^,;]*', ' ', 'g') $$;

-- How much a title says: its length without that, and without what only says that nothing more is
-- known, or which encounter it is.
CREATE FUNCTION wardbook.icd_gist_length(title text) RETURNS integer
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
CREATE FUNCTION wardbook.icd_rank(code text, billable boolean, title text, common boolean)
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

UPDATE wardbook.icd_codes c SET place = n.place
  FROM (SELECT i.release_id, i.code, row_number() OVER (PARTITION BY i.release_id
          ORDER BY wardbook.icd_rank(i.code, i.billable, i.long_title, i.code IN (
              SELECT s.code FROM wardbook.icd_codes s
              JOIN wardbook.icd_releases l ON l.id = s.release_id AND l.is_starter)) COLLATE "C",
            i.sort_order) AS place
        FROM wardbook.icd_codes i) n
  WHERE n.release_id = c.release_id AND n.code = c.code;

-- How many of its codes are billable: those with the first places.
ALTER TABLE wardbook.icd_releases ADD COLUMN billable integer NOT NULL DEFAULT 0;
UPDATE wardbook.icd_releases l SET billable =
  (SELECT count(*) FROM wardbook.icd_codes c WHERE c.release_id = l.id AND c.billable);

-- Whether it is an abbreviation, which only short titles have.
ALTER TABLE wardbook.icd_words ADD COLUMN places bytea NOT NULL DEFAULT '',
  ADD COLUMN abbreviation boolean NOT NULL DEFAULT false;
ALTER TABLE wardbook.icd_words ALTER COLUMN places SET STORAGE EXTERNAL;

-- A number from 1 to 2097151 in one to three bytes, seven bits in each, the highest first; all
-- bytes but the last have their eighth bit set.
CREATE FUNCTION wardbook.short_number(n integer) RETURNS bytea
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN n < 128 THEN substr(int4send(n), 4)
    WHEN n < 16384 THEN substr(int4send(32768 | ((n / 128) << 8) | n % 128), 3)
    ELSE substr(int4send(8421376 | ((n / 16384) << 16) | ((n / 128 % 128) << 8) | n % 128), 2) END;

-- The words of a title: runs of letters and digits, without accents. Their role is 0 where the
-- title is about them, 1 where they are a circumstance (with, due to, history of), 2 where they are
-- what is not there, 3 if only the short title has them.
CREATE FUNCTION wardbook.icd_title_words(long_title text, short_title text)
  RETURNS TABLE (word text, role integer)
  LANGUAGE sql STABLE AS $$
  SELECT w.word, min(w.role) FROM wardbook.icd_affirmed($1) a CROSS JOIN LATERAL (VALUES
    (0, regexp_replace(replace(a, 'with foreign body of', 'of'),
      '\mnon-[[:alnum:]]+|\m(with|due to|complicating|following|associated|secondary to|in diseases'
        '|history of|screening for|exposure to|susceptibility to)\M.*$', ' ', 'g')),
    (1, regexp_replace(a, '\mnon-[[:alnum:]]+', ' ', 'g')),
    (2, lower(public.unaccent($1))), (3, lower(public.unaccent($2)))) t(role, part)
  CROSS JOIN LATERAL (
    SELECT t.role, regexp_split_to_table(t.part, '[^[:alnum:]]+') AS word) w
  WHERE w.word <> '' GROUP BY w.word $$;

-- The words of a release's titles. The places ascend; each is written as four times its distance
-- from the one before, the first one from 0, and the word's role there.
CREATE FUNCTION wardbook.icd_words_of(release integer)
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
DELETE FROM wardbook.icd_words;
INSERT INTO wardbook.icd_words (release_id, word, frequency, abbreviation, key, stem, places)
  SELECT r.id, w.word, w.frequency, w.abbreviation, w.key, w.stem, w.places
  FROM wardbook.icd_releases r CROSS JOIN LATERAL wardbook.icd_words_of(r.id) w;

-- As before, for the indexes that are left.
CREATE OR REPLACE FUNCTION wardbook.analyze_icd() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog AS $$
BEGIN
  ANALYZE wardbook.icd_releases;
  ANALYZE wardbook.icd_codes;
  ANALYZE wardbook.icd_words;
  PERFORM gin_clean_pending_list('wardbook.icd_words_by_likeness');
END $$;
DO $$ BEGIN PERFORM wardbook.analyze_icd(); END $$;
