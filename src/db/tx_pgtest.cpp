#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "db/pgtest_schema.h"
#include "db/pool.h"
#include "support/pg_cluster.h"
#include "support/run.h"

namespace wardbook::db {
namespace {

using testing::run;
using namespace testing_queries;  // NOLINT: the test schema's statements

class TxPgTest : public PoolTest {};

static Task<std::int64_t> insert_and_count(Pool& pool, TenantId tenant, std::string text) {
  Tx tx = co_await pool.begin(tenant);
  co_await tx.exec(kInsertNote, text);
  const Int64Row count = co_await tx.one(kCountNotes);
  co_await tx.commit();
  co_return count.value;
}

TEST_F(TxPgTest, CommitsWhatItWrote) {
  Pool pool(reactor, options());
  EXPECT_EQ(run(reactor, insert_and_count(pool, a(), "one")), 1);
  EXPECT_EQ(run(reactor, insert_and_count(pool, a(), "two")), 2);
  EXPECT_EQ(run(reactor, insert_and_count(pool, b(), "other")), 1);
}

}  // namespace
}  // namespace wardbook::db
