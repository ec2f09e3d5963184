#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "base/log.h"
#include "features/audit/audit.h"

namespace wardbook::audit {
namespace {

constexpr std::string_view kJob = "audit.seal";
constexpr auto kSealEvery = std::chrono::milliseconds(500);
/// Of the hospitals that nobody has hinted, so many between two looks at the hints.
constexpr int kPage = 50;

/// What one node remembers while it is the sealer. Whoever follows begins with all hospitals.
class Sealing {
 public:
  Sealing(db::Pool& db, std::chrono::seconds all_every) : db_(db), all_every_(all_every) {}

  Task<> round(jobs::Run& run) {
    if (run.begins()) forget();
    for (auto& tenant : co_await jobs::take_hints(db_, std::string(kJob))) {
      due_.insert(std::move(tenant));
    }
    co_await walk();
    run.set_backlog(static_cast<std::int64_t>(due_.size()));
    const auto tenants = std::exchange(due_, {});
    for (const TenantId& tenant : tenants) {
      run.check();
      const auto sealed = co_await seal_or_note(tenant);
      // Entries of transactions that still ran are left for the next round.
      if (sealed != 0) due_.insert(tenant);
    }
    run.set_backlog(static_cast<std::int64_t>(due_.size()));
  }

 private:
  void forget() {
    due_.clear();
    failing_.clear();
    walking_ = false;
    next_walk_ = std::chrono::steady_clock::now();
  }

  /// A page more of all hospitals, from time to time. A hint can be lost with the node that has it.
  Task<> walk() {
    const auto now = std::chrono::steady_clock::now();
    if (!walking_) {
      if (now < next_walk_) co_return;
      walking_ = true;
      after_.clear();
      next_walk_ = now + all_every_;
    }
    const auto page = co_await jobs::tenants_after(db_, after_, kPage);
    for (const TenantId& tenant : page) {
      after_ = tenant.str();
      due_.insert(tenant);
    }
    walking_ = page.size() == static_cast<std::size_t>(kPage);
  }

  /// Of one hospital's failure the log has its beginning and its end. The next hint or the next
  /// walk tries again.
  Task<std::int64_t> seal_or_note(TenantId tenant) {
    std::string trouble;
    std::int64_t sealed = 0;
    try {
      sealed = co_await seal(db_, tenant);
    } catch (const Failure& e) {
      if (e.code() == Code::database_unavailable) throw;
      trouble = std::string(e.message()) + " (" + std::string(e.log_detail()) + ")";
    } catch (const std::exception& e) {
      trouble = e.what();
    }
    if (trouble.empty()) {
      if (failing_.erase(tenant) != 0) {
        log::info("a hospital's audit log is sealed again", {{"tenant", tenant.str()}});
      }
    } else if (failing_.insert(tenant).second) {
      log::warning("sealing the audit log failed", {{"tenant", tenant.str()}, {"detail", trouble}});
    }
    co_return sealed;
  }

  db::Pool& db_;
  std::chrono::seconds all_every_;
  std::set<TenantId> due_;
  std::set<TenantId> failing_;
  std::string after_;
  bool walking_ = false;
  std::chrono::steady_clock::time_point next_walk_;
};

Task<> hint_touched(db::Pool& db, Log& log) {
  const std::vector<TenantId> tenants = log.take_touched();
  if (tenants.empty()) co_return;
  try {
    co_await jobs::hint(db, std::string(kJob), tenants);
    co_return;
  } catch (const std::exception&) {
    // The database is away, which others tell.
  }
  for (const TenantId& tenant : tenants) log.touch(tenant);
}

}  // namespace

jobs::Job sealing_job(db::Pool& db, std::chrono::seconds all_every) {
  auto sealing = std::make_shared<Sealing>(db, all_every);
  return {.name = std::string(kJob),
          .every = kSealEvery,
          .resident = true,
          .work = [sealing](jobs::Run& run) { return sealing->round(run); }};
}

Task<> run_hints(boost::asio::io_context& reactor, db::Pool& db, Log& log) {
  boost::asio::steady_timer timer(reactor);
  while (true) {
    timer.expires_after(kSealEvery);
    boost::system::error_code error;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, error);
    co_await timer.async_wait(token);
    if (error || reactor.stopped()) co_return;
    co_await hint_touched(db, log);
  }
}

}  // namespace wardbook::audit
