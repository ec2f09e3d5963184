#include "text/blank.h"

#include <gtest/gtest.h>

namespace wardbook::text {
namespace {

TEST(TextBlankTest, WhatShowsNothingIsBlank) {
  for (const auto* text :
       {"",       " ",      "\t\r\n\v\f",   "\u0085",     "\u00a0",     "\u1680",
        "\u180e", "\u2003", "\u2028",       "\u2029",     "\u200b",     "\u200d",
        "\u202f", "\u205f", "\u2060",       "\u3000",     "\ufeff",     "\u2800",
        "\u3164", "\u115f", "\u1160",       "\u00ad",     "\u034f",     "\u200e",
        "\ufe0f", "\ufe00", "\uffa0",       "\u2066",     "\u202e",     "\u061c",
        "\u17b4", "\ufff9", "\u0001\u007f", "\U000e0020", "\U000e0fff", " \u00ad\t\u2800 "}) {
    EXPECT_TRUE(blank(text)) << text;
  }
  for (const auto* text :
       {"x", "\u00ad-", "\u2764\ufe0f", "\u00ac", "\u00ae", "\u2801", "\u3163", "\ufe10", "\u0600",
        "\u0301", "\U0001f3f4\U000e0067", "\U000e1000", "\xff", "\xe2\xa0", " \u5c71 "}) {
    EXPECT_FALSE(blank(text)) << text;
  }
}

TEST(TextBlankTest, UnseenCharactersAreFoundAmongOthers) {
  for (const auto* text : {"a\tb", "a\u00a0b", "a\u200bb", "a\u00ad", "\ufeffa", "a\u202eb"}) {
    EXPECT_TRUE(holds_unseen(text)) << text;
  }
  for (const auto* text : {"", "a b", "caf\u00e9", "\u5c71\u7530", "a@b.test"}) {
    EXPECT_FALSE(holds_unseen(text)) << text;
  }
}

TEST(TextBlankTest, WhatNoKeyboardGivesIsFound) {
  for (const auto* text : {"a\r", "\t", "a\nb", "\ufeffa", "\u0085", "\u2028", "\uffff", "\xff"}) {
    EXPECT_TRUE(holds_untypable(text)) << text;
  }
  for (const auto* text : {"", "a b", "a\u00a0b", "\u200d", "\U0001f469\u200d\u2695\ufe0f"}) {
    EXPECT_FALSE(holds_untypable(text)) << text;
  }
}

TEST(TextBlankTest, MarksThatTurnTheDirectionAreFound) {
  for (const auto* text : {"\u202a", "Dr. \u202ereverse", "\u2066x\u2069", "x\u2068"}) {
    EXPECT_TRUE(turns_direction(text)) << text;
  }
  // The marks of a direction without reach are typed with Hebrew and Arabic names.
  for (const auto* text : {"", "Dr. Dana", "\u05d3\u05e0\u05d4\u200f", "\u200e", "\u061c"}) {
    EXPECT_FALSE(turns_direction(text)) << text;
  }
}

}  // namespace
}  // namespace wardbook::text
