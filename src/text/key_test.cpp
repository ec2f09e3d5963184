#include "text/key.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace wardbook::text {
namespace {

using Cases = std::vector<std::pair<std::string, std::string>>;

TEST(TextKeyTest, WhatReadsTheSameHasOneKey) {
  const Cases cases{
      {"", ""},
      {"Doctor@Demo.Test", "doctor@demo.test"},
      {"o\uFB03ce", "office"},                             // a ligature
      {"\uFF24\uFF4F\uFF43", "doc"},                       // full width
      {"\uFF76\uFF9E", "\u30AC"},                          // half-width katakana with its mark
      {"Stra\u00DFe", "strasse"},                          // sharp s
      {"STRA\u1E9EE", "strasse"},                          // and its capital
      {"\u03A3\u03AF\u03C3\u03C5\u03C6\u03BF\u03C2",       // final sigma
       "\u03C3\u03AF\u03C3\u03C5\u03C6\u03BF\u03C3"},      //
      {"Nu\u00F1ez", "nu\u00F1ez"},                        // composed
      {"Nun\u0303ez", "nu\u00F1ez"},                       // decomposed
      {"q\u0307\u0323", "q\u0323\u0307"},                  // the order of marks
      {"\u1112\u1161\u11AB", "\uD55C"},                    // jamo and syllable
      {"\uFE8D\uFEDF\uFEF4\uFEEE\uFEE1",                   // Arabic presentation forms
       "\u0627\u0644\u064A\u0648\u0645"},                  //
      {"\u2460\u00B2", "12"},                              // circled and raised digits
      {"soft\u00ADhyphen", "softhyphen"},                  //
      {"zero\u200Bwidth\uFEFF", "zerowidth"},              //
      {"\u0915\u094D\u200D\u0937", "\u0915\u094D\u0937"},  // a joiner in Devanagari
      {"\U0001F469\u200D\u2695\uFE0F", "\U0001F469\u2695"},
      {"\u202Eabc\u2066", "abc"},  // marks of direction
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(key(text), expected) << text;
}

TEST(TextKeyTest, APlainKeyHasNoAccentsEither) {
  const Cases cases{
      {" Cr\u00E9atinine ", "creatinine"},
      {"CREATININE", "creatinine"},
      {"\u00B5g / L", "\u03BCg / l"},
      {"\u03BCG\u00A0/ L", "\u03BCg / l"},
      {"10\u2079/L", "109/l"},
      {"Na\u207A", "na+"},
      {"\u0413\u0435\u043C\u043E\u0433\u043B\u043E\u0431\u0438\u043D",
       "\u0433\u0435\u043C\u043E\u0433\u043B\u043E\u0431\u0438\u043D"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(plain_key(text), expected) << text;
    EXPECT_EQ(plain_key(plain_key(text)), expected) << text;
  }
}

TEST(TextKeyTest, RunsOfBlanksAreOneSpaceAndNoneAtTheEnds) {
  const Cases cases{
      {" \t\r\n ", ""},
      {"\u3000\u00A0\u200B\uFEFF", ""},
      {"  Ada \u2009\u3000Lovelace\u3000", "ada lovelace"},
      {"Ada\u2028Lovelace", "ada lovelace"},
      {"Ada\u1680\u0085Lovelace", "ada lovelace"},
      {"Ada \u00AD Lovelace", "ada lovelace"},
      {"\u5C71\u7530\u3000\u592A\u90CE", "\u5C71\u7530 \u592A\u90CE"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(key(text), expected) << text;
}

TEST(TextKeyTest, WhatReadsDifferentlyHasAnotherKey) {
  const Cases cases{
      {"a b", "ab"},       {"resume", "r\u00E9sum\u00E9"}, {"\u0130", "i"},
      {"\u0131", "i"},     {"paypal", "p\u0430ypal"},      {"doc+a@x.test", "doc@x.test"},
      {"d.oc@x", "doc@x"},
  };
  for (const auto& [a, b] : cases) EXPECT_NE(key(a), key(b)) << a << ' ' << b;
}

TEST(TextKeyTest, AKeyIsItsOwnKey) {
  for (const std::string text :
       {"\u0130stanbul", "x\t\u0301", "\u00B4\u00A8", "\uFDFA", "a\u00AD\u0301", "\u0345\u0301",
        "\u1E9E\uFB05 \u2009\u2122", "\u0301 a", "\U0001D400\u3164\u115F", "\xff\xfe bad",
        "\uFFA0\uFF9E", "q\u0307\u00AD\u0323", "\u03D2\u0301"}) {
    EXPECT_EQ(key(key(text)), key(text)) << text;
  }
}

TEST(TextNfcTest, ComposesAndChangesNothingElse) {
  const Cases cases{
      {"", ""},
      {"Pass\u00A0wort \uFB01 \u00DF", "Pass\u00A0wort \uFB01 \u00DF"},
      {"e\u0301", "\u00E9"},
      {"\u00E9", "\u00E9"},
      {"\u212B", "\u00C5"},
      {"q\u0307\u0323", "q\u0323\u0307"},
      {"\u1112\u1161\u11AB", "\uD55C"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(nfc(text), expected) << text;
}

TEST(TextOpaqueTest, IsNfcWithOneKindOfSpace) {
  const Cases cases{
      {"", ""},
      {"Pass\u00A0wort", "Pass wort"},
      {"a\u3000\u2009b ", "a  b "},
      {"e\u0301\t", "\u00E9\t"},
      {"\uFB01", "\uFB01"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(opaque(text), expected) << text;
}

TEST(TextPointsTest, AreCodePoints) {
  EXPECT_EQ(points(""), U"");
  EXPECT_EQ(points("a\u00E9\U0001F600"), U"a\u00E9\U0001F600");
  EXPECT_EQ(points("\xff"), U"\uFFFD");
}

}  // namespace
}  // namespace wardbook::text
