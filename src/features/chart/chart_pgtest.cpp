#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/clinic.h"

namespace wardbook::chart {
namespace {

namespace json = boost::json;
using wardbook::testing::Clinic;

class ChartTest : public ::testing::Test {
 protected:
  std::string value(const std::string& sql) {
    auto connection = clinic_.as_role();
    return connection.value(sql).value_or("NULL");
  }
  Clinic clinic_;
};

TEST_F(ChartTest, DurationsAsPeopleWriteThem) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"7 days", "2026-01-17"},
      {"1 day", "2026-01-11"},
      {"10d", "2026-01-20"},
      {" 10 D. ", "2026-01-20"},
      {"2 weeks", "2026-01-24"},
      {"2 wk", "2026-01-24"},
      {"2 wks", "2026-01-24"},
      {"1w", "2026-01-17"},
      {"3 Months", "2026-04-10"},
      {"1 mo", "2026-02-10"},
      {"6 mths", "2026-07-10"},
      {"1 year", "2027-01-10"},
      {"2 yrs", "2028-01-10"},
      {"for 5 days", "2026-01-15"},
      {"7-day", "2026-01-17"},
      {"0 days", "NULL"},
      {"", "NULL"},
      {"until review", "NULL"},
      {"5", "NULL"},
      {"5 m", "NULL"},
      {"1-2 weeks", "NULL"},
      {"10 days, then stop", "NULL"},
      {"-3 days", "NULL"},
      {"1.5 weeks", "NULL"},
      {"99999 days", "NULL"},
      {"9999 years", "12025-01-10"},
  };
  for (const auto& [text, end] : cases) {
    const std::string item = json::serialize(json::object{{"duration", text}});
    EXPECT_EQ(value("SELECT wardbook.prescription_end('" + item + "', '2026-01-10')"), end) << text;
  }
}

TEST_F(ChartTest, APrescriptionEndsAtItsDateOrAfterItsDuration) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({})", "NULL"},
      {R"({"start_date": "2026-02-01"})", "NULL"},
      {R"({"start_date": "2026-02-01", "duration": "1 wk"})", "2026-02-08"},
      {R"({"end_date": "2026-03-01", "duration": "1 wk"})", "2026-03-01"},
      {R"({"end_date": null, "start_date": null, "duration": null})", "NULL"},
  };
  for (const auto& [item, end] : cases) {
    EXPECT_EQ(value("SELECT wardbook.prescription_end('" + item + "', '2026-01-10')"), end) << item;
  }
}

/// The clinic's day, not that of UTC, bounds a birth date.
TEST_F(ChartTest, ANewbornIsRegisteredWhereItIsTomorrowAlready) {
  const auto born = [this](const char* day) {
    return clinic_
        .call(clinic_.doctor, "POST", "/patients", 0, 0,
              {{"first_name", "Neo"},
               {"last_name", "North"},
               {"date_of_birth", day},
               {"sex", "unknown"}})
        .status;
  };
  const auto move_to = [this](const std::string& zone) {
    auto owner = clinic_.as_owner();
    owner.script("UPDATE wardbook.tenants SET time_zone = '" + zone + "' WHERE id = '" +
                 clinic_.tenant.str() + "'");
  };
  clinic_.clock.set(*parse_rfc3339("2026-03-04T20:00:00Z"));
  EXPECT_EQ(born("2026-03-05"), 422);
  move_to("Australia/Sydney");
  EXPECT_EQ(born("2026-03-05"), 201);
  EXPECT_EQ(born("2026-03-06"), 422);
  clinic_.clock.set(*parse_rfc3339("2026-03-04T02:00:00Z"));
  move_to("America/New_York");
  EXPECT_EQ(born("2026-03-04"), 422) << "still the third there";
  EXPECT_EQ(born("2026-03-03"), 201);
}

}  // namespace
}  // namespace wardbook::chart
