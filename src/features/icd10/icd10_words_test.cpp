#include "features/icd10/icd10_words.h"

#include <gtest/gtest.h>

namespace wardbook::icd10 {
namespace {

using Words = std::vector<std::string>;
using Positions = std::vector<std::int64_t>;

/// Ascending places as PostgreSQL keeps them.
std::string places(const std::vector<std::uint32_t>& list) {
  std::string out;
  std::uint32_t before = 0;
  for (const auto place : list) {
    const std::uint32_t distance = place - before;
    if (distance >= 16'384) out += static_cast<char>(0x80U | distance >> 14U);
    if (distance >= 128) out += static_cast<char>(0x80U | (distance >> 7U & 0x7fU));
    out += static_cast<char>(distance & 0x7fU);
    before = place;
  }
  return out;
}
const std::string kNext(1, '\0');

TEST(Icd10Words, SplitsAtWhateverIsNoLetterOrDigit) {
  const auto typed = typed_words("  COVID-19, pain/fever\t(Ärztlich)");
  EXPECT_EQ(typed.words, (Words{"covid", "19", "pain", "fever", "Ärztlich"}));
  EXPECT_EQ(typed.positions, (Positions{1, 2, 3, 4, 5}));
  EXPECT_TRUE(typed_words("!!! %").words.empty());
  EXPECT_TRUE(typed_words("").words.empty());
}

TEST(Icd10Words, LeavesFillersOutUnlessThereIsNothingElse) {
  EXPECT_EQ(typed_words("fracture of the femur").words, (Words{"fracture", "femur"}));
  EXPECT_EQ(typed_words("of the").words, (Words{"of", "the"}));
}

TEST(Icd10Words, WritesAbbreviationsOut) {
  const auto typed = typed_words("acute UTI");
  EXPECT_EQ(typed.words, (Words{"acute", "urinary", "tract", "infection"}));
  EXPECT_EQ(typed.positions, (Positions{1, 2, 3, 4}));
}

TEST(Icd10Words, RomanNumbersAreAlsoFigures) {
  const auto typed = typed_words("diabetes type II");
  EXPECT_EQ(typed.words, (Words{"diabetes", "type", "2", "ii"}));
  EXPECT_EQ(typed.positions, (Positions{1, 2, 3, 3}));
}

TEST(Icd10Words, TakesTenWordsAtMost) {
  const auto typed = typed_words("k l m n p q r t u w x y z");
  EXPECT_EQ(typed.words.size(), 10U);
  EXPECT_EQ(typed_words("k l m n p q r t u copd").words.size(), 10U);
}

TEST(Icd10Matches, HavingAllWordsInTheOrderOfPlaces) {
  Matches matches;
  matches.add_word(places({1, 5, 300, 70'000}));
  matches.add_word(places({5, 70'000}) + kNext + places({2, 5, 129}));
  EXPECT_EQ(matches.best(50), (Positions{5, 70'000}));
  EXPECT_EQ(matches.best(1), (Positions{5}));
  EXPECT_TRUE(matches.best(0).empty());
}

TEST(Icd10Matches, MostOfTheWordsWhereNoneHasAll) {
  Matches matches;
  matches.add_word(places({1, 2}));
  matches.add_word(places({2, 3}));
  matches.add_word(places({3, 4}));
  EXPECT_EQ(matches.best(50), (Positions{2, 3}));
}

TEST(Icd10Matches, WhatNoCodeHasIsEmpty) {
  EXPECT_TRUE(Matches().best(50).empty());
  Matches none;
  none.add_word("");
  EXPECT_TRUE(none.best(50).empty());
}

TEST(Icd10Matches, DistancesOfOneToThreeBytes) {
  const Positions all{1, 128, 129, 256, 257, 16'640, 16'641, 33'025, 99'999, 100'000};
  Matches matches;
  matches.add_word(places({all.begin(), all.end()}));
  EXPECT_EQ(matches.best(50), all);
}

TEST(Icd10Matches, BytesThatAreNoPlacesAreLeftOut) {
  Matches matches;
  matches.add_word(places({7}) + "\xff\xff\xff\xff\xff\xff\x7f\x01" + kNext + kNext +
                   places({9, Matches::kPlacesMost + 1}) + "\x81");
  EXPECT_EQ(matches.best(50), (Positions{7, 9}));
}

}  // namespace
}  // namespace wardbook::icd10
