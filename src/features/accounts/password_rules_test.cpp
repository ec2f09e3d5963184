#include <gtest/gtest.h>

#include "features/accounts/accounts.h"

namespace wardbook::accounts {
namespace {

Settings::Auth quick() {
  Settings::Auth auth;
  auth.argon2_memory_bytes = 8 * 1024 * 1024;
  auth.argon2_passes = 1;
  return auth;
}

/// Words that nobody guesses, of so many characters.
std::string words(std::size_t length) {
  std::string out;
  while (out.size() < length) out += "tulip-over-9-cranes.";
  return out.substr(0, length);
}

TEST(PasswordRules, LengthIsCountedInCharacters) {
  const std::string expected = "must have 12 to 128 characters";
  EXPECT_EQ(password_fault(words(11), "a@b.c"), expected);
  EXPECT_FALSE(password_fault(words(12), "a@b.c"));
  EXPECT_FALSE(password_fault(words(128), "a@b.c"));
  EXPECT_EQ(password_fault(words(129), "a@b.c"), expected);
  EXPECT_FALSE(password_fault("\u00e9t\u00e9 \u00e0 No\u00eblle", "")) << "12 of more bytes";
  EXPECT_EQ(password_fault("e\u0301te\u0301 No\u0308el7", ""), expected) << "composed they are 9";
}

TEST(PasswordRules, WhatCannotBeTypedOrSentIsRefused) {
  for (const auto* password :
       {"a good long one\r", "a good\tlong one", "a good long\none", "\ufeffa good long one",
        "a good \u0007 long one", "a good \u0085 long one", "a good \u2028 long one"}) {
    EXPECT_EQ(password_fault(password, ""), "holds characters that cannot be typed") << password;
  }
  EXPECT_EQ(password_fault("a good long one \xff", ""), "is not UTF-8");
  for (const auto* blank :
       {"             ", "\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0 \u3000 \u3000 \u3000",
        "\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b"}) {
    EXPECT_EQ(password_fault(blank, ""), "must not be blank") << blank;
  }
  EXPECT_FALSE(password_fault("  tulip over cranes  ", "")) << "spaces are characters";
}

TEST(PasswordRules, OneRepeatedCharacterAndCommonOnesAreRefused) {
  for (const auto* password :
       {"xxxxxxxxxxxx", "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9",
        "aAaAaAaAaAaA", "abcabcabcabc", "12341234123412", "abcdefghijkl", "ABCDEFGHIJKLM",
        "987654321098", "123456789012", "Password1234", "PASSWORDPASSWORD", "1qaz2wsx3edc",
        "qwertyuiop12", "Welcome2026!!", "  Password 1 2 ", "letmeinletmein", "Administrator",
        "\uff30assword1234"}) {
    EXPECT_EQ(password_fault(password, ""), "is too easy to guess") << password;
  }
  for (const auto* password :
       {"correct horse battery", "welcome to the machine", "my password is long", "aaaaaaaaaaab",
        "abcdefghijkm", "hospital tulip"}) {
    EXPECT_FALSE(password_fault(password, "")) << password;
  }
}

TEST(PasswordRules, TheAddressIsNone) {
  EXPECT_TRUE(password_fault("Doctor@Demo.Test", "doctor@demo.test"));
  EXPECT_TRUE(password_fault("doctor@demo.test", "\uff24octor@demo.test"));
  EXPECT_TRUE(password_fault("christopher.tulip", "Christopher.Tulip@demo.test"));
}

TEST(PasswordRules, AreComparedAsNfc) {
  const auto hash = hash_password(quick(), "Caf\u00e9 \u00fcber alles");
  EXPECT_TRUE(password_matches(hash, "Cafe\u0301 u\u0308ber alles"));
  EXPECT_TRUE(password_matches(hash, "Caf\u00e9\u00a0\u00fcber alles"))
      << "a space of another keyboard";
  EXPECT_FALSE(password_matches(hash, "Cafe uber alles"));
  EXPECT_FALSE(password_matches(hash, "caf\u00e9 \u00fcber alles")) << "case counts";
  const auto decomposed = hash_password(quick(), "Cafe\u0301 u\u0308ber alles");
  EXPECT_TRUE(password_matches(decomposed, "Caf\u00e9 \u00fcber alles"));
}

TEST(AddressKeys, AreWithoutCaseWidthAndUnseenCharacters) {
  EXPECT_EQ(email_key("Doctor@Demo.Test"), "doctor@demo.test");
  EXPECT_EQ(email_key("doc\u200btor@demo.test\u00ad"), "doctor@demo.test");
  EXPECT_EQ(email_key("\uff24octor\uff20demo.test"), "doctor@demo.test");
}

}  // namespace
}  // namespace wardbook::accounts
