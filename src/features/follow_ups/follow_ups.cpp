#include "features/follow_ups/follow_ups.h"

#include <algorithm>

#include "features/follow_ups/follow_ups_rules.h"
#include "features/follow_ups/follow_ups_sql.h"

namespace wardbook::follow_ups {
namespace {

namespace json = boost::json;

bool is_open(const objects::Object& object) {
  const auto* state = object.content.if_contains("state");
  return state != nullptr && *state == "open";
}

bool of_visit(const objects::Object& object, RecordId record) {
  const auto* of = object.content.if_contains("record_id");
  return of != nullptr && of->is_int64() && of->as_int64() == record.value;
}

/// What the visit itself asks for.
Task<> settle_own(api::Write& w, const objects::VisitStep& step, std::vector<objects::Object> own) {
  const bool asks = step.visit.follow_up_required && step.visit.follow_up_date.has_value();
  const auto open = std::ranges::find_if(own, is_open);
  if (!asks) {
    if (open == own.end()) co_return;
    json::object content = open->content;
    content["state"] = "closed";
    content["outcome"] = "cancelled";
    content["outcome_reason"] = "The amended visit does not ask for it any more.";
    objects::Step by{"follow_up.close"};
    (void)co_await objects::change(w, kFollowUp, *open, std::move(content), std::move(by));
    co_return;
  }
  json::object asked = asked_for(step);
  if (open != own.end()) {
    json::object content = open->content;
    // What somebody moved or wrote since then stays, unless the visit says something else now.
    for (const char* name : {"what_for", "due", "doctor_id"}) content[name] = asked[name];
    if (content == open->content || !open->content.at("moved_from").is_null()) co_return;
    objects::Step by{"follow_up.update"};
    (void)co_await objects::change(w, kFollowUp, *open, std::move(content), std::move(by));
    co_return;
  }
  // One that was closed is asked for anew only with another day.
  for (const auto& object : own) {
    if (object.content.at("due") == asked.at("due")) co_return;
  }
  objects::Step by{"follow_up.create"};
  (void)co_await objects::create(w, kFollowUp, step.patient, std::move(asked), std::move(by));
}

}  // namespace

Task<> follow(api::Write& w, objects::VisitStep step) {
  if (step.kind == "reopened") co_return;
  auto all = co_await objects::of_patient(w.tx(), kFollowUp, step.patient);
  std::vector<objects::Object> own;
  std::ranges::copy_if(all, std::back_inserter(own),
                       [&](const auto& object) { return of_visit(object, step.record); });
  co_await settle_own(w, step, std::move(own));
  if (step.kind != "finalized") co_return;
  for (auto& object : all) {
    if (!is_open(object) || of_visit(object, step.record) || !may_keep(step, object.content))
      continue;
    if (!object.content.at("proposed_record_id").is_null()) continue;
    json::object content = object.content;
    content["proposed_record_id"] = step.record.value;
    objects::Step by{"follow_up.propose"};
    (void)co_await objects::change(w, kFollowUp, object, std::move(content), std::move(by));
  }
}

Task<Counts> open_ones(db::Tx& tx, std::optional<AccountId> doctor, Time now) {
  co_return co_await tx.one(kOpen, doctor, now);
}

}  // namespace wardbook::follow_ups
