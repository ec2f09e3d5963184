#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "jobs/jobs.h"
#include "jobs/jobs_sql.h"

namespace wardbook::jobs {

using std::chrono::milliseconds;

/// A lease, and what its holder has not written down yet.
struct detail::Held {
  Held(boost::asio::io_context& reactor, std::string name)
      : job(std::move(name)), renewal(reactor), pause(reactor) {}

  std::string job;
  std::int64_t fence = 0;
  Steady steady;
  /// Counted from before the statement was sent, so never later than the database's.
  std::chrono::steady_clock::time_point until;
  bool lost = false;
  bool stopping = false;
  bool over = false;  ///< the rounds have ended
  bool first = true;
  MaybeText progress;
  std::int64_t backlog = 0;
  std::int64_t runs = 0;
  std::int64_t failures = 0;
  std::optional<double> seconds;
  MaybeText error;  ///< of the last round; before the first one, what was noted
  boost::asio::steady_timer renewal;
  boost::asio::steady_timer pause;

  [[nodiscard]] bool holds() const { return !lost && steady() < until; }
};

namespace {

constexpr std::size_t kLongestError = 500;
constexpr milliseconds kStopLook{5};

double seconds_of(milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// Up to a tenth less, so that the jobs of many do not stay in step.
double with_jitter(milliseconds every) {
  const auto byte = static_cast<unsigned char>(random_bytes(1)[0]);
  return seconds_of(every) * (1 - 0.1 * byte / 255);
}

Task<> wait(boost::asio::steady_timer& timer, milliseconds time) {
  timer.expires_after(time);
  boost::system::error_code ignored;
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

}  // namespace

void Run::check() const {
  if (held_->stopping || !held_->holds()) throw Stopped();
}
bool Run::begins() const {
  return held_->first;
}
const std::optional<std::string>& Run::progress() const {
  return held_->progress;
}
void Run::set_progress(std::string progress) {
  held_->progress = std::move(progress);
}
void Run::set_backlog(std::int64_t count) {
  held_->backlog = count;
}

std::string new_holder() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return std::string(host.data()) + ":" + std::to_string(getpid()) + ":" + to_hex(random_bytes(6));
}

struct Runner::Entry {
  Job job;
  Report report;
  std::shared_ptr<detail::Held> held;
  bool busy = false;
};

Runner::Runner(boost::asio::io_context& reactor, db::Pool& db, Options options)
    : reactor_(reactor), db_(db), options_(std::move(options)), timer_(reactor) {}

Runner::~Runner() = default;

void Runner::add(Job job) {
  auto entry = std::make_unique<Entry>();
  entry->report.name = job.name;
  entry->job = std::move(job);
  entries_.push_back(std::move(entry));
}

Task<> Runner::run() {
  while (!stopping_) {
    std::string trouble;
    try {
      co_await look();
    } catch (const Failure& e) {
      trouble = std::string(e.message()) + " (" + std::string(e.log_detail()) + ")";
    } catch (const std::exception& e) {
      trouble = e.what();
    }
    if (!trouble.empty() && !blind_) {
      log::warning("the jobs' leases cannot be read", {{"detail", trouble}});
    }
    blind_ = !trouble.empty();
    if (!stopping_) co_await wait(timer_, options_.look);
  }
}

Task<> Runner::look() {
  db::Tx tx = co_await db_.begin_control();
  auto rows = co_await tx.all(kStates);
  bool complete = true;
  for (const auto& entry : entries_) {
    if (std::ranges::find(rows, entry->job.name, &StateRow::name) != rows.end()) continue;
    complete = false;
    tx.queue(kRegister, entry->job.name, entry->job.resident ? 0.0 : with_jitter(entry->job.every));
  }
  if (!complete) rows = co_await tx.all(kStates);
  co_await tx.commit();
  for (const auto& entry : entries_) {
    const auto row = std::ranges::find(rows, entry->job.name, &StateRow::name);
    if (row == rows.end()) continue;
    entry->report.last_success = row->last_success;
    entry->report.last_seconds = row->last_seconds.value_or(0);
    const bool overdue = row->age_s && *row->age_s >= seconds_of(entry->job.every);
    if (stopping_ || entry->busy || !row->free || !(row->due || overdue)) continue;
    entry->busy = true;
    boost::asio::co_spawn(reactor_, work(*entry, row->abandoned_by), boost::asio::detached);
  }
}

Task<std::shared_ptr<detail::Held>> Runner::take(Entry& entry) {
  auto held = std::make_shared<detail::Held>(reactor_, entry.job.name);
  held->steady = options_.steady;
  held->until = options_.steady() + options_.lease;
  db::Tx tx = co_await db_.begin_control();
  const auto taken = co_await tx.maybe_one(kTake, entry.job.name, options_.holder,
                                           seconds_of(options_.lease), seconds_of(entry.job.every));
  co_await tx.commit();
  if (!taken) co_return nullptr;
  held->fence = taken->fence;
  held->progress = taken->progress;
  held->error = taken->last_error;
  co_return held;
}

/// From the lease to its end. Nothing is thrown: what cannot be written down shows by the lease.
Task<> Runner::work(Entry& entry, std::optional<std::string> abandoned_by) {
  try {
    const auto held = co_await take(entry);
    if (held) {
      entry.held = held;
      held->stopping = stopping_;
      if (abandoned_by && *abandoned_by != options_.holder) {
        log::info("a job was taken over", {{"job", entry.job.name}, {"from", *abandoned_by}});
      } else if (entry.job.resident) {
        log::info("this node runs a job now", {{"job", entry.job.name}});
      }
      boost::asio::co_spawn(reactor_, keep(held), boost::asio::detached);
      co_await rounds(entry, held);
      held->over = true;
      held->renewal.cancel();
      if (held->holds()) {
        co_await give_back(entry, held);
      } else {
        log::warning("a job's lease was lost", {{"job", entry.job.name}});
      }
    }
  } catch (const std::exception& e) {
    // Of the database: a lease that was taken ends by itself.
    log::warning("a job's lease was not taken or not given back",
                 {{"job", entry.job.name}, {"detail", e.what()}});
  }
  entry.held = nullptr;
  entry.report.backlog = 0;
  entry.busy = false;
}

Task<> Runner::rounds(Entry& entry, std::shared_ptr<detail::Held> held) {
  co_await one_round(entry, held);
  while (entry.job.resident && held->holds() && !held->stopping) {
    const milliseconds pause =
        held->error ? std::max(entry.job.every, milliseconds(1'000)) : entry.job.every;
    co_await wait(held->pause, pause);
    if (held->holds() && !held->stopping) co_await one_round(entry, held);
  }
}

Task<> Runner::one_round(Entry& entry, std::shared_ptr<detail::Held> held) {
  Run run(held);
  const auto began = options_.steady();
  std::string trouble;
  std::string cause;
  bool stopped = false;
  try {
    co_await entry.job.work(run);
  } catch (const Stopped&) {
    stopped = true;
  } catch (const Failure& e) {
    trouble = e.message();
    cause = e.log_detail();
  } catch (const std::exception& e) {
    trouble = e.what();
  }
  held->first = false;
  if (stopped) co_return;
  const bool failed_before = held->error.has_value();
  if (trouble.empty()) {
    if (failed_before) log::info("a job is working again", {{"job", entry.job.name}});
    held->seconds = std::chrono::duration<double>(options_.steady() - began).count();
    held->error.reset();
    held->progress.reset();
    ++held->runs;
    ++entry.report.runs;
    co_return;
  }
  if (!failed_before) {
    log::warning("a job is failing",
                 {{"job", entry.job.name}, {"detail", trouble}, {"cause", cause}});
  }
  if (!cause.empty()) trouble += " (" + cause + ")";
  held->error = trouble.substr(0, kLongestError);
  ++held->failures;
  ++entry.report.failures;
}

Task<> Runner::keep(std::shared_ptr<detail::Held> held) {
  while (!held->over) {
    co_await wait(held->renewal, options_.lease / 3);
    if (held->over) co_return;
    const auto until = options_.steady() + options_.lease;
    bool renewed = false;
    bool answered = true;
    try {
      renewed = co_await renew(held);
    } catch (const std::exception&) {
      answered = false;  // The database is away; it is tried again until the lease ends.
    }
    if (answered && !renewed) held->lost = true;
    if (!held->holds()) held->lost = true;
    if (held->lost) {
      held->pause.cancel();
      co_return;
    }
    if (renewed) held->until = until;
  }
}

Task<bool> Runner::renew(std::shared_ptr<detail::Held> held) {
  db::Tx tx = co_await db_.begin_control();
  const std::int64_t runs = std::exchange(held->runs, 0);
  const std::int64_t failures = std::exchange(held->failures, 0);
  std::int64_t rows = 0;
  std::exception_ptr error;
  try {
    rows = co_await tx.exec(kRenew, held->job, options_.holder, held->fence,
                            seconds_of(options_.lease), held->progress, runs, failures,
                            held->seconds, held->error);
    co_await tx.commit();
  } catch (...) {
    error = std::current_exception();
  }
  if (error) {
    held->runs += runs;
    held->failures += failures;
    std::rethrow_exception(error);
  }
  co_return rows == 1;
}

Task<> Runner::give_back(Entry& entry, std::shared_ptr<detail::Held> held) {
  const bool failed = held->error.has_value();
  const bool finished = held->runs > 0 && !failed && !held->progress;
  const bool from_now = entry.job.resident || !finished;
  double due_s = 0;  // At once: a round that was stopped, or a resident job.
  if (finished && !entry.job.resident) due_s = with_jitter(entry.job.every);
  if (failed && !held->stopping) due_s = seconds_of(std::min(entry.job.every, options_.retry));
  db::Tx tx = co_await db_.begin_control();
  const auto rows =
      co_await tx.exec(kGiveBack, held->job, options_.holder, held->fence, due_s, held->progress,
                       held->runs, held->failures, held->seconds, held->error, from_now);
  co_await tx.commit();
  if (rows != 1) log::warning("a job's lease was lost", {{"job", held->job}});
}

void Runner::ask_to_stop() {
  stopping_ = true;
  timer_.cancel();
  for (const auto& entry : entries_) {
    if (!entry->held) continue;
    entry->held->stopping = true;
    entry->held->pause.cancel();
  }
}

Task<> Runner::stop() {
  ask_to_stop();
  boost::asio::steady_timer timer(reactor_);
  for (milliseconds waited{0}; !idle() && waited < options_.lease; waited += kStopLook) {
    co_await wait(timer, kStopLook);
  }
}

bool Runner::idle() const {
  return std::ranges::none_of(entries_, [](const auto& entry) { return entry->busy; });
}

std::vector<Report> Runner::reports() const {
  std::vector<Report> out;
  for (const auto& entry : entries_) {
    out.push_back(entry->report);
    out.back().held = entry->held != nullptr && entry->held->holds();
    if (entry->held) out.back().backlog = entry->held->backlog;
  }
  return out;
}

}  // namespace wardbook::jobs
