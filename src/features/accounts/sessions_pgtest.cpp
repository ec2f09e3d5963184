// Sessions in the browser: the refresh token in a cookie, locked and unlocked sessions, the list of
// one's own, and what the pages keep for a person.
#include "features/accounts/cookie.h"
#include "features/accounts/sessions.h"
#include "features/accounts/sign_in_pgtest.h"

namespace wardbook::accounts {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::Not;

constexpr std::string_view kOwn = "https://ward.example";

/// A browser with a page of ours: it keeps the cookie and sends it, with its origin.
class SessionsTest : public SignInTest {
 protected:
  struct Answer {
    Seen seen;
    std::optional<std::string> set_cookie;
  };

  static Task<> perform_with_cookie(App& app, api::Handler handler, api::Request request,
                                    Answer& out) {
    try {
      const api::Response response = co_await handler(app, std::move(request));
      out.seen.status = response.status;
      if (!response.body.empty()) out.seen.body = json::parse(response.body);
      if (const auto cookie = response.headers.get("Set-Cookie")) out.set_cookie = *cookie;
    } catch (const Failure& failure) {
      out.seen = seen_of(failure);
    }
  }

  Seen send(api::Handler handler, json::object body, std::string_view origin = kOwn) {
    auto sent = request(std::move(body));
    sent.head.headers.set("Host", "ward.example");
    if (!origin.empty()) sent.head.headers.set("Origin", origin);
    if (cookie_) sent.head.headers.set("Cookie", std::string(kSessionCookie) + '=' + *cookie_);
    return keep(handler, std::move(sent));
  }
  Seen as_bearer(api::Handler handler, const Seen& session, std::int64_t id = 0,
                 json::object body = {}) {
    auto sent = request(std::move(body));
    sent.head.headers.set("Authorization", "Bearer " + text(session, "access_token"));
    sent.path_params = {{"id", std::to_string(id)}};
    sent.caller = caller_of(session);
    sent.cursor_secret = "cursors";
    return keep(handler, std::move(sent));
  }
  Seen keep(api::Handler handler, api::Request sent) {
    Answer answer;
    run(clinic_.reactor, perform_with_cookie(clinic_.app, handler, std::move(sent), answer));
    if (answer.set_cookie) {
      const auto value = answer.set_cookie->substr(kSessionCookie.size() + 1);
      cookie_ = value.substr(0, value.find(';'));
      if (cookie_->empty()) cookie_.reset();
    }
    return answer.seen;
  }
  Seen enter(std::string_view origin = kOwn) {
    return send(
        &login,
        {{"email", clinic_.doctor.email}, {"password", kClinicPassword}, {"session", "cookie"}},
        origin);
  }
  Seen unlock_with(std::string_view password) { return send(&unlock, {{"password", password}}); }
  static std::string session_value(const Seen& session, Clinic& clinic, const std::string& column) {
    const auto caller = clinic.tokens.verify(text(session, "access_token"));
    return Clinic::as_owner()
        .value("SELECT " + column + "::text FROM wardbook.sessions WHERE id = $1",
               {std::to_string(caller.session.value)})
        .value_or("");
  }

  std::optional<std::string> cookie_;
};

// ---- the cookie ---------------------------------------------------------------------------------

TEST_F(SessionsTest, TheRefreshTokenIsInTheCookieAndNotInTheAnswer) {
  const auto session = enter();
  ASSERT_EQ(session.status, 200) << session;
  EXPECT_FALSE(session.body.as_object().contains("refresh_token"));
  ASSERT_TRUE(cookie_);
  const auto first = *cookie_;
  const auto next = send(&refresh, {{"session", "cookie"}});
  ASSERT_EQ(next.status, 200) << next;
  EXPECT_FALSE(next.body.as_object().contains("refresh_token"));
  EXPECT_NE(*cookie_, first);
  EXPECT_EQ(caller_of(next).session, caller_of(session).session);
  EXPECT_EQ(send(&refresh, {}).status, 200) << "the cookie counts where nothing is said";
}

TEST_F(SessionsTest, ACookieUsedAgainSoonGetsTheSameSuccessor) {
  ASSERT_EQ(enter().status, 200);
  const auto first = *cookie_;
  ASSERT_EQ(send(&refresh, {}).status, 200);
  const auto second = *cookie_;
  cookie_ = first;
  clinic_.clock.advance(seconds(30));
  const auto again = send(&refresh, {});
  ASSERT_EQ(again.status, 200) << again;
  EXPECT_EQ(*cookie_, second);
  clinic_.clock.advance(seconds(1));
  cookie_ = first;
  EXPECT_EQ(send(&refresh, {}).status, 401);
  EXPECT_TRUE(revoked(again));
}

TEST_F(SessionsTest, OtherSitesUseNoCookie) {
  for (const std::string_view other : {"", "null", "https://evil.example"}) {
    EXPECT_EQ(enter(other).code, "origin_not_allowed") << other;
    EXPECT_FALSE(cookie_);
  }
  EXPECT_THAT(log(), Not(Contains(::testing::HasSubstr("auth.login")))) << "nobody was looked up";
  const auto session = enter();
  ASSERT_EQ(session.status, 200);
  const auto kept = *cookie_;
  for (const std::string_view other : {"", "null", "https://evil.example"}) {
    EXPECT_EQ(send(&refresh, {}, other).code, "origin_not_allowed");
    EXPECT_EQ(send(&logout, {}, other).code, "origin_not_allowed");
    EXPECT_EQ(send(&lock, {}, other).code, "origin_not_allowed");
    EXPECT_EQ(send(&unlock, {{"password", kClinicPassword}}, other).code, "origin_not_allowed");
  }
  EXPECT_EQ(*cookie_, kept);
  EXPECT_FALSE(revoked(session));
  EXPECT_EQ(session_value(session, clinic_, "refresh_number"), "1");
}

TEST_F(SessionsTest, ProgramsNeedNoOriginForATokenInTheBody) {
  const auto session = sign_in(kClinicPassword);
  const auto token = refresh_token(session);
  EXPECT_EQ(send(&refresh, {{"refresh_token", token}}, "").status, 200);
  EXPECT_FALSE(cookie_) << "nobody asked for one";
  EXPECT_EQ(send(&refresh, {{"refresh_token", token}, {"session", "cookie"}}).code,
            "invalid_fields");
  EXPECT_EQ(send(&refresh, {}).code, "invalid_fields") << "neither token nor cookie";
  EXPECT_EQ(send(&refresh, {{"session", "cookie"}}).code, "invalid_credentials");
}

TEST_F(SessionsTest, ACookieSignsOutWithoutAnAccessToken) {
  const auto session = enter();
  EXPECT_EQ(send(&logout, {}).status, 204);
  EXPECT_FALSE(cookie_);
  EXPECT_TRUE(revoked(session));
  EXPECT_EQ(send(&logout, {}).code, "unauthenticated") << "there is nothing to sign out";
  EXPECT_THAT(log(), Contains("auth.logout ok"));
}

TEST_F(SessionsTest, AnOldCookieIsRemovedAtSignOut) {
  ASSERT_EQ(enter().status, 200);
  const auto kept = *cookie_;
  ASSERT_EQ(send(&logout, {}).status, 204);
  cookie_ = kept;
  EXPECT_EQ(send(&logout, {}).status, 204);
  EXPECT_FALSE(cookie_);
}

// ---- locked sessions ----------------------------------------------------------------------------

TEST_F(SessionsTest, ALockedSessionGoesOnByThePasswordUnderItsId) {
  const auto session = enter();
  ASSERT_EQ(send(&lock, {}).status, 204);
  EXPECT_EQ(send(&refresh, {}).code, "session_locked");
  EXPECT_EQ(send(&lock, {}).status, 204) << "twice is once";
  const auto before = *cookie_;
  const auto unlocked = unlock_with(kClinicPassword);
  ASSERT_EQ(unlocked.status, 200) << unlocked;
  EXPECT_NE(*cookie_, before);
  EXPECT_EQ(caller_of(unlocked).session, caller_of(session).session);
  EXPECT_EQ(caller_of(unlocked).account, clinic_.doctor.account);
  EXPECT_EQ(send(&refresh, {}).status, 200);
  EXPECT_EQ(std::ranges::count(log(), "auth.lock ok"), 1);
  EXPECT_EQ(std::ranges::count(log(), "auth.unlock ok"), 1);
}

TEST_F(SessionsTest, ALockKillsTheAccessTokensOfBeforeAndNoneOfAfter) {
  const auto before = enter();
  ASSERT_EQ(send(&lock, {}).status, 204);
  const auto after = unlock_with(kClinicPassword);
  ASSERT_EQ(after.status, 200);
  const auto floor = Clinic::as_owner().value(
      "SELECT max(up_to_token)::text FROM wardbook.revocations WHERE session_id = $1",
      {std::to_string(caller_of(after).session.value)});
  ASSERT_TRUE(floor);
  EXPECT_LE(caller_of(before).token_number, std::stoll(*floor));
  EXPECT_GT(caller_of(after).token_number, std::stoll(*floor));
}

TEST_F(SessionsTest, AnUnlockedSessionIsResumedToo) {
  const auto session = enter();
  const auto unlocked = unlock_with(kClinicPassword);
  ASSERT_EQ(unlocked.status, 200) << "the page was locked while it could not say so";
  EXPECT_EQ(caller_of(unlocked).session, caller_of(session).session);
}

TEST_F(SessionsTest, WhoeverTriesTheAddressFromTheSameNetworkKeepsNobodyFromUnlocking) {
  const auto session = enter();
  ASSERT_EQ(send(&lock, {}).status, 204);
  for (int i = 0; i < 6; ++i) (void)sign_in("certainly wrong");
  ASSERT_EQ(sign_in(kClinicPassword).code, "account_locked") << "signing in anew is locked there";
  const auto unlocked = unlock_with(kClinicPassword);
  ASSERT_EQ(unlocked.status, 200) << unlocked;
  EXPECT_EQ(caller_of(unlocked).session, caller_of(session).session);
  const auto signed_again =
      run(clinic_.reactor, confirm(clinic_.app, caller_of(unlocked), kClinicPassword));
  EXPECT_EQ(signed_again.status, 200) << "and signs";
  EXPECT_EQ(sign_in(kClinicPassword).code, "account_locked") << "unlocking lifts no lock";
}

TEST_F(SessionsTest, TooManyWrongPasswordsEndTheSessionAndNothingElse) {
  const auto elsewhere = caller_of(sign_in(kClinicPassword)).session;
  const auto id = caller_of(enter()).session;
  ASSERT_EQ(send(&lock, {}).status, 204);
  const auto before = *cookie_;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(unlock_with("certainly wrong").code, "wrong_password");
  EXPECT_EQ(*cookie_, before);
  EXPECT_FALSE(has_ended(id)) << "it waits for its owner";
  clinic_.clock.advance(clinic_.settings.auth.lock_duration * 2);
  EXPECT_EQ(unlock_with("certainly wrong").code, "invalid_credentials") << "waiting gives no tries";
  EXPECT_TRUE(has_ended(id));
  EXPECT_EQ(unlock_with(kClinicPassword).code, "invalid_credentials");
  EXPECT_FALSE(has_ended(elsewhere));
  EXPECT_EQ(sign_in(kClinicPassword).status, 200) << "the address is not locked";
  EXPECT_EQ(std::ranges::count(log(), "auth.unlock refused wrong_password"), 5);
  EXPECT_EQ(std::ranges::count(log(), "auth.unlock refused session_ended"), 1);
}

TEST_F(SessionsTest, TheRightPasswordForgivesTheWrongOnes) {
  ASSERT_EQ(enter().status, 200);
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(send(&lock, {}).status, 204);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(unlock_with("certainly wrong").code, "wrong_password");
    EXPECT_EQ(unlock_with(kClinicPassword).status, 200) << round;
  }
}

TEST_F(SessionsTest, GuessesAtOnceAreNoMoreThanOneAfterTheOther) {
  const auto session = sign_in(kClinicPassword);
  std::vector<Seen> seen(12);
  std::vector<Task<>> tries;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const std::string password = i + 1 < seen.size() ? "certainly wrong" : kClinicPassword;
    auto sent = request({{"password", password}, {"refresh_token", refresh_token(session)}});
    tries.push_back(perform_into(clinic_.app, &unlock, std::move(sent), seen[i]));
  }
  testing::run_all(clinic_.reactor, std::move(tries));
  const auto compared = [](const Seen& one) { return one.code == "wrong_password"; };
  EXPECT_LE(std::ranges::count_if(seen, compared), 4);
  EXPECT_EQ(std::ranges::count(log(), "auth.unlock refused wrong_password"), 5);
  EXPECT_TRUE(revoked(session));
}

TEST_F(SessionsTest, TheRightPasswordOpensNothingInASuspendedHospital) {
  const auto session = enter();
  ASSERT_EQ(send(&lock, {}).status, 204);
  Clinic::as_owner().query("UPDATE wardbook.tenants SET status = 'suspended' WHERE id = $1",
                           {clinic_.tenant.str()});
  EXPECT_EQ(unlock_with(kClinicPassword).code, "tenant_suspended");
  EXPECT_FALSE(revoked(session));
  EXPECT_THAT(log(), Contains("auth.unlock refused tenant_suspended"));
}

TEST_F(SessionsTest, NothingResumesASessionThatHasEnded) {
  const auto session = enter();
  Clinic::as_owner().query("UPDATE wardbook.sessions SET ended_at = now() WHERE id = $1",
                           {std::to_string(caller_of(session).session.value)});
  EXPECT_EQ(unlock_with(kClinicPassword).code, "invalid_credentials");
  EXPECT_EQ(unlock_with("certainly wrong").code, "invalid_credentials") << "it says no more";
  EXPECT_EQ(send(&lock, {}).code, "invalid_credentials");
}

TEST_F(SessionsTest, ACopyOfTheTokenThatUnlocksEndsTheSession) {
  const auto session = enter();
  const auto copied = *cookie_;
  ASSERT_EQ(send(&refresh, {}).status, 200);
  clinic_.clock.advance(seconds(31));
  cookie_ = copied;
  EXPECT_EQ(unlock_with(kClinicPassword).code, "invalid_credentials");
  EXPECT_TRUE(revoked(session));
}

TEST_F(SessionsTest, ProgramsUnlockByTheTokenInTheBody) {
  const auto session = sign_in(kClinicPassword);
  const auto unlocked =
      send(&unlock, {{"password", kClinicPassword}, {"refresh_token", refresh_token(session)}}, "");
  ASSERT_EQ(unlocked.status, 200) << unlocked;
  EXPECT_NE(refresh_token(unlocked), refresh_token(session));
  EXPECT_FALSE(cookie_);
}

// ---- one's own sessions -------------------------------------------------------------------------

TEST_F(SessionsTest, TheListHasOnesOwnOpenSessions) {
  // The clinic's own for the doctor, which never runs out.
  Clinic::as_owner().query("UPDATE wardbook.sessions SET ended_at = now() WHERE account_id = $1",
                           {std::to_string(clinic_.doctor.account.value)});
  const auto first = sign_in(kClinicPassword, "203.0.113.7");
  const auto second = sign_in(kClinicPassword, "203.0.113.8");
  const auto ended = sign_in(kClinicPassword);
  ASSERT_EQ(as_bearer(&end_session, second, caller_of(ended).session.value).status, 204);
  const auto list = as_bearer(&list_sessions, second);
  ASSERT_EQ(list.status, 200) << list;
  const auto& items = list.body.at("items").as_array();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].at("id"), caller_of(second).session.value);
  EXPECT_EQ(items[0].at("current"), true);
  EXPECT_EQ(items[0].at("address"), "203.0.113.8");
  EXPECT_EQ(items[0].at("tenant").as_string(), clinic_.tenant.str());
  EXPECT_EQ(items[1].at("id"), caller_of(first).session.value);
  EXPECT_EQ(items[1].at("current"), false);
  EXPECT_EQ(items[1].at("locked"), false);
}

TEST_F(SessionsTest, OnesOwnSessionsAreEndedAndNobodyElses) {
  const auto first = sign_in(kClinicPassword);
  const auto second = sign_in(kClinicPassword);
  const auto other = login_on(clinic_, clinic_.nurse.email, kClinicPassword);
  const auto id_of = [&](const Seen& session) { return caller_of(session).session.value; };
  EXPECT_EQ(as_bearer(&end_session, second, id_of(other)).code, "session_not_found");
  EXPECT_EQ(as_bearer(&end_session, second, 1'000'000'000).code, "session_not_found");
  EXPECT_FALSE(revoked(other));
  EXPECT_EQ(as_bearer(&end_session, second, id_of(first)).status, 204);
  EXPECT_TRUE(revoked(first));
  EXPECT_FALSE(revoked(second));
  EXPECT_EQ(refresh_on(clinic_, refresh_token(first)).status, 401);
  EXPECT_EQ(as_bearer(&end_session, second, id_of(first)).code, "session_not_found");
  EXPECT_EQ(std::ranges::count(log(), "auth.end_session ok"), 1);
}

// ---- what the pages keep ------------------------------------------------------------------------

TEST_F(SessionsTest, ADraftKeyIsOfOneAccountInOneHospital) {
  const auto doctor = sign_in(kClinicPassword);
  const auto nurse = login_on(clinic_, clinic_.nurse.email, kClinicPassword);
  const auto key = text(as_bearer(&draft_key, doctor), "key");
  EXPECT_EQ(key.size(), 44U);
  EXPECT_EQ(text(as_bearer(&draft_key, sign_in(kClinicPassword)), "key"), key) << "in any session";
  EXPECT_NE(text(as_bearer(&draft_key, nurse), "key"), key);
  auto elsewhere = request({});
  elsewhere.caller = caller_of(doctor);
  elsewhere.caller.tenant_id = *TenantId::parse("another_hospital");
  EXPECT_NE(text(keep(&draft_key, elsewhere), "key"), key);
  auto platform = request({});
  platform.caller = caller_of(doctor);
  platform.caller.tenant_id.reset();
  EXPECT_NE(text(keep(&draft_key, platform), "key"), key);
}

TEST_F(SessionsTest, PreferencesAreMergedAndKept) {
  const auto session = sign_in(kClinicPassword);
  const auto patch = [&](json::object body) {
    return as_bearer(&patch_preferences, session, 0, std::move(body));
  };
  EXPECT_EQ(as_bearer(&get_preferences, session).body,
            (json::object{{"language", nullptr},
                          {"theme", nullptr},
                          {"density", nullptr},
                          {"single_key_shortcuts", nullptr}}));
  EXPECT_EQ(patch({{"theme", "dark"}, {"single_key_shortcuts", false}}).status, 200);
  EXPECT_EQ(patch({{"language", "de-AT"}, {"theme", nullptr}}).status, 200);
  const json::object expected{{"language", "de-AT"},
                              {"theme", nullptr},
                              {"density", nullptr},
                              {"single_key_shortcuts", false}};
  EXPECT_EQ(as_bearer(&get_preferences, session).body, expected);
  for (const json::object& wrong :
       {json::object{{"theme", "pink"}}, json::object{{"language", "x y"}},
        json::object{{"single_key_shortcuts", "no"}}, json::object{{"anything", 1}}}) {
    EXPECT_EQ(patch(wrong).code, "invalid_fields") << wrong;
  }
  EXPECT_EQ(as_bearer(&get_preferences, session).body, expected);
}

}  // namespace
}  // namespace wardbook::accounts
