#pragma once

#include <optional>
#include <string>

#include "db/query.h"
#include "features/accounts/accounts.h"

// Tables: owns wardbook.accounts wardbook.memberships wardbook.sessions wardbook.revocations
// Tables: owns wardbook.invitations wardbook.sign_in_tallies wardbook.token_numbers
// Tables: owns {tenant}.staff
// Tables: reads wardbook.tenants

/// Statements on the control schema, and on the hospital's copy of who works there. Whoever changes
/// what somebody may do locks the account's row first, so that a sign-in, a refresh and the change
/// come one after the other.
namespace wardbook::accounts {

struct AccountRow {
  AccountId id;
  std::string email;
  std::string display_name;
  std::string password_hash;
  bool is_operator = false;
  bool active = false;
  Time password_changed_at;
  Time created_at;
  static constexpr db::Columns kColumns{
      "id",          "email",  "display_name",        "password_hash",
      "is_operator", "active", "password_changed_at", "created_at"};
  static AccountRow from_row(const db::RowView& r) {
    return {r.id<AccountId>(kColumns["id"]),         r.str(kColumns["email"]),
            r.str(kColumns["display_name"]),         r.str(kColumns["password_hash"]),
            r.boolean(kColumns["is_operator"]),      r.boolean(kColumns["active"]),
            r.time(kColumns["password_changed_at"]), r.time(kColumns["created_at"])};
  }
};

struct MembershipRow {
  std::string tenant;
  std::string tenant_name;
  std::string time_zone;
  bool tenant_active = false;
  api::Role role = api::Role::auditor;
  bool active = false;
  Time created_at;
  static constexpr db::Columns kColumns{"tenant", "tenant_name", "time_zone", "tenant_active",
                                        "role",   "active",      "created_at"};
  static MembershipRow from_row(const db::RowView& r) {
    return {r.str(kColumns["tenant"]),
            r.str(kColumns["tenant_name"]),
            r.str(kColumns["time_zone"]),
            r.boolean(kColumns["tenant_active"]),
            *api::parse_role(r.text(kColumns["role"])),
            r.boolean(kColumns["active"]),
            r.time(kColumns["created_at"])};
  }
};

struct SessionRow {
  SessionId id;
  std::optional<std::string> tenant;
  std::string nonce;        ///< of its refresh tokens
  std::int64_t number = 0;  ///< of the current one
  Time refreshed_at;
  bool ended = false;
  Time expires_at;
  bool locked = false;
  static constexpr db::Columns kColumns{
      "id",           "tenant_id", "refresh_nonce", "refresh_number",
      "refreshed_at", "ended",     "expires_at",    "locked"};
  static SessionRow from_row(const db::RowView& r) {
    return {r.id<SessionId>(kColumns["id"]),    r.maybe_str(kColumns["tenant_id"]),
            r.bytes(kColumns["refresh_nonce"]), r.int64(kColumns["refresh_number"]),
            r.time(kColumns["refreshed_at"]),   r.boolean(kColumns["ended"]),
            r.time(kColumns["expires_at"]),     r.boolean(kColumns["locked"])};
  }
};

struct IssuedRow {
  SessionId session;
  std::int64_t token_number = 0;
  Time authenticated_at;  ///< with a password
  static constexpr db::Columns kColumns{"id", "token_number", "authenticated_at"};
  static IssuedRow from_row(const db::RowView& r) {
    return {r.id<SessionId>(kColumns["id"]), r.int64(kColumns["token_number"]),
            r.time(kColumns["authenticated_at"])};
  }
};

struct StaffRow {
  AccountId id;
  std::string email;
  std::string display_name;
  api::Role role = api::Role::auditor;
  bool active = true;
  static constexpr db::Columns kColumns{"account_id", "email", "display_name", "role", "active"};
  static StaffRow from_row(const db::RowView& r) {
    return {r.id<AccountId>(kColumns["account_id"]), r.str(kColumns["email"]),
            r.str(kColumns["display_name"]), *api::parse_role(r.text(kColumns["role"])),
            r.boolean(kColumns["active"])};
  }
};

// ---- signing in ---------------------------------------------------------------------------------

// $1: email_key
inline const db::Query<AccountRow, std::string> kAccountByEmail{"accounts.by_email", R"sql(
  SELECT id, email, display_name, password_hash, is_operator, status = 'active' AS active,
         password_changed_at, created_at
  FROM wardbook.accounts WHERE email_key = $1)sql"};

inline const db::Query<AccountRow, AccountId> kLockAccount{"accounts.lock", R"sql(
  SELECT id, email, display_name, password_hash, is_operator, status = 'active' AS active,
         password_changed_at, created_at
  FROM wardbook.accounts WHERE id = $1 FOR UPDATE)sql"};

inline const db::Query<MembershipRow, AccountId> kMemberships{"accounts.memberships", R"sql(
  SELECT t.id AS tenant, t.name AS tenant_name, t.time_zone,
         t.status = 'active' AS tenant_active, m.role, m.status = 'active' AS active, m.created_at
  FROM wardbook.memberships m JOIN wardbook.tenants t ON t.id = m.tenant_id
  WHERE m.account_id = $1 ORDER BY t.id)sql"};

/// Without a lock: nothing that follows changes the account.
inline const db::Query<AccountRow, AccountId> kAccountById{"accounts.by_id", R"sql(
  SELECT id, email, display_name, password_hash, is_operator, status = 'active' AS active,
         password_changed_at, created_at
  FROM wardbook.accounts WHERE id = $1)sql"};

/// The same password at another cost: no session ends. The account is locked.
inline const db::Query<void, AccountId, std::string> kRehash{"accounts.rehash", R"sql(
  UPDATE wardbook.accounts SET password_hash = $2 WHERE id = $1)sql"};

inline const db::Query<IssuedRow, AccountId, std::optional<std::string>, db::Bytes, Time, Time,
                       std::string, std::optional<std::string>>
    kStartSession{"accounts.start_session", R"sql(
  INSERT INTO wardbook.sessions
    (account_id, tenant_id, refresh_nonce, refreshed_at, authenticated_at, expires_at, address,
     user_agent)
  VALUES ($1, $2, $3, $4, $4, $5, $6, $7)
  RETURNING id, nextval('wardbook.token_numbers') AS token_number, authenticated_at)sql"};

struct SessionOwner {
  AccountId account;
  std::optional<std::string> tenant;
  static constexpr db::Columns kColumns{"account_id", "tenant_id"};
  static SessionOwner from_row(const db::RowView& r) {
    return {r.id<AccountId>(kColumns["account_id"]), r.maybe_str(kColumns["tenant_id"])};
  }
};
inline const db::Query<SessionOwner, SessionId> kSessionOwner{"accounts.session_owner", R"sql(
  SELECT account_id, tenant_id FROM wardbook.sessions WHERE id = $1)sql"};

inline const db::Query<SessionRow, SessionId> kSession{"accounts.session", R"sql(
  SELECT id, tenant_id, refresh_nonce, refresh_number, refreshed_at,
         ended_at IS NOT NULL AS ended, expires_at, locked_at IS NOT NULL AS locked
  FROM wardbook.sessions WHERE id = $1)sql"};

inline const db::Query<IssuedRow, SessionId, Time> kRotate{"accounts.rotate", R"sql(
  UPDATE wardbook.sessions SET refresh_number = refresh_number + 1, refreshed_at = $2
  WHERE id = $1
  RETURNING id, nextval('wardbook.token_numbers') AS token_number, authenticated_at)sql"};

/// An access token more for the refresh token that is current.
inline const db::Query<IssuedRow, SessionId> kIssueAgain{"accounts.issue_again", R"sql(
  SELECT id, nextval('wardbook.token_numbers') AS token_number, authenticated_at
  FROM wardbook.sessions WHERE id = $1)sql"};

inline const db::Query<void, SessionId, Time> kLockSession{"accounts.lock_session", R"sql(
  UPDATE wardbook.sessions SET locked_at = $2
  WHERE id = $1 AND ended_at IS NULL AND locked_at IS NULL)sql"};

inline const db::Query<void, SessionId, Time> kUnlockSession{"accounts.unlock_session", R"sql(
  UPDATE wardbook.sessions SET locked_at = NULL, unlock_failures = 0, authenticated_at = $2
  WHERE id = $1)sql"};

/// How many there were since the right one.
inline const db::Query<db::Int64Row, SessionId> kCountWrongUnlock{"accounts.count_wrong_unlock",
                                                                  R"sql(
  UPDATE wardbook.sessions SET unlock_failures = unlock_failures + 1
  WHERE id = $1 RETURNING unlock_failures)sql"};

/// A session as its owner sees it.
struct OpenSessionRow {
  SessionId id;
  std::optional<std::string> tenant;
  Time created_at;
  Time refreshed_at;
  Time expires_at;
  std::optional<std::string> address;
  std::optional<std::string> user_agent;
  bool locked = false;
  static constexpr db::Columns kColumns{"id",         "tenant_id", "created_at", "refreshed_at",
                                        "expires_at", "address",   "user_agent", "locked"};
  static OpenSessionRow from_row(const db::RowView& r) {
    return {r.id<SessionId>(kColumns["id"]),     r.maybe_str(kColumns["tenant_id"]),
            r.time(kColumns["created_at"]),      r.time(kColumns["refreshed_at"]),
            r.time(kColumns["expires_at"]),      r.maybe_str(kColumns["address"]),
            r.maybe_str(kColumns["user_agent"]), r.boolean(kColumns["locked"])};
  }
};
/// Those of an account that are neither ended nor run out at $2, the newest first, below an id.
inline const db::Query<OpenSessionRow, AccountId, Time, std::int64_t, int> kOpenSessions{
    "accounts.open_sessions", R"sql(
  SELECT id, tenant_id, created_at, refreshed_at, expires_at, address, user_agent,
         locked_at IS NOT NULL AS locked
  FROM wardbook.sessions
  WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2 AND id < $3
  ORDER BY id DESC LIMIT $4)sql"};
inline const db::Query<db::Int64Row, AccountId, Time> kOpenSessionCount{
    "accounts.open_session_count", R"sql(
  SELECT count(*) FROM wardbook.sessions
  WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2)sql"};

inline const db::Query<db::TextRow, AccountId> kStaffName{"accounts.staff_name", R"sql(
  SELECT display_name FROM {tenant}.staff WHERE account_id = $1)sql"};

struct TenantRow {
  std::string id;
  std::string name;
  std::string time_zone;
  static constexpr db::Columns kColumns{"id", "name", "time_zone"};
  static TenantRow from_row(const db::RowView& r) {
    return {r.str(kColumns["id"]), r.str(kColumns["name"]), r.str(kColumns["time_zone"])};
  }
};
inline const db::Query<TenantRow, std::string> kTenant{"accounts.tenant", R"sql(
  SELECT id, name, time_zone FROM wardbook.tenants WHERE id = $1)sql"};

// ---- taking authority away ----------------------------------------------------------------------

// The notification leaves with the commit. It says that there is something to read, not what.
inline const db::Query<Revocation, std::optional<SessionId>, std::optional<AccountId>,
                       std::optional<std::string>>
    kRevoke{"accounts.revoke", R"sql(
  WITH noted AS (
    INSERT INTO wardbook.revocations (session_id, account_id, tenant_id, up_to_token)
    VALUES ($1, $2, $3, nextval('wardbook.token_numbers'))
    RETURNING session_id, account_id, tenant_id, up_to_token)
  SELECT session_id, account_id, tenant_id, up_to_token,
         pg_notify('wardbook_authority', '') AS notified
  FROM noted)sql"};

/// The account's open sessions: in one tenant (NULL: in all), but one (NULL: none).
inline const db::Query<db::Int64Row, AccountId, std::optional<std::string>,
                       std::optional<SessionId>>
    kEndSessions{"accounts.end_sessions", R"sql(
  UPDATE wardbook.sessions SET ended_at = now()
  WHERE account_id = $1 AND ended_at IS NULL
    AND ($2::text IS NULL OR tenant_id = $2) AND ($3::bigint IS NULL OR id <> $3)
  RETURNING id)sql"};

inline const db::Query<void, SessionId> kEndSession{"accounts.end_session", R"sql(
  UPDATE wardbook.sessions SET ended_at = now() WHERE id = $1 AND ended_at IS NULL)sql"};

/// One row of what a node reads: the snapshot that it read in, or a revocation, or the id of a
/// suspended tenant.
struct NewsRow {
  std::optional<std::string> snapshot;
  std::optional<Revocation> revocation;
  std::string suspended;
  static constexpr db::Columns kColumns{"snapshot", "session_id", "account_id", "tenant_id",
                                        "up_to_token"};
  static NewsRow from_row(const db::RowView& r) {
    if (const auto snapshot = r.maybe_str(kColumns["snapshot"]))
      return {snapshot, std::nullopt, {}};
    if (const auto up_to = r.maybe_int64(kColumns["up_to_token"])) {
      const Revocation revocation{r.maybe_id<SessionId>(kColumns["session_id"]),
                                  r.maybe_id<AccountId>(kColumns["account_id"]),
                                  r.maybe_str(kColumns["tenant_id"]), *up_to};
      return {std::nullopt, revocation, {}};
    }
    return {std::nullopt, std::nullopt, r.str(kColumns["tenant_id"])};
  }
};

/// All that may still matter, in one snapshot; $1 in seconds.
inline const db::Query<NewsRow, std::int64_t> kAllRevocations{"accounts.all_revocations", R"sql(
  SELECT pg_current_snapshot()::text AS snapshot, NULL::bigint AS session_id,
    NULL::bigint AS account_id, NULL::text AS tenant_id, NULL::bigint AS up_to_token
  UNION ALL
  SELECT NULL, session_id, account_id, tenant_id, up_to_token FROM wardbook.revocations
  WHERE created_at > now() - make_interval(secs => $1)
  UNION ALL
  SELECT NULL AS snapshot, NULL AS session_id, NULL AS account_id, id AS tenant_id,
    NULL AS up_to_token
  FROM wardbook.tenants WHERE status = 'suspended')sql"};

/// What an earlier snapshot did not show yet. No number that is given before the commit could say
/// so: of two transactions the one with the lower number may commit later.
inline const db::Query<NewsRow, std::string> kNewRevocations{"accounts.new_revocations", R"sql(
  SELECT pg_current_snapshot()::text AS snapshot, NULL::bigint AS session_id,
    NULL::bigint AS account_id, NULL::text AS tenant_id, NULL::bigint AS up_to_token
  UNION ALL
  SELECT NULL, session_id, account_id, tenant_id, up_to_token FROM wardbook.revocations
  WHERE xact_id >= pg_snapshot_xmin($1::pg_snapshot)
    AND NOT pg_visible_in_snapshot(xact_id, $1::pg_snapshot)
  UNION ALL
  SELECT NULL AS snapshot, NULL AS session_id, NULL AS account_id, id AS tenant_id,
    NULL AS up_to_token
  FROM wardbook.tenants WHERE status = 'suspended')sql"};

inline const db::Query<void, std::int64_t> kForgetRevocations{"accounts.forget_revocations", R"sql(
  DELETE FROM wardbook.revocations WHERE created_at <= now() - make_interval(secs => $1))sql"};

/// Sessions that ended or ran out a week ago, a bounded number at a time.
inline const db::Query<void, int> kForgetSessions{"accounts.forget_sessions", R"sql(
  DELETE FROM wardbook.sessions WHERE id IN (
    SELECT id FROM wardbook.sessions
    WHERE coalesce(ended_at, expires_at) < now() - interval '7 days'
    ORDER BY coalesce(ended_at, expires_at) LIMIT $1 FOR UPDATE SKIP LOCKED))sql"};

// ---- preferences
// ---------------------------------------------------------------------------------

inline const db::Query<db::TextRow, AccountId> kPreferences{"accounts.preferences", R"sql(
  SELECT preferences FROM wardbook.accounts WHERE id = $1)sql"};

/// Members of $2 replace those of the same name; a null removes one.
inline const db::Query<db::TextRow, AccountId, db::Json> kSetPreferences{"accounts.set_preferences",
                                                                         R"sql(
  UPDATE wardbook.accounts SET preferences = jsonb_strip_nulls(preferences || $2::jsonb)
  WHERE id = $1 RETURNING preferences)sql"};

// ---- accounts and memberships -------------------------------------------------------------------

inline const db::Query<db::Int64Row, std::string, std::string, std::string, std::string, bool>
    kAddAccount{"accounts.add", R"sql(
  INSERT INTO wardbook.accounts (email, email_key, display_name, password_hash, is_operator)
  VALUES ($1, $2, $3, $4, $5) RETURNING id)sql"};

inline const db::Query<void, AccountId> kMakeOperator{"accounts.make_operator", R"sql(
  UPDATE wardbook.accounts SET is_operator = true WHERE id = $1)sql"};

struct TimeRow {
  Time value;
  static TimeRow from_row(const db::RowView& r) { return {r.time(0)}; }
};
inline const db::Query<TimeRow, AccountId, TenantId, std::string> kAddMembership{
    "accounts.add_membership", R"sql(
  INSERT INTO wardbook.memberships (account_id, tenant_id, role) VALUES ($1, $2, $3)
  RETURNING created_at)sql"};

inline const db::Query<void, AccountId, TenantId, std::string, bool> kUpdateMembership{
    "accounts.update_membership", R"sql(
  UPDATE wardbook.memberships
  SET role = $3, status = CASE WHEN $4 THEN 'active' ELSE 'disabled' END, updated_at = now()
  WHERE account_id = $1 AND tenant_id = $2)sql"};

/// In one hospital's list of staff, as far as the account is in it.
inline const db::Query<void, AccountId, bool> kSetStaffActive{"accounts.set_staff_active", R"sql(
  UPDATE {tenant}.staff SET active = $2 WHERE account_id = $1)sql"};

inline const db::Query<void, AccountId, bool> kSetAccountActive{"accounts.set_active", R"sql(
  UPDATE wardbook.accounts SET status = CASE WHEN $2 THEN 'active' ELSE 'disabled' END
  WHERE id = $1)sql"};

/// Lifts the locks: guesses at the old password say nothing about the new one.
inline const db::Query<void, AccountId, std::string> kSetPassword{"accounts.set_password", R"sql(
  WITH mine AS (
    SELECT who, network FROM wardbook.sign_in_tallies WHERE account_id = $1
    ORDER BY network FOR UPDATE),
  lifted AS (
    UPDATE wardbook.sign_in_tallies t SET failures = 0, locked_until = NULL
    FROM mine m WHERE t.who = m.who AND t.network = m.network)
  UPDATE wardbook.accounts SET password_hash = $2, password_changed_at = clock_timestamp()
  WHERE id = $1)sql"};

inline const db::Query<void, AccountId, std::string> kSetName{"accounts.set_name", R"sql(
  UPDATE wardbook.accounts SET display_name = $2 WHERE id = $1)sql"};

inline const db::Query<Listed, std::optional<std::string>> kList{"accounts.list", R"sql(
  SELECT a.id, a.email, a.display_name, coalesce(m.role, 'platform_admin') AS role,
         a.status = 'active' AND coalesce(m.status, 'active') = 'active' AS active, m.tenant_id,
         coalesce(m.created_at, a.created_at) AS created_at, NULL::timestamptz AS expires_at
  FROM wardbook.accounts a LEFT JOIN wardbook.memberships m ON m.account_id = a.id
  WHERE ($1::text IS NULL OR m.tenant_id = $1) AND (m.tenant_id IS NOT NULL OR a.is_operator)
  UNION ALL
  SELECT id, email, display_name, role, true AS active, tenant_id, created_at, expires_at
  FROM wardbook.invitations
  WHERE kind = 'join' AND closed_at IS NULL AND ($1::text IS NULL OR tenant_id = $1)
  ORDER BY 2, 6)sql"};

inline const db::Query<void, AccountId, std::string, std::string, std::string, bool> kKeepStaff{
    "accounts.keep_staff", R"sql(
  INSERT INTO {tenant}.staff AS s (account_id, email, display_name, role, active)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (account_id) DO UPDATE
    SET email = excluded.email, display_name = excluded.display_name, role = excluded.role,
        active = excluded.active, updated_at = now(),
        renamed_at = CASE WHEN s.display_name = excluded.display_name THEN s.renamed_at
                          ELSE now() END)sql"};

inline const db::Query<StaffRow, AccountId> kStaffMember{"accounts.staff_member", R"sql(
  SELECT account_id, email, display_name, role, active FROM {tenant}.staff
  WHERE account_id = $1)sql"};

inline const db::Query<StaffRow, std::int64_t, int> kStaffPage{"accounts.staff_page", R"sql(
  SELECT account_id, email, display_name, role, active FROM {tenant}.staff
  WHERE account_id > $1 ORDER BY account_id LIMIT $2)sql"};

inline const db::Query<db::Int64Row> kStaffCount{"accounts.staff_count", R"sql(
  SELECT count(*) FROM {tenant}.staff)sql"};

inline const db::Query<StaffRow, std::optional<std::string>, std::int64_t, int> kDoctorPage{
    "accounts.doctor_page", R"sql(
  SELECT account_id, email, display_name, role, active FROM {tenant}.staff
  WHERE role = 'doctor' AND active
    AND ($1::text IS NULL OR (display_name, account_id) > ($1, $2))
  ORDER BY display_name, account_id LIMIT $3)sql"};

inline const db::Query<db::Int64Row> kDoctorCount{"accounts.doctor_count", R"sql(
  SELECT count(*) FROM {tenant}.staff WHERE role = 'doctor' AND active)sql"};

struct SinceRow {
  AccountId account;
  Time since;
  static constexpr db::Columns kColumns{"account_id", "created_at"};
  static SinceRow from_row(const db::RowView& r) {
    return {r.id<AccountId>(kColumns["account_id"]), r.time(kColumns["created_at"])};
  }
};
inline const db::Query<SinceRow, TenantId, std::vector<std::int64_t>> kMembersSince{
    "accounts.members_since", R"sql(
  SELECT account_id, created_at FROM wardbook.memberships
  WHERE tenant_id = $1 AND account_id = ANY ($2::bigint[]))sql"};

}  // namespace wardbook::accounts
