#include "demo/visit.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "demo/narrative.h"
#include "features/allergies/allergies.h"

namespace wardbook::demo {
namespace {

namespace json = boost::json;

constexpr std::string_view kSickNote = "Sick note issued for three days.";
const Phrases kNotes = {"Accompanied by a family member.",
                        "Interpreter present during the visit.",
                        "Asked to bring the medication list next time.",
                        "Letter to the family physician dictated.",
                        "Vaccination status checked.",
                        "Consent to share results with the specialist given.",
                        "Prefers to be called in the afternoon."};

/// The visit while it is being written.
struct Draft {
  Random& random;
  const HospitalPlan& plan;
  Someone& someone;
  const Occasion& occasion;
  Scene scene = {};
  json::array prescriptions = {};
  json::array results = {};
  std::set<std::string_view> prescribed = {};
};

bool is_procedure(const Condition& reason) {
  return reason.icd == "Z12.11" || reason.icd == "L72.3" || reason.icd == "M25.561";
}

std::string visit_type_of(Draft& draft) {
  const Condition& reason = *draft.occasion.reason;
  if (draft.occasion.recovering) {
    return draft.random.chance(reason.telehealth * 0.5) ? "telehealth" : "follow_up";
  }
  if (is_procedure(reason)) return "procedure";
  const double at = draft.random.uniform();
  if (at < reason.emergency) return "emergency";
  if (at < reason.emergency + reason.inpatient) return "inpatient";
  if (at > 1 - reason.telehealth && draft.occasion.again) return "telehealth";
  if (at > 1 - reason.telehealth * 0.6 && !is_lasting(reason)) return "telehealth";
  return draft.occasion.again ? "follow_up" : "consultation";
}

int minute_of(Random& random, const std::string& visit_type) {
  if (visit_type == "emergency") return random.between(0, 287) * 5;
  if (visit_type == "inpatient") return random.between(84, 250) * 5;
  return random.between(96, 201) * 5;  // 8:00 to 16:45
}

/// The trimester's code.
void name_diagnosis(Draft& draft) {
  const Condition& reason = *draft.occasion.reason;
  Scene& scene = draft.scene;
  scene.diagnosis_code = reason.icd;
  scene.diagnosis_name = reason.name;
  if (reason.icd != "Z34.82" || !draft.someone.pregnancy) return;
  const int week = days_between(draft.someone.pregnancy->first, draft.occasion.day) / 7;
  const bool first = week < 14;
  const bool third = week >= 28;
  scene.diagnosis_code = first ? "Z34.81" : third ? "Z34.83" : "Z34.82";
  scene.diagnosis_name = std::string("Encounter for supervision of other normal pregnancy, ") +
                         (first   ? "first"
                          : third ? "third"
                                  : "second") +
                         " trimester";
}

/// Which lasting conditions are dealt with besides the reason, and which are only mentioned.
void choose_others(Draft& draft) {
  const bool review = is_lasting(*draft.occasion.reason);
  for (const Course& course : draft.someone.body.courses()) {
    if (course.condition == draft.occasion.reason) continue;
    if (course.known_since > draft.occasion.day) continue;
    const bool close = review && draft.scene.others.size() < 2 && draft.random.chance(0.45);
    (close ? draft.scene.others : draft.scene.background).push_back(course.condition);
  }
}

void take_results(Draft& draft, const Condition& about, bool ill) {
  if (about.labs.empty() || !draft.random.chance(about.lab_share)) return;
  Person& body = draft.someone.body;
  bool first = true;
  for (const Lab lab : about.labs) {
    const std::string name(lab_test(lab).name);
    const bool there = std::any_of(draft.results.begin(), draft.results.end(), [&](const auto& r) {
      return r.as_object().at("test").as_string() == name;
    });
    // INR is followed under warfarin only; a test is done once a visit.
    const bool warfarin = draft.prescribed.contains("Warfarin");
    if (there || (lab == Lab::inr && !warfarin) || (!first && draft.random.chance(0.25))) continue;
    const auto before = body.previous(lab);
    json::object result = body.lab_result(lab, draft.occasion.day, ill);
    if (first && before && lab_test(lab).normal_text.empty()) {
      draft.scene.results.push_back(name + " " + *body.previous(lab) + ", previously " + *before +
                                    ".");
    } else if (first) {
      const std::string value = lab_test(lab).normal_text.empty()
                                    ? *body.previous(lab)
                                    : std::string(result.at("value").as_string());
      draft.scene.results.push_back(name + ": " + value + ".");
    }
    first = false;
    draft.results.push_back(std::move(result));
  }
}

/// Of these nobody gets two at once.
std::string_view class_of(Med key) {
  switch (key) {
    case Med::atorvastatin:
    case Med::rosuvastatin:
      return "statin";
    case Med::lisinopril:
    case Med::losartan:
      return "renin-angiotensin blocker";
    case Med::metoprolol:
    case Med::bisoprolol:
    case Med::propranolol:
      return "beta blocker";
    case Med::ibuprofen:
    case Med::naproxen:
      return "anti-inflammatory";
    case Med::sertraline:
    case Med::escitalopram:
      return "antidepressant";
    default:
      return medication(key).name;
  }
}

void prescribe(Draft& draft, Med key, std::string_view how) {
  const auto& known_allergies = draft.someone.allergies;
  const auto forbidden = [&](Med med) {
    const Medication& one = medication(med);
    return std::any_of(known_allergies.begin(), known_allergies.end(), [&](const auto& known) {
      return known.first == one.allergy ||
             !allergies::check({allergies::Allergen{known.first}}, {std::string(one.name)}).empty();
    });
  };
  if (forbidden(key)) key = alternative_to(key);
  const Medication& med = medication(key);
  if (forbidden(key) || !draft.prescribed.insert(class_of(key)).second) return;
  const Date day = draft.occasion.day;
  json::object line{{"medication", med.name},
                    {"dosage", med.dosage},
                    {"frequency", med.frequency},
                    {"route", med.route}};
  line["quantity"] = med.quantity;
  if (med.refills > 0) line["refills"] = med.refills;
  if (!med.instructions.empty()) line["instructions"] = med.instructions;
  line["start_date"] = format_date(day);
  if (med.days > 0) {
    line["duration"] = std::to_string(med.days) + (med.days == 1 ? " day" : " days");
    line["end_date"] = format_date(plus_days(day, med.days - 1));
  }
  draft.prescriptions.push_back(std::move(line));
  draft.scene.medication.push_back(std::string(how) + " " + std::string(med.name) + " " +
                                   std::string(med.dosage) + " " + std::string(med.frequency) +
                                   ".");
}

/// A lasting condition's treatment: continued, begun, or a step further if it has not worked.
void treat_lasting(Draft& draft, Course& course, bool first_time) {
  const auto& steps = course.condition->treatments;
  if (steps.empty()) return;
  std::size_t before = course.step;
  const bool settled = days_between(course.known_since, draft.occasion.day) > 90;
  if (!first_time && settled && course.response < 0.7 && course.step + 1 < steps.size() &&
      draft.random.chance(0.4)) {
    ++course.step;
    course.response = std::min(0.95, course.response + 0.25);
  }
  for (const Med med : steps[course.step]) {
    const auto& old = steps[before];
    const bool known = std::find(old.begin(), old.end(), med) != old.end();
    prescribe(draft, med, first_time || !known ? "Start" : "Continue");
  }
}

Course* course_of(Draft& draft, const Condition* of) {
  for (Course& course : draft.someone.body.courses()) {
    if (course.condition == of) return &course;
  }
  return nullptr;
}

void treat(Draft& draft) {
  const Condition& reason = *draft.occasion.reason;
  if (Course* course = course_of(draft, &reason)) {
    treat_lasting(draft, *course, !draft.occasion.again);
  } else if (!draft.occasion.recovering && !reason.treatments.empty()) {
    for (const Med med : draft.random.pick(reason.treatments)) {
      const bool adult = draft.scene.age >= 12;
      if (!adult && (med == Med::naproxen || med == Med::salbutamol)) continue;
      prescribe(draft, med, "Start");
    }
  }
  for (const Condition* other : draft.scene.others) {
    if (Course* course = course_of(draft, other)) treat_lasting(draft, *course, false);
  }
}

std::optional<Date> arrange_follow_up(Draft& draft) {
  const Condition& reason = *draft.occasion.reason;
  const double share = draft.occasion.recovering ? 0 : reason.follow_up;
  if (!draft.random.chance(share)) return std::nullopt;
  Date day = plus_days(draft.occasion.day,
                       draft.random.between(reason.follow_up_days_low, reason.follow_up_days_high));
  const std::chrono::weekday weekday{std::chrono::sys_days(day)};
  if (weekday == std::chrono::Saturday) day = plus_days(day, 2);
  if (weekday == std::chrono::Sunday) day = plus_days(day, 1);
  return day;
}

std::vector<DemoDiagnosis> diagnoses_of(Draft& draft) {
  const Condition& reason = *draft.occasion.reason;
  const char* status = is_lasting(reason)          ? "chronic"
                       : draft.occasion.recovering ? "resolved"
                                                   : "active";
  std::vector<DemoDiagnosis> list;
  list.push_back({draft.scene.diagnosis_code, draft.scene.diagnosis_name, "primary", status});
  for (const Condition* other : draft.scene.others) {
    list.push_back({std::string(other->icd), std::string(other->name), "secondary", "chronic"});
  }
  for (const Condition* known : draft.scene.background) {
    if (!draft.random.chance(0.35)) continue;
    list.push_back({std::string(known->icd), std::string(known->name), "secondary", "chronic"});
  }
  if (reason.icd == "R07.89" && !draft.occasion.recovering) {
    list.push_back({"I20.9", "Angina pectoris, unspecified", "differential", "ruled_out"});
  }
  if (reason.icd == "A09" && draft.random.chance(0.3)) {
    list.push_back({"K35.80", "Unspecified acute appendicitis", "differential", "ruled_out"});
  }
  return list;
}

std::string allergies_text(const Someone& someone) {
  std::vector<std::string> parts;
  for (const auto& [substance, reaction] : someone.allergies) {
    parts.push_back(substance + " (" + reaction + ")");
  }
  return listed(parts);
}

void examine(Draft& draft, const std::string& visit_type) {
  const Condition& reason = *draft.occasion.reason;
  Person& body = draft.someone.body;
  draft.scene.by_video = visit_type == "telehealth";
  double how_ill = draft.random.uniform(0.6, 1.0);
  if (draft.occasion.recovering) how_ill = 0.05;
  if (is_lasting(reason) && draft.occasion.again) how_ill *= 0.6;
  draft.scene.signs = draft.scene.by_video ? body.home_signs(draft.occasion.day, reason)
                                           : body.vital_signs(draft.occasion.day, reason, how_ill);
}

json::object body_of(Draft& draft, const Narrative& story, std::optional<Date> back_on) {
  json::object body;
  body["chief_complaint"] = story.complaint;
  body["history_of_present_illness"] = story.history;
  body["physical_examination"] = story.examination;
  body["diagnosis"] = story.assessment;
  body["treatment_plan"] = story.plan;
  body["prescriptions"] = std::move(draft.prescriptions);
  body["vital_signs"] = std::move(draft.scene.signs);
  body["lab_results"] = std::move(draft.results);
  const bool acute = !is_lasting(*draft.occasion.reason) && !draft.occasion.recovering;
  const bool works = draft.scene.age >= 18 && draft.scene.age < 65;
  if (acute && works && draft.random.chance(0.12)) {
    body["notes"] = kSickNote;
  } else if (draft.random.chance(0.2)) {
    body["notes"] = draft.random.pick(kNotes);
  }
  body["follow_up_required"] = back_on.has_value();
  if (back_on) {
    body["follow_up_date"] = format_date(*back_on);
    body["follow_up_instructions"] = draft.occasion.reason->instructions;
  }
  return body;
}

}  // namespace

Visit make_visit(Random& random, const HospitalPlan& plan, Someone& someone,
                 const Occasion& occasion) {
  Draft draft{random, plan, someone, occasion};
  Scene& scene = draft.scene;
  scene.reason = occasion.reason;
  scene.again = occasion.again;
  scene.recovering = occasion.recovering;
  scene.age = someone.body.age_on(occasion.day);
  scene.sex = someone.body.sex();
  scene.allergies = allergies_text(someone);
  name_diagnosis(draft);
  choose_others(draft);

  const std::string visit_type = visit_type_of(draft);
  examine(draft, visit_type);
  treat(draft);
  take_results(draft, *occasion.reason, !is_lasting(*occasion.reason) && !occasion.recovering);
  for (const Condition* other : scene.others) take_results(draft, *other, false);
  const auto back_on = arrange_follow_up(draft);
  if (back_on) scene.follow_up = "Return on " + format_date(*back_on) + ".";

  Visit visit;
  visit.back_on = back_on;
  visit.record.diagnoses = diagnoses_of(draft);
  const Narrative story = tell(random, scene);
  const Time at = local_time(plan, occasion.day, minute_of(random, visit_type));
  const std::string taken_at = format_rfc3339(at - std::chrono::minutes(random.between(20, 90)));
  for (auto& result : draft.results) result.as_object()["taken_at"] = taken_at;
  visit.record.body = body_of(draft, story, back_on);
  visit.record.body["visit_type"] = visit_type;
  visit.record.body["visit_date"] = format_rfc3339(at);
  visit.record.created_at = at + std::chrono::minutes(random.between(2, 15));
  return visit;
}

}  // namespace wardbook::demo
