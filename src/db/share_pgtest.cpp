// One tenant's locked tables, and what the others go on doing. Locks are held by connections of the
// test, and nobody's patience runs out: what is blocked stays so until the test lets it go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <memory>

#include "db/pgtest_schema.h"
#include "db/pool.h"
#include "support/run.h"

namespace wardbook::db {
namespace {

using namespace std::chrono_literals;
using namespace testing_queries;
using testing::PgCluster;
using testing::run;

/// `notes` of a tenant, locked as a migration locks it.
class Lock {
 public:
  explicit Lock(const TenantId& tenant) : connection_(PgCluster::get().owner_conninfo()) {
    connection_.script("BEGIN; LOCK TABLE " + connection_.identifier(tenant.str()) + ".notes");
  }
  void release() { connection_.script("ROLLBACK"); }

 private:
  SyncConnection connection_;
};

struct ShareTally {
  int done = 0;
  int failed = 0;
  std::vector<Code> codes{};
};

Task<> note(Task<> work, ShareTally& tally) {
  try {
    co_await std::move(work);
    ++tally.done;
  } catch (const Failure& failure) {
    ++tally.failed;
    tally.codes.push_back(failure.code());
  }
}

Task<> write(Pool& pool, TenantId tenant, std::string text) {
  Tx tx = co_await pool.begin(std::move(tenant));
  co_await tx.exec(kInsertNote, text);
  co_await tx.commit();
}

Task<> read(Pool& pool, TenantId tenant) {
  co_await pool.read_maybe_one(std::move(tenant), kCountNotes);
}

Task<> control(Pool& pool) {
  Tx tx = co_await pool.begin_control();
  co_await tx.one(kControlUser);
}

/// As a sign-in does: the control schema first, then a row of the tenant's.
Task<> control_then(Pool& pool, TenantId tenant, std::string text) {
  Tx tx = co_await pool.begin_control();
  co_await tx.one(kControlUser);
  tx.switch_tenant(tenant);
  tx.queue(kInsertNote, text);
  co_await tx.commit();
}

Task<> batch(Pool& pool, TenantId first, TenantId second, std::string text,
             std::optional<TenantId>& culprit) {
  Tx tx = co_await pool.begin_batch(first);
  tx.queue(kInsertNote, text);
  tx.switch_tenant(second);
  tx.queue(kInsertNote, text);
  try {
    co_await tx.commit();
  } catch (const Failure&) {
    culprit = tx.failed_at();
    throw;
  }
}

Task<> job(Pool& pool, TenantId tenant, std::string text) {
  Tx tx = co_await pool.begin_job(std::move(tenant));
  co_await tx.exec(kInsertNote, text);
  co_await tx.commit();
}

class SharePgTest : public PoolTest {
 protected:
  static constexpr int kTenants = 6;

  SharePgTest() {
    for (int i = 0; i < kTenants; ++i) make(tenant(i));
  }
  ~SharePgTest() override {
    reactor.restart();
    reactor.poll();
  }

  static TenantId tenant(int i) { return *TenantId::parse("share_" + std::to_string(i)); }

  static PoolOptions patient() {
    PoolOptions out = options();
    out.acquire_timeout = 60s;
    out.statement_timeout = 60s;
    return out;
  }

  void start(Task<> work, ShareTally& tally) {
    boost::asio::co_spawn(reactor, note(std::move(work), tally), boost::asio::detached);
  }

  /// Statements of the service that wait for a lock.
  int blocked() {
    return std::stoi(
        *owner.value("SELECT count(*) FROM pg_locks l WHERE NOT l.granted AND l.relation IN"
                     " (SELECT oid FROM pg_class WHERE relname = 'notes')"));
  }

  /// A read, a write and a control transaction of all tenants from `first` on, many at once, until
  /// they have ended.
  ShareTally others(Pool& pool, int first) {
    ShareTally tally;
    int started = 0;
    for (int round = 0; round < 10; ++round) {
      for (int i = first; i < kTenants; ++i) {
        start(read(pool, tenant(i)), tally);
        start(write(pool, tenant(i), "other " + std::to_string(serial_++)), tally);
        start(control(pool), tally);
        started += 3;
      }
    }
    run(reactor, until([&] { return tally.done + tally.failed == started; }));
    EXPECT_EQ(tally.done, started);
    EXPECT_EQ(tally.failed, 0);
    return tally;
  }

  int serial_ = 0;
};

TEST_F(SharePgTest, OneTenantsBlockedWritesDoNotStopTheOthers) {
  Pool pool(reactor, patient());
  Lock lock(tenant(0));
  ShareTally stuck;
  for (int i = 0; i < 20; ++i) start(write(pool, tenant(0), std::to_string(i)), stuck);
  run(reactor, until([&] { return blocked() == 4; }));
  EXPECT_EQ(blocked(), 4) << "its share, half of the eight";
  others(pool, 1);
  EXPECT_EQ(stuck.done + stuck.failed, 0) << "they still wait for the lock";
  EXPECT_EQ(blocked(), 4);
  lock.release();
  run(reactor, until([&] { return stuck.done == 20; }));
  EXPECT_EQ(stuck.done, 20);
  EXPECT_EQ(pool.stats().busy, 0U);
}

TEST_F(SharePgTest, SomeConnectionsAreLeftHoweverManyTenantsAreBlocked) {
  Pool pool(reactor, patient());
  std::vector<std::unique_ptr<Lock>> locks;
  ShareTally stuck;
  for (int tenant_no = 0; tenant_no < 3; ++tenant_no) {
    locks.push_back(std::make_unique<Lock>(tenant(tenant_no)));
    for (int i = 0; i < 20; ++i) start(write(pool, tenant(tenant_no), std::to_string(i)), stuck);
    run(reactor, until([&] { return blocked() >= 4 + tenant_no; }));
  }
  others(pool, 3);
  EXPECT_EQ(stuck.done + stuck.failed, 0) << "they still wait for the locks";
  for (auto& lock : locks) lock->release();
  run(reactor, until([&] { return stuck.done == 60; }));
  EXPECT_EQ(stuck.done, 60);
}

TEST_F(SharePgTest, ATenantBeyondItsShareIsTurnedAwayTheOthersAreNot) {
  PoolOptions few = patient();
  few.tenant_waiters = 5;
  Pool pool(reactor, few);
  Lock lock(tenant(0));
  ShareTally stuck;
  for (int i = 0; i < 20; ++i) start(write(pool, tenant(0), std::to_string(i)), stuck);
  run(reactor, until([&] { return stuck.failed == 20 - 4 - 5; }));
  EXPECT_EQ(stuck.failed, 11) << "four hold a connection, five wait";
  EXPECT_THAT(stuck.codes, ::testing::Each(Code::overloaded));
  EXPECT_EQ(pool.stats().turned_away, 11U);
  EXPECT_EQ(pool.stats().tenants_waiting, 1U);
  ShareTally tally;
  for (int i = 0; i < 5; ++i) start(write(pool, tenant(1), std::to_string(i)), tally);
  run(reactor, until([&] { return tally.done == 5; }));
  EXPECT_EQ(tally.done, 5);
  EXPECT_EQ(stuck.done, 0);
  lock.release();
  run(reactor, until([&] { return stuck.done == 9; }));
  EXPECT_EQ(stuck.done, 9);
}

Task<> write_in_order(Pool& pool, TenantId tenant, std::vector<std::string>& order) {
  Tx tx = co_await pool.begin(tenant);
  order.push_back(tenant.str());
  co_await tx.one(kCountNotes);
}

TEST_F(SharePgTest, ConnectionsGoRoundTheTenantsThatWait) {
  PoolOptions narrow = patient();
  narrow.connections = 1;
  Pool pool(reactor, narrow);
  std::vector<std::string> order;
  std::vector<Task<>> tasks;
  // One tenant comes with ten, then two with one each.
  for (int i = 0; i < 10; ++i) tasks.push_back(write_in_order(pool, tenant(0), order));
  tasks.push_back(write_in_order(pool, tenant(1), order));
  tasks.push_back(write_in_order(pool, tenant(2), order));
  testing::run_all(reactor, std::move(tasks));
  ASSERT_EQ(order.size(), 12U);
  order.resize(5);
  EXPECT_THAT(order, ::testing::Contains(tenant(1).str()));
  EXPECT_THAT(order, ::testing::Contains(tenant(2).str()));
}

TEST_F(SharePgTest, ControlWorkHasConnectionsOfItsOwn) {
  PoolOptions narrow = patient();
  narrow.connections = 1;
  Pool pool(reactor, narrow);
  Lock lock(tenant(0));
  ShareTally stuck;
  for (int i = 0; i < 5; ++i) start(write(pool, tenant(0), std::to_string(i)), stuck);
  run(reactor, until([&] { return blocked() == 1; }));
  run(reactor, control(pool));
  EXPECT_EQ(stuck.done + stuck.failed, 0);
  lock.release();
  run(reactor, until([&] { return stuck.done == 5; }));
  EXPECT_EQ(stuck.done, 5);
}

TEST_F(SharePgTest, SignInsThatAreStuckInOneTenantsTablesDoNotStopTheControlSchema) {
  Pool pool(reactor, patient());
  Lock lock(tenant(0));
  ShareTally stuck;
  for (int i = 0; i < 30; ++i) {
    start(control_then(pool, tenant(0), "a" + std::to_string(i)), stuck);
  }
  run(reactor, until([&] { return blocked() >= 4; }));
  // Everybody else's go on.
  ShareTally tally;
  for (int i = 0; i < 20; ++i) {
    start(control_then(pool, tenant(1 + i % 5), "b" + std::to_string(i)), tally);
    start(control(pool), tally);
  }
  run(reactor, until([&] { return tally.done + tally.failed == 40; }));
  EXPECT_EQ(tally.done, 40);
  EXPECT_EQ(stuck.done, 0);
  EXPECT_GE(blocked(), 4);
  EXPECT_THAT(stuck.codes, ::testing::Each(Code::overloaded)) << "its own are refused beyond that";
  EXPECT_LT(stuck.failed, 30);
  others(pool, 1);
  lock.release();
  run(reactor, until([&] { return stuck.done + stuck.failed == 30; }));
  EXPECT_GE(stuck.done, 4);
  // Nothing is held against the tenant afterwards.
  for (int i = 0; i < 8; ++i) run(reactor, control_then(pool, tenant(0), "c" + std::to_string(i)));
  EXPECT_EQ(pool.stats().busy, 0U);
}

// ---- what works for all tenants ----------------------------------------------------------------

TEST_F(SharePgTest, ABatchEndsAtALockedTableAndNamesTheTenant) {
  Pool pool(reactor, patient());
  Lock lock(tenant(1));
  ShareTally tally;
  std::optional<TenantId> culprit;
  run(reactor, note(batch(pool, tenant(0), tenant(1), "x", culprit), tally));
  EXPECT_THAT(tally.codes, ::testing::ElementsAre(Code::timeout));
  ASSERT_TRUE(culprit);
  EXPECT_EQ(culprit->str(), tenant(1).str());
  culprit.reset();
  run(reactor, note(batch(pool, tenant(0), tenant(2), "x", culprit), tally));
  EXPECT_EQ(tally.done, 1) << "and nothing of the one before was committed";
  lock.release();
}

TEST_F(SharePgTest, ABatchNamesTheTenantThatHasNoRole) {
  Pool pool(reactor, patient());
  ShareTally tally;
  std::optional<TenantId> culprit;
  run(reactor, note(batch(pool, tenant(0), *TenantId::parse("never_made"), "x", culprit), tally));
  EXPECT_EQ(tally.failed, 1);
  ASSERT_TRUE(culprit);
  EXPECT_EQ(culprit->str(), "never_made");
}

TEST_F(SharePgTest, AJobIsBlockedForAMomentOnlyAndNeedsNoneOfTheTenantsShare) {
  Pool pool(reactor, patient());
  ShareTally stuck;
  ShareTally jobs;
  {
    Lock lock(tenant(0));
    for (int i = 0; i < 20; ++i) start(write(pool, tenant(0), std::to_string(i)), stuck);
    run(reactor, until([&] { return blocked() == 4; }));
    run(reactor, note(job(pool, tenant(0), "job"), jobs));
    EXPECT_THAT(jobs.codes, ::testing::ElementsAre(Code::timeout));
    EXPECT_EQ(stuck.done + stuck.failed, 0);
    run(reactor, job(pool, tenant(1), "job"));
    lock.release();
  }
  run(reactor, until([&] { return stuck.done == 20; }));
  run(reactor, job(pool, tenant(0), "job"));
}

// ---- lanes -------------------------------------------------------------------------------------

TEST_F(SharePgTest, OneBlockedReaderHoldsNobodyElseOnItsLane) {
  PoolOptions one = patient();
  one.lanes = 1;
  Pool pool(reactor, one);
  Lock lock(tenant(0));
  ShareTally stuck;
  ShareTally free;
  // All in one segment of the pipeline, behind the one that is blocked and before it.
  start(read(pool, tenant(1)), free);
  start(read(pool, tenant(0)), stuck);
  for (int i = 0; i < 40; ++i) start(read(pool, tenant(1 + i % 5)), free);
  run(reactor, until([&] { return free.done == 41; }));
  EXPECT_EQ(free.done, 41);
  EXPECT_EQ(stuck.done + stuck.failed, 0) << "it still waits for the lock";
  EXPECT_EQ(pool.stats().taken_over, 1U);
  // Those that come later do not have to wait at all: what is blocked stays off the lane.
  for (int i = 0; i < 20; ++i) start(read(pool, tenant(0)), stuck);
  for (int i = 0; i < 40; ++i) start(read(pool, tenant(1 + i % 5)), free);
  run(reactor, until([&] { return free.done == 81; }));
  EXPECT_EQ(free.done, 81);
  EXPECT_EQ(pool.stats().taken_over, 1U);
  EXPECT_EQ(stuck.done + stuck.failed, 0);
  others(pool, 1);
  lock.release();
  run(reactor, until([&] { return stuck.done == 21; }));
  EXPECT_EQ(stuck.done, 21);
}

Task<> sleep_on_lane(Pool& pool, TenantId tenant) {
  co_await pool.read_maybe_one(std::move(tenant), kSleep, 50.0);
}

TEST_F(SharePgTest, OneSlowReaderHoldsNobodyElseOnItsLane) {
  PoolOptions one = patient();
  one.lanes = 1;
  Pool pool(reactor, one);
  run(reactor, write(pool, tenant(0), "to sleep beside"));
  ShareTally slow;
  ShareTally free;
  start(sleep_on_lane(pool, tenant(0)), slow);
  for (int i = 0; i < 40; ++i) start(read(pool, tenant(1 + i % 5)), free);
  run(reactor, until([&] { return free.done == 40; }));
  EXPECT_EQ(free.done, 40);
  EXPECT_EQ(slow.done + slow.failed, 0);
  SyncConnection(PgCluster::get().superuser_conninfo())
      .query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
          " WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()");
  run(reactor, until([&] { return slow.failed == 1; }));
  EXPECT_THAT(slow.codes, ::testing::ElementsAre(Code::database_unavailable));
}

TEST_F(SharePgTest, SeveralBlockedReadersLeaveALaneOneAfterTheOther) {
  PoolOptions one = patient();
  one.lanes = 1;
  Pool pool(reactor, one);
  std::vector<std::unique_ptr<Lock>> locks;
  for (int i = 0; i < 3; ++i) locks.push_back(std::make_unique<Lock>(tenant(i)));
  ShareTally stuck;
  ShareTally free;
  // In segments of their own: each holds those behind it.
  for (int i = 0; i < 3; ++i) {
    start(read(pool, tenant(i)), stuck);
    for (int j = 0; j < 20; ++j) start(read(pool, tenant(3 + j % 3)), free);
  }
  run(reactor, until([&] { return free.done == 60; }));
  EXPECT_EQ(free.done, 60);
  EXPECT_EQ(stuck.done + stuck.failed, 0) << "they still wait for the locks";
  for (auto& lock : locks) lock->release();
  run(reactor, until([&] { return stuck.done == 3; }));
  EXPECT_EQ(stuck.done, 3);
}

TEST_F(SharePgTest, TheStatementThatWasTakenOverIsCancelled) {
  PoolOptions one = patient();
  one.lanes = 1;
  Pool pool(reactor, one);
  Lock lock(tenant(0));
  ShareTally stuck;
  for (int i = 0; i < 20; ++i) start(read(pool, tenant(0)), stuck);
  // The lane's own statement, and then four of its share only.
  run(reactor, until([&] { return pool.stats().taken_over == 1 && blocked() == 4; }));
  EXPECT_EQ(blocked(), 4);
  EXPECT_EQ(stuck.done + stuck.failed, 0);
  lock.release();
  run(reactor, until([&] { return stuck.done == 20; }));
  EXPECT_EQ(stuck.done, 20);
}

TEST_F(SharePgTest, ATenantComesBackToTheLanesWhenItsReadsAreQuick) {
  PoolOptions one = patient();
  one.lanes = 1;
  Pool pool(reactor, one);
  Lock lock(tenant(0));
  ShareTally stuck;
  ShareTally free;
  start(read(pool, tenant(0)), stuck);
  start(read(pool, tenant(1)), free);
  run(reactor, until([&] { return free.done == 1; }));
  run(reactor, until([&] { return pool.stats().tenants_aside == 1; }));
  EXPECT_EQ(pool.stats().tenants_aside, 1U) << "the neighbour was quick";
  lock.release();
  run(reactor, until([&] { return stuck.done == 1; }));
  for (int i = 0; i < 1'000 && pool.stats().tenants_aside > 0; ++i) {
    run(reactor, pause(10ms));
    run(reactor, read(pool, tenant(0)));
  }
  EXPECT_EQ(pool.stats().tenants_aside, 0U);
  run(reactor, read(pool, tenant(0)));
  EXPECT_EQ(pool.stats().taken_over, 1U);
}

TEST_F(SharePgTest, OneTenantFillsNoMoreThanHalfOfALane) {
  PoolOptions shallow = patient();
  shallow.lanes = 1;
  shallow.lane_depth = 20;
  Pool pool(reactor, shallow);
  ShareTally many;
  ShareTally one;
  for (int i = 0; i < 30; ++i) start(read(pool, tenant(0)), many);
  start(read(pool, tenant(1)), one);
  run(reactor, until([&] { return many.done + many.failed == 30 && one.done == 1; }));
  EXPECT_EQ(many.done, 10);
  EXPECT_THAT(many.codes, ::testing::Each(Code::overloaded));
  EXPECT_EQ(one.done, 1);
}

// ---- afterwards --------------------------------------------------------------------------------

struct State {
  std::string text;
  static State from_row(const RowView& r) { return {r.str(0)}; }
};
const Query<State> kState{"test.state",
                          "SELECT current_user || ' ' || current_setting('statement_timeout') ||"
                          " ' ' || current_setting('lock_timeout')"};

Task<> state_of(Pool& pool, std::string& text) {
  Tx tx = co_await pool.begin_control();
  text = (co_await tx.one(kState)).text;
}

Task<> slow_write(Pool& pool, TenantId tenant) {
  Tx tx = co_await pool.begin(std::move(tenant));
  tx.statement_timeout(100ms);
  co_await tx.exec(kInsertNote, std::string("never seen"));
}

TEST_F(SharePgTest, AfterATimeoutTheConnectionComesBackClean) {
  Pool pool(reactor, patient());
  run(reactor, write(pool, tenant(0), "first"));
  {
    Lock lock(tenant(0));
    ShareTally tally;
    run(reactor, note(slow_write(pool, tenant(0)), tally));
    run(reactor, note(job(pool, tenant(0), "never seen"), tally));
    EXPECT_THAT(tally.codes, ::testing::ElementsAre(Code::timeout, Code::timeout));
    lock.release();
  }
  EXPECT_EQ(pool.stats().busy, 0U);
  std::string state;
  for (std::size_t i = 0; i <= pool.stats().open; ++i) {
    run(reactor, state_of(pool, state));
    EXPECT_EQ(state, "wardbook_service 1min 0");
  }
  run(reactor, write(pool, tenant(0), "second"));
  EXPECT_EQ(owner.value("SELECT count(*) FROM share_0.notes"), "2");
}

}  // namespace
}  // namespace wardbook::db
