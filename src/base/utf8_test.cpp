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
