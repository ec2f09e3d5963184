#include "demo/chart_objects.h"

#include "features/follow_ups/follow_ups.h"
#include "features/follow_ups/follow_ups_rules.h"
#include "features/problems/problems.h"
#include "features/problems/problems_rules.h"

namespace wardbook::demo {
namespace {

namespace json = boost::json;

AccountId signer_of(const objects::VisitStep& step) {
  return step.visit.doctor_id.value();
}

}  // namespace

void ChartObjects::make(objects::Kind kind, audit::Action action, const objects::VisitStep& step,
                        Time at, json::object content) {
  objects::Object object;
  object.patient = step.patient;
  object.version = 1;
  object.content = std::move(content);
  object.created_by = object.updated_by = signer_of(step);
  object.created_at = object.updated_at = format_rfc3339(at);
  places_[step.patient].push_back(all_.size());
  all_.push_back({kind, {{action, std::move(object)}}});
}

void ChartObjects::change(MadeObject& made, audit::Action action, const objects::VisitStep& step,
                          Time at, json::object content) {
  objects::Object object = made.now();
  ++object.version;
  object.content = std::move(content);
  object.updated_by = signer_of(step);
  object.updated_at = std::max(object.updated_at, format_rfc3339(at));
  made.steps.push_back({action, std::move(object)});
}

void ChartObjects::note_problems(const objects::VisitStep& step, Time at) {
  const Time visit = parse_rfc3339(step.visit.visit_date).value();
  const Date day(std::chrono::floor<std::chrono::days>(visit));
  for (const auto& diagnosis : step.visit.diagnoses) {
    if (!problems::promotes(diagnosis)) continue;
    MadeObject* known = nullptr;
    for (const std::size_t place : places_[step.patient]) {
      MadeObject& each = all_[place];
      if (each.kind.resource != problems::kProblem.resource) continue;
      if (problems::is_of(each.now().content, diagnosis, day)) known = &each;
    }
    if (known == nullptr) {
      make(problems::kProblem, "problem.create", step, at,
           problems::promoted(diagnosis, day, step.record));
      continue;
    }
    json::object content = problems::seen_again(known->now().content, diagnosis, day, step.record);
    if (content != known->now().content) {
      change(*known, "problem.update", step, at, std::move(content));
    }
  }
}

void ChartObjects::note_follow_ups(const objects::VisitStep& step, Time at) {
  for (const std::size_t place : places_[step.patient]) {
    MadeObject& each = all_[place];
    if (each.kind.resource != follow_ups::kFollowUp.resource) continue;
    json::object content = each.now().content;
    const bool same = content.at("doctor_id") == signer_of(step).value;
    const bool kept =
        follow_ups::may_keep(step, content) || (same && step.visit.visit_type == "follow_up");
    if (content.at("state") != "open" || !kept) continue;
    content["state"] = "closed";
    content["outcome"] = "done";
    content["outcome_record_id"] = step.record.value;
    content["closed_at"] = format_rfc3339(at);
    content["closed_by"] = signer_of(step).value;
    content["closed_by_name"] = names_[signer_of(step).value];
    change(each, "follow_up.close", step, at, std::move(content));
  }
  if (step.visit.follow_up_required && step.visit.follow_up_date) {
    make(follow_ups::kFollowUp, "follow_up.create", step, at, follow_ups::asked_for(step));
  }
}

void ChartObjects::sign(const objects::VisitStep& step, Time at) {
  note_problems(step, at);
  note_follow_ups(step, at);
}

}  // namespace wardbook::demo
