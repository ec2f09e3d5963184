// The sealer on one node, and entries that another one writes.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>

#include "features/audit/audit.h"
#include "support/clinic.h"

namespace wardbook::audit {
namespace {

using namespace std::chrono_literals;
using wardbook::testing::PgCluster;
using wardbook::testing::run;

Task<> write(Log& log, TenantId tenant) {
  Entry entry{.action = "audit.read", .resource = "test"};
  co_await log.write(std::move(tenant), {}, std::move(entry));
}

Task<> until_sealed(std::function<bool()> holds) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  for (int i = 0; i < 1'000 && !holds(); ++i) {
    timer.expires_after(10ms);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

/// Two nodes' connections; the reactor is the same, and nothing else is. The hour between two walks
/// is longer than the test.
class SealingTest : public ::testing::Test {
 protected:
  SealingTest() { owner_.script("DELETE FROM wardbook.jobs; DELETE FROM wardbook.job_hints"); }
  ~SealingTest() override {
    here_.close();
    there_.close();
    reactor_.restart();
    reactor_.poll();
  }
  std::unique_ptr<jobs::Runner> sealer(db::Pool& db) {
    auto runner = std::make_unique<jobs::Runner>(reactor_, db);
    runner->add(sealing_job(db, 3'600s));
    boost::asio::co_spawn(reactor_, runner->run(), boost::asio::detached);
    return runner;
  }
  int seals() {
    return std::stoi(*owner_.value("SELECT count(*) FROM " + tenant_.str() + ".audit_seals"));
  }
  bool comes_to(int count) {
    run(reactor_, until_sealed([&] { return seals() == count; }));
    return seals() == count;
  }

  TenantId tenant_ = PgCluster::get().new_tenant("sealing");
  db::SyncConnection owner_{PgCluster::get().superuser_conninfo()};
  boost::asio::io_context reactor_{1};
  db::Pool here_{reactor_, PgCluster::get().pool_options()};
  db::Pool there_{reactor_, PgCluster::get().pool_options()};
  Log log_{reactor_, here_};
};

TEST_F(SealingTest, EntriesOfAnotherNodeAreSealedByAHint) {
  run(reactor_, write(log_, tenant_));
  const auto there = sealer(there_);
  ASSERT_TRUE(comes_to(1)) << "the first walk goes over all hospitals";
  run(reactor_, write(log_, tenant_));
  boost::asio::co_spawn(reactor_, run_hints(reactor_, here_, log_), boost::asio::detached);
  EXPECT_TRUE(comes_to(2));
  run(reactor_, there->stop());
}

TEST_F(SealingTest, ANewSealerLooksAtAllHospitalsWithoutAHint) {
  const auto there = sealer(there_);
  run(reactor_, until_sealed([&] {
        return owner_.value("SELECT 1 FROM wardbook.jobs WHERE until > now()").has_value();
      }));
  run(reactor_, there->stop());
  run(reactor_, write(log_, tenant_));
  const auto here = sealer(here_);
  EXPECT_TRUE(comes_to(1));
  run(reactor_, here->stop());
}

}  // namespace
}  // namespace wardbook::audit
