#include "features/accounts/refresh_tokens.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "features/accounts/test_values.h"

namespace wardbook::accounts {
namespace {

using std::chrono::seconds;

RefreshToken a_token(std::int64_t number = 3) {
  return {SessionId(0x0102030405060708), number, "0123456789abcdef"};
}

TEST(RefreshTokens, SayWhichTheyAre) {
  const auto text = write_refresh_token(kSecret, a_token());
  EXPECT_EQ(text.size(), 87U);
  EXPECT_EQ(text, write_refresh_token(kSecret, a_token())) << "the same on every node";
  const auto read = read_refresh_token(kSecret, text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->session, a_token().session);
  EXPECT_EQ(read->number, 3);
  EXPECT_EQ(read->nonce, a_token().nonce);
}

TEST(RefreshTokens, DifferBySessionNumberNonceAndSecret) {
  const auto text = write_refresh_token(kSecret, a_token());
  auto session = a_token();
  session.session = SessionId(5);
  auto nonce = a_token();
  nonce.nonce.back() = 'F';
  EXPECT_NE(text, write_refresh_token(kSecret, session));
  EXPECT_NE(text, write_refresh_token(kSecret, a_token(4)));
  EXPECT_NE(text, write_refresh_token(kSecret, nonce));
  EXPECT_FALSE(read_refresh_token(std::string(32, 't'), text)) << "a new secret ends all";
}

TEST(RefreshTokens, AreRefusedUnlessWeWroteThem) {
  const auto text = write_refresh_token(kSecret, a_token());
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed != text) EXPECT_FALSE(read_refresh_token(kSecret, changed)) << "at " << i;
  }
  const auto bytes = *from_base64url(text);
  for (const auto& other :
       {std::string(), std::string("x"), text + "A", text + "=", " " + text, text.substr(1),
        to_base64(bytes), to_hex(bytes), to_base64url(bytes + bytes), std::string(10'000, 'A')}) {
    EXPECT_FALSE(read_refresh_token(kSecret, other)) << other;
  }
  // A successor cannot be made from the token before it without the secret.
  auto next = bytes;
  next[16] = static_cast<char>(next[16] + 1);
  EXPECT_FALSE(read_refresh_token(kSecret, to_base64url(next)));
}

TEST(RefreshTokens, OnlyTheOneBeforeHasALeeway) {
  const auto judge = [](std::int64_t given, seconds after) {
    return judge_refresh(7, kNow, given, kNow + after);
  };
  EXPECT_EQ(judge(7, seconds(0)), RefreshUse::next);
  EXPECT_EQ(judge(7, seconds(100'000)), RefreshUse::next);
  EXPECT_EQ(judge(6, seconds(0)), RefreshUse::again);
  EXPECT_EQ(judge(6, seconds(-1)), RefreshUse::again) << "another node's clock is behind";
  EXPECT_EQ(judge(6, seconds(30)), RefreshUse::again);
  EXPECT_EQ(judge(6, seconds(31)), RefreshUse::reused);
  for (const std::int64_t other : {5, 1, 0, -1, 8}) {
    EXPECT_EQ(judge(other, seconds(0)), RefreshUse::reused) << other;
  }
}

}  // namespace
}  // namespace wardbook::accounts
