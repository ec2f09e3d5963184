#include <algorithm>

#include "api/idempotency.h"
#include "api/input.h"
#include "features/diagnoses/coding.h"
#include "features/diagnoses/diagnoses_sql.h"

namespace wardbook::diagnoses {
namespace {

namespace json = boost::json;
using Need = api::Input::Need;

constexpr std::size_t kReasonMost = 2'000;

/// What an amendment makes of a record's diagnoses.
struct Revised {
  std::vector<Diagnosis> kept;     ///< as they were or changed, in their order
  std::vector<Diagnosis> added;    ///< without ids yet
  std::vector<Diagnosis> changed;  ///< those of `kept` that are no longer as they were
  std::vector<DiagnosisId> removed;
  std::vector<std::string> headers;  ///< pointers to codes that only head others
  [[nodiscard]] bool empty() const { return added.empty() && changed.empty() && removed.empty(); }
};

/// The row of a checked diagnosis; what it does not say stays as in `base`.
Diagnosis with(Diagnosis base, Coded c) {
  base.icd_code = std::move(c.input.icd_code);
  base.icd_release = std::move(c.release);
  base.diagnosis_name = c.input.diagnosis_name.value_or("");
  base.diagnosis_type = std::move(c.input.diagnosis_type);
  base.status = std::move(c.input.status);
  base.notes = std::move(c.input.notes);
  return base;
}

bool same(const Diagnosis& a, const Diagnosis& b) {
  return a.icd_code == b.icd_code && a.diagnosis_name == b.diagnosis_name &&
         a.diagnosis_type == b.diagnosis_type && a.status == b.status && a.notes == b.notes;
}

/// One of the listed diagnoses that are there: `{"id": 5}` keeps it, further members change it.
Task<> revise_one(db::Tx& tx, const std::string& visit_date, const Diagnosis& before,
                  json::object item, std::string at, Revised& out, std::vector<Fault>& faults) {
  item.erase("id");
  if (item.empty()) {
    out.kept.push_back(before);
    co_return;
  }
  Coded c = co_await recoded(tx, visit_date, before, std::move(item), at, faults);
  if (c.header) out.headers.push_back(at + "/icd_code");
  Diagnosis after = with(before, std::move(c));
  if (!same(before, after)) out.changed.push_back(after);
  out.kept.push_back(std::move(after));
}

/// `list` is all that the record is to have: known ids stay, items without one are new, whatever is
/// not listed is taken out.
Task<Revised> revise(db::Tx& tx, const records::Record& record, const std::string& visit_date,
                     const json::array& list, AccountId by, std::vector<Fault>& faults) {
  std::vector<Diagnosis> before = record.diagnoses;
  Revised out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string at = "/changes/diagnoses/" + std::to_string(i);
    const auto* item = list[i].if_object();
    if (item == nullptr) {
      faults.push_back({at, "must be an object"});
      continue;
    }
    if (!item->contains("id")) {
      Coded c = co_await coded(tx, visit_date, *item, at, faults);
      if (c.header) out.headers.push_back(at + "/icd_code");
      Diagnosis fresh;
      fresh.record_id = record.id;
      fresh.created_by = by;
      out.added.push_back(with(std::move(fresh), std::move(c)));
      continue;
    }
    const auto* id = item->at("id").if_int64();
    const auto known =
        id == nullptr ? before.end() : std::ranges::find(before, DiagnosisId(*id), &Diagnosis::id);
    if (known == before.end()) {
      faults.push_back({at + "/id", "is no diagnosis of this record, or is listed twice"});
      continue;
    }
    const Diagnosis was = *known;
    before.erase(known);
    co_await revise_one(tx, visit_date, was, *item, at, out, faults);
  }
  for (const auto& d : before) out.removed.push_back(d.id);
  std::ranges::sort(out.kept, {}, &Diagnosis::id);
  const auto primary = [](const Diagnosis& d) { return d.diagnosis_type == "primary"; };
  if (std::ranges::count_if(out.kept, primary) + std::ranges::count_if(out.added, primary) > 1) {
    faults.push_back({"/changes/diagnoses", "has more than one primary diagnosis"});
  }
  co_return out;
}

/// Removals first, then changes, those that make a primary diagnosis last: at no moment two of
/// them.
void queue_revision(db::Tx& tx, const Revised& revised) {
  for (const auto id : revised.removed) tx.queue(kRemoveDiagnosis, id);
  for (const bool primary : {false, true}) {
    for (const auto& d : revised.changed) {
      if ((d.diagnosis_type == "primary") != primary) continue;
      tx.queue(kSetDiagnosis, d.id, d.icd_code, d.icd_release, d.diagnosis_name, d.diagnosis_type,
               d.status, d.notes);
    }
  }
  for (const auto& d : revised.added) {
    tx.queue(kInsertAmended, d.id, d.record_id, d.icd_code, d.icd_release, d.diagnosis_name,
             d.diagnosis_type, d.status, d.notes, d.created_by);
  }
}

Task<> apply_revision(db::Tx& tx, Revised revised, records::Change& change) {
  std::vector<db::Int64Row> ids;
  if (!revised.added.empty()) {
    ids = co_await tx.all(kNewDiagnosisIds, static_cast<int>(revised.added.size()));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) revised.added[i].id = DiagnosisId(ids[i].value);
  change.diagnoses = revised.kept;
  change.diagnoses->insert(change.diagnoses->end(), revised.added.begin(), revised.added.end());
  change.queue_diagnoses = [revised = std::move(revised)](db::Tx& within) {
    queue_revision(within, revised);
  };
}

struct Asked {
  std::string reason;
  json::object fields;                   ///< of the record
  std::optional<json::array> diagnoses;  ///< all that it is to have
};

/// Adds to `faults`; what is at fault is empty.
Asked read_body(const json::object& body, std::vector<Fault>& faults) {
  Asked out;
  api::Input in(body, "", faults);
  out.reason = in.text("reason", Need::required, kReasonMost, true).value_or("");
  if (const auto* changes = in.object("changes", Need::required)) {
    if (changes->empty()) in.fault("changes", "must not be empty");
    out.fields = *changes;
    if (changes->contains("patient_id")) {
      faults.push_back({"/changes/patient_id", "a finalized record stays with its patient"});
      out.fields.erase("patient_id");
    }
    if (changes->contains("diagnoses")) {
      // Its own reader, which is not asked about the other fields.
      api::Input inside(*changes, "/changes", faults);
      if (const auto* list = inside.array("diagnoses", Need::required, kMostDiagnoses)) {
        out.diagnoses = *list;
      }
      out.fields.erase("diagnoses");
    }
  }
  in.finish();
  return out;
}

}  // namespace

Task<api::Response> amend_record(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto expected = api::if_match(req);
  db::Tx tx = co_await api::begin_write(app.db, req);
  records::Record record = co_await records::lock(tx, id, expected);
  if (record.status == "draft") throw Failure(Code::record_not_finalized);
  std::vector<Fault> faults;
  const Asked asked = read_body(req.object(), faults);
  records::RecordInput data = co_await records::changed_input(
      tx, req, record, asked.fields, records::Apply::amend, "/changes", faults);
  records::Change change{.kind = "amended", .status = "amended", .reason = asked.reason};
  const std::string visit = faults.empty() ? data.visit_date : record.data.visit_date;
  Revised revised;
  if (asked.diagnoses) {
    revised = co_await revise(tx, record, visit, *asked.diagnoses, req.caller.account, faults);
  } else {
    revised.kept = record.diagnoses;
  }
  std::vector<Fault> moved;
  co_await records::check_codes(tx, revised.kept, record.data.visit_date, visit, moved);
  for (auto& fault : moved) faults.push_back({"/changes" + fault.pointer, fault.message});
  // What is signed says something new.
  if (faults.empty() && revised.empty() &&
      records::canonical_content(record.data, record.diagnoses) ==
          records::canonical_content(data, revised.kept)) {
    faults.push_back({"/changes", "changes nothing"});
  }
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const std::vector<std::string> headers = revised.headers;
  if (asked.diagnoses) co_await apply_revision(tx, std::move(revised), change);
  records::RecordView view = co_await records::write_version(tx, req, app.clock, record,
                                                             std::move(data), std::move(change));
  for (const auto& pointer : headers) view.warn(header_warning(pointer));
  req.saw("record", id.value, view.patient);
  api::Response response = api::ok(view.json).etag(view.revision);
  response.status = 201;
  response = co_await api::commit_write(tx, req, std::move(response));
  app.audit.touch(req.caller.tenant());
  co_return response;
}

}  // namespace wardbook::diagnoses
