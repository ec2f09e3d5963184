#include "features/results/results_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/json_text.h"
#include "features/results/results_rules.h"

namespace wardbook::results {
namespace {

namespace json = boost::json;
constexpr text::NumberMarks kMarks{U'.', U','};

Point point(std::string test, MaybeText unit, std::string value, int day = 1,
            MaybeText loinc = std::nullopt) {
  Point out;
  out.test = std::move(test);
  out.unit = std::move(unit);
  out.loinc = std::move(loinc);
  out.value = std::move(value);
  out.at = Time(std::chrono::days(day));
  out.record_id = day;
  json::object item{{"test", out.test}, {"value", json::parse(out.value)}};
  out.item = json::serialize(item);
  return out;
}

/// Test, unit and values of each series.
std::string series(const std::vector<Point>& points, const MaybeText& asked = std::nullopt) {
  std::string out;
  const json::value all = json::parse(series_json(points, asked, kMarks));
  for (const auto& each : all.as_array()) {
    out += std::string(each.at("test").as_string()) + " ";
    out += each.at("unit").is_null() ? "-" : std::string(each.at("unit").as_string());
    for (const auto& at : each.at("points").as_array()) out += " " + canonical_json(at.at("value"));
    out += "; ";
  }
  return out;
}

TEST(ResultsSeriesTest, UnitsAreConvertedWhereThatIsDefinedAndStayApartElse) {
  EXPECT_EQ(series({point("Creatinine", "mg/dL", "1.1"), point("creatinine", "mg/L", "12", 2),
                    point("creatinine", "umol/L", "95", 3)}),
            "creatinine mg/L 11 12; creatinine umol/L 95; ");
  EXPECT_EQ(series({point("K", "mEq/L", "4.1"), point("K", "mmol/L", "4.5", 2)}),
            "K mmol/L 4.1 4.5; ");
  EXPECT_EQ(series({point("X", "apples", "1"), point("X", "pears", "2", 2)}),
            "X apples 1; X pears 2; ");
}

TEST(ResultsSeriesTest, APointSaysWhatWasEnteredWhereItWasConverted) {
  const auto all = json::parse(series_json(
      {point("CRP", "mg/dL", "2.5"), point("CRP", "mg/L", "\"<5\"", 2)}, std::nullopt, kMarks));
  const auto& points = all.at(0).at("points").as_array();
  EXPECT_EQ(points[0].at("value").to_number<double>(), 25);
  EXPECT_EQ(points[0].at("entered"), json::parse(R"({"value":2.5,"unit":"mg/dL"})"));
  EXPECT_EQ(points[1].at("value"), json::value("<5"));
  EXPECT_TRUE(points[1].at("entered").is_null());
}

TEST(ResultsSeriesTest, TheCodeComesBeforeTheName) {
  const std::vector<Point> points{
      point("Potassium", "mmol/L", "4", 1, "2823-3"), point("Kalium", "mmol/L", "5", 2, "2823-3"),
      point("potassium", "mmol/L", "6", 3), point("Potassium", "mmol/L", "50", 4, "2828-2")};
  // Two codes have the name: the one without a code is neither's.
  EXPECT_EQ(series(points), "Kalium mmol/L 4 5; Potassium mmol/L 50; potassium mmol/L 6; ");
  const std::vector<Point> one(points.begin(), points.end() - 1);
  EXPECT_EQ(series(one), "potassium mmol/L 4 5 6; ");
  EXPECT_EQ(series(one, "kalium"), "potassium mmol/L 4 5 6; ");
  EXPECT_EQ(series(one, "2823-3"), "potassium mmol/L 4 5 6; ");
  EXPECT_EQ(series(one, "natrium"), "");
}

TEST(ResultsSeriesTest, SpellingsOfANameAreOneSeries) {
  EXPECT_EQ(series({point("INR", {}, "2"), point("inr", {}, "2.1", 2),
                    point("\uff29\uff2e\uff32", {}, "2.2", 3), point("I\u200bNR", {}, "2.3", 4)}),
            "I\u200bNR - 2 2.1 2.2 2.3; ");
}

TEST(ResultsSeriesTest, OfEachTestTheNewestIsShown) {
  const auto all = json::parse(
      latest_of({point("Na+", {}, "1", 1), point("CRP", {}, "2", 2), point("crp", {}, "3", 3)}));
  ASSERT_EQ(all.as_array().size(), 2U);
  EXPECT_EQ(all.at(0).at("result").at("value"), json::value(3));
  EXPECT_EQ(all.at(1).at("record_id"), json::value(1));
}

json::object judged(json::object content, const text::NumberMarks& marks = kMarks) {
  for (const char* name : {"loinc", "unit", "reference_low", "reference_high", "flag_sent"}) {
    if (!content.contains(name)) content[name] = nullptr;
  }
  if (!content.contains("critical_sent")) content["critical_sent"] = false;
  std::vector<Fault> faults;
  judge(content, {marks, 40}, faults);
  if (!faults.empty()) content["fault"] = faults[0].pointer;
  return content;
}

TEST(ResultsRulesTest, TheFlagIsDerivedAndCriticalLimitsComeFirst) {
  EXPECT_EQ(judged({{"test", "CRP"}, {"value", 7}, {"reference_high", 5}}).at("flag"), "high");
  const auto potassium =
      judged({{"test", "Potassium"}, {"value", "7,1"}, {"unit", "mmol/L"}, {"reference_high", 5.1}},
             {U',', U'.'});
  EXPECT_EQ(potassium.at("number"), json::value(7.1));
  EXPECT_EQ(potassium.at("flag"), "critical_high");
  EXPECT_EQ(potassium.at("critical"), json::value(true));
  EXPECT_EQ(potassium.at("critical_limit").at("high"), json::value(6.2));
  const auto culture =
      judged({{"test", "Blood culture"}, {"value", "Gram-negative rods"}, {"critical_sent", true}});
  EXPECT_EQ(culture.at("value_kind"), "text");
  EXPECT_EQ(culture.at("critical"), json::value(true));
  EXPECT_EQ(judged({{"test", "CRP"}, {"value", 7}, {"reference_high", 5}, {"flag_sent", "normal"}})
                .at("fault"),
            "/flag");
  const auto titre = judged({{"test", "ANA"}, {"value", "1:320"}, {"reference_high", 80}});
  EXPECT_EQ(titre.at("value_kind"), "titre");
  EXPECT_EQ(titre.at("flag"), "high");
}

}  // namespace
}  // namespace wardbook::results
