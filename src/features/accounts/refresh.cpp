#include "api/input.h"
#include "base/hash.h"
#include "features/accounts/refresh_tokens.h"
#include "features/accounts/sign_in.h"
#include "features/accounts/tallies.h"

namespace wardbook::accounts {
namespace {

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

Task<SessionOwner> owner_of(App& app, SessionId session) {
  db::Tx tx = co_await app.db.begin_control();
  const auto owner = co_await tx.maybe_one(kSessionOwner, session);
  if (!owner) refuse_refresh();
  co_await tx.commit();
  co_return *owner;
}

}  // namespace

Task<api::Response> refresh(App& app, api::Request request) {
  std::vector<Fault> faults;
  api::Input in(request.object(), "", faults);
  const auto text = in.text("refresh_token", api::Input::Need::required, 200);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const std::string& secret = app.settings.auth.token_secret;
  auto token = read_refresh_token(secret, *text);
  if (!token) refuse_refresh();
  const SessionOwner owner = co_await owner_of(app, token->session);
  // Whoever refreshes waits for others of the account, and they for the hospital's log.
  std::optional<TenantId> home;
  if (owner.tenant) home = TenantId::parse(*owner.tenant);
  db::Tx tx = co_await app.db.begin_control_for(std::move(home));
  const AccountRow account = co_await tx.one(kLockAccount, owner.account);
  const auto session = co_await tx.maybe_one(kSession, token->session);
  const Time now = app.clock.now();
  if (!session || session->ended || session->expires_at <= now) refuse_refresh();
  // A database from a backup gives numbers of sessions again that others had.
  if (!constant_time_equal(session->nonce, token->nonce)) refuse_refresh();
  const auto use = judge_refresh(session->number, session->refreshed_at, token->number, now);
  if (use == RefreshUse::reused) {
    co_await end_reused(app, tx, request, account.id, *session);
    refuse_refresh();
  }
  const auto memberships = co_await tx.all(kMemberships, account.id);
  Grant grant = continued(account, *session, memberships);
  IssuedRow issued;
  if (use == RefreshUse::next) {
    issued = co_await tx.one(kRotate, session->id, now);
  } else {
    issued = co_await tx.one(kIssueAgain, session->id);
  }
  ++token->number;
  grant.caller.session = issued.session;
  grant.caller.token_number = issued.token_number;
  grant.caller.method = api::Principal::Method::password;
  grant.caller.authenticated_at = issued.began;
  co_await take_staff_name(tx, grant.caller);
  co_await tx.commit();
  co_return api::ok(
      session_json(app, grant.caller, grant.tenant, write_refresh_token(secret, *token)));
}

}  // namespace wardbook::accounts
