#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include "base/json.h"
#include "base/log.h"
#include "features/accounts/accounts.h"
#include "features/accounts/accounts_sql.h"

namespace wardbook::accounts {
namespace {

/// Beyond the longest life of a token, for clocks that differ.
constexpr std::chrono::seconds kMargin{3600};

std::string floor_key(AccountId account, const std::optional<std::string>& tenant) {
  std::string key = std::to_string(account.value);
  if (tenant) key += ' ' + *tenant;
  return key;
}

std::optional<std::int64_t> number(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->as_int64();
}

std::optional<std::string> text(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->as_string().data(), value->as_string().size());
}

}  // namespace

Revocation Revocation::from_row(const db::RowView& row) {
  return {row.maybe_id<SessionId>(0), row.maybe_id<AccountId>(1), row.maybe_str(2), row.int64(3)};
}

Authority::Authority(boost::asio::io_context& reactor, db::Pool& db, const Clock& clock,
                     std::chrono::seconds access_ttl)
    : reactor_(reactor), db_(db), clock_(clock), keep_(access_ttl + kMargin), timer_(reactor) {}

Task<> Authority::run() {
  boost::asio::co_spawn(reactor_, beat(), boost::asio::detached);
  std::function<Task<>()> connected = [this] { return load(); };
  std::function<void(std::string_view)> message = [this](std::string_view text) { hear(text); };
  co_await db_.listen(std::string(kChannel), std::move(connected), std::move(message));
}

void Authority::stop() {
  stopped_ = true;
  timer_.cancel();
}

/// Only adds: what was applied here while the rows were on their way stays.
Task<> Authority::load() {
  db::Tx tx = co_await db_.begin_control();
  const std::int64_t keep_s = keep_.count();
  tx.queue(kForgetRevocations, 2 * keep_s);
  tx.queue(kForgetSessions);
  const auto revocations = co_await tx.all(kRecentRevocations, keep_s);
  const auto suspended = co_await tx.all(kSuspendedTenants);
  co_await tx.commit();
  for (const auto& revocation : revocations) apply(revocation);
  suspended_.clear();
  for (const auto& row : suspended) suspended_.insert(row.value);
  forget_old();
  last_heard_ = std::chrono::steady_clock::now();
}

Task<> Authority::beat() {
  int beats = 0;
  while (!stopped_) {
    timer_.expires_after(kBeat);
    boost::system::error_code ignored;
    co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    if (stopped_) co_return;
    co_await send_beat();
    if (++beats % 600 == 0) forget_old();
  }
}

Task<> Authority::send_beat() {
  try {
    db::Tx tx = co_await db_.begin_control();
    tx.queue(kSendBeat);
    co_await tx.commit();
  } catch (const Failure&) {
    // The database is away or busy. Nothing is heard then, and `check` draws the conclusion.
  }
}

void Authority::hear(std::string_view payload) {
  last_heard_ = std::chrono::steady_clock::now();
  const auto parsed = parse_bounded_json(payload);
  if (!parsed || !parsed->is_object()) return;
  const auto& object = parsed->as_object();
  const auto tenant = text(object, "tenant");
  if (const auto* suspended = object.if_contains("suspended")) {
    const auto id = TenantId::parse(tenant.value_or(""));
    if (id && suspended->is_bool()) set_suspended(*id, suspended->as_bool());
    return;
  }
  const auto up_to = number(object, "up_to");
  if (!up_to) return;
  Revocation revocation;
  if (const auto session = number(object, "session")) revocation.session = SessionId(*session);
  if (const auto account = number(object, "account")) revocation.account = AccountId(*account);
  revocation.tenant = tenant;
  revocation.up_to_token = *up_to;
  apply(revocation);
}

void Authority::apply(const Revocation& revocation) {
  const Time now = clock_.now();
  if (revocation.session) {
    ended_sessions_[*revocation.session] = now;
  } else if (revocation.account) {
    Floor& floor = floors_[floor_key(*revocation.account, revocation.tenant)];
    floor.up_to_token = std::max(floor.up_to_token, revocation.up_to_token);
    floor.at = now;
  }
}

void Authority::set_suspended(const TenantId& tenant, bool suspended) {
  if (suspended) {
    suspended_.insert(tenant.str());
  } else {
    suspended_.erase(tenant.str());
  }
}

void Authority::forget_old() {
  const Time least = clock_.now() - keep_;
  std::erase_if(ended_sessions_, [&](const auto& entry) { return entry.second < least; });
  std::erase_if(floors_, [&](const auto& entry) { return entry.second.at < least; });
}

bool Authority::fresh() const {
  return last_heard_ != std::chrono::steady_clock::time_point{} &&
         std::chrono::steady_clock::now() - last_heard_ <= kStale;
}

void Authority::check(const api::Caller& caller) const {
  if (!fresh()) {
    Failure failure(Code::database_unavailable, {}, "revocations are not up to date");
    failure.retry_after(2);
    throw failure;
  }
  if (ended_sessions_.empty() && floors_.empty() && suspended_.empty()) return;
  const auto dead = [&](const std::optional<std::string>& tenant) {
    const auto floor = floors_.find(floor_key(caller.account, tenant));
    return floor != floors_.end() && caller.token_number <= floor->second.up_to_token;
  };
  std::optional<std::string> tenant;
  if (caller.tenant_id) tenant = caller.tenant_id->str();
  if (ended_sessions_.contains(caller.session) || dead(std::nullopt) || (tenant && dead(tenant))) {
    throw Failure(Code::unauthenticated, "The access token was revoked.");
  }
  if (tenant && suspended_.contains(*tenant)) throw Failure(Code::tenant_suspended);
}

Task<api::Caller> authenticate(App& app, std::string bearer) {
  api::Caller caller = app.tokens.verify(bearer);
  app.authority.check(caller);
  co_return caller;
}

}  // namespace wardbook::accounts
