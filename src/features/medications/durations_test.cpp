#include "features/medications/durations.h"

#include <gtest/gtest.h>

#include <string>

namespace wardbook::medications {
namespace {

/// The last day of a course from 1 March 2026; "open", or "?" for what cannot be read.
std::string last_day(const char* duration) {
  const End end = end_of(duration, parse_date("2026-03-01").value());
  if (!end.known) return "?";
  return end.day ? format_date(*end.day) : "open";
}

TEST(DurationsTest, AreReadAsPeopleWriteThem) {
  const std::pair<const char*, const char*> cases[] = {
      {"stat", "2026-03-01"},
      {"1 dose", "2026-03-01"},
      {"Single dose.", "2026-03-01"},
      {"5/7", "2026-03-06"},
      {"1/52", "2026-03-08"},
      {"2/12", "2026-05-01"},
      {"48 hours", "2026-03-03"},
      {"7-day course", "2026-03-08"},
      {"three days", "2026-03-04"},
      {"7 days", "2026-03-08"},
      {"10d", "2026-03-11"},
      {"x 5 days", "2026-03-06"},
      {"for 2 wk", "2026-03-15"},
      {"a week", "2026-03-08"},
      {"fortnight", "2026-03-15"},
      {"3 months", "2026-06-01"},
      {"1 year", "2027-03-01"},
      {"7 días", "2026-03-08"},
      {"por 2 semanas", "2026-03-15"},
      {"siete días", "2026-03-08"},
      {"durante 1 mês", "2026-04-01"},
      {"5 Tage", "2026-03-06"},
      {"pendant 3 jours", "2026-03-04"},
      {"7日間", "2026-03-08"},
      {"２週間", "2026-03-15"},
      {"dosis única", "2026-03-01"},
      {"long-term", "open"},
      {"lifelong", "open"},
      {"until review", "?"},
      {"1-2 weeks", "?"},
      {"", "?"},
      {"3/4", "?"},
      {"some days", "?"},
      {"0 days", "?"},
      {"7", "?"},
      {"99999999999 days", "?"},
  };
  for (const auto& [text, day] : cases) EXPECT_EQ(last_day(text), day) << text;
}

TEST(DurationsTest, AMonthEndsWithTheMonth) {
  const End end = end_of("1 month", parse_date("2026-01-31").value());
  EXPECT_EQ(format_date(end.day.value()), "2026-02-28");
}

}  // namespace
}  // namespace wardbook::medications
