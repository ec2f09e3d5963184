#include "api/conditions.h"
#include "api/input.h"
#include "api/paging.h"
#include "api/write.h"
#include "features/app.h"
#include "features/audit/audit.h"
#include "features/coding/coding.h"
#include "features/patients/patients.h"
#include "features/problems/problems_rules.h"
#include "features/problems/problems_sql.h"

namespace wardbook::problems {
namespace {

namespace json = boost::json;
using Need = api::Input::Need;

constexpr std::size_t kNameMost = 300;    // characters
constexpr std::size_t kTextMost = 2'000;  // characters
const std::vector<std::string_view> kReadOnly{"id",           "patient_id",      "version",
                                              "created_by",   "created_by_name", "created_at",
                                              "updated_by",   "updated_by_name", "updated_at",
                                              "last_seen_on", "expected_until",  "diagnosis_id"};

std::string problem_json(const objects::Object& object, Date today) {
  json::object out = objects::shown(object);
  out["status"] = status_on(object.content, today);
  return json::serialize(out);
}

/// Reads a problem over what it was; what is not sent stays.
json::object read_problem(const json::object& body, json::object content, bool is_new, Date today,
                          std::vector<Fault>& faults) {
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  api::Input in(body, "", faults);
  const auto code = in.text("icd_code", Need::optional, 20);
  const auto name = in.text("name", is_new ? Need::required : Need::optional, kNameMost);
  const auto course = in.one_of("course", Need::optional, {"acute", "self_limited", "chronic"});
  const auto status =
      in.one_of("status", Need::optional, {"active", "resolved", "entered_in_error"});
  const auto onset = in.day("onset", Need::optional);
  const auto resolved_on = in.day("resolved_on", Need::optional);
  const auto reason = in.text("resolved_reason", Need::optional, kTextMost, true);
  const auto notes = in.text("notes", Need::optional, kTextMost, true);
  if (is_new) {
    if (const auto record = in.integer("record_id", Need::optional, 1, kLargest)) {
      content["record_id"] = *record;
    }
  }
  in.finish(kReadOnly);
  if (code) {
    const auto normal = coding::normal_code(*code);
    if (!normal) in.fault("icd_code", "has not the form of an ICD-10-CM code (such as E11.9)");
    if (normal && is_new)
      content = [&] {
        json::object made = blank_problem(name.value_or(""), *normal);
        made["record_id"] = content.at("record_id");
        return made;
      }();
    if (normal) content["icd_code"] = *normal;
  } else if (body.contains("icd_code")) {
    content["icd_code"] = nullptr;
  }
  if (name) content["name"] = *name;
  if (course) content["course"] = *course;
  if (onset) content["onset"] = format_date(*onset);
  if (body.contains("onset") && !onset) content["onset"] = nullptr;
  if (body.contains("notes")) content["notes"] = notes ? json::value(*notes) : json::value(nullptr);
  if (onset && std::chrono::sys_days(*onset) > std::chrono::sys_days(today)) {
    in.fault("onset", "lies in the future");
  }
  if (status) {
    const bool over = *status != "active";
    if (over && !reason) in.fault("resolved_reason", "is required to resolve or strike a problem");
    content["status"] = *status;
    content["resolved_on"] = nullptr;
    if (*status == "resolved") content["resolved_on"] = format_date(resolved_on.value_or(today));
    content["resolved_reason"] = over && reason ? json::value(*reason) : json::value(nullptr);
    // Whoever says that it is active sees it now.
    if (!over && !is_new) content["last_seen_on"] = format_date(today);
  } else if (resolved_on || reason) {
    in.fault(resolved_on ? "resolved_on" : "resolved_reason", "is not expected without a status");
  }
  if (resolved_on && std::chrono::sys_days(*resolved_on) > std::chrono::sys_days(today)) {
    in.fault("resolved_on", "lies in the future");
  }
  return content;
}

Task<api::Response> create_problem(App& app, api::Request req) {
  const auto patient = req.path_id<PatientId>(Code::patient_not_found);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  co_await objects::require_patient(w.tx(), patient);
  std::vector<Fault> faults;
  Days days = co_await w.tx().one(kDays, app.clock.now(), std::nullopt, patient);
  json::object content = blank_problem("", std::nullopt);
  content = read_problem(req.object(), std::move(content), true, days.today, faults);
  if (const auto& record = content.at("record_id"); record.is_int64()) {
    days = co_await w.tx().one(kDays, app.clock.now(), record.as_int64(), patient);
    if (!days.record) faults.push_back({"/record_id", "is not a visit of this patient"});
  }
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  content["last_seen_on"] = format_date(days.of_visit.value_or(days.today));
  set_expected_end(content);
  objects::Step step{"problem.create"};
  const auto made =
      co_await objects::create(w, kProblem, patient, std::move(content), std::move(step));
  req.saw("problem", made.id, patient);
  api::Response response =
      api::created(problem_json(made, days.today), "/api/v1/problems/" + std::to_string(made.id))
          .etag(made.version);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> change_problem(App& app, api::Request req) {
  const auto id = req.path_int(Code::problem_not_found, "id");
  const auto expected = api::if_match(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  objects::Object before = co_await objects::lock(w.tx(), kProblem, id, expected);
  std::vector<Fault> faults;
  const Days days = co_await w.tx().one(kDays, app.clock.now(), std::nullopt, before.patient);
  json::object content = read_problem(req.object(), before.content, false, days.today, faults);
  if (req.object().contains("name") && req.object().at("name").is_null()) {
    faults.push_back({"/name", "cannot be removed"});
  }
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  set_expected_end(content);
  if (content == before.content) {
    w.log({.action = "problem.read",
           .resource = "problem",
           .resource_id = id,
           .patient = before.patient});
    api::Response same = api::ok(problem_json(before, days.today)).etag(before.version);
    co_return co_await w.commit(std::move(same));
  }
  objects::Step step{"problem.update"};
  const auto after =
      co_await objects::change(w, kProblem, std::move(before), std::move(content), std::move(step));
  api::Response response = api::ok(problem_json(after, days.today)).etag(after.version);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> get_problem(App& app, api::Request req) {
  const auto id = req.path_int(Code::problem_not_found, "id");
  db::Tx tx = co_await app.db.begin(req.tenant());
  const auto found = co_await objects::find(tx, kProblem, id);
  if (!found) throw Failure(Code::problem_not_found);
  const Days days = co_await tx.one(kDays, app.clock.now(), std::nullopt, found->patient);
  co_await tx.commit();
  audit::Entry seen{.action = "problem.read",
                    .resource = "problem",
                    .resource_id = id,
                    .patient = found->patient};
  co_await app.audit.read(req, std::move(seen));
  co_return api::versioned(req, problem_json(*found, days.today), found->version);
}

Task<api::Response> list_problems(App& app, api::Request req) {
  const auto patient = req.path_id<PatientId>(Code::patient_not_found);
  api::Params params(req);
  const auto status =
      params.one_of("status", {"active", "presumed_resolved", "resolved", "entered_in_error"});
  const api::IntegerPage page(params, req, "problems");
  params.finish();
  db::Tx tx = co_await app.db.begin(req.tenant());
  if (!co_await patients::find(tx, patient)) throw Failure(Code::patient_not_found);
  auto all = co_await objects::of_patient(tx, kProblem, patient);
  const Days days = co_await tx.one(kDays, app.clock.now(), std::nullopt, patient);
  co_await tx.commit();
  std::erase_if(all, [&](const auto& object) {
    return status && status_on(object.content, days.today) != *status;
  });
  std::optional<std::int64_t> total;
  if (page.count()) total = static_cast<std::int64_t>(all.size());
  std::erase_if(all, [&](const auto& object) { return object.id <= page.after().value_or(0); });
  audit::Entry seen{.action = "problem.list",
                    .resource = "patient",
                    .resource_id = patient.value,
                    .patient = patient,
                    .filters = api::filters_json(req)};
  co_await app.audit.read(req, std::move(seen));
  const auto id = [](const auto& row) { return row.id; };
  const auto json = [today = days.today](const auto& row) { return problem_json(row, today); };
  co_return api::ok(page.json(all, id, json, total));
}

constexpr api::Subject kOfProblem{
    .resource = "problem", .reading = api::Access::records_read, .whose = &kWhoseProblem};

}  // namespace

std::vector<api::Route> routes() {
  using enum api::Access;
  using api::Body;
  using patients::kPatient;
  return {{"GET", "/patients/{id}/problems", records_read, kPatient, &list_problems},
          {"POST", "/patients/{id}/problems", records_write, kPatient, &create_problem, Body::json},
          {"GET", "/problems/{id}", records_read, kOfProblem, &get_problem},
          {"PATCH", "/problems/{id}", records_write, kOfProblem, &change_problem, Body::json}};
}

}  // namespace wardbook::problems
