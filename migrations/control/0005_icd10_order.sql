-- Searching codes in the same time whatever is typed: how frequent a word is decides whether to gather
-- what has it or to go through the codes in the order of the answer until enough have it.

ALTER TABLE wardbook.icd_words ADD COLUMN frequency integer NOT NULL DEFAULT 0;
-- A code's place among those of its release that were found: billable ones first; of these the common
-- ones, which the starter set has, and among them those without further detail; short titles first.
ALTER TABLE wardbook.icd_codes ADD COLUMN place integer NOT NULL DEFAULT 0;

UPDATE wardbook.icd_words w SET frequency = n.frequency
  FROM (SELECT c.release_id, t.word, count(*) AS frequency FROM wardbook.icd_codes c
        CROSS JOIN LATERAL unnest(tsvector_to_array(c.document)) AS t(word) GROUP BY 1, 2) n
  WHERE n.release_id = w.release_id AND n.word = w.word;
UPDATE wardbook.icd_codes c SET place = n.place
  FROM (SELECT i.release_id, i.code, row_number() OVER (PARTITION BY i.release_id
          ORDER BY NOT i.billable, s.code IS NULL,
            s.code IS NOT NULL
              AND i.long_title !~* '(unspecified|essential|uncomplicated|without )',
            length(i.long_title), i.sort_order) AS place
        FROM wardbook.icd_codes i
        LEFT JOIN (SELECT x.code FROM wardbook.icd_codes x
                   JOIN wardbook.icd_releases l ON l.id = x.release_id AND l.is_starter) s
          ON s.code = i.code) n
  WHERE n.release_id = c.release_id AND n.code = c.code;
CREATE INDEX icd_codes_by_place ON wardbook.icd_codes (release_id, place);
