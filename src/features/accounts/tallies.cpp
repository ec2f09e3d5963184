#include "features/accounts/tallies.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <utility>

#include "api/input.h"
#include "base/hash.h"
#include "features/accounts/sign_in.h"
#include "features/accounts/tallies_sql.h"

namespace wardbook::accounts {
namespace {

constexpr const char* kAllNetworks = "";
constexpr std::size_t kAtOnce = 100;

/// When nothing is lost by forgetting it.
Time forget_at(const Tally& tally, Time now, std::chrono::seconds rest) {
  Time out = now + rest;
  if (tally.locked_until) out = std::max(out, *tally.locked_until);
  if (tally.known_until) out = std::max(out, *tally.known_until);
  return out;
}

void keep(db::Tx& tx, const std::string& who, const std::string& network, const Tally& tally,
          Time forget, std::optional<AccountId> account, std::optional<TenantId> home) {
  tx.queue(kKeepTally, db::Bytes(who), network, tally.failures, tally.failed_at, tally.locked_until,
           tally.refused, tally.known_until, forget, account, std::move(home));
}

}  // namespace

std::int64_t renew(Tally& tally, Time now, std::chrono::seconds rest) {
  if (tally.locked(now)) return 0;
  const bool rested = !tally.failed_at || *tally.failed_at + rest <= now;
  if (!tally.locked_until && !rested) return 0;
  tally.failures = 0;
  tally.locked_until.reset();
  return std::exchange(tally.refused, 0);
}

bool fail(Tally& tally, Time now, int most, std::chrono::seconds rest) {
  tally.failed_at = now;
  if (++tally.failures < most) return false;
  tally.locked_until = now + rest;
  return true;
}

Counted count_try(SignInTallies& tallies, Try outcome, Time now, const Settings::Auth& auth) {
  auto& [here, all] = tallies;
  const auto rest = auth.lock_duration;
  const int total = std::max(auth.max_failed_logins_total, auth.max_failed_logins);
  Counted out;
  const bool known = here.known(now);
  if (here.locked(now) || (!known && all.locked(now))) {
    Tally& locked = here.locked(now) ? here : all;
    ++locked.refused;
    out.locked_until = locked.locked_until;
    return out;
  }
  out.refused_before = renew(here, now, rest) + renew(all, now, rest);
  switch (outcome) {
    case Try::right:
      out.refused_before += std::exchange(here.refused, 0);
      here = Tally{};
      here.known_until = now + kKnownNetwork;
      break;
    case Try::turned_away:
      // No guess, so no lock: but no more entries than guesses would get.
      here.failed_at = now;
      out.logged = here.failures + 1 < auth.max_failed_logins;
      if (out.logged) {
        ++here.failures;
      } else {
        ++here.refused;
      }
      break;
    case Try::wrong:
      if (fail(here, now, auth.max_failed_logins, rest)) out.lock_here = here.locked_until;
      if (!known && fail(all, now, total, rest)) {
        out.lock_all = all.locked_until;
      }
      break;
  }
  return out;
}

std::string network_of(std::string_view remote_ip) {
  namespace ip = boost::asio::ip;
  boost::system::error_code error;
  const auto address = ip::make_address(remote_ip, error);
  if (error) return "unknown";
  if (address.is_v4()) return address.to_string();
  auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6).to_string();
  v6.scope_id(0);
  return ip::make_network_v6(v6, 64).canonical().to_string();
}

std::string address_key(std::string_view token_secret, std::string_view email) {
  const auto key = hmac_sha256(token_secret, "wardbook: addresses that sign in, 1");
  return std::string(as_chars(hmac_sha256(as_chars(key), email_key(email))));
}

Task<> refuse_while_locked(db::Tx& tx, Attempt attempt, Time now) {
  db::Bytes who(std::move(attempt.who));
  const auto until =
      co_await tx.maybe_one(kRefuseWhileLocked, std::move(who), std::move(attempt.network), now);
  co_await tx.commit();
  if (until) throw_locked(until->value, now);
}

Task<SignInTallies> take_tallies(db::Tx& tx, Attempt attempt, Time now) {
  std::vector<std::string> networks;
  networks.emplace_back(kAllNetworks);
  networks.push_back(attempt.network);
  db::Bytes who(std::move(attempt.who));
  const auto rows = co_await tx.all(kTakeTallies, std::move(who), std::move(networks), now);
  SignInTallies out;
  for (const auto& row : rows) (row.network == kAllNetworks ? out.all : out.here) = row.tally;
  co_return out;
}

void keep_tallies(db::Tx& tx, const Attempt& attempt, const SignInTallies& tallies, Time now,
                  std::chrono::seconds rest, std::optional<AccountId> account,
                  std::optional<TenantId> home) {
  keep(tx, attempt.who, kAllNetworks, tallies.all, forget_at(tallies.all, now, rest), account,
       home);
  keep(tx, attempt.who, attempt.network, tallies.here, forget_at(tallies.here, now, rest), account,
       home);
}

void forget_tallies(db::Tx& tx, Time now) {
  tx.queue(kForgetTallies, now);
}

Task<Strangers> count_stranger(db::Tx& tx, Time now, std::chrono::seconds rest) {
  std::vector<std::string> networks;
  networks.emplace_back(kAllNetworks);
  db::Bytes nobody{std::string()};
  const auto row = co_await tx.one(kTakeTallies, std::move(nobody), std::move(networks), now);
  Tally tally = row.tally;
  Strangers out;
  if (tally.locked(now)) {
    ++tally.refused;
  } else {
    out.logged = true;
    out.refused_before = std::exchange(tally.refused, 0);
    tally.locked_until = now + rest;
  }
  keep(tx, "", kAllNetworks, tally, now + rest, std::nullopt, std::nullopt);
  co_return out;
}

audit::Entry turned_away_entry(audit::Action action, std::optional<AccountId> account,
                               std::int64_t count, std::string network) {
  audit::Entry entry{.action = action, .resource = "account"};
  if (account) entry.resource_id = account->value;
  entry.refused = true;
  entry.reason = "tries_while_locked";
  std::string after;
  api::ObjectWriter writer(after);
  writer.integer("refused", count);
  if (!network.empty()) writer.text("network", std::string_view(network));
  writer.end();
  entry.after = std::move(after);
  return entry;
}

namespace {

/// How many there were; at most kAtOnce.
Task<std::size_t> write_down_some(db::Pool& db, std::optional<TenantId> home, Time now) {
  db::Tx begun = co_await db.begin_control_for(home);
  api::Write w = api::write_over(audit::journal(), std::move(begun), {});
  db::Tx& tx = w.tx();
  std::optional<std::string> tenant;
  if (home) tenant = home->str();
  const auto rows =
      co_await tx.all(kForgetRefused, now, std::move(tenant), static_cast<int>(kAtOnce));
  std::int64_t strangers = 0;
  for (const auto& row : rows) {
    if (!row.account) strangers += row.refused;
  }
  if (strangers > 0) tx.queue(kAddStrangers, strangers);
  for (const auto& row : rows) {
    if (!row.account) continue;
    w.log_in(home, turned_away_entry("auth.login", row.account, row.refused, row.network));
  }
  co_await w.commit_logged_or_not();
  co_return rows.size();
}

}  // namespace

Task<> write_down_refused(db::Pool& db, std::optional<TenantId> home, Time now) {
  std::size_t written = kAtOnce;
  while (written == kAtOnce) written = co_await write_down_some(db, home, now);
}

}  // namespace wardbook::accounts
