#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "features/accounts/accounts.h"
#include "features/accounts/accounts_sql.h"

/// The rules of signing in, apart from the database and HTTP. Of this feature only.
namespace wardbook::accounts {

/// Of a password that somebody sends, in code points: what may become one is shorter.
inline constexpr std::size_t kSentPasswordMost = 1024;

enum class SignIn { granted, no_account, no_membership, suspended, tenant_required };
struct Choice {
  SignIn outcome = SignIn::no_membership;
  std::optional<MembershipRow> membership;  ///< absent when granted: an operator
};
/// Where an account with the right password signs in to, given the tenant that it named, if any.
[[nodiscard]] Choice choose_tenant(const AccountRow& account,
                                   const std::vector<MembershipRow>& memberships,
                                   const std::optional<std::string>& named);

/// Why the right password opens nothing, for the log.
[[nodiscard]] std::string why_refused(SignIn outcome);

/// The tenant in whose log a sign-in belongs: the one named or the only one; else the platform's.
[[nodiscard]] std::optional<TenantId> audit_home(const std::vector<MembershipRow>& memberships,
                                                 const std::optional<std::string>& named);

/// `user`, `tenant` and `permissions`, as login and /me show them.
[[nodiscard]] std::string identity_json(const api::Principal& caller,
                                        const std::optional<TenantRow>& tenant);

/// In which line somebody waits for a password to be hashed.
struct Asker {
  Asker() = default;  ///< somebody who is not signed in, from anywhere
  /// Not signed in, from this network.
  explicit Asker(std::string network) : line(std::move(network)) {}
  /// Signed in.
  explicit Asker(AccountId account) : signed_in(true), line(std::to_string(account.value)) {}
  bool signed_in = false;
  std::string line;
};
/// All work on a worker thread. They fail with overloaded.
[[nodiscard]] Task<bool> compare_password(App& app, std::string hash, std::string password,
                                          Asker asker = {});
[[nodiscard]] Task<Compared> compare_for_sign_in(App& app, std::string hash, std::string password,
                                                 Asker asker);
[[nodiscard]] Task<std::string> hash_on_worker(App& app, std::string password, Asker asker = {});

/// Says who signs in; the session and the number are filled in by the statement that makes them.
struct Grant {
  api::Principal caller;
  std::optional<TenantRow> tenant;
};
[[nodiscard]] Grant grant_of(const AccountRow& account,
                             const std::optional<MembershipRow>& membership);
/// The name that this hospital shows. Takes the tenant's role.
[[nodiscard]] Task<> take_staff_name(db::Tx& tx, api::Principal& caller);
[[nodiscard]] std::string session_json(App& app, const api::Principal& caller,
                                       const std::optional<TenantRow>& tenant,
                                       const std::optional<std::string>& refresh_token);
[[nodiscard]] audit::Actor actor_for(const api::Request& request, AccountId account,
                                     std::string_view role);
[[nodiscard]] audit::Entry sign_in_entry(audit::Action action, AccountId account,
                                         std::string refused_why);

/// Ends sessions in a control transaction; appends what to apply after the commit.
[[nodiscard]] Task<> end_sessions(db::Tx& tx, AccountId account, std::optional<std::string> tenant,
                                  std::optional<SessionId> but, std::vector<Revocation>& revoked);

[[noreturn]] void throw_locked(Time until, Time now);

[[nodiscard]] std::string member_json(const Member& member);

/// A control transaction whose locks others may hold while they wait for one hospital's log. It is
/// counted to `home`. Without one it waits for no lock, and ends as db::Blocked: the connections
/// that all hospitals share are never held by somebody who waits for one of them.
[[nodiscard]] Task<db::Tx> begin_at(db::Pool& db, std::optional<TenantId> home);

/// The pause after so many tries that were blocked; none after the last one.
[[nodiscard]] Task<bool> pause_when_blocked(int tries);

/// Does work that begins with begin_at until it is not blocked. No connection is held in between.
/// Fails with overloaded when it was blocked for some seconds, and as the work does.
template <class T>
Task<T> until_unblocked(std::function<Task<T>()> work) {
  for (int tries = 1;; ++tries) {
    std::optional<T> done;
    try {
      done.emplace(co_await work());
    } catch (const db::Blocked&) {
      // Tried again below: nothing can be waited for in here.
    }
    if (done) co_return std::move(*done);
    if (!co_await pause_when_blocked(tries)) {
      Failure busy(Code::overloaded, {}, "the account's rows were locked for too long");
      throw busy.retry_after(1);
    }
  }
}

// Handlers.
[[nodiscard]] Task<api::Response> login(App& app, api::Request request);
[[nodiscard]] Task<api::Response> refresh(App& app, api::Request request);
[[nodiscard]] Task<api::Response> logout(App& app, api::Request request);
[[nodiscard]] Task<api::Response> change_password(App& app, api::Request request);
[[nodiscard]] Task<api::Response> unlock(App& app, api::Request request);
[[nodiscard]] Task<api::Response> lock(App& app, api::Request request);
[[nodiscard]] Task<api::Response> list_sessions(App& app, api::Request request);
[[nodiscard]] Task<api::Response> end_session(App& app, api::Request request);
[[nodiscard]] Task<api::Response> draft_key(App& app, api::Request request);
[[nodiscard]] Task<api::Response> get_preferences(App& app, api::Request request);
[[nodiscard]] Task<api::Response> patch_preferences(App& app, api::Request request);
[[nodiscard]] Task<api::Response> me(App& app, api::Request request);
[[nodiscard]] Task<api::Response> list_doctors(App& app, api::Request request);
[[nodiscard]] Task<api::Response> list_users(App& app, api::Request request);
[[nodiscard]] Task<api::Response> create_user(App& app, api::Request request);
[[nodiscard]] Task<api::Response> patch_user(App& app, api::Request request);
[[nodiscard]] Task<api::Response> create_code(App& app, api::Request request);
[[nodiscard]] Task<api::Response> accept(App& app, api::Request request);

}  // namespace wardbook::accounts
