#include "text/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>

#include "text/key.h"

namespace wardbook::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Words = std::vector<std::string>;

std::vector<std::string> forms(const std::string& word) {
  return typed_name(word).at(0).forms;
}

bool same_number(const std::string& typed, const std::string& number) {
  const auto asked = typed_number(typed);
  const auto stored = number_keys(number);
  return std::ranges::any_of(asked.any_form, [&stored](const auto& form) {
    return std::ranges::find(stored.forms, form) != stored.forms.end();
  });
}

TEST(NamesTest, TheWordsOfANameInAnyScript) {
  const std::vector<std::pair<std::string, Words>> cases{
      {"", {}},
      {"!!! …", {}},
      {"Zoë O'Brien", {"obrien", "zoe"}},
      {"O\u2019Brien O\u00B4Neil D`Souza", {"dsouza", "obrien", "oneil"}},
      {"Karl-Heinz", {"heinz", "karl", "karlheinz"}},
      {"Karl\u2010Heinz", {"heinz", "karl", "karlheinz"}},
      {"Łukasz Müller-Strauß", {"lukasz", "muller", "mullerstrauss", "strauss"}},
      {"Пётр Ильи́ч", {"ильич", "петр"}},
      {"مُحَمَّد أحمد", {"احمد", "محمد"}},
      {"李小龙", {"李小龙"}},
      {"สมชาย ใจดี", {"สมชาย", "ใจดี"}},
      {"अमित शर्मा", {"अमित", "शर्मा"}},
      {"ﬃ Ｄｏｃ", {"doc", "ffi"}},
      {"An\u200Bna", {"anna"}},
      {"Anna Anna", {"anna"}},
      {"Kind 3", {"3", "kind"}},
  };
  for (const auto& [name, words] : cases) EXPECT_EQ(name_words(name), words) << name;
}

TEST(NamesTest, AWordIsNoLongerThanAnIndexTakes) {
  std::string name;
  for (int i = 0; i < 200; ++i) name += "\uFDFA";
  for (const auto& word : name_words(name)) EXPECT_LE(word.size(), 1000U);
  for (const auto& typed : typed_name(name)) EXPECT_LE(typed.word.size(), 1000U);
}

TEST(NamesTest, TransposedLettersHaveOneKey) {
  EXPECT_EQ(letter_key("jhon"), letter_key("john"));
  EXPECT_EQ(letter_key("ивна"), letter_key("иван"));
  EXPECT_NE(letter_key("jon"), letter_key("john"));
  EXPECT_EQ(letter_key("小龙李"), letter_key("李小龙"));
}

TEST(NamesTest, UmlautsAsTwoLettersAndTheOtherWayRound) {
  EXPECT_THAT(forms("Krueger"), ElementsAre("krueger", "kruger"));
  EXPECT_THAT(forms("Krüger"), ElementsAre("kruger", "krueger"));
  EXPECT_THAT(forms("Kru\u0308ger"), ElementsAre("kruger", "krueger"));
  EXPECT_THAT(forms("Bjørnsen"), ElementsAre("bjornsen", "bjoernsen"));
  EXPECT_THAT(forms("Joel"), ElementsAre("joel")) << "too short to be sure";
  EXPECT_THAT(forms("Möller-Krüger"), ElementsAre("kruger", "krueger"));
}

TEST(NamesTest, HowManyLettersMayBeWrong) {
  const auto wrong = [](const std::string& word) { return typed_name(word).at(0).wrong; };
  EXPECT_EQ(wrong("li"), 0);
  EXPECT_EQ(wrong("kim"), 1);
  EXPECT_EQ(wrong("irina"), 1);
  EXPECT_EQ(wrong("иванов"), 2);
  EXPECT_EQ(wrong(std::string(201, 'x')), 0);
}

TEST(NamesTest, NoMoreWordsThanAreLookedFor) {
  std::string name;
  for (int i = 0; i < 20; ++i) name += " word" + std::to_string(i);
  EXPECT_EQ(typed_name(name).size(), kMostNames);
}

TEST(NamesTest, TwoLettersAreLatinOnes) {
  EXPECT_TRUE(two_letters(typed_name("dl").at(0)));
  EXPECT_FALSE(two_letters(typed_name("d1").at(0)));
  EXPECT_FALSE(two_letters(typed_name("李").at(0)));
  EXPECT_FALSE(two_letters(typed_name("abc").at(0)));
}

TEST(NamesTest, SeveralNamesInOneWord) {
  EXPECT_THAT(pieces_of("abcd"), ElementsAre("ab", "abc", "bc", "bcd", "cd"));
  EXPECT_THAT(pieces_of("李小龙"), UnorderedElementsAre("李", "李小", "小", "小龙", "龙"));
  EXPECT_THAT(pieces_of("a"), IsEmpty());
  EXPECT_THAT(pieces_of(std::string(25, 'x')), IsEmpty());

  const Words known{"an", "ann", "anna", "berg", "de", "der", "li", "nali", "van", "小龙", "李"};
  EXPECT_THAT(names_in("vanderberg", known), ElementsAre(ElementsAre("van", "der", "berg")));
  EXPECT_THAT(names_in("annali", known),
              ElementsAre(ElementsAre("an", "nali"), ElementsAre("anna", "li")));
  EXPECT_THAT(names_in("李小龙", known), ElementsAre(ElementsAre("李", "小龙")));
  EXPECT_THAT(names_in("anna", known), IsEmpty()) << "a name of its own";
  EXPECT_THAT(names_in("lilililili", known), IsEmpty()) << "five are too many";
  EXPECT_THAT(names_in("vander", {}), IsEmpty());
}

TEST(NamesTest, NumbersAreTheSameWithoutWhatMayBeLeftOut) {
  for (const auto* typed : {"P-000006", "p000006", "P6", "000006", "6", " 6 ", "p 6", "p-6", "٦"}) {
    EXPECT_TRUE(same_number(typed, "P-000006")) << typed;
  }
  for (const auto* typed : {"7", "60", "Q6", "P-0000060", "P", "0", ""}) {
    EXPECT_FALSE(same_number(typed, "P-000006")) << typed;
  }
  for (const auto* typed : {"RV-1795649153-001", "rv1795649153001", "1795649153-1",
                            "RV 1795649153 1", "001795649153-01", "RV-1795649153-1"}) {
    EXPECT_TRUE(same_number(typed, "RV-1795649153-001")) << typed;
  }
  EXPECT_FALSE(same_number("QV-1795649153-1", "RV-1795649153-001"));
  EXPECT_TRUE(same_number("ä-1", "A-001"));
  EXPECT_TRUE(same_number("000", "0")) << "a number of its own";
}

TEST(NamesTest, ANumberIsFoundByItsBeginning) {
  EXPECT_EQ(number_keys("RV-0012/a").letters, "rv0012a");
  EXPECT_EQ(typed_number("rv 00").letters, "rv00");
  EXPECT_TRUE(typed_number("p-").begins_surely);
  EXPECT_TRUE(typed_number("p1").begins_surely);
  EXPECT_FALSE(typed_number("pratt").begins_surely);
  EXPECT_TRUE(number_keys("—").forms.empty());
  EXPECT_TRUE(typed_number("!!!").any_form.empty());
}

TEST(NamesTest, WhateverIsStoredIsFoundAsItIsWritten) {
  std::mt19937 random(7);
  constexpr char32_t kBlocks[] = {0x20,   0x61,   0xC0,   0x300,   0x3B1,  0x430,  0x5D0,
                                  0x627,  0x905,  0xE01,  0x1200,  0x2010, 0x3041, 0x4E00,
                                  0xAC00, 0xFB00, 0xFF10, 0x1D400, 0x20000};
  for (int round = 0; round < 3000; ++round) {
    std::string name;
    const auto length = random() % 12;
    for (std::size_t i = 0; i < length; ++i) {
      append_point(kBlocks[random() % std::size(kBlocks)] + random() % 40, name);
    }
    const auto stored = name_words(name);
    for (const auto& typed : typed_name(name)) {
      EXPECT_TRUE(std::ranges::binary_search(stored, typed.word)) << name;
      EXPECT_EQ(typed.forms.front(), typed.word);
      for (const auto& names : names_in(typed.word, pieces_of(typed.word))) {
        std::string joined;
        for (const auto& one : names) joined += one;
        EXPECT_EQ(joined, typed.word);
      }
    }
    const auto number = typed_number(name);
    EXPECT_EQ(number.letters, number_keys(name).letters);
    if (!number.letters.empty()) EXPECT_TRUE(same_number(name, name)) << name;
  }
}

TEST(NamesTest, AQueryForAllWordsOrAny) {
  const std::vector<Meaning> john{{"john", {}, 1000}, {"johnson", {}, 700}, {"jon", {}, 700}};
  const std::vector<Meaning> several{{"van", {"der", "berg"}, 400}};
  EXPECT_EQ(name_query({{"john", john}}, true), "('john':* | 'jon')");
  EXPECT_EQ(name_query({{"john", john}, {"vanderberg", several}}, true),
            "('john':* | 'jon') & ('vanderberg':* | 'van' & 'der' & 'berg')");
  EXPECT_EQ(name_query({{"john", john}, {"x", {}}}, true), "") << "nobody is called so";
  EXPECT_EQ(name_query({{"john", john}, {"x", {}}}, false), "('john':* | 'jon')");
  EXPECT_EQ(name_query({}, true), "");
}

}  // namespace
}  // namespace wardbook::text
