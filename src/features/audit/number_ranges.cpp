#include "features/audit/number_ranges.h"

namespace wardbook::audit {

void NumberRanges::add(std::int64_t first, std::int64_t last) {
  if (!ranges_.empty() && ranges_.rbegin()->second == first - 1) {
    ranges_.rbegin()->second = last;
  } else {
    ranges_.emplace(first, last);
  }
}

bool NumberRanges::take(std::int64_t number) {
  auto found = ranges_.upper_bound(number);
  if (found == ranges_.begin()) return false;
  --found;
  const auto [first, last] = *found;
  if (number > last) return false;
  if (first == number) {
    ranges_.erase(found);
  } else {
    found->second = number - 1;
  }
  if (last != number) ranges_.emplace(number + 1, last);
  return true;
}

}  // namespace wardbook::audit
