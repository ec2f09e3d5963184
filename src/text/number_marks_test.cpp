#include "text/number_marks.h"

#include <gtest/gtest.h>

namespace wardbook::text {
namespace {

TEST(NumberMarksTest, AreThoseOfTheLocale) {
  EXPECT_EQ(marks_of("en-US"), (NumberMarks{U'.', U','}));
  EXPECT_EQ(marks_of("de-DE"), (NumberMarks{U',', U'.'}));
  EXPECT_EQ(marks_of("de-CH").decimal, U'.');
  EXPECT_EQ(marks_of("es-MX").decimal, U'.');
  EXPECT_EQ(marks_of("pt-BR"), (NumberMarks{U',', U'.'}));
  EXPECT_EQ(marks_of("fr-FR").decimal, U',');
}

TEST(NumberMarksTest, ALocaleIsALanguageTagWithALanguage) {
  for (const char* tag : {"en", "en-US", "de-CH", "zh-Hans-CN", "pt-BR"}) {
    EXPECT_TRUE(is_locale(tag)) << tag;
  }
  for (const char* tag : {"", "e", "en_US", "english please", "qq-QQ", "123", "de-", "../etc"}) {
    EXPECT_FALSE(is_locale(tag)) << tag;
  }
}

}  // namespace
}  // namespace wardbook::text
