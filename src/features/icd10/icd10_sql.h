#pragma once

#include "db/query.h"
#include "features/icd10/icd10.h"

// Tables: owns wardbook.icd_releases wardbook.icd_codes wardbook.icd_words
// Tables: reads wardbook.my_tenant

namespace wardbook::icd10 {

/// Codes are stored without their dot.
struct Looked {
  int release_id = 0;
  Code10 code;
  static constexpr db::Columns kColumns{"id", "name", "code", "long_title", "billable"};
  static Looked from_row(const db::RowView& r) {
    Looked out;
    out.release_id = static_cast<int>(r.int64(kColumns["id"]));
    out.code.release = r.str(kColumns["name"]);
    out.code.code = r.maybe_str(kColumns["code"]).value_or("");
    out.code.title = r.maybe_str(kColumns["long_title"]).value_or("");
    out.code.billable = !r.is_null(kColumns["billable"]) && r.boolean(kColumns["billable"]);
    return out;
  }
};

/// In force on a day is a full release before the starter set; of those that had begun by then the
/// newest, else the oldest. The day is the visit's where the hospital is.
inline const db::Query<Looked, std::string, std::string> kLookUp{"icd10.look_up", R"sql(
  SELECT l.id, l.name, c.code, c.long_title, c.billable
  FROM wardbook.my_tenant t
  CROSS JOIN LATERAL (SELECT ($2::timestamptz AT TIME ZONE t.time_zone)::date AS day) v
  CROSS JOIN LATERAL (
    SELECT i.id, i.name FROM wardbook.icd_releases i
    ORDER BY i.is_starter, i.valid_from > v.day,
      CASE WHEN i.valid_from <= v.day THEN - extract(epoch FROM i.valid_from)
           ELSE extract(epoch FROM i.valid_from) END LIMIT 1) l
  LEFT JOIN wardbook.icd_codes c ON c.release_id = l.id AND c.code = $1)sql"};
inline const db::Query<db::TextRow, std::string> kReleaseAt{"icd10.release_at", R"sql(
  SELECT l.name
  FROM wardbook.my_tenant t
  CROSS JOIN LATERAL (SELECT ($1::timestamptz AT TIME ZONE t.time_zone)::date AS day) v
  CROSS JOIN LATERAL (
    SELECT i.name FROM wardbook.icd_releases i
    ORDER BY i.is_starter, i.valid_from > v.day,
      CASE WHEN i.valid_from <= v.day THEN - extract(epoch FROM i.valid_from)
           ELSE extract(epoch FROM i.valid_from) END LIMIT 1) l)sql"};

/// The neighbours of what would be a code ($2), itself included: those that share its longest
/// beginning, or one character less; of these the nearest in the order of the codes. Codes that
/// head others are named for one of their own length; for a category, or less, only categories are.
inline const db::Query<db::TextRow, int, std::string> kNearest{"icd10.nearest", R"sql(
  WITH around AS (
    (SELECT c.code, row_number() OVER (ORDER BY c.code USING OPERATOR(pg_catalog.~>~)) AS distance
     FROM wardbook.icd_codes c
     WHERE c.release_id = $1 AND c.code ~<~ $2
       AND CASE WHEN length($2) <= 3 THEN length(c.code) = 3
           ELSE c.billable OR length(c.code) = length($2) END
     ORDER BY c.code USING OPERATOR(pg_catalog.~>~) LIMIT 5)
    UNION ALL
    (SELECT c.code, row_number() OVER (ORDER BY c.code USING OPERATOR(pg_catalog.~<~)) AS distance
     FROM wardbook.icd_codes c
     WHERE c.release_id = $1 AND c.code ~>=~ $2
       AND CASE WHEN length($2) <= 3 THEN length(c.code) = 3
           ELSE c.billable OR length(c.code) = length($2) END
     ORDER BY c.code USING OPERATOR(pg_catalog.~<~) LIMIT 5)),
  shared AS (
    SELECT a.code, a.distance, n.length, max(n.length) OVER () AS longest
    FROM around a CROSS JOIN LATERAL (
      SELECT count(*) AS length FROM generate_series(1, length($2)) AS s(upto)
      WHERE starts_with(a.code, left($2, s.upto))) n)
  SELECT s.code FROM shared s WHERE s.length >= greatest(s.longest - 1, least(s.longest, 1))
  ORDER BY s.length DESC, s.distance, s.code LIMIT 5)sql"};

struct InForce {
  int id = 0;
  std::string name;
  std::int64_t billable = 0;  ///< how many of its codes are, those with the first places
  static constexpr db::Columns kColumns{"id", "name", "billable"};
  static InForce from_row(const db::RowView& r) {
    return {static_cast<int>(r.int64(kColumns["id"])), r.str(kColumns["name"]),
            r.int64(kColumns["billable"])};
  }
};
/// On $1, or today.
inline const db::Query<InForce, std::optional<Date>> kInForceOn{"icd10.in_force_on", R"sql(
  SELECT i.id, i.name, i.billable
  FROM (SELECT coalesce($1::date, current_date) AS day) v CROSS JOIN wardbook.icd_releases i
  ORDER BY i.is_starter, i.valid_from > v.day,
    CASE WHEN i.valid_from <= v.day THEN - extract(epoch FROM i.valid_from)
         ELSE extract(epoch FROM i.valid_from) END LIMIT 1)sql"};

/// Planning a search takes longer than the search, and its plan is the same whatever was typed.
inline const db::Query<db::TextRow> kPlanOnce{
    "icd10.plan_once", "SELECT set_config('plan_cache_mode', 'force_generic_plan', true)"};

struct Found {
  std::string code;
  bool billable = false;
  std::string short_title;
  std::string long_title;
  static constexpr db::Columns kColumns{"code", "billable", "short_title", "long_title"};
  static Found from_row(const db::RowView& r) {
    return {r.str(kColumns["code"]), r.boolean(kColumns["billable"]),
            r.str(kColumns["short_title"]), r.str(kColumns["long_title"])};
  }
};
/// Billable ones, the code itself before the others, then headers, each in the order of the codes:
/// short walks along the index. Its bounds are written out, since LIKE is no range before its
/// pattern is known; codes have no character above Z.
inline const db::Query<Found, int, std::string, int> kByPrefix{"icd10.by_prefix", R"sql(
  SELECT f.code, f.billable, f.short_title, f.long_title FROM (
    (SELECT c.* FROM wardbook.icd_codes c
     WHERE release_id = $1 AND code ~>=~ $2 AND code ~<~ ($2 || '~') AND billable
     ORDER BY code USING OPERATOR(pg_catalog.~<~) LIMIT $3)
    UNION ALL
    (SELECT c.* FROM wardbook.icd_codes c
     WHERE release_id = $1 AND code ~>=~ $2 AND code ~<~ ($2 || '~') AND NOT billable
     ORDER BY code USING OPERATOR(pg_catalog.~<~) LIMIT $3)) f
  ORDER BY NOT f.billable, f.code LIMIT $3)sql"};

/// Where the codes are that have a typed word; see Matches.
struct WordPlaces {
  std::int64_t position = 0;
  std::int64_t form = 0;  ///< see Form
  std::string guess;      ///< the likeliest of the words that were taken in spite of a typing error
  std::string places;
  static constexpr db::Columns kColumns{"position", "form", "guess", "places"};
  static WordPlaces from_row(const db::RowView& r) {
    return {r.int64(kColumns["position"]), r.int64(kColumns["form"]),
            r.maybe_str(kColumns["guess"]).value_or(""), r.bytes(kColumns["places"])};
  }
};
/// Typed words ($2) with their positions ($3, see TypedWords): for each position and form the
/// places of the codes that have such a word: the word itself, its singular or plural, one that
/// begins with it or has its stem. If there are none, or few beside what has a word with one typing
/// error, also those with the nearest words: with the same letters in another order, or one or two
/// others; else with one that begins with another letter; else with two letters that have changed
/// places beside another error; else with one that sounds the same (nuemonia). A word of one or two
/// characters means only itself, one of less than five is forgiven only a change of order, or,
/// beside others, a missing letter. Nobody who types hyper- means hypo-. Eight letters with which a
/// word begins are no typing error (confusion: confusional). Positions that mean nothing are
/// missing.
inline const db::Query<WordPlaces, int, std::vector<std::string>, std::vector<std::int64_t>>
    kPlaces{"icd10.places", R"sql(
  WITH typed AS MATERIALIZED (
    SELECT u.position, w.word, w.word || chr(1114111) AS after, length(w.word) AS length,
      wardbook.stem(w.word) AS stem, wardbook.letter_key(w.word) AS key,
      CASE WHEN length(w.word) < 5 THEN 0 WHEN length(w.word) < 8 THEN 1 ELSE 2 END AS errors,
      CASE left(w.word, 4) WHEN 'hypo' THEN 'hyper' WHEN 'hype' THEN 'hypo' ELSE '-' END
        AS opposite,
      ARRAY[w.word || 's', w.word || 'es', regexp_replace(w.word, 's$', ''),
        regexp_replace(w.word, 'es$', ''), regexp_replace(w.word, 'y$', 'ies'),
        regexp_replace(w.word, 'ies$', 'y')] AS number
    FROM unnest($2::text[], $3::bigint[]) AS u(word, position)
    CROSS JOIN LATERAL (SELECT wardbook.plain_word(u.word) AS word OFFSET 0) w
    WHERE w.word <> ''),
  known AS MATERIALIZED (
    SELECT t.position, w.places, w.frequency,
      CASE WHEN w.abbreviation THEN 2 ELSE 0 END AS form, false AS begun
    FROM typed t JOIN wardbook.icd_words w
      ON t.length <= 2 AND w.release_id = $1 AND w.word = t.word
    UNION ALL
    SELECT t.position, w.places, w.frequency,
      CASE WHEN w.abbreviation THEN 2 WHEN w.word = t.word THEN 0
        WHEN w.word = ANY (t.number) THEN 1 ELSE 2 END, w.word <> t.word AND NOT w.abbreviation
    FROM typed t JOIN wardbook.icd_words w
      ON t.length > 2 AND w.release_id = $1 AND w.word ~>=~ t.word AND w.word ~<~ t.after
    UNION ALL
    SELECT t.position, w.places, w.frequency,
      CASE WHEN w.word = ANY (t.number) AND NOT w.abbreviation THEN 1 ELSE 2 END, false
    FROM typed t JOIN wardbook.icd_words w
      ON t.stem <> '' AND w.stem <> '' AND w.release_id = $1 AND w.stem = t.stem
        AND NOT (t.length > 2 AND starts_with(w.word, t.word))),
  doubtful AS MATERIALIZED (
    SELECT t.*, coalesce(k.codes, 0) AS codes,
      EXISTS (SELECT FROM known o WHERE o.position <> t.position) AS beside_others
    FROM typed t LEFT JOIN (
      SELECT position, sum(frequency) AS codes, min(form) AS form, bool_or(begun) AS begun
      FROM known GROUP BY position) k ON k.position = t.position
    WHERE t.length BETWEEN 3 AND 100  -- levenshtein refuses more than 255
      AND (k.position IS NULL
           OR k.form = 2 AND k.codes < 50 AND CASE WHEN k.begun
             THEN t.length BETWEEN 5 AND 7 ELSE t.length > 4 OR k.codes < 10 END)),
  near AS MATERIALIZED (
    SELECT d.position, n.places, n.word, n.stem, n.frequency
    FROM doubtful d CROSS JOIN LATERAL (
      SELECT w.places, w.word, w.stem, w.frequency, e.errors, min(e.errors) OVER () AS least
      FROM wardbook.icd_words w CROSS JOIN LATERAL (
        SELECT CASE WHEN w.key = d.key THEN 1 ELSE public.levenshtein(w.word, d.word) END
          AS errors) e
      WHERE w.release_id = $1 AND NOT w.abbreviation AND NOT starts_with(w.word, d.opposite)
        AND (
        d.length > 3 AND w.key = d.key AND public.levenshtein_less_equal(w.word, d.word, 2) <= 2
        OR w.word ~>=~ left(d.word, 1) AND w.word ~<~ (left(d.word, 1) || chr(1114111))
           AND CASE WHEN d.errors > 0
             THEN length(w.word) BETWEEN d.length - d.errors AND d.length + d.errors
               AND public.levenshtein_less_equal(w.word, d.word, 2) <= d.errors
             ELSE d.beside_others AND length(w.word) = d.length + 1
               AND public.levenshtein_less_equal(w.word, d.word, 1) <= 1 END)
      ORDER BY e.errors, w.frequency DESC, w.word LIMIT 5) n
    WHERE n.errors = n.least
      AND (d.codes = 0 OR n.errors = 1 AND n.frequency > 2 * d.codes)),
  first_letter AS MATERIALIZED (  -- is wrong, or missing: neumonia
    SELECT d.position, n.places, n.word, n.stem, n.frequency
    FROM doubtful d CROSS JOIN LATERAL (
      SELECT w.places, w.word, w.stem, w.frequency, e.errors, min(e.errors) OVER () AS least
      FROM wardbook.icd_words w CROSS JOIN LATERAL (
        SELECT public.levenshtein(w.word, d.word) AS errors) e
      WHERE d.errors > 0 AND w.release_id = $1 AND w.word OPERATOR(public.%) d.word
        AND public.levenshtein_less_equal(w.word, d.word, 2) <= d.errors
        AND NOT w.abbreviation AND NOT starts_with(w.word, d.opposite)
      ORDER BY e.errors, w.frequency DESC, w.word LIMIT 5) n
    WHERE d.codes = 0 AND n.errors = n.least AND d.position NOT IN (SELECT position FROM near)),
  shuffled AS MATERIALIZED (  -- of long words: the letters are nearly the same, their order is not
    SELECT d.position, n.places, n.word, n.stem, n.frequency
    FROM doubtful d CROSS JOIN LATERAL (
      SELECT w.places, w.word, w.stem, w.frequency, e.errors, min(e.errors) OVER () AS least
      FROM wardbook.icd_words w CROSS JOIN LATERAL (
        SELECT public.levenshtein(w.key, d.key) AS errors) e
      WHERE w.release_id = $1
        AND w.word ~>=~ left(d.word, 1) AND w.word ~<~ (left(d.word, 1) || chr(1114111))
        AND length(w.word) BETWEEN d.length - 1 AND d.length + 1
        AND public.levenshtein_less_equal(w.word, d.word, 4)
          <= CASE WHEN w.key = d.key THEN 4 ELSE 3 END
        AND public.levenshtein_less_equal(w.key, d.key, 2)
          <= CASE WHEN d.length > 8 THEN 2 ELSE 1 END
        AND NOT w.abbreviation AND NOT starts_with(w.word, d.opposite)
      ORDER BY e.errors, w.frequency DESC, w.word LIMIT 5) n
    WHERE d.length > 6 AND d.codes = 0 AND n.errors = n.least
      AND d.position NOT IN (SELECT position FROM near UNION SELECT position FROM first_letter)),
  sound AS MATERIALIZED (
    SELECT d.position, n.places, n.word, n.stem, n.frequency
    FROM doubtful d CROSS JOIN LATERAL (
      SELECT w.places, w.word, w.stem, w.frequency, e.errors, min(e.errors) OVER () AS least
      FROM wardbook.icd_words w CROSS JOIN LATERAL (
        SELECT public.levenshtein(w.word, d.word) AS errors) e
      WHERE d.length > 4 AND w.release_id = $1 AND length(w.word) > 4
        AND public.dmetaphone(w.word) = public.dmetaphone(d.word)  -- of their first four sounds
        AND public.dmetaphone(right(w.word, 2)) = public.dmetaphone(right(d.word, 2))
        AND public.levenshtein_less_equal(w.word, d.word, 4) <= least((d.length + 1) / 2, 4)
        AND NOT w.abbreviation AND NOT starts_with(w.word, d.opposite)
      ORDER BY e.errors, w.frequency DESC, w.word LIMIT 5) n
    WHERE d.codes = 0 AND n.errors = n.least AND d.word ~ '^[a-z]+$'
      AND d.position NOT IN (SELECT position FROM near UNION SELECT position FROM first_letter
                             UNION SELECT position FROM shuffled)),
  meant AS MATERIALIZED (
    SELECT * FROM near UNION ALL SELECT * FROM first_letter
    UNION ALL SELECT * FROM shuffled UNION ALL SELECT * FROM sound)
  SELECT f.position, f.form,
    (array_agg(f.word ORDER BY f.frequency DESC) FILTER (WHERE f.word <> ''))[1] AS guess,
    string_agg(f.places, '\x00'::bytea) AS places
  FROM (SELECT position, form, places, '' AS word, 0 AS frequency FROM known
        UNION ALL SELECT position, 2, places, word, frequency FROM meant
        UNION ALL SELECT m.position, 2, w.places, '', 0 FROM meant m JOIN wardbook.icd_words w
          ON m.stem <> '' AND w.stem <> '' AND w.release_id = $1 AND w.stem = m.stem
            AND w.word <> m.word) f
  GROUP BY f.position, f.form)sql"};

struct CodePlaces {
  std::int64_t billable = 0;  ///< how many of them are, the first ones
  std::string places;         ///< four bytes each, the highest first
  static constexpr db::Columns kColumns{"billable", "places"};
  static CodePlaces from_row(const db::RowView& r) {
    return {r.int64(kColumns["billable"]), r.bytes(kColumns["places"])};
  }
};
/// Where the codes are that begin so, a row for each of $2. A category has less than 4000.
inline const db::Query<CodePlaces, int, std::vector<std::string>> kCodePlaces{"icd10.code_places",
                                                                              R"sql(
  SELECT c.billable, c.places
  FROM unnest($2::text[]) WITH ORDINALITY AS u(code, beginning)
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE i.billable) AS billable,
      coalesce(string_agg(int4send(i.place), ''::bytea ORDER BY i.place), '') AS places
    FROM (SELECT c.place, c.billable FROM wardbook.icd_codes c
          WHERE c.release_id = $1 AND c.code ~>=~ u.code AND c.code ~<~ (u.code || '~')
          ORDER BY c.code USING OPERATOR(pg_catalog.~<~) LIMIT 4000) i) c
  ORDER BY u.beginning)sql"};
inline const db::Query<Found, int, std::vector<std::int64_t>> kByPlace{"icd10.by_place", R"sql(
  SELECT code, billable, short_title, long_title FROM wardbook.icd_codes
  WHERE release_id = $1 AND place = ANY ($2::bigint[])
  ORDER BY array_position($2::bigint[], place::bigint))sql"};

// ---- releases ---------------------------------------------------------------------------------

struct Loaded {
  std::string name;
  std::string hash;
  std::int64_t codes = 0;
  static constexpr db::Columns kColumns{"name", "source_hash", "codes"};
  static Loaded from_row(const db::RowView& r) {
    return {r.str(kColumns["name"]), r.str(kColumns["source_hash"]), r.int64(kColumns["codes"])};
  }
};
/// The release of this name ($1) first, then the one with the most codes; at most two.
inline const db::Query<Loaded, std::string> kLoaded{"icd10.loaded", R"sql(
  SELECT l.name, l.source_hash, n.codes
  FROM wardbook.icd_releases l CROSS JOIN LATERAL (
    SELECT count(*) AS codes FROM wardbook.icd_codes c WHERE c.release_id = l.id) n
  WHERE NOT l.is_starter ORDER BY l.name <> $1, n.codes DESC LIMIT 2)sql"};
/// By its name, or the year in it.
inline const db::Query<db::TextRow, std::string> kDropRelease{"icd10.drop_release", R"sql(
  DELETE FROM wardbook.icd_releases
  WHERE name IN ($1, 'ICD-10-CM ' || $1) AND NOT is_starter RETURNING name)sql"};
inline const db::Query<db::Int64Row, std::string, Date, Date, std::string, std::int64_t>
    kAddRelease{"icd10.add_release", R"sql(
  INSERT INTO wardbook.icd_releases (name, valid_from, valid_to, source_hash, billable)
  VALUES ($1, $2, $3, $4, $5) RETURNING id)sql"};
/// What the order of the places depends on, for each of these codes.
inline const db::Query<db::TextRow, std::vector<std::string>, std::vector<std::string>,
                       std::vector<std::string>>
    kRanks{"icd10.ranks", R"sql(
  SELECT wardbook.icd_rank(c.code, c.billable::boolean, c.title, c.code IN (
    SELECT s.code FROM wardbook.icd_codes s
    JOIN wardbook.icd_releases l ON l.id = s.release_id AND l.is_starter))
  FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY
    AS c(code, billable, title, row) ORDER BY c.row)sql"};
inline const db::Query<void, std::int64_t, std::vector<std::string>, std::vector<std::string>,
                       std::vector<std::string>, std::vector<std::string>,
                       std::vector<std::int64_t>, std::vector<std::int64_t>>
    kAddCodes{"icd10.add_codes", R"sql(
  INSERT INTO wardbook.icd_codes (release_id, code, billable, short_title, long_title, sort_order,
    place)
  SELECT $1, c.code, c.billable::boolean, c.short_title, c.long_title, c.sort_order, c.place
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
    AS c(code, billable, short_title, long_title, sort_order, place))sql"};
inline const db::Query<void, std::int64_t> kAddWords{"icd10.add_words", R"sql(
  INSERT INTO wardbook.icd_words (release_id, word, frequency, abbreviation, key, stem, places)
  SELECT $1::integer, w.word, w.frequency, w.abbreviation, w.key, w.stem, w.places
  FROM wardbook.icd_words_of($1::integer) w)sql"};
/// Sends what is queued, a batch at a time.
inline const db::Query<db::Int64Row> kFlush{"icd10.flush", "SELECT 0"};
inline const db::Query<db::TextRow> kAnalyze{"icd10.analyze",
                                             "SELECT wardbook.analyze_icd()::text"};

struct Release {
  std::string name;
  Date valid_from{};
  Date valid_to{};
  bool starter = false;
  std::int64_t codes = 0;
  std::int64_t billable = 0;
  static constexpr db::Columns kColumns{"name",       "valid_from", "valid_to",
                                        "is_starter", "codes",      "billable"};
  static Release from_row(const db::RowView& r) {
    return {r.str(kColumns["name"]),
            r.maybe_date(kColumns["valid_from"]).value(),
            r.maybe_date(kColumns["valid_to"]).value(),
            r.boolean(kColumns["is_starter"]),
            r.int64(kColumns["codes"]),
            r.int64(kColumns["billable"])};
  }
};
inline const db::Query<Release> kReleases{"icd10.releases", R"sql(
  SELECT l.name, l.valid_from, l.valid_to, l.is_starter, count(c.code) AS codes,
    count(c.code) FILTER (WHERE c.billable) AS billable
  FROM wardbook.icd_releases l LEFT JOIN wardbook.icd_codes c ON c.release_id = l.id
  GROUP BY l.id ORDER BY l.is_starter, l.valid_from DESC)sql"};

}  // namespace wardbook::icd10
