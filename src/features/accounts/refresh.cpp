#include "base/hash.h"
#include "features/accounts/cookie.h"
#include "features/accounts/sessions.h"
#include "features/accounts/tallies.h"

namespace wardbook::accounts {
namespace {

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
Task<> end_reused(App& app, api::Write& w, api::Request request, AccountId account,
                  SessionRow session) {
  db::Tx& tx = w.tx();
  co_await tx.exec(kEndSession, session.id);
  const auto revoked = co_await tx.one(kRevoke, session.id, account, session.tenant);
  std::optional<TenantId> home;
  if (session.tenant) home = TenantId::parse(*session.tenant);
  w.act_as(actor_for(request, account, ""));
  w.log_in(home, sign_in_entry("auth.refresh", account, "refresh_token_reused"));
  co_await w.commit();
  app.authority.apply(revoked);
}

}  // namespace

void refuse_refresh() {
  throw Failure(Code::invalid_credentials, "The refresh token is not valid.");
}

SentToken read_sent_token(const api::Request& request, api::Input& in) {
  using Need = api::Input::Need;
  SentToken out;
  out.cookie = in.one_of("session", Need::optional, {"cookie"}).has_value();
  const bool has_cookie = session_cookie(request.head.headers).has_value();
  out.text =
      in.text("refresh_token", out.cookie || has_cookie ? Need::optional : Need::required, 200);
  if (out.cookie && out.text) in.fault("refresh_token", "must be left out: the cookie carries it");
  if (!out.text) out.cookie = true;
  return out;
}

Brought brought_token(const App& app, const api::Request& request, const SentToken& sent) {
  std::optional<std::string> text = sent.text;
  if (sent.cookie) {
    require_own_origin(app.settings, request);
    text = session_cookie(request.head.headers);
  }
  std::optional<RefreshToken> token;
  if (text) token = read_refresh_token(app.settings.auth.token_secret, *text);
  if (!token) refuse_refresh();
  return {std::move(*token), sent.cookie};
}

std::optional<SessionId> session_of_token(App& app, const api::Request& request) {
  const auto* body = request.body.if_object();
  const auto* sent = body == nullptr ? nullptr : body->if_contains("refresh_token");
  auto text = session_cookie(request.head.headers);
  if (sent != nullptr && sent->is_string()) {
    text.emplace(sent->as_string().data(), sent->as_string().size());
  }
  if (!text) return std::nullopt;
  const auto token = read_refresh_token(app.settings.auth.token_secret, *text);
  if (!token) return std::nullopt;
  return token->session;
}

Task<std::optional<SessionOwner>> owner_of(App& app, SessionId session) {
  db::Tx tx = co_await app.db.begin_control();
  auto owner = co_await tx.maybe_one(kSessionOwner, session);
  co_await tx.commit();
  co_return owner;
}

Task<std::optional<Held>> hold_session(App& app, api::Write& w, api::Request request,
                                       AccountId owner, RefreshToken token) {
  Held out;
  db::Tx& tx = w.tx();
  out.account = co_await tx.one(kLockAccount, owner);
  auto session = co_await tx.maybe_one(kSession, token.session);
  const Time now = app.clock.now();
  if (!session || session->ended || session->expires_at <= now) co_return std::nullopt;
  // A database from a backup gives numbers of sessions again that others had.
  if (!constant_time_equal(session->nonce, token.nonce)) co_return std::nullopt;
  out.session = std::move(*session);
  out.use = judge_refresh(out.session.number, out.session.refreshed_at, token.number, now);
  if (out.use == RefreshUse::reused) {
    co_await end_reused(app, w, std::move(request), owner, out.session);
    co_return std::nullopt;
  }
  co_return out;
}

Task<IssuedRow> renew_session(db::Tx& tx, const Held& held, RefreshToken& token, Time now) {
  ++token.number;
  if (held.use == RefreshUse::next) co_return co_await tx.one(kRotate, held.session.id, now);
  co_return co_await tx.one(kIssueAgain, held.session.id);
}

void name_session(api::Principal& caller, const IssuedRow& issued) {
  caller.session = issued.session;
  caller.token_number = issued.token_number;
  caller.method = api::Principal::Method::password;
  caller.authenticated_at = issued.authenticated_at;
}

api::Response session_answer(App& app, const Grant& grant, const RefreshToken& token, bool cookie) {
  const std::string text = write_refresh_token(app.settings.auth.token_secret, token);
  std::optional<std::string> in_body;
  if (!cookie) in_body = text;
  api::Response out = api::ok(session_json(app, grant.caller, grant.tenant, in_body));
  if (cookie) out.headers.add("Set-Cookie", cookie_with(text));
  return out;
}

Task<api::Response> refresh(App& app, api::Request request) {
  std::vector<Fault> faults;
  api::Input in(request.object(), "", faults);
  const SentToken sent = read_sent_token(request, in);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  Brought brought = brought_token(app, request, sent);
  const auto owner = co_await owner_of(app, brought.token.session);
  if (!owner) refuse_refresh();
  // Whoever refreshes waits for others of the account, and they for the hospital's log.
  std::optional<TenantId> home;
  if (owner->tenant) home = TenantId::parse(*owner->tenant);
  db::Tx begun = co_await app.db.begin_control_for(std::move(home));
  api::Write w = api::write_over(app.audit, std::move(begun), request.actor());
  db::Tx& tx = w.tx();
  const auto held = co_await hold_session(app, w, request, owner->account, brought.token);
  if (!held) refuse_refresh();
  if (held->session.locked) {
    throw Failure(Code::session_locked, "The session is locked: unlock it with the password.");
  }
  const auto memberships = co_await tx.all(kMemberships, held->account.id);
  Grant grant = continued(held->account, held->session, memberships);
  const auto issued = co_await renew_session(tx, *held, brought.token, app.clock.now());
  name_session(grant.caller, issued);
  co_await take_staff_name(tx, grant.caller);
  co_await w.commit_logged_or_not();
  co_return session_answer(app, grant, brought.token, brought.cookie);
}

}  // namespace wardbook::accounts
