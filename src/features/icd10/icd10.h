#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/router.h"
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
/// Reads an order file, or the zip that it comes in (CMS, "Code Descriptions in Tabular Order").
/// The fiscal year is in the file's name (`icd10cm_order_2026.txt`). Bounds: 64 MiB, 500,000 rows.
/// Throws std::runtime_error with one clear line that names the first bad row.
[[nodiscard]] ReleaseFile read_release(const std::string& path);

/// Replaces the release of that name in one transaction; `progress(done)` after each batch. Returns
/// false when exactly this file is loaded already.
[[nodiscard]] Task<bool> import_release(db::Pool& db, ReleaseFile file,
                                        std::function<void(std::size_t)> progress);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::icd10
