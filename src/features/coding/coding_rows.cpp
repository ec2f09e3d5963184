#include <algorithm>

#include "base/json_text.h"
#include "features/coding/coding_sql.h"

namespace wardbook::coding {
namespace {

namespace json = boost::json;

[[noreturn]] void rethrow_two_primaries(const db::ConstraintViolation& violation) {
  if (violation.constraint() == "diagnoses_one_primary") {
    throw Failure(Code::primary_diagnosis_exists);
  }
  throw violation;
}

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
Task<> revise_one(db::Tx& tx, std::string visit_date, Diagnosis before, json::object item,
                  std::string at, Revised& out, std::vector<Fault>& faults) {
  item.erase("id");
  if (item.empty()) {
    out.kept.push_back(std::move(before));
    co_return;
  }
  Coded c = co_await recoded(tx, std::move(visit_date), before, std::move(item), at, faults);
  if (c.header) out.headers.push_back(at + "/icd_code");
  Diagnosis after = with(before, std::move(c));
  if (!same(before, after)) out.changed.push_back(after);
  out.kept.push_back(std::move(after));
}

Task<> add_one(db::Tx& tx, std::string visit_date, json::object item, std::string at,
               Diagnosis fresh, Revised& out, std::vector<Fault>& faults) {
  Coded c = co_await coded(tx, std::move(visit_date), std::move(item), at, faults);
  if (c.header) out.headers.push_back(at + "/icd_code");
  out.added.push_back(with(std::move(fresh), std::move(c)));
}

}  // namespace

Diagnosis Diagnosis::from_row(const db::RowView& r) {
  Diagnosis d;
  d.id = r.id<DiagnosisId>(kColumns["id"]);
  d.record_id = r.id<RecordId>(kColumns["record_id"]);
  d.icd_code = r.str(kColumns["icd_code"]);
  d.icd_release = r.maybe_str(kColumns["icd_release"]);
  d.diagnosis_name = r.str(kColumns["diagnosis_name"]);
  d.diagnosis_type = r.str(kColumns["diagnosis_type"]);
  d.status = r.str(kColumns["status"]);
  d.notes = r.maybe_str(kColumns["notes"]);
  d.created_by = r.id<AccountId>(kColumns["created_by"]);
  d.created_at = pg_time_to_rfc3339(r.text(kColumns["created_at"]));
  d.updated_at = pg_time_to_rfc3339(r.text(kColumns["updated_at"]));
  return d;
}

void append_json(std::string& text, const Diagnosis& d) {
  ObjectWriter out(text);
  out.integer("id", d.id.value);
  out.integer("record_id", d.record_id.value);
  out.text("icd_code", d.icd_code);
  out.text("icd_release", d.icd_release);
  out.text("diagnosis_name", d.diagnosis_name);
  out.text("diagnosis_type", d.diagnosis_type);
  out.text("status", d.status);
  out.text("notes", d.notes);
  out.integer("created_by", d.created_by.value);
  out.text("created_at", d.created_at);
  out.text("updated_at", d.updated_at);
  out.end();
}

std::string to_json(const Diagnosis& d) {
  std::string text;
  append_json(text, d);
  return text;
}

std::vector<clinical::CodedDiagnosis> content_of(const std::vector<Diagnosis>& diagnoses) {
  std::vector<clinical::CodedDiagnosis> out;
  for (const auto& d : diagnoses) {
    out.push_back({d.id, d.icd_code, d.diagnosis_name, d.diagnosis_type, d.status, d.notes});
  }
  return out;
}

Task<std::optional<Diagnosis>> find(db::Tx& tx, DiagnosisId id) {
  co_return co_await tx.maybe_one(kGetDiagnosis, id);
}

Task<std::vector<Diagnosis>> diagnoses_of(db::Tx& tx, RecordId id) {
  co_return co_await tx.all(kDiagnosesOf, id);
}

Task<Diagnosis> insert(db::Tx& tx, RecordId record, Coded c, AccountId by) {
  try {
    co_return co_await tx.one(kInsertDiagnosis, record, c.input.icd_code, c.release,
                              c.input.diagnosis_name.value(), c.input.diagnosis_type,
                              c.input.status, c.input.notes, by);
  } catch (const db::ConstraintViolation& violation) {
    rethrow_two_primaries(violation);
  }
}

Task<Diagnosis> update(db::Tx& tx, DiagnosisId id, Coded c) {
  try {
    co_return co_await tx.one(kUpdateDiagnosis, id, c.input.icd_code, c.release,
                              c.input.diagnosis_name.value(), c.input.diagnosis_type,
                              c.input.status, c.input.notes);
  } catch (const db::ConstraintViolation& violation) {
    rethrow_two_primaries(violation);
  }
}

void queue_removal(db::Tx& tx, DiagnosisId id) {
  tx.queue(kRemoveDiagnosis, id);
}

std::vector<Diagnosis> Revised::all() const {
  std::vector<Diagnosis> out = kept;
  out.insert(out.end(), added.begin(), added.end());
  return out;
}

Task<Revised> revise(db::Tx& tx, RecordId record, std::vector<Diagnosis> before,
                     std::string visit_date, json::array list, AccountId by, std::string pointer,
                     std::vector<Fault>& faults) {
  Revised out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string at = pointer + "/" + std::to_string(i);
    const auto* item = list[i].if_object();
    if (item == nullptr) {
      faults.push_back({at, "must be an object"});
      continue;
    }
    if (!item->contains("id")) {
      Diagnosis fresh;
      fresh.record_id = record;
      fresh.created_by = by;
      co_await add_one(tx, visit_date, *item, at, std::move(fresh), out, faults);
      continue;
    }
    const auto* id = item->at("id").if_int64();
    const auto known =
        id == nullptr ? before.end() : std::ranges::find(before, DiagnosisId(*id), &Diagnosis::id);
    if (known == before.end()) {
      faults.push_back({at + "/id", "is not a diagnosis of this record, or is listed twice"});
      continue;
    }
    Diagnosis was = std::move(*known);
    before.erase(known);
    co_await revise_one(tx, visit_date, std::move(was), *item, at, out, faults);
  }
  for (const auto& d : before) out.removed.push_back(d.id);
  std::ranges::sort(out.kept, {}, &Diagnosis::id);
  const auto primary = [](const Diagnosis& d) { return d.diagnosis_type == "primary"; };
  if (std::ranges::count_if(out.kept, primary) + std::ranges::count_if(out.added, primary) > 1) {
    faults.push_back({pointer, "has more than one primary diagnosis"});
  }
  co_return out;
}

Task<> number(db::Tx& tx, Revised& revised) {
  if (revised.added.empty()) co_return;
  const auto ids = co_await tx.all(kNewIds, static_cast<int>(revised.added.size()));
  for (std::size_t i = 0; i < ids.size(); ++i) revised.added[i].id = DiagnosisId(ids[i].value);
}

/// Removals first, then changes, those that make a primary diagnosis last: at no moment two of
/// them.
void queue(db::Tx& tx, const Revised& revised) {
  for (const auto id : revised.removed) tx.queue(kRemoveDiagnosis, id);
  for (const bool primary : {false, true}) {
    for (const auto& d : revised.changed) {
      if ((d.diagnosis_type == "primary") != primary) continue;
      tx.queue(kSetDiagnosis, d.id, d.icd_code, d.icd_release, d.diagnosis_name, d.diagnosis_type,
               d.status, d.notes);
    }
  }
  for (const auto& d : revised.added) {
    tx.queue(kInsertNumbered, d.id, d.record_id, d.icd_code, d.icd_release, d.diagnosis_name,
             d.diagnosis_type, d.status, d.notes, d.created_by);
  }
}

}  // namespace wardbook::coding
