#include "features/audit/audit.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <map>
#include <set>

#include "api/input.h"
#include "features/audit/audit_sql.h"

namespace wardbook::audit {
namespace {

std::optional<std::int64_t> value_of(const std::optional<PatientId>& id) {
  return id ? std::optional(id->value) : std::nullopt;
}
std::optional<std::int64_t> value_of(const std::optional<AccountId>& id) {
  return id ? std::optional(id->value) : std::nullopt;
}
std::optional<std::string> or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}
std::optional<db::Json> as_json(std::optional<std::string> text) {
  return text ? std::optional(db::Json{std::move(*text)}) : std::nullopt;
}
std::optional<std::string> as_text(const std::optional<std::int64_t>& value) {
  return value ? std::optional(std::to_string(*value)) : std::nullopt;
}
std::string outcome_of(const Entry& entry) {
  if (entry.refused) return "refused";
  return entry.failed ? "failed" : "ok";
}

struct Pending {
  Actor actor;
  Entry entry;
};

/// What is committed together. Those who wait hold it until `done`.
struct Batch {
  explicit Batch(boost::asio::io_context& reactor)
      : done(reactor, boost::asio::steady_timer::time_point::max()) {}
  std::map<TenantId, std::vector<Pending>> entries;
  std::size_t count = 0;
  bool finished = false;
  std::exception_ptr error;
  boost::asio::steady_timer done;
};

/// Commits in flight at once. PostgreSQL flushes its log once for those that wait for it together.
constexpr int kFlights = 3;
/// While one is in flight, the next one waits for so many entries, or for its turn.
constexpr std::size_t kWorthIt = 4;

void queue_group(db::Tx& tx, std::vector<Pending> group) {
  if (group.size() == 1) return record(tx, group[0].actor, std::move(group[0].entry));
  using Texts = std::vector<std::optional<std::string>>;
  Texts actors, roles, actions, resources, ids, patients, lists, outcomes, reasons, requests, ips;
  Texts filters;
  for (const auto& [actor, entry] : group) {
    actors.push_back(as_text(value_of(actor.account)));
    roles.push_back(or_null(actor.role));
    actions.emplace_back(entry.action);
    resources.emplace_back(entry.resource);
    ids.push_back(as_text(entry.resource_id));
    patients.push_back(as_text(value_of(entry.patient)));
    lists.push_back(entry.patients.empty() ? std::nullopt : db::to_param(entry.patients));
    outcomes.emplace_back(outcome_of(entry));
    reasons.push_back(entry.reason);
    requests.push_back(or_null(actor.request_id));
    ips.push_back(or_null(actor.ip));
    filters.push_back(entry.filters);
  }
  tx.queue(kInsertMany, std::move(actors), std::move(roles), std::move(actions),
           std::move(resources), std::move(ids), std::move(patients), std::move(lists),
           std::move(outcomes), std::move(reasons), std::move(requests), std::move(ips),
           std::move(filters));
}

}  // namespace

Actor actor_of(const api::Request& request) {
  Actor actor;
  if (request.caller.account.value != 0) actor.account = request.caller.account;
  if (actor.account) actor.role = std::string(api::to_string(request.caller.role));
  actor.request_id = request.id;
  actor.ip = request.head.remote_ip;
  return actor;
}

void record(db::Tx& tx, const Actor& actor, Entry entry) {
  std::optional<std::vector<std::int64_t>> patients;
  if (!entry.patients.empty()) patients = std::move(entry.patients);
  tx.queue(kInsertOne, value_of(actor.account), or_null(actor.role), std::move(entry.action),
           std::move(entry.resource), entry.resource_id, value_of(entry.patient),
           std::move(patients), outcome_of(entry), std::move(entry.reason),
           or_null(actor.request_id), or_null(actor.ip), as_json(std::move(entry.before)),
           as_json(std::move(entry.after)), as_json(std::move(entry.filters)));
}

void record_platform(db::Tx& tx, const Actor& actor, Entry entry) {
  std::string detail;
  api::ObjectWriter writer(detail);
  writer.text("reason", entry.reason)
      .raw("before", entry.before.value_or(""))
      .raw("after", entry.after.value_or(""));
  writer.end();
  tx.queue(kInsertPlatform, value_of(actor.account), std::move(entry.action),
           std::move(entry.resource), outcome_of(entry), or_null(actor.request_id),
           or_null(actor.ip), db::Json{std::move(detail)});
}

struct Log::Impl : std::enable_shared_from_this<Log::Impl> {
  Impl(boost::asio::io_context& r, db::Pool& d, std::size_t p) : reactor(r), db(d), most(p) {}

  boost::asio::io_context& reactor;
  db::Pool& db;
  std::size_t most;
  std::size_t waiting = 0;
  int flights = 0;
  std::shared_ptr<Batch> gathering;
  std::set<TenantId> touched;

  std::shared_ptr<Batch> current() {
    if (!gathering) gathering = std::make_shared<Batch>(reactor);
    return gathering;
  }

  static Task<> commit_batch(std::shared_ptr<Impl> self, std::shared_ptr<Batch> batch) {
    auto group = batch->entries.begin();
    db::Tx tx = co_await self->db.begin(group->first);
    queue_group(tx, std::move(group->second));
    for (++group; group != batch->entries.end(); ++group) {
      tx.switch_tenant(group->first);
      queue_group(tx, std::move(group->second));
    }
    co_await tx.commit();
  }

  [[nodiscard]] bool leaves_now() const {
    return flights == 0 || (flights < kFlights && gathering->count >= kWorthIt);
  }

  static Task<> flush(std::shared_ptr<Impl> self) {
    while (self->gathering && self->leaves_now()) {
      ++self->flights;
      const auto batch = std::exchange(self->gathering, nullptr);
      try {
        co_await commit_batch(self, batch);
        for (const auto& [tenant, entries] : batch->entries) self->touched.insert(tenant);
      } catch (...) {
        batch->error = std::current_exception();
      }
      --self->flights;
      self->waiting -= batch->count;
      batch->finished = true;
      batch->done.cancel();
    }
  }
};

Log::Log(boost::asio::io_context& reactor, db::Pool& db, std::size_t pending)
    : impl_(std::make_shared<Impl>(reactor, db, pending)) {}
Log::~Log() = default;

Task<> Log::write(TenantId tenant, Actor actor, Entry entry) {
  const auto impl = impl_;
  if (impl->waiting >= impl->most) throw Failure(Code::overloaded);
  const auto batch = impl->current();
  batch->entries[std::move(tenant)].push_back({std::move(actor), std::move(entry)});
  ++batch->count;
  ++impl->waiting;
  if (impl->leaves_now()) {
    boost::asio::co_spawn(impl->reactor, Impl::flush(impl), boost::asio::detached);
  }
  while (!batch->finished) {
    boost::system::error_code ignored;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
    co_await batch->done.async_wait(token);
  }
  if (batch->error) std::rethrow_exception(batch->error);
}

std::size_t Log::waiting() const {
  return impl_->waiting;
}

std::vector<TenantId> Log::take_touched() {
  std::vector<TenantId> out(impl_->touched.begin(), impl_->touched.end());
  impl_->touched.clear();
  return out;
}

void Log::touch(const TenantId& tenant) {
  impl_->touched.insert(tenant);
}

}  // namespace wardbook::audit
