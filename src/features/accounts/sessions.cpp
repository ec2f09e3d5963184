#include "features/accounts/sessions.h"

#include "api/paging.h"
#include "features/accounts/cookie.h"
#include "features/accounts/tallies.h"

namespace wardbook::accounts {
namespace {

/// An open session, and who acts on it.
struct Named {
  SessionId session;
  AccountId account;
  std::optional<std::string> tenant;
  audit::Actor actor;
  [[nodiscard]] std::optional<TenantId> home() const {
    return tenant ? TenantId::parse(*tenant) : std::nullopt;
  }
};

Named named_by(const api::Request& request, const api::Principal& caller) {
  Named out;
  out.session = caller.session;
  out.account = caller.account;
  if (caller.tenant_id) out.tenant = caller.tenant_id->str();
  out.actor = actor_for(request, caller.account, api::to_string(caller.role));
  return out;
}

Task<Named> of_bearer(App& app, api::Request request) {
  const api::Principal caller = co_await authenticate(app, api::bearer_of(request.head));
  if (!api::names_own_tenant(request.head, caller)) throw Failure(Code::tenant_mismatch);
  co_return named_by(request, caller);
}

std::optional<RefreshToken> token_in_cookie(const App& app, const api::Request& request) {
  const auto text = session_cookie(request.head.headers);
  if (!text) return std::nullopt;
  return read_refresh_token(app.settings.auth.token_secret, *text);
}

/// Nothing when that session is not open any more.
Task<std::optional<Named>> of_cookie(App& app, api::Request request) {
  if (!session_cookie(request.head.headers)) {
    throw Failure(Code::unauthenticated, "Send Authorization: Bearer <access token>.");
  }
  require_own_origin(app.settings, request);
  const auto token = token_in_cookie(app, request);
  if (!token) co_return std::nullopt;
  const auto owner = co_await owner_of(app, token->session);
  if (!owner) co_return std::nullopt;
  Named out;
  out.session = token->session;
  out.account = owner->account;
  out.tenant = owner->tenant;
  out.actor = actor_for(request, owner->account, "");
  db::Tx begun = co_await app.db.begin_control_for(out.home());
  api::Write w = api::write_over(app.audit, std::move(begun), out.actor);
  const auto held = co_await hold_session(app, w, std::move(request), owner->account, *token);
  if (!held) co_return std::nullopt;
  co_await w.commit_logged_or_not();
  co_return out;
}

/// The bearer's session; without an Authorization header, which a locked page has not, the
/// cookie's.
Task<std::optional<Named>> of_either(App& app, api::Request request) {
  if (request.head.headers.get("Authorization")) {
    co_return co_await of_bearer(app, std::move(request));
  }
  co_return co_await of_cookie(app, std::move(request));
}

/// False: it is not open.
Task<bool> end_named(App& app, Named which, audit::Action action) {
  db::Tx begun = co_await app.db.begin_control_for(which.home());
  api::Write w = api::write_over(app.audit, std::move(begun), which.actor);
  db::Tx& tx = w.tx();
  co_await tx.one(kLockAccount, which.account);
  const auto session = co_await tx.maybe_one(kSession, which.session);
  if (!session || session->ended || session->expires_at <= app.clock.now()) co_return false;
  co_await tx.exec(kEndSession, which.session);
  const auto revoked = co_await tx.one(kRevoke, which.session, which.account, which.tenant);
  w.log_in(which.home(), sign_in_entry(action, which.account, ""));
  co_await w.commit();
  app.authority.apply(revoked);
  co_return true;
}

std::string to_json(const OpenSessionRow& row, SessionId current) {
  std::string out;
  api::ObjectWriter writer(out);
  writer.integer("id", row.id.value)
      .text("tenant", row.tenant)
      .text("created_at", format_rfc3339(row.created_at))
      .text("last_used_at", format_rfc3339(row.refreshed_at))
      .text("expires_at", format_rfc3339(row.expires_at))
      .text("address", row.address)
      .text("user_agent", row.user_agent)
      .boolean("locked", row.locked)
      .boolean("current", row.id == current);
  writer.end();
  return out;
}

}  // namespace

std::optional<SessionId> session_of_either(App& app, const api::Request& request) {
  if (!request.head.headers.get("Authorization")) {
    const auto token = token_in_cookie(app, request);
    return token ? std::optional(token->session) : std::nullopt;
  }
  try {
    return app.tokens.verify(api::bearer_of(request.head)).session;
  } catch (const Failure&) {
    return std::nullopt;
  }
}

Task<api::Response> logout(App& app, api::Request request) {
  const bool by_cookie = !request.head.headers.get("Authorization").has_value();
  const auto which = co_await of_either(app, request);
  if (which) (void)co_await end_named(app, *which, "auth.logout");
  api::Response out = api::no_content();
  const auto token = token_in_cookie(app, request);
  const bool its_cookie = token && which && token->session == which->session;
  if (by_cookie || its_cookie) out.headers.add("Set-Cookie", cookie_removed());
  co_return out;
}

/// Its access tokens are dead at once, and a refresh is refused, until the password is given.
Task<api::Response> lock(App& app, api::Request request) {
  const auto which = co_await of_either(app, std::move(request));
  if (!which) refuse_refresh();
  db::Tx begun = co_await app.db.begin_control_for(which->home());
  api::Write w = api::write_over(app.audit, std::move(begun), which->actor);
  db::Tx& tx = w.tx();
  co_await tx.one(kLockAccount, which->account);
  const auto locked = co_await tx.exec(kLockSession, which->session, app.clock.now());
  const auto revoked = co_await tx.one(kRevoke, which->session, which->account, which->tenant);
  if (locked > 0) w.log_in(which->home(), sign_in_entry("auth.lock", which->account, ""));
  co_await w.commit_logged_or_not();
  app.authority.apply(revoked);
  co_return api::no_content();
}

Task<api::Response> list_sessions(App& app, api::Request request) {
  api::Params params(request);
  const api::IntegerPage page(params, request, "sessions");
  params.finish();
  const AccountId account = request.caller.account;
  const Time now = app.clock.now();
  db::Tx tx = co_await app.db.begin_control();
  std::optional<std::int64_t> total;
  if (page.count()) total = (co_await tx.one(kOpenSessionCount, account, now)).value;
  const auto rows =
      co_await tx.all(kOpenSessions, account, now, page.after().value_or(INT64_MAX), page.wanted());
  co_await tx.commit();
  const SessionId current = request.caller.session;
  co_return api::ok(page.json(
      rows, [](const OpenSessionRow& row) { return row.id.value; },
      [current](const OpenSessionRow& row) { return to_json(row, current); }, total));
}

/// One of the caller's own, in whichever hospital it is.
Task<api::Response> end_session(App& app, api::Request request) {
  const auto id = request.path_id<SessionId>(Code::session_not_found);
  const auto owner = co_await owner_of(app, id);
  if (!owner || owner->account != request.caller.account) throw Failure(Code::session_not_found);
  Named which = named_by(request, request.caller);
  which.session = id;
  which.tenant = owner->tenant;
  const bool ended = co_await end_named(app, std::move(which), "auth.end_session");
  if (!ended) throw Failure(Code::session_not_found);
  co_return api::no_content();
}

}  // namespace wardbook::accounts
