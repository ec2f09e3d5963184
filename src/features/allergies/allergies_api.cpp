#include "features/allergies/allergies_api.h"

#include "api/conditions.h"
#include "api/input.h"
#include "api/paging.h"
#include "features/allergies/allergies.h"
#include "features/allergies/allergies_sql.h"
#include "features/app.h"

namespace wardbook::allergies {
namespace {

namespace json = boost::json;
using Need = api::Input::Need;

constexpr std::size_t kMostAllergies = 200;
constexpr std::size_t kShortText = 200;
constexpr std::size_t kReaction = 500;
constexpr std::size_t kReasonText = 2'000;

constexpr api::Subject kAllergy{
    .resource = "allergy", .reading = api::Access::patients_read, .whose = &kWhoseAllergy};

json::value or_null(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

bool is_removal(const std::string& certainty) {
  return certainty == "refuted" || certainty == "entered_in_error";
}

api::Response answer(const objects::Object& allergy) {
  return api::ok(objects::shown(allergy)).etag(allergy.version);
}

Task<api::Response> list_allergies(App& app, api::Request req) {
  const auto patient = req.path_id<PatientId>(Code::patient_not_found);
  api::Params params(req);
  params.finish();
  json::array items;
  {
    db::Tx tx = co_await app.db.begin(req.caller.tenant());
    co_await objects::require_patient(tx, patient);
    const auto all = co_await objects::of_patient(tx, kKind, patient);
    for (const auto& allergy : all) items.push_back(objects::shown(allergy));
    co_await tx.commit();
  }
  audit::Entry seen{.action = "patient.allergies",
                    .resource = "patient",
                    .resource_id = patient.value,
                    .patient = patient};
  co_await app.audit.read(req, std::move(seen));
  co_return api::ok(json::object{{"items", std::move(items)}, {"next_cursor", nullptr}});
}

Task<api::Response> create_allergy(App& app, api::Request req) {
  const auto patient = req.path_id<PatientId>(Code::patient_not_found);
  std::vector<Fault> faults;
  json::object content = parse_allergy(req.object(), "", faults);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  co_await objects::require_patient(w.tx(), patient);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const auto before = co_await objects::of_patient(w.tx(), kKind, patient);
  if (before.size() >= kMostAllergies) {
    throw Failure(Code::conflict, "A patient has at most 200 allergies.");
  }
  objects::Step step{.action = "allergy.create"};
  const objects::Object made =
      co_await objects::create(w, kKind, patient, std::move(content), std::move(step));
  req.saw("allergy", made.id, patient);
  const std::string location = "/api/v1/allergies/" + std::to_string(made.id);
  api::Response response =
      api::created(json::serialize(objects::shown(made)), location).etag(made.version);
  co_return co_await w.commit(std::move(response));
}

/// What a merge patch makes of an allergy. Whoever removes it says why.
json::object patched(const objects::Object& before, const json::object& patch,
                     std::vector<Fault>& faults) {
  json::value whole = before.content;
  const std::string was(whole.as_object().at("certainty").as_string());
  whole.as_object()["reason"] = nullptr;
  api::merge_patch(whole, patch);
  json::object content = parse_allergy(whole, "", faults);
  if (!faults.empty()) return content;
  const std::string now(content.at("certainty").as_string());
  if (now == was && !patch.contains("reason")) {
    content["reason"] = before.content.at("reason");
  } else if (is_removal(now) && content.at("reason").is_null()) {
    faults.push_back({"/reason", "is required: how it was refuted, or what the error was"});
  }
  return content;
}

Task<api::Response> patch_allergy(App& app, api::Request req) {
  const auto id = req.path_int(Code::allergy_not_found, "id");
  const auto expected = api::if_match(req);
  const json::object& patch = req.object();
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  objects::Object before = co_await objects::lock(w.tx(), kKind, id, expected);
  std::vector<Fault> faults;
  json::object content = patched(before, patch, faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  req.saw("allergy", id, before.patient);
  if (content == before.content) {
    w.log({.action = "allergy.read",
           .resource = "allergy",
           .resource_id = id,
           .patient = before.patient});
    co_return co_await w.commit(answer(before));
  }
  objects::Step step{.action = "allergy.update"};
  if (const auto& reason = content.at("reason"); reason.is_string()) {
    step.reason = std::string(reason.as_string());
  }
  const objects::Object after =
      co_await objects::change(w, kKind, std::move(before), std::move(content), std::move(step));
  co_return co_await w.commit(answer(after));
}

}  // namespace

json::object parse_allergy(const json::value& given, const std::string& pointer,
                           std::vector<Fault>& faults) {
  json::object body;
  if (given.is_string()) {
    body["substance"] = given;
  } else if (given.is_object()) {
    body = given.as_object();
  } else {
    faults.push_back({pointer, "must be an object or a text"});
    return body;
  }
  api::Input in(body, pointer, faults);
  const auto substance = in.text("substance", Need::required, kShortText);
  const auto type = in.one_of("type", Need::optional, {"allergy", "intolerance"});
  const auto certainty = in.one_of("certainty", Need::optional,
                                   {"confirmed", "suspected", "refuted", "entered_in_error"});
  const auto reaction = in.text("reaction", Need::optional, kReaction);
  const auto severity =
      in.one_of("severity", Need::optional, {"mild", "moderate", "severe", "life_threatening"});
  const auto source = in.text("source", Need::optional, kShortText);
  const auto reason = in.text("reason", Need::optional, kReasonText, true);
  in.finish({"id", "patient_id", "version", "created_by", "created_by_name", "created_at",
             "updated_by", "updated_by_name", "updated_at"});
  return {{"substance", or_null(substance)},
          {"type", or_null(type)},
          {"certainty", certainty.value_or("suspected")},
          {"reaction", or_null(reaction)},
          {"severity", or_null(severity)},
          {"source", or_null(source)},
          {"reason", or_null(reason)}};
}

std::vector<json::object> parse_new(const json::array& list, const std::string& pointer,
                                    std::vector<Fault>& faults) {
  std::vector<json::object> out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    out.push_back(parse_allergy(list[i], pointer + "/" + std::to_string(i), faults));
  }
  return out;
}

Task<> record_new(api::Write& w, PatientId patient, std::vector<json::object> contents) {
  for (auto& content : contents) {
    objects::Step step{.action = "allergy.create"};
    (void)co_await objects::create(w, kKind, patient, std::move(content), std::move(step));
  }
}

Task<> verify_allergies(db::Pool& db, TenantId tenant, audit::Verdict& verdict) {
  co_await objects::verify(db, tenant, kKind, verdict);
  if (verdict.first_fault) co_return;
  db::Tx tx = co_await db.begin(tenant);
  if (const auto other = co_await tx.maybe_one(kFirstOtherSummary)) {
    verdict.first_fault =
        "patient " + std::to_string(other->value) + " has other allergies than are recorded";
  }
}

std::vector<api::Route> routes(const api::Subject& patient) {
  using enum api::Access;
  using api::Body;
  return {
      {"GET", "/patients/{id}/allergies", patients_read, patient, &list_allergies},
      {"POST", "/patients/{id}/allergies", allergies_write, patient, &create_allergy, Body::json},
      {"PATCH", "/allergies/{id}", allergies_write, kAllergy, &patch_allergy, Body::json}};
}

}  // namespace wardbook::allergies
