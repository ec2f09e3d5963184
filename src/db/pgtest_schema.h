// What the PostgreSQL tests of this layer share: two tenants with one table each, made anew for
// every test, and the statements on it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <string>

#include "db/pool.h"
#include "db/sync_connection.h"
#include "support/pg_cluster.h"
#include "support/run.h"

namespace wardbook::db {

struct NoteRow {
  std::int64_t id;
  std::string text;
  static NoteRow from_row(const RowView& r) { return {r.int64(0), r.str(1)}; }
};

namespace testing_queries {

inline const Query<void, std::string> kInsertNote{"test.insert_note",
                                                  "INSERT INTO {tenant}.notes (text) VALUES ($1)"};
inline const Query<Int64Row> kCountNotes{"test.count_notes", "SELECT count(*) FROM {tenant}.notes"};
inline const Query<NoteRow> kNotes{"test.notes", "SELECT id, text FROM {tenant}.notes ORDER BY id"};
inline const Query<NoteRow, std::int64_t> kNote{
    "test.note", "SELECT id, text FROM {tenant}.notes WHERE id = $1"};
inline const Query<TextRow> kWhoAmI{"test.who",
                                    "SELECT current_user::text FROM {tenant}.notes"
                                    " RIGHT JOIN (SELECT 1) one ON false"};
inline const Query<TextRow> kControlUser{"test.control_user", "SELECT current_user::text"};
inline const Query<Int64Row, double> kSleep{"test.sleep",
                                            "SELECT 1 FROM pg_sleep($1), {tenant}.notes LIMIT 1"};
inline const Query<Int64Row, std::int64_t> kDivide{"test.divide",
                                                   "SELECT 100 / $1 FROM {tenant}.notes LIMIT 1"};
inline const Query<Int64Row> kWrongTable{"test.wrong_table",
                                         "SELECT 1 FROM {tenant}.no_such_table"};

}  // namespace testing_queries

inline Task<> pause(std::chrono::milliseconds time) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

/// Ends when it holds, or after ten seconds.
inline Task<> until(std::function<bool()> holds) {
  for (int i = 0; i < 1'000 && !holds(); ++i) co_await pause(std::chrono::milliseconds(10));
}

class PoolTest : public ::testing::Test {
 protected:
  PoolTest() : owner(testing::PgCluster::get().owner_conninfo()) {
    make(a());
    make(b());
  }

  static TenantId a() { return *TenantId::parse("pool_a"); }
  static TenantId b() { return *TenantId::parse("pool_b"); }
  static PoolOptions options() { return testing::PgCluster::get().pool_options(); }

  /// The tenant's schema with an empty table `notes`, and its role, as the migrations make them.
  void make(const TenantId& tenant) {
    const std::string schema = owner.identifier(tenant.str());
    const std::string role = owner.identifier(tenant.role());
    if (!owner.value("SELECT 1 FROM pg_roles WHERE rolname = $1", {tenant.role()})) {
      owner.script("CREATE ROLE " + role + " NOLOGIN; GRANT " + role + " TO wardbook_service");
    }
    owner.script("DROP SCHEMA IF EXISTS " + schema + " CASCADE; CREATE SCHEMA " + schema);
    owner.script("CREATE TABLE " + schema +
                 ".notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                 " text text NOT NULL UNIQUE CONSTRAINT notes_short CHECK (length(text) < 50))");
    owner.script("GRANT USAGE ON SCHEMA " + schema + " TO " + role);
    owner.script("GRANT SELECT, INSERT, UPDATE ON " + schema + ".notes TO " + role);
  }

  boost::asio::io_context reactor;
  SyncConnection owner;
};

}  // namespace wardbook::db
