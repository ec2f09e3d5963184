#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/task.h"
#include "db/pool.h"

/// What runs by itself, once among any number of nodes. A job's lease is a row in the control
/// schema and ends by the database's clock. It keeps the work from being done twice in vain; it
/// does not make it safe: a process that was held up may finish a step after its lease has ended.
/// So each step of a job is one transaction that claims its rows by their state and their locks, or
/// can be repeated without harm.
namespace wardbook::jobs {

using Steady = std::function<std::chrono::steady_clock::time_point()>;

/// Thrown by Run::check.
class Stopped : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "the job was stopped"; }
};

namespace detail {
struct Held;
}

/// One lease, as a job's work sees it.
class Run {
 public:
  explicit Run(std::shared_ptr<detail::Held> held) : held_(std::move(held)) {}
  /// To be called before every step. Throws Stopped when the lease was lost or the node ends.
  void check() const;
  /// The first round since this node has the lease.
  [[nodiscard]] bool begins() const;
  /// How far an earlier holder, or a round that failed, has come with this round; nullopt: it is
  /// new.
  [[nodiscard]] const std::optional<std::string>& progress() const;
  /// Written down with the next renewal of the lease.
  void set_progress(std::string progress);
  /// What is still to be done, where it is known.
  void set_backlog(std::int64_t count);

 private:
  std::shared_ptr<detail::Held> held_;
};

struct Job {
  std::string name;
  /// From the beginning of a round to the beginning of the next one, less up to a tenth. Of a
  /// resident job: between two rounds.
  std::chrono::milliseconds every;
  /// The lease stays with a node for as long as that runs; for jobs whose rounds are short and
  /// many.
  bool resident = false;
  /// One round. What it throws is noted, and another round tries again from where progress is.
  std::function<Task<>(Run&)> work;
};

/// Unique among all processes: host, process and a random number.
[[nodiscard]] std::string new_holder();

struct Options {
  std::string holder = new_holder();
  std::chrono::milliseconds lease{15'000};  ///< renewed three times within it
  std::chrono::milliseconds look{1'000};    ///< how often the jobs' rows are looked at
  std::chrono::milliseconds retry{30'000};  ///< after a round that failed, or `every` if shorter
  Steady steady = &std::chrono::steady_clock::now;
};

/// What /metrics shows of a job.
struct Report {
  std::string name;
  bool held = false;                 ///< by this runner
  std::optional<Time> last_success;  ///< on any node
  double last_seconds = 0;           ///< of the last round, on any node
  std::uint64_t runs = 0;            ///< rounds of this runner that went well
  std::uint64_t failures = 0;        ///< and those that did not
  std::int64_t backlog = 0;          ///< while this runner holds the lease
};

/// The jobs of a process: works on each that is due and that nobody else works on. The reactor, the
/// pool and what the jobs refer to must outlive it.
class Runner {
 public:
  Runner(boost::asio::io_context& reactor, db::Pool& db, Options options = {});
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  void add(Job job);
  /// Looks again and again until it is stopped.
  [[nodiscard]] Task<> run();
  /// Looks at all jobs once, and begins those that are due. Fails as Pool::begin_control.
  [[nodiscard]] Task<> look();
  /// Nothing new begins, and what runs ends before its next step.
  void ask_to_stop();
  /// The same, and waits until the leases are given back, at most for as long as one lasts.
  [[nodiscard]] Task<> stop();
  /// Nothing runs.
  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::vector<Report> reports() const;

 private:
  struct Entry;
  [[nodiscard]] Task<> work(Entry& entry, std::optional<std::string> abandoned_by);
  [[nodiscard]] Task<std::shared_ptr<detail::Held>> take(Entry& entry);
  [[nodiscard]] Task<> rounds(Entry& entry, std::shared_ptr<detail::Held> held);
  [[nodiscard]] Task<> one_round(Entry& entry, std::shared_ptr<detail::Held> held);
  [[nodiscard]] Task<> keep(std::shared_ptr<detail::Held> held);
  [[nodiscard]] Task<bool> renew(std::shared_ptr<detail::Held> held);
  [[nodiscard]] Task<> give_back(Entry& entry, std::shared_ptr<detail::Held> held);

  boost::asio::io_context& reactor_;
  db::Pool& db_;
  Options options_;
  std::vector<std::unique_ptr<Entry>> entries_;
  boost::asio::steady_timer timer_;
  bool stopping_ = false;
  bool blind_ = false;  ///< the last look failed
};

// ---- paging over tenants -----------------------------------------------------------------------

/// The next tenants by id, at most `most`.
[[nodiscard]] Task<std::vector<TenantId>> tenants_after(db::Pool& db, std::string after, int most);

/// Work on one tenant. True: there is more, and this tenant comes again when the others have had
/// their turn.
using TenantWork = std::function<Task<bool>(TenantId)>;
/// One round over all tenants, in pages, with the tenant as progress. What fails in one tenant is
/// logged as `trouble`, and the next one follows; a database or a store that is away ends the
/// round.
[[nodiscard]] Task<> each_tenant(Run& run, db::Pool& db, std::string_view trouble, TenantWork work,
                                 int page = 100);

// ---- hints -------------------------------------------------------------------------------------

/// Tells the job's holder, wherever it is, that these tenants have work for it.
[[nodiscard]] Task<> hint(db::Pool& db, std::string job, std::vector<TenantId> tenants);
/// Takes what was hinted, as far as these tenants still exist.
[[nodiscard]] Task<std::vector<TenantId>> take_hints(db::Pool& db, std::string job);

}  // namespace wardbook::jobs
