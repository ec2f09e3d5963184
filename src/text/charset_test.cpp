#include "text/charset.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace wardbook::text {
namespace {

using namespace std::string_literals;

struct Sent {
  std::string bytes;
  std::string charset;
  std::string utf8;
};

TEST(CharsetTest, KnowsWhatLaboratoriesSend) {
  const std::vector<Sent> cases{
      {"Name;Wert\r\nM\xfcller;4,1\r\n", "", "Name;Wert\r\nMüller;4,1\r\n"},
      {"Preis 5 \x80, \x84gut\x93", "windows-1252", "Preis 5 €, „gut“"},
      {"\xff\xfeH\0b\0\n\0"s, "UTF-16", "Hb\n"},
      {"\xfe\xff\0H\0b"s, "UTF-16", "Hb"},
      {"H\0b\0;\0\xfc\0"s, "UTF-16LE", "Hb;ü"},
      {"\xef\xbb\xbfHb", "UTF-8", "Hb"},
      {"plain", "UTF-8", "plain"},
      {"\x83\x77\x83\x82\x83\x4f\x83\x8d\x83\x72\x83\x93\x2c\x8c\x8c\x89\x74\x8c\x9f\x8d\xb8\x82"
       "\xcc\x8c\x8b\x89\xca\x82\xc5\x82\xb7\x81\x42",
       "Shift_JIS", "ヘモグロビン,血液検査の結果です。"},
      {"\xd1\xaa\xba\xec\xb5\xb0\xb0\xd7\xa3\xac\xbc\xec\xb2\xe9\xbd\xe1\xb9\xfb\xd5\xfd\xb3\xa3"
       "\xa1"
       "\xa3\xbb\xbc\xd5\xdf\xb5\xc4\xc7\xe9\xbf\xf6\xca\xc7\xd5\xfd\xb3\xa3\xb5\xc4\xa1\xa3",
       "GB18030", "血红蛋白，检查结果正常。患者的情况是正常的。"},
  };
  for (const auto& [bytes, charset, utf8] : cases) {
    const auto found = charset_of(bytes, true);
    ASSERT_TRUE(found) << utf8;
    if (!charset.empty()) EXPECT_EQ(*found, charset) << utf8;
    EXPECT_EQ(to_utf8(bytes, *found), utf8);
  }
}

TEST(CharsetTest, ADeclaredOneCountsWhereTheBytesAreTextInIt) {
  EXPECT_EQ(charset_of("\xb1\xe6", true, "ISO-8859-2"), "ISO-8859-2");
  EXPECT_EQ(charset_of("Gr\xc3\xbc\xc3\x9f"
                       "e",
                       true, "utf-8"),
            "UTF-8");
  EXPECT_EQ(charset_of("abc", true, "no-such-thing"), "UTF-8");
  EXPECT_EQ(charset_of("abcd", true, "UTF-16"), "UTF-8") << "it would be two Chinese characters";
  EXPECT_FALSE(
      charset_of("a\x01"
                 "b",
                 true, "ISO-8859-1"));
}

TEST(CharsetTest, ProgramsAndPicturesAreNoText) {
  const std::vector<std::string> none{"MZ\x90\0\x03\0\0\0\x04"s,
                                      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s,
                                      "\xff\xd8\xff\xe0\0\x10JFIF\0"s,
                                      "a\0b"s,
                                      "\x1b[31m",
                                      "\x7f",
                                      "a\xff\xfe",
                                      "H\0b\0\x01\0"s,
                                      "\xff\xfe\0\xd8"s};
  for (const auto& bytes : none) EXPECT_FALSE(charset_of(bytes, true)) << bytes;
  std::mt19937 random(7);  // NOLINT: the same bytes each time
  int taken = 0;
  for (int round = 0; round < 500; ++round) {
    std::string bytes(64, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    taken += charset_of(bytes, true) ? 1 : 0;
  }
  EXPECT_EQ(taken, 0);
}

TEST(CharsetTest, ACharacterMayBeCutOffAtTheEndOfABeginning) {
  const std::vector<std::string> cut{"a\xe2\x82",
                                     "\xff\xfe"
                                     "a\0b"s,
                                     "H\0b\0i"s};
  for (const auto& bytes : cut) EXPECT_TRUE(charset_of(bytes, false)) << bytes;
  EXPECT_FALSE(charset_of("H\0b\0i"s, true));
}

}  // namespace
}  // namespace wardbook::text
