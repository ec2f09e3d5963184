#include "features/records/records_highlights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardbook::records {
namespace {

using ::testing::ElementsAre;
using Texts = std::vector<std::string>;

/// As PostgreSQL folds them.
const Folds kFolds{{"Ü", "u"},     {"é", "e"},     {"è", "e"}, {"ß", "ss"}, {"℃", "°c"},
                   {"\u0308", ""}, {"½", " 1/2"},  {"Б", "б"}, {"»", ">>"}, {"\u00AD", ""},
                   {"\u200B", ""}, {"\u064E", ""}, {"أ", "ا"}, {"إ", "ا"},  {"ى", "ي"}};

Texts of(const Texts& texts, std::string_view query) {
  return highlights(texts, "MR-2026-000042", terms_of(query), kFolds);
}

TEST(TermsTest, AreReadFromATsquery) {
  const auto words = [](std::string_view query) { return terms_of(query).words; };
  EXPECT_THAT(words("( 'cough':* | 'cough' ) & 'cough':*"),
              ElementsAre(Term{"cough", true}, Term{"cough", false}));
  EXPECT_THAT(words(R"('o''brien':* | 'c:\\temp' | '''')"),
              ElementsAre(Term{"o'brien", true}, Term{R"(c:\temp)", false}, Term{"'", false}));
  EXPECT_TRUE(words("").empty());
  EXPECT_THAT(words("'open"), ElementsAre(Term{"open", false}));
}

TEST(TermsTest, PhrasesAreReadToo) {
  const auto terms = terms_of(
      "'dri' <-> 'cough':* | 'a' & 'sign' <2> 'life' <-> 'x' | 'dri' <-> 'cough':* | 'b' <");
  EXPECT_THAT(terms.words, ElementsAre(Term{"a", false}, Term{"b", false}));
  EXPECT_THAT(terms.phrases,
              ElementsAre(Phrase{{{"dri", false}, {"cough", true}}, {0, 1}},
                          Phrase{{{"sign", false}, {"life", false}, {"x", false}}, {0, 2, 1}}));
}

TEST(HighlightsTest, MarkTheWordsOfAPhraseWhereTheyAreOne) {
  EXPECT_THAT(of({"coughing; a dry cough, dry skin"}, "'dri' <-> 'cough' | 'dry' <-> 'cough':*"),
              ElementsAre("coughing; a <mark>dry</mark> <mark>cough</mark>, dry skin"));
  EXPECT_THAT(of({"19 with COVID-19"}, "'covid' <-> '-19':*"),
              ElementsAre("19 with <mark>COVID</mark>-<mark>19</mark>"));
  EXPECT_THAT(of({"signs of life, life for signs"}, "'sign' <2> 'life'"),
              ElementsAre("<mark>signs</mark> of <mark>life</mark>, life for signs"));
  EXPECT_THAT(of({"dry", "cough"}, "'dri' <-> 'cough'"),
              ElementsAre("<mark>dry</mark>", "<mark>cough</mark>"))
      << "found in a way that is not seen here";
}

TEST(HighlightsTest, KeepTheAccents) {
  EXPECT_THAT(of({"Starke Übelkeit, fièvre"}, "'ubelkeit':* | 'fievr'"),
              ElementsAre("Starke <mark>Übelkeit</mark>, <mark>fièvre</mark>"));
  EXPECT_THAT(of({"Der Fuß."}, "'fuss'"), ElementsAre("Der <mark>Fuß</mark>."));
  EXPECT_THAT(of({"U\u0308belkeit"}, "'ubel':*"), ElementsAre("<mark>U\u0308belkeit</mark>"));
  EXPECT_THAT(of({"Боль в груди"}, "'боль':*"), ElementsAre("<mark>Боль</mark> в груди"))
      << "not folded: unknown characters stay";
}

TEST(HighlightsTest, WritingWithoutBlanks) {
  EXPECT_THAT(of({"患者头痛三天，头晕"}, "'头' <-> '痛':*"),
              ElementsAre("患者<mark>头痛</mark>三天，头晕"));
  EXPECT_THAT(of({"昨日からコーヒーで頭痛"}, "'コ' <-> 'ー' <-> 'ヒ' <-> 'ー':*"),
              ElementsAre("昨日から<mark>コーヒー</mark>で頭痛"));
  EXPECT_THAT(of({"CT检查, COVID患者"}, "'ct':* | 'covid' <-> '患':*"),
              ElementsAre("<mark>CT</mark>检查, <mark>COVID患</mark>者"));
}

TEST(HighlightsTest, MarkStemsAndBeginnings) {
  EXPECT_THAT(of({"vomiting"}, "'vomiti':*"), ElementsAre("<mark>vomiting</mark>"));
  EXPECT_THAT(of({"an allergy"}, "'allergi'"), ElementsAre("an <mark>allergy</mark>"));
  EXPECT_THAT(of({"hoping, dying"}, "'hope' & 'die'"),
              ElementsAre("<mark>hoping</mark>, <mark>dying</mark>"));
  EXPECT_THAT(of({"coughs cough"}, "'cough'"),
              ElementsAre("<mark>coughs</mark> <mark>cough</mark>"));
}

TEST(HighlightsTest, TakeTwoLettersForAWord) {
  EXPECT_THAT(of({"illness, IL-6"}, "'il6':* | 'il' <-> '6' | 'il' <-> '-6'"),
              ElementsAre("illness, <mark>IL</mark>-<mark>6</mark>"));
  EXPECT_THAT(of({"illness, IL"}, "'il'"), ElementsAre("illness, <mark>IL</mark>"));
}

TEST(HighlightsTest, MarkWhatIsNoPlainWord) {
  EXPECT_THAT(of({"pH 11.5, not 111.5 or 11.55"}, "'11.5'"),
              ElementsAre("pH <mark>11.5</mark>, not 111.5 or 11.55"));
  EXPECT_THAT(of({"COVID-19 test"}, "'covid' & '-19'"), ElementsAre("<mark>COVID-19</mark> test"));
  EXPECT_THAT(of({"pain/fever"}, "'fever':*"), ElementsAre("pain/<mark>fever</mark>"));
}

TEST(HighlightsTest, MarkNumbersWhole) {
  EXPECT_THAT(of({"5 mg, 47.5 mg, 6.5 mg/dL, 12.5mg, 500 mg"}, "'5' <-> 'mg':* | '-5' <-> 'mg':*"),
              ElementsAre("<mark>5</mark> <mark>mg</mark>, 47.5 mg, 6.5 mg/dL, 12.5mg, 500 mg"));
  EXPECT_THAT(of({"47.5mg or 57"}, "'5':* & 'mg':*"),
              ElementsAre("47.5<mark>mg</mark> or <mark>57</mark>"));
  EXPECT_THAT(of({"Take 0.5mg, not 10.5mg"}, "'0.5' <-> 'mg':*"),
              ElementsAre("Take <mark>0.5mg</mark>, not 10.5mg"));
  EXPECT_THAT(of({"10-20mg"}, "'20' <-> 'mg':* | '-20' <-> 'mg':*"),
              ElementsAre("10-<mark>20mg</mark>"));
  EXPECT_THAT(of({"38.55, 3.5.2026"}, "'38.5':* | '3':*"),
              ElementsAre("<mark>38.55</mark>, <mark>3.5.2026</mark>"));
  EXPECT_THAT(of({"S72.001A, IL6, CYP2D6"}, "'s72.001':* | 'il6':* | 'cyp2':*"),
              ElementsAre("<mark>S72.001A</mark>, <mark>IL6</mark>, <mark>CYP2D6</mark>"));
}

TEST(HighlightsTest, TakeACommaInANumberForAPoint) {
  EXPECT_THAT(of({"38,5 °C, 1,000,000/ml, 1,2,5 and L4,5 or 12.38,5"}, "'38.5' | '1.000.000':*"),
              ElementsAre("<mark>38,5</mark> °C, <mark>1,000,000</mark>/ml, 1,2,5 and L4,5 or "
                          "12.38,5"));
  EXPECT_THAT(of({"3,5 grade 1,2,3, L4,5"}, "'3':* | '5':*"),
              ElementsAre("<mark>3,5</mark> grade 1,2,<mark>3</mark>, L4,<mark>5</mark>"));
}

TEST(HighlightsTest, MarkNeitherBlanksNorSigns) {
  EXPECT_THAT(of({"elbow was purple»"}, "'elbow ':* & 'purple>>':*"),
              ElementsAre("<mark>elbow</mark> was <mark>purple</mark>»"));
  EXPECT_THAT(of({}, "'001544':* | '-001544':* | '#mr-2026-001544'"),
              ElementsAre("MR-2026-000042"));
  EXPECT_THAT(of({}, "'000042':* | '-000042':*"), ElementsAre("MR-2026-<mark>000042</mark>"));
}

TEST(HighlightsTest, MarkCompoundsWhole) {
  EXPECT_THAT(of({"Follow-up, Co-trimoxazole"}, "'followup':* | 'cotrimoxazole':*"),
              ElementsAre("<mark>Follow-up</mark>, <mark>Co-trimoxazole</mark>"));
  EXPECT_THAT(of({"Non-small-cell"}, "'small-cell':* | 'small' <-> 'cell':*"),
              ElementsAre("Non-<mark>small-cell</mark>"));
  EXPECT_THAT(of({"follow-up, IL-6"}, "'follow':* | 'follow' | 'il6':*"),
              ElementsAre("<mark>follow</mark>-up, IL-6"));
  EXPECT_THAT(of({"soft\u00ADhyphen zero\u200Bwidth"}, "'softhyphen':* | 'zerowidth'"),
              ElementsAre("<mark>soft\u00ADhyphen</mark> <mark>zero\u200Bwidth</mark>"));
  EXPECT_THAT(of({"កក\u200Bខខ"}, "'ខ':*"), ElementsAre("កក\u200B<mark>ខខ</mark>"));
}

TEST(HighlightsTest, ArabicAndCyrillicEndsOfWords) {
  EXPECT_THAT(of({"ارتفاع السكري؛ وحمى، أَلَم؛ للقلب"}, "'سكري':* | 'حمي' | 'الم':* | 'قلب'"),
              ElementsAre("ارتفاع <mark>السكري</mark>؛ <mark>وحمى</mark>، <mark>أَلَم</mark>؛ "
                          "<mark>للقلب</mark>"));
  EXPECT_THAT(of({"пневмонии, ухудшение"}, "'пневмон' | 'ух'"),
              ElementsAre("<mark>пневмонии</mark>, ухудшение"));
}

TEST(HighlightsTest, EscapeTheRest) {
  EXPECT_THAT(of({"<b>5 < 6 & bold</b>"}, "'bold'"),
              ElementsAre("&lt;b&gt;5 &lt; 6 &amp; <mark>bold</mark>&lt;/b&gt;"));
}

TEST(HighlightsTest, AreExtractsOfLongTexts) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "w" + std::to_string(i) + (i == 100 ? " fever " : " ");
  text += "dry cough.";
  const auto got = of({text}, "'dry' <-> 'cough' | 'fever'");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_THAT(got[0], ::testing::StartsWith("w97 w98 w99 w100 <mark>fever</mark> w101"));
  EXPECT_THAT(got[0], ::testing::HasSubstr(" ... w278 "));
  EXPECT_THAT(got[0], ::testing::EndsWith("<mark>dry</mark> <mark>cough</mark>"));
  const Texts many(20, "fever");
  EXPECT_EQ(of(many, "'fever'").size(), 8U);
}

TEST(HighlightsTest, AreNeverEmpty) {
  EXPECT_THAT(of({"MR of the knee"}, "'#mr-2026-000042':*"),
              ElementsAre("<mark>MR-2026-000042</mark>"));
  EXPECT_THAT(of({"knee"}, "'000042':*"), ElementsAre("MR-2026-<mark>000042</mark>"));
  EXPECT_THAT(of({"", "the <knee>"}, "'elbow'"), ElementsAre("the &lt;knee&gt;"));
  EXPECT_THAT(of({}, "'elbow'"), ElementsAre("MR-2026-000042"));
  EXPECT_THAT(of({"..."}, ""), ElementsAre("..."));
}

TEST(HighlightsTest, TakeBrokenTextAsItIs) {
  for (const std::string text : {"\xC3", "a\xE2\x82", "\xF0\x9F fever", "\xFF\xFF"}) {
    EXPECT_EQ(of({text}, "'fever' | 'a'").size(), 1U);
  }
}

TEST(HighlightsTest, CollectsWhatIsToBeFolded) {
  Folds folds;
  collect_characters("fièvre Übelkeit è", folds);
  EXPECT_EQ(folds.size(), 2U);
}

}  // namespace
}  // namespace wardbook::records
