#include "features/records/records_life.h"

#include "api/idempotency.h"
#include "api/input.h"
#include "features/accounts/accounts.h"
#include "features/records/records_sql.h"

namespace wardbook::records {
namespace {

using Need = api::Input::Need;
constexpr std::size_t kReasonMost = 2'000;

Task<api::Response> answer(App& app, db::Tx& tx, const api::Request& req, RecordView view) {
  api::Response response = api::ok(view.json).etag(view.version);
  response = co_await api::commit_write(tx, req, std::move(response));
  app.audit.touch(req.caller.tenant());
  co_return response;
}

std::string reason_of(const boost::json::object& body) {
  std::vector<Fault> faults;
  api::Input in(body, "", faults);
  auto reason = in.text("reason", Need::required, kReasonMost, true);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  return *reason;
}

}  // namespace

Task<api::Response> void_record(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto expected = api::required_if_match(req);
  boost::json::object given;
  if (const auto reason = req.query_param("reason")) {
    given["reason"] = boost::json::string_view(reason->data(), reason->size());
  }
  const std::string reason = reason_of(given);
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  Record record = co_await lock(tx, id, expected);
  require_draft(record);
  const auto was_signed = co_await tx.one(kWasSigned, id);
  if (was_signed.value) {
    throw Failure(Code::conflict,
                  "This visit was signed before it was reopened: finalize it again instead.");
  }
  RecordInput data = record.data;
  Change change{.kind = "voided", .status = "draft", .reason = reason};
  (void)co_await write_version(tx, req, app.clock, record, std::move(data), std::move(change));
  co_await tx.commit();
  app.audit.touch(req.caller.tenant());
  co_return api::no_content();
}

Task<api::Response> finalize_record(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto expected = api::required_if_match(req);
  std::vector<Fault> faults;
  api::Input in(req.object(), "", faults);
  const auto password = in.text("password", Need::required, 1'000);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));

  // The password is checked before the transaction: hashing takes longer than a lock should last.
  co_await accounts::confirm_password(app, req.caller, *password, audit::actor_of(req));
  db::Tx tx = co_await api::begin_write(app.db, req);
  Record record = co_await lock(tx, id, expected);
  require_draft(record);
  RecordInput data = record.data;
  Change change{.kind = "finalized", .status = "finalized"};
  RecordView view =
      co_await write_version(tx, req, app.clock, record, std::move(data), std::move(change));
  co_return co_await answer(app, tx, req, std::move(view));
}

Task<api::Response> reopen_record(App& app, api::Request req) {
  const auto id = req.path_id<RecordId>(Code::record_not_found);
  const auto expected = api::required_if_match(req);
  const std::string reason = reason_of(req.object());
  db::Tx tx = co_await api::begin_write(app.db, req);
  Record record = co_await lock(tx, id, expected);
  if (record.status == "draft") throw Failure(Code::record_not_finalized);
  RecordInput data = record.data;
  Change change{.kind = "reopened", .status = "draft", .reason = reason};
  RecordView view =
      co_await write_version(tx, req, app.clock, record, std::move(data), std::move(change));
  co_return co_await answer(app, tx, req, std::move(view));
}

}  // namespace wardbook::records
