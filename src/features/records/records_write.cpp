#include <algorithm>

#include "api/input.h"
#include "features/records/records_search.h"
#include "features/records/records_sql.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;

/// The fields in which two contents differ, one side each, for the audit log.
struct Sides {
  json::object before;
  json::object after;
};

Sides differing(const std::string& before, const std::string& after) {
  Sides sides;
  const json::value old_content = json::parse(before);
  const json::value new_content = json::parse(after);
  for (const auto& member : new_content.as_object()) {
    const auto* was = old_content.as_object().if_contains(member.key());
    if (was != nullptr && *was == member.value()) continue;
    if (was != nullptr) sides.before[member.key()] = *was;
    sides.after[member.key()] = member.value();
  }
  return sides;
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

/// The row takes the version that was queued before it.
void queue_row(db::Tx& tx, const Record& record, const RecordInput& d,
               const std::vector<Diagnosis>& diagnoses, const Change& change, std::int64_t version,
               const std::string& hash, AccountId by, const std::string& now) {
  const RecordId id = record.id;
  if (change.kind == "finalized") {
    tx.queue(kFinalizeRecord, id, version, hash, by, now);
  } else if (change.kind == "reopened") {
    tx.queue(kReopenRecord, id, version, hash);
  } else if (change.kind == "voided") {
    tx.queue(kVoidRecord, id, version, hash, by, now, change.reason.value_or(""));
  } else {
    tx.queue(kUpdateRecord, id, d.patient_id.value(), d.doctor_id.value(), d.visit_date,
             d.visit_type, d.chief_complaint, d.history_of_present_illness, d.physical_examination,
             d.diagnosis, d.treatment_plan, db::Json{d.prescriptions}, db::Json{d.vital_signs},
             db::Json{d.lab_results}, d.notes, d.follow_up_required, d.follow_up_date,
             d.follow_up_instructions, hash, version, change.status,
             search_document(d, diagnoses, record.record_number), text::kSearchFormat);
  }
}

void queue_insert(db::Tx& tx, const Record& record, const RecordInput& d, const std::string& hash,
                  AccountId by, const std::string& now) {
  MaybeId template_id;
  MaybeId template_version;
  if (record.from_template) {
    template_id = record.from_template->id.value;
    template_version = record.from_template->version;
  }
  tx.queue(kInsertRecord, record.id, record.record_number, d.patient_id.value(),
           d.doctor_id.value(), d.visit_date, d.visit_type, d.chief_complaint,
           d.history_of_present_illness, d.physical_examination, d.diagnosis, d.treatment_plan,
           db::Json{d.prescriptions}, db::Json{d.vital_signs}, db::Json{d.lab_results}, d.notes,
           d.follow_up_required, d.follow_up_date, d.follow_up_instructions, hash, by, now,
           template_id, template_version, search_document(d, {}, record.record_number),
           text::kSearchFormat);
}

}  // namespace

Task<Record> lock(db::Tx& tx, RecordId id, api::IfMatch expected) {
  auto record = co_await tx.maybe_one(kLockRecord, id);
  if (!record || record->voided) throw Failure(Code::record_not_found);
  api::require_version(expected, record->version);
  if (record->content.empty()) {
    LastVersion last = co_await tx.one(kLastVersion, id, record->version);
    record->content = std::move(last.content);
    record->changed_at = last.changed_at;
  }
  co_return std::move(*record);
}

Task<std::vector<Diagnosis>> diagnoses_of(db::Tx& tx, RecordId id) {
  co_return co_await tx.all(kDiagnosesOf, id);
}

Task<RecordView> write_version(db::Tx& tx, const api::Request& request, const Clock& clock,
                               Record& record, RecordInput data, Change change) {
  const bool is_new = change.kind == "created";
  const AccountId by = request.caller.account;
  const std::int64_t version = record.version + 1;
  std::vector<Diagnosis> diagnoses;
  if (change.diagnoses) {
    diagnoses = std::move(*change.diagnoses);
  } else if (!is_new) {
    diagnoses = co_await diagnoses_of(tx, record.id);
  }
  // Another node's clock may be ahead of ours: a version is not older than the one before it.
  const Time time = std::max(clock.now(), record.changed_at);
  const std::string now = format_rfc3339(time);
  const std::string content = canonical_content(data, diagnoses);
  const std::string hash = content_hash(record.id, version, change.status, by, now, content);

  if (is_new) queue_insert(tx, record, data, hash, by, now);
  tx.queue(kInsertVersion, record.id, version, change.kind, change.reason, change.status, by, now,
           content, hash);
  if (change.queue_diagnoses) change.queue_diagnoses(tx);
  if (!is_new) queue_row(tx, record, data, diagnoses, change, version, hash, by, now);
  // An amendment is signed work as finalizing is: who, when, over the new version's hash.
  const bool is_signed = change.kind == "finalized" || change.kind == "amended";
  std::string signer;
  if (is_signed) {
    signer = (co_await tx.one(kSignersName, by)).value;
    tx.queue(kInsertSignature, record.id, version, hash, by, now, change.kind, signer);
  }

  Sides sides = differing(is_new ? "{}" : record.content, content);
  if (!is_new) {
    sides.before["version"] = record.version;
    sides.before["status"] = record.status;
  }
  sides.after["version"] = version;
  // With it the sealed log vouches for the version: `audit verify` compares them.
  sides.after["content_hash"] = hash;
  if (is_new) sides.after["record_number"] = record.record_number;
  if (is_signed) sides.after["signed_by_name"] = signer;
  sides.after["status"] = change.status;
  audit::Entry entry{.action = action_of(change.kind),
                     .resource = "record",
                     .resource_id = record.id.value,
                     .patient = data.patient_id,
                     .reason = change.reason,
                     .after = json::serialize(sides.after)};
  if (!is_new) entry.before = json::serialize(sides.before);
  // Whoever looks for what was done to either patient finds it.
  if (!is_new && record.data.patient_id != data.patient_id) {
    entry.patients = {record.data.patient_id.value().value, data.patient_id.value().value};
  }
  audit::record(tx, audit::actor_of(request), std::move(entry));

  RecordView view = co_await tx.one(kShowRecord, record.id);
  record.data = std::move(data);
  record.version = version;
  record.status = change.status;
  record.content_hash = hash;
  record.content = content;
  record.changed_at = time;
  co_return view;
}

}  // namespace wardbook::records
