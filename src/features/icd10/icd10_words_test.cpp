#include "features/icd10/icd10_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "features/icd10/icd10_lay_words.h"

namespace wardbook::icd10 {
namespace {

using Words = std::vector<std::string>;
using Positions = std::vector<std::int64_t>;

enum Role : std::uint8_t { head, circumstance, absent, short_title };

/// Ascending places as PostgreSQL keeps them.
std::string places(const std::vector<std::uint32_t>& list, Role role = head) {
  std::string out;
  std::uint32_t before = 0;
  for (const auto place : list) {
    const std::uint32_t number = (place - before) * 4 + role;
    if (number >= 16'384) out += static_cast<char>(0x80U | number >> 14U);
    if (number >= 128) out += static_cast<char>(0x80U | (number >> 7U & 0x7fU));
    out += static_cast<char>(number & 0x7fU);
    before = place;
  }
  return out;
}
const std::string kNext(1, '\0');

void add_word(Matches& matches, std::string_view lists, Form form = Form::itself) {
  matches.next_word();
  matches.add_lists(lists, form);
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
       {"sore throat", "Sore throats", "a sore, sore throat of", "throat sore", "throats sore"}) {
    const auto words = typed_words(text).words;
    ASSERT_FALSE(words.empty()) << text;
    EXPECT_EQ(words.back(), "pharyngitis") << text;
  }
  EXPECT_EQ(typed_words("Crohn's disease").words, (Words{"crohn", "disease"}));
  EXPECT_EQ(typed_words("broken hip").codes.at(0).beginning, "S72009A");
  EXPECT_EQ(typed_words("hip fx").codes.at(0).beginning, "S72009A");
  EXPECT_EQ(typed_words("broken thumb").words, (Words{"fracture", "broken", "thumb"}));
}

TEST(Icd10Words, LayWordsInAnyOrder) {
  for (const std::string_view text :
       {"high blood pressure", "blood pressure high", "pressure high blood"}) {
    EXPECT_EQ(typed_words(text).words, (Words{"hypertension"})) << text;
  }
  EXPECT_EQ(typed_words("swollen legs").codes.at(0).beginning, "R600");
  EXPECT_EQ(typed_words("Athletes foot").codes.at(0).beginning, "B353");
  EXPECT_EQ(typed_words("aids").codes.at(0).beginning, "B20");
  EXPECT_EQ(typed_words("hearing aid").words, (Words{"hearing", "aid"}));
}

TEST(Icd10Words, LayWordsAreWellFormed) {
  std::set<std::string> all;
  for (const auto& lay : lay_words()) {
    for (const auto text : parts(lay.texts, ", ")) {
      EXPECT_LE(std::ranges::count(text, ' '), 2) << text;
      auto words = parts(text);
      std::ranges::sort(words);
      std::string in_order;
      for (const auto word : words) in_order += std::string(word) + ' ';
      EXPECT_TRUE(all.insert(in_order).second) << text << " is there in another order";
      const auto typed = typed_words(text);
      EXPECT_EQ(typed.last_position, static_cast<std::int64_t>(parts(lay.words).size()))
          << text << ": cannot be found by its own text";
      for (const auto& codes : typed.codes) {
        EXPECT_EQ(code_beginning(codes.beginning), codes.beginning) << text;
        EXPECT_GE(codes.beginning.size(), 3U) << text;
      }
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
  EXPECT_EQ(typed_words("ingrown toenail").codes.at(0).beginning, "L600");
}

TEST(Icd10Words, FiguresAfterAWordAreAWord) {
  EXPECT_EQ(typed_words("covid19").words, (Words{"covid", "19"}));
  EXPECT_EQ(typed_words("type2 diabetes").words, (Words{"type", "2", "diabetes"}));
  EXPECT_EQ(typed_words("t2 diabetes").words, (Words{"type", "2", "diabetes"}));
  EXPECT_EQ(typed_words("b12").words, (Words{"b12"}));
  EXPECT_EQ(typed_words("type2diabetes").words, (Words{"type", "2", "diabetes"}));
  for (const std::string text : {"t2dm", "h1n1", "3rd", "s72001a", "12abc34"}) {
    EXPECT_LE(typed_words(text).positions.back(), 4) << text;
  }
  EXPECT_EQ(typed_words("h1n1x").words, (Words{"h1n1x"}));
  EXPECT_EQ(typed_words("3rd").words, (Words{"3rd"}));
}

TEST(Icd10Words, OtherFormsOfAWord) {
  const auto typed = typed_words("horse bite");
  EXPECT_EQ(typed.words, (Words{"horse", "bitten", "bite"}));
  EXPECT_EQ(typed.positions, (Positions{1, 2, 2}));
}

TEST(Icd10Words, CircumstancesMayBeWhatIsLookedFor) {
  EXPECT_EQ(typed_words("migraine with aura").asked, Asked::circumstance);
  EXPECT_EQ(typed_words("migraine with aura").words, (Words{"migraine", "aura"}));
  EXPECT_EQ(typed_words("asthma w/o exacerbation").asked, Asked::absence);
  EXPECT_EQ(typed_words("hernia with obstruction without gangrene").asked, Asked::absence);
  EXPECT_EQ(typed_words("migraine aura").asked, Asked::subject);
  EXPECT_EQ(typed_words("with").words, (Words{"with"}));
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
  EXPECT_EQ(mend("low bck pain", "bck", "back"), "low back pain") << "back pain is one";
  EXPECT_EQ(mend("bck", "bck", "back"), std::nullopt);
  EXPECT_EQ(mend("hypertension J18", "j18"), std::nullopt) << "no guess is no word";
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

TEST(Icd10Matches, TheWordItselfThenItsNumberThenOthers) {
  Matches matches;
  matches.next_word();
  matches.add_lists(places({1, 2, 3, 9}), Form::other);
  matches.add_lists(places({2, 5}), Form::number);
  matches.add_lists(places({7, 9}), Form::itself);
  EXPECT_EQ(matches.best(50), (Positions{7, 9, 2, 5, 1, 3}));
  EXPECT_EQ(matches.best(3), (Positions{7, 9, 2}));
}

TEST(Icd10Matches, WhatATitleIsAboutThenItsCircumstancesThenWhatIsNotThere) {
  const std::vector<std::pair<Asked, Positions>> cases{{Asked::subject, {3, 2, 4, 1}},
                                                       {Asked::circumstance, {2, 3, 4, 1}},
                                                       {Asked::absence, {1, 2, 3, 4}}};
  for (const auto& [asked, order] : cases) {
    Matches matches(Matches::kPlacesMost, asked);
    matches.next_word();
    matches.add_lists(places({1}, absent), Form::itself);
    matches.add_lists(places({2}, circumstance), Form::itself);
    matches.add_lists(places({3}, head), Form::itself);
    matches.add_lists(places({4}, short_title), Form::itself);
    EXPECT_EQ(matches.best(50), order);
  }
}

TEST(Icd10Matches, TheNearestFormOfAllWordsTogether) {
  Matches matches;
  matches.next_word();
  matches.add_lists(places({1, 3}), Form::other);
  matches.add_lists(places({2}), Form::itself);
  matches.next_word();
  matches.add_lists(places({1, 2, 3}), Form::other);
  matches.add_lists(places({3}), Form::itself);
  EXPECT_EQ(matches.best(50), (Positions{2, 3, 1}));
}

TEST(Icd10Matches, BillableOnesBeforeTheWordItself) {
  Matches matches(3);
  matches.next_word();
  matches.add_lists(places({4, 5}), Form::itself);
  matches.add_lists(places({2, 3, 6}), Form::other);
  EXPECT_EQ(matches.best(50), (Positions{2, 3, 4, 5, 6}));
}

TEST(Icd10Matches, TheCostOfManyWordsStaysWithinItsByte) {
  Matches matches;
  for (int word = 0; word < 100; ++word) add_word(matches, places({1, 2}, absent), Form::other);
  EXPECT_EQ(matches.best(50), (Positions{1, 2}));
}

TEST(Icd10Matches, WhatNoCodeHasIsEmpty) {
  EXPECT_TRUE(Matches().best(50).empty());
  Matches none;
  add_word(none, "");
  EXPECT_TRUE(none.best(50).empty());
}

TEST(Icd10Matches, DistancesOfOneToThreeBytes) {
  const Positions all{1,     2,     33,     65,     128,    129,    256,
                      4'351, 8'448, 16'640, 33'025, 99'998, 99'999, 100'000};
  Matches matches;
  add_word(matches, places({all.begin(), all.end()}));
  EXPECT_EQ(matches.best(50), all);
}

TEST(Icd10Matches, BytesThatAreNoPlacesAreLeftOut) {
  Matches matches;
  add_word(matches, places({7}) + "\xff\xff\xff\xff\xff\xff\x7f\x04" + kNext + kNext +
                        places({9, Matches::kPlacesMost + 1}) + "\x81");
  EXPECT_EQ(matches.best(50), (Positions{7, 9}));
}

}  // namespace
}  // namespace wardbook::icd10
