#include "text/highlight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardbook::text {
namespace {

using ::testing::ElementsAre;
using Texts = std::vector<std::string>;

Texts of(const Texts& texts, std::string_view q) {
  return highlight(texts, "MR-2026-000042", query(typed(q)));
}

TEST(HighlightTest, MarksTheWordsOfAPhraseWhereTheyAreOne) {
  EXPECT_THAT(of({"coughing; a dry cough, dry skin"}, "\"dry cough\""),
              ElementsAre("coughing; a <mark>dry</mark> <mark>cough</mark>, dry skin"));
  EXPECT_THAT(of({"19 with COVID-19"}, "\"covid 19\""),
              ElementsAre("19 with <mark>COVID-19</mark>"));
  EXPECT_THAT(of({"signs of life, life for signs"}, "\"signs of life\""),
              ElementsAre("<mark>signs</mark> of <mark>life</mark>, life for signs"));
  EXPECT_THAT(of({"dry", "cough"}, "\"dry cough\""),
              ElementsAre("<mark>dry</mark>", "<mark>cough</mark>"))
      << "found by another record's text, or beyond what a document keeps";
}

TEST(HighlightTest, KeepsTheAccents) {
  EXPECT_THAT(of({"Starke Übelkeit, fièvre"}, "ubelkeit fievre"),
              ElementsAre("Starke <mark>Übelkeit</mark>, <mark>fièvre</mark>"));
  EXPECT_THAT(of({"Der Fuß."}, "fuss"), ElementsAre("Der <mark>Fuß</mark>."));
  EXPECT_THAT(of({"U\u0308belkeit"}, "übel"), ElementsAre("<mark>U\u0308belkeit</mark>"));
  EXPECT_THAT(of({"5½ days"}, "½"), ElementsAre("5<mark>½</mark> days"));
  EXPECT_THAT(of({"o\uFB03ce"}, "office"), ElementsAre("<mark>o\uFB03ce</mark>"));
}

TEST(HighlightTest, WritingWithoutBlanks) {
  EXPECT_THAT(of({"患者头痛三天，头晕"}, "头痛"), ElementsAre("患者<mark>头痛</mark>三天，头晕"));
  EXPECT_THAT(of({"昨日からコーヒーで頭痛"}, "コーヒー"),
              ElementsAre("昨日から<mark>コーヒー</mark>で頭痛"));
  EXPECT_THAT(of({"CT检查, COVID患者"}, "ct covid患"),
              ElementsAre("<mark>CT</mark>检查, <mark>COVID患</mark>者"));
  struct Case {
    std::string before, word, after;
  };
  for (const Case& one : std::vector<Case>{{"ผู้ป่วยมีอาการ", "ปวดหัว", "และมีไข้สูง"},
                                           {"ຄົນເຈັບມີອາການ", "ເຈັບຫົວ", ""},
                                           {"អ្នកជំងឺមាន", "ឈឺក្បាល", ""},
                                           {"လူနာသည်", "ခေါင်းကိုက်", "ပြီး"}}) {
    EXPECT_THAT(of({one.before + one.word + one.after}, one.word),
                ElementsAre(one.before + "<mark>" + one.word + "</mark>" + one.after));
  }
}

TEST(HighlightTest, MarksStemsAndBeginnings) {
  EXPECT_THAT(of({"vomiting"}, "vomiti"), ElementsAre("<mark>vomiting</mark>"));
  EXPECT_THAT(of({"an allergy"}, "allergies"), ElementsAre("an <mark>allergy</mark>"));
  EXPECT_THAT(of({"hoping, dying"}, "hope die"),
              ElementsAre("<mark>hoping</mark>, <mark>dying</mark>"));
  EXPECT_THAT(of({"illness, IL-6"}, "IL6"), ElementsAre("illness, <mark>IL-6</mark>"));
  EXPECT_THAT(of({"пневмонии, ухудшение"}, "пневмония"),
              ElementsAre("<mark>пневмонии</mark>, ухудшение"));
}

TEST(HighlightTest, MarksNumbersWhole) {
  const auto* doses = "5 mg, 47.5 mg, 6.5 mg/dL, 12.5mg, 500 mg";
  EXPECT_THAT(of({doses}, "5mg"),
              ElementsAre("<mark>5</mark> <mark>mg</mark>, 47.5 mg, 6.5 mg/dL, 12.5mg, 500 mg"));
  EXPECT_THAT(of({"47.5mg or 57"}, "5 mg"), ElementsAre("47.5<mark>mg</mark> or <mark>57</mark>"));
  EXPECT_THAT(of({"Take 0.5mg, not 10.5mg"}, "0.5mg"),
              ElementsAre("Take <mark>0.5mg</mark>, not 10.5mg"));
  EXPECT_THAT(of({"10-20mg"}, "20mg"), ElementsAre("10-<mark>20mg</mark>"));
  EXPECT_THAT(of({"38.55, 3.5.2026"}, "38.5 3"),
              ElementsAre("<mark>38.55</mark>, <mark>3.5.2026</mark>"));
  EXPECT_THAT(of({"S72.001A, IL6, CYP2D6"}, "s72001 il6 cyp2"),
              ElementsAre("<mark>S72.001A</mark>, <mark>IL6</mark>, <mark>CYP2D6</mark>"));
  EXPECT_THAT(of({"pH 11.5, not 111.5 or 11.55"}, "ph \"11.5 not\""),
              ElementsAre("<mark>pH</mark> <mark>11.5</mark>, <mark>not</mark> 111.5 or 11.55"));
  EXPECT_THAT(of({"38,5 °C, 1,000,000/ml, 1,2,5 and L4,5 or 12.38,5"}, "38,5 1,000,000"),
              ElementsAre("<mark>38,5</mark> °C, <mark>1,000,000</mark>/ml, 1,2,5 and L4,5 or "
                          "12.38,5"));
}

TEST(HighlightTest, MarksCompoundsWhole) {
  EXPECT_THAT(of({"Follow-up, Co-trimoxazole"}, "followup cotrimox"),
              ElementsAre("<mark>Follow-up</mark>, <mark>Co-trimoxazole</mark>"));
  EXPECT_THAT(of({"Non-small-cell"}, "small-cell"), ElementsAre("Non-<mark>small-cell</mark>"));
  EXPECT_THAT(of({"follow-up, IL-6"}, "follow"), ElementsAre("<mark>follow</mark>-up, IL-6"));
  EXPECT_THAT(of({"soft\u00ADhyphen zero\u200Bwidth"}, "softhyphen zerowidth"),
              ElementsAre("<mark>soft\u00ADhyphen</mark> <mark>zero\u200Bwidth</mark>"));
}

TEST(HighlightTest, ArabicWordsWithTheirArticle) {
  EXPECT_THAT(of({"ارتفاع السكري؛ وحمى، أَلَم؛ للقلب"}, "سكري حمى ألم قلب"),
              ElementsAre("ارتفاع <mark>السكري</mark>؛ <mark>وحمى</mark>، <mark>أَلَم</mark>؛ "
                          "<mark>للقلب</mark>"));
}

TEST(HighlightTest, EscapesTheRest) {
  EXPECT_THAT(of({"<b>5 < 6 & bold</b>"}, "bold"),
              ElementsAre("&lt;b&gt;5 &lt; 6 &amp; <mark>bold</mark>&lt;/b&gt;"));
  EXPECT_THAT(of({"pain/fever»"}, "fever»"), ElementsAre("pain/<mark>fever</mark>»"));
}

TEST(HighlightTest, AreExtractsOfLongTexts) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "w" + std::to_string(i) + (i == 100 ? " fever " : " ");
  text += "dry cough.";
  const auto got = of({text}, "\"dry cough\" fever");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_THAT(got[0], ::testing::StartsWith("w97 w98 w99 w100 <mark>fever</mark> w101"));
  EXPECT_THAT(got[0], ::testing::HasSubstr(" ... w278 "));
  EXPECT_THAT(got[0], ::testing::EndsWith("<mark>dry</mark> <mark>cough</mark>"));
  EXPECT_EQ(of(Texts(20, "fever"), "fever").size(), 8U);
}

TEST(HighlightTest, AreNeverEmpty) {
  EXPECT_THAT(of({"MR of the knee"}, "mr-2026-42"), ElementsAre("<mark>MR-2026-000042</mark>"));
  EXPECT_THAT(of({"knee"}, "mr-2026-42"), ElementsAre("<mark>MR-2026-000042</mark>"));
  EXPECT_THAT(of({"knee"}, "000042"), ElementsAre("MR-2026-<mark>000042</mark>"));
  EXPECT_THAT(of({"", "the <knee>"}, "elbow"), ElementsAre("the &lt;knee&gt;"));
  EXPECT_THAT(of({}, "elbow"), ElementsAre("MR-2026-000042"));
  EXPECT_THAT(of({"..."}, ""), ElementsAre("..."));
}

TEST(HighlightTest, TakesBrokenTextAsItIs) {
  for (const std::string text : {"\xC3", "a\xE2\x82", "\xF0\x9F fever", "\xFF\xFF"}) {
    EXPECT_EQ(of({text}, "fever a").size(), 1U);
  }
}

}  // namespace
}  // namespace wardbook::text
