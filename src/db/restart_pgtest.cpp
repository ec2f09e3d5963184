// PostgreSQL goes away and comes back: requests fail fast, nothing hangs, everything recovers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "db/pgtest_schema.h"
#include "db/pool.h"
#include "support/run.h"

namespace wardbook::db {
namespace {

using namespace std::chrono_literals;
using namespace testing_queries;
using testing::PgCluster;
using testing::run;

class RestartPgTest : public PoolTest {};

struct Tally {
  int done = 0;
  int unavailable = 0;
  int late = 0;  // a busy machine's own: a statement or a wait for a connection took too long
  int other = 0;
  bool stop = false;
  void note(const Failure& failure) {
    switch (failure.code()) {
      case Code::database_unavailable:
        ++unavailable;
        break;
      case Code::timeout:
      case Code::overloaded:
        ++late;
        break;
      default:
        ++other;
    }
  }
};

Task<> write(Pool& pool, TenantId tenant, std::string text, Tally& tally) {
  try {
    Tx tx = co_await pool.begin(tenant);
    co_await tx.exec(kInsertNote, text);
    co_await tx.commit();
    ++tally.done;
  } catch (const Failure& failure) {
    tally.note(failure);
  }
}

Task<> read_on(Pool& pool, TenantId tenant, Tally& tally) {
  try {
    co_await pool.read_maybe_one(tenant, kCountNotes);
    ++tally.done;
  } catch (const Failure& failure) {
    tally.note(failure);
  }
}

Task<> load(Pool& pool, TenantId tenant, int client, Tally& tally) {
  for (int i = 0; !tally.stop; ++i) {
    co_await write(pool, tenant, std::to_string(client) + "-" + std::to_string(i), tally);
    co_await read_on(pool, tenant, tally);
    co_await pause(1ms);
  }
}

Task<> restart_meanwhile(Tally& tally) {
  co_await pause(200ms);
  // On another thread: a server that shuts down waits for clients that are about to connect.
  std::atomic<bool> stopped = false;
  std::jthread stopping([&stopped] {
    PgCluster::get().stop();
    stopped = true;
  });
  while (!stopped) co_await pause(5ms);
  co_await pause(300ms);
  PgCluster::get().start();
  const int before = tally.done;
  for (int i = 0; i < 600 && tally.done < before + 200; ++i) co_await pause(50ms);
  tally.stop = true;
}

TEST_F(RestartPgTest, ARestartUnderLoadIsSurvived) {
  Pool pool(reactor, options());
  Tally tally;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 16; ++i) tasks.push_back(load(pool, i % 2 ? a() : b(), i, tally));
  tasks.push_back(restart_meanwhile(tally));
  testing::run_all(reactor, std::move(tasks));
  EXPECT_GT(tally.unavailable, 0);
  EXPECT_EQ(tally.other, 0);
  // Each hospital's lane has a back-off of its own: both are back before it runs out of patience.
  for (const TenantId& tenant : {a(), b()}) {
    Tally after;
    for (int i = 0; i < 200 && after.done < 2; ++i) {
      after.done = 0;
      run(reactor, write(pool, tenant, "after " + std::to_string(i), after));
      run(reactor, read_on(pool, tenant, after));
      if (after.done < 2) run(reactor, pause(50ms));
    }
    EXPECT_EQ(after.done, 2) << tenant.str();
    EXPECT_EQ(after.other, 0) << tenant.str();
  }
  EXPECT_GT(pool.stats().reconnects, 0U);
}

TEST_F(RestartPgTest, WithoutPostgresEverythingFailsAtOnce) {
  PgCluster::get().stop();
  Pool pool(reactor, options());
  Tally tally;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 20; ++i) {
    tasks.push_back(write(pool, a(), "x", tally));
    tasks.push_back(read_on(pool, a(), tally));
  }
  testing::run_all(reactor, std::move(tasks));
  EXPECT_EQ(tally.unavailable + tally.late, 40);
  EXPECT_GT(tally.unavailable, 0);
  PgCluster::get().start();
  Tally after;
  for (int i = 0; i < 100 && after.done == 0; ++i) {
    run(reactor, pause(50ms));
    run(reactor, write(pool, a(), "y", after));
  }
  EXPECT_EQ(after.done, 1);
}

TEST_F(RestartPgTest, ABackendThatIsKilledFailsOneTransaction) {
  Pool pool(reactor, options());
  Tally tally;
  run(reactor, write(pool, a(), "x", tally));
  SyncConnection(PgCluster::get().superuser_conninfo())
      .query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
          " WHERE usename = 'wardbook_service'");
  run(reactor, until([&] { return pool.stats().open == 0; }));
  EXPECT_EQ(pool.stats().open, 0U) << "noticed while idle";
  run(reactor, write(pool, a(), "y", tally));
  EXPECT_EQ(tally.done, 2);
}

TEST_F(RestartPgTest, WrongCredentialsAreUnavailableWithoutDetail) {
  PoolOptions wrong = options();
  wrong.conninfo += " user=nobody_here";
  Pool pool(reactor, wrong);
  Tally tally;
  run(reactor, write(pool, a(), "x", tally));
  EXPECT_EQ(tally.unavailable, 1);
}

}  // namespace
}  // namespace wardbook::db
