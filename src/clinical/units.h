#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Units of laboratory results, as far as one can be turned into another without knowing what was
/// measured. After UCUM, the Unified Code for Units of Measure (ucum.org), 2.1, and the spellings
/// that laboratories use beside it.
namespace wardbook::clinical {

/// What a unit is of, and how much of it: 1 mg/dL is 0.01 g/L.
struct Unit {
  std::string dimension;  ///< `mass/volume`; two units of one dimension can be converted
  double factor = 1;      ///< one of it, in the dimension's own units
  bool operator==(const Unit&) const = default;
};

/// nullopt of a unit that is not known: it is converted into nothing, itself included.
///
/// Nothing is cancelled but volumes: `mmol/mol` and `%` are both numbers without a dimension, but
/// HbA1c of 48 mmol/mol is 6.5 %. Amounts, equivalents and masses are three dimensions, and so are
/// enzyme units and international units: what turns one into another is the substance.
[[nodiscard]] std::optional<Unit> parse_unit(std::string_view text);

/// `monovalent`: an ion with one charge, of which an equivalent is a mole.
[[nodiscard]] Unit as_amount(Unit unit, bool monovalent);

/// A value in another unit of the same dimension; nullopt where there is none. Rounded to what a
/// double is sure of, so that 4.1 mmol/L is 4.1 in mmol/L again.
[[nodiscard]] std::optional<double> converted(double value, const Unit& from, const Unit& to);

}  // namespace wardbook::clinical
