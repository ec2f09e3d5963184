#include <algorithm>

#include "api/input.h"
#include "base/hash.h"
#include "features/accounts/invitations.h"
#include "features/accounts/invitations_sql.h"
#include "features/accounts/sign_in.h"

/// POST /auth/accept: a one-time code makes a member or a new password. The code says that its
/// holder is whom the hospital means; that an account is theirs, only its own password says. So an
/// account that exists joins with both and gets a new password, which nobody knows who knew the
/// earlier one.
namespace wardbook::accounts {
namespace {

struct Acceptance {
  std::string email;
  std::optional<OneTimeCode> code;
  std::string password;
  std::optional<std::string> new_password;
};

/// Without a new password, `password` can only be the first one of a new account, or a new one, and
/// has to be good. Nothing here depends on what is stored.
Acceptance read_acceptance(const api::Request& request) {
  using Need = api::Input::Need;
  std::vector<Fault> faults;
  api::Input in(request.object(), "", faults);
  Acceptance out;
  out.email = in.text("email", Need::required, 254).value_or("");
  if (const auto code = in.text("code", Need::required, 100)) out.code = read_code(*code);
  const auto password = in.text("password", Need::required, kSentPasswordMost);
  out.new_password = in.text("new_password", Need::optional, kSentPasswordMost);
  if (out.new_password) {
    if (auto why = password_fault(*out.new_password, out.email)) {
      in.fault("new_password", std::move(*why));
    }
    if (password && normalized_password(*password) == normalized_password(*out.new_password)) {
      in.fault("new_password", "must differ from the current one");
    }
  } else if (password && !in.has("new_password")) {
    if (auto why = password_fault(*password, out.email)) in.fault("password", std::move(*why));
  }
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  out.password = *password;
  return out;
}

[[noreturn]] void refuse_code() {
  throw Failure(Code::invalid_credentials,
                "The address, the code or the password is wrong, or the code is no longer good. An "
                "address that already has an account takes its current password and a "
                "new_password.");
}

audit::Actor actor_for(const api::Request& request, std::optional<AccountId> account,
                       std::string_view role) {
  audit::Actor actor = audit::actor_of(request);
  actor.account = account;
  actor.role = role;
  return actor;
}

/// The hospital that issued the code; none: the platform's operator.
std::optional<TenantId> issuer_of(const InvitationRow& row) {
  return row.tenant ? TenantId::parse(*row.tenant) : std::nullopt;
}

/// The write of somebody who is nobody yet.
Task<api::Write> begin_write(App& app, api::Request request, InvitationRow row) {
  db::Tx tx = co_await begin_at(app.db, issuer_of(row));
  co_return api::write_over(app.audit, std::move(tx), actor_for(request, std::nullopt, ""));
}

/// In the log of whoever issued the code. The transaction's last work: it may take a role.
void note_refusal(api::Write& w, const InvitationRow& row, std::string why) {
  audit::Entry entry = member_entry("auth.accept", row.account.value_or(row.id), {}, {});
  entry.refused = true;
  entry.reason = std::move(why);
  w.log_in(issuer_of(row), std::move(entry));
}

struct Checked {
  InvitationRow invitation;
  std::optional<AccountRow> account;
};

/// Counted before the password is compared, and forgiven when it was right: so parallel guesses are
/// no more than successive ones.
Task<> count_password(App& app, db::Tx& tx, InvitationRow row) {
  const Time now = app.clock.now();
  const Time since = now - kWrongPasswordsSpan;
  const auto wrong = co_await tx.one(kWrongPasswords, row.tenant, row.email_key, since);
  if (wrong.value >= kMostWrongPasswords) throw_locked(now + kWrongPasswordsSpan, now);
  co_await tx.exec(kCountPassword, row.id, now);
}

/// Compares the code with one invitation, under its lock. Nothing for a wrong one, which is
/// counted.
Task<std::optional<Checked>> check_one(App& app, api::Request request, OneTimeCode code,
                                       InvitationRow seen) {
  api::Write w = co_await begin_write(app, std::move(request), seen);
  db::Tx& tx = w.tx();
  const auto row = co_await tx.maybe_one(kLockInvitation, seen.id);
  if (!row || !row->open || row->expires_at <= app.clock.now()) co_return std::nullopt;
  if (!constant_time_equal(row->code_hash, code.hash)) {
    const auto spent = co_await tx.one(kCountWrongCode, row->id, kMostWrongCodes, app.clock.now());
    note_refusal(w, *row, spent.value ? "wrong_code, code_void" : "wrong_code");
    co_await w.commit();
    co_return std::nullopt;
  }
  Checked out{*row, std::nullopt};
  if (!row->is_reset) {
    out.account = co_await tx.maybe_one(kAccountByEmail, row->email_key);
    if (out.account) co_await count_password(app, tx, *row);
  }
  co_await w.commit_logged_or_not();
  co_return out;
}

Task<std::vector<InvitationRow>> find_by_code(App& app, Acceptance wanted) {
  db::Tx tx = co_await app.db.begin_control();
  auto rows =
      co_await tx.all(kOpenByCode, email_key(wanted.email), wanted.code->locator, app.clock.now());
  co_await tx.commit();
  // A code that is right for one of them is not a wrong one for the others.
  const auto right = std::ranges::find_if(rows, [&](const InvitationRow& row) {
    return constant_time_equal(row.code_hash, wanted.code->hash);
  });
  if (right == rows.end()) co_return rows;
  co_return std::vector<InvitationRow>{*right};
}

/// The invitation that the code opens, with the account of its address. Wrong codes with the first
/// group of an open one are counted; others have no row to count on.
Task<Checked> check_code(App& app, api::Request request, Acceptance wanted) {
  if (!wanted.code) refuse_code();
  const auto rows = co_await find_by_code(app, wanted);
  std::optional<Checked> right;
  for (const InvitationRow& row : rows) {
    std::function<Task<std::optional<Checked>>()> check = [&app, &request, &wanted, &row] {
      return check_one(app, request, *wanted.code, row);
    };
    auto checked = co_await until_unblocked(std::move(check));
    if (checked) right = std::move(checked);
  }
  if (!right) refuse_code();
  co_return std::move(*right);
}

/// The invitation once more, under lock: it is open still, with the code that was compared.
Task<> lock_again(App& app, db::Tx& tx, InvitationRow seen) {
  const auto now = co_await tx.maybe_one(kLockInvitation, seen.id);
  if (!now || !now->open || now->code_hash != seen.code_hash ||
      now->expires_at <= app.clock.now()) {
    refuse_code();
  }
}

api::Response accepted(const AccountRow& account, const std::string& name,
                       const std::optional<TenantRow>& tenant) {
  std::string user;
  api::ObjectWriter user_writer(user);
  user_writer.integer("id", account.id.value)
      .text("email", account.email)
      .text("display_name", name);
  user_writer.end();
  std::string tenant_json;
  if (tenant) {
    api::ObjectWriter writer(tenant_json);
    writer.text("id", tenant->id).text("name", tenant->name).text("time_zone", tenant->time_zone);
    writer.end();
  }
  std::string out;
  api::ObjectWriter writer(out);
  writer.raw("user", user).raw("tenant", tenant_json);
  writer.end();
  return api::ok(std::move(out));
}

/// Makes the account a member, closes the invitation and commits.
Task<api::Response> admit(api::Write& w, api::Request request, InvitationRow invitation,
                          AccountRow account) {
  db::Tx& tx = w.tx();
  const auto tenant = co_await tx.maybe_one(kOpenTenant, *invitation.tenant);
  if (!tenant) throw Failure(Code::tenant_suspended);
  const TenantId id = *TenantId::parse(tenant->id);
  const api::Role role = *invitation.role;
  const std::string role_name(api::to_string(role));
  const auto since = co_await tx.one(kAddMembership, account.id, id, role_name);
  co_await tx.exec(kCloseInvitation, invitation.id, std::string("accepted"), account.id);
  const Member member{account.id, account.email, invitation.display_name, role, true, since.value};
  keep_staff(tx, id, member);
  w.act_as(actor_for(request, account.id, role_name));
  w.log_in(id, member_entry("account.join", account.id, std::nullopt, member_json(member)));
  co_await w.commit();
  co_return accepted(account, invitation.display_name, tenant);
}

Task<api::Response> join_with_new_account(App& app, api::Request request, Acceptance wanted,
                                          InvitationRow invitation) {
  if (wanted.new_password) {
    throw Failure::invalid({{"/new_password", "must be left out: the address has no account yet"}});
  }
  std::string hash = co_await hash_on_worker(app, std::move(wanted.password));
  api::Write w = co_await begin_write(app, request, invitation);
  db::Tx& tx = w.tx();
  co_await lock_again(app, tx, invitation);
  const auto made = co_await tx.maybe_one(kAddInvited, invitation.id, invitation.email,
                                          invitation.email_key, invitation.display_name, hash);
  if (!made) refuse_code();
  const AccountRow account = co_await tx.one(kLockAccount, AccountId(made->value));
  co_return co_await admit(w, std::move(request), std::move(invitation), account);
}

Task<> forgive_password(App& app, InvitationRow invitation) {
  db::Tx tx = co_await begin_at(app.db, issuer_of(invitation));
  co_await tx.exec(kForgivePassword, invitation.id);
  co_await tx.commit();
}

Task<> note_wrong_password(App& app, api::Request request, InvitationRow invitation) {
  api::Write w = co_await begin_write(app, std::move(request), invitation);
  note_refusal(w, invitation, "wrong_password");
  co_await w.commit();
}

Task<api::Response> join_with_account(App& app, api::Request request, Acceptance wanted,
                                      InvitationRow invitation, AccountRow seen) {
  const bool matches =
      co_await compare_password(app, seen.password_hash, std::move(wanted.password));
  if (!matches || !seen.active) {
    co_await note_wrong_password(app, std::move(request), std::move(invitation));
    refuse_code();
  }
  co_await forgive_password(app, invitation);
  if (seen.is_operator) {
    throw Failure(Code::conflict,
                  "This is an operator's account. Operators belong to no hospital.");
  }
  if (!wanted.new_password) {
    throw Failure::invalid({{"/new_password", "is required: the address already has an account"}});
  }
  std::string hash = co_await hash_on_worker(app, std::move(*wanted.new_password));
  api::Write w = co_await begin_write(app, request, invitation);
  db::Tx& tx = w.tx();
  const AccountRow account = co_await tx.one(kLockAccount, seen.id);
  co_await lock_again(app, tx, invitation);
  if (account.password_changed_at != seen.password_changed_at || !account.active) refuse_code();
  const auto memberships = co_await tx.all(kMemberships, account.id);
  const auto in_it = [&](const MembershipRow& m) { return m.tenant == *invitation.tenant; };
  if (std::ranges::any_of(memberships, in_it)) {
    throw Failure(Code::user_exists, "This account already belongs to this hospital.");
  }
  co_await tx.exec(kSetPassword, account.id, std::move(hash));
  std::vector<Revocation> revoked;
  co_await end_sessions(tx, account.id, std::nullopt, std::nullopt, revoked);
  api::Response response = co_await admit(w, std::move(request), std::move(invitation), account);
  for (const auto& revocation : revoked) app.authority.apply(revocation);
  co_return response;
}

/// A hospital's code resets only an account that is still that hospital's alone.
bool may_reset(const InvitationRow& invitation, const AccountRow& account,
               const std::vector<MembershipRow>& memberships) {
  if (!invitation.tenant) return true;
  return !account.is_operator && memberships.size() == 1 &&
         memberships.front().tenant == *invitation.tenant && memberships.front().active;
}

Task<api::Response> set_password(App& app, api::Request request, std::string hash,
                                 InvitationRow invitation) {
  api::Write w = co_await begin_write(app, request, invitation);
  db::Tx& tx = w.tx();
  const AccountRow account = co_await tx.one(kLockAccount, *invitation.account);
  co_await lock_again(app, tx, invitation);
  const auto memberships = co_await tx.all(kMemberships, account.id);
  if (!may_reset(invitation, account, memberships)) {
    co_await tx.exec(kCloseInvitation, invitation.id, std::string("withdrawn"), std::nullopt);
    note_refusal(w, invitation, "not_the_only_hospital");
    co_await w.commit();
    refuse_code();
  }
  co_await tx.exec(kSetPassword, account.id, std::move(hash));
  co_await tx.exec(kCloseInvitation, invitation.id, std::string("accepted"), account.id);
  std::vector<Revocation> revoked;
  co_await end_sessions(tx, account.id, std::nullopt, std::nullopt, revoked);
  std::optional<TenantRow> tenant;
  std::string_view role;
  if (memberships.size() == 1) {
    const auto& only = memberships.front();
    tenant = TenantRow{only.tenant, only.tenant_name, only.time_zone};
    role = api::to_string(only.role);
  }
  w.act_as(actor_for(request, account.id, role));
  log_everywhere(w, memberships,
                 member_entry("account.reset_password", account.id, std::nullopt, std::nullopt));
  co_await w.commit();
  for (const auto& revocation : revoked) app.authority.apply(revocation);
  co_return accepted(account, account.display_name, tenant);
}

Task<api::Response> reset(App& app, api::Request request, Acceptance wanted,
                          InvitationRow invitation) {
  if (wanted.new_password) {
    throw Failure::invalid(
        {{"/new_password", "must be left out: this code needs no earlier password"}});
  }
  std::string hash = co_await hash_on_worker(app, std::move(wanted.password));
  std::function<Task<api::Response>()> last =
      [&app, request = std::move(request), hash = std::move(hash),
       invitation = std::move(invitation)] { return set_password(app, request, hash, invitation); };
  co_return co_await until_unblocked(std::move(last));
}

}  // namespace

Task<api::Response> accept(App& app, api::Request request) {
  Acceptance wanted = read_acceptance(request);
  Checked checked = co_await check_code(app, request, wanted);
  if (checked.invitation.is_reset) {
    co_return co_await reset(app, std::move(request), std::move(wanted),
                             std::move(checked.invitation));
  }
  if (!checked.account) {
    co_return co_await join_with_new_account(app, std::move(request), std::move(wanted),
                                             std::move(checked.invitation));
  }
  co_return co_await join_with_account(app, std::move(request), std::move(wanted),
                                       std::move(checked.invitation), std::move(*checked.account));
}

}  // namespace wardbook::accounts
