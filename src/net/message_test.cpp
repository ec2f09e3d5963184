#include "net/message.h"

#include <gtest/gtest.h>

namespace wardbook::net {
namespace {

TEST(Headers, NamesCompareWithoutCase) {
  Headers headers{{"Content-Type", "a"}, {"X-One", "1"}, {"content-TYPE", "b"}};
  EXPECT_EQ(headers.get("CONTENT-type"), "a");
  EXPECT_EQ(headers.count("content-type"), 2U);
  EXPECT_FALSE(headers.get("content-typ").has_value());
  headers.set("content-type", "c");
  EXPECT_EQ(headers.count("Content-Type"), 1U);
  EXPECT_EQ(headers.get("Content-Type"), "c");
  headers.erase("x-ONE");
  EXPECT_EQ(headers.count("X-One"), 0U);
}

TEST(Headers, SetTakesAValueOfItsOwn) {
  Headers headers{{"A", "a long value that is kept on the heap, not inside of the string"}};
  headers.set("A", *headers.get("A"));
  EXPECT_EQ(headers.get("A"), "a long value that is kept on the heap, not inside of the string");
}

TEST(RequestHead, SplitsItsTarget) {
  RequestHead head;
  head.target = "/a/b?c=d?e";
  EXPECT_EQ(head.raw_path(), "/a/b");
  EXPECT_EQ(head.raw_query(), "c=d?e");
  head.target = "/a";
  EXPECT_EQ(head.raw_path(), "/a");
  EXPECT_EQ(head.raw_query(), "");
}

TEST(Percent, Decodes) {
  EXPECT_EQ(percent_decode("a%20b%2Fc%c3%bc+"), "a b/c\xc3\xbc+");
  EXPECT_EQ(percent_decode(""), "");
  for (const auto* broken : {"%", "%4", "%zz", "%4g", "a%", "%00", "x%2"}) {
    EXPECT_FALSE(percent_decode(broken).has_value()) << broken;
  }
}

TEST(Percent, Encodes) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/\xc3\xbc%"), "a%20b%2F%C3%BC%25");
  EXPECT_EQ(percent_encode("a b/c", true), "a%20b/c");
}

TEST(Percent, EveryByteComesBack) {
  for (int byte = 1; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    EXPECT_EQ(percent_decode(percent_encode(text)), text) << byte;
  }
}

TEST(Query, SplitsAndDecodes) {
  const QueryParams expected{{"q", "a b"}, {"empty", ""}, {"bare", ""}, {"x=", "1=2"}};
  EXPECT_EQ(parse_query("q=a+b&empty=&&bare&x%3D=1=2"), expected);
  EXPECT_EQ(parse_query(""), QueryParams());
  EXPECT_FALSE(parse_query("a=%zz").has_value());
  EXPECT_FALSE(parse_query("%=1").has_value());
}

}  // namespace
}  // namespace wardbook::net
