#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>

namespace wardbook {
namespace {

using ::testing::HasSubstr;

std::string why_not(std::string_view text) {
  std::string why;
  return parse_bounded_json(text, &why) ? "" : why;
}

/// `count` items of what `item` makes of their number.
std::string listed(char open, char close, std::size_t count,
                   const std::function<std::string(std::size_t)>& item) {
  std::string out(1, open);
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) out += ',';
    out += item(i);
  }
  return out + close;
}

std::string object_of(std::size_t count) {
  return listed('{', '}', count, [](std::size_t i) { return "\"k" + std::to_string(i) + "\":1"; });
}

TEST(BoundedJson, MembersOfAnObjectAreCounted) {
  EXPECT_EQ(why_not(object_of(kJsonMembers)), "");
  EXPECT_THAT(why_not(object_of(kJsonMembers + 1)), HasSubstr("more than 1000 members"));
  EXPECT_THAT(why_not("[{\"a\":" + object_of(kJsonMembers + 1) + "}]"), HasSubstr("members"));
  EXPECT_EQ(why_not("[" + object_of(700) + "," + object_of(700) + "]"), "") << "each for itself";
}

TEST(BoundedJson, EscapesInNamesHideNothing) {
  const auto escaped = listed('{', '}', kJsonMembers + 1, [](std::size_t i) {
    std::string name;
    for (const char c : std::to_string(i)) name += std::string("\\u003") + c;
    return "\"\\\"}]" + name + "\":\"{\\\"\"";
  });
  EXPECT_THAT(why_not(escaped), HasSubstr("more than 1000 members"));
}

TEST(BoundedJson, TheyAreRefusedWhereverTheTextBreaksOff) {
  auto text = object_of(kJsonMembers + 1);
  text.pop_back();
  EXPECT_THAT(why_not(text), HasSubstr("more than 1000 members"));
}

TEST(BoundedJson, ValuesAreCountedOverTheWholeDocument) {
  const auto one = [](std::size_t) { return std::string("1"); };
  EXPECT_EQ(why_not(listed('[', ']', kJsonValues - 1, one)), "") << "the array is one too";
  EXPECT_THAT(why_not(listed('[', ']', kJsonValues, one)), HasSubstr("50000 values"));
  const auto objects = [](std::size_t) { return object_of(999); };
  EXPECT_EQ(why_not(listed('[', ']', 49, objects)), "");
  EXPECT_THAT(why_not(listed('[', ']', 51, objects)), HasSubstr("values"));
  for (const std::string item :
       {"{}", "[]", "\"\"", "true", "null", "1.5", "18446744073709551615"}) {
    EXPECT_THAT(why_not(listed('[', ']', kJsonValues, [&](std::size_t) { return item; })),
                HasSubstr("values"))
        << item;
  }
}

TEST(BoundedJson, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(why_not(nested(kJsonDepth)), "");
  EXPECT_NE(why_not(nested(kJsonDepth + 1)), "");
}

TEST(BoundedJson, WhatIsWrongIsSaidWithoutTheText) {
  EXPECT_THAT(why_not("{\"name\":"), HasSubstr("not valid JSON"));
  EXPECT_THAT(why_not("{} secret"), ::testing::Not(HasSubstr("secret")));
}

TEST(LooksLikeJson, BuildsNoTablesAndTakesBeginnings) {
  EXPECT_TRUE(looks_like_json(object_of(100'000), true));
  EXPECT_TRUE(looks_like_json(R"({"a":[1,2)", false));
  EXPECT_FALSE(looks_like_json(R"({"a":[1,2)", true));
  EXPECT_TRUE(looks_like_json("{}  ", true));
  EXPECT_FALSE(looks_like_json("{} x", true));
  EXPECT_FALSE(looks_like_json("{} x", false));
  EXPECT_FALSE(looks_like_json("", true));
  EXPECT_FALSE(looks_like_json("", false));
  EXPECT_FALSE(looks_like_json("plain text", false));
}

}  // namespace
}  // namespace wardbook
