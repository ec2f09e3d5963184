#include "features/audit/row_versions.h"

#include "base/hash.h"
#include "features/audit/audit.h"

namespace wardbook::audit {
namespace {

using MaybeText = std::optional<std::string>;

const db::Query<void, std::string, std::int64_t, std::int64_t, std::string, PatientId,
                std::optional<AccountId>, std::string, int, db::Bytes, std::string, std::string,
                std::string>
    kKeep{"audit.keep_row_version", R"sql(
  INSERT INTO {tenant}.row_versions (resource, resource_id, version, kind, patient_id, changed_by,
    changed_at, content_format, content_digest, content_hash, content_salt, content)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12))sql"};

struct KeptRow {
  RowVersion version;
  std::string digest;
  std::string hash;
  MaybeText salt;
  MaybeText reason;
  MaybeText content;
  static constexpr db::Columns kColumns{"resource_id",    "version",        "kind",
                                        "patient_id",     "changed_by",     "changed_at",
                                        "content_format", "content_digest", "content_hash",
                                        "content_salt",   "reason",         "content"};
  static KeptRow from_row(const db::RowView& r) {
    KeptRow out;
    out.version.id = r.int64(kColumns["resource_id"]);
    out.version.version = r.int64(kColumns["version"]);
    out.version.kind = r.str(kColumns["kind"]);
    out.version.patient = r.id<PatientId>(kColumns["patient_id"]);
    out.version.by = r.maybe_id<AccountId>(kColumns["changed_by"]);
    out.version.at = r.time(kColumns["changed_at"]);
    out.version.content_format = static_cast<int>(r.int64(kColumns["content_format"]));
    out.digest = r.bytes(kColumns["content_digest"]);
    out.hash = r.str(kColumns["content_hash"]);
    out.salt = r.maybe_str(kColumns["content_salt"]);
    out.reason = r.maybe_str(kColumns["reason"]);
    out.content = r.maybe_str(kColumns["content"]);
    return out;
  }
};
const db::Query<KeptRow, std::string, std::int64_t, std::int64_t, int> kKeptRows{
    "audit.row_versions_to_verify", R"sql(
  SELECT resource_id, version, kind, patient_id, changed_by, changed_at, content_format,
    content_digest, content_hash, content_salt, reason, content
  FROM {tenant}.row_versions
  WHERE resource = $1 AND (resource_id, version) > ($2::bigint, $3::bigint)
  ORDER BY resource_id, version LIMIT $4)sql"};

struct Unvouched {
  std::int64_t id = 0;
  std::int64_t version = 0;
  static constexpr db::Columns kColumns{"resource_id", "version"};
  static Unvouched from_row(const db::RowView& r) {
    return {r.int64(kColumns["resource_id"]), r.int64(kColumns["version"])};
  }
};
/// A version that is not what the log, which is sealed, says of it. An erased entry says only who
/// did what to which row, so each stands for one version at most.
const db::Query<Unvouched, std::string> kFirstUnvouched{"audit.first_unvouched_row", R"sql(
  WITH unvouched AS (
    SELECT v.resource_id, v.version, v.kind, v.changed_by,
           row_number() OVER (PARTITION BY v.resource_id, v.kind, v.changed_by
                              ORDER BY v.version) AS n
    FROM {tenant}.row_versions v
    WHERE v.resource = $1 AND NOT EXISTS (
      SELECT FROM {tenant}.audit_log a
      WHERE a.resource = $1 AND a.outcome = 'ok' AND a.resource_id = v.resource_id
        AND a.action = v.kind AND a.actor_id IS NOT DISTINCT FROM v.changed_by
        AND a.after->>'content_hash' = v.content_hash)
  )
  SELECT u.resource_id, u.version FROM unvouched u
  LEFT JOIN (SELECT a.resource_id, a.action, a.actor_id, count(*) AS entries
             FROM {tenant}.audit_log a
             WHERE a.salt IS NULL AND a.resource = $1 AND a.outcome = 'ok'
             GROUP BY a.resource_id, a.action, a.actor_id) e
    ON e.resource_id = u.resource_id AND e.action = u.kind
      AND e.actor_id IS NOT DISTINCT FROM u.changed_by
  WHERE u.n > coalesce(e.entries, 0)
  ORDER BY 1, 2 LIMIT 1)sql"};

constexpr int kRowsPage = 500;
constexpr std::chrono::minutes kPatience{10};

std::string hash_of(const RowVersion& v, std::string_view digest) {
  std::optional<std::int64_t> author;
  if (v.by) author = v.by->value;
  const VersionHead head{.content_format = v.content_format,
                         .resource = v.resource,
                         .id = v.id,
                         .version = v.version,
                         .revision = v.version,
                         .kind = v.kind,
                         .patient = v.patient.value,
                         .author = author,
                         .begun = v.at,
                         .changed = v.at};
  return version_hash(head, digest);
}

/// Whether the row is what its hash says.
bool holds(const KeptRow& row) {
  if (hash_of(row.version, row.digest) != row.hash) return false;
  if (!row.salt) return !row.reason && !row.content;
  return row.content && content_digest(*row.salt, row.reason, *row.content) == row.digest;
}

std::string name_of(std::string_view resource, std::int64_t id, std::int64_t version) {
  return "version " + std::to_string(version) + " of " + std::string(resource) + " " +
         std::to_string(id);
}

}  // namespace

Kept kept(const RowVersion& version) {
  Kept out;
  out.salt = new_salt();
  out.digest = content_digest(out.salt, std::nullopt, version.content);
  out.hash = hash_of(version, out.digest);
  return out;
}

std::string keep(db::Tx& tx, RowVersion version) {
  Kept beside = kept(version);
  tx.queue(kKeep, version.resource, version.id, version.version, version.kind, version.patient,
           version.by, format_rfc3339(version.at), version.content_format, db::Bytes(beside.digest),
           beside.hash, beside.salt, version.content);
  return beside.hash;
}

LastVersion LastVersion::from_row(const db::RowView& row, int column) {
  if (row.is_null(column)) return {};
  return {row.int64(column), static_cast<int>(row.int64(column + 1)), row.maybe_str(column + 2),
          row.bytes(column + 3)};
}

bool says(const LastVersion& last, std::int64_t version, std::string_view content) {
  return last.version == version &&
         (!last.salt || content_digest(*last.salt, std::nullopt, content) == last.digest);
}

Task<> verify_row_versions(db::Pool& db, TenantId tenant, std::string resource, Verdict& verdict) {
  std::int64_t id = 0;
  std::int64_t number = 0;
  while (true) {
    db::Tx tx = co_await db.begin(tenant);
    auto rows = co_await tx.all(kKeptRows, resource, id, number, kRowsPage);
    for (auto& row : rows) {
      RowVersion& v = row.version;
      v.resource = resource;
      const bool follows = v.id == id ? v.version == number + 1 : v.version == 1;
      if (!follows || !holds(row)) {
        verdict.first_fault = name_of(resource, v.id, v.version) +
                              (follows ? " was altered" : " has no version before it");
        co_return;
      }
      id = v.id;
      number = v.version;
      ++verdict.versions;
      if (!row.salt) ++verdict.erased_versions;
    }
    if (rows.size() < static_cast<std::size_t>(kRowsPage)) break;
  }
  db::Tx tx = co_await db.begin(tenant);
  tx.statement_timeout(kPatience);
  if (const auto bad = co_await tx.maybe_one(kFirstUnvouched, resource)) {
    verdict.first_fault =
        name_of(resource, bad->id, bad->version) + " is not what the audit log says";
  }
}

}  // namespace wardbook::audit
