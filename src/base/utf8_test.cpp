#include "base/utf8.h"

#include <gtest/gtest.h>

namespace wardbook {
namespace {

TEST(BlanksTest, RunsOfAnyKindAreOneSpace) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", ""},
      {" \t\r\n ", ""},
      {"\u3000\u00a0\u200b\ufeff", ""},
      {"dry cough", "dry cough"},
      {"  dry \u2009\u3000cough\u3000", "dry cough"},
      {"\u5c71\u7530\u3000\u592a\u90ce", "\u5c71\u7530 \u592a\u90ce"},
      {"caf\u00e9", "caf\u00e9"},
      {"\u2013", "\u2013"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(single_spaced(text), expected) << text;
}

TEST(BlanksTest, WhatShowsNothingIsBlank) {
  for (const auto* text : {"", " ", "\u3000", "\u2800", "\u3164", "\u115f", "\u1160", "\u00ad",
                           "\u034f", "\u200e", "\ufe0f", "\ufe00", "\uffa0", "\u2066", "\u202e",
                           "\u061c", "\U000e0020", "\U000e0fff", " \u00ad\t\u2800 "}) {
    EXPECT_TRUE(is_blank(text)) << text;
  }
  for (const auto* text : {"x", "\u00ad-", "\u2764\ufe0f", "\u00ac", "\u00ae", "\u2801", "\u3163",
                           "\ufe10", "\U0001f3f4\U000e0067", "\U000e1000", "\xff", "\xe2\xa0"}) {
    EXPECT_FALSE(is_blank(text)) << text;
  }
}

TEST(BlanksTest, AreMeasuredInBytes) {
  EXPECT_EQ(blank_at_front(""), 0U);
  EXPECT_EQ(blank_at_front("x "), 0U);
  EXPECT_EQ(blank_at_front(" x"), 1U);
  EXPECT_EQ(blank_at_front("\u00a0x"), 2U);
  EXPECT_EQ(blank_at_front("\u3000x"), 3U);
  EXPECT_EQ(blank_at_front("\xe3\x80"), 0U) << "cut";
}

}  // namespace
}  // namespace wardbook
