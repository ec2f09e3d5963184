#include "features/problems/problems.h"

#include <algorithm>

#include "clinical/problem_codes.h"
#include "features/problems/problems_rules.h"
#include "features/problems/problems_sql.h"

namespace wardbook::problems {
namespace {

namespace json = boost::json;

/// The problem that a diagnosis on this day is of; those that are over begin anew.
objects::Object* same_problem(std::vector<objects::Object>& all,
                              const clinical::CodedDiagnosis& diagnosis, Date day) {
  for (auto& object : all) {
    if (is_of(object.content, diagnosis, day)) return &object;
  }
  return nullptr;
}

/// A problem that nothing but this visit has made, and which the visit does not say any more.
bool taken_back(const objects::Object& object, const objects::VisitStep& step) {
  const auto& made_by = object.content.at("record_id");
  if (made_by != step.record.value || object.version != 1) return false;
  const auto& id = object.content.at("diagnosis_id");
  return std::ranges::none_of(step.visit.diagnoses, [&](const auto& diagnosis) {
    return id == diagnosis.id.value && promotes(diagnosis);
  });
}

}  // namespace

Task<> follow(api::Write& w, objects::VisitStep step) {
  if (step.kind == "reopened") co_return;
  auto all = co_await objects::of_patient(w.tx(), kProblem, step.patient);
  const Time now = Time();
  const Days days = co_await w.tx().one(kDays, now, step.record.value, step.patient);
  const Date day = days.of_visit.value_or(days.today);
  for (const auto& diagnosis : step.visit.diagnoses) {
    if (!promotes(diagnosis)) continue;
    objects::Object* known = same_problem(all, diagnosis, day);
    if (known == nullptr) {
      json::object content = promoted(diagnosis, day, step.record);
      objects::Step by{"problem.create"};
      all.push_back(
          co_await objects::create(w, kProblem, step.patient, std::move(content), std::move(by)));
      continue;
    }
    json::object content = seen_again(known->content, diagnosis, day, step.record);
    if (content == known->content) continue;
    objects::Step by{"problem.update"};
    *known = co_await objects::change(w, kProblem, *known, std::move(content), std::move(by));
  }
  for (const auto& object : all) {
    if (!taken_back(object, step) || object.content.at("status") != "active") continue;
    json::object content = object.content;
    content["status"] = "entered_in_error";
    content["resolved_reason"] = "The amended visit does not say so any more.";
    objects::Step by{"problem.update"};
    (void)co_await objects::change(w, kProblem, object, std::move(content), std::move(by));
  }
}

Task<std::string> current_json(db::Tx& tx, PatientId patient, Time now) {
  const auto all = co_await objects::of_patient(tx, kProblem, patient);
  const Days days = co_await tx.one(kDays, now, std::nullopt, patient);
  json::array out;
  for (const auto& object : all) {
    if (status_on(object.content, days.today) != "active") continue;
    json::object shown = objects::shown(object);
    out.push_back(std::move(shown));
  }
  // What was seen last is first.
  std::ranges::stable_sort(out, [](const json::value& a, const json::value& b) {
    const auto seen = [](const json::value& each) {
      const auto* day = each.as_object().if_contains("last_seen_on");
      return day != nullptr && day->is_string() ? std::string(day->as_string()) : std::string();
    };
    return seen(a) > seen(b);
  });
  co_return json::serialize(out);
}

}  // namespace wardbook::problems
