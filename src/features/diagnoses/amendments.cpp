#include "features/diagnoses/amendments.h"

#include "api/idempotency.h"
#include "api/input.h"
#include "features/coding/coding.h"
#include "features/records/records.h"

namespace wardbook::diagnoses {
namespace {

namespace json = boost::json;
using Need = api::Input::Need;

constexpr std::size_t kReasonMost = 2'000;

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
      if (const auto* list = inside.array("diagnoses", Need::required, coding::kMostDiagnoses)) {
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
