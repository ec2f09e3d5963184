#include "features/records/records_differences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardbook::records {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;

/// "pointer: before -> after" of each.
std::vector<std::string> told(std::string_view before, std::string_view after) {
  std::vector<std::string> out;
  for (const auto& change : differences(json::parse(before), json::parse(after))) {
    out.push_back(std::string(change.at("pointer").as_string()) + ": " +
                  json::serialize(change.at("before")) + " -> " +
                  json::serialize(change.at("after")));
  }
  return out;
}

TEST(DifferencesTest, MemberByMember) {
  EXPECT_THAT(told(R"({"a":1,"b":{"c":2,"d":3},"e":4})", R"({"a":1,"b":{"c":5,"d":3},"f":6})"),
              ElementsAre("/b/c: 2 -> 5", "/e: 4 -> null", "/f: null -> 6"));
  EXPECT_TRUE(told(R"({"a":[1,{"b":2}]})", R"({"a":[1,{"b":2}]})").empty());
}

TEST(DifferencesTest, ADrugIsComparedWithItself) {
  EXPECT_THAT(told(R"([{"medication":"Aspirin","dosage":"100"},
                       {"medication":"Metformin","dosage":"500"},
                       {"medication":"Ramipril","dosage":"5"}])",
                   R"([{"medication":"Metformin","dosage":"500"},
                       {"medication":"Ramipril","dosage":"10"}])"),
              ElementsAre(R"(/0: {"medication":"Aspirin","dosage":"100"} -> null)",
                          R"(/1/dosage: "5" -> "10")"));
}

TEST(DifferencesTest, OneDrugForAnotherIsOneGoneAndOneNew) {
  EXPECT_THAT(told(R"([{"test":"CRP","value":"3"},{"medication":"A"}])",
                   R"([{"test":"CRP","value":"9"},{"medication":"B"}])"),
              ElementsAre(R"(/0/value: "3" -> "9")", R"(/1: {"medication":"A"} -> null)",
                          R"(/1: null -> {"medication":"B"})"));
}

TEST(DifferencesTest, DiagnosesAreTheSameByTheirIds) {
  EXPECT_THAT(told(R"([{"id":1,"icd_code":"E11.9"},{"id":2,"icd_code":"I10"}])",
                   R"([{"id":2,"icd_code":"I10"},{"id":3,"icd_code":"J20.9"}])"),
              ElementsAre(R"(/0: {"id":1,"icd_code":"E11.9"} -> null)",
                          R"(/1: null -> {"id":3,"icd_code":"J20.9"})"));
}

TEST(DifferencesTest, TwoLinesOfOneDrug) {
  EXPECT_THAT(told(R"([{"medication":"I","dosage":"10"},{"medication":"I","dosage":"20"}])",
                   R"([{"medication":"I","dosage":"20"}])"),
              ElementsAre(R"(/0: {"medication":"I","dosage":"10"} -> null)"));
  EXPECT_THAT(told(R"([{"medication":"I","dosage":"10"},{"medication":"I","dosage":"20"}])",
                   R"([{"medication":"I","dosage":"12"},{"medication":"I","dosage":"22"}])"),
              ElementsAre(R"(/0/dosage: "10" -> "12")", R"(/1/dosage: "20" -> "22")"));
}

TEST(DifferencesTest, AnotherOrderIsADifference) {
  EXPECT_THAT(
      told(R"([{"medication":"A"},{"medication":"B"}])",
           R"([{"medication":"B"},{"medication":"A"}])"),
      ElementsAre(R"(/0: {"medication":"A"} -> null)", R"(/1: null -> {"medication":"A"})"));
}

TEST(DifferencesTest, ItemsThatAreNoObjects) {
  EXPECT_THAT(told("[1,2,3]", "[1,3,4]"), ElementsAre("/1: 2 -> null", "/2: null -> 4"));
  EXPECT_THAT(told("[]", "[1]"), ElementsAre("/0: null -> 1"));
  EXPECT_THAT(told(R"({"a":[1]})", R"({"a":null})"), ElementsAre("/a: [1] -> null"));
}

}  // namespace
}  // namespace wardbook::records
