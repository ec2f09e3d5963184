// The walls between tenants: every statement runs under its tenant's role, and no role outlives its
// transaction, whatever goes wrong in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/connection.h"
#include "db/pgtest_schema.h"
#include "db/pool.h"
#include "support/run.h"

namespace wardbook::db {
namespace {

using namespace testing_queries;
using testing::run;

inline const Query<Int64Row> kLiteralA{"test.literal_a", "SELECT count(*) FROM pool_a.notes"};
inline const Query<Int64Row> kLiteralB{"test.literal_b", "SELECT count(*) FROM pool_b.notes"};
inline const Query<Int64Row> kUnqualified{"test.unqualified", "SELECT count(*) FROM notes"};

class RolesPgTest : public PoolTest {
 protected:
  static PoolOptions narrow() {
    PoolOptions one = options();
    one.connections = 1;
    one.lanes = 1;
    return one;
  }
};

template <class Row>
Task<Row> control_one(Pool& pool, const Query<Row>& query) {
  Tx tx = co_await pool.begin_control();
  co_return co_await tx.one(query);
}

template <class Row>
Task<Row> tenant_one(Pool& pool, TenantId tenant, const Query<Row>& query) {
  Tx tx = co_await pool.begin(tenant);
  co_return co_await tx.one(query);
}

template <class Row>
Task<Row> lane_one(Pool& pool, TenantId tenant, const Query<Row>& query) {
  std::vector<Row> rows = co_await pool.read_all(tenant, query);
  co_return rows.at(0);
}

/// The SQLSTATE is in the log's detail only; the client sees an internal error.
void expect_denied(const std::function<void()>& statement) {
  try {
    statement();
    FAIL() << "not denied";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), Code::internal);
    EXPECT_THAT(failure.log_detail(), ::testing::HasSubstr("42501"));
  }
}

TEST_F(RolesPgTest, TheServicesLoginAloneIsRefused) {
  Pool pool(reactor, narrow());
  expect_denied([&] { run(reactor, control_one(pool, kLiteralA)); });
  EXPECT_EQ(run(reactor, control_one(pool, kControlUser)).value, "wardbook_service");
}

TEST_F(RolesPgTest, ATenantCannotReachAnother) {
  Pool pool(reactor, narrow());
  EXPECT_EQ(run(reactor, tenant_one(pool, a(), kLiteralA)).value, 0);
  expect_denied([&] { run(reactor, tenant_one(pool, a(), kLiteralB)); });
  expect_denied([&] { run(reactor, lane_one(pool, a(), kLiteralB)); });
  // Prepared under the right role, it is still refused under the wrong one.
  EXPECT_EQ(run(reactor, tenant_one(pool, b(), kLiteralB)).value, 0);
  expect_denied([&] { run(reactor, tenant_one(pool, a(), kLiteralB)); });
  expect_denied([&] { run(reactor, control_one(pool, kLiteralB)); });
}

TEST_F(RolesPgTest, NothingUnqualifiedResolves) {
  Pool pool(reactor, narrow());
  EXPECT_THROW(run(reactor, tenant_one(pool, a(), kUnqualified)), Failure);
}

TEST_F(RolesPgTest, TheRoleEndsWithTheTransaction) {
  Pool pool(reactor, narrow());
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(run(reactor, tenant_one(pool, a(), kWhoAmI)).value, "wbt_pool_a");
    EXPECT_EQ(run(reactor, control_one(pool, kControlUser)).value, "wardbook_service");
    EXPECT_THROW(run(reactor, tenant_one(pool, b(), kWrongTable)), Failure);
    EXPECT_EQ(run(reactor, control_one(pool, kControlUser)).value, "wardbook_service");
    expect_denied([&] { run(reactor, control_one(pool, kLiteralB)); });
  }
  EXPECT_EQ(pool.stats().open, 1U) << "it was the same connection all the time";
}

Task<std::vector<std::string>> switching(Pool& pool, TenantId first, TenantId second) {
  std::vector<std::string> users;
  Tx tx = co_await pool.begin_control();
  users.push_back((co_await tx.one(kControlUser)).value);
  tx.switch_tenant(first);
  tx.queue(kInsertNote, std::string("by first"));
  tx.switch_tenant(second);
  tx.queue(kInsertNote, std::string("by second"));
  users.push_back((co_await tx.one(kWhoAmI)).value);
  tx.switch_tenant(first);
  users.push_back((co_await tx.one(kWhoAmI)).value);
  co_await tx.commit();
  co_return users;
}

TEST_F(RolesPgTest, ATransactionMaySwitchItsTenant) {
  Pool pool(reactor, narrow());
  EXPECT_THAT(run(reactor, switching(pool, a(), b())),
              ::testing::ElementsAre("wardbook_service", "wbt_pool_b", "wbt_pool_a"));
  EXPECT_EQ(owner.value("SELECT text FROM pool_a.notes"), "by first");
  EXPECT_EQ(owner.value("SELECT text FROM pool_b.notes"), "by second");
}

TEST_F(RolesPgTest, ATenantsStatementNeedsATenant) {
  Pool pool(reactor, narrow());
  EXPECT_THROW(run(reactor, control_one(pool, kCountNotes)), Failure);
  EXPECT_EQ(run(reactor, control_one(pool, kControlUser)).value, "wardbook_service");
}

// ---- a lane's segments, sent by hand -----------------------------------------------------------

using detail::Batch;
using detail::BatchPtr;
using detail::Command;
using detail::ConnectionPtr;

Task<> wait_for(BatchPtr batch) {
  co_await detail::OneShot::wait(batch->done);
}

class SegmentPgTest : public RolesPgTest {
 protected:
  SegmentPgTest() {
    connection = run(reactor, detail::connect(reactor, detail::session_params(options(), true),
                                              std::chrono::seconds(5), 100));
    connection->start(true, [] {});
  }
  ~SegmentPgTest() override { connection->close("end"); }

  static BatchPtr batch() {
    auto made = std::make_shared<Batch>();
    made->deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    return made;
  }

  /// One segment: the tenant's role, if any, and the statements. Returns the first SQLSTATE.
  std::string segment(const char* role, const std::vector<std::string>& statements) {
    const BatchPtr sent = batch();
    if (role != nullptr) connection->add(sent, Command::role, role);
    for (const std::string& sql : statements) connection->add_sql(sent, sql);
    connection->sync(sent);
    run(reactor, wait_for(sent));
    return sent->error ? sent->error->sqlstate : "";
  }

  ConnectionPtr connection;
};

TEST_F(SegmentPgTest, ARoleEndsWithItsSegmentHoweverThatEnds) {
  const std::string read_a = "SELECT * FROM pool_a.notes";
  const std::string read_b = "SELECT * FROM pool_b.notes";
  EXPECT_EQ(segment(nullptr, {read_a}), "42501");
  const std::vector<std::vector<std::string>> segments = {
      {read_a},
      {"SELECT 1/0"},
      {"SELECT nonsense"},
      {"syntax error"},
      {read_a, "SELECT 1/0", read_a},
      {read_b},
      {"SELECT set_config('role', 'no_such_role', true)"},
      {"SAVEPOINT s", "SELECT 1/0"},
      {"SET LOCAL statement_timeout = 20", "SELECT pg_sleep(30)"},
      {"DO $$ BEGIN PERFORM 1/0; EXCEPTION WHEN OTHERS THEN NULL; END $$"},
      {"RESET ROLE"},
      {"SET LOCAL ROLE wbt_pool_b", read_b},
  };
  for (const auto& statements : segments) {
    (void)segment("wbt_pool_a", statements);
    ASSERT_FALSE(connection->broken()) << statements.back();
    EXPECT_EQ(segment(nullptr, {read_a}), "42501") << statements.back();
    EXPECT_EQ(segment(nullptr, {read_b}), "42501") << statements.back();
    EXPECT_EQ(segment("wbt_pool_b", {read_b}), "") << statements.back();
  }
}

TEST_F(SegmentPgTest, AnUnknownRoleLeavesTheOldOneForNobody) {
  EXPECT_EQ(segment("wbt_no_such_tenant", {"SELECT * FROM pool_a.notes"}), "22023");
  EXPECT_EQ(segment("postgres", {"SELECT 1"}), "42501") << "not a role that the service was given";
  EXPECT_EQ(segment("wardbook_owner", {"SELECT 1"}), "42501");
}

TEST_F(SegmentPgTest, AConnectionThatKeepsATransactionOpenIsClosed) {
  (void)segment("wbt_pool_a", {"BEGIN"});
  const BatchPtr after = batch();
  connection->add_sql(after, "SELECT 1");
  connection->sync(after);
  run(reactor, wait_for(after));
  EXPECT_TRUE(connection->broken());
}

}  // namespace
}  // namespace wardbook::db
