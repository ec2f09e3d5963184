#include <algorithm>

#include "api/input.h"
#include "features/audit/audit.h"
#include "features/records/content_format.h"
#include "features/records/records_life.h"
#include "features/records/records_search.h"
#include "features/records/records_versions_sql.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;

/// Changes of a draft by one account are one version for so long.
constexpr std::chrono::minutes kOneVersion{10};

/// A field in which two contents differ, each side as it stands there; no `before`: the older
/// format did not have it.
struct Difference {
  std::string_view name;
  std::string_view before;
  std::string_view after;
};

/// Of canonical contents, whose members are sorted.
std::vector<Difference> differing(std::string_view before, std::string_view after) {
  std::vector<Difference> out;
  const JsonMembers old_members = members_of(before);
  auto was = old_members.begin();
  for (const auto& [name, value] : members_of(after)) {
    while (was != old_members.end() && was->first < name) ++was;
    const bool had = was != old_members.end() && was->first == name;
    if (name == "last_item_id" || (had && was->second == value)) continue;
    out.push_back({name, had ? was->second : std::string_view(), value});
  }
  return out;
}

/// The record's content as the format writes it.
std::string content_in(const Record& record, int format) {
  if (record.version.content_format == format && !record.content.empty()) return record.content;
  return canonical(record.data, record.diagnoses, format);
}

void append_names(std::string& out, const std::vector<Difference>& differences) {
  out += '[';
  for (const auto& difference : differences) {
    if (out.back() != '[') out += ',';
    append_quoted(out, difference.name);
  }
  out += ']';
}

audit::Action action_of(const std::string& kind) {
  if (kind == "created") return "record.create";
  if (kind == "updated") return "record.update";
  if (kind == "diagnosis") return "record.diagnose";
  if (kind == "finalized") return "record.finalize";
  if (kind == "amended") return "record.amend";
  if (kind == "reopened") return "record.reopen";
  return "record.void";
}

/// Whether the change is part of the version that is open.
bool goes_on(const OpenVersion& open, const Change& change, AccountId by, Time now) {
  return !kept_at_once(open.kind) && !kept_at_once(change.kind) && open.by == by &&
         now - open.begun_at <= kOneVersion;
}

/// The version that the record has after the change. What it says comes later.
OpenVersion next_version(const OpenVersion& open, const Change& change, AccountId by, Time now) {
  OpenVersion next{.number = open.number + 1,
                   .kind = change.kind,
                   .by = by,
                   .begun_at = now,
                   .changed_at = now,
                   .content_format = newest_content_format()};
  if (goes_on(open, change, by, now)) {
    next.number = open.number;
    next.begun_at = open.begun_at;
    // A version of diagnoses alone says so.
    if (open.kind != "diagnosis") next.kind = open.kind;
  }
  return next;
}

/// What the record says becomes a row of the history.
void queue_version(db::Tx& tx, const Record& record, std::optional<std::string> reason,
                   std::string content) {
  const OpenVersion& v = record.version;
  tx.queue(kInsertVersion, record.id, v.number, record.revision, v.kind, record.status,
           record.data.patient_id.value(), v.by, v.begun_at, v.changed_at, v.content_format,
           db::Bytes(v.digest), v.hash, v.salt.value(), std::move(reason), std::move(content));
}

/// The row takes the new state.
void queue_row(db::Tx& tx, const Record& to, const Change& change) {
  const OpenVersion& v = to.version;
  if (change.kind == "finalized" || change.kind == "reopened" || change.kind == "voided") {
    tx.queue(kStepRecord, to.id, to.revision, v.number, v.kind, v.by, v.changed_at,
             v.content_format, v.salt.value(), db::Bytes(v.digest), v.hash, to.status,
             change.reason, to.content);
    return;
  }
  tx.queue(kUpdateRecord, to.id, to.content, search_document(to.data, to.record_number),
           text::kSearchFormat, to.revision, v.number, v.kind, v.by, v.begun_at, v.changed_at,
           v.content_format, v.salt.value(), db::Bytes(v.digest), v.hash, to.status);
}

void queue_insert(db::Tx& tx, const Record& to) {
  const OpenVersion& v = to.version;
  MaybeId template_id;
  MaybeId template_version;
  if (to.from_template) {
    template_id = to.from_template->id.value;
    template_version = to.from_template->version;
  }
  tx.queue(kInsertRecord, to.id, to.record_number, to.content, v.hash, v.by, v.changed_at,
           template_id, template_version, search_document(to.data, to.record_number),
           text::kSearchFormat, v.content_format, v.salt.value(), db::Bytes(v.digest));
}

/// What the log says of a change. Of a draft only the names of the fields: what they say is kept
/// once, in the version.
audit::Entry entry_of(const Record& from, const Record& to, const Change& change,
                      const std::string& signer) {
  const int format = newest_content_format();
  const bool is_new = change.kind == "created";
  const std::string was = is_new ? canonical({}, {}, format) : content_in(from, format);
  const std::string is = content_in(to, format);
  const auto differences = differing(was, is);
  std::string before;
  std::string after;
  ObjectWriter old_side(before);
  ObjectWriter new_side(after);
  if (change.status == "draft") {
    append_names(new_side.open("changed_fields"), differences);
  } else {
    for (const auto& difference : differences) {
      if (!difference.before.empty()) old_side.raw(difference.name, difference.before);
      new_side.raw(difference.name, difference.after);
    }
  }
  if (!is_new) {
    old_side.integer("revision", from.revision);
    old_side.integer("version", from.version.number);
    old_side.text("status", from.status);
  }
  new_side.integer("revision", to.revision);
  new_side.integer("version", to.version.number);
  // With it the sealed log vouches for the version: `audit verify` compares them.
  new_side.text("content_hash", to.version.hash);
  if (is_new) new_side.text("record_number", to.record_number);
  if (!signer.empty()) new_side.text("signed_by_name", signer);
  new_side.text("status", to.status);
  old_side.end();
  new_side.end();
  audit::Entry entry{.action = action_of(change.kind),
                     .resource = "record",
                     .resource_id = to.id.value,
                     .patient = to.data.patient_id,
                     .reason = change.reason,
                     .after = std::move(after)};
  if (!is_new) entry.before = std::move(before);
  // Whoever looks for what was done to either patient finds it.
  if (!is_new && from.data.patient_id != to.data.patient_id) {
    entry.patients = {from.data.patient_id.value().value, to.data.patient_id.value().value};
  }
  return entry;
}

/// Who named another revision is told of this one, and of whom it is.
Task<> require_revision(db::Tx& tx, api::IfMatch expected, const Record& record) {
  std::optional<Failure> conflict;
  try {
    api::require_version(expected, record.revision);
  } catch (const Failure& failure) {
    if (failure.code() != Code::version_conflict) throw;
    conflict = failure;
  }
  if (!conflict) co_return;
  const auto name = co_await tx.maybe_one(kStaffName, record.version.by);
  conflict->extension("changed_by_name", json::serialize(json::value(name ? name->value : "")));
  conflict->extension("changed_at", '"' + format_rfc3339(record.version.changed_at) + '"');
  throw *conflict;
}

}  // namespace

Task<Record> lock(db::Tx& tx, RecordId id, api::IfMatch expected) {
  auto record = co_await tx.maybe_one(kLockRecord, id);
  if (!record || record->voided) throw Failure(Code::record_not_found);
  co_await require_revision(tx, std::move(expected), *record);
  record->diagnoses = co_await coding::diagnoses_of(tx, id);
  if (!record->version.salt)
    throw Failure(Code::conflict, "The content of this visit has been erased.");
  std::optional<std::string> reason;
  if (kept_at_once(record->version.kind)) {
    const auto said = co_await tx.maybe_one(kReasonOf, id, record->version.number);
    if (said) reason = said->value;
  }
  // Nothing is built on a row that was altered behind the service's back.
  if (!says_its_version(*record, reason)) {
    throw Failure(Code::conflict, "This visit differs from its last version and cannot be changed.",
                  "run `wardbook audit verify`");
  }
  co_return std::move(*record);
}

Task<RecordView> write_version(api::Write& w, const Clock& clock, Record& record, RecordInput data,
                               Change change) {
  const bool is_new = change.kind == "created";
  const AccountId by = w.actor().account.value();
  db::Tx& tx = w.tx();
  Record next = record;
  next.data = std::move(data);
  if (change.diagnoses) {
    next.diagnoses = std::move(*change.diagnoses);
  } else if (change.kind == "diagnosis") {
    next.diagnoses = co_await coding::diagnoses_of(tx, record.id);
  }
  // Another node's clock may be ahead of ours: a version is not older than the one before it.
  const Time now = std::max(clock.now(), record.version.changed_at);
  next.version = next_version(record.version, change, by, now);
  next.revision = record.revision + 1;
  next.status = change.status;
  next.data.diagnoses = coding::content_of(next.diagnoses);
  clinical::settle(next.data, record.data, next.version.number);
  next.content = canonical(next.data, next.diagnoses, next.version.content_format);
  next.version.salt = audit::new_salt();
  next.version.digest = audit::content_digest(*next.version.salt, change.reason, next.content);
  next.version.hash =
      version_hash(next.id, next.revision, next.status, next.data.patient_id.value(), next.version);

  // A draft's diagnoses change before its row, those of a new or a signed one behind it.
  const bool first = !is_new && change.status == "draft";
  if (first && change.queue_diagnoses) change.queue_diagnoses(tx);
  if (is_new) {
    queue_insert(tx, next);
  } else {
    const bool begins = next.version.number != record.version.number;
    if (begins && !kept_at_once(record.version.kind)) {
      queue_version(tx, record, std::nullopt, record.content);
    }
    queue_row(tx, next, change);
  }
  if (!first && change.queue_diagnoses) change.queue_diagnoses(tx);
  if (kept_at_once(change.kind)) queue_version(tx, next, change.reason, next.content);
  // An amendment is signed work as finalizing is: who, when, over the new version's hash.
  std::string signer;
  if (change.kind == "finalized" || change.kind == "amended") {
    signer = (co_await tx.one(kStaffName, by)).value;
    tx.queue(kInsertSignature, record.id, next.version.number, next.version.hash, by,
             format_rfc3339(now), change.kind, signer);
  }
  w.log(entry_of(record, next, change, signer));
  if (kept_at_once(change.kind) && change.kind != "voided") {
    objects::VisitStep step{next.id, next.data.patient_id.value(), change.kind, next.version.number,
                            next.data};
    co_await follow(w, std::move(step));
  }
  RecordView view = co_await tx.one(kShowRecord, record.id);
  record = std::move(next);
  co_return view;
}

}  // namespace wardbook::records
