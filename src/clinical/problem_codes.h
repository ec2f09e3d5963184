#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What a code of ICD-10-CM means on a problem list: src/clinical/data/problem_codes.tsv, which
/// names its sources.
namespace wardbook::clinical {

struct ProblemCode {
  enum class Kind : std::uint8_t {
    encounter,     ///< why somebody came: no problem
    self_limited,  ///< over by itself
    chronic,
    other,  ///< lasts until somebody says that it is over
  };
  Kind kind = Kind::other;
  std::optional<int> days;  ///< of a self-limited one, after it was last seen
  bool one = false;         ///< all codes of the category are one problem
  bool operator==(const ProblemCode&) const = default;
};
/// Of a code with its dot: E11.9.
[[nodiscard]] ProblemCode problem_code(std::string_view icd_code);

/// Whether two codes are one problem: the same, one more exact than the other (J18, J18.9), the
/// same injury seen again (S72.001A, S72.001D), one that is not specified in any way beside one
/// that is (K21.9, K21.00), or two of a category that is one problem (E11.9, E11.65).
[[nodiscard]] bool one_problem(std::string_view a, std::string_view b);

/// Whether `b` says more than `a`, where both are one problem.
[[nodiscard]] bool more_exact(std::string_view b, std::string_view a);

}  // namespace wardbook::clinical
