#include "features/accounts/sign_in.h"

#include "api/input.h"
#include "base/hash.h"
#include "base/offload.h"

namespace wardbook::accounts {
namespace {

constexpr std::size_t kSentPasswordBytes = 1024;

struct Credentials {
  std::string email;
  std::string password;
  std::optional<std::string> tenant;
};

Credentials read_credentials(const api::Request& request) {
  std::vector<Fault> faults;
  api::Input in(request.object(), "", faults);
  Credentials out;
  out.email = in.text("email", api::Input::Need::required, 254).value_or("");
  out.password = in.text("password", api::Input::Need::required, kSentPasswordBytes).value_or("");
  out.tenant = in.text("tenant", api::Input::Need::optional, 100);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  return out;
}

audit::Actor actor_for(const api::Request& request, AccountId account, std::string_view role) {
  audit::Actor actor = audit::actor_of(request);
  actor.account = account;
  actor.role = role;
  return actor;
}

audit::Entry sign_in_entry(std::string action, AccountId account, std::string refused_why) {
  audit::Entry entry;
  entry.action = std::move(action);
  entry.resource = "account";
  entry.resource_id = account.value;
  if (!refused_why.empty()) {
    entry.refused = true;
    entry.reason = std::move(refused_why);
  }
  return entry;
}

/// Into the tenant's log, or the platform's. The transaction's last work: it may change the role.
void note(db::Tx& tx, const std::optional<TenantId>& home, const audit::Actor& actor,
          audit::Entry entry) {
  if (home) {
    tx.switch_tenant(*home);
    audit::record(tx, actor, std::move(entry));
  } else {
    audit::record_platform(tx, actor, std::move(entry));
  }
}

std::string session_json(App& app, const api::Caller& caller,
                         const std::optional<TenantRow>& tenant, const std::string& refresh_token) {
  std::string out;
  api::ObjectWriter writer(out);
  writer.text("access_token", app.tokens.issue(caller))
      .text("token_type", std::string_view("Bearer"))
      .integer("expires_in", static_cast<std::int64_t>(app.tokens.ttl().count()))
      .text("refresh_token", std::string_view(refresh_token));
  const std::string identity = identity_json(caller, tenant);
  out += ',';
  out.append(identity, 1);  // its members, without the opening brace
  return out;
}

std::string choices_json(const std::vector<MembershipRow>& memberships) {
  std::string out = "[";
  for (const auto& m : memberships) {
    if (!m.active || !m.tenant_active) continue;
    if (out.size() > 1) out += ',';
    api::ObjectWriter writer(out);
    writer.text("id", std::string_view(m.tenant))
        .text("name", std::string_view(m.tenant_name))
        .text("role", api::to_string(m.role));
    writer.end();
  }
  return out + "]";
}

/// Says who signs in; the session and the number are filled in by the statement that makes them.
struct Grant {
  api::Caller caller;
  std::optional<TenantRow> tenant;
};

Grant grant_of(const AccountRow& account, const std::optional<MembershipRow>& membership) {
  Grant grant;
  grant.caller.account = account.id;
  grant.caller.name = account.display_name;
  grant.caller.email = account.email;
  grant.caller.role = api::Role::platform_admin;
  if (membership) {
    grant.caller.role = membership->role;
    grant.caller.tenant_id = TenantId::parse(membership->tenant);
    grant.tenant = TenantRow{membership->tenant, membership->tenant_name, membership->time_zone};
  }
  return grant;
}

/// The name that this hospital shows. Takes the tenant's role.
Task<> take_staff_name(db::Tx& tx, api::Caller& caller) {
  if (!caller.tenant_id) co_return;
  tx.switch_tenant(*caller.tenant_id);
  const auto name = co_await tx.maybe_one(kStaffName, caller.account);
  if (name) caller.name = name->value;
}

std::string why(SignIn outcome) {
  switch (outcome) {
    case SignIn::no_account:
      return "account_disabled";
    case SignIn::suspended:
      return "tenant_suspended";
    default:
      return "no_membership";
  }
}

/// Everything after the comparison, in one transaction under the account's lock.
Task<api::Response> decide(App& app, api::Request request, AccountRow seen, bool matches,
                           std::optional<std::string> named) {
  db::Tx tx = co_await app.db.begin_control();
  const AccountRow account = co_await tx.one(kLockAccount, seen.id);
  const auto memberships = co_await tx.all(kMemberships, seen.id);
  const Time now = app.clock.now();
  const auto home = audit_home(memberships, named);
  const auto verdict = judge_password(account, seen.password_hash, matches, now);
  if (verdict != PasswordVerdict::right) {
    const bool locked = verdict == PasswordVerdict::locked;
    if (!locked) {
      const Time until = now + app.settings.auth.lock_duration;
      co_await tx.one(kCountFailure, account.id, app.settings.auth.max_failed_logins, now, until);
    }
    note(tx, home, actor_for(request, account.id, ""),
         sign_in_entry("auth.login", account.id, locked ? "account_locked" : "wrong_password"));
    co_await tx.commit();
    if (locked) throw_locked(*account.locked_until, now);
    throw Failure(Code::invalid_credentials);
  }
  tx.queue(kForgetFailures, account.id);
  const Choice choice = choose_tenant(account, memberships, named);
  if (choice.outcome == SignIn::tenant_required) {
    co_await tx.commit();
    Failure failure(Code::tenant_required, "This account works in several hospitals: name one.");
    failure.extension("tenants", choices_json(memberships));
    throw failure;
  }
  if (choice.outcome != SignIn::granted) {
    note(tx, home, actor_for(request, account.id, ""),
         sign_in_entry("auth.login", account.id, why(choice.outcome)));
    co_await tx.commit();
    throw Failure(choice.outcome == SignIn::suspended ? Code::tenant_suspended
                                                      : Code::invalid_credentials);
  }
  Grant grant = grant_of(account, choice.membership);
  const std::string token = to_base64url(random_bytes(32));
  db::Bytes token_hash{std::string(as_chars(sha256(token)))};
  std::optional<std::string> tenant;
  if (grant.tenant) tenant = grant.tenant->id;
  const Time expires = now + app.settings.auth.session_ttl;
  const auto issued =
      co_await tx.one(kStartSession, account.id, tenant, std::move(token_hash), expires);
  grant.caller.session = issued.session;
  grant.caller.token_number = issued.token_number;
  co_await take_staff_name(tx, grant.caller);
  note(tx, grant.caller.tenant_id,
       actor_for(request, account.id, api::to_string(grant.caller.role)),
       sign_in_entry("auth.login", account.id, ""));
  co_await tx.commit();
  co_return api::ok(session_json(app, grant.caller, grant.tenant, token));
}

Task<> note_unknown(App& app, api::Request request, bool locked) {
  db::Tx tx = co_await app.db.begin_control();
  audit::Entry entry;
  entry.action = "auth.login";
  entry.resource = "account";
  entry.refused = true;
  entry.reason = locked ? "account_locked" : "unknown_account";
  audit::record_platform(tx, audit::actor_of(request), std::move(entry));
  co_await tx.commit();
}

Task<std::optional<AccountRow>> account_by_email(db::Pool& db, std::string email) {
  db::Tx tx = co_await db.begin_control();
  auto account = co_await tx.maybe_one(kAccountByEmail, email_key(email));
  co_await tx.commit();
  co_return account;
}

[[noreturn]] void refuse_refresh() {
  throw Failure(Code::invalid_credentials, "The refresh token is not valid.");
}

/// Whether the account may go on in the session's tenant. Role and name may have changed.
Grant continued(const AccountRow& account, const SessionRow& session,
                const std::vector<MembershipRow>& memberships) {
  if (!account.active) refuse_refresh();
  if (!session.tenant) {
    if (!account.is_operator) refuse_refresh();
    return grant_of(account, std::nullopt);
  }
  for (const auto& m : memberships) {
    if (m.tenant != *session.tenant || !m.active) continue;
    if (!m.tenant_active) throw Failure(Code::tenant_suspended);
    return grant_of(account, m);
  }
  refuse_refresh();
}

/// Somebody holds a copy of the token: whoever comes second ends the session for both.
Task<> end_reused(App& app, db::Tx& tx, api::Request request, AccountId account,
                  SessionRow session) {
  co_await tx.exec(kEndSession, session.id);
  const auto revoked = co_await tx.one(kRevoke, session.id, account, session.tenant);
  std::optional<TenantId> home;
  if (session.tenant) home = TenantId::parse(*session.tenant);
  note(tx, home, actor_for(request, account, ""),
       sign_in_entry("auth.refresh", account, "refresh_token_reused"));
  co_await tx.commit();
  app.authority.apply(revoked);
}

}  // namespace

Task<api::Response> login(App& app, api::Request request) {
  const Credentials credentials = read_credentials(request);
  const auto account = co_await account_by_email(app.db, credentials.email);
  const Time now = app.clock.now();
  const auto locked_until = account ? account->locked_until
                                    : app.authority.unknown().locked_until(credentials.email, now);
  const bool locked = locked_until && *locked_until > now;
  bool matches = false;
  if (!locked) {
    std::string hash = account ? account->password_hash : impossible_hash(app.settings.auth);
    matches = co_await compare_password(app, std::move(hash), credentials.password);
  }
  if (!account) {
    const auto& auth = app.settings.auth;
    app.authority.unknown().count(credentials.email, app.clock.now(), auth.max_failed_logins,
                                  auth.lock_duration);
    co_await note_unknown(app, request, locked);
    if (locked) throw_locked(*locked_until, now);
    throw Failure(Code::invalid_credentials);
  }
  co_return co_await decide(app, std::move(request), *account, matches, credentials.tenant);
}

Task<api::Response> refresh(App& app, api::Request request) {
  std::vector<Fault> faults;
  api::Input in(request.object(), "", faults);
  const auto token = in.text("refresh_token", api::Input::Need::required, 200);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const db::Bytes hash{std::string(as_chars(sha256(*token)))};
  db::Tx tx = co_await app.db.begin_control();
  const auto owner = co_await tx.maybe_one(kSessionOwner, hash);
  if (!owner) refuse_refresh();
  const AccountRow account = co_await tx.one(kLockAccount, AccountId(owner->value));
  const auto session = co_await tx.maybe_one(kSessionByToken, hash);
  if (!session || session->ended || session->expires_at <= app.clock.now()) refuse_refresh();
  if (!session->is_current) {
    co_await end_reused(app, tx, request, account.id, *session);
    refuse_refresh();
  }
  const auto memberships = co_await tx.all(kMemberships, account.id);
  Grant grant = continued(account, *session, memberships);
  const std::string next = to_base64url(random_bytes(32));
  db::Bytes next_hash{std::string(as_chars(sha256(next)))};
  const auto issued = co_await tx.one(kRotate, session->id, std::move(next_hash));
  grant.caller.session = issued.session;
  grant.caller.token_number = issued.token_number;
  co_await take_staff_name(tx, grant.caller);
  co_await tx.commit();
  co_return api::ok(session_json(app, grant.caller, grant.tenant, next));
}

Task<api::Response> logout(App& app, api::Request request) {
  const api::Caller caller = request.caller;
  std::optional<std::string> tenant;
  if (caller.tenant_id) tenant = caller.tenant_id->str();
  db::Tx tx = co_await app.db.begin_control();
  co_await tx.one(kLockAccount, caller.account);
  co_await tx.exec(kEndSession, caller.session);
  const auto revoked = co_await tx.one(kRevoke, caller.session, caller.account, tenant);
  note(tx, caller.tenant_id, audit::actor_of(request),
       sign_in_entry("auth.logout", caller.account, ""));
  co_await tx.commit();
  app.authority.apply(revoked);
  co_return api::no_content();
}

Task<> confirm_password(App& app, api::Caller caller, std::string password, audit::Actor actor,
                        std::optional<AskedFor> what) {
  db::Tx first = co_await app.db.begin_control();
  const AccountRow seen = co_await first.one(kLockAccount, caller.account);
  co_await first.commit();
  if (seen.locked_until && *seen.locked_until > app.clock.now()) {
    throw_locked(*seen.locked_until, app.clock.now());
  }
  const bool matches = co_await compare_password(app, seen.password_hash, std::move(password));
  db::Tx tx = co_await app.db.begin_control();
  const AccountRow account = co_await tx.one(kLockAccount, caller.account);
  const Time now = app.clock.now();
  const auto verdict = judge_password(account, seen.password_hash, matches, now);
  if (verdict == PasswordVerdict::right) {
    co_await tx.exec(kForgetFailures, account.id);
    co_await tx.commit();
    co_return;
  }
  const bool locked = verdict == PasswordVerdict::locked;
  if (!locked) {
    const Time until = now + app.settings.auth.lock_duration;
    co_await tx.one(kCountFailure, account.id, app.settings.auth.max_failed_logins, now, until);
  }
  audit::Entry entry =
      sign_in_entry("auth.confirm", account.id, locked ? "account_locked" : "wrong_password");
  if (what) {
    entry.resource = what->resource;
    entry.resource_id = what->id;
    entry.patient = what->patient;
  }
  note(tx, caller.tenant_id, actor, std::move(entry));
  co_await tx.commit();
  if (locked) throw_locked(*account.locked_until, now);
  throw Failure(Code::wrong_password);
}

Task<api::Response> change_password(App& app, api::Request request) {
  const api::Caller caller = request.caller;
  std::vector<Fault> faults;
  api::Input in(request.object(), "", faults);
  const auto current = in.text("current_password", api::Input::Need::required, kSentPasswordBytes);
  const auto wanted = in.text("new_password", api::Input::Need::required, kSentPasswordBytes);
  if (wanted) {
    if (const auto fault = password_fault(*wanted, caller.email)) in.fault("new_password", *fault);
    if (current && *wanted == *current) {
      in.fault("new_password", "must differ from the current one");
    }
  }
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const audit::Actor actor = audit::actor_of(request);
  co_await confirm_password(app, caller, *current, actor);
  const std::string hash = co_await hash_on_worker(app, *wanted);
  db::Tx tx = co_await app.db.begin_control();
  co_await tx.one(kLockAccount, caller.account);
  co_await tx.exec(kSetPassword, caller.account, hash);
  std::vector<Revocation> revoked;
  co_await end_sessions(tx, caller.account, std::nullopt, caller.session, revoked);
  note(tx, caller.tenant_id, actor, sign_in_entry("auth.password", caller.account, ""));
  co_await tx.commit();
  for (const auto& revocation : revoked) app.authority.apply(revocation);
  co_return api::no_content();
}

Task<api::Response> me(App& app, api::Request request) {
  std::optional<TenantRow> tenant;
  if (request.caller.tenant_id) {
    db::Tx tx = co_await app.db.begin_control();
    tenant = co_await tx.maybe_one(kTenant, request.caller.tenant_id->str());
    co_await tx.commit();
  }
  co_return api::ok(identity_json(request.caller, tenant));
}

}  // namespace wardbook::accounts
