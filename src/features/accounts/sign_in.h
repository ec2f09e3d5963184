#pragma once

#include <optional>
#include <string>
#include <vector>

#include "features/accounts/accounts.h"
#include "features/accounts/accounts_sql.h"

/// The rules of signing in, apart from the database and HTTP. Of this feature only.
namespace wardbook::accounts {

/// What the account's row, under its lock, makes of a password that was compared with `seen_hash`
/// before. A lock that other attempts brought about in the meantime counts, even for the right
/// password: so parallel guesses are no more than successive ones.
enum class PasswordVerdict { right, wrong, locked };
[[nodiscard]] PasswordVerdict judge_password(const AccountRow& account,
                                             const std::string& seen_hash, bool matches, Time now);

enum class SignIn { granted, no_account, no_membership, suspended, tenant_required };
struct Choice {
  SignIn outcome = SignIn::no_membership;
  std::optional<MembershipRow> membership;  ///< absent when granted: an operator
};
/// Where an account with the right password signs in to, given the tenant that it named, if any.
[[nodiscard]] Choice choose_tenant(const AccountRow& account,
                                   const std::vector<MembershipRow>& memberships,
                                   const std::optional<std::string>& named);

/// The tenant in whose log a sign-in belongs: the one named or the only one; else the platform's.
[[nodiscard]] std::optional<TenantId> audit_home(const std::vector<MembershipRow>& memberships,
                                                 const std::optional<std::string>& named);

/// `user`, `tenant` and `permissions`, as login and /me show them.
[[nodiscard]] std::string identity_json(const api::Caller& caller,
                                        const std::optional<TenantRow>& tenant);

/// Compares on a worker thread. Fails with overloaded.
[[nodiscard]] Task<bool> compare_password(App& app, std::string hash, std::string password);
[[nodiscard]] Task<std::string> hash_on_worker(App& app, std::string password);

/// Ends sessions in a control transaction; appends what to apply after the commit.
[[nodiscard]] Task<> end_sessions(db::Tx& tx, AccountId account, std::optional<std::string> tenant,
                                  std::optional<SessionId> but, std::vector<Revocation>& revoked);

[[noreturn]] void throw_locked(Time until, Time now);

[[nodiscard]] std::string member_json(const Member& member);

// Handlers.
[[nodiscard]] Task<api::Response> login(App& app, api::Request request);
[[nodiscard]] Task<api::Response> refresh(App& app, api::Request request);
[[nodiscard]] Task<api::Response> logout(App& app, api::Request request);
[[nodiscard]] Task<api::Response> change_password(App& app, api::Request request);
[[nodiscard]] Task<api::Response> me(App& app, api::Request request);
[[nodiscard]] Task<api::Response> list_doctors(App& app, api::Request request);
[[nodiscard]] Task<api::Response> list_users(App& app, api::Request request);
[[nodiscard]] Task<api::Response> create_user(App& app, api::Request request);
[[nodiscard]] Task<api::Response> patch_user(App& app, api::Request request);
[[nodiscard]] Task<api::Response> create_code(App& app, api::Request request);
[[nodiscard]] Task<api::Response> accept(App& app, api::Request request);

}  // namespace wardbook::accounts
