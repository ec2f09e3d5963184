#include "features/medications/medications.h"

#include <algorithm>

#include "features/allergies/allergies.h"
#include "features/medications/durations.h"
#include "features/medications/medications_sql.h"
#include "text/key.h"

namespace wardbook::medications {
namespace {

namespace json = boost::json;

/// What a course has of its prescription; the rest is what became of it.
constexpr std::array<std::string_view, 11> kPrescribed{
    "medication",   "ingredients", "dosage",  "frequency", "route",    "duration",
    "instructions", "started_on",  "ends_on", "end_known", "record_id"};

json::value value_of(const clinical::MaybeText& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

std::string_view text_in(const json::object& content, std::string_view key) {
  const auto* value = content.if_contains(json::string_view(key.data(), key.size()));
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

bool is_current(const json::object& course) {
  const auto state = text_in(course, "state");
  return state == "active" || state == "on_hold";
}

/// The course with what the prescription says now; the same if it says nothing else.
json::object amended(const json::object& course, const json::object& fresh) {
  json::object out = course;
  for (const auto key : kPrescribed) {
    const json::string_view name(key.data(), key.size());
    out[name] = fresh.at(name);
  }
  return out;
}

Task<> end_continued(api::Write& w, const std::vector<objects::Object>& all,
                     const json::object& begun) {
  for (const auto& earlier : all) {
    if (!continues(earlier.content, begun)) continue;
    objects::Object locked = co_await objects::lock(w.tx(), kKind, earlier.id);
    json::object content = continued(locked.content, begun);
    objects::Step step{.action = "medication.replace"};
    (void)co_await objects::change(w, kKind, std::move(locked), std::move(content), step);
  }
}

Task<> begin_or_amend(api::Write& w, const objects::VisitStep& step,
                      const std::vector<objects::Object>& all, const objects::Object* known,
                      json::object fresh) {
  if (known == nullptr) {
    objects::Step begin{.action = "medication.begin"};
    json::object content = fresh;
    (void)co_await objects::create(w, kKind, step.patient, std::move(content), begin);
    co_await end_continued(w, all, fresh);
    co_return;
  }
  json::object content = amended(known->content, fresh);
  if (content == known->content) co_return;
  objects::Object locked = co_await objects::lock(w.tx(), kKind, known->id);
  content = amended(locked.content, fresh);
  objects::Step amend{.action = "medication.amend"};
  (void)co_await objects::change(w, kKind, std::move(locked), std::move(content), amend);
}

Task<> take_out(api::Write& w, std::int64_t id) {
  objects::Object locked = co_await objects::lock(w.tx(), kKind, id);
  json::object content = locked.content;
  content["state"] = "entered_in_error";
  content["reason"] = "taken out of the visit";
  objects::Step step{.action = "medication.amend", .reason = "taken out of the visit"};
  (void)co_await objects::change(w, kKind, std::move(locked), std::move(content), step);
}

}  // namespace

json::object course_of(const clinical::Prescription& line, RecordId record, Date day) {
  const Date start = line.start_date.value_or(day);
  End end;
  if (line.end_date) {
    end = {true, line.end_date};
  } else if (line.duration) {
    end = end_of(*line.duration, start);
  }
  json::array ingredients;
  for (auto& name : allergies::ingredients_of(line.medication.value_or(""))) {
    ingredients.emplace_back(std::move(name));
  }
  return {{"medication", value_of(line.medication)},
          {"ingredients", std::move(ingredients)},
          {"dosage", value_of(line.dosage)},
          {"frequency", value_of(line.frequency)},
          {"route", value_of(line.route)},
          {"duration", value_of(line.duration)},
          {"instructions", value_of(line.instructions)},
          {"state", "active"},
          {"started_on", format_date(start)},
          {"ends_on", end.day ? json::value(format_date(*end.day)) : json::value(nullptr)},
          {"end_known", end.known},
          {"record_id", record.value},
          {"item_id", line.id},
          {"reason", nullptr},
          {"proposal", nullptr}};
}

bool continues(const json::object& earlier, const json::object& later) {
  return is_current(earlier) && earlier.at("record_id") != later.at("record_id") &&
         text_in(earlier, "started_on") <= text_in(later, "started_on") &&
         text::plain_key(text_in(earlier, "medication")) ==
             text::plain_key(text_in(later, "medication"));
}

json::object continued(json::object earlier, const json::object& later) {
  earlier["state"] = "completed";
  earlier["ends_on"] = later.at("started_on");
  earlier["end_known"] = true;
  earlier["reason"] = "prescribed anew";
  earlier["proposal"] = nullptr;
  return earlier;
}

Task<> follow(api::Write& w, objects::VisitStep step) {
  if (step.kind == "reopened") co_return;
  const Time at = parse_rfc3339(step.visit.visit_date).value();
  const auto days = co_await w.tx().one(kLocalDays, at, at);
  const auto all = co_await objects::of_patient(w.tx(), kKind, step.patient);
  std::vector<std::int64_t> kept;
  for (const auto& line : step.visit.prescriptions) {
    json::object fresh = course_of(line, step.record, days.then);
    const auto known = std::ranges::find_if(all, [&](const auto& course) {
      return course.content.at("record_id") == fresh.at("record_id") &&
             course.content.at("item_id") == fresh.at("item_id");
    });
    const objects::Object* own = known == all.end() ? nullptr : &*known;
    if (own != nullptr) kept.push_back(own->id);
    co_await begin_or_amend(w, step, all, own, std::move(fresh));
  }
  for (const auto& course : all) {
    const bool own = course.content.at("record_id") == json::value(step.record.value);
    const bool gone = own && std::ranges::find(kept, course.id) == kept.end();
    if (gone && text_in(course.content, "state") != "entered_in_error") {
      co_await take_out(w, course.id);
    }
  }
}

}  // namespace wardbook::medications
