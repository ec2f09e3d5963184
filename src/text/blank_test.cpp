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
  for (const auto* text : {"x", "\u00ad-", "\u2764\ufe0f", "\u00ac", "\u00ae", "\u2801", "\u3163",
                           "\ufe10", "\u0600", "\u00b4", "\U0001f3f4\U000e0067", "a\u0301",
                           "\u0e19\u0e31", "\u02bc", "-", "\u0660", " \u5c71 "}) {
    EXPECT_FALSE(blank(text)) << text;
  }
}

TEST(TextBlankTest, WhatIsNothingByItselfIsBlank) {
  for (const auto* text :
       {"\u0301\u0301", "\u20dd", "\u093e", "\u0e31",          // marks without a letter
        "\ue000\ufffc", "\uf8ff", "\U000f0000", "\U0010fffd",  // each font shows its own, or a box
        "\ufffd", "\xff", "\xe2\xa0",                          // what was not read
        "\u0378", "\U000e1000", "\uffff", "\ufdd0",            // no characters
        "\U0001d159", "\U00013441", "\U00013442",              // empty signs of writing systems
        " \u0301\ue000\u200b\ufffc "}) {
    EXPECT_TRUE(blank(text)) << text;
  }
  EXPECT_FALSE(blank("\u0301 e"));
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
