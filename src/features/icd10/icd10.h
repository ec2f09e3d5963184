#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/router.h"
#include "base/ids.h"
#include "db/pool.h"

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
  bool any_release = false;          ///< false: nothing is loaded for that day; codes go unchecked
};

/// Looks a code up in the release in force on the visit's day (RFC 3339 `visit_date`), in the
/// caller's own transaction. A full release wins over the built-in starter set.
[[nodiscard]] Task<Check> check(db::Tx& tx, std::string code, std::string visit_date);

}  // namespace wardbook::icd10
