-- Finding codes: by their beginning, by words in any order, by words with typing errors.

CREATE INDEX icd_codes_by_prefix ON wardbook.icd_codes (release_id, code text_pattern_ops);
ALTER TABLE wardbook.icd_codes ADD COLUMN document tsvector
  GENERATED ALWAYS AS (to_tsvector('pg_catalog.simple', long_title || ' ' || short_title)) STORED;
CREATE INDEX icd_codes_by_words ON wardbook.icd_codes USING gin (document);

-- Every word of a release, to tell which one a mistyped word may be.
CREATE TABLE wardbook.icd_words (
  release_id integer NOT NULL REFERENCES wardbook.icd_releases ON DELETE CASCADE,
  word       text NOT NULL,
  PRIMARY KEY (release_id, word)
);
CREATE INDEX icd_words_by_prefix ON wardbook.icd_words (release_id, word text_pattern_ops);
CREATE INDEX icd_words_by_likeness ON wardbook.icd_words USING gin (word public.gin_trgm_ops);

-- RFC 3339 in UTC, for answers that PostgreSQL writes as JSON.
CREATE FUNCTION wardbook.rfc3339(timestamptz) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE RETURN
  to_char($1 AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
  || CASE WHEN extract(microseconds FROM $1)::integer % 1000000 = 0 THEN ''
          ELSE rtrim(to_char($1 AT TIME ZONE 'UTC', '.US'), '0') END || 'Z';

GRANT SELECT ON wardbook.icd_words TO PUBLIC;
GRANT SELECT, INSERT, DELETE ON wardbook.icd_words TO {service};
