-- Searching codes as people type them: words are split at whatever is no letter or digit (COVID-19,
-- pain/fever), found by their beginning, by their stem (fractures), or in spite of a typing error.

ALTER TABLE wardbook.icd_codes DROP COLUMN document;
ALTER TABLE wardbook.icd_codes ADD COLUMN document tsvector
  GENERATED ALWAYS AS (to_tsvector('pg_catalog.simple',
    regexp_replace(long_title || ' ' || short_title, '[^[:alnum:]]+', ' ', 'g'))) STORED;
CREATE INDEX icd_codes_by_words ON wardbook.icd_codes USING gin (document);

-- Equal for a transposition.
CREATE FUNCTION wardbook.letter_key(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  (SELECT string_agg(c, '' ORDER BY c) FROM regexp_split_to_table($1, '') AS c);
-- The English stem; '' where there is none to speak of.
CREATE FUNCTION wardbook.stem(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN $1 ~ '^[a-z]{4,}$'
    THEN coalesce((ts_lexize('pg_catalog.english_stem', $1))[1], '') ELSE '' END;
CREATE FUNCTION wardbook.plain_word(text) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE RETURN
  regexp_replace(lower(public.unaccent($1)), '[^[:alnum:]]+', '', 'g');

ALTER TABLE wardbook.icd_words ADD COLUMN key text NOT NULL DEFAULT '',
  ADD COLUMN stem text NOT NULL DEFAULT '';
DELETE FROM wardbook.icd_words;
INSERT INTO wardbook.icd_words (release_id, word, frequency, key, stem)
  SELECT n.release_id, n.word, n.frequency, wardbook.letter_key(n.word), wardbook.stem(n.word)
  FROM (SELECT c.release_id, t.word, count(*) AS frequency FROM wardbook.icd_codes c
        CROSS JOIN LATERAL unnest(tsvector_to_array(c.document)) AS t(word) GROUP BY 1, 2) n;
CREATE INDEX icd_words_by_key ON wardbook.icd_words (release_id, key);
CREATE INDEX icd_words_by_stem ON wardbook.icd_words (release_id, stem) WHERE stem <> '';

-- After an import the planner must know what came, and the indexes of words must not keep it in their
-- lists of what is still to be sorted in: both are for a table's owner to do.
CREATE FUNCTION wardbook.analyze_icd() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog AS $$
BEGIN
  ANALYZE wardbook.icd_releases;
  ANALYZE wardbook.icd_codes;
  ANALYZE wardbook.icd_words;
  PERFORM gin_clean_pending_list('wardbook.icd_codes_by_words');
  PERFORM gin_clean_pending_list('wardbook.icd_words_by_likeness');
END $$;
REVOKE EXECUTE ON FUNCTION wardbook.analyze_icd() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wardbook.analyze_icd() TO {service};
