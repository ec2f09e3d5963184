#include <boost/json.hpp>

#include "api/input.h"
#include "features/accounts/invitations.h"
#include "features/accounts/sign_in.h"

/// Accounts and memberships. Each change is one transaction: control schema, the hospital's staff
/// table, the revocation and the audit entry. What concerns one hospital counts to its connections.
/// What concerns an account in all of its hospitals is done by commands, in a process of their own.
namespace wardbook::accounts {
namespace {

void check_name(const std::string& name) {
  if (auto why = api::name_fault(name))
    throw Failure::invalid({{"/display_name", std::move(*why)}});
}

void check_hospital_role(api::Role role) {
  if (role == api::Role::platform_admin) {
    throw Failure::invalid({{"/role", "must be one of a hospital's roles"}});
  }
}

/// The account of an address, under its lock, made if need be.
Task<AccountRow> account_for(db::Tx& tx, NewAccount wanted, bool is_operator) {
  const std::string key = email_key(wanted.email);
  if (const auto found = co_await tx.maybe_one(kAccountByEmail, key)) {
    co_return co_await tx.one(kLockAccount, found->id);
  }
  if (wanted.password_hash.empty()) throw Failure(Code::user_not_found);
  check_name(wanted.display_name);
  const auto id = co_await tx.one(kAddAccount, wanted.email, key, wanted.display_name,
                                  wanted.password_hash, is_operator);
  co_return co_await tx.one(kLockAccount, AccountId(id.value));
}

const MembershipRow* membership_in(const std::vector<MembershipRow>& all, const TenantId& tenant) {
  for (const auto& m : all) {
    if (m.tenant == tenant.str()) return &m;
  }
  return nullptr;
}

}  // namespace

std::string_view status_name(const Member& member) {
  if (member.invited) return "invited";
  return member.active ? "active" : "disabled";
}

std::string member_json(const Member& member) {
  std::string out;
  api::ObjectWriter writer(out);
  writer.integer("id", member.id.value)
      .text("email", std::string_view(member.email))
      .text("display_name", std::string_view(member.display_name))
      .text("role", api::to_string(member.role))
      .text("status", status_name(member))
      .text("created_at", format_rfc3339(member.created_at));
  std::optional<std::string> expires;
  if (member.code_expires_at) expires = format_rfc3339(*member.code_expires_at);
  writer.text("code_expires_at", expires);
  writer.end();
  return out;
}

Task<Member> add_operator(db::Pool& db, audit::Actor actor, NewAccount account) {
  api::Write w = co_await api::write_as(db, audit::journal(), std::nullopt, std::move(actor));
  db::Tx& tx = w.tx();
  const auto found = co_await tx.maybe_one(kAccountByEmail, email_key(account.email));
  if (found && found->is_operator) throw Failure(Code::user_exists);
  const std::string hash = account.password_hash;
  const AccountRow row = co_await account_for(tx, std::move(account), true);
  const auto memberships = co_await tx.all(kMemberships, row.id);
  if (!memberships.empty()) {
    throw Failure(Code::conflict, "This account belongs to a hospital. Operators belong to none.");
  }
  co_await tx.exec(kMakeOperator, row.id);
  co_await tx.exec(kSetPassword, row.id, hash);
  std::vector<Revocation> revoked;
  co_await end_sessions(tx, row.id, std::nullopt, std::nullopt, revoked);
  Member member{row.id,     row.email,     row.display_name, api::Role::platform_admin,
                row.active, row.created_at};
  w.log(member_entry("account.create", row.id, std::nullopt, member_json(member)));
  co_await w.commit();
  co_return member;
}

Task<Member> add_member(db::Pool& db, audit::Actor actor, TenantId tenant, NewAccount account,
                        api::Role role) {
  check_hospital_role(role);
  db::Tx begun = co_await db.begin_control_for(tenant);
  api::Write w = api::write_over(audit::journal(), std::move(begun), std::move(actor));
  db::Tx& tx = w.tx();
  if (!co_await tx.maybe_one(kTenant, tenant.str())) throw Failure(Code::tenant_not_found);
  const std::string name = account.display_name;
  const AccountRow row = co_await account_for(tx, std::move(account), false);
  if (row.is_operator) {
    throw Failure(Code::conflict,
                  "This is an operator's account. Operators belong to no hospital.");
  }
  const auto memberships = co_await tx.all(kMemberships, row.id);
  if (membership_in(memberships, tenant) != nullptr) {
    throw Failure(Code::user_exists, "This account already belongs to this hospital.");
  }
  const auto since =
      co_await tx.one(kAddMembership, row.id, tenant, std::string(api::to_string(role)));
  Member member{row.id, row.email, name.empty() ? row.display_name : name, role, true, since.value};
  keep_staff(tx, tenant, member);
  w.log_in(tenant, member_entry("account.create", row.id, std::nullopt, member_json(member)));
  co_await w.commit();
  co_return member;
}

Task<Changed> change_member(db::Pool& db, audit::Actor actor, TenantId tenant, AccountId account,
                            MemberChange change) {
  api::Write w = co_await api::write_as(db, audit::journal(), tenant, std::move(actor));
  Changed changed = co_await change_member_in(w, std::move(tenant), account, std::move(change));
  co_await w.commit();
  co_return changed;
}

Task<Changed> change_member_in(api::Write& w, TenantId tenant, AccountId account,
                               MemberChange change) {
  if (change.role) check_hospital_role(*change.role);
  if (change.display_name) check_name(*change.display_name);
  db::Tx& tx = w.tx();
  tx.switch_control();
  const auto row = co_await tx.maybe_one(kLockAccount, account);
  std::vector<MembershipRow> memberships;
  if (row) memberships = co_await tx.all(kMemberships, account);
  const MembershipRow* membership = membership_in(memberships, tenant);
  if (membership == nullptr) {
    Changed pending;
    pending.member = co_await change_pending(w, tenant, account, std::move(change));
    co_return pending;
  }
  const bool alone = memberships.size() == 1 && !row->is_operator;
  tx.switch_tenant(tenant);
  const auto staff = co_await tx.maybe_one(kStaffMember, account);
  tx.switch_control();
  const Member before{
      account,          row->email,         staff ? staff->display_name : row->display_name,
      membership->role, membership->active, membership->created_at};
  Changed out;
  out.member = before;
  out.member.role = change.role.value_or(before.role);
  out.member.active = change.active.value_or(before.active);
  out.member.display_name = change.display_name.value_or(before.display_name);
  co_await tx.exec(kUpdateMembership, account, tenant, std::string(api::to_string(out.member.role)),
                   out.member.active);
  if (change.display_name && alone) tx.queue(kSetName, account, *change.display_name);
  if (before.active && !out.member.active) {
    co_await end_sessions(tx, account, tenant.str(), std::nullopt, out.revoked);
  } else if (out.member.role != before.role) {
    // The sessions go on; their next refresh brings a token of the new role.
    out.revoked.push_back(co_await tx.one(kRevoke, std::nullopt, account, tenant.str()));
  }
  keep_staff(tx, tenant, out.member);
  w.log(member_entry("account.update", account, member_json(before), member_json(out.member)));
  co_return out;
}

Task<AccountId> find_account(db::Pool& db, std::string email) {
  db::Tx tx = co_await db.begin_control();
  const auto found = co_await tx.maybe_one(kAccountByEmail, email_key(email));
  if (!found) {
    throw Failure(
        Code::user_not_found,
        "No account has this address. An invitation becomes an account when it is accepted.");
  }
  co_await tx.commit();
  co_return found->id;
}

Task<> set_account_active(db::Pool& db, audit::Actor actor, AccountId account, bool active) {
  api::Write w = co_await api::write_as(db, audit::journal(), std::nullopt, std::move(actor));
  db::Tx& tx = w.tx();
  const auto row = co_await tx.maybe_one(kLockAccount, account);
  if (!row) throw Failure(Code::user_not_found);
  co_await tx.exec(kSetAccountActive, account, active);
  std::vector<Revocation> revoked;
  if (!active) co_await end_sessions(tx, account, std::nullopt, std::nullopt, revoked);
  // No hospital offers a doctor who cannot sign in.
  const auto memberships = co_await tx.all(kMemberships, account);
  for (const auto& membership : memberships) {
    const auto tenant = TenantId::parse(membership.tenant);
    if (!tenant) continue;
    tx.switch_tenant(*tenant);
    co_await tx.exec(kSetStaffActive, account, active && membership.active);
  }
  const auto entry = member_entry(active ? audit::Action("account.enable") : "account.disable",
                                  account, std::nullopt, std::nullopt);
  log_of_operator(w, memberships, entry);
  co_await w.commit();
}

Task<> reset_password(db::Pool& db, audit::Actor actor, AccountId account,
                      std::string password_hash) {
  api::Write w = co_await api::write_as(db, audit::journal(), std::nullopt, std::move(actor));
  db::Tx& tx = w.tx();
  if (!co_await tx.maybe_one(kLockAccount, account)) throw Failure(Code::user_not_found);
  co_await tx.exec(kSetPassword, account, std::move(password_hash));
  std::vector<Revocation> revoked;
  co_await end_sessions(tx, account, std::nullopt, std::nullopt, revoked);
  const auto memberships = co_await tx.all(kMemberships, account);
  const auto entry = member_entry("account.reset_password", account, std::nullopt, std::nullopt);
  log_of_operator(w, memberships, entry);
  co_await w.commit();
}

Listed Listed::from_row(const db::RowView& row) {
  const auto expires = row.maybe_time(kColumns["expires_at"]);
  Member member{row.id<AccountId>(kColumns["id"]),
                row.str(kColumns["email"]),
                row.str(kColumns["display_name"]),
                *api::parse_role(row.text(kColumns["role"])),
                row.boolean(kColumns["active"]),
                row.time(kColumns["created_at"]),
                expires.has_value(),
                expires};
  return {std::move(member), row.maybe_str(kColumns["tenant_id"])};
}

Task<std::vector<Listed>> list_accounts(db::Pool& db, std::optional<TenantId> tenant) {
  std::optional<std::string> name;
  if (tenant) name = tenant->str();
  db::Tx tx = co_await db.begin_control();
  auto rows = co_await tx.all(kList, std::move(name));
  co_await tx.commit();
  co_return rows;
}

}  // namespace wardbook::accounts
