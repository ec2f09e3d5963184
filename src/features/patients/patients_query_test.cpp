#include "features/patients/patients_query.h"

#include <gtest/gtest.h>

namespace wardbook::patients {
namespace {

std::string date_in(std::string_view text) {
  const auto date = parse_birth_date(text);
  return date ? format_date(*date) : "";
}

TEST(BirthDateTest, AsPeopleWriteIt) {
  for (const auto* text : {"1980-03-04", "4.3.1980", "04.03.1980", "04/03/1980", "4/3/1980",
                           "1980/03/04", "1980/3/4", "19800304", "04-03-1980"}) {
    EXPECT_EQ(date_in(text), "1980-03-04") << text;
  }
  EXPECT_EQ(date_in("12/25/1980"), "1980-12-25") << "no 25th month";
  for (const auto* text :
       {"", "1980", "4.3.80", "1980-02-30", "30.2.1980", "13/13/1980", "4.3-1980", "4.3.1980.1",
        "198003041", "1980030", "a.b.1980", "..", "4..1980", "0000-01-01", "-4-3-1980"}) {
    EXPECT_EQ(date_in(text), "") << text;
  }
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
      {"%", "%", "", ""},
      {"-", "-", "", ""},
      {"🩺", "🩺", "", ""},
  };
  for (const auto& c : cases) {
    const Search got = parse_search(c.q);
    EXPECT_EQ(got.name, c.name) << c.q;
    EXPECT_EQ(got.number.value_or(""), c.number) << c.q;
    EXPECT_EQ(got.birth ? format_date(*got.birth) : "", c.birth) << c.q;
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
    EXPECT_EQ(got.birth ? format_date(*got.birth) : "", c.birth) << c.q;
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
