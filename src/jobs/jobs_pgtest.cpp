// Leases with two nodes in one process on one database. A lease is ended by the test's own hand,
// and a node's clock is the test's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <map>

#include "db/sync_connection.h"
#include "jobs/jobs.h"
#include "support/pg_cluster.h"
#include "support/run.h"

namespace wardbook::jobs {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using wardbook::testing::PgCluster;
using wardbook::testing::run;

Task<> pause_for(std::chrono::milliseconds time) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
  co_await timer.async_wait(boost::asio::use_awaitable);
}
/// Ends when it holds, or after ten seconds.
Task<> until(std::function<bool()> holds) {
  for (int i = 0; i < 1'000 && !holds(); ++i) co_await pause_for(10ms);
}

/// A node that has stopped running is one that was stopped or killed: its lease stays.
struct NodeOfTest {
  explicit NodeOfTest(std::string name) : runner(reactor, db, options(std::move(name))) {}
  ~NodeOfTest() {
    db.close();
    reactor.restart();
    reactor.poll();
  }
  NodeOfTest(const NodeOfTest&) = delete;
  NodeOfTest& operator=(const NodeOfTest&) = delete;

  Options options(std::string name) {
    Options out;
    out.holder = std::move(name);
    out.lease = 60s;
    out.look = 10ms;
    out.steady = [this] { return std::chrono::steady_clock::now() + skipped; };
    return out;
  }
  void look() { run(reactor, runner.look()); }
  void finish() {
    run(reactor, until([this] { return runner.idle(); }));
    ASSERT_TRUE(runner.idle());
  }

  boost::asio::io_context reactor{1};
  db::Pool db{reactor, PgCluster::get().pool_options()};
  std::chrono::seconds skipped{0};
  Runner runner;
};

/// Work that waits in the middle for as long as the test wants, and counts its steps.
struct Gate {
  int begun = 0;
  int steps = 0;
  bool open = false;
};
Task<> through(Gate& gate, Run& run) {
  ++gate.begun;
  while (!gate.open) co_await pause_for(1ms);
  run.check();
  ++gate.steps;
}
Task<> fails(int& times) {
  ++times;
  throw Failure(Code::internal, {}, "as the test wants it");
  co_return;
}

class JobsTest : public ::testing::Test {
 protected:
  JobsTest() {
    PgCluster::get().migrate();
    owner_.script("DELETE FROM wardbook.jobs");
    owner_.script("DELETE FROM wardbook.job_hints");
  }
  Job job(Gate& gate) {
    return {
        .name = "test", .every = 600s, .work = [&gate](jobs::Run& r) { return through(gate, r); }};
  }
  void make_due() { owner_.script("UPDATE wardbook.jobs SET due_at = now() - interval '1 s'"); }
  void end_lease() { owner_.script("UPDATE wardbook.jobs SET until = now() - interval '1 s'"); }
  std::string column(const std::string& sql) {
    return owner_.value("SELECT " + sql + " FROM wardbook.jobs WHERE name = 'test'").value_or("");
  }
  bool begins(NodeOfTest& node, const Gate& gate, int times = 1) {
    run(node.reactor, until([&] { return gate.begun >= times; }));
    return gate.begun >= times;
  }

  std::deque<Gate> gates_;  ///< work that was cut off may still look at them when the nodes go
  db::SyncConnection owner_{PgCluster::get().owner_conninfo()};
  NodeOfTest one_{"one"};
  NodeOfTest two_{"two"};
};

TEST_F(JobsTest, OneOfTwoNodesWorks) {
  Gate& first = gates_.emplace_back();
  Gate& second = gates_.emplace_back();
  one_.runner.add(job(first));
  two_.runner.add(job(second));
  one_.look();  // makes the row
  make_due();
  one_.look();
  ASSERT_TRUE(begins(one_, first));
  make_due();
  two_.look();
  two_.finish();
  EXPECT_EQ(second.begun, 0) << "the lease is the other node's";
  EXPECT_TRUE(one_.runner.reports()[0].held);
  EXPECT_FALSE(two_.runner.reports()[0].held);
  first.open = true;
  one_.finish();
  EXPECT_EQ(first.steps, 1);
  EXPECT_EQ(one_.runner.reports()[0].runs, 1U);
  EXPECT_EQ(column("runs"), "1");
  EXPECT_EQ(column("until = '-infinity' AND last_success_at IS NOT NULL"), "t");
}

TEST_F(JobsTest, ARoundThatIsDoneIsNotDueForTheRestOfItsTime) {
  Gate& gate = gates_.emplace_back();
  gate.open = true;
  one_.runner.add(job(gate));
  two_.runner.add(job(gate));
  one_.look();
  make_due();
  one_.look();
  one_.finish();
  two_.look();
  two_.finish();
  EXPECT_EQ(gate.begun, 1);
  EXPECT_EQ(column("due_at BETWEEN started_at + interval '540 s' "
                   "AND started_at + interval '600 s'"),
            "t");
}

TEST_F(JobsTest, AScheduleThatWasMadeShorterHoldsAtOnce) {
  Gate& gate = gates_.emplace_back();
  gate.open = true;
  one_.runner.add(job(gate));
  Job often = job(gate);
  often.every = 60s;
  two_.runner.add(often);
  one_.look();
  make_due();
  one_.look();
  one_.finish();
  owner_.script("UPDATE wardbook.jobs SET started_at = started_at - interval '61 s'");
  one_.look();
  one_.finish();
  EXPECT_EQ(gate.begun, 1);
  two_.look();
  two_.finish();
  EXPECT_EQ(gate.begun, 2);
}

TEST_F(JobsTest, AScheduleThatWasMadeShorterHoldsForAJobThatHasNeverRun) {
  Gate& gate = gates_.emplace_back();
  gate.open = true;
  one_.runner.add(job(gate));
  Job often = job(gate);
  often.every = 60s;
  two_.runner.add(often);
  one_.look();
  one_.finish();
  owner_.script("UPDATE wardbook.jobs SET started_at = started_at - interval '61 s'");
  two_.look();
  two_.finish();
  EXPECT_EQ(gate.begun, 1);
}

TEST_F(JobsTest, TheLeaseOfAKilledNodeEndsAndAnotherOneTakesOver) {
  Gate& first = gates_.emplace_back();
  Gate& second = gates_.emplace_back();
  second.open = true;
  one_.runner.add(job(first));
  two_.runner.add(job(second));
  one_.look();
  make_due();
  one_.look();
  ASSERT_TRUE(begins(one_, first));  // and its reactor never runs again
  two_.look();
  two_.finish();
  EXPECT_EQ(second.begun, 0);
  end_lease();
  two_.look();
  two_.finish();
  EXPECT_EQ(second.steps, 1);
  EXPECT_EQ(column("holder"), "two");
}

TEST_F(JobsTest, ANodeThatWasHeldUpBeyondItsLeaseTakesNoFurtherStep) {
  Gate& first = gates_.emplace_back();
  Gate& second = gates_.emplace_back();
  second.open = true;
  one_.runner.add(job(first));
  two_.runner.add(job(second));
  one_.look();
  make_due();
  one_.look();
  ASSERT_TRUE(begins(one_, first));
  end_lease();
  two_.look();
  two_.finish();
  one_.skipped = 61s;
  first.open = true;
  one_.finish();
  EXPECT_EQ(first.steps, 0);
  EXPECT_EQ(one_.runner.reports()[0].runs, 0U);
  EXPECT_EQ(column("holder"), "two") << "it has written nothing over what its follower noted";
  EXPECT_EQ(column("runs"), "1");
}

TEST_F(JobsTest, AHolderOfYesterdayCannotWriteOverItsFollower) {
  Gate& first = gates_.emplace_back();
  Gate& second = gates_.emplace_back();
  one_.runner.add(job(first));
  two_.runner.add(job(second));
  one_.look();
  make_due();
  one_.look();
  ASSERT_TRUE(begins(one_, first));
  end_lease();
  two_.look();
  ASSERT_TRUE(begins(two_, second));
  first.open = true;  // its own clock says that it still holds the lease
  one_.finish();
  EXPECT_EQ(column("holder || ' ' || (until > now())"), "two true");
  EXPECT_EQ(column("runs"), "0");
  second.open = true;
  two_.finish();
  EXPECT_EQ(column("runs"), "1");
}

TEST_F(JobsTest, AFailureIsNotedAndTriedAgainSooner) {
  int times = 0;
  one_.runner.add(
      {.name = "test", .every = 600s, .work = [&times](jobs::Run&) { return fails(times); }});
  one_.look();
  make_due();
  one_.look();
  one_.finish();
  EXPECT_EQ(times, 1);
  EXPECT_THAT(column("last_error"), ::testing::HasSubstr("as the test wants it"));
  EXPECT_EQ(column("failures || ' ' || runs"), "1 0");
  EXPECT_EQ(column("due_at BETWEEN now() AND now() + interval '31 s'"), "t");
  EXPECT_EQ(one_.runner.reports()[0].failures, 1U);
}

TEST_F(JobsTest, AResidentJobKeepsItsLeaseUntilItsNodeEnds) {
  Gate& first = gates_.emplace_back();
  Gate& second = gates_.emplace_back();
  first.open = second.open = true;
  Job resident = job(first);
  resident.every = 1ms;
  resident.resident = true;
  one_.runner.add(resident);
  resident.work = [&second](jobs::Run& r) { return through(second, r); };
  two_.runner.add(resident);
  one_.look();
  ASSERT_TRUE(begins(one_, first, 3));
  two_.look();
  two_.finish();
  EXPECT_EQ(second.begun, 0);
  run(one_.reactor, one_.runner.stop());
  EXPECT_TRUE(one_.runner.idle());
  two_.look();
  EXPECT_TRUE(begins(two_, second, 3));
  EXPECT_EQ(column("runs >= 3"), "t");
  run(two_.reactor, two_.runner.stop());
}

// ---- tenants -----------------------------------------------------------------------------------

using Seen = std::vector<std::string>;

Task<bool> see(Seen& seen, TenantId tenant) {
  seen.push_back(tenant.str());
  co_return false;
}
Task<bool> see_again(Seen& seen, TenantId tenant) {
  seen.push_back(tenant.str());
  co_return std::ranges::count(seen, tenant.str()) < 2;
}
Task<bool> see_or_fail(Seen& seen, std::string bad, Code code, TenantId tenant) {
  seen.push_back(tenant.str());
  if (tenant.str() == bad) throw Failure(code);
  co_return false;
}
/// Stays at the third one.
Task<bool> see_and_stick(Seen& seen, TenantId tenant) {
  seen.push_back(tenant.str());
  while (seen.size() == 3) co_await pause_for(1ms);
  co_return false;
}

Task<> over_all(Run& run, db::Pool& db, TenantWork work) {
  co_await each_tenant(run, db, "the test's work was not done", std::move(work), 2);
}

class TenantsOfJobsTest : public JobsTest {
 protected:
  TenantsOfJobsTest() {
    owner_.script("DELETE FROM wardbook.tenants");
    owner_.script(
        "INSERT INTO wardbook.tenants (id, name) SELECT 'jobs_' || n, n FROM "
        "generate_series(1, 5) n");
  }
  ~TenantsOfJobsTest() override { owner_.script("DELETE FROM wardbook.tenants"); }

  void add(NodeOfTest& node, TenantWork work) {
    node.runner.add({.name = "test", .every = 600s, .work = [&node, work](jobs::Run& r) {
                       return over_all(r, node.db, work);
                     }});
  }
  void once(NodeOfTest& node) {
    node.look();
    make_due();
    node.look();
  }
};

TEST_F(TenantsOfJobsTest, AllOfThemAreVisitedPageByPage) {
  Seen seen;
  add(one_, [&seen](TenantId t) { return see(seen, std::move(t)); });
  once(one_);
  one_.finish();
  EXPECT_THAT(seen, ElementsAre("jobs_1", "jobs_2", "jobs_3", "jobs_4", "jobs_5"));
  EXPECT_EQ(column("progress IS NULL"), "t");
}

TEST_F(TenantsOfJobsTest, ATenantWithMoreWorkWaitsForTheOthers) {
  Seen seen;
  add(one_, [&seen](TenantId t) { return see_again(seen, std::move(t)); });
  once(one_);
  one_.finish();
  ASSERT_EQ(seen.size(), 10U);
  EXPECT_EQ(seen[4], "jobs_5");
  EXPECT_EQ(seen[5], "jobs_1");
}

TEST_F(TenantsOfJobsTest, OneThatFailsKeepsNoOtherWaiting) {
  Seen seen;
  add(one_,
      [&seen](TenantId t) { return see_or_fail(seen, "jobs_2", Code::timeout, std::move(t)); });
  once(one_);
  one_.finish();
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_EQ(one_.runner.reports()[0].runs, 1U);
}

TEST_F(TenantsOfJobsTest, AStoreThatIsAwayEndsTheRoundWhichGoesOnThereLater) {
  Seen seen;
  add(one_, [&seen](TenantId t) {
    return see_or_fail(seen, "jobs_3", Code::store_unavailable, std::move(t));
  });
  once(one_);
  one_.finish();
  EXPECT_EQ(seen.size(), 3U);
  EXPECT_EQ(column("progress"), "jobs_2");
  Seen later;
  add(two_, [&later](TenantId t) { return see(later, std::move(t)); });
  once(two_);
  two_.finish();
  EXPECT_THAT(later, ElementsAre("jobs_3", "jobs_4", "jobs_5"));
  EXPECT_EQ(column("progress IS NULL AND last_error IS NULL"), "t");
}

TEST_F(TenantsOfJobsTest, AnEndingNodeLeavesTheRestToTheNextOne) {
  Seen seen;
  add(one_, [&seen](TenantId t) { return see_and_stick(seen, std::move(t)); });
  once(one_);
  run(one_.reactor, until([&] { return seen.size() == 3; }));
  one_.runner.ask_to_stop();
  seen.emplace_back("lets it go");
  one_.finish();
  EXPECT_EQ(column("progress"), "jobs_3");
  Seen rest;
  add(two_, [&rest](TenantId t) { return see(rest, std::move(t)); });
  two_.look();
  two_.finish();
  EXPECT_THAT(rest, ElementsAre("jobs_4", "jobs_5"));
}

TEST_F(TenantsOfJobsTest, HintsReachTheHolderOnceAndOnlyOfTenantsThatExist) {
  run(one_.reactor, hint(one_.db, "test",
                         {*TenantId::parse("jobs_4"), *TenantId::parse("jobs_2"),
                          *TenantId::parse("not_there")}));
  run(one_.reactor, hint(one_.db, "test", {*TenantId::parse("jobs_4")}));
  run(one_.reactor, hint(one_.db, "other", {*TenantId::parse("jobs_1")}));
  const auto taken = run(two_.reactor, take_hints(two_.db, "test"));
  EXPECT_THAT(taken, ElementsAre(*TenantId::parse("jobs_2"), *TenantId::parse("jobs_4")));
  EXPECT_TRUE(run(two_.reactor, take_hints(two_.db, "test")).empty());
}

}  // namespace
}  // namespace wardbook::jobs
