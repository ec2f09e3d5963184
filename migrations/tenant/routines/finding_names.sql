-- A word as two, three or four names (delacruz, 李小龙). Names of one letter count only in Chinese,
-- Japanese and Korean.
CREATE OR REPLACE FUNCTION {tenant}.names_in(word text) RETURNS SETOF text[]
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

-- The words of a name as they were typed; what they are with ae, oe, ue for umlauts or the other way
-- round, itself first, where they are so long that it is not chance (Joel); how many letters may be
-- wrong; and whether somebody's name begins so.
CREATE OR REPLACE FUNCTION {tenant}.typed_names(name text)
  RETURNS TABLE (word text, forms text[], most integer, known boolean) LANGUAGE sql STABLE AS $$
  SELECT f.word, f.forms,
    CASE WHEN length(f.word) BETWEEN 3 AND 5 THEN 1 WHEN length(f.word) BETWEEN 6 AND 200 THEN 2 END,
    EXISTS (SELECT FROM unnest(f.forms) AS u(form) CROSS JOIN LATERAL (
              SELECT FROM {tenant}.name_words n WHERE n.word LIKE u.form || '%' OFFSET 0) k)
  FROM (
    SELECT w.word, CASE WHEN length(w.word) < 5 THEN ARRAY[w.word] ELSE
      w.word || ARRAY(
        SELECT wardbook.without_umlauts(w.word)
        UNION
        SELECT u FROM unnest(wardbook.words_of(replace(replace(replace(replace(
          lower(normalize(name, NFC)), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ø', 'oe'))) AS u
        WHERE wardbook.without_umlauts(u) = wardbook.without_umlauts(w.word)
        EXCEPT SELECT w.word) END AS forms
    FROM unnest((wardbook.words_of(name))[1:8]) AS w(word)) f
  OFFSET 0 $$;  -- each computed once

-- What the words of a name may mean, and how well that fits, 1 at best; `also` are the further names of a
-- word that is several. Names that have two letters wrong and hardly a trigram in common are meant only if
-- nobody is called as it was typed.
CREATE OR REPLACE FUNCTION {tenant}.name_meanings(name text)
  RETURNS TABLE (typed text, word text, also text[], quality real) LANGUAGE sql STABLE AS $$
  SELECT t.word, m.word, m.also, max(m.quality)::real
  FROM {tenant}.typed_names(name) AS t
  CROSS JOIN LATERAL (
    (SELECT n.word, NULL::text[] AS also, CASE WHEN n.word = t.word THEN 1 ELSE 0.9 END AS quality
     FROM {tenant}.name_words n WHERE n.key = wardbook.letter_key(t.word)
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
       AND cardinality(wardbook.words_of(name)) > 1
     ORDER BY n.word LIMIT 20)
    UNION ALL
    (SELECT n.word, NULL, 0.5 FROM {tenant}.name_words n
     WHERE length(t.word) > 2 AND n.word LIKE '%' || t.word || '%'
     ORDER BY length(n.word), n.word LIMIT 40)
    UNION ALL
    SELECT p.names[1], p.names[2:], 0.4 FROM {tenant}.names_in(t.word) AS p(names)) m
  GROUP BY t.word, m.word, m.also $$;
