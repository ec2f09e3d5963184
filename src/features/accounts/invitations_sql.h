#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/query.h"
#include "features/accounts/accounts_sql.h"

/// Statements on one-time codes. Whoever closes one locks the account's row first, if there is one.
namespace wardbook::accounts {

struct InvitationRow {
  AccountId id;
  bool is_reset = false;
  std::optional<std::string> tenant;
  std::optional<AccountId> account;
  std::string email;
  std::string email_key;
  std::string display_name;
  std::optional<api::Role> role;
  std::string code_hash;
  int failures = 0;
  bool open = false;
  Time created_at;
  Time expires_at;
  static constexpr db::Columns kColumns{
      "id",   "is_reset",  "tenant_id", "account_id", "email",      "email_key", "display_name",
      "role", "code_hash", "failures",  "open",       "created_at", "expires_at"};
  static InvitationRow from_row(const db::RowView& r) {
    return {r.id<AccountId>(kColumns["id"]),
            r.boolean(kColumns["is_reset"]),
            r.maybe_str(kColumns["tenant_id"]),
            r.maybe_id<AccountId>(kColumns["account_id"]),
            r.str(kColumns["email"]),
            r.str(kColumns["email_key"]),
            r.maybe_str(kColumns["display_name"]).value_or(""),
            api::parse_role(r.maybe_str(kColumns["role"]).value_or("")),
            r.bytes(kColumns["code_hash"]),
            static_cast<int>(r.int64(kColumns["failures"])),
            r.boolean(kColumns["open"]),
            r.time(kColumns["created_at"]),
            r.time(kColumns["expires_at"])};
  }
};

/// Without a lock: what is found is looked at again under one.
inline const db::Query<InvitationRow, std::string, std::string, Time> kOpenByCode{
    "invitations.open_by_code", R"sql(
  SELECT id, kind = 'reset' AS is_reset, tenant_id, account_id, email, email_key, display_name,
         role, code_hash, failures, closed_at IS NULL AS open, created_at, expires_at
  FROM wardbook.invitations
  WHERE email_key = $1 AND locator = $2 AND closed_at IS NULL AND expires_at > $3
  ORDER BY id)sql"};

/// Parallel guesses are counted one after the other.
inline const db::Query<InvitationRow, AccountId> kLockInvitation{"invitations.lock", R"sql(
  SELECT id, kind = 'reset' AS is_reset, tenant_id, account_id, email, email_key, display_name,
         role, code_hash, failures, closed_at IS NULL AS open, created_at, expires_at
  FROM wardbook.invitations WHERE id = $1 FOR UPDATE)sql"};

/// One that is open, of a hospital's own.
inline const db::Query<InvitationRow, AccountId, TenantId> kLockPending{"invitations.lock_pending",
                                                                        R"sql(
  SELECT id, false AS is_reset, tenant_id, account_id, email, email_key, display_name,
         role, code_hash, failures, true AS open, created_at, expires_at
  FROM wardbook.invitations
  WHERE id = $1 AND tenant_id = $2 AND kind = 'join' AND closed_at IS NULL FOR UPDATE)sql"};

inline const db::Query<InvitationRow, TenantId, std::int64_t, int> kPendingPage{
    "invitations.pending_page", R"sql(
  SELECT id, false AS is_reset, tenant_id, account_id, email, email_key, display_name,
         role, code_hash, failures, true AS open, created_at, expires_at
  FROM wardbook.invitations
  WHERE tenant_id = $1 AND kind = 'join' AND closed_at IS NULL AND id > $2
  ORDER BY id LIMIT $3)sql"};

inline const db::Query<db::Int64Row, TenantId> kPendingCount{"invitations.pending_count", R"sql(
  SELECT count(*) FROM wardbook.invitations
  WHERE tenant_id = $1 AND kind = 'join' AND closed_at IS NULL)sql"};

/// Nothing where one is open already.
inline const db::Query<InvitationRow, TenantId, std::string, std::string, std::string, std::string,
                       std::string, db::Bytes, std::optional<AccountId>, Time>
    kInvite{"invitations.add", R"sql(
  INSERT INTO wardbook.invitations (kind, tenant_id, email, email_key, display_name, role, locator,
                                    code_hash, created_by, expires_at)
  VALUES ('join', $1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (tenant_id, email_key) WHERE kind = 'join' AND closed_at IS NULL DO NOTHING
  RETURNING id, false AS is_reset, tenant_id, account_id, email, email_key, display_name, role,
            code_hash, failures, true AS open, created_at, expires_at)sql"};

inline const db::Query<void, AccountId, std::string> kCloseResets{"invitations.close_resets", R"sql(
  UPDATE wardbook.invitations SET closed_at = now(), outcome = $2
  WHERE account_id = $1 AND kind = 'reset' AND closed_at IS NULL)sql"};

inline const db::Query<void, std::optional<std::string>, AccountId, std::string, std::string,
                       std::string, db::Bytes, std::optional<AccountId>, Time>
    kAddReset{"invitations.add_reset", R"sql(
  INSERT INTO wardbook.invitations (kind, tenant_id, account_id, email, email_key, locator,
                                    code_hash, created_by, expires_at)
  VALUES ('reset', $1, $2, $3, $4, $5, $6, $7, $8))sql"};

inline const db::Query<void, AccountId, std::string, db::Bytes, Time> kRenew{"invitations.renew",
                                                                             R"sql(
  UPDATE wardbook.invitations SET locator = $2, code_hash = $3, failures = 0, expires_at = $4
  WHERE id = $1 AND closed_at IS NULL)sql"};

inline const db::Query<void, AccountId, std::string, std::string> kUpdatePending{
    "invitations.update", R"sql(
  UPDATE wardbook.invitations SET role = $2, display_name = $3 WHERE id = $1)sql"};

inline const db::Query<void, AccountId, std::string, std::optional<AccountId>> kCloseInvitation{
    "invitations.close", R"sql(
  UPDATE wardbook.invitations
  SET closed_at = now(), outcome = $2, account_id = coalesce($3, account_id),
      wrong_passwords = CASE WHEN $2 = 'accepted' THEN 0 ELSE wrong_passwords END
  WHERE id = $1)sql"};

/// At the last of its tries a code runs out.
inline const db::Query<db::BoolRow, AccountId, int, Time> kCountWrongCode{
    "invitations.count_wrong_code", R"sql(
  UPDATE wardbook.invitations
  SET failures = failures + 1,
      expires_at = CASE WHEN failures + 1 >= $2 THEN least(expires_at, $3) ELSE expires_at END
  WHERE id = $1 RETURNING failures >= $2)sql"};

/// Over all of this hospital's invitations of the address, so that a new code gives no new tries.
inline const db::Query<db::Int64Row, std::optional<std::string>, std::string, Time> kWrongPasswords{
    "invitations.wrong_passwords", R"sql(
  SELECT coalesce(sum(wrong_passwords), 0)::bigint FROM wardbook.invitations
  WHERE tenant_id = $1 AND email_key = $2 AND wrong_password_at > $3)sql"};

inline const db::Query<void, AccountId, Time> kCountPassword{"invitations.count_password", R"sql(
  UPDATE wardbook.invitations
  SET wrong_passwords = wrong_passwords + 1, wrong_password_at = $2 WHERE id = $1)sql"};

inline const db::Query<void, AccountId> kForgivePassword{"invitations.forgive_password", R"sql(
  UPDATE wardbook.invitations SET wrong_passwords = greatest(wrong_passwords - 1, 0)
  WHERE id = $1)sql"};

/// The account that a hospital's invitation led to.
inline const db::Query<db::Int64Row, AccountId, TenantId> kAcceptedBy{"invitations.accepted_by",
                                                                      R"sql(
  SELECT account_id FROM wardbook.invitations
  WHERE id = $1 AND tenant_id = $2 AND kind = 'join' AND outcome = 'accepted')sql"};

/// Who has an address in a hospital: a member, or an invitation that is open.
inline const db::Query<db::Int64Row, TenantId, std::string> kUserByAddress{"accounts.user_by_key",
                                                                           R"sql(
  SELECT m.account_id FROM wardbook.memberships m JOIN wardbook.accounts a ON a.id = m.account_id
  WHERE m.tenant_id = $1 AND a.email_key = $2
  UNION ALL
  SELECT id FROM wardbook.invitations
  WHERE tenant_id = $1 AND email_key = $2 AND kind = 'join' AND closed_at IS NULL
  LIMIT 1)sql"};

inline const db::Query<db::Int64Row, TenantId, std::string> kMemberByAddress{
    "accounts.member_by_key", R"sql(
  SELECT m.account_id FROM wardbook.memberships m JOIN wardbook.accounts a ON a.id = m.account_id
  WHERE m.tenant_id = $1 AND a.email_key = $2)sql"};

/// With the invitation's id, unless somebody took the address in the meantime.
inline const db::Query<db::Int64Row, AccountId, std::string, std::string, std::string, std::string>
    kAddInvited{"accounts.add_invited", R"sql(
  INSERT INTO wardbook.accounts (id, email, email_key, display_name, password_hash)
  OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (email_key) DO NOTHING RETURNING id)sql"};

inline const db::Query<void, AccountId, std::string> kRenameAccount{"accounts.rename", R"sql(
  UPDATE wardbook.accounts SET email = $2, email_key = $2 WHERE id = $1)sql"};

inline const db::Query<void, AccountId, std::string> kRenameStaff{"accounts.rename_staff", R"sql(
  UPDATE {tenant}.staff SET email = $2, active = false, updated_at = now()
  WHERE account_id = $1)sql"};

/// A hospital that may be joined.
inline const db::Query<TenantRow, std::string> kOpenTenant{"accounts.open_tenant", R"sql(
  SELECT id, name, time_zone FROM wardbook.tenants WHERE id = $1 AND status = 'active')sql"};

}  // namespace wardbook::accounts
