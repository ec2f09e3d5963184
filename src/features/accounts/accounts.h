#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "api/request.h"
#include "api/router.h"
#include "base/clock.h"
#include "base/settings.h"
#include "base/task.h"
#include "db/pool.h"
#include "features/accounts/hash_queue.h"
#include "features/app.h"
#include "features/audit/audit.h"

/// Who may sign in, with what, as whom and until when.
namespace wardbook::accounts {

// ---- access tokens ------------------------------------------------------------------------------

/// Access tokens: JWTs (RFC 7519) signed with HS256. A token says who its bearer is; whether that
/// still holds is Authority's to say. One for each reactor.
class Tokens {
 public:
  /// `secret`: at least 32 bytes. `cached` bounds the verified tokens that are remembered, since
  /// every request brings one.
  Tokens(std::string secret, std::chrono::seconds ttl, const Clock& clock,
         std::size_t cached = 10'000);

  /// A token for this caller that lives for `ttl`.
  [[nodiscard]] std::string issue(const api::Principal& caller) const;
  /// Fails with token_expired, and with unauthenticated for everything else that is wrong: another
  /// algorithm, signature or issuer, a claim missing, a header that nobody here writes, a time of
  /// issue, or of the password, that is yet to come. No token lives longer than `ttl`, whatever it
  /// says.
  [[nodiscard]] api::Principal verify(const std::string& token);
  [[nodiscard]] std::chrono::seconds ttl() const { return ttl_; }

 private:
  struct Verified {
    std::string token;
    api::Principal caller;
    std::int64_t from = 0;  ///< seconds since 1970, the leeway for clocks included
    std::int64_t expires = 0;
  };
  using Recent = std::list<Verified>;
  [[nodiscard]] Verified check(const std::string& token) const;
  [[nodiscard]] Verified period_of(const boost::json::object& claims) const;

  std::string secret_;
  std::chrono::seconds ttl_;
  const Clock& clock_;
  std::size_t bound_;
  Recent recent_;  ///< most recently used first
  std::unordered_map<std::string_view, Recent::iterator> by_token_;
};

// ---- what takes authority away ------------------------------------------------------------------

/// What makes tokens invalid before they expire: all of a session (which has ended, or is locked),
/// or of an account (in one tenant, if it names one), up to a number.
struct Revocation {
  std::optional<SessionId> session;
  std::optional<AccountId> account;
  std::optional<std::string> tenant;
  std::int64_t up_to_token = 0;
  static constexpr db::Columns kColumns{"session_id", "account_id", "tenant_id", "up_to_token",
                                        "notified"};
  static Revocation from_row(const db::RowView& row);
};
struct NewsRow;  // accounts_sql.h

/// Revocations and suspended tenants, in memory. They are read from PostgreSQL: all of them on a
/// new connection, then what is new, every second and at once when somebody notifies. Nothing is
/// taken from a notification itself, which every role of the database can send. Nobody is let in
/// (database_unavailable) when the last read that was answered began more than kStale ago: so a
/// token is refused by every node at the latest kStale after the commit that took its authority
/// away, whatever becomes of connections. One for each reactor.
class Authority {
 public:
  static constexpr std::chrono::milliseconds kBeat{1'000};
  static constexpr std::chrono::seconds kStale{5};
  static constexpr std::string_view kChannel = "wardbook_authority";
  using Steady = std::function<std::chrono::steady_clock::time_point()>;

  Authority(boost::asio::io_context& reactor, db::Pool& db, const Clock& clock,
            std::chrono::seconds access_ttl, Steady steady = &std::chrono::steady_clock::now);

  /// Reads until `stop` or the pool's end.
  [[nodiscard]] Task<> run();
  void stop();

  /// Fails with unauthenticated (revoked), tenant_suspended, database_unavailable (stale).
  void check(const api::Principal& caller) const;
  /// At once, on this reactor, without waiting for the next read. After the commit, not before.
  void apply(const Revocation& revocation);
  void suspend(const TenantId& tenant);
  /// Waits for a read that begins after this call, at most about a second: a tenant that was
  /// resumed is served then. Only a read takes a suspension back.
  [[nodiscard]] Task<> read_again();
  [[nodiscard]] bool fresh() const;
  /// How often was read.
  [[nodiscard]] std::uint64_t reads() const { return reads_done_; }
  /// Those who are signed in never wait behind those who are not.
  [[nodiscard]] HashQueue& hashing(bool signed_in) { return signed_in ? members_ : strangers_; }

 private:
  struct Floor {
    std::int64_t up_to_token = 0;
    Time at;
  };
  /// Whether a flood of notifications is being ignored.
  struct Flood {
    std::uint64_t heard = 0;
    std::chrono::steady_clock::time_point since{};
    bool deaf = false;
  };
  Task<> follow(db::Listening& connection);
  Task<> mind_flood(db::Listening& connection, Flood& flood);
  std::string take(const std::vector<NewsRow>& news);
  void forget_old();

  boost::asio::io_context& reactor_;
  db::Pool& db_;
  const Clock& clock_;
  std::chrono::seconds keep_;
  Steady steady_;
  HashQueue strangers_;
  HashQueue members_;
  bool stopped_ = false;
  db::Listening* listening_ = nullptr;  ///< while there is a connection
  std::uint64_t reads_begun_ = 0;
  std::uint64_t reads_done_ = 0;  ///< the number of the last one that was answered
  /// When that one began: all that was committed until then is known.
  std::optional<std::chrono::steady_clock::time_point> as_of_;
  /// Tokens of these sessions up to this number are dead: all of one that ended.
  std::unordered_map<SessionId, Floor> session_floors_;
  /// By "account" or "account tenant": tokens up to this number are dead.
  std::unordered_map<std::string, Floor> floors_;
  std::unordered_set<std::string> suspended_;
  std::unordered_set<std::string> suspended_meanwhile_;  ///< since the running read began
};

/// Removes revocations of tokens that have long expired, and sessions that ended a week ago.
[[nodiscard]] Task<> forget_old(db::Pool& db, std::chrono::seconds access_ttl);

/// Writes down the tries at signing in that were turned away while a lock lasted that nobody came
/// back to: in this hospital's log, or (nullopt) those that belong in no hospital's.
[[nodiscard]] Task<> write_down_refused(db::Pool& db, std::optional<TenantId> home, Time now);

/// The router's hook: verifies the token and asks the Authority. Fails as those two do.
[[nodiscard]] Task<api::Principal> authenticate(App& app, std::string bearer);

/// What a password is asked for: a refusal is written down with it.
struct AskedFor {
  std::string resource;
  std::int64_t id = 0;
  std::optional<PatientId> patient{};
};
/// Asks a signed-in caller for the password again (a signature needs it). Wrong ones are counted
/// for the session: too many lock its asking for a while, and neither signing in nor another
/// session. Fails with wrong_password, account_locked, unauthenticated (the session has ended),
/// overloaded, and as Pool::begin_control.
[[nodiscard]] Task<> confirm_password(App& app, api::Principal caller, std::string password,
                                      audit::Actor actor, std::optional<AskedFor> what = {});

// ---- passwords ----------------------------------------------------------------------------------

inline constexpr std::size_t kPasswordLeast = 12;  ///< code points
inline constexpr std::size_t kPasswordMost = 128;

/// What is hashed and compared: NFC, and any space as U+0020 (RFC 8265, OpaqueString), so that a
/// password typed on another system is the same.
[[nodiscard]] std::string normalized_password(std::string_view password);
/// Argon2id (libsodium's string form) of the normalized password. Blocks for a fraction of a
/// second; throws std::bad_alloc when the memory cannot be had.
[[nodiscard]] std::string hash_password(const Settings::Auth& auth, std::string_view password);
/// Blocks as long.
[[nodiscard]] bool password_matches(const std::string& hash, std::string_view password);
/// A hash that takes as long as a real one and that no password has: for accounts that do not
/// exist.
[[nodiscard]] std::string impossible_hash(const Settings::Auth& auth);
/// How much work a hash was, in KiB of memory times passes; 0 for what is no hash of ours.
[[nodiscard]] std::int64_t work_of(std::string_view hash);
/// What came of a password at sign-in.
struct Compared {
  bool matches = false;
  std::optional<std::string> stronger;  ///< the password's hash, where the kept one is too cheap
};
/// As password_matches. A hash that is cheaper than the settings say takes as long as a new one:
/// when it does not match, so that nobody learns from the time whether there is an account.
[[nodiscard]] Compared compare_at_sign_in(const Settings::Auth& auth, const std::string& hash,
                                          std::string_view password);
/// Why this cannot be a password, by HTTP and on the command line alike; nullopt when it can.
[[nodiscard]] std::optional<std::string> password_fault(std::string_view password,
                                                        std::string_view email);
/// The part of that which does not judge how good it is: whether it can be typed and sent at all.
[[nodiscard]] std::optional<std::string> password_form_fault(std::string_view password);
/// Whether it is one of those that are tried first, or made like them.
[[nodiscard]] bool common_password(std::string_view password);

// ---- accounts and memberships (handlers, the command line and the demo)
// --------------------------

/// What an address is compared by; it is kept as it was entered.
[[nodiscard]] std::string email_key(std::string_view email);

struct NewAccount {
  std::string email;
  std::string display_name;
  std::string password_hash;  ///< empty: the account must exist already
};

/// An account as one hospital sees it, or the platform's operator.
struct Member {
  AccountId id;
  std::string email;
  std::string display_name;
  api::Role role = api::Role::platform_admin;
  bool active = true;
  Time created_at;       ///< of the membership, the invitation, or an operator's account
  bool invited = false;  ///< has not accepted yet; the id is the invitation's
  std::optional<Time> code_expires_at{};  ///< of who is invited
};

/// active, disabled or invited.
[[nodiscard]] std::string_view status_name(const Member& member);

/// The platform's operator; an account of that address, if it is in no hospital, becomes one and
/// gets the password: whoever knew an earlier one is out.
/// Fails with user_exists when it is one already, conflict, invalid_fields.
[[nodiscard]] Task<Member> add_operator(db::Pool& db, audit::Actor actor, NewAccount account);

/// A membership without a code, with the account if there is none of that address; an existing
/// account keeps its password and name. For the demo's generator and for tests: nobody has proven
/// the address. Fails with tenant_not_found, user_exists (a member already), user_not_found (no
/// password hash was given and there is no such account).
[[nodiscard]] Task<Member> add_member(db::Pool& db, audit::Actor actor, TenantId tenant,
                                      NewAccount account, api::Role role);

/// What to change of a member; absent stays.
struct MemberChange {
  std::optional<api::Role> role;
  std::optional<bool> active;
  std::optional<std::string> display_name;  ///< as this hospital shows it
};

/// The change's outcome and what the caller's Authority should apply at once.
struct Changed {
  Member member;
  std::vector<Revocation> revoked;
};

/// Of somebody who is only invited too: then `active` false withdraws the invitation. Fails with
/// user_not_found, conflict, invalid_fields.
[[nodiscard]] Task<Changed> change_member(db::Pool& db, audit::Actor actor, TenantId tenant,
                                          AccountId account, MemberChange change);

/// The account of an address. Fails with user_not_found.
[[nodiscard]] Task<AccountId> find_account(db::Pool& db, std::string email);
/// The whole account, in every hospital. Fails with user_not_found.
[[nodiscard]] Task<> set_account_active(db::Pool& db, audit::Actor actor, AccountId account,
                                        bool active);
/// For the demo's generator. Fails with user_not_found.
[[nodiscard]] Task<> reset_password(db::Pool& db, audit::Actor actor, AccountId account,
                                    std::string password_hash);

// ---- one-time codes: how people come into a hospital and to a new password
// -----------------------

inline constexpr std::chrono::hours kCodeLife{7 * 24};

struct Invitee {
  std::string email;
  std::string display_name;
  api::Role role = api::Role::auditor;
};

/// A code, told this once: only its hash is kept.
struct Issued {
  AccountId id;  ///< of the invitation, or of the account whose password it is for
  std::string code;
  Time expires_at;
};

/// Whoever has the address joins the hospital with the code (POST /auth/accept). Looks the same
/// whether the address has an account or not. Fails with tenant_not_found, user_exists (a member,
/// or invited already), invalid_fields.
[[nodiscard]] Task<Issued> invite(db::Pool& db, audit::Actor actor, TenantId tenant,
                                  Invitee invitee, Time now);
/// A new code for somebody who is invited; for a member, one for a new password, which only the
/// only hospital of an account may issue. Fails with user_not_found, conflict.
[[nodiscard]] Task<Issued> issue_code(db::Pool& db, audit::Actor actor, TenantId tenant,
                                      AccountId user, Time now);
/// For any account: its password no longer holds (`unusable_hash` is in its place), its sessions
/// end, and the code sets a new one. In the log of every hospital where it is a member, and in the
/// platform's. Fails with user_not_found.
[[nodiscard]] Task<Issued> reset_by_operator(db::Pool& db, audit::Actor actor, AccountId account,
                                             std::string unusable_hash, Time now);
/// Takes an address away from an account that somebody else had opened with it: the account is
/// disabled and keeps its history under another address; the address is as if it never had one.
/// Logged as a reset is. Returns the account. Fails with user_not_found, conflict (an operator's).
[[nodiscard]] Task<AccountId> release_address(db::Pool& db, audit::Actor actor, std::string email,
                                              std::string unusable_hash);
/// Who has the address in this hospital, as a member or invited. Fails with user_not_found.
[[nodiscard]] Task<AccountId> find_user(db::Pool& db, TenantId tenant, std::string email);
/// The account that this hospital's invitation of that id led to, else the id itself.
[[nodiscard]] Task<AccountId> resolve_user(db::Pool& db, TenantId tenant, AccountId user);

/// Every account with one of its hospitals, and who is invited; operators have none.
struct Listed {
  Member member;
  std::optional<std::string> tenant;
  static constexpr db::Columns kColumns{"id",     "email",     "display_name", "role",
                                        "active", "tenant_id", "created_at",   "expires_at"};
  static Listed from_row(const db::RowView& row);
};
[[nodiscard]] Task<std::vector<Listed>> list_accounts(db::Pool& db, std::optional<TenantId> tenant);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::accounts
