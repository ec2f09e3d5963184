#pragma once

#include "db/query.h"
#include "features/patients/patients.h"

// Finding patients. The service says what to look for (text/names.h); names and numbers are stored
// as bytes (COLLATE "C"), of which a beginning is a range.

namespace wardbook::patients {

/// The settings of a search: planned with what was typed; words are like each other from a quarter
/// of their trigrams on, which one wrong letter of five leaves.
inline const db::Query<db::TextRow> kSearchSettings{
    "patients.search_settings",
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true) "
    "|| set_config('pg_trgm.similarity_threshold', '0.25', true) "
    "|| set_config('work_mem', '32MB', true)"};

/// A name that there is, and what it is to what was typed.
struct KnownName {
  std::int64_t typed = 0;  ///< which of the words, from 1; 0: a piece of one
  std::string word;
  std::int64_t quality = 0;  ///< in thousandths
  static constexpr db::Columns kColumns{"typed", "word", "quality"};
  static KnownName from_row(const db::RowView& r) {
    return {r.int64(kColumns["typed"]), r.str(kColumns["word"]), r.int64(kColumns["quality"])};
  }
};

/// Of the words $1, their letters sorted ($2), how many of them may be wrong ($3), and whether a
/// word of two letters may have one wrong ($4, 1 or 0); their forms ($5), each of the word $6; and
/// what may be a name within a word ($7). How well each name fits, 1000 at best.
inline const db::Query<KnownName, std::vector<std::string>, std::vector<std::string>,
                       std::vector<std::int64_t>, std::vector<std::int64_t>,
                       std::vector<std::string>, std::vector<std::int64_t>,
                       std::vector<std::string>>
    kKnownNames{"patients.known_names", R"sql(
  WITH forms AS MATERIALIZED (
    SELECT f.typed, f.form, f.place FROM unnest($5::text[], $6::bigint[])
      WITH ORDINALITY AS f(form, typed, place)),
  typed AS MATERIALIZED (
    SELECT t.n, t.word, t.key, t.wrong::integer AS wrong, t.swapped = 1 AS swapped,
      length(t.word) AS length,
      EXISTS (SELECT FROM forms f CROSS JOIN LATERAL (
                SELECT FROM {tenant}.name_words k
                WHERE k.word BETWEEN f.form AND f.form || U&'\+10FFFF' LIMIT 1) k
              WHERE f.typed = t.n) AS known
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
      WITH ORDINALITY AS t(word, key, wrong, swapped, n))
  SELECT t.n AS typed, m.word, round(1000 * max(m.quality))::bigint AS quality
  FROM typed t CROSS JOIN LATERAL (
    (SELECT n.word, CASE WHEN n.word = t.word THEN 1 ELSE 0.9 END AS quality
     FROM {tenant}.name_words n WHERE n.key = t.key
     ORDER BY n.word <> t.word, n.word LIMIT 10)
    UNION ALL
    SELECT n.word, 0.95 FROM forms f JOIN {tenant}.name_words n ON n.word = f.form
    WHERE f.typed = t.n AND f.form <> t.word
    UNION ALL
    (SELECT n.word, 0.6 + 0.25 * length(f.form) / length(n.word)
     FROM forms f CROSS JOIN LATERAL (
       SELECT w.word FROM {tenant}.name_words w
       WHERE w.word BETWEEN f.form AND f.form || U&'\+10FFFF' OFFSET 0) n
     WHERE f.typed = t.n
     ORDER BY length(n.word), n.word LIMIT 1000)
    UNION ALL
    (SELECT n.word, 0.85 - 0.15 * public.levenshtein(n.word, t.word)
     FROM {tenant}.name_words n
     WHERE t.known AND t.wrong > 0 AND t.length >= 5 AND n.word OPERATOR(public.%) t.word
       AND CASE WHEN length(n.word) > 200 THEN false  -- more is refused
                ELSE public.levenshtein_less_equal(n.word, t.word, t.wrong) <= t.wrong END
     ORDER BY public.levenshtein(n.word, t.word), n.word LIMIT 20)
    UNION ALL  -- two wrong letters may leave no trigram: all names of about its length
    (SELECT n.word, 0.85 - 0.15 * public.levenshtein(n.word, t.word)
     FROM {tenant}.name_words n
     WHERE (t.length < 5 OR NOT t.known) AND t.wrong > 0
       AND length(n.word) BETWEEN t.length - t.wrong AND t.length + t.wrong
       AND CASE WHEN length(n.word) > 200 THEN false
                ELSE public.levenshtein_less_equal(n.word, t.word, t.wrong) <= t.wrong END
     ORDER BY public.levenshtein(n.word, t.word), public.similarity(n.word, t.word) DESC, n.word
     LIMIT 100)
    UNION ALL
    (SELECT n.word, 0.4 FROM {tenant}.name_words n
     WHERE t.swapped AND NOT t.known AND length(n.word) = 2
       AND public.levenshtein_less_equal(n.word, t.word, 1) = 1
     ORDER BY n.word LIMIT 20)
    UNION ALL
    (SELECT n.word, 0.5 FROM {tenant}.name_words n
     WHERE t.length > 2 AND n.word LIKE '%' || t.word || '%'
     ORDER BY length(n.word), n.word LIMIT 40)) m
  GROUP BY t.n, m.word
  UNION ALL
  SELECT 0 AS typed, k.word, 0 AS quality
  FROM unnest($7::text[]) AS p(piece) CROSS JOIN LATERAL (
    SELECT n.word FROM {tenant}.name_words n  -- equality might be looked for by trigrams
    WHERE n.word BETWEEN p.piece AND p.piece LIMIT 1) k)sql"};

using Births = std::vector<std::string>;

/// $1 finds the names (NULL: none do), $2 whether there are any to be found. $3 to $5 are what the
/// words mean: the word, a name, and how well it fits in thousandths; $6 how many words there are.
/// $7 is the beginning of a number, $8 what that is worth, $9 the number exactly, $10 its forms.
/// $11 birth dates of which it is one; $12 whether all of it must match or any is enough, $13
/// whether the number must match too and not instead. Nobody who matches is left out, however many
/// there are: what a patient's score is made of is cheap. A name counts by how well its words are
/// meant, and by how much of it was typed; a number or a birth date alone counts twice a perfect
/// name.
inline const db::Query<Patient, std::optional<std::string>, bool, std::vector<std::int64_t>,
                       std::vector<std::string>, std::vector<std::int64_t>, int,
                       std::optional<std::string>, int, std::optional<std::string>,
                       std::vector<std::string>, Births, bool, bool, std::optional<std::int64_t>,
                       std::optional<std::int64_t>, int>
    kSearchPatients{"patients.search", R"sql(
  WITH meanings AS MATERIALIZED (
    SELECT m.typed, m.word, m.quality / 1000.0::real AS quality
    FROM unnest($3::bigint[], $4::text[], $5::bigint[]) AS m(typed, word, quality)),
  found AS MATERIALIZED (
    SELECT p.id, p.names, p.date_of_birth,
      CASE WHEN $9 = ANY (p.number_forms) THEN 2000 ELSE 1900 END AS number
    FROM {tenant}.patients p
    WHERE p.number_forms && $10::text[]
      AND (NOT $13 OR ((NOT $2 OR p.names @@ $1::tsquery)
        AND (cardinality($11::date[]) = 0 OR p.date_of_birth = ANY ($11::date[]))))
    UNION ALL
    SELECT p.id, p.names, p.date_of_birth, $8::integer FROM {tenant}.patients p
    WHERE p.number_letters BETWEEN $7 AND $7 || U&'\+10FFFF'
      AND (NOT $13 OR ((NOT $2 OR p.names @@ $1::tsquery)
        AND (cardinality($11::date[]) = 0 OR p.date_of_birth = ANY ($11::date[]))))
    UNION ALL
    SELECT p.id, p.names, p.date_of_birth, 0 FROM {tenant}.patients p
    WHERE p.date_of_birth = ANY ($11::date[]) AND (NOT $2 OR NOT $12) AND NOT $13
    UNION ALL
    SELECT l.id, l.names, l.date_of_birth, 0 FROM (
      SELECT p.id, p.names, p.date_of_birth FROM {tenant}.patients p
      WHERE p.names @@ $1::tsquery AND NOT $13
        AND (cardinality($11::date[]) = 0 OR NOT $12 OR p.date_of_birth = ANY ($11::date[]))
      OFFSET 0) l),
  named AS MATERIALIZED (
    SELECT b.id, sum(b.quality) AS quality FROM (
      SELECT f.id, m.typed, max(m.quality) AS quality FROM found f
      CROSS JOIN LATERAL unnest(tsvector_to_array(f.names)) AS w(word)
      JOIN meanings m ON m.word = w.word GROUP BY f.id, m.typed) b
    GROUP BY b.id),
  scored AS MATERIALIZED (
    SELECT f.id, (greatest(f.number,
          CASE WHEN f.born THEN 1000 * (2 - (m.id IS NOT NULL)::integer) END)
        + 1000 * coalesce(m.quality / $6::integer + 0.2 * least(1, $6 / greatest(f.words, 1)::real),
                          0))::bigint AS score
    FROM (SELECT g.id, max(g.number) AS number, min(length(g.names)) AS words,
            bool_or(g.date_of_birth = ANY ($11::date[])) AS born
          FROM found g GROUP BY g.id) f
    LEFT JOIN named m ON m.id = f.id)
  SELECT p.id, p.patient_number, p.first_name, p.last_name, p.date_of_birth, p.sex, p.phone,
    p.email, p.address, p.emergency_contact, p.allergies, p.version, p.created_at, p.updated_at,
    p.allergy_status, p.allergies_at IS NOT NULL,
    s.score
  FROM (SELECT k.id, k.score FROM scored k
        WHERE $14::bigint IS NULL OR (k.score, k.id) < ($14::bigint, $15::bigint)
        ORDER BY k.score DESC, k.id DESC LIMIT $16) s
  JOIN {tenant}.patients p ON p.id = s.id ORDER BY s.score DESC, s.id DESC)sql"};

/// How many that finds: $1 finds the names, $2 whether there are any, $3 the beginning of a number,
/// $4 its forms, $5 birth dates; $6 all must match, $7 the number too.
inline const db::Query<db::Int64Row, std::optional<std::string>, bool, std::optional<std::string>,
                       std::vector<std::string>, Births, bool, bool>
    kCountFound{"patients.count_found", R"sql(
  SELECT count(*) FROM (
    SELECT p.id FROM {tenant}.patients p
    WHERE p.number_forms && $4::text[]
      AND (NOT $7 OR ((NOT $2 OR p.names @@ $1::tsquery)
        AND (cardinality($5::date[]) = 0 OR p.date_of_birth = ANY ($5::date[]))))
    UNION
    SELECT p.id FROM {tenant}.patients p
    WHERE p.number_letters BETWEEN $3 AND $3 || U&'\+10FFFF'
      AND (NOT $7 OR ((NOT $2 OR p.names @@ $1::tsquery)
        AND (cardinality($5::date[]) = 0 OR p.date_of_birth = ANY ($5::date[]))))
    UNION
    SELECT p.id FROM {tenant}.patients p
    WHERE p.date_of_birth = ANY ($5::date[]) AND (NOT $2 OR NOT $6) AND NOT $7
    UNION
    SELECT l.id FROM (
      SELECT p.id FROM {tenant}.patients p
      WHERE p.names @@ $1::tsquery AND NOT $7
        AND (cardinality($5::date[]) = 0 OR NOT $6 OR p.date_of_birth = ANY ($5::date[]))
      OFFSET 0) l) f)sql"};

/// A number and no name: $1 is its beginning, $2 it exactly, $3 its forms, $4 the birth dates that
/// it may be too. Exact ones come first, then those that begin so in the order of the numbers: they
/// may be everybody, and no more are looked at than a page takes. The cursor names the score ($5)
/// and the patient ($6), whose number does not belong into a URL.
inline const db::Query<Patient, std::string, std::string, std::vector<std::string>, Births,
                       std::optional<std::int64_t>, std::optional<std::int64_t>, int>
    kSearchNumbers{"patients.search_numbers", R"sql(
  WITH last AS MATERIALIZED (
    SELECT c.number_letters AS letters FROM {tenant}.patients c WHERE c.id = $6::bigint),
  exact AS MATERIALIZED (
    SELECT e.id, max(e.score) AS score FROM (
      SELECT p.id, CASE WHEN $2 = ANY (p.number_forms) THEN 2000 ELSE 1900 END AS score
      FROM {tenant}.patients p WHERE p.number_forms && $3::text[]
      UNION ALL
      SELECT p.id, 2000 FROM {tenant}.patients p WHERE p.date_of_birth = ANY ($4::date[])) e
    GROUP BY e.id)
  SELECT p.id, p.patient_number, p.first_name, p.last_name, p.date_of_birth, p.sex, p.phone,
    p.email, p.address, p.emergency_contact, p.allergies, p.version, p.created_at, p.updated_at,
    p.allergy_status, p.allergies_at IS NOT NULL,
    f.score::bigint
  FROM (SELECT e.id, e.score FROM exact e
        UNION ALL
        (SELECT p.id, 1500 FROM {tenant}.patients p
         WHERE p.number_letters BETWEEN $1 AND $1 || U&'\+10FFFF'
           AND NOT EXISTS (SELECT FROM exact e WHERE e.id = p.id)
           AND ($5::bigint IS NULL OR $5 > 1500
                OR (p.number_letters, p.id) > ((SELECT letters FROM last), $6))
         ORDER BY p.number_letters, p.id LIMIT $7)) f
  JOIN {tenant}.patients p ON p.id = f.id
  WHERE $5 IS NULL OR f.score < $5
    OR (f.score = $5 AND (p.number_letters, p.id) > ((SELECT letters FROM last), $6))
  ORDER BY f.score DESC, p.number_letters, p.id LIMIT $7)sql"};

inline const db::Query<db::Int64Row, std::string, std::vector<std::string>, Births> kCountNumbers{
    "patients.count_numbers", R"sql(
  SELECT count(*) FROM {tenant}.patients p
  WHERE p.date_of_birth = ANY ($3::date[]) OR p.number_forms && $2::text[]
    OR p.number_letters BETWEEN $1 AND $1 || U&'\+10FFFF')sql"};

/// A patient whose keys are to be made.
struct KeylessPatient {
  PatientId id;
  std::int64_t version = 0;
  std::int64_t format = 0;
  std::string number;
  std::string first_name;
  std::string last_name;
  static constexpr db::Columns kColumns{"id",         "version",  "search_format", "patient_number",
                                        "first_name", "last_name"};
  static KeylessPatient from_row(const db::RowView& r) {
    return {r.id<PatientId>(kColumns["id"]),    r.int64(kColumns["version"]),
            r.int64(kColumns["search_format"]), r.str(kColumns["patient_number"]),
            r.str(kColumns["first_name"]),      r.str(kColumns["last_name"])};
  }
};

/// Those whose keys have an older format than $1, behind ($2, $3) in the order of formats and ids.
inline const db::Query<KeylessPatient, int, std::int64_t, PatientId, int> kOutdatedPatients{
    "patients.outdated", R"sql(
  SELECT p.id, p.version, p.search_format, p.patient_number, p.first_name, p.last_name
  FROM {tenant}.patients p
  WHERE p.search_format < $1::smallint AND (p.search_format, p.id) > ($2::smallint, $3::bigint)
  ORDER BY p.search_format, p.id LIMIT $4)sql"};

inline const db::Query<db::Int64Row, int> kCountOutdated{"patients.count_outdated", R"sql(
  SELECT count(*) FROM {tenant}.patients p WHERE p.search_format < $1::smallint)sql"};

/// The keys $4 to $8 of the version $2, in format $9 instead of $3.
inline const db::Query<db::Int64Row, PatientId, std::int64_t, std::int64_t, std::string,
                       std::string, std::vector<std::string>, std::vector<std::string>,
                       std::vector<std::string>, int>
    kStoreKeys{"patients.store_keys", R"sql(
  WITH words AS (
    INSERT INTO {tenant}.name_words (word, key)
    SELECT w.word, w.key FROM unnest($7::text[], $8::text[]) AS w(word, key)
    WHERE NOT EXISTS (SELECT FROM {tenant}.name_words k WHERE k.word = w.word) ORDER BY w.word
    ON CONFLICT DO NOTHING)
  UPDATE {tenant}.patients SET number_key = $4, number_letters = $5, number_forms = $6::text[],
    names = array_to_tsvector($7::text[]), search_format = $9::smallint
  WHERE id = $1 AND version = $2::integer AND search_format = $3::smallint
  RETURNING id)sql"};

}  // namespace wardbook::patients
