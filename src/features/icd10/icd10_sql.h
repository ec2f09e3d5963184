#pragma once

#include "db/query.h"
#include "features/icd10/icd10.h"

namespace wardbook::icd10 {

/// Codes are stored without their dot.
struct Looked {
  int release_id = 0;
  Code10 code;
  static Looked from_row(const db::RowView& r) {
    Looked out;
    out.release_id = static_cast<int>(r.int64(0));
    out.code.release = r.str(1);
    out.code.code = r.maybe_str(2).value_or("");
    out.code.title = r.maybe_str(3).value_or("");
    out.code.billable = !r.is_null(4) && r.boolean(4);
    return out;
  }
};

/// The release in force on a day: a full one before the starter set; of those that had begun the
/// newest, else the oldest.
#define WB_IN_FORCE(day)                                                               \
  "(SELECT id, name FROM wardbook.icd_releases ORDER BY is_starter, valid_from > " day \
  ", CASE WHEN valid_from <= " day                                                     \
  " THEN - extract(epoch FROM valid_from) ELSE extract(epoch FROM valid_from) END LIMIT 1)"

inline const db::Query<Looked, std::string, std::string> kLookUp{
    "icd10.look_up", "SELECT l.id, l.name, c.code, c.long_title, c.billable FROM " WB_IN_FORCE(
                         "($2::timestamptz)::date") " l LEFT JOIN wardbook.icd_codes c "
                                                    "ON c.release_id = l.id AND c.code = $1"};

/// Those that begin like the unknown code, by the letters that one would have to change.
inline const db::Query<db::TextRow, int, std::string> kNearest{"icd10.nearest", R"sql(
  SELECT c.code FROM wardbook.icd_codes c
  WHERE c.release_id = $1 AND c.code LIKE left($2, 2) || '%'
  ORDER BY public.levenshtein(c.code, $2), NOT c.billable, c.code LIMIT 5)sql"};

struct InForce {
  int id = 0;
  std::string name;
  static InForce from_row(const db::RowView& r) { return {static_cast<int>(r.int64(0)), r.str(1)}; }
};
inline const db::Query<InForce> kInForceNow{
    "icd10.in_force_now", "SELECT l.id, l.name FROM " WB_IN_FORCE("current_date") " l"};

struct Found {
  std::string code;
  bool billable = false;
  std::string short_title;
  std::string long_title;
  static Found from_row(const db::RowView& r) {
    return {r.str(0), r.boolean(1), r.str(2), r.str(3)};
  }
};
/// The code itself, then billable ones, then headers, each in the order of the codes: three short
/// walks along the index. Its bounds are written out, since LIKE is no range before its pattern is
/// known; codes have no character above Z.
#define WB_BEGINS_LIKE "release_id = $1 AND code ~>=~ $2 AND code ~<~ ($2 || '~') "
inline const db::Query<Found, int, std::string, int> kByPrefix{
    "icd10.by_prefix",
    "SELECT f.code, f.billable, f.short_title, f.long_title FROM ("
    "(SELECT 0 AS tier, c.* FROM wardbook.icd_codes c WHERE release_id = $1 AND code = $2) "
    "UNION ALL (SELECT 1, c.* FROM wardbook.icd_codes c WHERE " WB_BEGINS_LIKE
    "  AND billable AND code <> $2 ORDER BY code USING OPERATOR(pg_catalog.~<~) LIMIT $3) "
    "UNION ALL (SELECT 2, c.* FROM wardbook.icd_codes c WHERE " WB_BEGINS_LIKE
    "  AND NOT billable AND code <> $2 ORDER BY code USING OPERATOR(pg_catalog.~<~) LIMIT $3)) f "
    "ORDER BY f.tier, f.code LIMIT $3"};
#undef WB_BEGINS_LIKE

/// For each typed word ($2) the words that it may mean: those that begin with it, else those that
/// differ in few letters. A word of one or two characters means only itself.
struct Meaning {
  std::int64_t position = 0;
  std::string word;
  std::int64_t frequency = 0;  ///< how many codes of the release have it
  static Meaning from_row(const db::RowView& r) { return {r.int64(0), r.str(1), r.int64(2)}; }
};
inline const db::Query<Meaning, int, std::vector<std::string>> kMeanings{"icd10.meanings", R"sql(
  SELECT t.position, m.word, m.frequency
  FROM (SELECT u.word, u.position, u.word || chr(1114111) AS after, length(u.word) AS length,
          EXISTS (SELECT FROM wardbook.icd_words p WHERE p.release_id = $1
                  AND p.word ~>=~ u.word AND p.word ~<~ (u.word || chr(1114111))) AS known
        FROM unnest($2::text[]) WITH ORDINALITY AS u(word, position) OFFSET 0) t
  CROSS JOIN LATERAL (
    (SELECT w.word, w.frequency FROM wardbook.icd_words w
     WHERE t.length <= 2 AND w.release_id = $1 AND w.word = t.word)
    UNION ALL
    (SELECT w.word, w.frequency FROM wardbook.icd_words w
     WHERE t.length > 2 AND t.known AND w.release_id = $1
       AND w.word ~>=~ t.word AND w.word ~<~ t.after
     ORDER BY length(w.word), w.word LIMIT 20)
    UNION ALL
    (SELECT w.word, w.frequency FROM wardbook.icd_words w
     WHERE t.length > 3 AND NOT t.known AND w.release_id = $1
       AND w.word OPERATOR(public.%) t.word
       AND public.levenshtein_less_equal(w.word, t.word, 2) <= 2
     ORDER BY public.levenshtein(w.word, t.word), w.word LIMIT 5)) m)sql"};

/// Of words that few codes have: all of these, sorted.
inline const db::Query<Found, int, std::string, int> kByRareWords{"icd10.by_rare_words", R"sql(
  SELECT f.code, f.billable, f.short_title, f.long_title FROM (
    SELECT c.* FROM wardbook.icd_codes c
    WHERE release_id = $1 AND document @@ $2::tsquery OFFSET 0) f
  ORDER BY f.place LIMIT $3)sql"};
/// Of words that many have: the codes in the order of the answer, until there are enough. The
/// function rather than its operator, so that the words' index is not taken after all.
inline const db::Query<Found, int, std::string, int> kByCommonWords{"icd10.by_common_words", R"sql(
  SELECT code, billable, short_title, long_title FROM wardbook.icd_codes
  WHERE release_id = $1 AND pg_catalog.ts_match_vq(document, $2::tsquery)
  ORDER BY place LIMIT $3)sql"};

inline const db::Query<db::TextRow, std::string> kLoadedHash{
    "icd10.loaded_hash", "SELECT source_hash FROM wardbook.icd_releases WHERE name = $1"};
inline const db::Query<void, std::string> kDropRelease{
    "icd10.drop_release", "DELETE FROM wardbook.icd_releases WHERE name = $1"};
inline const db::Query<db::Int64Row, std::string, Date, Date, std::string> kAddRelease{
    "icd10.add_release", R"sql(
  INSERT INTO wardbook.icd_releases (name, valid_from, valid_to, source_hash)
  VALUES ($1, $2, $3, $4) RETURNING id)sql"};
inline const db::Query<void, std::int64_t, std::vector<std::string>, std::vector<std::string>,
                       std::vector<std::string>, std::vector<std::string>,
                       std::vector<std::int64_t>>
    kAddCodes{"icd10.add_codes", R"sql(
  INSERT INTO wardbook.icd_codes (release_id, code, billable, short_title, long_title, sort_order)
  SELECT $1, c.code, c.billable::boolean, c.short_title, c.long_title, c.sort_order
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
    AS c(code, billable, short_title, long_title, sort_order))sql"};
inline const db::Query<void, std::int64_t> kAddWords{"icd10.add_words", R"sql(
  INSERT INTO wardbook.icd_words (release_id, word, frequency)
  SELECT $1::integer, w, count(*) FROM wardbook.icd_codes c
  CROSS JOIN LATERAL unnest(tsvector_to_array(c.document)) AS w
  WHERE c.release_id = $1 GROUP BY w)sql"};
/// Billable codes first; of these the common ones, which the starter set has, and among them those
/// without further detail; short titles first.
inline const db::Query<void, std::int64_t> kPlaceCodes{"icd10.place_codes", R"sql(
  UPDATE wardbook.icd_codes c SET place = n.place
  FROM (SELECT i.code, row_number() OVER (ORDER BY NOT i.billable, s.code IS NULL,
          s.code IS NOT NULL AND i.long_title !~* '(unspecified|essential|uncomplicated|without )',
          length(i.long_title), i.sort_order) AS place
        FROM wardbook.icd_codes i
        LEFT JOIN (SELECT x.code FROM wardbook.icd_codes x
                   JOIN wardbook.icd_releases l ON l.id = x.release_id AND l.is_starter) s
          ON s.code = i.code
        WHERE i.release_id = $1) n
  WHERE c.release_id = $1 AND c.code = n.code)sql"};

#undef WB_IN_FORCE

}  // namespace wardbook::icd10
