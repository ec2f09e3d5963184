#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text/number_marks.h"

/// What a laboratory reports of a test, as it is written: 4.1, <0.5, 1:128, 3/5, "no growth".
namespace wardbook::clinical {

struct LabValue {
  enum class Kind : std::uint8_t { number, titre, ratio, text };
  /// How the true value stands to the number: beyond what the method measures.
  enum class Relation : std::uint8_t { equal, below, at_most, above, at_least };
  Kind kind = Kind::text;
  Relation relation = Relation::equal;
  /// What it is compared by: of a titre how often it was diluted, of a ratio the quotient; 0 of a
  /// text.
  double number = 0;
  bool operator==(const LabValue&) const = default;
};
[[nodiscard]] std::string_view to_string(LabValue::Kind kind);
[[nodiscard]] std::string_view to_string(LabValue::Relation relation);

/// Reads it by the marks of the hospital's locale: with a decimal comma `7,1` is 7.1 and `1.200` is
/// 1200. A mark that cannot stand between thousands is a decimal mark wherever it is written, so
/// `7.1` is 7.1 there too. Whatever is no number, titre or ratio is a text: `1-2 weeks`, `10⁵`.
[[nodiscard]] LabValue parse_lab_value(std::string_view written, const text::NumberMarks& marks);

/// Where it lies against two limits: -1 below `low`, 1 above `high`, 0 between them; nullopt where
/// that cannot be told (a text, `<5` against 3). On a limit is between them.
[[nodiscard]] std::optional<int> side_of(const LabValue& value, std::optional<double> low,
                                         std::optional<double> high);

}  // namespace wardbook::clinical
