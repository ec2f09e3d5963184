#include "features/patients/patients_query.h"

#include <gtest/gtest.h>

namespace wardbook::patients {
namespace {

std::string texts(const std::vector<Date>& dates) {
  std::string out;
  for (const Date date : dates) out += (out.empty() ? "" : " ") + format_date(date);
  return out;
}

std::string date_in(std::string_view text) {
  return texts(parse_birth_date(text));
}

TEST(BirthDateTest, AsPeopleWriteIt) {
  for (const auto* text :
       {"1980-03-04",      "4.3.1980",        "04.03.1980",   "1980/03/04",  "1980/3/4",
        "1980.03.04",      "19800304",        "04-03-1980",   "4. 3. 1980",  "4.3. 1980",
        "4.3.1980,",       "04 03 1980",      "4 3 1980",     "1980 03 04",  "04031980",
        "4 Mar 1980",      "4. mar. 1980",    "4 March 1980", "Mar 4, 1980", "MARCH 4 1980",
        "March 4th, 1980", "4th March, 1980", "04-Mar-1980",  "4/Mar/1980",  "1980-Mar-04",
        "1980 March 4"}) {
    EXPECT_EQ(date_in(text), "1980-03-04") << text;
  }
  for (const auto* text : {"12/25/1980", "12-25-1980", "12.25.1980", "12251980", "12 25 1980"}) {
    EXPECT_EQ(date_in(text), "1980-12-25") << text << ": no 25th month";
  }
  EXPECT_EQ(date_in("29 Sept 1980"), "1980-09-29");
  EXPECT_EQ(date_in("20121980"), "1980-12-20") << "the year 2012 has no 19th month";
  for (const auto* text :
       {"",          "1980",       "4.3.80",    "1980-02-30",   "30.2.1980",    "13/13/1980",
        "4.3-1980",  "4.3.1980.1", "198003041", "1980030",      "a.b.1980",     "..",
        "4..1980",   "0000-01-01", "-4-3-1980", "29 02 80",     "30 Feb 1980",  "4 Ma 1980",
        "Mar 1980",  "Mar 4",      "4 Mar 80",  "Mar Apr 1980", "Smith 4 1980", "4 Smith 1980",
        "4.3.1980-", "1849-01-01", "2200-01-01"}) {
    EXPECT_EQ(date_in(text), "") << text;
  }
}

TEST(BirthDateTest, BetweenSlashesTheDayOrTheMonthMayBeFirst) {
  EXPECT_EQ(date_in("03/04/1981"), "1981-04-03 1981-03-04");
  EXPECT_EQ(date_in("4/4/1981"), "1981-04-04");
  EXPECT_EQ(date_in("31/1/1981"), "1981-01-31");
}

struct Case {
  std::string q;
  std::string name;
  std::string number;
  std::string birth;
};

TEST(PatientSearchTest, IsTakenApart) {
  const Case cases[] = {
      {"", "", "", ""},
      {"   ", "", "", ""},
      {" Smith  John ", "Smith John", "", ""},
      {"Smith", "Smith", "Smith", ""},
      {"O'Brien", "O'Brien", "", ""},
      {"P", "P", "", ""},
      {"P-", "", "P-", ""},
      {"QX-ku", "QX-ku", "QX-ku", ""},
      {" p-000006 ", "p-000006", "p-000006", ""},
      {"p 6", "p 6", "p 6", ""},
      {"000006", "000006", "000006", ""},
      {" 1980-03-04", "", "", "1980-03-04"},
      {"19800304", "", "19800304", "1980-03-04"},
      {"Smith 1981-03-04", "Smith", "", "1981-03-04"},
      {"4.3.1981 John Smith", "John Smith", "", "1981-03-04"},
      {"4.3.1981 5.3.1981", "5.3.1981", "", "1981-03-04"},
      {"29 Feb 1980", "", "", "1980-02-29"},
      {"Feb 29, 1980 Smith", "Smith", "", "1980-02-29"},
      {"John Smith 29. 2. 1980", "John Smith", "", "1980-02-29"},
      {"Smith 03/04/1981 John", "Smith John", "", "1981-04-03 1981-03-04"},
      {"29 02 1980", "", "29 02 1980", "1980-02-29"},
      {"29021980", "", "29021980", "1980-02-29"},
      {"May 1980-03-04", "May", "", "1980-03-04"},
      {"April Jones", "April Jones", "", ""},
      {"RV 1795649153 1", "RV 1795649153 1", "RV 1795649153 1", ""},
      {"%", "%", "", ""},
      {"-", "-", "", ""},
      {"🩺", "🩺", "", ""},
  };
  for (const auto& c : cases) {
    const Search got = parse_search(c.q);
    EXPECT_EQ(got.name, c.name) << c.q;
    EXPECT_EQ(got.number.value_or(""), c.number) << c.q;
    EXPECT_EQ(texts(got.births), c.birth) << c.q;
    EXPECT_EQ(got.both(), !c.name.empty() && !c.birth.empty()) << c.q;
  }
}

TEST(PatientSearchTest, ANumberBesideSomethingElse) {
  const Case cases[] = {
      // q, what is beside the number, the number, birth date
      {"Pratt P-000200", "Pratt", "P-000200", ""},
      {"P200 Ann Pratt", "Ann Pratt", "P200", ""},
      {"P-000123 1980-03-04", "", "P-000123", "1980-03-04"},
      {"4.3.1980 000123", "", "000123", "1980-03-04"},
      {"Ann 4.3.1980 123", "Ann", "123", "1980-03-04"},
      {"Ann 1 2", "Ann 2", "1", ""},
      {"Ann Pratt", "", "", ""},
      {"P-000200", "", "", ""},
      {"p 6", "", "", ""},
      {"19800304", "", "", "1980-03-04"},
      {"Pratt 1980-03-04", "", "", "1980-03-04"},
  };
  for (const auto& c : cases) {
    const Search got = parse_search(c.q);
    EXPECT_EQ(got.other, c.name) << c.q;
    EXPECT_EQ(got.beside.value_or(""), c.number) << c.q;
    EXPECT_EQ(texts(got.births), c.birth) << c.q;
  }
}

TEST(PatientSearchTest, WhatCanHardlyBeAName) {
  for (const auto* q : {"P-0001", "p6", "000123", "P-", "19800304", " 9 "}) {
    EXPECT_TRUE(parse_search(q).only_number()) << q;
  }
  for (const auto* q : {"", "P", "Pratt", "Smith-Jones", "p 6", "Pratt 200", "1980-03-04", "-"}) {
    EXPECT_FALSE(parse_search(q).only_number()) << q;
  }
}

}  // namespace
}  // namespace wardbook::patients
