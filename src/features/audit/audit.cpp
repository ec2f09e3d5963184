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
#include "base/hash.h"
#include "base/log.h"
#include "features/audit/audit_sql.h"
#include "features/audit/entries.h"

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

/// A UUID's digits, for an entry that says something that could be erased.
std::optional<std::string> salt_for(const Entry& entry) {
  if (!entry.reason && !entry.filters && !entry.before && !entry.after) return std::nullopt;
  return to_hex(random_bytes(16));
}

struct Pending {
  Actor actor;
  Entry entry;
};

/// The entries of one tenant that go together. Those who wait for them hold it until `finished`.
struct Group {
  Group(boost::asio::io_context& reactor, TenantId whose)
      : tenant(std::move(whose)), done(reactor, boost::asio::steady_timer::time_point::max()) {}
  const TenantId tenant;
  std::vector<Pending> entries;
  bool finished = false;
  std::exception_ptr error;
  boost::asio::steady_timer done;
};
using GroupPtr = std::shared_ptr<Group>;

/// What is committed together.
struct Batch {
  std::map<TenantId, GroupPtr> groups;
  std::size_t count = 0;  ///< entries
};

/// A tenant whose entries have to wait for a lock: they are committed apart from the others', in
/// its own share of the connections, one commit at a time.
struct Aside {
  std::vector<GroupPtr> groups;  ///< the last one still takes entries
  std::size_t count = 0;         ///< entries that wait, in flight too
  bool flying = false;
};

/// How a commit ended.
struct Outcome {
  std::exception_ptr error;
  bool blocked = false;        ///< by a lock on a table of `tenant`
  std::optional<TenantId> at;  ///< whose statement failed; nothing was committed
};

/// Commits in flight at once. PostgreSQL flushes its log once for those that wait for it together.
constexpr int kFlights = 3;
/// While one is in flight, the next one waits for so many entries, or for its turn.
constexpr std::size_t kWorthIt = 4;
/// Entries of a tenant aside that may wait.
constexpr std::size_t kMostAside = 1'000;
/// Locks that one batch waits for, each for a quarter of a second. Then its tenants go apart.
constexpr int kMostLocks = 2;

void queue_group(db::Tx& tx, const std::vector<Pending>& group) {
  if (group.size() == 1) return record(tx, group[0].actor, group[0].entry);
  using Texts = std::vector<std::optional<std::string>>;
  Texts actors, roles, actions, resources, ids, patients, lists, outcomes, reasons, requests, ips;
  Texts filters, salts, looks;
  for (const auto& [actor, entry] : group) {
    actors.push_back(as_text(value_of(actor.account)));
    roles.push_back(or_null(actor.role));
    actions.emplace_back(entry.action.name());
    resources.emplace_back(entry.resource);
    ids.push_back(as_text(entry.resource_id));
    patients.push_back(as_text(value_of(entry.patient)));
    lists.push_back(entry.patients.empty() ? std::nullopt : db::to_param(entry.patients));
    outcomes.emplace_back(outcome_of(entry));
    reasons.push_back(entry.reason);
    requests.push_back(or_null(actor.request_id));
    ips.push_back(or_null(actor.ip));
    filters.push_back(entry.filters);
    salts.push_back(salt_for(entry));
    looks.push_back(entry.looks.empty() ? std::nullopt : db::to_param(entry.looks));
  }
  tx.queue(kInsertMany, std::move(actors), std::move(roles), std::move(actions),
           std::move(resources), std::move(ids), std::move(patients), std::move(lists),
           std::move(outcomes), std::move(reasons), std::move(requests), std::move(ips),
           std::move(filters), std::move(salts), std::move(looks));
}

/// What comes of its queued entries.
Task<Outcome> commit(db::Tx tx) {
  Outcome outcome;
  try {
    co_await tx.commit();
  } catch (const db::Blocked&) {
    outcome = {std::current_exception(), true, tx.failed_at()};
  } catch (...) {
    outcome = {std::current_exception(), false, tx.failed_at()};
  }
  co_return outcome;
}

}  // namespace

void record(db::Tx& tx, const Actor& actor, Entry entry) {
  std::optional<std::vector<std::int64_t>> patients;
  if (!entry.patients.empty()) patients = std::move(entry.patients);
  std::optional<std::vector<std::int64_t>> looks;
  if (!entry.looks.empty()) looks = std::move(entry.looks);
  std::optional<std::string> salt = salt_for(entry);
  tx.queue(kInsertOne, value_of(actor.account), or_null(actor.role),
           std::string(entry.action.name()), std::move(entry.resource), entry.resource_id,
           value_of(entry.patient), std::move(patients), outcome_of(entry), std::move(entry.reason),
           or_null(actor.request_id), or_null(actor.ip), as_json(std::move(entry.before)),
           as_json(std::move(entry.after)), as_json(std::move(entry.filters)), std::move(salt),
           std::move(looks));
}

void record_platform(db::Tx& tx, const Actor& actor, Entry entry) {
  std::string detail;
  api::ObjectWriter writer(detail);
  writer.text("reason", entry.reason)
      .raw("before", entry.before.value_or(""))
      .raw("after", entry.after.value_or(""));
  writer.end();
  tx.queue(kInsertPlatform, value_of(actor.account), std::string(entry.action.name()),
           std::move(entry.resource), outcome_of(entry), or_null(actor.request_id),
           or_null(actor.ip), db::Json{std::move(detail)});
}

api::Journal& journal() {
  struct Unheard final : api::Journal {
    void enter(db::Tx& tx, const std::optional<TenantId>& tenant, const Actor& actor,
               Entry&& entry) override {
      if (tenant) {
        record(tx, actor, std::move(entry));
      } else {
        record_platform(tx, actor, std::move(entry));
      }
    }
    void committed(const TenantId&) override {}
  };
  static Unheard all;
  return all;
}

struct Log::Impl : std::enable_shared_from_this<Log::Impl> {
  Impl(boost::asio::io_context& r, db::Pool& d, std::size_t p) : reactor(r), db(d), most(p) {}

  boost::asio::io_context& reactor;
  db::Pool& db;
  std::size_t most;
  std::size_t waiting = 0;
  int flights = 0;
  std::shared_ptr<Batch> gathering;
  std::map<TenantId, Aside> apart;
  std::set<TenantId> touched;

  /// Where the tenant's next entry goes.
  GroupPtr group_for(const TenantId& tenant) {
    if (const auto found = apart.find(tenant); found != apart.end()) {
      Aside& aside = found->second;
      if (aside.count >= kMostAside) {
        Failure full(Code::overloaded, {}, "too many audit entries of this tenant wait");
        throw full.retry_after(1);
      }
      if (aside.groups.empty()) aside.groups.push_back(std::make_shared<Group>(reactor, tenant));
      ++aside.count;
      return aside.groups.back();
    }
    if (!gathering) gathering = std::make_shared<Batch>();
    ++gathering->count;
    GroupPtr& group = gathering->groups[tenant];
    if (!group) group = std::make_shared<Group>(reactor, tenant);
    return group;
  }

  /// Whoever has waited for the group goes on.
  void finish(Group& group, std::exception_ptr error) {
    if (!error) touched.insert(group.tenant);
    group.error = std::move(error);
    waiting -= group.entries.size();
    group.finished = true;
    group.done.cancel();
  }

  // ---- a tenant by itself

  void set_apart(const GroupPtr& group) {
    const auto [place, is_new] = apart.try_emplace(group->tenant);
    if (is_new) {
      log::warning("a hospital's audit entries wait for a lock", {{"tenant", group->tenant.str()}});
    }
    Aside& aside = place->second;
    // Not behind the group that still takes entries, if there is one.
    const auto at = aside.groups.empty() ? aside.groups.end() : aside.groups.end() - 1;
    aside.groups.insert(at, group);
    aside.count += group->entries.size();
    fly_apart(group->tenant);
  }

  void fly_apart(const TenantId& tenant) {
    if (apart.empty()) return;
    const auto found = apart.find(tenant);
    if (found == apart.end() || found->second.groups.empty()) return;
    if (std::exchange(found->second.flying, true)) return;
    boost::asio::co_spawn(reactor, flush_apart(shared_from_this(), tenant), boost::asio::detached);
  }

  static Task<Outcome> commit_apart(std::shared_ptr<Impl> self, TenantId tenant,
                                    std::vector<GroupPtr> groups) {
    db::Tx tx = co_await self->db.begin(std::move(tenant));
    for (const GroupPtr& group : groups) queue_group(tx, group->entries);
    co_return co_await commit(std::move(tx));
  }

  static Task<> flush_apart(std::shared_ptr<Impl> self, TenantId tenant) {
    bool well = false;
    Aside& aside = self->apart.at(tenant);  // stays until `flying` ends
    while (!aside.groups.empty()) {
      std::vector<GroupPtr> groups = std::exchange(aside.groups, {});
      Outcome outcome;
      try {
        outcome = co_await commit_apart(self, tenant, groups);
      } catch (...) {
        outcome.error = std::current_exception();
      }
      well = !outcome.error;
      for (const GroupPtr& group : groups) {
        aside.count -= group->entries.size();
        self->finish(*group, outcome.error);
      }
    }
    aside.flying = false;
    if (well) self->apart.erase(tenant);  // its next entries go with the others' again
  }

  // ---- all others

  [[nodiscard]] bool leaves_now() const {
    return flights == 0 || (flights < kFlights && gathering->count >= kWorthIt);
  }

  static Task<Outcome> commit_together(std::shared_ptr<Impl> self, std::shared_ptr<Batch> batch) {
    auto group = batch->groups.begin();
    db::Tx tx = co_await self->db.begin_batch(group->first);
    queue_group(tx, group->second->entries);
    for (++group; group != batch->groups.end(); ++group) {
      tx.switch_tenant(group->first);
      queue_group(tx, group->second->entries);
    }
    co_return co_await commit(std::move(tx));
  }

  /// Takes those out that have been found to wait for a lock since they were gathered.
  void sort_out(Batch& batch) {
    for (auto group = batch.groups.begin(); group != batch.groups.end();) {
      if (!apart.contains(group->first)) {
        ++group;
        continue;
      }
      const GroupPtr moved = std::move(group->second);
      group = batch.groups.erase(group);
      set_apart(moved);
    }
  }

  /// Until every tenant's entries are written, have failed on their own account, or wait apart.
  static Task<> settle(std::shared_ptr<Impl> self, std::shared_ptr<Batch> batch) {
    int locks = 0;
    for (self->sort_out(*batch); !batch->groups.empty(); self->sort_out(*batch)) {
      Outcome outcome;
      try {
        outcome = co_await commit_together(self, batch);
      } catch (...) {
        outcome.error = std::current_exception();
      }
      const auto culprit = outcome.at ? batch->groups.find(*outcome.at) : batch->groups.end();
      if (culprit == batch->groups.end()) {
        for (const auto& [tenant, group] : batch->groups) self->finish(*group, outcome.error);
        co_return;
      }
      const GroupPtr group = culprit->second;
      batch->groups.erase(culprit);
      if (!outcome.blocked) {
        self->finish(*group, outcome.error);
        continue;
      }
      self->set_apart(group);
      if (++locks < kMostLocks) continue;
      for (const auto& [tenant, other] : std::exchange(batch->groups, {})) self->set_apart(other);
    }
  }

  static Task<> flush(std::shared_ptr<Impl> self) {
    while (self->gathering && self->leaves_now()) {
      ++self->flights;
      const auto batch = std::exchange(self->gathering, nullptr);
      co_await settle(self, batch);
      --self->flights;
    }
  }
};

Log::Log(boost::asio::io_context& reactor, db::Pool& db, std::size_t pending)
    : impl_(std::make_shared<Impl>(reactor, db, pending)) {}
Log::~Log() = default;

void Log::enter(db::Tx& tx, const std::optional<TenantId>& tenant, const Actor& actor,
                Entry&& entry) {
  journal().enter(tx, tenant, actor, std::move(entry));
}

Task<> Log::write(TenantId tenant, Actor actor, Entry entry) {
  const auto impl = impl_;
  if (impl->waiting >= impl->most) {
    Failure full(Code::overloaded, {}, "too many audit entries wait");
    throw full.retry_after(1);
  }
  const auto group = impl->group_for(tenant);
  group->entries.push_back({std::move(actor), std::move(entry)});
  ++impl->waiting;
  impl->fly_apart(tenant);
  if (impl->gathering && impl->leaves_now()) {
    boost::asio::co_spawn(impl->reactor, Impl::flush(impl), boost::asio::detached);
  }
  while (!group->finished) {
    boost::system::error_code ignored;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
    co_await group->done.async_wait(token);
  }
  if (group->error) std::rethrow_exception(group->error);
}

std::size_t Log::waiting() const {
  return impl_->waiting;
}

std::size_t Log::apart() const {
  return impl_->apart.size();
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
