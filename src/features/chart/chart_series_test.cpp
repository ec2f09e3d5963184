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

}  // namespace
}  // namespace wardbook::chart
