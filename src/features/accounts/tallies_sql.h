#pragma once

#include <string>
#include <vector>

#include "db/query.h"
#include "features/accounts/tallies.h"

/// Statements on wardbook.sign_in_tallies and on a session's tally.
namespace wardbook::accounts {

struct TallyRow {
  std::string network;  ///< empty: all networks together
  Tally tally;
  static constexpr db::Columns kColumns{"network",      "failures", "failed_at",
                                        "locked_until", "refused",  "known_until"};
  static TallyRow from_row(const db::RowView& r) {
    TallyRow row;
    row.network = r.str(kColumns["network"]);
    row.tally.failures = static_cast<int>(r.int64(kColumns["failures"]));
    row.tally.failed_at = r.maybe_time(kColumns["failed_at"]);
    row.tally.locked_until = r.maybe_time(kColumns["locked_until"]);
    row.tally.refused = r.int64(kColumns["refused"]);
    row.tally.known_until = r.maybe_time(kColumns["known_until"]);
    return row;
  }
};

struct UntilRow {
  Time value;
  static UntilRow from_row(const db::RowView& r) { return {r.time(0)}; }
};

/// Counts a try that a lock refuses and says how long the lock lasts; no row when none does. The
/// lock of all networks does not hold for one that the account signed in from.
inline const db::Query<UntilRow, db::Bytes, std::string, Time> kRefuseWhileLocked{
    "accounts.refuse_while_locked", R"sql(
  UPDATE wardbook.sign_in_tallies SET refused = refused + 1
  WHERE who = $1 AND locked_until > $3
    AND (network = $2 OR network = '' AND NOT EXISTS (
      SELECT FROM wardbook.sign_in_tallies k
      WHERE k.who = $1 AND k.network = $2 AND (k.known_until > $3 OR k.locked_until > $3)))
  RETURNING locked_until)sql"};

/// Makes the rows that are missing and locks all, in this order. $3: when a new one is forgotten.
inline const db::Query<TallyRow, db::Bytes, std::vector<std::string>, Time> kTakeTallies{
    "accounts.take_tallies", R"sql(
  INSERT INTO wardbook.sign_in_tallies AS t (who, network, forget_at)
  SELECT $1, n.network, $3 FROM unnest($2::text[]) WITH ORDINALITY AS n(network, place)
  ORDER BY n.place
  ON CONFLICT (who, network) DO UPDATE SET forget_at = greatest(t.forget_at, excluded.forget_at)
  RETURNING network, failures, failed_at, locked_until, refused, known_until)sql"};

inline const db::Query<void, db::Bytes, std::string, int, std::optional<Time>, std::optional<Time>,
                       std::int64_t, std::optional<Time>, Time, std::optional<AccountId>,
                       std::optional<TenantId>>
    kKeepTally{"accounts.keep_tally", R"sql(
  UPDATE wardbook.sign_in_tallies
  SET failures = $3, failed_at = $4, locked_until = $5, refused = $6, known_until = $7,
      forget_at = $8, account_id = coalesce($9, account_id), tenant_id = coalesce($10, tenant_id)
  WHERE who = $1 AND network = $2)sql"};

/// A few at a time, and none that somebody works on, nor any that a log waits for: whoever signs in
/// writes into no other hospital's log, which may be locked. Rows without an address (who is empty)
/// stay.
inline const db::Query<void, Time> kForgetTallies{"accounts.forget_tallies", R"sql(
  WITH old AS (
    SELECT who, network FROM wardbook.sign_in_tallies
    WHERE forget_at <= $1 AND refused = 0 AND who <> ''
    ORDER BY forget_at LIMIT 8 FOR UPDATE SKIP LOCKED)
  DELETE FROM wardbook.sign_in_tallies t USING old o
  WHERE t.who = o.who AND t.network = o.network)sql"};

struct RefusedRow {
  std::optional<AccountId> account;
  std::string network;
  std::int64_t refused = 0;
  static constexpr db::Columns kColumns{"account_id", "network", "refused"};
  static RefusedRow from_row(const db::RowView& r) {
    return {r.maybe_id<AccountId>(kColumns["account_id"]), r.str(kColumns["network"]),
            r.int64(kColumns["refused"])};
  }
};
/// Removes those that tell of tries that are in no log yet: one hospital's, or ($2 is NULL) those
/// that belong in no hospital's log.
inline const db::Query<RefusedRow, Time, std::optional<std::string>, int> kForgetRefused{
    "accounts.forget_refused", R"sql(
  WITH old AS (
    SELECT who, network FROM wardbook.sign_in_tallies t
    WHERE forget_at <= $1 AND refused > 0 AND who <> ''
      AND (t.tenant_id = $2 OR $2 IS NULL AND NOT EXISTS (
        SELECT FROM wardbook.tenants n WHERE n.id = t.tenant_id))
    ORDER BY forget_at LIMIT $3 FOR UPDATE SKIP LOCKED)
  DELETE FROM wardbook.sign_in_tallies t USING old o
  WHERE t.who = o.who AND t.network = o.network
  RETURNING t.account_id, t.network, t.refused)sql"};

inline const db::Query<void, std::int64_t> kAddStrangers{"accounts.add_strangers", R"sql(
  UPDATE wardbook.sign_in_tallies SET refused = refused + $1
  WHERE who = '' AND network = '')sql"};

// ---- asking a signed-in person again ------------------------------------------------------------

inline const db::Query<UntilRow, SessionId, Time> kRefuseConfirming{"accounts.refuse_confirming",
                                                                    R"sql(
  UPDATE wardbook.sessions SET confirm_refused = confirm_refused + 1
  WHERE id = $1 AND confirm_locked_until > $2
  RETURNING confirm_locked_until)sql"};

inline const db::Query<TallyRow, SessionId> kTakeConfirming{"accounts.take_confirming", R"sql(
  SELECT '' AS network, confirm_failures AS failures, confirm_failed_at AS failed_at,
         confirm_locked_until AS locked_until, confirm_refused AS refused,
         NULL::timestamptz AS known_until
  FROM wardbook.sessions WHERE id = $1 AND ended_at IS NULL FOR UPDATE)sql"};

inline const db::Query<void, SessionId, int, std::optional<Time>, std::optional<Time>, std::int64_t>
    kKeepConfirming{"accounts.keep_confirming", R"sql(
  UPDATE wardbook.sessions
  SET confirm_failures = $2, confirm_failed_at = $3, confirm_locked_until = $4,
      confirm_refused = $5
  WHERE id = $1)sql"};

}  // namespace wardbook::accounts
