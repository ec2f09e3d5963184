#include "features/accounts/sign_in.h"

#include "api/input.h"
#include "base/hash.h"
#include "features/accounts/cookie.h"
#include "features/accounts/sessions.h"
#include "features/accounts/tallies.h"

namespace wardbook::accounts {
namespace {

constexpr audit::Action kLogin("auth.login");

struct Credentials {
  std::string email;
  std::string password;
  std::optional<std::string> tenant;
  bool cookie = false;
};

Credentials read_credentials(const App& app, const api::Request& request) {
  std::vector<Fault> faults;
  api::Input in(request.object(), "", faults);
  Credentials out;
  out.email = in.text("email", api::Input::Need::required, 254).value_or("");
  out.password = in.text("password", api::Input::Need::required, kSentPasswordMost).value_or("");
  out.tenant = in.text("tenant", api::Input::Need::optional, 100);
  out.cookie = in.one_of("session", api::Input::Need::optional, {"cookie"}).has_value();
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  if (out.cookie) require_own_origin(app.settings, request);
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

/// An attempt to sign in, as far as it has come.
struct SignInAttempt {
  std::optional<AccountRow> account;  ///< as it was before the comparison
  Attempt tally;
  std::optional<std::string> named;  ///< the tenant
  /// Where it leads, as far as is known before: tries with one account wait for each other and for
  /// that hospital's log, so they count to its connections.
  std::optional<TenantId> home;
  /// It may wait for any of several hospitals. Nobody does for an address without an account.
  bool in_several = false;
  Compared compared;
  bool cookie = false;  ///< where the refresh token goes
};

Task<db::Tx> begin_for(App& app, SignInAttempt attempt) {
  if (attempt.home || attempt.in_several) co_return co_await begin_at(app.db, attempt.home);
  co_return co_await app.db.begin_control();
}

/// The same statements whether there is an account or not.
Task<SignInAttempt> find_account_of(App& app, std::string remote_ip, std::string email,
                                    std::optional<std::string> named) {
  SignInAttempt out;
  out.named = std::move(named);
  db::Tx tx = co_await app.db.begin_control();
  out.account = co_await tx.maybe_one(kAccountByEmail, email_key(email));
  out.tally.who = address_key(app.settings.auth.token_secret, email);
  out.tally.network = network_of(remote_ip);
  const AccountId account = out.account ? out.account->id : AccountId{};
  const auto memberships = co_await tx.all(kMemberships, account);
  co_await tx.commit();
  out.home = audit_home(memberships, out.named);
  if (!out.home && memberships.size() == 1) out.home = TenantId::parse(memberships[0].tenant);
  if (!out.home && memberships.size() > 1) {
    out.in_several = true;
    const Choice choice = choose_tenant(*out.account, memberships, out.named);
    if (choice.membership) out.home = TenantId::parse(choice.membership->tenant);
  }
  co_return out;
}

/// Fails with account_locked; else true.
Task<bool> check_not_locked(App& app, SignInAttempt attempt) {
  db::Tx tx = co_await begin_for(app, attempt);
  co_await refuse_while_locked(tx, attempt.tally, app.clock.now());
  co_return true;
}

/// What the database says of an attempt after the comparison.
struct Decided {
  AccountRow account;
  std::vector<MembershipRow> memberships;
  std::optional<TenantId> home;  ///< in whose log it belongs
  bool right = false;
  Choice choice;
  Counted counted;
};

Try outcome_of(const Decided& decided) {
  if (!decided.right) return Try::wrong;
  switch (decided.choice.outcome) {
    case SignIn::granted:
    case SignIn::tenant_required:
      return Try::right;
    case SignIn::suspended:
      return Try::turned_away;
    default:
      // Answered like a wrong password, so counted like one: or the lock that does not come would
      // tell that the password was right.
      return Try::wrong;
  }
}

/// Locks the account, if the password matched, and the tallies.
Task<Decided> count_attempt(App& app, db::Tx& tx, SignInAttempt attempt) {
  Decided out;
  if (attempt.account) out.account = *attempt.account;
  if (attempt.compared.matches) {
    out.account = co_await tx.one(kLockAccount, out.account.id);
    // Somebody may have changed the password while the old one was compared.
    out.right = out.account.password_changed_at == attempt.account->password_changed_at;
  }
  const Time now = app.clock.now();
  SignInTallies tallies = co_await take_tallies(tx, attempt.tally, now);
  out.memberships = co_await tx.all(kMemberships, out.account.id);
  out.home = audit_home(out.memberships, attempt.named);
  if (out.right) out.choice = choose_tenant(out.account, out.memberships, attempt.named);
  out.counted = count_try(tallies, outcome_of(out), now, app.settings.auth);
  std::optional<AccountId> whose;
  if (attempt.account) whose = out.account.id;
  keep_tallies(tx, attempt.tally, tallies, now, app.settings.auth.lock_duration, whose, out.home);
  forget_tallies(tx, now);
  co_return out;
}

audit::Entry lock_entry(AccountId account, Time until, const std::string& network) {
  audit::Entry entry = sign_in_entry(kLogin, account, "account_locked");
  std::string after;
  api::ObjectWriter writer(after);
  writer.text("until", format_rfc3339(until));
  writer.text("network", network.empty() ? std::optional<std::string>() : network);
  writer.end();
  entry.after = std::move(after);
  return entry;
}

/// What the log gets besides the attempt's own entry: locks that begin, and tries that none of them
/// got an entry of its own for.
void note_locks(api::Write& w, const Decided& decided, const SignInAttempt& attempt) {
  const AccountId account = decided.account.id;
  const Counted& counted = decided.counted;
  const std::string& network = attempt.tally.network;
  if (counted.refused_before > 0) {
    w.log_in(decided.home, turned_away_entry(kLogin, account, counted.refused_before, network));
  }
  if (counted.lock_here) {
    w.log_in(decided.home, lock_entry(account, *counted.lock_here, network));
  }
  if (counted.lock_all) {
    w.log_in(decided.home, lock_entry(account, *counted.lock_all, ""));
  }
}

/// Addresses without an account: anybody can make up any number of them, so they get one entry
/// together.
Task<> note_stranger(App& app, api::Write& w, Decided decided) {
  const Time now = app.clock.now();
  if (!decided.counted.locked_until) {
    const Strangers counted = co_await count_stranger(w.tx(), now, app.settings.auth.lock_duration);
    if (counted.logged) {
      audit::Entry entry = turned_away_entry(kLogin, {}, counted.refused_before + 1, "");
      entry.reason = "unknown_account";
      w.log_in(std::nullopt, std::move(entry));
    }
  }
  co_await w.commit_logged_or_not();
}

[[noreturn]] void refuse_sign_in(const Decided& decided, Time now) {
  if (decided.counted.locked_until) throw_locked(*decided.counted.locked_until, now);
  if (decided.right && decided.choice.outcome == SignIn::suspended) {
    throw Failure(Code::tenant_suspended);
  }
  throw Failure(Code::invalid_credentials);
}

Task<> note_refused(App& app, api::Write& w, Decided decided, SignInAttempt attempt) {
  if (!decided.counted.locked_until && decided.counted.logged) {
    w.log_in(decided.home,
             sign_in_entry(kLogin, decided.account.id,
                           decided.right ? why_refused(decided.choice.outcome) : "wrong_password"));
  }
  note_locks(w, decided, attempt);
  co_await w.commit_logged_or_not();
  refuse_sign_in(decided, app.clock.now());
}

/// For the session's owner to recognise it by: what can be shown, and not too long.
std::optional<std::string> user_agent_of(const net::RequestHead& head) {
  const auto sent = head.headers.get("User-Agent");
  if (!sent) return std::nullopt;
  std::string out;
  for (const char c : *sent) {
    if (c >= ' ' && c <= '~' && out.size() < 300) out += c;
  }
  return out;
}

/// What is granted: a session and its refresh token, and the access token's number.
struct Opened {
  RefreshToken token;
  IssuedRow issued;
};

Task<Opened> begin_session(App& app, db::Tx& tx, net::RequestHead head, AccountId account,
                           std::optional<std::string> tenant) {
  Opened out;
  out.token.number = 1;
  out.token.nonce = random_bytes(kRefreshNonceBytes);
  const Time now = app.clock.now();
  const Time expires = now + app.settings.auth.session_ttl;
  db::Bytes nonce(out.token.nonce);
  out.issued = co_await tx.one(kStartSession, account, std::move(tenant), std::move(nonce), now,
                               expires, head.remote_ip, user_agent_of(head));
  out.token.session = out.issued.session;
  co_return out;
}

/// The session and the answer. Commits.
Task<api::Response> grant(App& app, api::Write& w, api::Request request, Decided decided,
                          SignInAttempt attempt) {
  Grant granted = grant_of(decided.account, decided.choice.membership);
  const AccountId account = decided.account.id;
  std::optional<std::string> tenant;
  if (granted.tenant) tenant = granted.tenant->id;
  const Opened opened =
      co_await begin_session(app, w.tx(), request.head, account, std::move(tenant));
  name_session(granted.caller, opened.issued);
  co_await take_staff_name(w.tx(), granted.caller);
  w.act_as(actor_for(request, account, api::to_string(granted.caller.role)));
  note_locks(w, decided, attempt);
  w.log_in(granted.caller.tenant_id, sign_in_entry(kLogin, account, ""));
  co_await w.commit();
  co_return session_answer(app, granted, opened.token, attempt.cookie);
}

/// Everything after the comparison, in one transaction.
Task<api::Response> decide(App& app, api::Request request, SignInAttempt attempt) {
  db::Tx begun = co_await begin_for(app, attempt);
  api::Write w = api::write_over(app.audit, std::move(begun), request.actor());
  Decided decided = co_await count_attempt(app, w.tx(), attempt);
  if (!attempt.account) {
    const auto locked_until = decided.counted.locked_until;
    co_await note_stranger(app, w, std::move(decided));
    if (locked_until) throw_locked(*locked_until, app.clock.now());
    throw Failure(Code::invalid_credentials);
  }
  w.act_as(actor_for(request, decided.account.id, ""));
  if (decided.counted.locked_until || outcome_of(decided) != Try::right) {
    co_await note_refused(app, w, std::move(decided), attempt);
  }
  if (attempt.compared.stronger) {
    co_await w.tx().exec(kRehash, decided.account.id, *attempt.compared.stronger);
  }
  if (decided.choice.outcome == SignIn::tenant_required) {
    note_locks(w, decided, attempt);
    co_await w.commit_logged_or_not();
    Failure failure(Code::tenant_required,
                    "This account belongs to several hospitals. Choose one with tenant.");
    failure.extension("tenants", choices_json(decided.memberships));
    throw failure;
  }
  co_return co_await grant(app, w, std::move(request), std::move(decided), attempt);
}

/// From the comparison on, for whoever is known by now.
Task<api::Response> sign_in(App& app, api::Request request, SignInAttempt attempt,
                            std::string password, Asker asker) {
  std::function<Task<bool>()> check = [&app, attempt] { return check_not_locked(app, attempt); };
  co_await until_unblocked(std::move(check));
  std::string hash =
      attempt.account ? attempt.account->password_hash : impossible_hash(app.settings.auth);
  attempt.compared =
      co_await compare_for_sign_in(app, std::move(hash), std::move(password), std::move(asker));
  std::function<Task<api::Response>()> last = [&app, request = std::move(request),
                                               attempt = std::move(attempt)] {
    return decide(app, request, attempt);
  };
  co_return co_await until_unblocked(std::move(last));
}

}  // namespace

Task<api::Response> login(App& app, api::Request request) {
  Credentials credentials = read_credentials(app, request);
  SignInAttempt attempt =
      co_await find_account_of(app, request.head.remote_ip, credentials.email, credentials.tenant);
  attempt.cookie = credentials.cookie;
  Asker asker(attempt.tally.network);
  co_return co_await sign_in(app, std::move(request), std::move(attempt),
                             std::move(credentials.password), std::move(asker));
}

Task<api::Response> change_password(App& app, api::Request request) {
  const api::Principal caller = request.caller;
  std::vector<Fault> faults;
  api::Input in(request.object(), "", faults);
  const auto current = in.text("current_password", api::Input::Need::required, kSentPasswordMost);
  const auto wanted = in.text("new_password", api::Input::Need::required, kSentPasswordMost);
  if (wanted) {
    if (const auto fault = password_fault(*wanted, caller.email)) in.fault("new_password", *fault);
    if (current && normalized_password(*wanted) == normalized_password(*current)) {
      in.fault("new_password", "must differ from the current one");
    }
  }
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const audit::Actor actor = audit::actor_of(request);
  co_await confirm_password(app, caller, *current, actor);
  const Asker asker(caller.account);
  const std::string hash = co_await hash_on_worker(app, *wanted, asker);
  db::Tx begun = co_await app.db.begin_control_for(caller.tenant_id);
  api::Write w = api::write_over(app.audit, std::move(begun), actor);
  db::Tx& tx = w.tx();
  co_await tx.one(kLockAccount, caller.account);
  // A reset, a joining or a release that came while the password was hashed ended the session.
  const auto session = co_await tx.maybe_one(kSession, caller.session);
  if (!session || session->ended) throw Failure(Code::unauthenticated, "The session has ended.");
  co_await tx.exec(kSetPassword, caller.account, hash);
  std::vector<Revocation> revoked;
  co_await end_sessions(tx, caller.account, std::nullopt, caller.session, revoked);
  w.log_in(caller.tenant_id, sign_in_entry("auth.password", caller.account, ""));
  co_await w.commit();
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
