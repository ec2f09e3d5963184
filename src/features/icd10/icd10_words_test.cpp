#include "features/icd10/icd10_words.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "features/icd10/icd10_lay_words.h"

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

void add_word(Matches& matches, std::string_view lists) {
  matches.next_word();
  matches.add_lists(lists);
}

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
  ASSERT_EQ(typed.codes.size(), 1U);
  EXPECT_EQ(typed.codes[0].beginning, "N390");
  EXPECT_EQ(typed.codes[0].first, 2);
  EXPECT_EQ(typed.codes[0].last, 4);
}

TEST(Icd10Words, LayWordsAreThoseOfTitles) {
  for (const std::string_view text :
       {"sore throat", "Sore throats", "a sore, sore throat of", "throat sore"}) {
    const auto words = typed_words(text).words;
    ASSERT_FALSE(words.empty()) << text;
    EXPECT_EQ(words.back(), "pharyngitis") << text;
  }
  EXPECT_EQ(typed_words("Crohn's disease").words, (Words{"crohn", "disease"}));
  EXPECT_EQ(typed_words("broken hip").codes.at(0).beginning, "S72009A");
  EXPECT_EQ(typed_words("hip fx").codes.at(0).beginning, "S72009A");
  EXPECT_EQ(typed_words("broken thumb").words, (Words{"fracture", "broken", "thumb"}));
}

TEST(Icd10Words, LayWordsAreWellFormed) {
  for (const auto& lay : lay_words()) {
    EXPECT_LE(std::ranges::count(lay.text, ' '), 2) << lay.text;
    const auto typed = typed_words(lay.text);
    const auto words = lay.words.empty() ? 0 : std::ranges::count(lay.words, ' ') + 1;
    EXPECT_EQ(typed.last_position, words) << lay.text << ": cannot be found by its own text";
    for (const auto& codes : typed.codes) {
      EXPECT_EQ(code_beginning(codes.beginning), codes.beginning) << lay.text;
      EXPECT_GE(codes.beginning.size(), 3U) << lay.text;
    }
  }
}

TEST(Icd10Words, LayWordsMayBeInTitlesThemselves) {
  EXPECT_EQ(typed_words("stroke").words, (Words{"cerebral", "stroke", "infarction", "stroke"}));
  EXPECT_EQ(typed_words("stroke").positions, (Positions{1, 1, 2, 2}));
  EXPECT_EQ(typed_words("flu").words, (Words{"influenza"})) << "fluid is something else";
}

TEST(Icd10Words, ASideMayBeAmongLayWords) {
  for (const std::string_view text :
       {"fracture of the left wrist", "left wrist fracture", "broken wrist left"}) {
    const auto typed = typed_words(text);
    EXPECT_EQ(typed.words, (Words{"left", "fracture", "wrist"})) << text;
    EXPECT_EQ(typed.codes.size(), 3U) << text;
  }
}

TEST(Icd10Words, WhatIsWrittenBeforeADiagnosisIsNone) {
  EXPECT_EQ(typed_words("c/o headache").words, (Words{"headache"}));
  EXPECT_EQ(typed_words("h/o gout").words, (Words{"history", "gout"}));
  EXPECT_TRUE(typed_words("r/o").words.empty());
}

TEST(Icd10Words, BritishSpellingIsAlsoAmerican) {
  EXPECT_EQ(typed_words("oedema").words, (Words{"edema", "oedema"}));
  EXPECT_EQ(typed_words("Haemorrhoids").words, (Words{"hemorrhoids", "haemorrhoids"}));
  EXPECT_EQ(typed_words("behavioural").words, (Words{"behavioral", "behavioural"}));
  EXPECT_EQ(typed_words("leukaemia").words, (Words{"leukemia"}));  // is a lay word
  EXPECT_EQ(typed_words("brain tumour").words, (Words{"neoplasm", "brain"}));
  EXPECT_EQ(typed_words("toes").words, (Words{"toes"}));
}

TEST(Icd10Words, FiguresAfterAWordAreAWord) {
  EXPECT_EQ(typed_words("covid19").words, (Words{"covid", "19"}));
  EXPECT_EQ(typed_words("type2 diabetes").words, (Words{"type", "2", "diabetes"}));
  EXPECT_EQ(typed_words("t2 diabetes").words, (Words{"type", "2", "diabetes"}));
  EXPECT_EQ(typed_words("b12").words, (Words{"b12"}));
}

TEST(Icd10Words, CodesAmongWords) {
  auto typed = typed_words("diabetes e11");
  EXPECT_EQ(typed.words, (Words{"diabetes", "e11"}));
  ASSERT_EQ(typed.codes.size(), 2U);
  EXPECT_EQ(typed.codes[0].beginning, "E11");
  EXPECT_EQ(typed.codes[0].first, 2);
  EXPECT_EQ(typed.codes[1].beginning, "E119") << "what is usually meant comes after what is typed";
  typed = typed_words("E11.9, headache");
  EXPECT_EQ(typed.words, (Words{"headache"}));
  EXPECT_EQ(typed.codes.at(0).beginning, "E119");
  EXPECT_EQ(typed.positions, (Positions{2}));
  EXPECT_EQ(typed_words("E11 I10 J45 K30 diabetes").codes.size(), 4U);
  EXPECT_EQ(typed_words("diabetes I10 E11").codes.at(1).beginning, "E11");
  EXPECT_TRUE(typed_words("pain.left 3.5 a1.5").codes.empty());
}

TEST(Icd10Words, MendsDoubtfulWordsThatAreNearLayWords) {
  const auto mend = [](std::string_view text, std::string word, std::string guess = "") {
    return mended(text, {{std::move(word), std::move(guess)}});
  };
  EXPECT_EQ(mend("old shingels", "shingels"), "old shingles");
  EXPECT_EQ(mend("old shingels", "old"), std::nullopt);
  EXPECT_EQ(mend("hart attack", "hart"), std::nullopt) << "too short";
  EXPECT_EQ(mend("Miscariage", "miscariage"), "miscarriage");
  EXPECT_EQ(mend("shingl", "shingl"), "shingles");
  EXPECT_EQ(mend("nuemonia", "nuemonia", "pneumonia"), "pneumonia");
  EXPECT_EQ(mend("qqqqqq", "qqqqqq", "aqueous"), std::nullopt);
  EXPECT_EQ(mend("", ""), std::nullopt);
}

TEST(Icd10Words, BeginningsOfCodes) {
  for (const std::string_view text : {"E11.9", " e119", "E11 9", "E11,9", "E11-9", "e11.9.",
                                      "E 11.9", "E11..9", "E.119", "E11. 9 "}) {
    EXPECT_EQ(code_beginning(text), "E119") << text;
  }
  EXPECT_EQ(code_beginning("s72.001a"), "S72001A");
  EXPECT_EQ(code_beginning("s"), "S");
  EXPECT_EQ(code_beginning("E1."), "E1");
  for (const std::string_view text :
       {"", ".", "11", "EE1", "T 2", "E1 1", "S72.001AA", "E11%", "H1 N1", "E11.9\xc3\xa4"}) {
    EXPECT_EQ(code_beginning(text), std::nullopt) << text;
  }
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
  add_word(matches, places({1, 5, 300, 70'000}));
  add_word(matches, places({5, 70'000}) + kNext + places({2, 5, 129}));
  EXPECT_EQ(matches.best(50), (Positions{5, 70'000}));
  EXPECT_EQ(matches.best(1), (Positions{5}));
  EXPECT_TRUE(matches.best(0).empty());
}

TEST(Icd10Matches, MostOfTheWordsWhereNoneHasAll) {
  Matches matches;
  add_word(matches, places({1, 2}));
  add_word(matches, places({2, 3}));
  add_word(matches, places({3, 4}));
  EXPECT_EQ(matches.best(50), (Positions{2, 3}));
}

TEST(Icd10Matches, PreferredBeforeOthersThatHaveAsMany) {
  Matches matches;
  const Positions more{900, -1, 0, 200'000};
  add_word(matches, places({1, 2, 3, 4}));
  matches.add(more);
  add_word(matches, places({2, 3, 4}));
  matches.add(more);
  matches.prefer(Positions{4, 1, 900, 4, 0, -1, 200'000, 5'000}, false);
  EXPECT_EQ(matches.best(50), (Positions{4, 900, 2, 3}));
  EXPECT_EQ(matches.best(1), (Positions{4}));
}

TEST(Icd10Matches, WhatIsUsualComesFirstOnlyIfItHasAllWords) {
  Matches matches;
  add_word(matches, places({1, 5}));
  add_word(matches, places({2, 5}));
  matches.prefer(Positions{5}, true);
  EXPECT_EQ(matches.best(50), (Positions{5}));
  add_word(matches, places({1, 3}));
  matches.prefer(Positions{1}, false);
  EXPECT_EQ(matches.best(50), (Positions{1, 5})) << "two of three each, and 5 is only usual";
}

TEST(Icd10Matches, WhatNoCodeHasIsEmpty) {
  EXPECT_TRUE(Matches().best(50).empty());
  Matches none;
  add_word(none, "");
  EXPECT_TRUE(none.best(50).empty());
}

TEST(Icd10Matches, DistancesOfOneToThreeBytes) {
  const Positions all{1, 128, 129, 256, 257, 16'640, 16'641, 33'025, 99'999, 100'000};
  Matches matches;
  add_word(matches, places({all.begin(), all.end()}));
  EXPECT_EQ(matches.best(50), all);
}

TEST(Icd10Matches, BytesThatAreNoPlacesAreLeftOut) {
  Matches matches;
  add_word(matches, places({7}) + "\xff\xff\xff\xff\xff\xff\x7f\x01" + kNext + kNext +
                        places({9, Matches::kPlacesMost + 1}) + "\x81");
  EXPECT_EQ(matches.best(50), (Positions{7, 9}));
}

}  // namespace
}  // namespace wardbook::icd10
