#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/router.h"
#include "base/clock.h"
#include "base/ids.h"
#include "db/pool.h"

/// ICD-10-CM, several releases side by side. In force on a day is the newest full release that had
/// begun by then (or the oldest one, for earlier days); the built-in starter set serves as long as
/// no full release is loaded.
namespace wardbook::icd10 {

/// A code as a release has it.
struct Code10 {
  std::string code;     ///< with its dot: E11.9
  std::string title;    ///< the long title
  std::string release;  ///< the release's name
  bool billable = false;
};

/// What the release in force at the visit says of a code.
struct Check {
  std::optional<Code10> found;
  std::vector<std::string> nearest;  ///< codes like the unknown one, best first, at most five
  bool any_release = false;          ///< false: nothing is loaded; codes go unchecked
};

/// Looks a code up in the release in force on the visit's day (RFC 3339 `visit_date`), in the
/// caller's own transaction.
[[nodiscard]] Task<Check> check(db::Tx& tx, std::string code, std::string visit_date);

/// Of what is written in place of a code, in any form that a code might have (E1, E 11.9, E11..9)
/// or too long for one (E11.99999): the nearest codes of that release, at most five; none where it
/// can be no code.
[[nodiscard]] Task<std::vector<std::string>> nearest(db::Tx& tx, std::string text,
                                                     std::string visit_date);

/// The name of the release in force on the visit's day; nullopt when nothing is loaded.
[[nodiscard]] Task<std::optional<std::string>> release_at(db::Tx& tx, std::string visit_date);

/// A row of the CMS order file (columns: order 1-5, code 7-13, billable flag 15, short title 17-76,
/// long title from 78).
struct OrderRow {
  int order = 0;
  std::string code;  ///< without the dot
  bool billable = false;
  std::string short_title;
  std::string long_title;
};
/// nullopt when the line is not of that form.
[[nodiscard]] std::optional<OrderRow> parse_order_line(std::string_view line);

/// A release as it was read from a file.
struct ReleaseFile {
  std::string name;  ///< `ICD-10-CM 2026`
  int fiscal_year = 0;
  std::vector<OrderRow> rows;
  std::string sha256;
};
/// Reads an order file, or the zip that it comes in (CMS, "Code Descriptions in Tabular Order"),
/// with no other order file in it.
/// The fiscal year is in the file's name (`icd10cm_order_2026.txt`). Bounds: 64 MiB, 500,000 rows.
/// Rows are numbered without gaps, the last one is ended, no code comes twice, all is UTF-8.
/// Throws std::runtime_error with one clear line that names the first bad row.
[[nodiscard]] ReleaseFile read_release(const std::string& path);

/// Replaces the release of that name in one transaction; `progress(done)` after each batch. Returns
/// false when exactly these codes are loaded already. Throws std::runtime_error when the file has
/// less than nine tenths of the codes that it would replace, or half of another release's, unless
/// `even_if_smaller`.
[[nodiscard]] Task<bool> import_release(db::Pool& db, ReleaseFile file, bool even_if_smaller,
                                        std::function<void(std::size_t)> progress);

/// A release that is loaded. It is in force from `valid_from` until a newer one is.
struct LoadedRelease {
  std::string name;
  Date valid_from{};
  Date valid_to{};  ///< the end of its fiscal year
  bool starter = false;
  std::int64_t codes = 0;
  std::int64_t billable = 0;
};
/// The newest first, the starter set last.
[[nodiscard]] Task<std::vector<LoadedRelease>> releases(db::Pool& db);
/// By its name or its year; its name, or nullopt when there is no such release. The starter set
/// stays.
[[nodiscard]] Task<std::optional<std::string>> remove_release(db::Pool& db, std::string name);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::icd10
