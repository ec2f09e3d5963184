#include "features/accounts/cookie.h"

#include <gtest/gtest.h>

namespace wardbook::accounts {
namespace {

TEST(SessionCookie, IsForNoScriptNoOtherSiteAndNoOtherPath) {
  EXPECT_EQ(cookie_with("abc"),
            "wardbook_session=abc; Path=/api/v1/auth; Secure; HttpOnly; SameSite=Strict");
  EXPECT_EQ(cookie_removed(),
            "wardbook_session=; Path=/api/v1/auth; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}

TEST(SessionCookie, IsFoundAmongOthers) {
  const auto found = [](std::string value) { return session_cookie({{"cookie", value}}); };
  EXPECT_EQ(found("wardbook_session=abc"), "abc");
  EXPECT_EQ(found("a=b; wardbook_session=abc;c=d"), "abc");
  EXPECT_EQ(found("xwardbook_session=no; wardbook_session=a=c"), "a=c");
  EXPECT_EQ(found("wardbook_session=; a=b"), std::nullopt);
  EXPECT_EQ(found("wardbook_session"), std::nullopt);
  EXPECT_EQ(found("Wardbook_Session=abc"), std::nullopt);
  EXPECT_EQ(session_cookie({}), std::nullopt);
  EXPECT_EQ(session_cookie({{"Cookie", "a=b"}, {"Cookie", "wardbook_session=abc"}}), "abc");
}

bool own(const std::string& origin, const std::string& host,
         const std::vector<std::string>& origins = {}) {
  return from_own_origin({{"Host", host}, {"Origin", origin}}, origins);
}

TEST(OwnOrigin, IsTheHostThatWasAskedWhereNoneIsConfigured) {
  EXPECT_TRUE(own("http://127.0.0.1:8080", "127.0.0.1:8080"));
  EXPECT_TRUE(own("https://records.example.org", "Records.Example.org"));
  EXPECT_TRUE(own("http://[::1]:8080", "[::1]:8080"));
  for (const std::string other :
       {"https://evil.example", "http://127.0.0.1:8081", "http://127.0.0.1", "null", "",
        "127.0.0.1:8080", "http://127.0.0.1:8080.evil.example", "http://127.0.0.1:8080/",
        "ftp://127.0.0.1:8080", "http://evil@127.0.0.1:8080"}) {
    EXPECT_FALSE(own(other, "127.0.0.1:8080")) << other;
  }
}

TEST(OwnOrigin, IsOneOfThoseConfiguredAndNoOther) {
  const std::vector<std::string> origins{"https://records.example.org", "https://ward.example"};
  EXPECT_TRUE(own("https://ward.example", "10.0.0.5:8080", origins));
  EXPECT_FALSE(own("http://ward.example", "10.0.0.5:8080", origins));
  EXPECT_FALSE(own("http://10.0.0.5:8080", "10.0.0.5:8080", origins));
}

TEST(OwnOrigin, IsSaidOnce) {
  EXPECT_FALSE(from_own_origin({{"Host", "a"}}, {}));
  EXPECT_FALSE(from_own_origin({{"Origin", "http://a"}}, {}));
  EXPECT_FALSE(
      from_own_origin({{"Host", "a"}, {"Origin", "http://a"}, {"Origin", "http://b"}}, {}));
}

}  // namespace
}  // namespace wardbook::accounts
