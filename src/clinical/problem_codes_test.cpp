#include "clinical/problem_codes.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "clinical/critical.h"

namespace wardbook::clinical {
namespace {

using CodeKind = ProblemCode::Kind;

TEST(ProblemCodesTest, EncountersColdsAndHealedInjuriesAreNoLastingProblems) {
  EXPECT_EQ(problem_code("Z00.00").kind, CodeKind::encounter);
  EXPECT_EQ(problem_code("Z34.90").kind, CodeKind::encounter);
  EXPECT_EQ(problem_code("W19.XXXA").kind, CodeKind::encounter);
  EXPECT_EQ(problem_code("J06.9"), (ProblemCode{CodeKind::self_limited, 21, false}));
  EXPECT_EQ(problem_code("N39.0"), (ProblemCode{CodeKind::self_limited, 14, false}));
  EXPECT_EQ(problem_code("S72.001A"), (ProblemCode{CodeKind::self_limited, 182, false}));
  EXPECT_EQ(problem_code("B07.9"), (ProblemCode{CodeKind::self_limited, 730, false}));
}

TEST(ProblemCodesTest, WhatLastsDoes) {
  EXPECT_EQ(problem_code("Z21").kind, CodeKind::chronic) << "HIV without symptoms";
  EXPECT_EQ(problem_code("Z94.0").kind, CodeKind::chronic) << "a transplanted kidney";
  EXPECT_EQ(problem_code("R91.1").kind, CodeKind::chronic) << "a lung nodule among the symptoms";
  EXPECT_EQ(problem_code("C34.90").kind, CodeKind::chronic);
  EXPECT_EQ(problem_code("N39.4").kind, CodeKind::other);
  EXPECT_EQ(problem_code("K21.9").kind, CodeKind::other);
  EXPECT_EQ(problem_code("S06.2X9S").kind, CodeKind::other) << "what is left of an injury";
  EXPECT_TRUE(problem_code("E11.65").one);
}

TEST(ProblemCodesTest, ACodeAndItsMoreExactSuccessorAreOneProblem) {
  const std::vector<std::pair<const char*, const char*>> same{
      {"E11.9", "E11.65"},      {"S72.001A", "S72.001D"}, {"J18", "J18.9"}, {"K21.9", "K21.00"},
      {"T78.40XA", "T78.40XD"}, {"N18.3", "N18.4"},       {"I10", "i10"}};
  for (const auto& [a, b] : same) {
    EXPECT_TRUE(one_problem(a, b)) << a << " " << b;
    EXPECT_TRUE(one_problem(b, a)) << b << " " << a;
  }
  const std::vector<std::pair<const char*, const char*>> apart{
      {"E10.9", "E11.9"},  {"S72.001A", "S72.002A"}, {"S52.501A", "S72.001A"},
      {"I25.10", "I25.2"}, {"J45.20", "J44.9"},      {"C50.911", "C34.90"}};
  for (const auto& [a, b] : apart) EXPECT_FALSE(one_problem(a, b)) << a << " " << b;
}

TEST(ProblemCodesTest, WhichOfTwoSaysMore) {
  EXPECT_TRUE(more_exact("E11.65", "E11.9"));
  EXPECT_FALSE(more_exact("E11.9", "E11.65"));
  EXPECT_TRUE(more_exact("J18.9", "J18"));
  EXPECT_FALSE(more_exact("S72.001D", "S72.001A"));
}

TEST(ProblemCodesTest, EveryRowIsWholeAndNamesItsSource) {
  const std::set<std::string_view> kinds{"encounter", "self_limited", "chronic", "one"};
  const std::string_view file = data_file("problem_codes.tsv");
  for (const auto& row : table_rows(file)) {
    ASSERT_EQ(row.size(), 5U) << row.at(0);
    EXPECT_LE(row[0], row[1]);
    EXPECT_TRUE(kinds.contains(row[2])) << row[2];
    EXPECT_EQ(row[2] == "self_limited", row[3] != "-") << row[0];
    EXPECT_NE(file.find("\n# " + std::string(row[4]) + "  "), std::string_view::npos) << row[4];
  }
}

}  // namespace
}  // namespace wardbook::clinical
