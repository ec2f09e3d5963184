#pragma once

#include "base/clock.h"
#include "db/query.h"
#include "features/audit/entry_format.h"

// Tables: owns {tenant}.audit_log {tenant}.audit_seals {tenant}.audit_sealing
// Tables: owns {tenant}.audit_unsealed {tenant}.row_versions wardbook.platform_audit
// Tables: reads {tenant}.staff

namespace wardbook::audit {

using Texts = std::vector<std::optional<std::string>>;

inline const db::Query<void, std::optional<std::int64_t>, std::optional<std::string>, std::string,
                       std::string, std::optional<std::int64_t>, std::optional<std::int64_t>,
                       std::optional<std::vector<std::int64_t>>, std::string,
                       std::optional<std::string>, std::optional<std::string>,
                       std::optional<std::string>, std::optional<db::Json>, std::optional<db::Json>,
                       std::optional<db::Json>, std::optional<std::string>,
                       std::optional<std::vector<std::int64_t>>>
    kInsertOne{"audit.insert_one", R"sql(
  INSERT INTO {tenant}.audit_log (actor_id, actor_role, action, resource, resource_id, patient_id,
    patient_ids, outcome, reason, request_id, ip, before, after, filters, salt, look_ids)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16))sql"};

/// Many at once, column by column; `patient_ids` and `look_ids` are array literals.
inline const db::Query<void, Texts, Texts, Texts, Texts, Texts, Texts, Texts, Texts, Texts, Texts,
                       Texts, Texts, Texts, Texts>
    kInsertMany{"audit.insert_many", R"sql(
  INSERT INTO {tenant}.audit_log (actor_id, actor_role, action, resource, resource_id, patient_id,
    patient_ids, outcome, reason, request_id, ip, filters, salt, look_ids)
  SELECT e.actor_id, e.actor_role, e.action, e.resource, e.resource_id, e.patient_id,
         e.patient_ids::bigint[], e.outcome, e.reason, e.request_id, e.ip, e.filters::jsonb,
         e.salt, e.look_ids::bigint[]
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
              $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
              $13::uuid[], $14::text[])
    AS e(actor_id, actor_role, action, resource, resource_id, patient_id, patient_ids, outcome,
         reason, request_id, ip, filters, salt, look_ids))sql"};

inline const db::Query<void, std::optional<std::int64_t>, std::string, std::string, std::string,
                       std::optional<std::string>, std::optional<std::string>, db::Json>
    kInsertPlatform{"audit.insert_platform", R"sql(
  INSERT INTO wardbook.platform_audit (actor_id, action, resource, outcome, request_id, ip, detail)
  VALUES ($1, $2, $3, $4, $5, $6, $7))sql"};

// ---- the chain

/// No row: another process seals this hospital's log. The clock is PostgreSQL's, in microseconds.
struct SealLock {
  std::int64_t epoch = 0;
  std::int64_t now = 0;
  static constexpr db::Columns kColumns{"epoch", "now"};
  static SealLock from_row(const db::RowView& r) {
    return {r.int64(kColumns["epoch"]), r.int64(kColumns["now"])};
  }
};
inline const db::Query<SealLock> kSealLock{"audit.seal_lock", R"sql(
  SELECT epoch, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now
  FROM {tenant}.audit_sealing FOR UPDATE SKIP LOCKED)sql"};

struct SealHead {
  std::int64_t seq = 0;
  std::int64_t epoch = 0;
  std::string hash;
  static constexpr db::Columns kColumns{"seq", "epoch", "hash"};
  static SealHead from_row(const db::RowView& r) {
    return {r.int64(kColumns["seq"]), r.int64(kColumns["epoch"]), r.bytes(kColumns["hash"])};
  }
};
inline const db::Query<SealHead> kLastSeal{"audit.last_seal", R"sql(
  SELECT seq, epoch, hash FROM {tenant}.audit_seals ORDER BY seq DESC LIMIT 1)sql"};

/// Entries whose numbers no seal has. The LIMIT inside keeps PostgreSQL on the primary key, from
/// one range to the next.
inline const db::Query<EntryRow, std::int64_t> kUnsealed{"audit.unsealed", R"sql(
  SELECT a.id, a.salt, extract(epoch FROM a.at)::text, a.actor_id, a.actor_role, a.action,
         a.resource, a.resource_id, a.patient_id, a.patient_ids, a.outcome, a.request_id, a.ip,
         a.reason, a.filters, a.before, a.after, a.look_ids
  FROM {tenant}.audit_unsealed u
  CROSS JOIN LATERAL (SELECT * FROM {tenant}.audit_log e WHERE e.id BETWEEN u.first AND u.last
                      ORDER BY e.id LIMIT $1) a
  ORDER BY a.id LIMIT $1)sql"};

struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
  static constexpr db::Columns kColumns{"first", "last"};
  static Range from_row(const db::RowView& r) {
    return {r.int64(kColumns["first"]), r.int64(kColumns["last"])};
  }
};
/// Those that may hold the numbers from $1 to $2.
inline const db::Query<Range, std::int64_t, std::int64_t> kUnsealedRanges{"audit.unsealed_ranges",
                                                                          R"sql(
  SELECT first, last FROM {tenant}.audit_unsealed WHERE last >= $1 AND first <= $2
  ORDER BY first)sql"};
inline const db::Query<void, std::vector<std::int64_t>> kDropRanges{"audit.drop_ranges", R"sql(
  DELETE FROM {tenant}.audit_unsealed WHERE first = ANY($1))sql"};
inline const db::Query<void, std::vector<std::int64_t>, std::vector<std::int64_t>> kAddRanges{
    "audit.add_ranges", R"sql(
  INSERT INTO {tenant}.audit_unsealed (first, last)
  SELECT r.first, r.last FROM unnest($1::bigint[], $2::bigint[]) AS r(first, last))sql"};

inline const db::Query<void, std::int64_t, std::int64_t, std::optional<std::int64_t>, std::int64_t,
                       std::int64_t, std::vector<std::int64_t>, db::Bytes, db::Bytes, db::Bytes>
    kInsertSeal{"audit.insert_seal", R"sql(
  INSERT INTO {tenant}.audit_seals (seq, epoch, previous_epoch, entry_format, sealed_at, entry_ids,
    content_digests, entry_hashes, hash)
  VALUES ($1, $2, $3, $4, timestamptz 'epoch' + $5::bigint * interval '1 microsecond', $6, $7, $8,
    $9))sql"};

struct SealRow {
  SealHeader header;
  std::string digests;
  std::string hashes;
  std::string hash;
  static constexpr db::Columns kColumns{"seq",          "epoch",     "previous_epoch",
                                        "entry_format", "sealed_at", "content_digests",
                                        "entry_hashes", "hash"};
  static SealRow from_row(const db::RowView& r) {
    return {{r.int64(kColumns["seq"]), r.int64(kColumns["epoch"]),
             r.maybe_int64(kColumns["previous_epoch"]), r.int64(kColumns["entry_format"]),
             r.int64(kColumns["sealed_at"])},
            r.bytes(kColumns["content_digests"]),
            r.bytes(kColumns["entry_hashes"]),
            r.bytes(kColumns["hash"])};
  }
};
inline const db::Query<SealRow, std::int64_t> kNextSeal{"audit.next_seal", R"sql(
  SELECT seq, epoch, previous_epoch, entry_format,
         (extract(epoch FROM sealed_at) * 1000000)::bigint AS sealed_at, content_digests,
         entry_hashes, hash
  FROM {tenant}.audit_seals WHERE seq > $1 ORDER BY seq LIMIT 1)sql"};

inline const db::Query<EntryRow, std::int64_t> kSealedEntries{"audit.sealed_entries", R"sql(
  SELECT n.entry_id, a.salt, extract(epoch FROM a.at)::text, a.actor_id, a.actor_role, a.action,
         a.resource, a.resource_id, a.patient_id, a.patient_ids, a.outcome, a.request_id, a.ip,
         a.reason, a.filters, a.before, a.after, a.look_ids
  FROM {tenant}.audit_seals s
  CROSS JOIN LATERAL unnest(s.entry_ids) WITH ORDINALITY AS n(entry_id, position)
  LEFT JOIN {tenant}.audit_log a ON a.id = n.entry_id
  WHERE s.seq = $1 ORDER BY n.position)sql"};

/// The last seal and what is unsealed behind it, as of one moment; a row without a range if there
/// is none.
struct UnsealedRow {
  std::int64_t seq = 0;
  std::optional<Range> range;
  static constexpr db::Columns kColumns{"seq", "first", "last"};
  static UnsealedRow from_row(const db::RowView& r) {
    UnsealedRow row{r.int64(kColumns["seq"]), std::nullopt};
    if (!r.is_null(kColumns["first"]))
      row.range = Range{r.int64(kColumns["first"]), r.int64(kColumns["last"])};
    return row;
  }
};
inline const db::Query<UnsealedRow> kAllUnsealed{"audit.all_unsealed", R"sql(
  SELECT s.seq, u.first, u.last
  FROM (SELECT coalesce(max(seq), 0) AS seq FROM {tenant}.audit_seals) s
  LEFT JOIN {tenant}.audit_unsealed u ON true ORDER BY u.first)sql"};
inline const db::Query<db::Int64Row> kCountUnsealed{"audit.count_unsealed", R"sql(
  SELECT coalesce(sum(n.entries), 0)::bigint FROM {tenant}.audit_unsealed u
  CROSS JOIN LATERAL (SELECT count(*) AS entries FROM {tenant}.audit_log a
                      WHERE a.id BETWEEN u.first AND u.last) n)sql"};
inline const db::Query<db::Int64Row, std::int64_t, std::int64_t> kFirstBetween{
    "audit.first_between", R"sql(
  SELECT id FROM {tenant}.audit_log WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT 1)sql"};

/// An entry as GET /audit shows it. The fields that were changed are those that it names, or else
/// those that differ, an absent one being as good as null.
struct Listed {
  std::int64_t id = 0;
  std::string resource;
  std::optional<std::int64_t> patient;
  std::vector<std::int64_t> patients;
  std::string json;    ///< without the two sides of a change
  std::string before;  ///< JSON, `null` included
  std::string after;
  static constexpr db::Columns kColumns{
      "id",      "at",       "actor_id",       "actor_name", "actor_role",
      "action",  "resource", "resource_id",    "patient_id", "patient_ids",
      "outcome", "reason",   "request_id",     "ip",         "filters",
      "before",  "after",    "changed_fields", "sealed",     "look_ids"};
  static Listed from_row(const db::RowView& r);
};
using MaybeId = std::optional<std::int64_t>;
using MaybeText = std::optional<std::string>;
/// Whoever saw a look into the log saw the patients whom it names.
inline const db::Query<Listed, MaybeId, MaybeId, MaybeText, MaybeText, MaybeText, MaybeText,
                       MaybeId, int>
    kList{"audit.list", R"sql(
  SELECT a.id, a.at, a.actor_id, s.display_name AS actor_name, a.actor_role, a.action, a.resource,
    a.resource_id, a.patient_id, a.patient_ids::text[] AS patient_ids, a.outcome, a.reason,
    a.request_id, a.ip, a.filters, a.before, a.after,
    CASE WHEN a.after ? 'changed_fields' THEN
        ARRAY(SELECT jsonb_array_elements_text(a.after -> 'changed_fields'))
      WHEN a.before IS NOT NULL OR a.after IS NOT NULL THEN ARRAY(
        SELECT k FROM jsonb_object_keys(coalesce(a.before, '{}') || coalesce(a.after, '{}')) k
        WHERE nullif(a.before -> k, 'null') IS DISTINCT FROM nullif(a.after -> k, 'null')
        ORDER BY k) END AS changed_fields,
    coalesce((SELECT a.id > u.last FROM {tenant}.audit_unsealed u WHERE u.first <= a.id
              ORDER BY u.first DESC LIMIT 1), true) AS sealed,
    a.look_ids::text[] AS look_ids
  FROM {tenant}.audit_log a LEFT JOIN {tenant}.staff s ON s.account_id = a.actor_id
  WHERE ($1::bigint IS NULL OR a.patient_id = $1 OR a.patient_ids @> ARRAY[$1]
      OR a.look_ids && ARRAY(SELECT l.id FROM {tenant}.audit_log l
                             WHERE l.patient_ids @> ARRAY[$1] AND l.resource = 'audit'))
    AND ($2::bigint IS NULL OR a.actor_id = $2) AND ($3::text IS NULL OR a.action = $3)
    AND ($4::text IS NULL OR a.resource = $4) AND ($5::timestamptz IS NULL OR a.at >= $5)
    AND ($6::timestamptz IS NULL OR a.at < $6)
    AND ($7::bigint IS NULL OR a.id < $7)
  ORDER BY a.id DESC LIMIT $8)sql"};
inline const db::Query<db::Int64Row, MaybeId, MaybeId, MaybeText, MaybeText, MaybeText, MaybeText>
    kCount{"audit.count", R"sql(
  SELECT count(*) FROM {tenant}.audit_log a
  WHERE ($1::bigint IS NULL OR a.patient_id = $1 OR a.patient_ids @> ARRAY[$1]
      OR a.look_ids && ARRAY(SELECT l.id FROM {tenant}.audit_log l
                             WHERE l.patient_ids @> ARRAY[$1] AND l.resource = 'audit'))
    AND ($2::bigint IS NULL OR a.actor_id = $2) AND ($3::text IS NULL OR a.action = $3)
    AND ($4::text IS NULL OR a.resource = $4) AND ($5::timestamptz IS NULL OR a.at >= $5)
    AND ($6::timestamptz IS NULL OR a.at < $6))sql"};
inline const db::Query<Listed, AuditId> kGet{"audit.get", R"sql(
  SELECT a.id, a.at, a.actor_id, s.display_name AS actor_name, a.actor_role, a.action, a.resource,
    a.resource_id, a.patient_id, a.patient_ids::text[] AS patient_ids, a.outcome, a.reason,
    a.request_id, a.ip, a.filters, a.before, a.after,
    CASE WHEN a.after ? 'changed_fields' THEN
        ARRAY(SELECT jsonb_array_elements_text(a.after -> 'changed_fields'))
      WHEN a.before IS NOT NULL OR a.after IS NOT NULL THEN ARRAY(
        SELECT k FROM jsonb_object_keys(coalesce(a.before, '{}') || coalesce(a.after, '{}')) k
        WHERE nullif(a.before -> k, 'null') IS DISTINCT FROM nullif(a.after -> k, 'null')
        ORDER BY k) END AS changed_fields,
    coalesce((SELECT a.id > u.last FROM {tenant}.audit_unsealed u WHERE u.first <= a.id
              ORDER BY u.first DESC LIMIT 1), true) AS sealed,
    a.look_ids::text[] AS look_ids
  FROM {tenant}.audit_log a LEFT JOIN {tenant}.staff s ON s.account_id = a.actor_id
  WHERE a.id = $1)sql"};

}  // namespace wardbook::audit
