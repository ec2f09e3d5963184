#include "features/accounts/sign_in.h"
#include "features/accounts/tallies.h"
#include "features/accounts/tallies_sql.h"

/// Asking a signed-in person for the password again. Counted for the session, in its row: whoever
/// tries passwords from elsewhere keeps nobody from signing, and whoever found an open session
/// locks that one only.
namespace wardbook::accounts {
namespace {

/// The account's hash. Fails with account_locked, having counted the refusal.
Task<AccountRow> begin_confirming(App& app, api::Principal caller) {
  const Time now = app.clock.now();
  db::Tx tx = co_await app.db.begin_control_for(caller.tenant_id);
  const auto locked = co_await tx.maybe_one(kRefuseConfirming, caller.session, now);
  AccountRow account = co_await tx.one(kAccountById, caller.account);
  co_await tx.commit();
  if (locked) throw_locked(locked->value, now);
  co_return account;
}

struct Confirming {
  bool right = false;
  std::optional<Time> locked_until;  ///< by other tries, while the password was compared
  bool lock_begins = false;
  std::int64_t refused_before = 0;
};

Confirming count_confirming(Tally& tally, bool right, Time now, const Settings::Auth& auth) {
  Confirming out;
  if (tally.locked(now)) {
    ++tally.refused;
    out.locked_until = tally.locked_until;
    return out;
  }
  out.right = right;
  out.refused_before = renew(tally, now, auth.lock_duration);
  if (right) {
    tally = Tally{};
  } else {
    out.lock_begins = fail(tally, now, auth.max_failed_logins, auth.lock_duration);
  }
  return out;
}

audit::Entry about(const std::optional<AskedFor>& what, audit::Entry entry) {
  if (what) {
    entry.resource = what->resource;
    entry.resource_id = what->id;
    entry.patient = what->patient;
  }
  return entry;
}

}  // namespace

Task<> confirm_password(App& app, api::Principal caller, std::string password, audit::Actor actor,
                        std::optional<AskedFor> what) {
  const AccountRow seen = co_await begin_confirming(app, caller);
  const Asker asker(caller.account);
  const bool matches =
      co_await compare_password(app, seen.password_hash, std::move(password), asker);
  db::Tx begun = co_await app.db.begin_control_for(caller.tenant_id);
  api::Write w = api::write_over(app.audit, std::move(begun), std::move(actor));
  db::Tx& tx = w.tx();
  const AccountRow account = co_await tx.one(kAccountById, caller.account);
  const auto row = co_await tx.maybe_one(kTakeConfirming, caller.session);
  if (!row) throw Failure(Code::unauthenticated, "The session has ended.");
  Tally tally = row->tally;
  const Time now = app.clock.now();
  // Somebody may have changed the password while the old one was compared.
  const bool right = matches && account.password_changed_at == seen.password_changed_at;
  const Confirming counted = count_confirming(tally, right, now, app.settings.auth);
  tx.queue(kKeepConfirming, caller.session, tally.failures, tally.failed_at, tally.locked_until,
           tally.refused);
  if (counted.refused_before > 0) {
    w.log_in(caller.tenant_id,
             turned_away_entry("auth.confirm", account.id, counted.refused_before, ""));
  }
  if (!counted.right && !counted.locked_until) {
    w.log_in(caller.tenant_id,
             about(what, sign_in_entry("auth.confirm", account.id, "wrong_password")));
  }
  if (counted.lock_begins) {
    w.log_in(caller.tenant_id,
             about(what, sign_in_entry("auth.confirm", account.id, "account_locked")));
  }
  co_await w.commit_logged_or_not();
  if (counted.locked_until) throw_locked(*counted.locked_until, now);
  if (!counted.right) throw Failure(Code::wrong_password);
}

}  // namespace wardbook::accounts
