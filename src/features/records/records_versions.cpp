#include <set>

#include "api/input.h"
#include "api/paging.h"
#include "base/hash.h"
#include "features/records/content_format.h"
#include "features/records/records_life.h"
#include "features/records/records_versions_sql.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;

void write_head(api::ObjectWriter& out, const VersionRow& v) {
  out.integer("version", v.number);
  out.integer("revision", v.revision);
  out.boolean("final", v.is_final);
  out.text("begun_at", v.begun_at);
  out.text("changed_at", v.changed_at);
  out.integer("changed_by", v.changed_by.value);
  out.text("changed_by_name", v.changed_by_name);
  out.text("kind", v.kind);
  out.text("reason", v.reason);
  out.text("status", v.status);
  out.integer("content_format", v.content_format);
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

/// A version with what it says.
struct Whole {
  VersionRow head;
  std::optional<std::string> content;  ///< none: erased
  std::optional<std::string> salt;     ///< likewise
  std::string digest;
};

std::string difference_json(const Whole& from, const Whole& to) {
  json::array changes =
      clinical::differences(from.content.value_or("{}"), to.content.value_or("{}"));
  if (from.head.status != to.head.status) {
    json::object status{
        {"pointer", "/status"}, {"before", from.head.status}, {"after", to.head.status}};
    changes.insert(changes.begin(), std::move(status));
  }
  std::string text;
  api::ObjectWriter out(text);
  out.integer("from", from.head.number);
  out.integer("to", to.head.number);
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

/// What the open version says, from the record's row and its diagnoses: read one after the other,
/// and once more under the record's lock where somebody wrote in between.
Task<Whole> open_version(db::Tx& tx, VersionRow head) {
  std::optional<Record> record = co_await tx.maybe_one(kRecordData, head.record);
  if (record) record->diagnoses = co_await coding::diagnoses_of(tx, head.record);
  const bool erased = record && !record->version.salt;
  if (record && !erased && !says_its_version(*record, std::nullopt)) {
    record = co_await tx.maybe_one(kLockRecord, head.record);
    if (record) record->diagnoses = co_await coding::diagnoses_of(tx, head.record);
  }
  if (!record) throw Failure(Code::record_not_found);
  Whole whole;
  whole.head = std::move(head);
  whole.salt = record->version.salt;
  whole.digest = record->version.digest;
  if (whole.salt) whole.content = record->content;
  co_return whole;
}

/// nullopt when there is no such version.
Task<std::optional<Whole>> whole_version(db::Tx& tx, RecordId id, std::int64_t number) {
  // One that closes between the two statements is found in the history at the second try.
  for (int tries = 0; tries < 3; ++tries) {
    auto rows = co_await tx.all(kVersions, id, number - 1, number, 1);
    if (rows.empty()) co_return std::nullopt;
    Whole whole;
    if (rows[0].is_final) {
      whole.head = std::move(rows[0]);
      auto said = co_await tx.one(kSaid, id, number);
      whole.content = std::move(said.content);
      whole.salt = std::move(said.salt);
      whole.digest = std::move(said.digest);
      co_return whole;
    }
    whole = co_await open_version(tx, rows[0]);
    const auto now = co_await tx.all(kVersions, id, number - 1, number, 1);
    if (!now.empty() && now[0].content_hash == rows[0].content_hash) co_return whole;
  }
  throw Failure(Code::conflict, "This version is being changed. Try again.");
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
    rows = co_await tx.all(kVersions, id, page.after().value_or(0), INT64_MAX, page.wanted());
    if (page.count()) total = (co_await tx.one(kCountVersions, id)).value;
    co_await tx.commit();
  }
  co_await record_was_read(app, req, "record.versions", id, patient);
  const auto version = [](const VersionRow& row) { return row.number; };
  co_return api::ok(page.json(rows, version, head_json, total));
}

Task<api::Response> get_version(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto n = req.path_int(Code::version_not_found, "n");
  api::Params params(req);
  const auto other = params.integer("diff", 1, INT64_MAX);
  params.finish();

  std::optional<Whole> version;
  std::optional<Whole> against;
  PatientId patient;
  {
    db::Tx tx = co_await app.db.begin(req.caller.tenant());
    patient = co_await patient_of(tx, id);
    version = co_await whole_version(tx, id, n);
    if (version && other) against = co_await whole_version(tx, id, *other);
    co_await tx.commit();
  }
  if (!version || (other && !against)) throw Failure(Code::version_not_found);
  audit::Entry seen{.action = "record.version",
                    .resource = "record",
                    .resource_id = id.value,
                    .patient = patient,
                    .filters = api::filters_json(req)};
  // A draft may have been another patient's at the time.
  std::set<std::int64_t> whose{patient.value, version->head.patient.value};
  if (against) whose.insert(against->head.patient.value);
  if (whose.size() > 1) seen.patients.assign(whose.begin(), whose.end());
  co_await app.audit.read(req, std::move(seen));
  if (against) {
    // In the order of time, whichever of the two was named first.
    const bool forward = against->head.number < version->head.number;
    co_return api::ok(forward ? difference_json(*against, *version)
                              : difference_json(*version, *against));
  }
  std::string text;
  api::ObjectWriter out(text);
  out.integer("record_id", id.value);
  write_head(out, version->head);
  out.text("content_salt", version->salt);
  out.text("content_digest", to_hex(version->digest));
  out.raw("content", version->content.value_or("null"));
  out.end();
  co_return api::ok(std::move(text));
}

}  // namespace wardbook::records
