#include "features/follow_ups/follow_ups_rules.h"

#include "base/text.h"

namespace wardbook::follow_ups {
namespace {

namespace json = boost::json;

/// A visit may keep a follow-up that is due within so many days.
constexpr std::chrono::days kNear{14};

/// The first words that say what for.
std::string what_for(const clinical::Visit& visit) {
  if (visit.follow_up_instructions) return *visit.follow_up_instructions;
  for (const auto& text : {visit.diagnosis, visit.chief_complaint}) {
    if (text && !only_blanks(*text, " \t\r\n")) {
      return "Follow-up: " + std::string(trimmed(split(*text, "\n").front(), kWhiteSpace));
    }
  }
  return "Follow-up";
}

}  // namespace

json::object asked_for(const objects::VisitStep& step) {
  json::object out{{"state", "open"}, {"record_id", step.record.value}};
  for (const char* name :
       {"problem_id", "due_until", "outcome", "outcome_record_id", "outcome_reason", "closed_at",
        "closed_by", "closed_by_name", "moved_to", "moved_from", "proposed_record_id"}) {
    out[name] = nullptr;
  }
  out["what_for"] = what_for(step.visit);
  out["due"] = format_date(step.visit.follow_up_date.value());
  out["doctor_id"] = step.visit.doctor_id.value().value;
  return out;
}

bool may_keep(const objects::VisitStep& step, const json::object& content) {
  const auto& visit = step.visit;
  if (visit.visit_type == "emergency") return false;
  const auto* doctor = content.if_contains("doctor_id");
  const bool same = doctor != nullptr && doctor->is_int64() && visit.doctor_id &&
                    doctor->as_int64() == visit.doctor_id->value;
  if (visit.visit_type != "follow_up" && !same) return false;
  const auto at = parse_rfc3339(visit.visit_date);
  const auto due = parse_date(std::string_view(content.at("due").as_string()));
  if (!at || !due) return false;
  return std::chrono::floor<std::chrono::days>(*at) >= std::chrono::sys_days(*due) - kNear;
}

}  // namespace wardbook::follow_ups
