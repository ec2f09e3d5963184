#pragma once

#include <cstdint>
#include <limits>
#include <map>

namespace wardbook::audit {

/// Numbers of entries as ranges, such as those that no seal names.
class NumberRanges {
 public:
  using Map = std::map<std::int64_t, std::int64_t>;  ///< the first number to the last one

  [[nodiscard]] static NumberRanges all() {
    NumberRanges out;
    using Limits = std::numeric_limits<std::int64_t>;
    out.add(Limits::min(), Limits::max());
    return out;
  }
  /// Ranges are added in order; one that begins where the one before ends extends it.
  void add(std::int64_t first, std::int64_t last);
  /// Removes a number; false if it is not there.
  bool take(std::int64_t number);
  [[nodiscard]] const Map& map() const { return ranges_; }

 private:
  Map ranges_;
};

}  // namespace wardbook::audit
