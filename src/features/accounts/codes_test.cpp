#include "features/accounts/codes.h"

#include <gtest/gtest.h>

#include <set>

#include "base/hash.h"

namespace wardbook::accounts {
namespace {

TEST(OneTimeCodes, AreFiveGroupsOfLettersThatNobodyConfuses) {
  const auto code = code_from(std::string(13, '\0'));
  EXPECT_EQ(code.text, "0000-0000-0000-0000-0000");
  EXPECT_EQ(code_from(std::string(13, '\xff')).text, "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ");
  EXPECT_EQ(code_from(std::string("\x00\x44\x32\x14\xC7\x42\x54\xB6\x35\xCF\x84\x65\x3A", 13)).text,
            "0123-4567-89AB-CDEF-GHJK");
  EXPECT_THROW((void)code_from(std::string(12, 'x')), std::logic_error);
}

TEST(OneTimeCodes, AreAllDifferent) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(code_from(random_bytes(13)).text);
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(OneTimeCodes, AreReadAsPeopleTypeThem) {
  const auto code =
      code_from(std::string("\x00\x44\x32\x14\xC7\x42\x54\xB6\x35\xCF\x84\x65\x3A", 13));
  for (const auto* typed :
       {"0123-4567-89AB-CDEF-GHJK", "0123456789abcdefghjk", " 0123 4567 89ab cdef ghjk ",
        "O123-4567-89AB-CDEF-GHJK", "oI23-4567-89AB-CDEF-GHJK", "0l23.4567.89AB.CDEF.GHJK",
        "\uff10123-4567-89AB-CDEF-GHJK\u200b", "0123\u00a04567-89AB-CDEF-GHJK\r\n"}) {
    const auto read = read_code(typed);
    ASSERT_TRUE(read) << typed;
    EXPECT_EQ(read->text, code.text) << typed;
    EXPECT_EQ(read->hash, code.hash) << typed;
    EXPECT_EQ(read->locator, "0123");
  }
}

TEST(OneTimeCodes, OtherTextIsNone) {
  for (const auto* typed :
       {"", "0123-4567-89AB-CDEF-GHJ", "0123-4567-89AB-CDEF-GHJKM", "U123-4567-89AB-CDEF-GHJK",
        "0123_4567_89AB_CDEF_GHJK", "\xff", "\u0441123-4567-89AB-CDEF-GHJK"}) {
    EXPECT_FALSE(read_code(typed)) << typed;
  }
}

}  // namespace
}  // namespace wardbook::accounts
