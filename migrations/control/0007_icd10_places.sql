-- A word is kept with the places of all codes that have it: a search puts such lists together and
-- reads only the codes that it answers, however frequent the words are.

DROP INDEX wardbook.icd_codes_by_words;
ALTER TABLE wardbook.icd_codes DROP COLUMN document;

-- Injuries at their first encounter come before later ones, and before open fractures and those of
-- other causes; else the order is what it was.
UPDATE wardbook.icd_codes c SET place = n.place
  FROM (SELECT i.release_id, i.code, row_number() OVER (PARTITION BY i.release_id
          ORDER BY NOT i.billable, s.code IS NULL,
            s.code IS NOT NULL
              AND i.long_title !~* '(unspecified|essential|uncomplicated|without )',
            i.long_title LIKE '%, subsequent encounter%' OR i.long_title LIKE '%, sequela%',
            i.long_title ~ '((athological|tress|atigue|eriprosthetic)|encounter for open) fracture',
            length(i.long_title), i.sort_order) AS place
        FROM wardbook.icd_codes i
        LEFT JOIN (SELECT x.code FROM wardbook.icd_codes x
                   JOIN wardbook.icd_releases l ON l.id = x.release_id AND l.is_starter) s
          ON s.code = i.code) n
  WHERE n.release_id = c.release_id AND n.code = c.code;

ALTER TABLE wardbook.icd_words ADD COLUMN places bytea NOT NULL DEFAULT '';
ALTER TABLE wardbook.icd_words ALTER COLUMN places SET STORAGE EXTERNAL;

-- A number from 1 to 2097151 in one to three bytes, seven bits in each, the highest first; all bytes
-- but the last have their eighth bit set.
CREATE FUNCTION wardbook.short_number(n integer) RETURNS bytea
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN n < 128 THEN substr(int4send(n), 4)
    WHEN n < 16384 THEN substr(int4send(32768 | ((n / 128) << 8) | n % 128), 3)
    ELSE substr(int4send(8421376 | ((n / 16384) << 16) | ((n / 128 % 128) << 8) | n % 128), 2) END;

-- The words of a release's titles: runs of letters and digits, without accents. The places ascend;
-- each is its distance from the one before, the first one from 0.
CREATE FUNCTION wardbook.icd_words_of(release integer)
  RETURNS TABLE (word text, frequency integer, key text, stem text, places bytea)
  LANGUAGE sql STABLE AS $$
  SELECT n.word, n.frequency, wardbook.letter_key(n.word), wardbook.stem(n.word), n.places
  FROM (SELECT p.word, count(*)::integer AS frequency,
          string_agg(wardbook.short_number(p.place - p.before), ''::bytea ORDER BY p.place) AS places
        FROM (SELECT t.word, c.place,
                lag(c.place, 1, 0) OVER (PARTITION BY t.word ORDER BY c.place) AS before
              FROM wardbook.icd_codes c
              CROSS JOIN LATERAL (SELECT DISTINCT w.word FROM regexp_split_to_table(
                lower(public.unaccent(c.long_title || ' ' || c.short_title)),
                '[^[:alnum:]]+') AS w(word) WHERE w.word <> '') t
              WHERE c.release_id = $1) p
        GROUP BY p.word) n
  ORDER BY n.word $$;
DELETE FROM wardbook.icd_words;
INSERT INTO wardbook.icd_words (release_id, word, frequency, key, stem, places)
  SELECT r.id, w.word, w.frequency, w.key, w.stem, w.places
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
