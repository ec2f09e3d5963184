#include <map>
#include <set>

#include "base/log.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/scanning.h"
#include "features/attachments/verify.h"
#include "features/audit/audit.h"
#include "jobs/jobs.h"

namespace wardbook::attachments {
namespace {

constexpr auto kVerifyEvery = std::chrono::milliseconds(500);
/// Of the hospitals of which nobody has told, so many between two looks at the hints.
constexpr int kTenantPage = 50;

/// Works on the next file of a tenant with an id above the one given; nullopt: there is none.
using NextFile = std::function<Task<std::optional<AttachmentId>>(
    TenantId tenant, AttachmentId after, std::function<void()> before_step)>;

/// What one node remembers while it goes through what waits. Whoever follows begins with all
/// hospitals.
class Rounds {
 public:
  Rounds(db::Pool& db, std::string job, std::chrono::seconds all_every, NextFile next)
      : db_(db), job_(std::move(job)), all_every_(all_every), next_(std::move(next)) {}

  Task<> round(jobs::Run& run) {
    if (run.begins()) forget();
    for (auto& tenant : co_await jobs::take_hints(db_, job_)) {
      due_.insert(std::move(tenant));
    }
    co_await walk();
    // One file of each hospital in turn, so that none waits for all of another's.
    std::map<TenantId, AttachmentId> after;
    while (!due_.empty()) {
      run.set_backlog(static_cast<std::int64_t>(due_.size()));
      const auto tenants = due_;
      for (const TenantId& tenant : tenants) {
        run.check();
        AttachmentId& last = after.try_emplace(tenant, AttachmentId(0)).first->second;
        const auto done = co_await next_or_note(run, tenant, last);
        if (done) last = *done;
        if (!done) due_.erase(tenant);
      }
    }
    run.set_backlog(0);
  }

 private:
  void forget() {
    due_.clear();
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
    const auto page = co_await jobs::tenants_after(db_, after_, kTenantPage);
    for (const TenantId& tenant : page) {
      after_ = tenant.str();
      due_.insert(tenant);
    }
    walking_ = page.size() == static_cast<std::size_t>(kTenantPage);
  }

  /// A store, a scanner or a database that is away ends the round; what else fails in one hospital
  /// is told, and tried again with its next hint or the next walk.
  Task<std::optional<AttachmentId>> next_or_note(jobs::Run& run, TenantId tenant,
                                                 AttachmentId last) {
    std::function<void()> check = [&run] { run.check(); };
    std::string trouble;
    try {
      co_return co_await next_(tenant, last, check);
    } catch (const Failure& e) {
      if (e.code() == Code::database_unavailable || e.code() == Code::store_unavailable) throw;
      trouble = std::string(e.message()) + " (" + std::string(e.log_detail()) + ")";
    }
    log::warning("a file waits", {{"job", job_}, {"tenant", tenant.str()}, {"detail", trouble}});
    co_return std::nullopt;
  }

  db::Pool& db_;
  std::string job_;
  std::chrono::seconds all_every_;
  NextFile next_;
  std::set<TenantId> due_;
  std::string after_;
  bool walking_ = false;
  std::chrono::steady_clock::time_point next_walk_;
};

/// Reads the object once. One that is not there any more is a fault like any other: it had arrived.
Task<Verdict> verify_arrived(s3::Store& store, Attachment a, std::function<void()> before_step) {
  Verdict verdict;
  const auto info = co_await store.head(a.s3_key);
  if (!info && info.error().error != s3::S3Error::not_found) throw store_failure(info.error());
  if (!info) {
    verdict.fault = "it is not in the store any more";
    co_return verdict;
  }
  co_return co_await verify_object(store, std::move(a), *info, std::move(before_step));
}

}  // namespace

Task<std::optional<AttachmentId>> verify_next(db::Pool& db, s3::Store& store, TenantId tenant,
                                              const Clock& clock, AttachmentId after,
                                              std::function<void()> before_step, bool scan) {
  const Door door{db, store, tenant, audit::Actor{}, true};
  std::optional<Attachment> a;
  {
    db::Tx tx = co_await door.begin();
    a = co_await tx.maybe_one(kNextToVerify, after, store.options().bucket);
    co_await tx.commit();
  }
  if (!a) co_return std::nullopt;
  const Verdict verdict = co_await verify_arrived(store, *a, std::move(before_step));
  if (verdict.fault) {
    (void)co_await reject(door, *a, *verdict.fault);
    co_return a->id;
  }
  db::Tx begun = co_await door.begin();
  api::Write w = api::write_over(audit::journal(), std::move(begun), door.actor);
  db::Tx& tx = w.tx();
  const auto now = co_await tx.maybe_one(kLockAny, a->id);
  const bool still = now && now->state == "pending" && now->s3_key == a->s3_key;
  if (still) {
    audit::Entry entry =
        co_await queue_publish(tx, door.actor.account, *now, verdict, clock.now(), scan);
    w.log_in(tenant, std::move(entry));
  }
  co_await w.commit_logged_or_not();
  if (still && scan) co_await tell_job(db, kScanningJob, tenant);
  co_return a->id;
}

jobs::Job verification_job(db::Pool& db, s3::Store& store, const Clock& clock,
                           const Settings::Attachments& settings) {
  const bool scan = !settings.scan.empty();
  NextFile next = [&db, &store, &clock, scan](TenantId tenant, AttachmentId after,
                                              std::function<void()> before_step) {
    return verify_next(db, store, std::move(tenant), clock, after, std::move(before_step), scan);
  };
  auto rounds = std::make_shared<Rounds>(db, std::string(kVerificationJob),
                                         settings.verify_all_every, std::move(next));
  return {.name = std::string(kVerificationJob),
          .every = kVerifyEvery,
          .resident = true,
          .work = [rounds](jobs::Run& run) { return rounds->round(run); }};
}

jobs::Job scanning_job(boost::asio::io_context& reactor, db::Pool& db, s3::Store& store,
                       const Settings::Attachments& settings) {
  auto scanner = std::make_shared<const Scanner>(reactor, settings);
  NextFile next = [&db, &store, scanner](TenantId tenant, AttachmentId after,
                                         std::function<void()> before_step) {
    return scan_next(db, store, scanner, std::move(tenant), after, std::move(before_step));
  };
  auto rounds = std::make_shared<Rounds>(db, std::string(kScanningJob), settings.verify_all_every,
                                         std::move(next));
  return {.name = std::string(kScanningJob),
          .every = kVerifyEvery,
          .resident = true,
          .work = [rounds](jobs::Run& run) { return rounds->round(run); }};
}

}  // namespace wardbook::attachments
