#include "text/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/query.h"
#include "text/tokens.h"

namespace wardbook::text {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  const Tokens tokens(text);
  std::vector<std::string> out;
  for (const auto& token : tokens.all()) out.emplace_back(tokens.text_of(token));
  return out;
}

using ::testing::ElementsAre;

TEST(TokensTest, AreWordsNumbersAndCharacters) {
  EXPECT_THAT(words_of("O'Brien's BP: 120/80, 5mg x2 of L40.54."),
              ElementsAre("o", "brien", "s", "bp", "120", "80", "5", "mg", "x2", "of", "l40.54"));
  EXPECT_THAT(words_of("1,000,000 38,5 1,2,3 a1,5 .5 3.5.2026 11.5."),
              ElementsAre("1.000.000", "38.5", "1", "2", "3", "a1", "5", ".5", "3.5.2026", "11.5"));
  EXPECT_THAT(words_of("Straße ŁÓDŹ ﬃ ㎎ № 5½ ２３"),
              ElementsAre("strasse", "lodz", "ffi", "mg", "no", "5", "1", "2", "23"));
  EXPECT_THAT(words_of("頭痛ABC ไข้สูง 한국어"),
              ElementsAre("頭", "痛", "abc", "ไข้", "สูง", "한국어"));
}

TEST(DocumentTest, HasWordsStemsAndNumbersInTheirPlaces) {
  EXPECT_EQ(
      document({{"Vomiting, the"}, {"of doses"}, "MR-2026-000001"}),
      "'#mr-2026-000001':16383 '000001':16383 'dose':8 'doses':8C 'of':7C 'the':2A 'vomit':1B "
      "'vomiting':1A");
  EXPECT_EQ(document({{}, {"follow-up"}, ""}), "'follow':1C 'followup':1,2 'up':2C");
  EXPECT_EQ(document({{"cough cough coughs"}, {}, ""}), "'cough':1A,2A,3B 'coughs':3A");
  EXPECT_EQ(document({{}, {}, ""}), "");
}

TEST(DocumentTest, StaysWithinPostgresLimits) {
  std::string different;
  for (int i = 0; i < 200'000; ++i) different += "w" + std::to_string(i * 7) + " ";
  const auto made = document({{different, different}, {different, std::string(60'000, 'x')}, ""});
  EXPECT_LT(made.size(), 3'000'000U);
  EXPECT_EQ(made.find("16384"), std::string::npos);
  std::string same;
  for (int i = 0; i < 1000; ++i) same += "cough ";
  const auto repeated = document({{same}, {}, ""});
  EXPECT_THAT(repeated, ::testing::EndsWith("255A"));
  EXPECT_EQ(document({{std::string(5000, 'y')}, {}, ""}), "'" + std::string(1000, 'y') + "':1A");
}

TEST(TypedTest, WordsAndPhrases) {
  const auto one = typed("  pain/fever 120/80 38,5 “dry\u3000cough” a;b\\c «x» \"open");
  EXPECT_THAT(one.words, ElementsAre("pain", "fever", "120/80", "38,5", "a", "b", "c"));
  EXPECT_THAT(one.phrases, ElementsAre("dry cough", "x", "open"));
  EXPECT_THAT(typed("a \"b").words, ElementsAre("a"));
}

}  // namespace
}  // namespace wardbook::text
