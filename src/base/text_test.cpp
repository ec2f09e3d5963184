#include "base/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace wardbook {
namespace {

TEST(Text, KindsOfCharactersAreThoseOfAsciiAlone) {
  std::string digits;
  std::string lower;
  std::string upper;
  std::string hex;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (is_digit(c)) digits += c;
    if (is_lower(c)) lower += c;
    if (is_upper(c)) upper += c;
    if (hex_value(c) >= 0) hex += c;
    EXPECT_EQ(is_letter(c), is_lower(c) || is_upper(c)) << byte;
    EXPECT_EQ(is_letter_or_digit(c), is_letter(c) || is_digit(c)) << byte;
  }
  EXPECT_EQ(digits, "0123456789");
  EXPECT_EQ(lower, "abcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(upper, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  EXPECT_EQ(hex, "0123456789ABCDEFabcdef");
  EXPECT_EQ(hex_value('9'), 9);
  EXPECT_EQ(hex_value('a'), 10);
  EXPECT_EQ(hex_value('F'), 15);
}

TEST(Text, CaseChangesTheLettersOfAsciiAndNoOtherByte) {
  EXPECT_EQ(lower_case("Content-MD5 [@`{] \xc3\x84"), "content-md5 [@`{] \xc3\x84");
  EXPECT_EQ(upper_case("k85.9 [@`{] \xc3\xa4"), "K85.9 [@`{] \xc3\xa4");
  EXPECT_EQ(lower_case(""), "");
  EXPECT_EQ(upper_case(lower_case('I')), 'I');
}

TEST(Text, CaseDoesNotMatterOnlyWhereItIsOfAscii) {
  EXPECT_TRUE(equal_ignoring_case("", ""));
  EXPECT_TRUE(equal_ignoring_case("Keep-ALIVE", "keep-alive"));
  EXPECT_FALSE(equal_ignoring_case("keep-alive", "keep-aliv"));
  EXPECT_FALSE(equal_ignoring_case("\xc4", "\xe4"));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
  EXPECT_FALSE(equal_ignoring_case("@", "`"));
  EXPECT_TRUE(starts_with_ignoring_case("X-Amz-Date", "x-amz-"));
  EXPECT_TRUE(starts_with_ignoring_case("x", ""));
  EXPECT_FALSE(starts_with_ignoring_case("X-Am", "x-amz-"));
  EXPECT_FALSE(starts_with_ignoring_case("Y-Amz-Date", "x-amz-"));
}

TEST(Text, NothingIsNeitherDigitsNorHex) {
  EXPECT_TRUE(all_digits("007"));
  EXPECT_FALSE(all_digits("7a"));
  EXPECT_FALSE(all_digits("-7"));
  EXPECT_FALSE(all_digits(""));
  EXPECT_TRUE(all_lower_hex("09af"));
  EXPECT_FALSE(all_lower_hex("09aF"));
  EXPECT_FALSE(all_lower_hex("g"));
  EXPECT_FALSE(all_lower_hex(""));
}

TEST(Text, TrimmingLeavesWhatIsBetweenTheOuterBlanks) {
  EXPECT_EQ(trimmed(" \t a \t b\t "), "a \t b");
  EXPECT_EQ(trimmed("a"), "a");
  EXPECT_EQ(trimmed(" \t"), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed("\r\na\n"), "\r\na\n");
  EXPECT_EQ(trimmed("\r\n a\n", kWhiteSpace), "a");
  EXPECT_EQ(trimmed("\ta ", " "), "\ta");
}

TEST(Text, TrimmingTheEndLeavesTheFront) {
  EXPECT_EQ(trimmed_end(" a \t"), " a");
  EXPECT_EQ(trimmed_end("\t "), "");
  EXPECT_EQ(trimmed_end(""), "");
  EXPECT_EQ(trimmed_end("a \r\n", kWhiteSpace), "a");
}

TEST(Text, OnlyAPairOfQuotesIsTakenOff) {
  EXPECT_EQ(unquoted("\"a\""), "a");
  EXPECT_EQ(unquoted("\"\""), "");
  for (const char* text : {"\"", "a\"", "\"a", "a", "", "'a'"}) EXPECT_EQ(unquoted(text), text);
  EXPECT_EQ(unquoted("\"\"a\"\""), "\"a\"");
}

TEST(Text, BlankIsWhatHoldsNothingElse) {
  EXPECT_TRUE(only_blanks(""));
  EXPECT_TRUE(only_blanks(" \t "));
  EXPECT_FALSE(only_blanks("\n"));
  EXPECT_TRUE(only_blanks("\n", kWhiteSpace));
  EXPECT_FALSE(only_blanks(" . "));
}

TEST(Text, SplittingKeepsEmptyParts) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("a/b", "/"), (Parts{"a", "b"}));
  EXPECT_EQ(split("/a//", "/"), (Parts{"", "a", "", ""}));
  EXPECT_EQ(split("", "/"), (Parts{""}));
  EXPECT_EQ(split("a", "/"), (Parts{"a"}));
  EXPECT_EQ(split("a, b,c", ", "), (Parts{"a", "b,c"}));
}

TEST(Text, JoiningPutsTheSeparatorBetweenEvenEmptyParts) {
  EXPECT_EQ(joined({}, ", "), "");
  EXPECT_EQ(joined({"a"}, ", "), "a");
  EXPECT_EQ(joined({"", "a", ""}, ", "), ", a, ");
}

TEST(Text, ANumberIsTheWholeTextAndFits) {
  EXPECT_EQ(parse_number<std::int64_t>("-9223372036854775808"),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551615"),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_number<int>("007"), 7);
  EXPECT_EQ(parse_number<std::uint64_t>("fF", 16), 255);
  for (const char* text : {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808"}) {
    EXPECT_EQ(parse_number<std::int64_t>(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_number<double>("-1.5e3"), -1500.0);
  EXPECT_EQ(parse_number<double>("1,5"), std::nullopt);
  EXPECT_EQ(parse_number<std::uint16_t>("65536"), std::nullopt);
  EXPECT_EQ(parse_number<std::uint64_t>("-1"), std::nullopt);
}

TEST(Text, HexNumbersAreWithoutLeadingZeros) {
  EXPECT_EQ(hex_number(0), "0");
  EXPECT_EQ(hex_number(0x1a2b), "1a2b");
  EXPECT_EQ(hex_number(std::numeric_limits<std::uint64_t>::max()), "ffffffffffffffff");
}

}  // namespace
}  // namespace wardbook
