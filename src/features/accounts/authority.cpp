#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "db/listen.h"
#include "features/accounts/accounts.h"
#include "features/accounts/accounts_sql.h"

namespace wardbook::accounts {
namespace {

/// Beyond the longest life of a token, for clocks that differ.
constexpr std::chrono::seconds kMargin{3600};
/// Between two reads, however many notifications come.
constexpr std::chrono::milliseconds kLeastPause{50};
/// A connection that is silent for that long is given up: early enough for a new one to be there,
/// and to have read, before the last read is stale.
constexpr std::chrono::milliseconds kPatience{2'500};
/// The first read of a connection may be long, and nobody is let in on it yet.
constexpr std::chrono::milliseconds kLoadPatience{15'000};
/// So many notifications within so long are a flood, which is not listened to for a while.
constexpr std::uint64_t kFlood = 1'000;
constexpr std::chrono::seconds kFloodWindow{10};
constexpr std::chrono::seconds kDeaf{60};

constexpr int kSessionsAtOnce = 10'000;

std::string floor_key(AccountId account, const std::optional<std::string>& tenant) {
  std::string key = std::to_string(account.value);
  if (tenant) key += ' ' + *tenant;
  return key;
}

}  // namespace

Revocation Revocation::from_row(const db::RowView& row) {
  return {row.maybe_id<SessionId>(kColumns["session_id"]),
          row.maybe_id<AccountId>(kColumns["account_id"]), row.maybe_str(kColumns["tenant_id"]),
          row.int64(kColumns["up_to_token"])};
}

Authority::Authority(boost::asio::io_context& reactor, db::Pool& db, const Clock& clock,
                     std::chrono::seconds access_ttl, Steady steady)
    : reactor_(reactor),
      db_(db),
      clock_(clock),
      keep_(access_ttl + kMargin),
      steady_(std::move(steady)) {}

Task<> Authority::run() {
  std::function<Task<>(db::Listening&)> serve = [this](db::Listening& connection) {
    return follow(connection);
  };
  co_await db_.listen(std::string(kChannel), std::move(serve));
}

void Authority::stop() {
  stopped_ = true;
  if (listening_ != nullptr) listening_->wake();
}

/// One connection's life. What is known from the one before stays, and is as fresh as it was.
Task<> Authority::follow(db::Listening& connection) {
  struct Here {
    db::Listening*& place;
    ~Here() { place = nullptr; }
  } const here{listening_};
  listening_ = &connection;
  std::optional<std::string> snapshot;
  Flood flood;
  const std::int64_t keep_s = keep_.count();
  while (!stopped_) {
    const auto began = steady_();
    const std::uint64_t number = ++reads_begun_;
    suspended_meanwhile_.clear();
    std::vector<NewsRow> news;
    if (snapshot) {
      news = co_await connection.all(kPatience, kNewRevocations, *snapshot);
    } else {
      news = co_await connection.all(kLoadPatience, kAllRevocations, keep_s);
    }
    snapshot = take(news);
    as_of_ = began;
    reads_done_ = number;
    if (number % 600 == 0) forget_old();
    co_await mind_flood(connection, flood);
    co_await connection.wait(kLeastPause, kBeat);
  }
}

/// Without notifications a revocation is known a second later, which is early enough.
Task<> Authority::mind_flood(db::Listening& connection, Flood& flood) {
  const auto now = steady_();
  flood.heard += connection.take_heard();
  if (flood.deaf) {
    if (now - flood.since < kDeaf) co_return;
    co_await connection.hear(true, kPatience);
    flood = {0, now, false};
  } else if (flood.heard > kFlood) {
    log::warning("a flood of notifications is ignored for a minute",
                 {{"heard", flood.heard}, {"channel", kChannel}});
    co_await connection.hear(false, kPatience);
    flood = {0, now, true};
  } else if (now - flood.since > kFloodWindow) {
    flood = {0, now, false};
  }
}

/// Revocations only add. Suspensions are exchanged as a whole; one of this reactor's own, which the
/// read may have been too early for, stays until the next read.
std::string Authority::take(const std::vector<NewsRow>& news) {
  std::optional<std::string> snapshot;
  std::unordered_set<std::string> suspended = suspended_meanwhile_;
  for (const NewsRow& row : news) {
    if (row.snapshot) {
      snapshot = row.snapshot;
    } else if (row.revocation) {
      apply(*row.revocation);
    } else {
      suspended.insert(row.suspended);
    }
  }
  if (!snapshot) throw Failure(Code::internal, {}, "revocations came without a snapshot");
  suspended_ = std::move(suspended);
  return *snapshot;
}

Task<> Authority::read_again() {
  const std::uint64_t wanted = reads_begun_ + 1;
  boost::asio::steady_timer timer(reactor_);
  for (int i = 0; i < 200 && listening_ != nullptr && reads_done_ < wanted && !stopped_; ++i) {
    listening_->wake();
    timer.expires_after(std::chrono::milliseconds(5));
    boost::system::error_code ignored;
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
}

void Authority::apply(const Revocation& revocation) {
  const Time now = clock_.now();
  if (!revocation.session && !revocation.account) return;
  Floor& floor = revocation.session ? session_floors_[*revocation.session]
                                    : floors_[floor_key(*revocation.account, revocation.tenant)];
  floor.up_to_token = std::max(floor.up_to_token, revocation.up_to_token);
  floor.at = now;
}

void Authority::suspend(const TenantId& tenant) {
  suspended_.insert(tenant.str());
  suspended_meanwhile_.insert(tenant.str());
}

void Authority::forget_old() {
  const Time least = clock_.now() - keep_;
  const auto old = [&](const auto& entry) { return entry.second.at < least; };
  std::erase_if(session_floors_, old);
  std::erase_if(floors_, old);
}

bool Authority::fresh() const {
  return as_of_ && steady_() - *as_of_ <= kStale;
}

void Authority::check(const api::Principal& caller) const {
  if (!fresh()) {
    Failure failure(Code::database_unavailable, {}, "revocations are not up to date");
    failure.retry_after(2);
    throw failure;
  }
  if (session_floors_.empty() && floors_.empty() && suspended_.empty()) return;
  const auto dead = [&](const std::optional<std::string>& tenant) {
    const auto floor = floors_.find(floor_key(caller.account, tenant));
    return floor != floors_.end() && caller.token_number <= floor->second.up_to_token;
  };
  const auto session = session_floors_.find(caller.session);
  const bool revoked =
      session != session_floors_.end() && caller.token_number <= session->second.up_to_token;
  std::optional<std::string> tenant;
  if (caller.tenant_id) tenant = caller.tenant_id->str();
  if (revoked || dead(std::nullopt) || (tenant && dead(tenant))) {
    throw Failure(Code::unauthenticated, "The access token has been revoked.");
  }
  if (tenant && suspended_.contains(*tenant)) throw Failure(Code::tenant_suspended);
}

Task<api::Principal> authenticate(App& app, std::string bearer) {
  api::Principal caller = app.tokens.verify(bearer);
  app.authority.check(caller);
  co_return caller;
}

Task<> forget_old(db::Pool& db, std::chrono::seconds access_ttl) {
  const std::int64_t keep_s = 2 * (access_ttl + kMargin).count();
  db::Tx revocations = co_await db.begin_control();
  co_await revocations.exec(kForgetRevocations, keep_s);
  co_await revocations.commit();
  std::int64_t forgotten = kSessionsAtOnce;
  for (int i = 0; i < 100 && forgotten == kSessionsAtOnce; ++i) {
    db::Tx sessions = co_await db.begin_control();
    forgotten = co_await sessions.exec(kForgetSessions, kSessionsAtOnce);
    co_await sessions.commit();
  }
}

}  // namespace wardbook::accounts
