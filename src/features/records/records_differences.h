#pragma once

#include <boost/json.hpp>
#include <string>

namespace wardbook::records {

/// What makes `after` of `before`, each as {pointer, before, after}: objects member by member,
/// lists item by item. Items are the same one if they have the same id, medication or test (without
/// these: if they are equal) and stand in the same order; of two lines of one drug those that are
/// equal belong together. A pointer into a list counts in `after`; for an item that is gone in
/// `before`. Null stands for what was not or is not there.
[[nodiscard]] boost::json::array differences(const boost::json::value& before,
                                             const boost::json::value& after);

}  // namespace wardbook::records
