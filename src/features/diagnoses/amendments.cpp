#include "features/diagnoses/amendments.h"

#include "api/input.h"
#include "features/coding/coding.h"
#include "features/records/records.h"

namespace wardbook::diagnoses {
namespace {

namespace json = boost::json;
using Need = api::Input::Need;

constexpr std::size_t kReasonMost = 2'000;

struct Amendment {
  std::string reason;
  json::object changes;  ///< fields of the record, and the diagnoses that it is to have
};

/// Adds to `faults`; what is at fault is empty.
Amendment read_body(const json::object& body, std::vector<Fault>& faults) {
  Amendment out;
  api::Input in(body, "", faults);
  out.reason = in.text("reason", Need::required, kReasonMost, true).value_or("");
  if (const auto* changes = in.object("changes", Need::required)) {
    if (changes->empty()) in.fault("changes", "must not be empty");
    out.changes = *changes;
    if (changes->contains("patient_id")) {
      faults.push_back(
          {"/changes/patient_id", "must stay the same: a finalized record keeps its patient"});
      out.changes.erase("patient_id");
    }
  }
  in.finish();
  return out;
}

}  // namespace

Task<api::Response> amend_record(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto expected = api::if_match(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  db::Tx& tx = w.tx();
  records::Record record = co_await records::lock(tx, id, expected);
  if (record.status == "draft") throw Failure(Code::record_not_finalized);
  std::vector<Fault> faults;
  const Amendment amendment = read_body(req.object(), faults);
  records::Asked asked = co_await records::read_change(tx, req, record, amendment.changes,
                                                       records::Apply::amend, "/changes", faults);
  // What is signed says something new.
  if (faults.empty() && !asked.changes(record)) faults.push_back({"/changes", "changes nothing"});
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  records::Change change{.kind = "amended", .status = "amended", .reason = amendment.reason};
  co_await records::take_diagnoses(tx, asked, id, change);
  records::RecordView view = co_await records::write_version(
      w, app.clock, record, std::move(asked.data), std::move(change));
  for (const auto& pointer : asked.headers()) {
    view.warn(coding::header_warning("/changes" + pointer));
  }
  req.saw("record", id.value, view.patient);
  api::Response response = api::ok(view.json).etag(view.revision);
  response.status = 201;
  co_return co_await w.commit(std::move(response));
}

}  // namespace wardbook::diagnoses
