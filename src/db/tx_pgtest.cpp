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

class TxPgTest : public PoolTest {};

// Coroutines take their data by value and are free functions: see docs/architecture.md.
Task<std::int64_t> insert_and_count(Pool& pool, TenantId tenant, std::string text) {
  Tx tx = co_await pool.begin(tenant);
  co_await tx.exec(kInsertNote, text);
  const Int64Row count = co_await tx.one(kCountNotes);
  co_await tx.commit();
  co_return count.value;
}

Task<std::int64_t> count(Pool& pool, TenantId tenant) {
  Tx tx = co_await pool.begin(tenant);
  const Int64Row row = co_await tx.one(kCountNotes);
  co_return row.value;
}

Task<> insert_without_commit(Pool& pool, TenantId tenant) {
  Tx tx = co_await pool.begin(tenant);
  co_await tx.exec(kInsertNote, std::string("never seen"));
}

template <class... Params, class... Args>
Task<Code> code_of_exec(Pool& pool, TenantId tenant, const Query<Int64Row, Params...>& query,
                        Args... args) {
  Tx tx = co_await pool.begin(tenant);
  try {
    co_await tx.exec(query, args...);
  } catch (const Failure& failure) {
    co_return failure.code();
  }
  throw std::runtime_error("it went well");
}

TEST_F(TxPgTest, CommitsWhatItWrote) {
  Pool pool(reactor, options());
  EXPECT_EQ(run(reactor, insert_and_count(pool, a(), "one")), 1);
  EXPECT_EQ(run(reactor, insert_and_count(pool, a(), "two")), 2);
  EXPECT_EQ(run(reactor, insert_and_count(pool, b(), "other")), 1);
}

TEST_F(TxPgTest, RollsBackWhatWasNotCommitted) {
  PoolOptions one = options();
  one.connections = 1;
  Pool pool(reactor, one);
  for (int i = 0; i < 3; ++i) run(reactor, insert_without_commit(pool, a()));
  EXPECT_EQ(run(reactor, count(pool, a())), 0);
  EXPECT_EQ(pool.stats().open, 1U) << "the connection is used again";
}

Task<> queue_three(Pool& pool, TenantId tenant) {
  Tx tx = co_await pool.begin(tenant);
  for (const char* text : {"x", "y", "z"}) tx.queue(kInsertNote, std::string(text));
  co_await tx.commit();
}

TEST_F(TxPgTest, QueuedStatementsGoWithTheCommit) {
  Pool pool(reactor, options());
  run(reactor, queue_three(pool, a()));
  EXPECT_EQ(run(reactor, count(pool, a())), 3);
  EXPECT_THROW(run(reactor, queue_three(pool, a())), ConstraintViolation) << "the texts are unique";
  EXPECT_EQ(run(reactor, count(pool, a())), 3);
}

Task<> insert_twice(Pool& pool, TenantId tenant, std::string text) {
  Tx tx = co_await pool.begin(tenant);
  co_await tx.exec(kInsertNote, text);
  co_await tx.exec(kInsertNote, text);
}

TEST_F(TxPgTest, AViolationNamesItsConstraintAndNoValue) {
  Pool pool(reactor, options());
  try {
    run(reactor, insert_twice(pool, a(), "a secret"));
    FAIL() << "not refused";
  } catch (const ConstraintViolation& violation) {
    EXPECT_EQ(violation.sqlstate(), "23505");
    EXPECT_EQ(violation.constraint(), "notes_text_key");
    EXPECT_EQ(violation.log_detail().find("secret"), std::string::npos);
    EXPECT_EQ(violation.message().find("secret"), std::string::npos);
  }
  try {
    run(reactor, insert_and_count(pool, a(), std::string(60, 'x')));
    FAIL() << "not refused";
  } catch (const ConstraintViolation& violation) {
    EXPECT_EQ(violation.constraint(), "notes_short");
  }
}

TEST_F(TxPgTest, AfterAnErrorTheConnectionServesOthers) {
  PoolOptions one = options();
  one.connections = 1;
  Pool pool(reactor, one);
  run(reactor, insert_and_count(pool, a(), "one"));
  EXPECT_EQ(run(reactor, code_of_exec(pool, a(), kDivide, std::int64_t{0})), Code::bad_request);
  EXPECT_EQ(run(reactor, code_of_exec(pool, a(), kWrongTable)), Code::internal);
  EXPECT_EQ(run(reactor, insert_and_count(pool, b(), "one")), 1);
  EXPECT_EQ(run(reactor, insert_and_count(pool, a(), "two")), 2);
}

TEST_F(TxPgTest, ATextWithNulIsRefusedRatherThanCut) {
  Pool pool(reactor, options());
  try {
    run(reactor, insert_and_count(pool, a(), std::string("cut\0here", 8)));
    FAIL() << "not refused";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), Code::bad_request);
  }
  EXPECT_EQ(run(reactor, count(pool, a())), 0);
}

/// Counts again after a timeout: on a busy machine the count itself may take that long.
Task<std::int64_t> count_patiently(Pool& pool, TenantId tenant) {
  for (int i = 0; i < 50; ++i) {
    try {
      co_return co_await count(pool, tenant);
    } catch (const Failure& failure) {
      if (failure.code() != Code::timeout) throw;
    }
  }
  throw std::runtime_error("only timeouts");
}

TEST_F(TxPgTest, StatementTimeoutEndsWhatIsSlow) {
  PoolOptions impatient = options();
  impatient.statement_timeout = 100ms;
  Pool pool(reactor, impatient);
  owner.script("INSERT INTO pool_a.notes (text) VALUES ('one')");
  EXPECT_EQ(run(reactor, code_of_exec(pool, a(), kSleep, 60.0)), Code::timeout);
  EXPECT_EQ(run(reactor, count_patiently(pool, a())), 1);
}

Task<> sleep_with_own_timeout(Pool& pool, TenantId tenant) {
  Tx tx = co_await pool.begin(tenant);
  tx.statement_timeout(60s);
  co_await tx.exec(kSleep, 0.3);
}

TEST_F(TxPgTest, ATransactionMayHaveItsOwnTimeout) {
  PoolOptions impatient = options();
  impatient.statement_timeout = 100ms;
  impatient.connections = 1;
  Pool pool(reactor, impatient);
  owner.script("INSERT INTO pool_a.notes (text) VALUES ('one')");
  EXPECT_NO_THROW(run(reactor, sleep_with_own_timeout(pool, a())));
  EXPECT_EQ(run(reactor, code_of_exec(pool, a(), kSleep, 60.0)), Code::timeout)
      << "it ended with its transaction";
}

Task<> misuse_after_commit(Pool& pool, TenantId tenant) {
  Tx tx = co_await pool.begin(tenant);
  co_await tx.commit();
  co_await tx.one(kCountNotes);
}

Task<> misuse_after_error(Pool& pool, TenantId tenant) {
  Tx tx = co_await pool.begin(tenant);
  bool failed = false;
  try {
    co_await tx.one(kWrongTable);
  } catch (const Failure&) {
    failed = true;
  }
  if (failed) co_await tx.commit();
}

TEST_F(TxPgTest, AnEndedTransactionTakesNothingMore) {
  Pool pool(reactor, options());
  EXPECT_THROW(run(reactor, misuse_after_commit(pool, a())), std::logic_error);
  EXPECT_THROW(run(reactor, misuse_after_error(pool, a())), Failure);
}

// ---- a bounded wait ----------------------------------------------------------------------------

Task<> hold(Pool& pool, TenantId tenant, std::chrono::milliseconds time) {
  Tx tx = co_await pool.begin(tenant);
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
  co_await timer.async_wait(boost::asio::use_awaitable);
  co_await tx.commit();
}

Task<> note_code(Task<> task, std::vector<Code>& codes) {
  try {
    co_await std::move(task);
  } catch (const Failure& failure) {
    codes.push_back(failure.code());
  }
}

Task<> hold_until(Pool& pool, TenantId tenant, std::function<bool()> holds) {
  Tx tx = co_await pool.begin(tenant);
  co_await until(std::move(holds));
  co_await tx.commit();
}

TEST_F(TxPgTest, WaitersAreBoundedInNumberAndTime) {
  PoolOptions narrow = options();
  narrow.connections = 1;
  narrow.waiters = 2;
  narrow.acquire_timeout = 500ms;
  Pool pool(reactor, narrow);
  while (pool.stats().open == 0) {
    std::vector<Code> late;  // connecting may take longer than a waiter may wait
    run(reactor, note_code(hold(pool, a(), 0ms), late));
  }
  std::vector<Code> codes;
  std::vector<Task<>> tasks;
  // One holds the connection, two wait in vain, two are turned away at once.
  tasks.push_back(hold_until(pool, a(), [&] { return codes.size() == 4; }));
  for (int i = 0; i < 4; ++i) tasks.push_back(note_code(hold(pool, a(), 0ms), codes));
  testing::run_all(reactor, std::move(tasks));
  EXPECT_THAT(codes, ::testing::ElementsAre(Code::overloaded, Code::overloaded, Code::overloaded,
                                            Code::overloaded));
  run(reactor, hold(pool, a(), 0ms));
}

TEST_F(TxPgTest, WaitersAreServedInTurn) {
  PoolOptions narrow = options();
  narrow.connections = 2;
  Pool pool(reactor, narrow);
  std::vector<Task<>> tasks;
  for (int i = 0; i < 50; ++i) tasks.push_back(hold(pool, i % 2 ? a() : b(), 1ms));
  testing::run_all(reactor, std::move(tasks));
  EXPECT_EQ(pool.stats().open, 2U);
  EXPECT_EQ(pool.stats().busy, 0U);
}

// ---- clients that leave ------------------------------------------------------------------------

Task<> sleep_long(Pool& pool, TenantId tenant, double seconds) {
  Tx tx = co_await pool.begin(tenant);
  co_await tx.exec(kInsertNote, std::string("left behind"));
  co_await tx.exec(kSleep, seconds);
  co_await tx.commit();
}

TEST_F(TxPgTest, ACancelledStatementIsCancelledAtTheServerToo) {
  PoolOptions one = options();
  one.connections = 1;
  one.statement_timeout = 60s;
  one.acquire_timeout = 30s;
  Pool pool(reactor, one);
  run(reactor, insert_and_count(pool, a(), "one"));
  for (int i = 0; i < 5; ++i) {
    boost::asio::cancellation_signal signal;
    std::exception_ptr thrown;
    bool ended = false;
    boost::asio::co_spawn(
        reactor, sleep_long(pool, a(), 50.0),
        boost::asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr error) {
          thrown = error;
          ended = true;
        }));
    run(reactor, pause(30ms));
    EXPECT_FALSE(ended);
    signal.emit(boost::asio::cancellation_type::terminal);
    // Far less than 50 s, on the same and only connection.
    EXPECT_EQ(run(reactor, count(pool, a())), 1);
    EXPECT_TRUE(ended);
    EXPECT_THROW(std::rethrow_exception(thrown), boost::system::system_error);
  }
  EXPECT_EQ(pool.stats().open, 1U);
  const std::string running =
      "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%'"
      " AND state = 'active' AND pid <> pg_backend_pid()";
  EXPECT_EQ(owner.value(running), "0");
}

TEST_F(TxPgTest, ThePoolMayEndBeforeItsTransactions) {
  auto pool = std::make_unique<Pool>(reactor, options());
  run(reactor, insert_and_count(*pool, a(), "one"));
  std::vector<Code> codes;
  bool ended = false;
  boost::asio::co_spawn(reactor, note_code(sleep_long(*pool, a(), 50.0), codes),
                        [&](std::exception_ptr) { ended = true; });
  run(reactor, pause(30ms));
  pool.reset();
  run(reactor, pause(1ms));
  EXPECT_TRUE(ended);
  EXPECT_THAT(codes, ::testing::ElementsAre(Code::database_unavailable));
}

}  // namespace
}  // namespace wardbook::db
