#include "clinical/critical.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

namespace wardbook::clinical {
namespace {

int side(const char* test, double number, const char* unit, int age = 40,
         const char* loinc = nullptr) {
  Assay assay;
  if (loinc != nullptr) assay.loinc = loinc;
  assay.test = test;
  if (*unit != '\0') assay.unit = unit;
  assay.value = {LabValue::Kind::number, LabValue::Relation::equal, number};
  assay.age_years = age;
  const auto beyond = beyond_critical(assay);
  return beyond ? beyond->side : 0;
}

TEST(CriticalTest, BeyondTheLimitsOfTheTable) {
  EXPECT_EQ(side("Potassium", 7.1, "mmol/L"), 1);
  EXPECT_EQ(side("K+", 2.4, "mEq/L"), -1);
  EXPECT_EQ(side("Kalium", 4.1, "mmol/L"), 0);
  EXPECT_EQ(side("Haemoglobin", 5.9, "g/dL"), -1);
  EXPECT_EQ(side("Hemoglobin", 59, "g/L"), -1);
  EXPECT_EQ(side("Glucose", 30, "mmol/L"), 1);
  EXPECT_EQ(side("Glucose", 300, "mg/dL"), 0);
  EXPECT_EQ(side("Platelets", 12'000, "/uL"), -1);
  EXPECT_EQ(side("INR", 8, ""), 1);
  EXPECT_EQ(side("pH", 7.1, ""), -1);
  EXPECT_EQ(side("anything", 7.1, "mmol/L", 40, "2823-3"), 1) << "by its code";
}

TEST(CriticalTest, AChildHasLimitsOfItsOwn) {
  EXPECT_EQ(side("Potassium", 6.3, "mmol/L", 40), 1);
  EXPECT_EQ(side("Potassium", 6.3, "mmol/L", 2), 0);
  EXPECT_EQ(side("Bilirubin", 18, "mg/dL", 0), 1);
  EXPECT_EQ(side("Bilirubin", 18, "mg/dL", 30), 0);
}

TEST(CriticalTest, WhatTheTableCannotJudgeIsNotCritical) {
  EXPECT_EQ(side("Unobtainium", 1'000, "mmol/L"), 0);
  EXPECT_EQ(side("Potassium", 300, "mg/L"), 0) << "no conversion without the molar mass";
  EXPECT_EQ(side("Potassium", 7.1, "mmol/L", 40, "2828-2"), 0) << "of urine";
  EXPECT_EQ(side("Potassium", 7.1, ""), 0) << "without a unit";
}

TEST(CriticalTest, EveryRowIsWholeAndNamesItsSource) {
  std::set<std::string_view> analytes;
  std::set<std::string_view> codes;
  for (const auto& row : table_rows(data_file("analytes.tsv"))) {
    ASSERT_EQ(row.size(), 4U) << row.at(0);
    EXPECT_TRUE(analytes.insert(row[0]).second) << row[0];
  }
  const std::string_view limits = data_file("critical_limits.tsv");
  for (const auto& row : table_rows(limits)) {
    ASSERT_EQ(row.size(), 7U) << row.at(0);
    EXPECT_TRUE(analytes.contains(row[0])) << row[0];
    EXPECT_TRUE(parse_unit(row[3])) << row[3];
    EXPECT_TRUE(row[4] != "-" || row[5] != "-") << row[0];
    EXPECT_NE(limits.find("\n# " + std::string(row[6]) + "  "), std::string_view::npos) << row[6];
  }
}

}  // namespace
}  // namespace wardbook::clinical
