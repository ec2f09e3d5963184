#pragma once

#include "base/clock.h"
#include "db/query.h"

namespace wardbook::audit {

using Texts = std::vector<std::optional<std::string>>;

inline const db::Query<void, std::optional<std::int64_t>, std::optional<std::string>, std::string,
                       std::string, std::optional<std::int64_t>, std::optional<std::int64_t>,
                       std::optional<std::vector<std::int64_t>>, std::string,
                       std::optional<std::string>, std::optional<std::string>,
                       std::optional<std::string>, std::optional<db::Json>, std::optional<db::Json>,
                       std::optional<db::Json>>
    kInsertOne{"audit.insert_one", R"sql(
  INSERT INTO {tenant}.audit_log (actor_id, actor_role, action, resource, resource_id, patient_id,
    patient_ids, outcome, reason, request_id, ip, before, after, filters)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14))sql"};

/// Many at once, column by column; `patient_ids` are array literals.
inline const db::Query<void, Texts, Texts, Texts, Texts, Texts, Texts, Texts, Texts, Texts, Texts,
                       Texts, Texts>
    kInsertMany{"audit.insert_many", R"sql(
  INSERT INTO {tenant}.audit_log (actor_id, actor_role, action, resource, resource_id, patient_id,
    patient_ids, outcome, reason, request_id, ip, filters)
  SELECT e.actor_id, e.actor_role, e.action, e.resource, e.resource_id, e.patient_id,
         e.patient_ids::bigint[], e.outcome, e.reason, e.request_id, e.ip, e.filters::jsonb
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
              $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])
    AS e(actor_id, actor_role, action, resource, resource_id, patient_id, patient_ids, outcome,
         reason, request_id, ip, filters))sql"};

inline const db::Query<void, std::optional<std::int64_t>, std::string, std::string, std::string,
                       std::optional<std::string>, std::optional<std::string>, db::Json>
    kInsertPlatform{"audit.insert_platform", R"sql(
  INSERT INTO wardbook.platform_audit (actor_id, action, resource, outcome, request_id, ip, detail)
  VALUES ($1, $2, $3, $4, $5, $6, $7))sql"};

/// Whose data a resource is, and whether it can no longer be seen: a visit that was voided with
/// what belongs to it, a file that was purged.
struct Behind {
  std::int64_t patient = 0;
  bool voided = false;
  bool purged = false;
  static Behind from_row(const db::RowView& r) { return {r.int64(0), r.boolean(1), r.boolean(2)}; }
};
inline const db::Query<Behind, std::string, std::int64_t> kPatientBehind{"audit.patient_behind",
                                                                         R"sql(
  SELECT p.id, false, false FROM {tenant}.patients p
  WHERE $1::text = 'patient' AND p.id = $2::bigint
  UNION ALL
  SELECT r.patient_id, r.voided_at IS NOT NULL, false FROM {tenant}.medical_records r
  WHERE $1 = 'record' AND r.id = $2
  UNION ALL
  SELECT r.patient_id, r.voided_at IS NOT NULL, false FROM {tenant}.diagnoses d
  JOIN {tenant}.medical_records r ON r.id = d.record_id WHERE $1 = 'diagnosis' AND d.id = $2
  UNION ALL
  SELECT r.patient_id, r.voided_at IS NOT NULL, a.purged_at IS NOT NULL
  FROM {tenant}.record_attachments a
  JOIN {tenant}.medical_records r ON r.id = a.record_id WHERE $1 = 'attachment' AND a.id = $2)sql"};

/// An entry as the hash sees it: every column's text, in this order. Changing it breaks all chains;
/// `filters`, which came later, is not hashed where there are none.
struct EntryRow {
  std::int64_t id = 0;
  std::string xact;
  std::vector<std::optional<std::string>> columns;
  static EntryRow from_row(const db::RowView& r) {
    EntryRow row;
    row.id = r.int64(0);
    row.xact = r.str(1);
    for (int i = 2; i < r.columns(); ++i) row.columns.push_back(r.maybe_str(i));
    if (!row.columns.back()) row.columns.pop_back();
    return row;
  }
};
#define WB_AUDIT_COLUMNS                                                                      \
  "id, xact_id::text, extract(epoch FROM at)::text, actor_id, actor_role, action, resource, " \
  "resource_id, patient_id, patient_ids, outcome, reason, request_id, ip, before, after, filters"

struct SealHead {
  std::int64_t seq = 0;
  std::string hash;
  std::string last_xact;
  std::int64_t last_id = 0;
  static SealHead from_row(const db::RowView& r) {
    return {r.int64(0), r.bytes(1), r.str(2), r.int64(3)};
  }
};

/// No row: another process seals this hospital's log.
inline const db::Query<db::BoolRow> kSealLock{"audit.seal_lock", R"sql(
  SELECT only_row FROM {tenant}.audit_sealing FOR UPDATE SKIP LOCKED)sql"};

inline const db::Query<SealHead> kLastSeal{"audit.last_seal", R"sql(
  SELECT seq, hash, last_xact::text, entry_ids[array_upper(entry_ids, 1)]
  FROM {tenant}.audit_seals ORDER BY seq DESC LIMIT 1)sql"};

/// Committed for sure: below the oldest transaction that still runs. READ COMMITTED gives this
/// statement its own snapshot, which sees all of them. Ordered by the column, qualified: the bare
/// name would be the text in the list, which puts 1000 before 999.
inline const db::Query<EntryRow, std::string, std::int64_t, std::int64_t> kUnsealed{
    "audit.unsealed", "SELECT " WB_AUDIT_COLUMNS R"sql(
  FROM {tenant}.audit_log a
  WHERE (a.xact_id, a.id) > ($1::xid8, $2::bigint)
    AND a.xact_id < pg_snapshot_xmin(pg_current_snapshot())
  ORDER BY a.xact_id, a.id LIMIT $3)sql"};

inline const db::Query<void, std::int64_t, std::string, std::vector<std::int64_t>, db::Bytes,
                       db::Bytes>
    kInsertSeal{"audit.insert_seal", R"sql(
  INSERT INTO {tenant}.audit_seals (seq, last_xact, entry_ids, entry_hashes, hash)
  VALUES ($1, $2::xid8, $3, $4, $5))sql"};

struct SealRow {
  std::int64_t seq = 0;
  std::string hash;
  std::string hashes;
  std::int64_t entries = 0;
  static SealRow from_row(const db::RowView& r) {
    return {r.int64(0), r.bytes(1), r.bytes(2), r.int64(3)};
  }
};
inline const db::Query<SealRow, std::int64_t> kNextSeal{"audit.next_seal", R"sql(
  SELECT seq, hash, entry_hashes, cardinality(entry_ids) FROM {tenant}.audit_seals
  WHERE seq > $1 ORDER BY seq LIMIT 1)sql"};

/// A seal's entries in its order; an entry that is gone has an id and a NULL xact.
inline const db::Query<EntryRow, std::int64_t> kSealedEntries{"audit.sealed_entries", R"sql(
  SELECT n.entry_id, coalesce(a.xact_id::text, ''), extract(epoch FROM a.at)::text, a.actor_id,
         a.actor_role, a.action, a.resource, a.resource_id, a.patient_id, a.patient_ids, a.outcome,
         a.reason, a.request_id, a.ip, a.before, a.after, a.filters
  FROM {tenant}.audit_seals s
  CROSS JOIN LATERAL unnest(s.entry_ids) WITH ORDINALITY AS n(entry_id, position)
  LEFT JOIN {tenant}.audit_log a ON a.id = n.entry_id
  WHERE s.seq = $1 ORDER BY n.position)sql"};

inline const db::Query<db::Int64Row, std::string, std::int64_t> kCountUpTo{"audit.count_up_to",
                                                                           R"sql(
  SELECT count(*) FROM {tenant}.audit_log WHERE (xact_id, id) <= ($1::xid8, $2::bigint))sql"};
inline const db::Query<db::Int64Row, std::string, std::int64_t> kCountAfter{"audit.count_after",
                                                                            R"sql(
  SELECT count(*) FROM {tenant}.audit_log WHERE (xact_id, id) > ($1::xid8, $2::bigint))sql"};
inline const db::Query<db::Int64Row, std::string, std::int64_t> kFirstStranger{
    "audit.first_stranger", R"sql(
  SELECT a.id FROM {tenant}.audit_log a
  WHERE (a.xact_id, a.id) <= ($1::xid8, $2::bigint)
    AND a.id NOT IN (SELECT unnest(s.entry_ids) FROM {tenant}.audit_seals s)
  ORDER BY a.id LIMIT 1)sql"};

/// An entry as GET /audit shows it. The fields that were changed are those that differ, an absent
/// one being as good as null.
struct Listed {
  std::int64_t id = 0;
  std::string resource;
  std::optional<std::int64_t> patient;
  std::vector<std::int64_t> patients;
  std::string json;    ///< without the two sides of a change
  std::string before;  ///< JSON, `null` included
  std::string after;
  static Listed from_row(const db::RowView& r);
};
#define WB_AUDIT_LISTED                                                                           \
  "SELECT a.id, a.at, a.actor_id, s.display_name, a.actor_role, a.action, a.resource, "           \
  "a.resource_id, a.patient_id, a.patient_ids::text[], a.outcome, a.reason, a.request_id, "       \
  "a.ip, a.filters, a.before, a.after, "                                                          \
  "CASE WHEN a.before IS NOT NULL OR a.after IS NOT NULL THEN ARRAY(SELECT k FROM "               \
  "jsonb_object_keys(coalesce(a.before, '{}') || coalesce(a.after, '{}')) k WHERE "               \
  "nullif(a.before -> k, 'null') IS DISTINCT FROM nullif(a.after -> k, 'null') ORDER BY k) END, " \
  "coalesce((SELECT (a.xact_id, a.id) <= (l.last_xact, "                                          \
  "l.entry_ids[cardinality(l.entry_ids)]) FROM {tenant}.audit_seals l "                           \
  "ORDER BY l.seq DESC LIMIT 1), false) "                                                         \
  "FROM {tenant}.audit_log a LEFT JOIN {tenant}.staff s ON s.account_id = a.actor_id "
#define WB_AUDIT_FILTER                                                                    \
  "WHERE ($1::bigint IS NULL OR a.patient_id = $1 OR a.patient_ids @> ARRAY[$1]) "         \
  "AND ($2::bigint IS NULL OR a.actor_id = $2) AND ($3::text IS NULL OR a.action = $3) "   \
  "AND ($4::text IS NULL OR a.resource = $4) AND ($5::timestamptz IS NULL OR a.at >= $5) " \
  "AND ($6::timestamptz IS NULL OR a.at < $6) "

using MaybeId = std::optional<std::int64_t>;
using MaybeText = std::optional<std::string>;
inline const db::Query<Listed, MaybeId, MaybeId, MaybeText, MaybeText, MaybeText, MaybeText,
                       MaybeId, int>
    kList{"audit.list", WB_AUDIT_LISTED WB_AUDIT_FILTER
          "AND ($7::bigint IS NULL OR a.id < $7) ORDER BY a.id DESC LIMIT $8"};
inline const db::Query<db::Int64Row, MaybeId, MaybeId, MaybeText, MaybeText, MaybeText, MaybeText>
    kCount{"audit.count", "SELECT count(*) FROM {tenant}.audit_log a " WB_AUDIT_FILTER};
inline const db::Query<Listed, AuditId> kGet{"audit.get", WB_AUDIT_LISTED "WHERE a.id = $1"};

#undef WB_AUDIT_COLUMNS
#undef WB_AUDIT_LISTED
#undef WB_AUDIT_FILTER

}  // namespace wardbook::audit
