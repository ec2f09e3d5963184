// Shared lanes: many reads in flight on one backend, each under its own tenant's role.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "db/pgtest_schema.h"
#include "db/pool.h"
#include "support/run.h"

namespace wardbook::db {
namespace {

using namespace std::chrono_literals;
using namespace testing_queries;
using testing::run;

inline const Query<TextRow, std::string> kEcho{
    "test.echo", "SELECT current_user || ' ' || $1 FROM {tenant}.notes LIMIT 1"};

class LanePgTest : public PoolTest {
 protected:
  LanePgTest() {
    owner.script("INSERT INTO pool_a.notes (text) VALUES ('of a')");
    owner.script("INSERT INTO pool_b.notes (text) VALUES ('of b')");
  }
  static PoolOptions one_lane() {
    PoolOptions one = options();
    one.lanes = 1;
    return one;
  }
};

Task<> echo(Pool& pool, TenantId tenant, int number, int& right) {
  const std::string word = std::to_string(number);
  std::optional<TextRow> row = co_await pool.read_maybe_one(tenant, kEcho, word);
  if (row && row->value == tenant.role() + " " + word) ++right;
}

/// Asks again after a timeout, for a minute's worth of them at most.
Task<> until_echoed(Pool& pool, TenantId tenant, int& right) {
  for (int i = 0; i < 50 && right == 0; ++i) {
    bool late = false;
    try {
      co_await echo(pool, tenant, i, right);
    } catch (const Failure& failure) {
      late = failure.code() == Code::timeout;
      if (!late) throw;
    }
  }
}

template <class... Params, class... Args>
Task<> expect_code(Pool& pool, TenantId tenant, const Query<Int64Row, Params...>& query,
                   Code wanted, int& right, Args... args) {
  try {
    co_await pool.read_maybe_one(tenant, query, args...);
  } catch (const Failure& failure) {
    if (failure.code() == wanted) ++right;
  }
}

TEST_F(LanePgTest, EveryAnswerIsItsTenantsOwn) {
  Pool pool(reactor, one_lane());
  int right = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 400; ++i) tasks.push_back(echo(pool, i % 3 == 0 ? a() : b(), i, right));
  testing::run_all(reactor, std::move(tasks));
  EXPECT_EQ(right, 400);
  EXPECT_EQ(pool.stats().open, 1U);
  EXPECT_LE(pool.stats().prepared, 2U + 2U) << "each once for each tenant";
}

TEST_F(LanePgTest, AnErrorHitsNoNeighbour) {
  Pool pool(reactor, one_lane());
  for (int round = 0; round < 3; ++round) {
    int right = 0;
    int errors = 0;
    std::vector<Task<>> tasks;
    for (int i = 0; i < 100; ++i) {
      tasks.push_back(echo(pool, i % 2 ? a() : b(), i, right));
      if (i % 7 == 0) {
        tasks.push_back(
            expect_code(pool, a(), kDivide, Code::bad_request, errors, std::int64_t{0}));
      }
      if (i % 10 == 0) tasks.push_back(expect_code(pool, b(), kWrongTable, Code::internal, errors));
    }
    testing::run_all(reactor, std::move(tasks));
    EXPECT_EQ(right, 100);
    EXPECT_EQ(errors, 15 + 10);
  }
  EXPECT_EQ(pool.stats().open, 1U);
}

TEST_F(LanePgTest, AnAnswerThatNobodyWaitsForIsDropped) {
  Pool pool(reactor, one_lane());
  int right = 0;
  int ended = 0;
  std::vector<boost::asio::cancellation_signal> signals(100);
  // In one turn: a read that waits for a lock, a hundred that are abandoned behind it, and one that
  // is not.
  owner.script("BEGIN; LOCK TABLE pool_a.notes");
  boost::asio::co_spawn(reactor, echo(pool, a(), 0, right), [&](std::exception_ptr) { ++ended; });
  for (int i = 0; i < 100; ++i) {
    boost::asio::co_spawn(
        reactor, echo(pool, i % 2 ? a() : b(), i, right),
        boost::asio::bind_cancellation_slot(signals[static_cast<std::size_t>(i)].slot(),
                                            [&](std::exception_ptr) { ++ended; }));
  }
  run(reactor, until([&] { return pool.stats().lane_in_flight == 101; }));
  EXPECT_EQ(ended, 0);
  for (auto& signal : signals) signal.emit(boost::asio::cancellation_type::terminal);
  run(reactor, until([&] { return ended == 100; }));
  EXPECT_EQ(right, 0);
  owner.script("COMMIT");
  run(reactor, echo(pool, b(), 7, right));
  EXPECT_EQ(right, 2) << "only the two that waited";
  EXPECT_EQ(ended, 101);
}

TEST_F(LanePgTest, LateAnswersAreGivenUp) {
  PoolOptions impatient = one_lane();
  impatient.statement_timeout = 200ms;
  Pool pool(reactor, impatient);
  int right = 0;
  std::vector<Task<>> tasks;
  // The lane is busy for longer than the last ones may wait; the server ends each after 0.2 s.
  for (int i = 0; i < 12; ++i) {
    tasks.push_back(expect_code(pool, a(), kSleep, Code::timeout, right, 60.0));
  }
  testing::run_all(reactor, std::move(tasks));
  EXPECT_EQ(right, 12);
  // The server still ends the last of them: until then reads may be late too.
  right = 0;
  run(reactor, until_echoed(pool, a(), right));
  EXPECT_EQ(right, 1);
}

TEST_F(LanePgTest, ItsDepthIsBounded) {
  PoolOptions shallow = one_lane();
  shallow.lane_depth = 10;
  Pool pool(reactor, shallow);
  int right = 0;
  int refused = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(echo(pool, i % 2 ? a() : b(), i, right));
  const auto third = *TenantId::parse("pool_c");
  for (int i = 0; i < 3; ++i) {
    tasks.push_back(expect_code(pool, third, kCountNotes, Code::overloaded, refused));
  }
  testing::run_all(reactor, std::move(tasks));
  EXPECT_EQ(right, 10);
  EXPECT_EQ(refused, 3);
}

TEST_F(LanePgTest, ABrokenLaneFailsItsReadsAndComesBack) {
  Pool pool(reactor, one_lane());
  int right = 0;
  run(reactor, echo(pool, a(), 0, right));
  int failed = 0;
  bool ended = false;
  boost::asio::co_spawn(reactor,
                        expect_code(pool, a(), kSleep, Code::database_unavailable, failed, 60.0),
                        [&](std::exception_ptr) { ended = true; });
  run(reactor, pause(50ms));
  SyncConnection(testing::PgCluster::get().superuser_conninfo())
      .query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
          " WHERE usename = 'wardbook_service'");
  run(reactor, until([&] { return ended; }));
  EXPECT_EQ(failed, 1);
  run(reactor, echo(pool, a(), 1, right));
  EXPECT_EQ(right, 2);
  EXPECT_GE(pool.stats().reconnects, 1U);
}

Task<> decode_badly(Pool& pool, TenantId tenant) {
  static const Query<Int64Row> kText{"test.lane_text", "SELECT text FROM {tenant}.notes"};
  co_await pool.read_maybe_one(tenant, kText);
}

TEST_F(LanePgTest, ADecodersExceptionIsItsReadersOwn) {
  Pool pool(reactor, one_lane());
  EXPECT_THROW(run(reactor, decode_badly(pool, a())), Failure);
  int right = 0;
  run(reactor, echo(pool, a(), 1, right));
  EXPECT_EQ(right, 1);
}

}  // namespace
}  // namespace wardbook::db
