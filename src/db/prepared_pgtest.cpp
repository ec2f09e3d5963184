// Prepared statements: bounded, never the client's problem.
#include <gtest/gtest.h>

#include "db/pgtest_schema.h"
#include "db/pool.h"
#include "support/run.h"

namespace wardbook::db {
namespace {

using namespace testing_queries;
using testing::run;

inline const Query<Int64Row> kPreparedThere{
    "test.prepared_there", "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 's%'"};
inline const Query<NoteRow> kEverything{"test.everything", "SELECT * FROM {tenant}.notes"};
inline const Query<Int64Row> kLater{"test.later", "SELECT count(*) FROM {tenant}.later"};
inline const Query<void> kForget{"test.forget", "DEALLOCATE s1"};

class PreparedPgTest : public PoolTest {
 protected:
  static PoolOptions narrow() {
    PoolOptions one = options();
    one.connections = 1;
    one.lanes = 1;
    one.prepared_per_connection = 3;
    return one;
  }
};

Task<std::int64_t> prepared_there(Pool& pool) {
  Tx tx = co_await pool.begin_control();
  const Int64Row row = co_await tx.one(kPreparedThere);
  co_return row.value;
}

template <class Row>
Task<std::size_t> read(Pool& pool, TenantId tenant, const Query<Row>& query) {
  Tx tx = co_await pool.begin(tenant);
  const std::vector<Row> rows = co_await tx.all(query);
  co_return rows.size();
}

template <class Row>
Task<std::size_t> lane_read(Pool& pool, TenantId tenant, const Query<Row>& query) {
  const std::vector<Row> rows = co_await pool.read_all(tenant, query);
  co_return rows.size();
}

TEST_F(PreparedPgTest, TheCacheIsBoundedAtTheServerToo) {
  Pool pool(reactor, narrow());
  for (int round = 0; round < 5; ++round) {
    for (const TenantId& tenant : {a(), b()}) {
      run(reactor, read(pool, tenant, kCountNotes));
      run(reactor, read(pool, tenant, kNotes));
      run(reactor, read(pool, tenant, kWhoAmI));
    }
    EXPECT_LE(run(reactor, prepared_there(pool)), 4) << "three and what was being prepared";
  }
}

TEST_F(PreparedPgTest, EachIsPreparedOnce) {
  PoolOptions roomy = narrow();
  roomy.prepared_per_connection = 100;
  Pool pool(reactor, roomy);
  for (int i = 0; i < 10; ++i) run(reactor, read(pool, a(), kNotes));
  EXPECT_EQ(run(reactor, prepared_there(pool)), 2) << "and the one that asks";
}

TEST_F(PreparedPgTest, AFailedParseIsForgotten) {
  Pool pool(reactor, narrow());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THROW(run(reactor, read(pool, a(), kLater)), Failure);
    EXPECT_THROW(run(reactor, lane_read(pool, a(), kLater)), Failure);
  }
  owner.script("CREATE TABLE pool_a.later (); GRANT SELECT ON pool_a.later TO wbt_pool_a");
  EXPECT_EQ(run(reactor, read(pool, a(), kLater)), 1U);
  EXPECT_EQ(run(reactor, lane_read(pool, a(), kLater)), 1U);
}

TEST_F(PreparedPgTest, AMigrationDoesNotBreakCachedPlans) {
  Pool pool(reactor, narrow());
  owner.script("INSERT INTO pool_a.notes (text) VALUES ('x')");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(run(reactor, read(pool, a(), kEverything)), 1U);
    EXPECT_EQ(run(reactor, lane_read(pool, a(), kEverything)), 1U);
    owner.script("ALTER TABLE pool_a.notes ADD COLUMN c" + std::to_string(i) + " text");
  }
  EXPECT_EQ(run(reactor, read(pool, a(), kEverything)), 1U);
  EXPECT_EQ(run(reactor, lane_read(pool, a(), kEverything)), 1U);
}

Task<std::size_t> read_after_a_change(Pool& pool, TenantId tenant, SyncConnection& owner) {
  Tx tx = co_await pool.begin(tenant);
  co_await tx.one(kControlUser);
  owner.script("ALTER TABLE pool_a.notes ADD COLUMN meanwhile text");
  const std::vector<NoteRow> rows = co_await tx.all(kEverything);
  co_return rows.size();
}

TEST_F(PreparedPgTest, InsideATransactionAStalePlanIsAnErrorOnce) {
  Pool pool(reactor, narrow());
  run(reactor, read(pool, a(), kEverything));
  EXPECT_THROW(run(reactor, read_after_a_change(pool, a(), owner)), Failure);
  EXPECT_EQ(run(reactor, read(pool, a(), kEverything)), 0U);
}

Task<> forget_the_first(Pool& pool) {
  Tx tx = co_await pool.begin_control();
  co_await tx.exec(kForget);
  co_await tx.commit();
}

TEST_F(PreparedPgTest, AStatementThatIsGoneDoesNotSurface) {
  Pool pool(reactor, narrow());
  EXPECT_EQ(run(reactor, read(pool, a(), kNotes)), 0U);
  run(reactor, forget_the_first(pool));
  EXPECT_EQ(run(reactor, read(pool, a(), kNotes)), 0U);
  EXPECT_EQ(run(reactor, read(pool, a(), kNotes)), 0U);
  EXPECT_EQ(pool.stats().open, 1U);
}

TEST_F(PreparedPgTest, AConnectionIsReplacedAfterItsNumberOfTenants) {
  PoolOptions frugal = narrow();
  frugal.tenants_per_connection = 1;
  Pool pool(reactor, frugal);
  for (int i = 0; i < 4; ++i) {
    for (const TenantId& tenant : {a(), b()}) {
      EXPECT_EQ(run(reactor, read(pool, tenant, kNotes)), 0U);
      EXPECT_EQ(run(reactor, lane_read(pool, tenant, kNotes)), 0U);
    }
  }
  EXPECT_GE(pool.stats().reconnects, 2U) << "of the lane";
}

}  // namespace
}  // namespace wardbook::db
