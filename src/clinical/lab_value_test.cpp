#include "clinical/lab_value.h"

#include <gtest/gtest.h>

#include <vector>

namespace wardbook::clinical {
namespace {

using Kind = LabValue::Kind;
using Relation = LabValue::Relation;
constexpr text::NumberMarks kPoint{U'.', U','};
constexpr text::NumberMarks kComma{U',', U'.'};

struct Case {
  const char* written;
  LabValue value;
};

TEST(LabValueTest, NumbersBoundsTitresAndRatios) {
  const std::vector<Case> cases{
      {"4.1", {Kind::number, Relation::equal, 4.1}},
      {" 4.1 ", {Kind::number, Relation::equal, 4.1}},
      {"-2", {Kind::number, Relation::equal, -2}},
      {"\u22122.5", {Kind::number, Relation::equal, -2.5}},
      {".5", {Kind::number, Relation::equal, 0.5}},
      {"1.2e5", {Kind::number, Relation::equal, 120'000}},
      {"<0.5", {Kind::number, Relation::below, 0.5}},
      {"< 0.5", {Kind::number, Relation::below, 0.5}},
      {"<=0.5", {Kind::number, Relation::at_most, 0.5}},
      {"\u226410", {Kind::number, Relation::at_most, 10}},
      {">1,000", {Kind::number, Relation::above, 1'000}},
      {">= 500", {Kind::number, Relation::at_least, 500}},
      {"\uff1e\uff15", {Kind::number, Relation::above, 5}},
      {"\u0664\u066b\u0661", {Kind::number, Relation::equal, 4.1}},
      {"7\u200b.1", {Kind::number, Relation::equal, 7.1}},
      {"1:128", {Kind::titre, Relation::equal, 128}},
      {"1 : 128", {Kind::titre, Relation::equal, 128}},
      {">1:1280", {Kind::titre, Relation::above, 1'280}},
      {"<1:8", {Kind::titre, Relation::below, 8}},
      {"3:2", {Kind::ratio, Relation::equal, 1.5}},
      {"3/5", {Kind::ratio, Relation::equal, 0.6}},
  };
  for (const auto& [written, value] : cases) {
    EXPECT_EQ(parse_lab_value(written, kPoint), value) << written;
  }
}

TEST(LabValueTest, WhateverElseIsAText) {
  for (const char* written : {"",       "positive",  "4.1 mmol/L",
                              "2-5",    "1-2 weeks", "10\u2075",
                              "1.2.3",  "1,2,3",     "<",
                              "1:",     ":2",        "1:0",
                              "4..1",   "4.",        "1 2",
                              "nan",    "inf",       "12:30:00",
                              "\u00bd", "++",        "no growth after 48 h"}) {
    EXPECT_EQ(parse_lab_value(written, kPoint).kind, Kind::text) << written;
  }
}

TEST(LabValueTest, TheLocaleSaysWhichMarkIsBeforeTheDecimals) {
  const std::vector<std::tuple<const char*, double, double>> cases{
      // as written, with a decimal point, with a decimal comma
      {"7,1", 7.1, 7.1},
      {"7.1", 7.1, 7.1},
      {"7,100", 7'100, 7.1},
      {"7.100", 7.1, 7'100},
      {"150,000", 150'000, 150},
      {"150.000", 150, 150'000},
      {"0,123", 0.123, 0.123},
      {"0.123", 0.123, 0.123},
      {"1.234,5", 1'234.5, 1'234.5},
      {"1,234.5", 1'234.5, 1'234.5},
      {"150 000", 150'000, 150'000},
      {"150'000", 150'000, 150'000},
      {"1234,567", 1'234.567, 1'234.567},
      {"1 234 567,8", 1'234'567.8, 1'234'567.8},
  };
  for (const auto& [written, point, comma] : cases) {
    EXPECT_EQ(parse_lab_value(written, kPoint).number, point) << written;
    EXPECT_EQ(parse_lab_value(written, kComma).number, comma) << written;
  }
  EXPECT_EQ(parse_lab_value("<0,5", kComma), (LabValue{Kind::number, Relation::below, 0.5}));
}

TEST(LabValueTest, AgainstLimits) {
  const auto side = [](const char* written, std::optional<double> low, std::optional<double> high) {
    return side_of(parse_lab_value(written, kPoint), low, high);
  };
  EXPECT_EQ(side("2.4", 2.5, 6.5), -1);
  EXPECT_EQ(side("2.5", 2.5, 6.5), 0);
  EXPECT_EQ(side("6.6", 2.5, 6.5), 1);
  EXPECT_EQ(side("<2.5", 2.5, 6.5), -1);
  EXPECT_EQ(side(">6.5", 2.5, 6.5), 1);
  EXPECT_EQ(side(">=6.5", 2.5, 6.5), std::nullopt);
  EXPECT_EQ(side("<5", 3, 7), std::nullopt);
  EXPECT_EQ(side("<5", std::nullopt, 7), 0);
  EXPECT_EQ(side("1:256", std::nullopt, 80), 1);
  EXPECT_EQ(side("positive", 1, 2), std::nullopt);
}

}  // namespace
}  // namespace wardbook::clinical
