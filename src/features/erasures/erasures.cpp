#include "features/erasures/erasures.h"

#include "api/input.h"
#include "api/write.h"
#include "base/hash.h"
#include "base/log.h"
#include "features/erasures/erasures_sql.h"
#include "features/erasures/holds.h"
#include "features/patients/patients.h"
#include "features/tenants/tenants.h"
#include "s3/client.h"

namespace wardbook::erasures {
namespace {

namespace json = boost::json;
constexpr int kObjectsPage = 100;
constexpr int kCertificateFormat = 1;

std::string erasure_json(const Erasure& e) {
  std::string out;
  api::ObjectWriter writer(out);
  writer.integer("id", e.id)
      .integer("patient_id", e.patient.value)
      .text("reason", e.reason)
      .text("state", e.state)
      .integer("requested_by", e.requested_by)
      .text("requested_at", e.requested_at)
      .text("rows_erased_at", e.rows_erased_at)
      .text("completed_at", e.completed_at)
      .text("certificate", e.certificate)
      .text("certificate_hash", e.certificate_hash);
  writer.end();
  return out;
}

// ---- handlers

Task<api::Response> request_erasure(App& app, api::Request req) {
  const auto id = req.path_id<PatientId>(Code::patient_not_found);
  std::vector<Fault> faults;
  text::Input in(req.object(), "", faults);
  const auto reason = in.text("reason", text::Input::Need::required, kReasonMost, true);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  db::Tx& tx = w.tx();
  const auto patient = co_await tx.maybe_one(kLockPatient, id);
  if (!patient) throw Failure(Code::patient_not_found);
  const auto hold = co_await tx.maybe_one(kHoldInForce, id);
  if (hold) throw Failure(Code::legal_hold);
  const auto earlier = co_await tx.maybe_one(kOfPatient, id);
  if (earlier) {
    throw Failure(Code::conflict, "The erasure of this patient was asked for before.");
  }
  const Erasure made = co_await tx.one(kInsertErasure, id, *reason, req.caller.account);
  // Says nothing that the erasure would have to remove.
  w.log({.action = "erasure.request",
         .resource = "erasure",
         .resource_id = made.id,
         .patient = made.patient});
  req.saw("erasure", made.id, made.patient);
  api::Response response =
      api::created(erasure_json(made), "/api/v1/erasures/" + std::to_string(made.id));
  response.status = 202;
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> get_erasure(App& app, api::Request req) {
  const auto id = req.path_int(Code::erasure_not_found, "id");
  const auto found = co_await app.db.read_maybe_one(req.tenant(), kGetErasure, id);
  if (!found) throw Failure(Code::erasure_not_found);
  audit::Entry seen{.action = "erasure.read",
                    .resource = "erasure",
                    .resource_id = found->id,
                    .patient = found->patient};
  co_await app.audit.read(req, std::move(seen));
  co_return api::ok(erasure_json(*found));
}

constexpr api::Subject kHold{
    .resource = "hold", .reading = api::Access::users_admin, .whose = &kWhoseHold};
constexpr api::Subject kErasure{
    .resource = "erasure", .reading = api::Access::users_admin, .whose = &kWhoseErasure};

// ---- the work

/// One step after the other, each of which may be the last one that this process takes.
struct Worker {
  App& app;
  TenantId tenant;
  std::function<void()> before_step;
  void step() const {
    if (before_step) before_step();
  }
};

Task<> note_held(Worker& work, std::int64_t id) {
  db::Tx begun = co_await work.app.db.begin_job(work.tenant);
  api::Write w = api::write_over(work.app.audit, std::move(begun), audit::Actor{});
  db::Tx& tx = w.tx();
  const auto erasure = co_await tx.maybe_one(kLockErasure, id);
  if (erasure && erasure->state == "requested") {
    tx.queue(kNoteHeld, id);
    audit::Entry entry{.action = "erasure.refuse",
                       .resource = "erasure",
                       .resource_id = id,
                       .patient = erasure->patient};
    w.log_in(work.tenant, std::move(entry));
  }
  co_await w.commit_logged_or_not();
}

/// False: entries of the audit log wait for their seals.
Task<bool> erase_rows(Worker& work, std::int64_t id) {
  while (co_await audit::seal(work.app.db, work.tenant) > 0) work.step();
  work.step();
  const auto outcome = co_await work.app.provisioner.erase_patient(work.tenant, id);
  if (outcome == migrate::Erased::held) co_await note_held(work, id);
  co_return outcome != migrate::Erased::unsealed;
}

Task<> remove_object(s3::Store& store, std::string key) {
  const bool folder = key.ends_with('/');
  const auto removed = folder ? co_await store.remove_all_below(std::move(key))
                              : co_await store.remove_for_good(std::move(key));
  if (removed) co_return;
  const auto& failure = removed.error();
  const bool away = failure.error == s3::S3Error::unavailable;
  throw Failure(away ? Code::store_unavailable : Code::internal, {},
                std::string(s3::to_string(failure.error)) + " " + failure.code);
}

/// No transaction is open while the store works. What was removed is noted behind it: a process
/// that ends in between removes it once more.
Task<> remove_objects(Worker& work, std::int64_t id) {
  s3::Store& store = work.app.objects;
  const std::string bucket = store.options().bucket;
  while (true) {
    std::vector<db::TextRow> keys;
    {
      db::Tx tx = co_await work.app.db.begin_job(work.tenant);
      keys = co_await tx.all(kObjectsToRemove, id, bucket, kObjectsPage);
      co_await tx.commit();
    }
    if (keys.empty()) co_return;
    for (const auto& key : keys) {
      work.step();
      co_await remove_object(store, key.value);
      db::Tx tx = co_await work.app.db.begin_job(work.tenant);
      tx.queue(kObjectRemoved, id, bucket, key.value);
      co_await tx.commit();
    }
  }
}

/// What is left of a patient: numbers, times and counts.
std::string certificate_of(const TenantId& tenant, const Erasure& e, const ObjectsSoFar& objects) {
  json::object counts = json::parse(e.counts.value_or("{}")).as_object();
  counts["objects"] = objects.keys;
  const json::object out{{"format", kCertificateFormat},
                         {"tenant", tenant.str()},
                         {"erasure_id", e.id},
                         {"patient_id", e.patient.value},
                         {"reason", e.reason},
                         {"requested_by", e.requested_by},
                         {"requested_at", e.requested_at},
                         {"rows_erased_at", e.rows_erased_at.value_or("")},
                         {"completed_at", format_rfc3339(objects.now)},
                         {"erased", std::move(counts)},
                         {"audit_seal", objects.seals},
                         {"audit_head", objects.head.value_or("")}};
  return api::canonical_json(out);
}

Task<> complete(Worker& work, std::int64_t id) {
  db::Tx begun = co_await work.app.db.begin_job(work.tenant);
  api::Write w = api::write_over(work.app.audit, std::move(begun), audit::Actor{});
  db::Tx& tx = w.tx();
  const auto erasure = co_await tx.maybe_one(kLockErasure, id);
  if (!erasure || erasure->state != "rows_erased") co_return;
  const auto objects = co_await tx.one(kObjectsSoFar, id);
  if (objects.left > 0) co_return;  // an upload's URL is still good, or another bucket has them
  const std::string certificate = certificate_of(work.tenant, *erasure, objects);
  const std::string hash = to_hex(sha256(certificate));
  tx.queue(kForgetObjects, id);
  tx.queue(kComplete, id, objects.now, certificate, hash);
  audit::Entry entry{.action = "erasure.complete",
                     .resource = "erasure",
                     .resource_id = id,
                     .patient = erasure->patient,
                     .after = R"({"certificate_hash":")" + hash + "\"}"};
  w.log_in(work.tenant, std::move(entry));
  co_await w.commit();
  log::info("a patient was erased", {{"tenant", work.tenant.str()}, {"erasure", id}});
}

Task<std::optional<Erasure>> next_to_do(Worker& work, std::int64_t after) {
  db::Tx tx = co_await work.app.db.begin_job(work.tenant);
  auto found = co_await tx.maybe_one(kNextToDo, after);
  co_await tx.commit();
  co_return found;
}

Task<> all_tenants(App& app, jobs::Run& run) {
  jobs::TenantWork work = [&app, &run](TenantId tenant) {
    std::function<void()> check = [&run] { run.check(); };
    return carry_on(app, std::move(tenant), std::move(check));
  };
  co_await jobs::each_tenant(run, app.db, "an erasure did not go on", std::move(work));
}

}  // namespace

Task<bool> carry_on(App& app, TenantId tenant, std::function<void()> before_step) {
  Worker work{app, std::move(tenant), std::move(before_step)};
  bool waits = false;
  std::int64_t last = 0;
  while (true) {
    work.step();
    const auto erasure = co_await next_to_do(work, last);
    if (!erasure) co_return waits;
    last = erasure->id;
    if (erasure->state == "requested" && !co_await erase_rows(work, last)) {
      waits = true;
      continue;
    }
    work.step();
    co_await remove_objects(work, last);
    work.step();
    co_await complete(work, last);
  }
}

jobs::Job job(App& app, std::chrono::seconds every) {
  return {.name = "erasures", .every = every, .work = [&app](jobs::Run& run) {
            return all_tenants(app, run);
          }};
}

Task<> verify_certificates(db::Pool& db, TenantId tenant, audit::Verdict& verdict) {
  db::Tx tx = co_await db.begin(std::move(tenant));
  if (const auto bad = co_await tx.maybe_one(kFirstBadCertificate)) {
    verdict.first_fault =
        "the certificate of erasure " + std::to_string(bad->value) + " does not hold";
    co_return;
  }
  if (const auto lost = co_await tx.maybe_one(kFirstLostCertificate)) {
    verdict.first_fault =
        "the certificate of erasure " + std::to_string(lost->value) + " is missing";
  }
}

std::vector<api::Route> routes() {
  using enum api::Access;
  return {
      {"GET", "/holds", users_admin, kHold, &list_holds},
      {"POST", "/holds", users_admin, kHold, &place_hold, api::Body::json},
      {"DELETE", "/holds/{id}", users_admin, kHold, &release_hold},
      {"POST", "/patients/{id}/erasure", users_admin, patients::kPatient, &request_erasure,
       api::Body::json},
      {"GET", "/erasures/{id}", users_admin, kErasure, &get_erasure},
  };
}

}  // namespace wardbook::erasures
