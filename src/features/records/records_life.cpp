#include "features/records/records_life.h"

#include "api/idempotency.h"
#include "api/input.h"
#include "api/paging.h"
#include "features/accounts/accounts.h"
#include "features/records/records_sql.h"

namespace wardbook::records {
namespace {

using Need = api::Input::Need;
constexpr std::size_t kReasonMost = 2'000;  // characters

Task<api::Response> answer(api::Write& w, const api::Request& req, RecordView view) {
  req.saw("record", view.id.value, view.patient);
  api::Response response = api::ok(view.json).etag(view.revision);
  co_return co_await w.commit(std::move(response));
}

std::string reason_of(const boost::json::object& body) {
  std::vector<Fault> faults;
  api::Input in(body, "", faults);
  auto reason = in.text("reason", Need::required, kReasonMost, true);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  return *reason;
}

std::string password_of(const boost::json::object& body) {
  std::vector<Fault> faults;
  api::Input in(body, "", faults);
  auto password = in.text("password", Need::required, 1'000);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  return *password;
}

/// Refuses what could not be finalized anyway before the password is asked; says whose it is.
Task<PatientId> look_before_signing(App& app, const api::Request& req, RecordId id,
                                    api::IfMatch expected) {
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  const Record record = co_await lock(tx, id, std::move(expected));
  require_draft(record);
  require_complete(record.data);
  co_await tx.commit();
  co_return record.data.patient_id.value();
}

/// A request under the key of another one is refused as that, whatever its password; a wrong one
/// counts towards the lock-out all the same, so that nobody tries passwords with a key.
Task<> ask_password(App& app, const api::Request& req, std::string password, api::Seen seen,
                    accounts::AskedFor what) {
  try {
    co_await accounts::confirm_password(app, req.caller, std::move(password), req.actor(),
                                        std::move(what));
  } catch (const Failure& failure) {
    if (seen != api::Seen::another || failure.code() != Code::wrong_password) throw;
  }
}

}  // namespace

Task<api::Response> void_record(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto expected = api::if_match(req);
  api::Params params(req);
  boost::json::object given;
  if (const auto reason = params.unchecked("reason")) given["reason"] = *reason;
  params.finish();
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  Record record = co_await lock(w.tx(), id, expected);
  require_draft(record);
  const auto was_signed = co_await w.tx().one(kWasSigned, id);
  if (was_signed.value) {
    throw Failure(Code::record_was_signed,
                  "This visit was signed before it was reopened: finalize it again instead.");
  }
  const std::string reason = reason_of(given);
  RecordInput data = record.data;
  Change change{.kind = "voided", .status = "draft", .reason = reason};
  (void)co_await write_version(w, app.clock, record, std::move(data), std::move(change));
  co_return co_await w.commit(api::no_content());
}

Task<api::Response> finalize_record(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto expected = api::if_match(req);
  const api::Earlier earlier = co_await api::earlier_request(app.db, req);
  accounts::AskedFor what{"record", id.value, std::nullopt};
  if (earlier.seen == api::Seen::never) {
    what.patient = co_await look_before_signing(app, req, id, expected);
  }
  // The password is checked before the transaction: hashing takes longer than a lock should last.
  std::string password = password_of(req.object());
  co_await ask_password(app, req, std::move(password), earlier.seen, std::move(what));
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  Record record = co_await lock(w.tx(), id, expected);
  require_draft(record);
  require_complete(record.data);
  RecordInput data = record.data;
  Change change{.kind = "finalized", .status = "finalized"};
  RecordView view =
      co_await write_version(w, app.clock, record, std::move(data), std::move(change));
  co_return co_await answer(w, req, std::move(view));
}

Task<api::Response> reopen_record(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto expected = api::if_match(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  Record record = co_await lock(w.tx(), id, expected);
  if (record.status == "draft") throw Failure(Code::record_not_finalized);
  const std::string reason = reason_of(req.object());
  RecordInput data = record.data;
  Change change{.kind = "reopened", .status = "draft", .reason = reason};
  RecordView view =
      co_await write_version(w, app.clock, record, std::move(data), std::move(change));
  co_return co_await answer(w, req, std::move(view));
}

}  // namespace wardbook::records
