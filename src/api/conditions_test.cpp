#include "api/conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/test_failure.h"
#include "base/failure.h"

namespace wardbook::api {
namespace {

using ::testing::ElementsAre;

Request with_header(std::string_view name, std::string_view value) {
  Request request;
  request.head.headers.add(name, value);
  return request;
}

std::optional<Code> required(std::string_view if_match_value, std::int64_t actual) {
  const auto request = with_header("If-Match", if_match_value);
  return failure_of([&] { require_version(if_match(request), actual); });
}

TEST(EntityTagTest, Lists) {
  constexpr auto kWeak = Comparison::weak;
  constexpr auto kStrong = Comparison::strong;
  EXPECT_TRUE(names_etag("\"a\"", "\"a\"", kStrong));
  EXPECT_TRUE(names_etag("*", "\"a\"", kStrong));
  EXPECT_TRUE(names_etag(" * ", "\"a\"", kStrong));
  EXPECT_TRUE(names_etag("\"b\" , \"a\"", "\"a\"", kStrong));
  EXPECT_TRUE(names_etag("\"b,c\",, W/\"d\",\"a\"", "\"a\"", kStrong));
  EXPECT_TRUE(names_etag("\"a,b\"", "\"a,b\"", kStrong));
  EXPECT_TRUE(names_etag("W/\"a\"", "\"a\"", kWeak));
  EXPECT_FALSE(names_etag("W/\"a\"", "\"a\"", kStrong));
  EXPECT_FALSE(names_etag("\"b\"", "\"a\"", kWeak));
  EXPECT_FALSE(names_etag("\"b,a\"", "\"a\"", kWeak));
  for (const auto* none : {"a", "", ",,", "\"a", "* \"a\"", "\"a\" \"b\"", "w/\"a\""}) {
    EXPECT_FALSE(names_etag(none, "\"a\"", kWeak)) << none;
  }
}

TEST(IfMatchTest, NamesVersions) {
  EXPECT_THAT(if_match(with_header("If-Match", "\"1\"")).versions, ElementsAre(1));
  EXPECT_THAT(if_match(with_header("if-match", " \"42\" ")).versions, ElementsAre(42));
  EXPECT_THAT(if_match(with_header("If-Match", "\"1\", W/\"2\", \"x\",\"3\"")).versions,
              ElementsAre(1, 3));
  auto twice = with_header("If-Match", "\"1\"");
  twice.head.headers.add("If-Match", "\"2\"");
  EXPECT_THAT(if_match(twice).versions, ElementsAre(1, 2));
  EXPECT_FALSE(if_match(Request{}).given);
}

TEST(IfMatchTest, MatchesStrongly) {
  EXPECT_EQ(required("\"3\"", 3), std::nullopt);
  EXPECT_EQ(required("\"2\", \"3\"", 3), std::nullopt);
  EXPECT_EQ(required("\"2\", \"4\"", 3), Code::version_conflict);
  EXPECT_EQ(required("W/\"3\"", 3), Code::version_conflict);
  EXPECT_EQ(required("\"2\", W/\"3\"", 3), Code::version_conflict);
}

TEST(IfMatchTest, IsRequiredAndNamesOne) {
  EXPECT_EQ(failure_of([] { require_version(if_match(Request{}), 1); }), Code::if_match_required);
  EXPECT_EQ(required("*", 1), Code::if_match_required);
}

TEST(IfMatchTest, MayBeLeftOutOfSome) {
  EXPECT_EQ(failure_of([] { check_version(if_match(Request{}), 1); }), std::nullopt);
  const auto star = with_header("If-Match", "*");
  EXPECT_EQ(failure_of([&] { check_version(if_match(star), 1); }), std::nullopt);
  const auto stale = with_header("If-Match", "\"2\"");
  EXPECT_EQ(failure_of([&] { check_version(if_match(stale), 1); }), Code::version_conflict);
}

TEST(IfMatchTest, WhatIsNoTagIsSaidToBeNone) {
  for (const std::string text :
       {"1", "\"1", "1\"", "", ",", "\"", "'1'", "W/1", "\"1\", 2", "\"1\" \"2\""}) {
    EXPECT_EQ(required(text, 1), Code::bad_request) << text;
  }
}

TEST(IfMatchTest, WhatWasNeverGivenOutMatchesNothing) {
  for (const std::string tag : {"\"\"", "\"0\"", "\"-1\"", "\"+1\"", "\"1.0\"", "\"0x1\"", "\"a\"",
                                "\"99999999999999999999\"", "\" 1\"", "\"01\""}) {
    EXPECT_EQ(required(tag, 1), Code::version_conflict) << tag;
  }
}

int status_of(std::string_view if_none_match, std::int64_t version) {
  return versioned(with_header("If-None-Match", if_none_match), "{}", version).status;
}

TEST(IfNoneMatchTest, ComparesWeakly) {
  for (const auto* known : {"\"3\"", "W/\"3\"", "*", "\"1\", \"3\"", "\"x\",W/\"3\"", " \"3\" "}) {
    EXPECT_EQ(status_of(known, 3), 304) << known;
  }
  for (const auto* other : {"\"2\"", "nonsense", "", "3", "\"03\"", "\"1\", \"2\""}) {
    EXPECT_EQ(status_of(other, 3), 200) << other;
  }
  const Response whole = versioned(Request{}, "{}", 3);
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body, "{}");
  EXPECT_EQ(whole.headers.get("ETag"), "\"3\"");
  const Response unchanged = versioned(with_header("If-None-Match", "\"3\""), "{}", 3);
  EXPECT_EQ(unchanged.body, "");
  EXPECT_EQ(unchanged.headers.get("ETag"), "\"3\"");
}

}  // namespace
}  // namespace wardbook::api
