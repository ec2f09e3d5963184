#include "features/accounts/accounts.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/input.h"
#include "base/offload.h"
#include "features/accounts/sessions.h"
#include "features/accounts/sign_in.h"

namespace wardbook::accounts {

Choice choose_tenant(const AccountRow& account, const std::vector<MembershipRow>& memberships,
                     const std::optional<std::string>& named) {
  if (!account.active) return {SignIn::no_account, std::nullopt};
  // Operators cannot read a chart: not even where a membership from elsewhere would let them.
  if (account.is_operator) {
    if (named) return {SignIn::no_membership, std::nullopt};
    return {SignIn::granted, std::nullopt};
  }
  std::optional<MembershipRow> usable;
  std::size_t usable_count = 0;
  bool some_suspended = false;
  for (const auto& m : memberships) {
    if (!m.active || (named && m.tenant != *named)) continue;
    if (!m.tenant_active) {
      some_suspended = true;
      continue;
    }
    ++usable_count;
    usable = m;
  }
  if (usable_count == 1) return {SignIn::granted, usable};
  if (usable_count > 1) return {SignIn::tenant_required, std::nullopt};
  return {some_suspended ? SignIn::suspended : SignIn::no_membership, std::nullopt};
}

std::string why_refused(SignIn outcome) {
  switch (outcome) {
    case SignIn::no_account:
      return "account_disabled";
    case SignIn::suspended:
      return "tenant_suspended";
    default:
      return "no_membership";
  }
}

std::optional<TenantId> audit_home(const std::vector<MembershipRow>& memberships,
                                   const std::optional<std::string>& named) {
  for (const auto& m : memberships) {
    if (named ? m.tenant == *named : memberships.size() == 1) return TenantId::parse(m.tenant);
  }
  return std::nullopt;
}

std::string identity_json(const api::Principal& caller, const std::optional<TenantRow>& tenant) {
  std::string user;
  api::ObjectWriter user_writer(user);
  user_writer.integer("id", caller.account.value)
      .text("email", std::string_view(caller.email))
      .text("display_name", std::string_view(caller.name))
      .text("role", api::to_string(caller.role));
  user_writer.end();
  std::string tenant_json;
  if (tenant) {
    api::ObjectWriter writer(tenant_json);
    writer.text("id", std::string_view(tenant->id))
        .text("name", std::string_view(tenant->name))
        .text("time_zone", std::string_view(tenant->time_zone));
    writer.end();
  }
  std::string permissions = "[";
  for (const auto name : caller.permissions.names()) {
    if (permissions.size() > 1) permissions += ',';
    permissions += api::quoted(name);
  }
  permissions += ']';
  std::string out;
  api::ObjectWriter writer(out);
  writer.raw("user", user).raw("tenant", tenant_json).raw("permissions", permissions);
  writer.end();
  return out;
}

Task<bool> compare_password(App& app, std::string hash, std::string password, Asker asker) {
  HashQueue& queue = app.authority.hashing(asker.signed_in);
  const int places = hashes_at_once(app.settings.server);
  const HashQueue::Place place = co_await queue.enter(std::move(asker.line), places);
  auto work = [hash = std::move(hash), password = std::move(password)] {
    return password_matches(hash, password);
  };
  co_return co_await offload(app.workers, std::move(work));
}

Task<Compared> compare_for_sign_in(App& app, std::string hash, std::string password, Asker asker) {
  HashQueue& queue = app.authority.hashing(asker.signed_in);
  const int places = hashes_at_once(app.settings.server);
  const HashQueue::Place place = co_await queue.enter(std::move(asker.line), places);
  auto work = [auth = app.settings.auth, hash = std::move(hash), password = std::move(password)] {
    return compare_at_sign_in(auth, hash, password);
  };
  co_return co_await offload(app.workers, std::move(work));
}

Task<std::string> hash_on_worker(App& app, std::string password, Asker asker) {
  HashQueue& queue = app.authority.hashing(asker.signed_in);
  const int places = hashes_at_once(app.settings.server);
  const HashQueue::Place place = co_await queue.enter(std::move(asker.line), places);
  auto work = [auth = app.settings.auth, password = std::move(password)] {
    return hash_password(auth, password);
  };
  co_return co_await offload(app.workers, std::move(work));
}

Task<> end_sessions(db::Tx& tx, AccountId account, std::optional<std::string> tenant,
                    std::optional<SessionId> but, std::vector<Revocation>& revoked) {
  const auto ended = co_await tx.all(kEndSessions, account, tenant, but);
  if (!but) {
    // Tokens of sessions that ended by themselves are among these too.
    revoked.push_back(co_await tx.one(kRevoke, std::nullopt, account, tenant));
    co_return;
  }
  for (const auto& session : ended) {
    revoked.push_back(co_await tx.one(kRevoke, SessionId(session.value), account, tenant));
  }
}

audit::Actor actor_for(const api::Request& request, AccountId account, std::string_view role) {
  audit::Actor actor = request.actor();
  actor.account = account;
  actor.role = role;
  return actor;
}

audit::Entry sign_in_entry(audit::Action action, AccountId account, std::string refused_why) {
  audit::Entry entry{.action = action, .resource = "account"};
  entry.resource_id = account.value;
  if (!refused_why.empty()) {
    entry.refused = true;
    entry.reason = std::move(refused_why);
  }
  return entry;
}

std::string session_json(App& app, const api::Principal& caller,
                         const std::optional<TenantRow>& tenant,
                         const std::optional<std::string>& refresh_token) {
  std::string out;
  api::ObjectWriter writer(out);
  writer.text("access_token", app.tokens.issue(caller))
      .text("token_type", std::string_view("Bearer"))
      .integer("expires_in", static_cast<std::int64_t>(app.tokens.ttl().count()));
  if (refresh_token) writer.text("refresh_token", std::string_view(*refresh_token));
  const std::string identity = identity_json(caller, tenant);
  out += ',';
  out.append(identity, 1);  // its members, without the opening brace
  return out;
}

Grant grant_of(const AccountRow& account, const std::optional<MembershipRow>& membership) {
  Grant grant;
  grant.caller.account = account.id;
  grant.caller.name = account.display_name;
  grant.caller.email = account.email;
  grant.caller.kind = api::Principal::Kind::account;
  grant.caller.role = api::Role::platform_admin;
  if (membership) {
    grant.caller.role = membership->role;
    grant.caller.tenant_id = TenantId::parse(membership->tenant);
    grant.tenant = TenantRow{membership->tenant, membership->tenant_name, membership->time_zone};
  }
  grant.caller.permissions = api::permissions_of(grant.caller.role);
  return grant;
}

Task<> take_staff_name(db::Tx& tx, api::Principal& caller) {
  if (!caller.tenant_id) co_return;
  tx.switch_tenant(*caller.tenant_id);
  const auto name = co_await tx.maybe_one(kStaffName, caller.account);
  if (name) caller.name = name->value;
}

namespace {

/// Long enough for whoever is about to commit, too short to matter for the connection.
const db::Query<db::TextRow> kShortLocks{
    "accounts.short_locks", "SELECT pg_catalog.set_config('lock_timeout', '5ms', true)"};
constexpr std::chrono::milliseconds kFirstPause{20};
/// The pauses double: two and a half seconds together.
constexpr int kBlockedTries = 8;

}  // namespace

Task<db::Tx> begin_at(db::Pool& db, std::optional<TenantId> home) {
  const bool waits = home.has_value();
  db::Tx tx = co_await db.begin_control_for(std::move(home));
  if (!waits) tx.queue(kShortLocks);
  co_return tx;
}

Task<bool> pause_when_blocked(int tries) {
  if (tries >= kBlockedTries) co_return false;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(kFirstPause * (1 << (tries - 1)));
  co_await timer.async_wait(boost::asio::use_awaitable);
  co_return true;
}

void throw_locked(Time until, Time now) {
  Failure failure(Code::account_locked, "Too many wrong passwords. Try again later.");
  const auto left = std::chrono::ceil<std::chrono::seconds>(until - now).count();
  failure.retry_after(static_cast<int>(std::max<std::int64_t>(left, 1)));
  throw failure;
}

namespace {
constexpr api::Subject kAccount{.resource = "account", .reading = api::Access::any_in_tenant};
constexpr api::Subject kOwnSession{.resource = "session", .reading = api::Access::any_in_tenant};
}  // namespace

std::vector<api::Route> routes() {
  using api::Access;
  using api::Body;
  using api::Route;
  return {
      {"POST", "/auth/login", Access::open, &login, Body::json},
      Route("POST", "/auth/refresh", Access::open, &refresh, Body::json)
          .counted_by(&session_of_token),
      {"POST", "/auth/accept", Access::open, &accept, Body::json},
      Route("POST", "/auth/logout", Access::open, &logout).counted_by(&session_of_either),
      Route("POST", "/auth/lock", Access::open, &lock).counted_by(&session_of_either),
      Route("POST", "/auth/unlock", Access::open, &unlock, Body::json)
          .counted_by(&session_of_token),
      {"GET", "/auth/sessions", Access::signed_in, kOwnSession, &list_sessions},
      {"DELETE", "/auth/sessions/{id}", Access::signed_in, kOwnSession, &end_session},
      {"POST", "/auth/password", Access::signed_in, &change_password, Body::json},
      {"GET", "/me", Access::signed_in, &me},
      {"GET", "/me/draft-key", Access::signed_in, &draft_key},
      {"GET", "/me/preferences", Access::signed_in, &get_preferences},
      {"PATCH", "/me/preferences", Access::signed_in, &patch_preferences, Body::json},
      {"GET", "/doctors", Access::any_in_tenant, &list_doctors},
      {"GET", "/users", Access::users_admin, kAccount, &list_users},
      {"POST", "/users", Access::users_admin, kAccount, &create_user, Body::json},
      {"PATCH", "/users/{id}", Access::users_admin, kAccount, &patch_user, Body::json},
      {"POST", "/users/{id}/code", Access::users_admin, kAccount, &create_code, Body::no_fields},
  };
}

}  // namespace wardbook::accounts
