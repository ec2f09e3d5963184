#include <map>

#include "features/audit/audit.h"
#include "features/records/content_format.h"
#include "features/records/records_versions_sql.h"

namespace wardbook::records {
namespace {

constexpr int kVerifyPage = 500;

std::string version_name(RecordId record, std::int64_t number) {
  return "version " + std::to_string(number) + " of record " + std::to_string(record.value);
}

// ---- the history

/// What is wrong with a version of the history, `before` which this one comes.
std::optional<std::string> fault_of(const KeptVersion& v,
                                    const std::optional<KeptVersion>& before) {
  const bool first = !before || before->record != v.record;
  if (first ? v.version.number != 1
            : v.version.number != before->version.number + 1 || v.revision <= before->revision) {
    return "has no version before it";
  }
  const OpenVersion& what = v.version;
  if (version_hash(v.record, v.revision, v.status, v.patient, what) != what.hash ||
      (!first && what.begun_at < before->version.changed_at)) {
    return "was altered";
  }
  const bool holds = what.salt ? v.content && audit::content_digest(*what.salt, v.reason,
                                                                    *v.content) == what.digest
                               : !v.reason && !v.content;
  if (!holds) return "was altered";
  return std::nullopt;
}

Task<> walk_history(db::Pool& db, TenantId tenant, audit::Verdict& verdict) {
  std::optional<KeptVersion> before;
  while (true) {
    db::Tx tx = co_await db.begin(tenant);
    const RecordId after = before ? before->record : RecordId();
    const std::int64_t number = before ? before->version.number : 0;
    auto rows = co_await tx.all(kVersionsToVerify, after, number, kVerifyPage);
    const bool more = rows.size() == static_cast<std::size_t>(kVerifyPage);
    for (auto& v : rows) {
      if (const auto fault = fault_of(v, before)) {
        verdict.first_fault = version_name(v.record, v.version.number) + " " + *fault;
        co_return;
      }
      ++verdict.versions;
      if (!v.version.salt) ++verdict.erased_versions;
      v.content.reset();
      before = std::move(v);
    }
    if (!more) co_return;
  }
}

// ---- the rows

/// What is wrong with a row of a record.
std::optional<std::string> fault_of(const Record& row, const std::optional<std::string>& reason) {
  const std::string name = "record " + std::to_string(row.id.value);
  const OpenVersion& v = row.version;
  if (!knows_content_format(v.content_format)) {
    return name + " has content format " + std::to_string(v.content_format) +
           ", which this program does not know";
  }
  const bool hashed = version_hash(row.id, row.revision, row.status,
                                   row.data.patient_id.value_or(PatientId()), v) == v.hash;
  // One that was erased says nothing any more.
  if (hashed && (!v.salt || says_its_version(row, reason))) return std::nullopt;
  return name + " is not what its version says";
}

/// Looks at one record while nobody changes it.
Task<std::optional<std::string>> fault_under_lock(db::Pool& db, TenantId tenant, RecordId id) {
  db::Tx tx = co_await db.begin(std::move(tenant));
  auto record = co_await tx.maybe_one(kLockRecord, id);
  if (!record) co_return std::nullopt;
  record->diagnoses = co_await coding::diagnoses_of(tx, id);
  std::optional<std::string> reason;
  if (const auto said = co_await tx.maybe_one(kReasonOf, id, record->version.number)) {
    reason = said->value;
  }
  co_return fault_of(*record, reason);
}

/// Rows whose columns or diagnoses are not what their version says. Counts the open versions.
Task<> walk_rows(db::Pool& db, TenantId tenant, audit::Verdict& verdict) {
  RecordId after;
  while (true) {
    std::vector<RecordId> suspects;
    db::Tx tx = co_await db.begin(tenant);
    auto rows = co_await tx.all(kRecordsToVerify, after, kVerifyPage);
    if (rows.empty()) co_return;
    const RecordId last = rows.back().id;
    std::map<RecordId, std::vector<Diagnosis>> diagnoses;
    for (auto& d : co_await tx.all(kDiagnosesToVerify, after, last)) {
      diagnoses[d.record_id].push_back(std::move(d));
    }
    std::map<RecordId, std::string> reasons;
    for (auto& r : co_await tx.all(kReasonsToVerify, after, last)) {
      reasons[r.record] = std::move(r.text);
    }
    co_await tx.commit();
    for (auto& row : rows) {
      row.diagnoses = std::move(diagnoses[row.id]);
      std::optional<std::string> reason;
      if (const auto found = reasons.find(row.id); found != reasons.end()) reason = found->second;
      if (fault_of(row, reason)) suspects.push_back(row.id);
      if (kept_at_once(row.version.kind)) continue;
      ++verdict.versions;
      if (!row.version.salt) ++verdict.erased_versions;
    }
    // They were not read at one moment: only what still differs under its lock is a fault.
    for (const auto id : suspects) {
      verdict.first_fault = co_await fault_under_lock(db, tenant, id);
      if (verdict.first_fault) co_return;
    }
    after = last;
  }
}

// ---- all of it

/// Where rows, signatures and the audit log say otherwise than the versions. Each is one statement,
/// so each sees one moment.
Task<std::optional<std::string>> first_unvouched(db::Pool& db, TenantId tenant) {
  constexpr std::chrono::minutes kPatience{10};
  db::Tx tx = co_await db.begin(std::move(tenant));
  tx.statement_timeout(kPatience);
  if (const auto bad = co_await tx.maybe_one(kFirstUnlikeVersion)) {
    co_return "record " + std::to_string(bad->value) + " is not what its version says";
  }
  if (const auto bad = co_await tx.maybe_one(kFirstHalfErased)) {
    co_return "record " + std::to_string(bad->value) + " still says what was erased";
  }
  if (const auto bad = co_await tx.maybe_one(kFirstBadSignature)) {
    co_return "the signature of " + version_name(bad->record, bad->version) + " does not hold";
  }
  if (const auto bad = co_await tx.maybe_one(kFirstUnlikeAuthors)) {
    co_return "record " + std::to_string(bad->record.value) +
        " says otherwise than its versions who wrote or signed it";
  }
  if (const auto bad = co_await tx.maybe_one(kFirstUnaudited)) {
    co_return version_name(bad->record, bad->version) + " is not what the audit log says";
  }
  if (const auto bad = co_await tx.maybe_one(kFirstUncounted)) {
    co_return "record " + std::to_string(bad->record.value) +
        " has other revisions than the audit log says";
  }
  co_return std::nullopt;
}

}  // namespace

Task<> verify_versions(db::Pool& db, TenantId tenant, audit::Verdict& verdict) {
  co_await walk_history(db, tenant, verdict);
  if (!verdict.first_fault) co_await walk_rows(db, tenant, verdict);
  if (!verdict.first_fault) verdict.first_fault = co_await first_unvouched(db, tenant);
}

}  // namespace wardbook::records
