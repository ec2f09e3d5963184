#include "api/write.h"
#include "features/accounts/cookie.h"
#include "features/accounts/sessions.h"
#include "features/accounts/tallies.h"

/// POST /auth/unlock: the password once more, for the session that there is. Wrong ones are counted
/// in its row, and only whoever has its refresh token gives any: tries at the address, from
/// wherever, keep nobody from going on.
namespace wardbook::accounts {
namespace {

struct Unlocking {
  std::string password;
  Brought brought;
};

Unlocking read_unlocking(const App& app, const api::Request& request) {
  std::vector<Fault> faults;
  api::Input in(request.object(), "", faults);
  auto password = in.text("password", api::Input::Need::required, kSentPasswordMost);
  const SentToken sent = read_sent_token(request, in);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  return {std::move(*password), brought_token(app, request, sent)};
}

std::optional<TenantId> home_of(const SessionRow& session) {
  return session.tenant ? TenantId::parse(*session.tenant) : std::nullopt;
}

/// Whose session a token is of, while it may be resumed.
Task<Held> held_by(App& app, api::Request request, RefreshToken token) {
  const auto owner = co_await owner_of(app, token.session);
  if (!owner) refuse_refresh();
  std::optional<TenantId> home;
  if (owner->tenant) home = TenantId::parse(*owner->tenant);
  db::Tx begun = co_await app.db.begin_control_for(std::move(home));
  api::Write w = api::write_over(app.audit, std::move(begun), request.actor());
  auto held = co_await hold_session(app, w, std::move(request), owner->account, std::move(token));
  if (!held) refuse_refresh();
  co_await w.commit_logged_or_not();
  co_return std::move(*held);
}

/// Counts a wrong password; the last one ends the session. Commits, and fails with wrong_password
/// or invalid_credentials.
Task<> refuse_wrong(App& app, api::Write& w, api::Request request, Held held) {
  const AccountId account = held.account.id;
  const auto home = home_of(held.session);
  db::Tx& tx = w.tx();
  w.act_as(actor_for(request, account, ""));
  const auto failures = co_await tx.one(kCountWrongUnlock, held.session.id);
  std::optional<Revocation> ended;
  if (failures.value >= app.settings.auth.max_failed_logins) {
    co_await tx.exec(kEndSession, held.session.id);
    ended = co_await tx.one(kRevoke, held.session.id, account, held.session.tenant);
  }
  w.log_in(home, sign_in_entry("auth.unlock", account, "wrong_password"));
  if (ended) w.log_in(home, sign_in_entry("auth.unlock", account, "session_ended"));
  co_await w.commit();
  if (!ended) throw Failure(Code::wrong_password);
  app.authority.apply(*ended);
  throw Failure(Code::invalid_credentials,
                "Too many wrong passwords: the session has ended. Sign in again.");
}

/// Under the right password, where nobody may work (any more): no guess, so nothing is counted.
Task<> refuse_right(api::Write& w, api::Request request, Held held, SignIn outcome) {
  w.act_as(actor_for(request, held.account.id, ""));
  w.log_in(home_of(held.session),
           sign_in_entry("auth.unlock", held.account.id, why_refused(outcome)));
  co_await w.commit();
  if (outcome == SignIn::suspended) throw Failure(Code::tenant_suspended);
  refuse_refresh();
}

/// Everything after the comparison, in one transaction. The session may have ended, or moved on,
/// and the password may have changed, while the old one was compared.
Task<api::Response> resume_session(App& app, api::Request request, Held seen, Brought brought,
                                   Compared compared) {
  db::Tx begun = co_await app.db.begin_control_for(home_of(seen.session));
  api::Write w = api::write_over(app.audit, std::move(begun), request.actor());
  db::Tx& tx = w.tx();
  const auto held = co_await hold_session(app, w, request, seen.account.id, brought.token);
  if (!held) refuse_refresh();
  const bool unchanged = held->account.password_changed_at == seen.account.password_changed_at;
  if (!compared.matches || !unchanged) {
    co_await refuse_wrong(app, w, std::move(request), *held);
  }
  const AccountId account = held->account.id;
  const auto memberships = co_await tx.all(kMemberships, account);
  const Choice choice = choose_tenant(held->account, memberships, held->session.tenant);
  if (choice.outcome != SignIn::granted) {
    co_await refuse_right(w, std::move(request), *held, choice.outcome);
  }
  Grant granted = grant_of(held->account, choice.membership);
  if (granted.caller.tenant_id != home_of(held->session)) refuse_refresh();
  if (compared.stronger) co_await tx.exec(kRehash, account, *compared.stronger);
  const Time now = app.clock.now();
  co_await tx.exec(kUnlockSession, held->session.id, now);
  const IssuedRow issued = co_await renew_session(tx, *held, brought.token, now);
  name_session(granted.caller, issued);
  co_await take_staff_name(tx, granted.caller);
  w.act_as(actor_for(request, account, api::to_string(granted.caller.role)));
  w.log_in(granted.caller.tenant_id, sign_in_entry("auth.unlock", account, ""));
  co_await w.commit();
  co_return session_answer(app, granted, brought.token, brought.cookie);
}

}  // namespace

Task<api::Response> unlock(App& app, api::Request request) {
  Unlocking wanted = read_unlocking(app, request);
  Held held = co_await held_by(app, request, wanted.brought.token);
  Asker asker(held.account.id);
  Compared compared = co_await compare_for_sign_in(app, held.account.password_hash,
                                                   std::move(wanted.password), std::move(asker));
  co_return co_await resume_session(app, std::move(request), std::move(held),
                                    std::move(wanted.brought), std::move(compared));
}

}  // namespace wardbook::accounts
