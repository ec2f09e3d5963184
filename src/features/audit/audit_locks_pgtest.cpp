// One hospital's locked audit log, and the entries of the others. Locks are held by connections of
// the test, and nobody's patience runs out: what is blocked stays so until the test lets it go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>

#include "api/idempotency.h"
#include "features/audit/audit.h"
#include "support/clinic.h"

namespace wardbook::audit {
namespace {

using namespace std::chrono_literals;
using wardbook::testing::PgCluster;
using wardbook::testing::run;
using wardbook::testing::run_all;

/// A table, locked as a migration locks it.
class Lock {
 public:
  Lock(const TenantId& tenant, const std::string& table)
      : connection_(PgCluster::get().superuser_conninfo()) {
    connection_.script("BEGIN; LOCK TABLE " + tenant.str() + "." + table);
  }
  void release() { connection_.script("ROLLBACK"); }

 private:
  db::SyncConnection connection_;
};

struct Tally {
  int done = 0;
  int failed = 0;
  std::vector<Code> codes{};
};

Task<> write(Log& log, TenantId tenant, std::string resource, Tally& tally) {
  Entry entry{.action = "audit.read", .resource = std::move(resource)};
  try {
    co_await log.write(std::move(tenant), {}, std::move(entry));
    ++tally.done;
  } catch (const Failure& failure) {
    ++tally.failed;
    tally.codes.push_back(failure.code());
  }
}

Task<> until(std::function<bool()> holds) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  for (int i = 0; i < 1'000 && !holds(); ++i) {
    timer.expires_after(10ms);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

class AuditLocksTest : public ::testing::Test {
 protected:
  ~AuditLocksTest() override {
    db_.close();
    reactor_.restart();
    reactor_.poll();
  }

  static db::PoolOptions patient() {
    db::PoolOptions out = PgCluster::get().pool_options();
    out.acquire_timeout = 60s;
    out.statement_timeout = 60s;
    return out;
  }
  void start(const TenantId& tenant, const std::string& resource, Tally& tally) {
    boost::asio::co_spawn(reactor_, write(log_, tenant, resource, tally), boost::asio::detached);
  }
  /// `times` entries of each of the tenants from `first` on, in one batch; all are written.
  void all_write(std::size_t first, int times) {
    Tally tally;
    std::vector<Task<>> tasks;
    for (int i = 0; i < times; ++i) {
      for (std::size_t t = first; t < tenants_.size(); ++t) {
        tasks.push_back(write(log_, tenants_[t], "other", tally));
      }
    }
    const auto wanted = static_cast<int>(tasks.size());
    run_all(reactor_, std::move(tasks));
    EXPECT_EQ(tally.done, wanted);
  }
  int count(const TenantId& tenant, const std::string& table) {
    return std::stoi(*looking_.value("SELECT count(*) FROM " + tenant.str() + "." + table));
  }

  std::array<TenantId, 4> tenants_{
      PgCluster::get().new_tenant("locks"), PgCluster::get().new_tenant("locks"),
      PgCluster::get().new_tenant("locks"), PgCluster::get().new_tenant("locks")};
  db::SyncConnection looking_{PgCluster::get().superuser_conninfo()};
  boost::asio::io_context reactor_{1};
  db::Pool db_{reactor_, patient()};
  Log log_{reactor_, db_};
};

TEST_F(AuditLocksTest, ALockedAuditLogHoldsNobodyElsesReads) {
  Lock lock(tenants_[0], "audit_log");
  Tally stuck;
  // In the same batches as the others', as many as may be in flight at once.
  for (int i = 0; i < 20; ++i) start(tenants_[0], "stuck", stuck);
  for (int round = 0; round < 5; ++round) all_write(1, 10);
  EXPECT_EQ(stuck.done + stuck.failed, 0) << "they still wait for the lock";
  EXPECT_EQ(log_.apart(), 1U);
  for (int i = 0; i < 20; ++i) start(tenants_[0], "stuck", stuck);
  for (int round = 0; round < 5; ++round) all_write(1, 10);
  EXPECT_EQ(stuck.done + stuck.failed, 0);
  EXPECT_EQ(log_.waiting(), 40U);
  lock.release();
  run(reactor_, until([&] { return stuck.done == 40; }));
  EXPECT_EQ(stuck.done, 40);
  EXPECT_EQ(log_.apart(), 0U) << "its entries go with the others' again";
  all_write(0, 10);
  EXPECT_EQ(count(tenants_[0], "audit_log"), 50) << "each once";
  EXPECT_EQ(count(tenants_[1], "audit_log"), 110);
  EXPECT_EQ(log_.waiting(), 0U);
}

TEST_F(AuditLocksTest, SeveralLockedAuditLogsHoldNobodyElsesReads) {
  std::vector<std::unique_ptr<Lock>> locks;
  Tally stuck;
  for (std::size_t t = 0; t < 3; ++t) {
    locks.push_back(std::make_unique<Lock>(tenants_[t], "audit_log"));
    for (int i = 0; i < 5; ++i) start(tenants_[t], "stuck", stuck);
  }
  for (int round = 0; round < 5; ++round) all_write(3, 10);
  EXPECT_EQ(stuck.done + stuck.failed, 0) << "they still wait for the locks";
  EXPECT_EQ(log_.apart(), 3U);
  for (auto& lock : locks) lock->release();
  run(reactor_, until([&] { return stuck.done == 15; }));
  EXPECT_EQ(log_.apart(), 0U);
  for (std::size_t t = 0; t < 3; ++t) EXPECT_EQ(count(tenants_[t], "audit_log"), 5);
  EXPECT_EQ(count(tenants_[3], "audit_log"), 50);
}

TEST_F(AuditLocksTest, ATenantWhoseEntriesFailFailsAlone) {
  Tally stranger;
  Tally others;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 10; ++i) {
    tasks.push_back(write(log_, *TenantId::parse("never_made"), "x", stranger));
    tasks.push_back(write(log_, tenants_[1], "x", others));
    tasks.push_back(write(log_, *TenantId::parse("a_first_that_was_never_made"), "x", stranger));
  }
  run_all(reactor_, std::move(tasks));
  EXPECT_EQ(stranger.failed, 20);
  EXPECT_EQ(others.done, 10);
  EXPECT_EQ(count(tenants_[1], "audit_log"), 10);
  EXPECT_EQ(log_.apart(), 0U);
}

TEST_F(AuditLocksTest, WhatWaitsForOneTenantsLockIsBounded) {
  Lock lock(tenants_[0], "audit_log");
  Tally stuck;
  start(tenants_[0], "stuck", stuck);
  run(reactor_, until([&] { return log_.apart() == 1; }));
  for (int i = 0; i < 1'004; ++i) start(tenants_[0], "stuck", stuck);
  run(reactor_, until([&] { return stuck.failed == 5; }));
  EXPECT_EQ(stuck.failed, 5);
  EXPECT_THAT(stuck.codes, ::testing::Each(Code::overloaded));
  all_write(1, 10);
  lock.release();
  run(reactor_, until([&] { return stuck.done == 1'000; }));
  EXPECT_EQ(stuck.done, 1'000);
}

Task<> read_on(db::Pool& db, Log& log, TenantId tenant, Tally& tally) {
  static const db::Query<db::Int64Row> kCount{"test.patients",
                                              "SELECT count(*) FROM {tenant}.patients"};
  co_await db.read_maybe_one(tenant, kCount);
  co_await write(log, std::move(tenant), "read", tally);
}

Task<> write_through(db::Pool& db, TenantId tenant) {
  static const db::Query<void> kTouch{"test.touch",
                                      "LOCK TABLE {tenant}.patients IN ROW EXCLUSIVE MODE"};
  db::Tx tx = co_await db.begin(std::move(tenant));
  co_await tx.exec(kTouch);
  co_await tx.commit();
}

TEST_F(AuditLocksTest, ReadsOfTheOthersGoOnBesideAHospitalThatIsBlockedInEveryWay) {
  Lock patients(tenants_[0], "patients");
  Lock entries(tenants_[0], "audit_log");
  Tally stuck;
  int ended = 0;
  for (int i = 0; i < 20; ++i) {
    const auto end = [&ended](std::exception_ptr) { ++ended; };
    boost::asio::co_spawn(reactor_, read_on(db_, log_, tenants_[0], stuck), end);
    boost::asio::co_spawn(reactor_, write_through(db_, tenants_[0]), end);
    start(tenants_[0], "stuck", stuck);
  }
  Tally others;
  for (int round = 0; round < 5; ++round) {
    std::vector<Task<>> tasks;
    for (std::size_t t = 1; t < tenants_.size(); ++t) {
      for (int i = 0; i < 10; ++i) tasks.push_back(read_on(db_, log_, tenants_[t], others));
      tasks.push_back(write_through(db_, tenants_[t]));
    }
    run_all(reactor_, std::move(tasks));
  }
  EXPECT_EQ(others.done, 150);
  EXPECT_EQ(ended + stuck.done + stuck.failed, 0) << "they still wait for the locks";
  patients.release();
  entries.release();
  run(reactor_, until([&] { return ended == 40 && stuck.done == 40; }));
  EXPECT_EQ(stuck.done, 40);
}

// ---- jobs --------------------------------------------------------------------------------------

TEST_F(AuditLocksTest, TheSealerGoesOnWithTheNextHospital) {
  for (const TenantId& tenant : tenants_) {
    Tally tally;
    run(reactor_, write(log_, tenant, "x", tally));
  }
  Lock lock(tenants_[0], "audit_seals");
  jobs::Runner runner(reactor_, db_);
  runner.add(sealing_job(db_, 60s));
  boost::asio::co_spawn(reactor_, runner.run(), boost::asio::detached);
  const auto sealed = [&] {
    int seals = 0;
    for (std::size_t t = 1; t < tenants_.size(); ++t) seals += count(tenants_[t], "audit_seals");
    return seals;
  };
  run(reactor_, until([&] { return sealed() == 3; }));
  EXPECT_EQ(sealed(), 3);
  run(reactor_, runner.stop());
  lock.release();
  EXPECT_EQ(count(tenants_[0], "audit_seals"), 0);
  EXPECT_EQ(run(reactor_, seal(db_, tenants_[0])), 1);
}

Task<> sweep_keys(db::Pool& db, TenantId tenant, Tally& tally) {
  try {
    co_await api::sweep_idempotency_keys(db, std::move(tenant));
    ++tally.done;
  } catch (const Failure& failure) {
    tally.codes.push_back(failure.code());
  }
}

TEST_F(AuditLocksTest, TheSweepOfOldKeysIsBlockedForAMomentOnly) {
  Lock lock(tenants_[0], "idempotency_keys");
  Tally tally;
  for (const TenantId& tenant : tenants_) run(reactor_, sweep_keys(db_, tenant, tally));
  EXPECT_EQ(tally.done, 3);
  EXPECT_THAT(tally.codes, ::testing::ElementsAre(Code::timeout));
  lock.release();
}

}  // namespace
}  // namespace wardbook::audit
