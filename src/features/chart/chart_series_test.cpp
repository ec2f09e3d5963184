#include "features/chart/chart_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace wardbook::chart {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;

Prescribed prescribed(std::int64_t record, std::string medication) {
  const std::string shown = std::to_string(record) + " " + medication;
  return {
      RecordId(record), {std::move(medication), record}, json::serialize(json::value(shown)), true};
}

TimedResult result(std::string test, int hour) {
  const std::string shown = test + "@" + std::to_string(hour);
  return {std::move(test), Time(std::chrono::hours(hour)), json::serialize(json::value(shown))};
}

Point point(std::string test, std::optional<std::string> unit, std::string json) {
  return {std::move(test), std::move(unit), std::nullopt,
          std::nullopt,    std::nullopt,    std::move(json)};
}

TEST(ChartSeriesTest, OfADrugTheNewestVisitsLinesWhateverTheSpelling) {
  const auto now = current_medication(
      {prescribed(3, "Lévothyroxine"), prescribed(3, " LEVOTHYROXINE "), prescribed(2, "Warfarin"),
       prescribed(2, "levothyroxine"), prescribed(1, "warfarin"), prescribed(1, "Aspirin")});
  std::vector<std::string> names;
  for (const auto& line : now.lines) names.push_back(line.medication);
  EXPECT_THAT(names, ElementsAre("Lévothyroxine", " LEVOTHYROXINE ", "Warfarin", "Aspirin"));
  EXPECT_EQ(now.json, R"(["3 Lévothyroxine","3  LEVOTHYROXINE ","2 Warfarin","1 Aspirin"])");
  EXPECT_EQ(current_medication({}).json, "[]");
}

TEST(ChartSeriesTest, TheNewestResultOfEachTestInTheOrderOfNamesWhereTheyAreAsNew) {
  EXPECT_EQ(
      latest_results({result("Na+", 9), result("CRP", 9), result("ＣＲＰ", 8),
                      result("Créatinine", 7), result("na\u207A", 6), result("creatinine", 5)}),
      R"(["CRP@9","Na+@9","Créatinine@7"])");
  EXPECT_EQ(latest_results({}), "[]");
}

TEST(ChartSeriesTest, ASeriesIsATestInOneUnit) {
  std::vector<Point> points{
      point("Créatinine", "umol/L", "1"),   point("creatinine", "mg/dL", "2"),
      point(" CREATININE", "UMOL/L", "3"),  point("HBsAg", {}, "4"),
      point("Vitamin D", "\u00B5g/L", "5"), point("vitamin\u00A0d", "\u03BCg/L", "6")};
  points[0].low = "60";
  points[0].loinc = "2160-0";
  points[2].high = "104";
  const auto all = json::parse(lab_series(points, std::nullopt)).as_array();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0], json::parse(R"({"test":"creatinine","loinc":null,"unit":"mg/dL",
    "reference_low":null,"reference_high":null,"points":[2]})"));
  EXPECT_EQ(all[1], json::parse(R"({"test":"CREATININE","loinc":"2160-0","unit":"UMOL/L",
    "reference_low":null,"reference_high":104,"points":[1,3]})"));
  EXPECT_EQ(all[2].at("points"), json::parse("[4]"));
  EXPECT_EQ(all[3].at("points"), json::parse("[5,6]"));

  EXPECT_EQ(json::parse(lab_series(points, "CRÉATININE")).as_array().size(), 2U);
  EXPECT_EQ(json::parse(lab_series(points, " 2160-0 ")).at(0).at("points"), json::parse("[1]"));
  EXPECT_EQ(lab_series(points, "creat"), "[]");
}

}  // namespace
}  // namespace wardbook::chart
