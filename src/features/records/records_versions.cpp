#include <map>
#include <set>

#include "api/input.h"
#include "api/paging.h"
#include "features/records/records_differences.h"
#include "features/records/records_life.h"
#include "features/records/records_sql.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;
constexpr int kVerifyPage = 500;

void write_head(api::ObjectWriter& out, const VersionRow& v) {
  out.integer("version", v.version);
  out.text("changed_at", v.changed_at);
  out.integer("changed_by", v.changed_by.value);
  out.text("changed_by_name", v.changed_by_name);
  out.text("kind", v.kind);
  out.text("reason", v.reason);
  out.text("status", v.status);
  out.text("content_hash", v.content_hash);
  if (!v.signature) {
    out.raw("signature", "null");
    return;
  }
  std::string signature;
  api::ObjectWriter in(signature);
  in.integer("signed_by", v.signature->signed_by.value);
  in.text("signed_by_name", v.signature->signed_by_name);
  in.text("signed_at", v.signature->signed_at);
  in.text("meaning", v.signature->meaning);
  in.text("content_hash", v.signature->content_hash);
  in.end();
  out.raw("signature", signature);
}

std::string difference_json(const VersionRow& from, const VersionRow& to) {
  json::array changes = differences(json::parse(from.content), json::parse(to.content));
  if (from.status != to.status) {
    json::object status{{"pointer", "/status"}, {"before", from.status}, {"after", to.status}};
    changes.insert(changes.begin(), std::move(status));
  }
  std::string text;
  api::ObjectWriter out(text);
  out.integer("from", from.version);
  out.integer("to", to.version);
  out.raw("changes", api::canonical_json(changes));
  out.end();
  return text;
}

std::string head_json(const VersionRow& row) {
  std::string text;
  api::ObjectWriter out(text);
  write_head(out, row);
  out.end();
  return text;
}

Task<PatientId> patient_of(db::Tx& tx, RecordId id) {
  const auto row = co_await tx.maybe_one(kPatientOf, id);
  if (!row) throw Failure(Code::record_not_found);
  co_return PatientId(row->value);
}

std::int64_t patient_in(const VersionRow& version) {
  return json::parse(version.content).at("patient_id").to_number<std::int64_t>();
}

}  // namespace

Task<api::Response> list_versions(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  api::Params params(req);
  const api::IntegerPage page(params, req, "versions");
  params.finish();

  std::vector<VersionRow> rows;
  std::optional<std::int64_t> total;
  PatientId patient;
  {
    db::Tx tx = co_await app.db.begin(req.caller.tenant());
    patient = co_await patient_of(tx, id);
    rows = co_await tx.all(kVersions, id, page.after().value_or(0), page.wanted());
    if (page.count()) total = (co_await tx.one(kCountVersions, id)).value;
    co_await tx.commit();
  }
  co_await record_was_read(app, req, "record.versions", id, patient);
  const auto version = [](const VersionRow& row) { return row.version; };
  co_return api::ok(page.json(rows, version, head_json, total));
}

Task<api::Response> get_version(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto n = req.path_int(Code::version_not_found, "n");
  api::Params params(req);
  const auto other = params.integer("diff", 1, INT64_MAX);
  params.finish();

  std::optional<VersionRow> version;
  std::optional<VersionRow> against;
  PatientId patient;
  {
    db::Tx tx = co_await app.db.begin(req.caller.tenant());
    patient = co_await patient_of(tx, id);
    version = co_await tx.maybe_one(kVersion, id, n);
    if (other) against = co_await tx.maybe_one(kVersion, id, *other);
    co_await tx.commit();
  }
  if (!version || (other && !against)) throw Failure(Code::version_not_found);
  audit::Entry seen{.action = "record.version",
                    .resource = "record",
                    .resource_id = id.value,
                    .patient = patient,
                    .filters = api::filters_json(req)};
  // A draft may have been another patient's at the time.
  std::set<std::int64_t> whose{patient.value, patient_in(*version)};
  if (against) whose.insert(patient_in(*against));
  if (whose.size() > 1) seen.patients.assign(whose.begin(), whose.end());
  co_await app.audit.write(req.caller.tenant(), audit::actor_of(req), std::move(seen));
  if (against) {
    // In the order of time, whichever of the two was named first.
    const bool forward = against->version < version->version;
    co_return api::ok(forward ? difference_json(*against, *version)
                              : difference_json(*version, *against));
  }
  std::string text;
  api::ObjectWriter out(text);
  out.integer("record_id", id.value);
  write_head(out, *version);
  out.raw("content", version->content);
  out.end();
  co_return api::ok(std::move(text));
}

namespace {

/// Compares a record with its version while nobody changes it.
Task<bool> holds(db::Pool& db, TenantId tenant, RecordId id) {
  db::Tx tx = co_await db.begin(std::move(tenant));
  const auto record = co_await tx.maybe_one(kLockRecord, id);
  if (!record) co_return true;
  const auto version = co_await tx.maybe_one(kVersion, id, record->version);
  const auto diagnoses = co_await diagnoses_of(tx, id);
  co_return version && version->content == canonical_content(record->data, diagnoses);
}

/// The first record whose columns or diagnoses are not what its current version says.
Task<std::optional<RecordId>> first_unlike_row(db::Pool& db, TenantId tenant) {
  RecordId after;
  while (true) {
    std::vector<RecordId> suspects;
    db::Tx tx = co_await db.begin(tenant);
    const auto rows = co_await tx.all(kRecordsToVerify, after, kVerifyPage);
    if (rows.empty()) co_return std::nullopt;
    const RecordId last = rows.back().id;
    std::map<RecordId, std::vector<Diagnosis>> diagnoses;
    for (auto& d : co_await tx.all(kDiagnosesToVerify, after, last)) {
      diagnoses[d.record_id].push_back(std::move(d));
    }
    std::map<RecordId, std::string> contents;
    for (auto& c : co_await tx.all(kContentsToVerify, after, last)) {
      contents[c.record] = std::move(c.content);
    }
    co_await tx.commit();
    for (const auto& row : rows) {
      if (contents[row.id] != canonical_content(row.data, diagnoses[row.id])) {
        suspects.push_back(row.id);
      }
    }
    // The three were not read at one moment: only what still differs under its lock is a fault.
    for (const auto id : suspects) {
      if (!co_await holds(db, tenant, id)) co_return id;
    }
    after = last;
  }
}

std::string version_name(const Mismatch& found) {
  return "version " + std::to_string(found.version) + " of record " +
         std::to_string(found.record.value);
}

/// Signatures, authors, and what the audit log says of each version. Each is one statement, so each
/// sees one moment.
Task<std::optional<std::string>> first_unvouched(db::Pool& db, TenantId tenant) {
  constexpr std::chrono::minutes kPatience{10};
  db::Tx tx = co_await db.begin(std::move(tenant));
  tx.statement_timeout(kPatience);
  if (const auto bad = co_await tx.maybe_one(kFirstBadSignature)) {
    co_return "the signature of " + version_name(*bad) + " does not hold";
  }
  if (const auto bad = co_await tx.maybe_one(kFirstUnlikeAuthors)) {
    co_return "record " + std::to_string(bad->record.value) +
        " says otherwise than its versions who wrote or signed it";
  }
  if (const auto bad = co_await tx.maybe_one(kFirstUnaudited)) {
    co_return version_name(*bad) + " is not what the audit log says";
  }
  co_return std::nullopt;
}

}  // namespace

Task<> verify_versions(db::Pool& db, TenantId tenant, audit::Verdict& verdict) {
  RecordId record;
  std::int64_t number = 0;
  while (true) {
    db::Tx tx = co_await db.begin(tenant);
    const auto rows = co_await tx.all(kVersionsToVerify, record, number, kVerifyPage);
    for (const auto& v : rows) {
      const auto expected =
          content_hash(v.record, v.version, v.status, v.changed_by, v.changed_at, v.content);
      const bool follows = v.record == record ? v.version == number + 1 : v.version == 1;
      if (expected != v.content_hash || !follows) {
        verdict.first_fault = "version " + std::to_string(v.version) + " of record " +
                              std::to_string(v.record.value) +
                              (follows ? " was altered" : " has no version before it");
        co_return;
      }
      record = v.record;
      number = v.version;
      ++verdict.versions;
    }
    if (rows.size() < static_cast<std::size_t>(kVerifyPage)) break;
  }
  std::optional<RecordId> unlike;
  {
    db::Tx tx = co_await db.begin(tenant);
    if (const auto row = co_await tx.maybe_one(kFirstUnlikeVersion)) unlike = RecordId(row->value);
  }
  if (!unlike) unlike = co_await first_unlike_row(db, tenant);
  if (unlike) {
    verdict.first_fault =
        "record " + std::to_string(unlike->value) + " is not what its version says";
    co_return;
  }
  verdict.first_fault = co_await first_unvouched(db, tenant);
}

}  // namespace wardbook::records
