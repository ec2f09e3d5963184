#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/settings.h"
#include "db/pool.h"
#include "features/audit/audit.h"

/// How wrong passwords are counted. Of this feature only.
///
/// Signing in is counted in the database, by a keyed hash of the email address, whether an account
/// has it or not: for the network that the try came from, and for all networks together. Asking a
/// signed-in person again is counted for that session.
namespace wardbook::accounts {

/// A network that an account signed in from is not locked by tries from elsewhere for so long.
inline constexpr std::chrono::hours kKnownNetwork{90 * 24};

struct Tally {
  int failures = 0;
  std::optional<Time> failed_at;
  std::optional<Time> locked_until;
  std::int64_t refused = 0;         ///< tries that were turned away and are in no log yet
  std::optional<Time> known_until;  ///< an account signed in from this network

  [[nodiscard]] bool locked(Time now) const { return locked_until && *locked_until > now; }
  [[nodiscard]] bool known(Time now) const { return known_until && *known_until > now; }
};

/// Starts anew after a lock, and when nothing failed for `rest`. Returns the tries that were turned
/// away in between, for the log.
[[nodiscard]] std::int64_t renew(Tally& tally, Time now, std::chrono::seconds rest);

/// One more failure; whether it begins a lock of `rest`.
[[nodiscard]] bool fail(Tally& tally, Time now, int most, std::chrono::seconds rest);

/// What a try at signing in came to, the password compared.
enum class Try {
  wrong,
  right,
  turned_away,  ///< the right password where nobody may work now
};

struct SignInTallies {
  Tally here;  ///< of the network that the try came from
  Tally all;   ///< of all networks that the account never signed in from
};

struct Counted {
  std::optional<Time> locked_until;  ///< the try does not count, whatever it was
  bool logged = true;                ///< it gets an entry of its own
  std::optional<Time> lock_here;     ///< begins with this try
  std::optional<Time> lock_all;
  std::int64_t refused_before = 0;  ///< tries that get one entry together now
};

/// Counts one try. A lock that other tries brought about while the password was compared counts,
/// also for the right one: so parallel guesses are no more than successive ones.
[[nodiscard]] Counted count_try(SignInTallies& tallies, Try outcome, Time now,
                                const Settings::Auth& auth);

/// What is counted together: an IPv4 address, or the /64 of an IPv6 address, which is the least
/// that one customer gets. Never empty.
[[nodiscard]] std::string network_of(std::string_view remote_ip);

/// Under what an email address is counted: a keyed hash of its email_key, since people type
/// passwords there too.
[[nodiscard]] std::string address_key(std::string_view token_secret, std::string_view email);

/// Who is counted where. Also for an address that no account has.
struct Attempt {
  std::string who;  ///< address_key
  std::string network;
};

/// Fails with account_locked, having counted the refusal, while the address is locked for this
/// network. Ends the transaction either way. The same statements whether an account has the
/// address or not.
[[nodiscard]] Task<> refuse_while_locked(db::Tx& tx, Attempt attempt, Time now);

/// Both tallies, locked until the transaction ends; made if need be.
[[nodiscard]] Task<SignInTallies> take_tallies(db::Tx& tx, Attempt attempt, Time now);
/// Writes them back with the next flush. `account`, `home`: whose they are and in which hospital's
/// log the entries about them belong, if anybody's.
void keep_tallies(db::Tx& tx, const Attempt& attempt, const SignInTallies& tallies, Time now,
                  std::chrono::seconds rest, std::optional<AccountId> account,
                  std::optional<TenantId> home);

/// Removes a few tallies that rested and have nothing to tell, with the next flush. Every try that
/// can make two calls it, so they do not pile up.
void forget_tallies(db::Tx& tx, Time now);

/// A try with an address that no account has: true once in `rest`, together with how many there
/// were before that got no entry.
struct Strangers {
  bool logged = false;
  std::int64_t refused_before = 0;
};
[[nodiscard]] Task<Strangers> count_stranger(db::Tx& tx, Time now, std::chrono::seconds rest);

/// One entry for all tries that were turned away.
[[nodiscard]] audit::Entry turned_away_entry(audit::Action action, std::optional<AccountId> account,
                                             std::int64_t count, std::string network);

}  // namespace wardbook::accounts
