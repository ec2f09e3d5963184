#pragma once

#include <optional>
#include <string>
#include <vector>

#include "features/accounts/accounts.h"
#include "features/accounts/accounts_sql.h"
#include "features/accounts/codes.h"

/// Members and the codes that make them, in transactions of the caller's. Of this feature only.
namespace wardbook::accounts {

/// Wrong codes that one code stands, and wrong passwords (with right codes) of one address that one
/// hospital's codes stand in a day.
inline constexpr int kMostWrongCodes = 10;
inline constexpr int kMostWrongPasswords = 10;
inline constexpr std::chrono::hours kWrongPasswordsSpan{24};

/// The bodies of invite and issue_code, in a write in this tenant.
[[nodiscard]] Task<Issued> invite_in(api::Write& w, TenantId tenant, Invitee invitee,
                                     OneTimeCode code, Time now);
[[nodiscard]] Task<Issued> issue_code_in(api::Write& w, TenantId tenant, AccountId user,
                                         OneTimeCode code, Time now);

/// What PATCH does with an invitation that nobody has accepted. Fails with user_not_found,
/// conflict.
[[nodiscard]] Task<Member> change_pending(api::Write& w, TenantId tenant, AccountId id,
                                          MemberChange change);
/// The body of change_member, in a write in this tenant.
[[nodiscard]] Task<Changed> change_member_in(api::Write& w, TenantId tenant, AccountId account,
                                             MemberChange change);
/// The hospital's open invitations with ids beyond this one.
[[nodiscard]] Task<std::vector<Member>> pending_members(db::Tx& tx, TenantId tenant,
                                                        std::int64_t after, int most);

/// In the log of each of these hospitals, under its own role; in the platform's where there is
/// none. Leaves one of these roles in force.
void log_everywhere(api::Write& w, const std::vector<MembershipRow>& memberships,
                    const audit::Entry& entry);
/// In the platform's too, whatever the hospitals: what an operator does.
void log_of_operator(api::Write& w, const std::vector<MembershipRow>& memberships,
                     const audit::Entry& entry);
[[nodiscard]] audit::Entry member_entry(audit::Action action, AccountId account,
                                        std::optional<std::string> before,
                                        std::optional<std::string> after);
/// The hospital's copy of who works there. Leaves its role in force.
void keep_staff(db::Tx& tx, const TenantId& tenant, const Member& member);

}  // namespace wardbook::accounts
