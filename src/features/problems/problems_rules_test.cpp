#include "features/problems/problems_rules.h"

#include <gtest/gtest.h>

namespace wardbook::problems {
namespace {

Date day(const char* text) {
  return parse_date(text).value();
}

clinical::CodedDiagnosis coded(std::string code, std::string status = "active") {
  return {DiagnosisId(1), std::move(code), "As it is called", "primary", std::move(status), {}};
}

TEST(ProblemsRulesTest, ASelfLimitedProblemIsTakenForOver) {
  auto cold = blank_problem("Cold", "J06.9");
  cold = seen_again(std::move(cold), coded("J06.9"), day("2026-01-01"), RecordId(7));
  EXPECT_EQ(cold.at("course"), "self_limited");
  EXPECT_EQ(cold.at("expected_until"), "2026-01-22");
  EXPECT_EQ(status_on(cold, day("2026-01-22")), "active");
  EXPECT_EQ(status_on(cold, day("2026-01-23")), "presumed_resolved");
  cold = seen_again(std::move(cold), coded("J06.9"), day("2026-01-20"), RecordId(8));
  EXPECT_EQ(status_on(cold, day("2026-01-23")), "active") << "it was seen again";
}

TEST(ProblemsRulesTest, AProblemTakesTheMoreExactCode) {
  auto diabetes = blank_problem("Diabetes", "E11.9");
  diabetes = seen_again(std::move(diabetes), coded("E11.65"), day("2026-01-01"), RecordId(7));
  EXPECT_EQ(diabetes.at("icd_code"), "E11.65");
  diabetes = seen_again(std::move(diabetes), coded("E11.9"), day("2026-02-01"), RecordId(8));
  EXPECT_EQ(diabetes.at("icd_code"), "E11.65");
  EXPECT_EQ(status_on(diabetes, day("2036-01-01")), "active");
}

TEST(ProblemsRulesTest, AVisitResolvesAProblem) {
  auto reflux = blank_problem("Reflux", "K21.9");
  reflux =
      seen_again(std::move(reflux), coded("K21.9", "resolved"), day("2026-01-01"), RecordId(7));
  EXPECT_EQ(status_on(reflux, day("2026-01-01")), "resolved");
  EXPECT_EQ(reflux.at("resolved_on"), "2026-01-01");
}

}  // namespace
}  // namespace wardbook::problems
