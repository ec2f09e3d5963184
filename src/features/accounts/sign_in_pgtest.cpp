// Signing in, refreshing and being asked again: what is counted, where, and what the log gets of
// it.
#include "features/accounts/sign_in_pgtest.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <future>

#include "base/text.h"
#include "features/accounts/refresh_tokens.h"
#include "features/accounts/tallies.h"

namespace wardbook::accounts {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// ---- refresh tokens -----------------------------------------------------------------------------

TEST_F(SignInTest, AnyEarlierRefreshTokenEndsTheSession) {
  for (const std::size_t stolen : {0U, 1U, 3U}) {
    std::vector<Seen> answers{sign_in(kClinicPassword)};
    for (int i = 0; i < 5; ++i) {
      clinic_.clock.advance(seconds(31));
      answers.push_back(refresh_on(clinic_, refresh_token(answers.back())));
      ASSERT_EQ(answers.back().status, 200) << i;
    }
    EXPECT_EQ(refresh_on(clinic_, refresh_token(answers[stolen])).code, "invalid_credentials");
    EXPECT_TRUE(revoked(answers.front()));
    EXPECT_EQ(refresh_on(clinic_, refresh_token(answers.back())).code, "invalid_credentials");
  }
  EXPECT_EQ(std::ranges::count(log(), "auth.refresh refused refresh_token_reused"), 3);
  EXPECT_EQ(sign_in(kClinicPassword).status, 200) << "the account itself is not at fault";
}

TEST_F(SignInTest, TheSealerIsToldOfItsEntries) {
  (void)clinic_.log.take_touched();
  ASSERT_EQ(sign_in("wrong password").status, 401);
  EXPECT_EQ(clinic_.log.take_touched(), std::vector{clinic_.tenant});
  const auto in = sign_in(kClinicPassword);
  ASSERT_EQ(in.status, 200);
  EXPECT_EQ(clinic_.log.take_touched(), std::vector{clinic_.tenant});
  ASSERT_EQ(refresh_on(clinic_, refresh_token(in)).status, 200);
  EXPECT_TRUE(clinic_.log.take_touched().empty()) << "a refresh is nothing for the log";
}

TEST_F(SignInTest, ATokenUsedAgainSoonGetsTheSameSuccessor) {
  const auto first = sign_in(kClinicPassword);
  const auto second = refresh_on(clinic_, refresh_token(first));
  clinic_.clock.advance(seconds(30));
  const auto again = refresh_on(clinic_, refresh_token(first));
  ASSERT_EQ(again.status, 200) << again;
  EXPECT_EQ(refresh_token(again), refresh_token(second));
  EXPECT_NE(text(again, "access_token"), text(second, "access_token"));
  EXPECT_EQ(again.body.at("expires_in"), 900);
  EXPECT_NE(caller_of(again).token_number, caller_of(second).token_number);
  clinic_.clock.advance(seconds(1));
  EXPECT_EQ(refresh_on(clinic_, refresh_token(first)).status, 401) << "counted from the first use";
  EXPECT_TRUE(revoked(first));
}

TEST_F(SignInTest, TheLeewayEndsOnceTheSuccessorWasUsed) {
  const auto first = sign_in(kClinicPassword);
  const auto second = refresh_on(clinic_, refresh_token(first));
  const auto third = refresh_on(clinic_, refresh_token(second));
  ASSERT_EQ(third.status, 200);
  EXPECT_EQ(refresh_on(clinic_, refresh_token(first)).status, 401);
  EXPECT_EQ(refresh_on(clinic_, refresh_token(third)).status, 401);
}

TEST_F(SignInTest, RefreshesAtOnceOnTwoNodesAllGoOnWithOneSuccessor) {
  Clinic other;
  const auto first = sign_in(kClinicPassword);
  const auto body = [&] { return request({{"refresh_token", refresh_token(first)}}); };
  std::vector<Seen> here(6), there(6);
  const auto start = [&](Clinic& node, std::vector<Seen>& answers) {
    std::vector<Task<>> tasks;
    for (auto& answer : answers) {
      tasks.push_back(perform_into(node.app, &refresh, body(), answer));
    }
    testing::run_all(node.reactor, std::move(tasks));
  };
  auto second = std::async(std::launch::async, [&] { start(other, there); });
  start(clinic_, here);
  second.get();
  here.insert(here.end(), there.begin(), there.end());
  for (const auto& answer : here) {
    ASSERT_EQ(answer.status, 200) << answer;
    EXPECT_EQ(refresh_token(answer), refresh_token(here.front()));
  }
  EXPECT_EQ(refresh_on(other, refresh_token(here.front())).status, 200);
}

TEST_F(SignInTest, ForeignRefreshTokensEndNothingAndLeaveNoEntry) {
  const auto first = sign_in(kClinicPassword);
  const auto entries = log();
  const auto platform = platform_entries();
  const auto& secret = clinic_.settings.auth.token_secret;
  auto token = *read_refresh_token(secret, refresh_token(first));
  token.number = 2;
  const auto elsewhere = write_refresh_token(std::string(32, 't'), token);
  auto restored = token;
  restored.nonce = std::string(kRefreshNonceBytes, 'x');
  auto missing = token;
  missing.session = SessionId(1'000'000'000);
  for (const auto& text : {std::string("garbage"), elsewhere, write_refresh_token(secret, restored),
                           write_refresh_token(secret, missing)}) {
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(refresh_on(clinic_, text).code, "invalid_credentials");
    }
  }
  EXPECT_FALSE(revoked(first));
  EXPECT_EQ(log(), entries);
  EXPECT_EQ(platform_entries(), platform);
  EXPECT_EQ(refresh_on(clinic_, refresh_token(first)).status, 200);
}

TEST_F(SignInTest, AReusedTokenIsLoggedOnceHoweverOftenItComes) {
  const auto first = sign_in(kClinicPassword);
  (void)refresh_on(clinic_, refresh_token(first));
  clinic_.clock.advance(seconds(31));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(refresh_on(clinic_, refresh_token(first)).status, 401);
  EXPECT_EQ(std::ranges::count(log(), "auth.refresh refused refresh_token_reused"), 1);
}

TEST_F(SignInTest, ATokenAheadOfTheSessionEndsIt) {
  const auto first = sign_in(kClinicPassword);
  const auto& secret = clinic_.settings.auth.token_secret;
  auto token = *read_refresh_token(secret, refresh_token(first));
  token.number += 1;  // as after a failover to a database that lacks the last refresh
  EXPECT_EQ(refresh_on(clinic_, write_refresh_token(secret, token)).status, 401);
  EXPECT_TRUE(revoked(first));
}

// ---- counting -----------------------------------------------------------------------------------

TEST_F(SignInTest, KnownAndUnknownAddressesAreAnsweredAlike) {
  struct Row {
    std::string password;
    std::string ip;
    seconds later{0};
  };
  std::vector<Row> rows;
  for (int i = 0; i < 8; ++i) rows.push_back({"wrong", "203.0.113.1"});
  rows.push_back({"wrong", "203.0.113.1", seconds(899)});
  rows.push_back({"wrong", "198.51.100.7"});
  rows.push_back({"wrong", "203.0.113.1", seconds(1)});
  for (int network = 1; network <= 12; ++network) {
    for (int i = 0; i < 5; ++i) rows.push_back({"wrong", "192.0.2." + std::to_string(network)});
  }
  rows.push_back({"wrong", "192.0.2.200"});
  rows.push_back({"wrong", "2001:db8::1", seconds(60)});
  rows.push_back({"wrong", "203.0.113.1", seconds(900)});
  const auto unknown = unknown_address();
  std::vector<std::string> codes;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    clinic_.clock.advance(rows[i].later);
    const auto one = sign_in(rows[i].password, rows[i].ip);
    const auto other = login_on(clinic_, unknown, rows[i].password, rows[i].ip);
    EXPECT_EQ(one, other) << "row " << i;
    codes.push_back(one.code);
  }
  EXPECT_EQ(std::ranges::count(codes, "account_locked"), 23);
  EXPECT_EQ(codes.back(), "invalid_credentials");
}

TEST_F(SignInTest, FailuresAreCountedForAllNodesTogether) {
  Clinic other;
  const auto unknown = unknown_address();
  for (const auto& email : {clinic_.doctor.email, unknown}) {
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(login_on(i % 2 == 0 ? clinic_ : other, email, "wrong").code, "invalid_credentials");
    }
    EXPECT_EQ(login_on(clinic_, email, "wrong").code, "account_locked");
    EXPECT_EQ(login_on(other, email, "wrong").code, "account_locked");
  }
}

TEST_F(SignInTest, HoweverAnAddressIsTypedItHasOneTally) {
  const auto unknown = unknown_address();
  for (auto email : {clinic_.doctor.email, unknown}) {
    for (int i = 0; i < 5; ++i) {
      email[static_cast<std::size_t>(i)] = upper_case(email[static_cast<std::size_t>(i)]);
      EXPECT_EQ(login_on(clinic_, email, "wrong").code, "invalid_credentials");
    }
    EXPECT_EQ(login_on(clinic_, email, "wrong").code, "account_locked");
  }
}

TEST_F(SignInTest, ParallelGuessesAreNoMoreThanSuccessiveOnes) {
  const auto unknown = unknown_address();
  for (const auto& email : {clinic_.doctor.email, unknown}) {
    std::vector<Seen> answers(20);
    std::vector<Task<>> tasks;
    for (auto& answer : answers) {
      tasks.push_back(perform_into(clinic_.app, &login, login_request(email, "guess"), answer));
    }
    testing::run_all(clinic_.reactor, std::move(tasks));
    EXPECT_EQ(std::ranges::count(answers, "invalid_credentials", &Seen::code), 5);
    EXPECT_EQ(std::ranges::count(answers, "account_locked", &Seen::code), 15);
  }
}

TEST_F(SignInTest, WrongSignInsElsewhereKeepNobodyOut) {
  EXPECT_EQ(sign_in(kClinicPassword).status, 200);
  for (int network = 0; network < 30; ++network) {
    for (int i = 0; i < 5; ++i) (void)sign_in("wrong", "192.0.2." + std::to_string(network));
  }
  EXPECT_EQ(sign_in(kClinicPassword, "198.51.100.1").code, "account_locked")
      << "guesses are bounded wherever they come from";
  EXPECT_EQ(sign_in(kClinicPassword).status, 200) << "where the doctor signed in before";
  clinic_.clock.advance(kKnownNetwork);
  EXPECT_EQ(sign_in(kClinicPassword, "198.51.100.1").status, 200) << "the lock has run out";
}

TEST_F(SignInTest, WrongSignInsLockNobodysSignature) {
  const auto session = sign_in(kClinicPassword);
  for (int i = 0; i < 10; ++i) (void)sign_in("wrong");
  EXPECT_EQ(sign_in(kClinicPassword).code, "account_locked");
  EXPECT_EQ(run(clinic_.reactor, confirm(clinic_.app, caller_of(session), kClinicPassword)).status,
            200);
  EXPECT_EQ(refresh_on(clinic_, refresh_token(session)).status, 200);
}

TEST_F(SignInTest, WrongPasswordsBeforeASignatureLockThatSessionOnly) {
  const auto session = sign_in(kClinicPassword);
  const auto ask = [&](const Seen& who, const char* password) {
    return run(clinic_.reactor, confirm(clinic_.app, caller_of(who), password));
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(session, "wrong").code, "wrong_password") << i;
  for (int i = 0; i < 30; ++i) EXPECT_EQ(ask(session, kClinicPassword).code, "account_locked");
  const auto second = sign_in(kClinicPassword);
  ASSERT_EQ(second.status, 200);
  EXPECT_EQ(ask(second, kClinicPassword).status, 200);
  EXPECT_EQ(ask(session, kClinicPassword).retry_after_s, 900);
  clinic_.clock.advance(seconds(890));
  const auto refreshed = refresh_on(clinic_, refresh_token(session));
  EXPECT_EQ(ask(refreshed, kClinicPassword).code, "account_locked") << "no way around it";
  clinic_.clock.advance(seconds(10));
  EXPECT_EQ(ask(refreshed, kClinicPassword).status, 200);
  EXPECT_THAT(
      log(),
      ElementsAre("auth.login ok", "auth.confirm refused wrong_password",
                  "auth.confirm refused wrong_password", "auth.confirm refused wrong_password",
                  "auth.confirm refused wrong_password", "auth.confirm refused wrong_password",
                  "auth.confirm refused account_locked", "auth.login ok",
                  "auth.confirm refused tries_while_locked 32"));
}

TEST_F(SignInTest, TheSignedInDoNotWaitBehindThoseWhoSignIn) {
  const auto session = sign_in(kClinicPassword);
  std::vector<HashQueue::Place> taken;
  const int places = hashes_at_once(clinic_.settings.server);
  for (int i = 0; i < places; ++i) {
    taken.push_back(
        run(clinic_.reactor, clinic_.authority.hashing(false).enter("elsewhere", places)));
  }
  Seen waiting;
  boost::asio::co_spawn(clinic_.reactor,
                        perform_into(clinic_.app, &login,
                                     login_request(clinic_.doctor.email, kClinicPassword), waiting),
                        boost::asio::detached);
  while (clinic_.authority.hashing(false).waiting() == 0) clinic_.reactor.run_one();
  EXPECT_EQ(run(clinic_.reactor, confirm(clinic_.app, caller_of(session), kClinicPassword)).status,
            200);
  EXPECT_EQ(clinic_.authority.hashing(false).waiting(), 1U);
  EXPECT_EQ(waiting.status, 0);
  taken.clear();
  EXPECT_EQ(sign_in(kClinicPassword).status, 200);
  EXPECT_EQ(waiting.status, 200);
}

Task<> take_place(HashQueue& queue, int places, std::vector<HashQueue::Place>& taken) {
  taken.push_back(co_await queue.enter("somebody else", places));
}

TEST_F(SignInTest, AChangeOfPasswordUnderWayDoesNotUndoAReset) {
  const auto session = sign_in(kClinicPassword);
  HashQueue& queue = clinic_.authority.hashing(true);
  const int places = hashes_at_once(clinic_.settings.server);
  std::vector<HashQueue::Place> taken;
  taken.reserve(static_cast<std::size_t>(places) + 1);
  for (int i = 0; i < places; ++i) run(clinic_.reactor, take_place(queue, places, taken));
  auto change =
      request({{"current_password", kClinicPassword}, {"new_password", "late and unwanted"}});
  change.caller = caller_of(session);
  Seen changed;
  boost::asio::co_spawn(clinic_.reactor,
                        perform_into(clinic_.app, &change_password, std::move(change), changed),
                        boost::asio::detached);
  while (queue.waiting() < 1) clinic_.reactor.run_one();
  boost::asio::co_spawn(clinic_.reactor, take_place(queue, places, taken), boost::asio::detached);
  while (queue.waiting() < 2) clinic_.reactor.run_one();
  taken.pop_back();  // The current password is compared, and somebody else has the place again.
  const auto all = static_cast<std::size_t>(places);
  while (taken.size() < all || queue.waiting() < 1) clinic_.reactor.run_one();
  const auto hash = hash_password(clinic_.settings.auth, "another good password");
  run(clinic_.reactor, reset_password(clinic_.db, {}, clinic_.doctor.account, hash));
  taken.clear();
  while (changed.status == 0) clinic_.reactor.run_one();
  EXPECT_EQ(changed.status, 401) << changed;
  EXPECT_EQ(sign_in("late and unwanted").status, 401);
  EXPECT_EQ(sign_in("another good password").status, 200);
}

TEST_F(SignInTest, ARightPasswordThatOpensNothingCountsLikeAWrongOne) {
  run(clinic_.reactor,
      set_account_active(clinic_.db, {}, clinic_.doctor.account, /*active=*/false));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in(kClinicPassword).code, "invalid_credentials");
  EXPECT_EQ(sign_in(kClinicPassword).code, "account_locked")
      << "or the lock that does not come would tell that it is right";
  EXPECT_EQ(std::ranges::count(log(), "auth.login refused account_disabled"), 5);
}

TEST_F(SignInTest, ANewPasswordLiftsTheLock) {
  for (int i = 0; i < 6; ++i) (void)sign_in("wrong");
  const auto hash = hash_password(clinic_.settings.auth, "another good password");
  run(clinic_.reactor, reset_password(clinic_.db, {}, clinic_.doctor.account, hash));
  EXPECT_EQ(sign_in("another good password").status, 200);
}

// ---- what the log gets --------------------------------------------------------------------------

TEST_F(SignInTest, TriesOnALockedAccountAreCountedNotLoggedOneByOne) {
  for (int i = 0; i < 5; ++i) (void)sign_in("wrong");
  const auto entries = log();
  EXPECT_THAT(entries, Contains("auth.login refused account_locked 203.0.113.1"));
  EXPECT_EQ(entries.size(), 6U);
  const auto platform = platform_entries();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(sign_in(kClinicPassword).code, "account_locked");
  EXPECT_EQ(log(), entries);
  EXPECT_EQ(platform_entries(), platform);
  clinic_.clock.advance(seconds(900));
  EXPECT_EQ(sign_in(kClinicPassword).status, 200);
  const auto after = log();
  ASSERT_EQ(after.size(), 8U);
  EXPECT_EQ(after[6], "auth.login refused tries_while_locked 100 203.0.113.1");
}

TEST_F(SignInTest, TriesThatNobodyCameBackToAreWrittenDownOnce) {
  for (int i = 0; i < 12; ++i) (void)sign_in("wrong", "192.0.2.77");
  const auto write_down = [&] {
    run(clinic_.reactor,
        write_down_refused(clinic_.db, clinic_.doctor.tenant_id, clinic_.clock.now()));
  };
  write_down();
  EXPECT_THAT(log(), Not(Contains(HasSubstr("tries_while_locked")))) << "the lock lasts";
  clinic_.clock.advance(seconds(1'800));
  run(clinic_.reactor, write_down_refused(clinic_.db, std::nullopt, clinic_.clock.now()));
  EXPECT_THAT(log(), Not(Contains(HasSubstr("tries_while_locked")))) << "it is the hospital's";
  write_down();
  write_down();
  const std::string entry = "auth.login refused tries_while_locked 7 192.0.2.77";
  EXPECT_EQ(std::ranges::count(log(), entry), 1);
}

TEST_F(SignInTest, WhoeverSignsInWritesIntoNoOtherHospitalsLog) {
  for (int i = 0; i < 12; ++i) (void)sign_in("wrong", "192.0.2.78");
  clinic_.clock.advance(seconds(1'800));
  const auto before = log();
  db::SyncConnection owner = Clinic::as_owner();
  owner.script("BEGIN; LOCK TABLE \"" + clinic_.doctor.tenant_id->str() +
               "\".audit_log IN ACCESS EXCLUSIVE MODE");
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(login_on(clinic_, unknown_address(), "wrong").status, 401);
  }
  owner.script("ROLLBACK");
  EXPECT_EQ(log(), before);
}

TEST_F(SignInTest, UnknownAddressesGetOneEntryTogether) {
  clinic_.clock.advance(hours(1'000));
  const auto before = platform_entries();
  for (int i = 0; i < 30; ++i) (void)login_on(clinic_, unknown_address(), "wrong");
  const auto locked = unknown_address();
  for (int i = 0; i < 30; ++i) (void)login_on(clinic_, locked, "wrong");
  EXPECT_LE(platform_entries() - before, 1);
  clinic_.clock.advance(seconds(900));
  (void)login_on(clinic_, unknown_address(), "wrong");
  EXPECT_LE(platform_entries() - before, 2);
  db::SyncConnection connection(PgCluster::get().superuser_conninfo());
  const auto last = connection.query(
      "SELECT outcome, detail->>'reason', detail->'after'->>'refused' FROM wardbook.platform_audit "
      "WHERE action = 'auth.login' ORDER BY id DESC LIMIT 1");
  EXPECT_EQ(last[0][0], "refused");
  EXPECT_EQ(last[0][1], "unknown_account");
  EXPECT_GE(std::stoll(last[0][2].value()), 35) << "those that were compared, and this one";
}

TEST_F(SignInTest, TalliesOfAddressesThatNobodyTriesAnyMoreAreForgotten) {
  for (int i = 0; i < 40; ++i) (void)login_on(clinic_, unknown_address(), "wrong");
  const auto many = tallies();
  clinic_.clock.advance(hours(3'000));
  for (int i = 0; i < 40; ++i) (void)login_on(clinic_, unknown_address(), "wrong");
  EXPECT_LE(tallies(), many) << "new ones take the place of the old";
}

// ---- hashes -------------------------------------------------------------------------------------

TEST_F(SignInTest, ADearerHashIsMadeAtSignInAndEndsNoSession) {
  const auto hash = [&] {
    return Clinic::as_owner()
        .query("SELECT password_hash FROM wardbook.accounts WHERE id = $1",
               {std::to_string(clinic_.doctor.account.value)})[0][0]
        .value_or("");
  };
  const auto before = sign_in(kClinicPassword);
  const auto old = hash();
  clinic_.settings.auth.argon2_passes = 2;
  EXPECT_EQ(sign_in("wrong").status, 401);
  EXPECT_EQ(hash(), old);
  std::vector<Seen> answers(4);
  std::vector<Task<>> tasks;
  for (auto& answer : answers) {
    tasks.push_back(perform_into(clinic_.app, &login,
                                 login_request(clinic_.doctor.email, kClinicPassword), answer));
  }
  testing::run_all(clinic_.reactor, std::move(tasks));
  for (const auto& answer : answers)
    EXPECT_EQ(answer.status, 200) << "none sees a changed password";
  EXPECT_EQ(work_of(hash()), 2 * work_of(old));
  EXPECT_EQ(run(clinic_.reactor, confirm(clinic_.app, caller_of(before), kClinicPassword)).status,
            200);
  EXPECT_EQ(refresh_on(clinic_, refresh_token(before)).status, 200);
  const auto dear = hash();
  EXPECT_EQ(sign_in(kClinicPassword).status, 200);
  EXPECT_EQ(hash(), dear) << "only once";
}

}  // namespace
}  // namespace wardbook::accounts
