#include "clinical/units.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace wardbook::clinical {
namespace {

std::optional<double> turned(double value, std::string_view from, std::string_view to) {
  const auto a = parse_unit(from);
  const auto b = parse_unit(to);
  if (!a || !b) return std::nullopt;
  return converted(value, *a, *b);
}

TEST(UnitsTest, UnitsOfOneDimensionAreConverted) {
  EXPECT_EQ(turned(90, "mg/dL", "g/L"), 0.9);
  EXPECT_EQ(turned(4.1, "mmol/L", "umol/L"), 4'100);
  EXPECT_EQ(turned(13.5, "g/dL", "g/L"), 135);
  EXPECT_EQ(turned(7.2, "10*9/L", "K/uL"), 7.2);
  EXPECT_EQ(turned(4.5, "10*12/L", "M/uL"), 4.5);
  EXPECT_EQ(turned(250, "10*9/L", "/uL"), 250'000);
  EXPECT_EQ(turned(1, "mm[Hg]", "Pa"), 133.322);
  EXPECT_EQ(turned(0.45, "L/L", "%"), 45);
  EXPECT_EQ(turned(60, "U/L", "ukat/L"), 1);
  EXPECT_EQ(turned(2.5, "mIU/L", "uIU/mL"), 2.5);
}

TEST(UnitsTest, SpellingsOfOneUnitAreOne) {
  const std::vector<std::vector<const char*>> same{
      {"mg/dL", "mg/dl", "MG/DL", "mg / dL", "Mg/dl", "mG/DL", "mg%", "mg/100mL", "mg/100 ml"},
      {"ug/L", "\u00b5g/L", "\u03bcg/l", "mcg/L", "UG/L", "ng/mL"},
      {"10*9/L", "10^9/L", "x10^9/L", "X 10*9/L", "10\u2079/L", "\u00d710\u2079/L", "10e9/L",
       "K/uL", "10*3/uL", "10\u00b3/\u00b5L", "10^3/mm3", "{cells}.10*9/L"},
      {"mmol/L", "MMOL/L", "mmol/l", "\uff4d\uff4d\uff4f\uff4c/L", "mmol\u00a0/\u200bL"},
      {"{copies}/mL", "copies/mL", "/mL"},
  };
  for (const auto& group : same) {
    for (const char* each : group) {
      const auto turned_one = turned(5, each, group.front());
      ASSERT_TRUE(turned_one) << each;
      EXPECT_DOUBLE_EQ(*turned_one, 5) << each;
    }
  }
}

/// One of each pair would be wrong in the other by the substance.
TEST(UnitsTest, WhatTheSubstanceDecidesStaysApart) {
  const std::vector<std::pair<const char*, const char*>> apart{
      {"mg/dL", "mmol/L"}, {"mmol/mol", "%"}, {"mEq/L", "mmol/L"},    {"IU/L", "U/L"},
      {"mg/g", "mg/mmol"}, {"g/L", "g"},      {"mOsm/kg", "mmol/kg"},
  };
  for (const auto& [from, to] : apart) {
    EXPECT_TRUE(parse_unit(from)) << from;
    EXPECT_TRUE(parse_unit(to)) << to;
    EXPECT_EQ(turned(1, from, to), std::nullopt) << from << " " << to;
  }
}

TEST(UnitsTest, AnEquivalentOfAMonovalentIonIsAMole) {
  const auto meq = parse_unit("mEq/L").value();
  const auto mmol = parse_unit("mmol/L").value();
  EXPECT_EQ(converted(4.2, as_amount(meq, true), mmol), 4.2);
  EXPECT_EQ(converted(4.2, as_amount(meq, false), mmol), std::nullopt);
}

TEST(UnitsTest, UnknownUnitsAreNotConverted) {
  for (const char* each :
       {"", " ", "index", "mg/dLx", "apples", "10*99/L", "mg//", "{note}", "NTU"}) {
    EXPECT_EQ(parse_unit(each).has_value(), std::string_view(each) == "mg//") << each;
  }
}

}  // namespace
}  // namespace wardbook::clinical
