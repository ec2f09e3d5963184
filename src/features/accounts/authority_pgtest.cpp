// Whose authority was taken away is let in nowhere, whatever becomes of connections.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <thread>

#include "db/sync_connection.h"
#include "features/accounts/accounts.h"
#include "support/pg_cluster.h"
#include "support/pg_proxy.h"
#include "support/run.h"

namespace wardbook::accounts {
namespace {

using std::chrono::milliseconds;
using wardbook::testing::PgCluster;
using wardbook::testing::PgProxy;

constexpr Code kAdmitted = Code::internal;  // no check fails with it

/// A reactor's authority behind a proxy, and time that the test can let pass.
struct Guard {
  PgProxy proxy{PgCluster::get().socket()};
  boost::asio::io_context reactor{1};
  ManualClock clock{*parse_rfc3339("2026-03-04T05:06:07Z")};
  std::chrono::steady_clock::duration passed{};
  db::Pool db{reactor, options()};
  Authority authority{reactor, db, clock, std::chrono::seconds(900),
                      [this] { return std::chrono::steady_clock::now() + passed; }};

  Guard() { boost::asio::co_spawn(reactor, authority.run(), boost::asio::detached); }
  ~Guard() {
    authority.stop();
    db.close();
    reactor.restart();
    reactor.poll();
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  db::PoolOptions options() const {
    db::PoolOptions out = PgCluster::get().pool_options();
    out.conninfo = proxy.through(out.conninfo);
    return out;
  }
  /// Lets the reactor work until `ready`, at most thirty seconds.
  template <class Ready>
  bool until(Ready ready) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    // One handler after the other, so that no state in between is missed.
    while (!ready() && std::chrono::steady_clock::now() < end) {
      reactor.restart();
      reactor.run_one_for(milliseconds(10));
    }
    return ready();
  }
  void work(milliseconds time) {
    reactor.restart();
    reactor.run_for(time);
  }
  void let_pass(std::chrono::steady_clock::duration time) { passed += time; }
  [[nodiscard]] Code says(const api::Principal& caller) const {
    try {
      authority.check(caller);
    } catch (const Failure& failure) {
      return failure.code();
    }
    return kAdmitted;
  }
};

class AuthorityTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { PgCluster::get().migrate(); }
  void SetUp() override {
    ASSERT_TRUE(guard.until([&] { return guard.authority.fresh(); }));
    ASSERT_EQ(guard.says(caller), kAdmitted);
  }

  static api::Principal somebody(const TenantId& tenant) {
    static std::int64_t number = 1'000'000;
    api::Principal out;
    out.account = AccountId(++number);
    out.session = SessionId(number);
    out.tenant_id = tenant;
    out.token_number = number;
    return out;
  }
  /// As `INSERT …`, without a notification.
  static std::string revocation_of(const api::Principal& caller) {
    return "INSERT INTO wardbook.revocations (account_id, tenant_id, up_to_token) VALUES (" +
           std::to_string(caller.account.value) + ", '" + caller.tenant_id->str() + "', " +
           std::to_string(caller.token_number) + ")";
  }
  void kill_listener() {
    superuser.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE usename = 'wardbook_service'");
  }
  void hold_reads() { superuser.script("BEGIN; LOCK TABLE wardbook.tenants"); }
  void release_reads() { superuser.script("ROLLBACK"); }
  bool a_read_hangs() {
    return looking.value(
               "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
               " AND usename = 'wardbook_service'") != "0";
  }
  /// Not now, and not before the node has looked: what T + kStale means.
  void expect_refused_when_stale() {
    guard.let_pass(Authority::kStale + milliseconds(1));
    EXPECT_NE(guard.says(caller), kAdmitted);
  }
  void expect_revoked() {
    EXPECT_TRUE(guard.until([&] { return guard.says(caller) == Code::unauthenticated; }));
    EXPECT_TRUE(guard.authority.fresh());
    EXPECT_EQ(guard.says(other), kAdmitted);
  }

  TenantId tenant = PgCluster::get().new_tenant("authority");
  db::SyncConnection superuser{PgCluster::get().superuser_conninfo()};
  db::SyncConnection service{PgCluster::get().service_conninfo()};
  db::SyncConnection looking{PgCluster::get().superuser_conninfo()};
  Guard guard;
  api::Principal caller = somebody(tenant);
  api::Principal other = somebody(tenant);
};

TEST_F(AuthorityTest, ARevocationIsKnownWithoutANotification) {
  service.script(revocation_of(caller));
  expect_refused_when_stale();
  expect_revoked();
}

TEST_F(AuthorityTest, ALockedSessionLosesItsTokensOfBeforeAndNoOthers) {
  superuser.query("INSERT INTO wardbook.revocations (session_id, up_to_token) VALUES ($1, $2)",
                  {std::to_string(caller.session.value), std::to_string(caller.token_number)});
  expect_revoked();
  api::Principal unlocked = caller;
  ++unlocked.token_number;
  EXPECT_EQ(guard.says(unlocked), kAdmitted);
  api::Principal elsewhere = caller;
  elsewhere.session = SessionId(caller.session.value + 1'000);
  EXPECT_EQ(guard.says(elsewhere), kAdmitted) << "another session of the account";
}

TEST_F(AuthorityTest, ARevocationIsKnownWhenTheListenerWasKilled) {
  // `service` goes with it.
  kill_listener();
  superuser.script(revocation_of(caller));
  expect_refused_when_stale();
  expect_revoked();
}

TEST_F(AuthorityTest, ARevocationIsKnownWhenTheListenerHangs) {
  guard.proxy.silence_listeners();
  service.script(revocation_of(caller) + "; NOTIFY wardbook_authority");
  expect_refused_when_stale();
  expect_revoked();
  EXPECT_EQ(guard.proxy.listeners(), 2) << "the connection that hangs was replaced";
}

TEST_F(AuthorityTest, ARevocationIsKnownWhenReadsHang) {
  hold_reads();
  service.script(revocation_of(caller));
  expect_refused_when_stale();
  ASSERT_TRUE(guard.until([&] { return a_read_hangs(); }));
  expect_refused_when_stale();
  release_reads();
  expect_revoked();
}

TEST_F(AuthorityTest, NobodyIsLetInBeforeANewConnectionHasRead) {
  hold_reads();
  kill_listener();
  ASSERT_TRUE(guard.until([&] { return a_read_hangs(); }));
  guard.let_pass(Authority::kStale + milliseconds(1));
  EXPECT_FALSE(guard.authority.fresh());
  // What comes in on the new connection meanwhile is no reason to trust what was known before.
  for (int i = 0; i < 5; ++i) {
    looking.script("NOTIFY wardbook_authority, '{\"beat\":1}'");
    guard.work(milliseconds(20));
    EXPECT_EQ(guard.says(caller), Code::database_unavailable);
  }
  release_reads();
  EXPECT_TRUE(guard.until([&] { return guard.says(caller) == kAdmitted; }));
}

TEST_F(AuthorityTest, AnAnswerIsAsOldAsItsQuestion) {
  hold_reads();
  ASSERT_TRUE(guard.until([&] { return a_read_hangs(); }));
  const auto reads = guard.authority.reads();
  guard.let_pass(Authority::kStale + milliseconds(1));
  release_reads();
  ASSERT_TRUE(guard.until([&] { return guard.authority.reads() > reads; }));
  EXPECT_FALSE(guard.authority.fresh()) << "what was committed meanwhile may not be in it";
  EXPECT_TRUE(guard.until([&] { return guard.authority.fresh(); })) << "the next one is new";
}

TEST_F(AuthorityTest, AReadThatFailsIsTriedAgain) {
  superuser.script("ALTER TABLE wardbook.tenants RENAME COLUMN status TO status_now");
  const auto reads = guard.authority.reads();
  guard.let_pass(Authority::kStale + milliseconds(1));
  EXPECT_TRUE(guard.until([&] { return guard.proxy.listeners() >= 3; })) << "connects again";
  EXPECT_EQ(guard.authority.reads(), reads);
  EXPECT_FALSE(guard.authority.fresh());
  superuser.script("ALTER TABLE wardbook.tenants RENAME COLUMN status_now TO status");
  EXPECT_TRUE(guard.until([&] { return guard.authority.fresh(); }));
}

// Two transactions get their numbers in one order and commit in the other.
TEST_F(AuthorityTest, RevocationsAreKnownInWhateverOrderTheyCommit) {
  superuser.script("BEGIN; " + revocation_of(caller));
  service.script(revocation_of(other));
  EXPECT_TRUE(guard.until([&] { return guard.says(other) == Code::unauthenticated; }));
  EXPECT_EQ(guard.says(caller), kAdmitted);
  superuser.script("COMMIT");
  EXPECT_TRUE(guard.until([&] { return guard.says(caller) == Code::unauthenticated; }));
}

TEST_F(AuthorityTest, ASuspensionDuringAReadIsNotLost) {
  hold_reads();
  ASSERT_TRUE(guard.until([&] { return a_read_hangs(); }));
  const auto reads = guard.authority.reads();
  guard.authority.suspend(tenant);
  EXPECT_EQ(guard.says(caller), Code::tenant_suspended);
  release_reads();
  ASSERT_TRUE(guard.until([&] { return guard.authority.reads() > reads; }));
  EXPECT_EQ(guard.says(caller), Code::tenant_suspended) << "the read began before";
  EXPECT_TRUE(guard.until([&] { return guard.says(caller) == kAdmitted; }))
      << "the next one knows better";
}

TEST_F(AuthorityTest, ASuspensionAndItsEndAreKnownOnEveryNode) {
  const std::string update = "UPDATE wardbook.tenants SET status = '";
  const std::string where = "' WHERE id = '" + tenant.str() + "'";
  for (int i = 0; i < 2; ++i) {
    service.script(update + "suspended" + where);
    EXPECT_TRUE(guard.until([&] { return guard.says(caller) == Code::tenant_suspended; }));
    service.script(update + "active" + where);
    wardbook::testing::run(guard.reactor, guard.authority.read_again());
    EXPECT_EQ(guard.says(caller), kAdmitted);
  }
}

TEST_F(AuthorityTest, AForgedNotificationTakesNothingFromAnybody) {
  const auto attacker = PgCluster::get().new_tenant("attacker");
  service.script("SET ROLE " + attacker.role());
  const auto reads = guard.authority.reads();
  const std::string account = std::to_string(caller.account.value);
  for (const std::string& forged :
       {"{\"tenant\":\"" + tenant.str() + "\",\"suspended\":true}",
        "{\"account\":" + account + ",\"session\":null,\"tenant\":null,\"up_to\":9000000000000}",
        "{\"session\":" + account + ",\"up_to\":1}", std::string("{"), std::string(7'000, '[')}) {
    service.script("NOTIFY wardbook_authority, " + service.literal(forged));
  }
  EXPECT_TRUE(guard.until([&] { return guard.authority.reads() > reads; }));
  EXPECT_EQ(guard.says(caller), kAdmitted);
}

TEST_F(AuthorityTest, AForgedNotificationGivesNothingBack) {
  service.script("UPDATE wardbook.tenants SET status = 'suspended' WHERE id = '" + tenant.str() +
                 "'");
  EXPECT_TRUE(guard.until([&] { return guard.says(caller) == Code::tenant_suspended; }));
  const auto attacker = PgCluster::get().new_tenant("attacker");
  service.script("SET ROLE " + attacker.role());
  const auto reads = guard.authority.reads();
  service.script("NOTIFY wardbook_authority, '{\"tenant\":\"" + tenant.str() +
                 "\",\"suspended\":false}'");
  EXPECT_TRUE(guard.until([&] { return guard.authority.reads() > reads; }));
  EXPECT_EQ(guard.says(caller), Code::tenant_suspended);
}

TEST_F(AuthorityTest, AFloodOfNotificationsNeitherExhaustsNorBlindsANode) {
  const auto attacker = PgCluster::get().new_tenant("attacker");
  service.script("SET ROLE " + attacker.role());
  const auto flood = [&] {
    service.script(
        "DO $$ BEGIN FOR i IN 1..20000 LOOP"
        " PERFORM pg_notify('wardbook_authority', i || repeat('x', 100)); END LOOP; END $$");
  };
  const auto before = guard.authority.reads();
  flood();
  // Only a few reads for 20,000 notifications, and then the node does not listen to them.
  const auto listens = [&] {
    return looking.value(
               "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'UNLISTEN%'"
               " AND usename = 'wardbook_service'") == "0";
  };
  EXPECT_TRUE(guard.until([&] { return !listens(); }));
  EXPECT_LT(guard.authority.reads() - before, 1'000U);
  flood();
  superuser.script(revocation_of(caller));
  expect_refused_when_stale();
  expect_revoked();
  EXPECT_EQ(guard.proxy.listeners(), 1);
}

TEST_F(AuthorityTest, ClearingAwayIsNoPartOfReading) {
  superuser.script(
      "INSERT INTO wardbook.revocations (account_id, up_to_token, created_at)"
      " VALUES (1, 1, now() - interval '30 days')");
  looking.script(
      "BEGIN; SELECT FROM wardbook.revocations WHERE created_at < now() - interval '29 days'"
      " FOR UPDATE");
  Guard late;
  EXPECT_TRUE(late.until([&] { return late.authority.fresh(); }));
  looking.script("ROLLBACK");
  const std::string old =
      "SELECT count(*) FROM wardbook.revocations WHERE created_at < now() - interval '29 days'";
  EXPECT_NE(superuser.value(old), "0") << "reading removes nothing";
  wardbook::testing::run(guard.reactor, forget_old(guard.db, std::chrono::seconds(900)));
  EXPECT_EQ(superuser.value(old), "0");
}

}  // namespace
}  // namespace wardbook::accounts
