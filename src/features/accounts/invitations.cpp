#include "features/accounts/invitations.h"

#include <algorithm>

#include "api/input.h"
#include "base/hash.h"
#include "features/accounts/invitations_sql.h"
#include "features/accounts/sign_in.h"
#include "text/key.h"

/// One-time codes: issued, renewed, withdrawn. What a hospital is told does not depend on whether
/// the address has an account, and neither do the statements.
namespace wardbook::accounts {
namespace {

void check_invitee(const Invitee& invitee) {
  std::vector<Fault> faults;
  if (!api::is_email(invitee.email)) faults.push_back({"/email", "must be an email address"});
  if (auto why = api::name_fault(invitee.display_name)) {
    faults.push_back({"/display_name", std::move(*why)});
  }
  if (invitee.role == api::Role::platform_admin) {
    faults.push_back({"/role", "must be one of a hospital's roles"});
  }
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
}

Member member_of(const InvitationRow& row) {
  Member member{
      row.id,         row.email, row.display_name, row.role.value_or(api::Role::auditor), true,
      row.created_at, true,      row.expires_at};
  return member;
}

/// A code for a new password, in place of earlier ones.
Task<> add_reset(db::Tx& tx, const audit::Actor& actor, const AccountRow& account,
                 std::optional<std::string> tenant, const OneTimeCode& code, Time expires) {
  db::Bytes hash{code.hash};
  co_await tx.exec(kCloseResets, account.id, std::string("replaced"));
  co_await tx.exec(kAddReset, std::move(tenant), account.id, account.email,
                   email_key(account.email), code.locator, std::move(hash), actor.account, expires);
}

/// Only the only hospital of an account: any other could reset its way into the rest of them.
Task<> reset_member(api::Write& w, const TenantId& tenant, AccountId account,
                    const OneTimeCode& code, Time expires) {
  db::Tx& tx = w.tx();
  const auto row = co_await tx.maybe_one(kLockAccount, account);
  if (!row) throw Failure(Code::user_not_found);
  const auto memberships = co_await tx.all(kMemberships, account);
  const auto here = std::ranges::find(memberships, tenant.str(), &MembershipRow::tenant);
  if (here == memberships.end()) throw Failure(Code::user_not_found);
  if (memberships.size() > 1 || row->is_operator) {
    throw Failure(Code::conflict,
                  "The account is not this hospital's alone: only the platform's operator can "
                  "reset its password.");
  }
  if (!here->active) {
    throw Failure(Code::conflict, "The account is disabled in this hospital.");
  }
  co_await add_reset(tx, w.actor(), *row, tenant.str(), code, expires);
  w.log(member_entry("account.reset_code", account, std::nullopt, std::nullopt));
}

}  // namespace

std::string email_key(std::string_view email) {
  return text::key(email);
}

audit::Entry member_entry(audit::Action action, AccountId account,
                          std::optional<std::string> before, std::optional<std::string> after) {
  audit::Entry entry{.action = action, .resource = "account"};
  entry.resource_id = account.value;
  entry.before = std::move(before);
  entry.after = std::move(after);
  return entry;
}

void keep_staff(db::Tx& tx, const TenantId& tenant, const Member& member) {
  tx.switch_tenant(tenant);
  tx.queue(kKeepStaff, member.id, member.email, member.display_name,
           std::string(api::to_string(member.role)), member.active);
}

void log_everywhere(api::Write& w, const std::vector<MembershipRow>& memberships,
                    const audit::Entry& entry) {
  bool written = false;
  for (const auto& membership : memberships) {
    const auto tenant = TenantId::parse(membership.tenant);
    if (!tenant) continue;
    w.log_in(tenant, audit::Entry(entry));
    written = true;
  }
  if (!written) w.log_in(std::nullopt, audit::Entry(entry));
}

void log_of_operator(api::Write& w, const std::vector<MembershipRow>& memberships,
                     const audit::Entry& entry) {
  w.log(audit::Entry(entry));
  if (!memberships.empty()) log_everywhere(w, memberships, entry);
}

Task<Issued> invite_in(api::Write& w, TenantId tenant, Invitee invitee, OneTimeCode code,
                       Time now) {
  check_invitee(invitee);
  db::Tx& tx = w.tx();
  tx.switch_control();
  if (!co_await tx.maybe_one(kTenant, tenant.str())) throw Failure(Code::tenant_not_found);
  const std::string key = email_key(invitee.email);
  if (co_await tx.maybe_one(kMemberByAddress, tenant, key)) {
    throw Failure(Code::user_exists, "This account already belongs to this hospital.");
  }
  const Time expires = now + kCodeLife;
  db::Bytes hash{code.hash};
  const auto row = co_await tx.maybe_one(kInvite, tenant, invitee.email, key, invitee.display_name,
                                         std::string(api::to_string(invitee.role)), code.locator,
                                         std::move(hash), w.actor().account, expires);
  if (!row) {
    throw Failure(Code::user_exists,
                  "This address has already been invited. If its code was lost, renew it.");
  }
  w.log(member_entry("account.invite", row->id, std::nullopt, member_json(member_of(*row))));
  co_return Issued{row->id, std::move(code.text), expires};
}

Task<Issued> issue_code_in(api::Write& w, TenantId tenant, AccountId user, OneTimeCode code,
                           Time now) {
  db::Tx& tx = w.tx();
  tx.switch_control();
  const Time expires = now + kCodeLife;
  const auto pending = co_await tx.maybe_one(kLockPending, user, tenant);
  if (!pending) {
    co_await reset_member(w, tenant, user, code, expires);
    co_return Issued{user, std::move(code.text), expires};
  }
  db::Bytes hash{code.hash};
  co_await tx.exec(kRenew, pending->id, code.locator, std::move(hash), expires);
  w.log(member_entry("account.renew_code", pending->id, std::nullopt, std::nullopt));
  co_return Issued{pending->id, std::move(code.text), expires};
}

Task<Issued> invite(db::Pool& db, audit::Actor actor, TenantId tenant, Invitee invitee, Time now) {
  OneTimeCode code = code_from(random_bytes(16));
  api::Write w = co_await api::write_as(db, audit::journal(), tenant, std::move(actor));
  Issued issued =
      co_await invite_in(w, std::move(tenant), std::move(invitee), std::move(code), now);
  co_await w.commit();
  co_return issued;
}

Task<Issued> issue_code(db::Pool& db, audit::Actor actor, TenantId tenant, AccountId user,
                        Time now) {
  OneTimeCode code = code_from(random_bytes(16));
  api::Write w = co_await api::write_as(db, audit::journal(), tenant, std::move(actor));
  Issued issued = co_await issue_code_in(w, std::move(tenant), user, std::move(code), now);
  co_await w.commit();
  co_return issued;
}

Task<Issued> reset_by_operator(db::Pool& db, audit::Actor actor, AccountId account,
                               std::string unusable_hash, Time now) {
  OneTimeCode code = code_from(random_bytes(16));
  const Time expires = now + kCodeLife;
  api::Write w = co_await api::write_as(db, audit::journal(), std::nullopt, actor);
  db::Tx& tx = w.tx();
  const auto row = co_await tx.maybe_one(kLockAccount, account);
  if (!row) throw Failure(Code::user_not_found);
  co_await tx.exec(kSetPassword, account, std::move(unusable_hash));
  std::vector<Revocation> revoked;
  co_await end_sessions(tx, account, std::nullopt, std::nullopt, revoked);
  co_await add_reset(tx, actor, *row, std::nullopt, code, expires);
  const auto memberships = co_await tx.all(kMemberships, account);
  const auto entry = member_entry("account.reset_code", account, std::nullopt, std::nullopt);
  log_of_operator(w, memberships, entry);
  co_await w.commit();
  co_return Issued{account, std::move(code.text), expires};
}

Task<AccountId> release_address(db::Pool& db, audit::Actor actor, std::string email,
                                std::string unusable_hash) {
  api::Write w = co_await api::write_as(db, audit::journal(), std::nullopt, std::move(actor));
  db::Tx& tx = w.tx();
  const auto found = co_await tx.maybe_one(kAccountByEmail, email_key(email));
  if (!found) throw Failure(Code::user_not_found);
  const AccountRow row = co_await tx.one(kLockAccount, found->id);
  if (row.is_operator) {
    throw Failure(Code::conflict, "This is an operator's account. Disable it instead.");
  }
  // Not to be guessed: whoever had this address already would keep the other one from being freed.
  const std::string freed = "released-" + std::to_string(row.id.value) + "-" +
                            to_hex(random_bytes(8)) + "@released.invalid";
  co_await tx.exec(kRenameAccount, row.id, freed);
  co_await tx.exec(kSetAccountActive, row.id, false);
  co_await tx.exec(kSetPassword, row.id, std::move(unusable_hash));
  co_await tx.exec(kCloseResets, row.id, std::string("withdrawn"));
  std::vector<Revocation> revoked;
  co_await end_sessions(tx, row.id, std::nullopt, std::nullopt, revoked);
  const auto memberships = co_await tx.all(kMemberships, row.id);
  for (const auto& membership : memberships) {
    const auto tenant = TenantId::parse(membership.tenant);
    if (!tenant) continue;
    tx.switch_tenant(*tenant);
    co_await tx.exec(kRenameStaff, row.id, freed);
  }
  const auto entry = member_entry("account.release", row.id, std::nullopt, std::nullopt);
  log_of_operator(w, memberships, entry);
  co_await w.commit();
  co_return row.id;
}

Task<Member> change_pending(api::Write& w, TenantId tenant, AccountId id, MemberChange change) {
  db::Tx& tx = w.tx();
  tx.switch_control();
  const auto row = co_await tx.maybe_one(kLockPending, id, tenant);
  if (!row) throw Failure(Code::user_not_found);
  const Member before = member_of(*row);
  Member after = before;
  after.role = change.role.value_or(before.role);
  after.display_name = change.display_name.value_or(before.display_name);
  if (change.active) {
    if (*change.active) throw Failure(Code::conflict, "The invitation has not been accepted yet.");
    after.active = false;
    after.invited = false;
    after.code_expires_at = std::nullopt;
    co_await tx.exec(kCloseInvitation, id, std::string("withdrawn"), std::nullopt);
  }
  co_await tx.exec(kUpdatePending, id, std::string(api::to_string(after.role)), after.display_name);
  w.log(member_entry("account.update", id, member_json(before), member_json(after)));
  co_return after;
}

Task<std::vector<Member>> pending_members(db::Tx& tx, TenantId tenant, std::int64_t after,
                                          int most) {
  tx.switch_control();
  const auto rows = co_await tx.all(kPendingPage, std::move(tenant), after, most);
  std::vector<Member> out;
  for (const auto& row : rows) out.push_back(member_of(row));
  co_return out;
}

Task<AccountId> find_user(db::Pool& db, TenantId tenant, std::string email) {
  db::Tx tx = co_await db.begin_control();
  const auto found = co_await tx.maybe_one(kUserByAddress, std::move(tenant), email_key(email));
  if (!found) {
    throw Failure(Code::user_not_found,
                  "No member or invitation of this hospital has this address.");
  }
  co_await tx.commit();
  co_return AccountId(found->value);
}

Task<AccountId> resolve_user(db::Pool& db, TenantId tenant, AccountId user) {
  db::Tx tx = co_await db.begin_control();
  const auto accepted = co_await tx.maybe_one(kAcceptedBy, user, std::move(tenant));
  co_await tx.commit();
  co_return accepted ? AccountId(accepted->value) : user;
}

}  // namespace wardbook::accounts
