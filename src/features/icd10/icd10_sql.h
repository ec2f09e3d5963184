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

/// The release in force on a day: a full one before the starter set, the newest of several.
inline const db::Query<Looked, std::string, std::string> kLookUp{"icd10.look_up", R"sql(
  SELECT l.id, l.name, c.code, c.long_title, c.billable
  FROM (SELECT id, name FROM wardbook.icd_releases
        WHERE ($2::timestamptz)::date BETWEEN valid_from AND valid_to
        ORDER BY is_starter, valid_from DESC, id DESC LIMIT 1) l
  LEFT JOIN wardbook.icd_codes c ON c.release_id = l.id AND c.code = $1)sql"};

/// Those that begin like the unknown code, by the letters that one would have to change.
inline const db::Query<db::TextRow, int, std::string> kNearest{"icd10.nearest", R"sql(
  SELECT c.code FROM wardbook.icd_codes c
  WHERE c.release_id = $1 AND c.code LIKE left($2, 2) || '%'
  ORDER BY public.levenshtein(c.code, $2), NOT c.billable, c.code LIMIT 5)sql"};

}  // namespace wardbook::icd10
