#include "demo/generator.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <span>
#include <string>

#include "demo/patients.h"
#include "demo/visit.h"

namespace wardbook::demo {
namespace {

constexpr int kWindowDays = 730;
/// So many patients were here in the last days: their records are what the wards work on.
constexpr int kRecentPatients = 14;

struct Reason {
  const Condition* condition;
  bool again;
};

/// How many visits everybody has: more with every lasting condition; together exactly `records`,
/// each at least one.
std::vector<int> share_out(Random& random, std::vector<Someone>& people, int records) {
  std::vector<double> weights;
  for (Someone& someone : people) {
    double weight = 0.6 + random.uniform();
    weight += 0.75 * static_cast<double>(someone.body.courses().size());
    if (someone.pregnancy) weight += 1;
    weights.push_back(weight);
  }
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  const int count = static_cast<int>(people.size());
  std::vector<int> visits;
  for (const double weight : weights) {
    visits.push_back(1 + static_cast<int>((records - count) * weight / total));
  }
  int left = records - std::accumulate(visits.begin(), visits.end(), 0);
  for (; left > 0; --left) ++visits[static_cast<std::size_t>(random.between(0, count - 1))];
  return visits;
}

/// Infections of the airways have their winter.
double season(const HospitalPlan& plan, const Condition& one, Date day) {
  if (!one.icd.starts_with("J") && one.icd != "U07.1") return 1;
  const int month = static_cast<int>(static_cast<unsigned>(day.month()));
  const int shifted = plan.id == "tenant_1762083064503" ? month + 6 : month;
  return 1 + 0.7 * std::cos((shifted - 1) * 2 * 3.14159265358979 / 12);
}

const Condition* pick_short(Random& random, const HospitalPlan& plan, Someone& someone, Date day,
                            const std::vector<Condition>& from) {
  const int age = someone.body.age_on(day);
  const auto weight = [&](const Condition& one) {
    if (one.sex != 0 && one.sex != someone.body.sex()) return 0.0;
    if (age < one.min_age || age > one.max_age) return 0.0;
    return one.weight * season(plan, one, day);
  };
  return &from[random.pick_weighted(from, weight)];
}

bool expecting(const Someone& someone, Date day) {
  return someone.pregnancy && day >= plus_days(someone.pregnancy->first, 45) &&
         day <= plus_days(someone.pregnancy->second, -7);
}

/// What brings somebody here on a day when nothing was arranged.
Reason draw_reason(Random& random, const HospitalPlan& plan, Someone& someone, Date day,
                   const std::set<const Condition*>& seen) {
  if (expecting(someone, day) && random.chance(0.85)) {
    const Condition& pregnancy = condition("Z34.82");
    return {&pregnancy, seen.contains(&pregnancy)};
  }
  std::vector<const Course*> known;
  for (const Course& course : someone.body.courses()) {
    if (course.known_since > day) continue;
    const bool before = course.known_since < plus_days(day, -100);
    if (!seen.contains(course.condition) && !before) return {course.condition, false};
    known.push_back(&course);
  }
  if (!known.empty() && random.chance(0.35 + 0.12 * static_cast<double>(known.size()))) {
    const Condition* one = random.pick(known)->condition;
    return {one, true};
  }
  const bool child = someone.body.age_on(day) < 18;
  if (random.chance(child ? 0.3 : 0.2)) {
    return {pick_short(random, plan, someone, day, planned_visits()), false};
  }
  return {pick_short(random, plan, someone, day, acute_conditions()), false};
}

Date working_day(Date day) {
  const std::chrono::weekday weekday{std::chrono::sys_days(day)};
  if (weekday == std::chrono::Saturday) return plus_days(day, -1);
  if (weekday == std::chrono::Sunday) return plus_days(day, 1);
  return day;
}

/// The days and reasons of one person's visits, one after the other.
class Story {
 public:
  Story(Random& random, const HospitalPlan& plan, Someone& someone, Date anchor)
      : random_(random),
        plan_(plan),
        someone_(someone),
        last_day_(plus_days(anchor, -1)),
        previous_(plus_days(anchor, -kWindowDays)) {}

  void tell(int visits, bool ends_now, std::size_t patient, std::vector<DemoRecord>& out) {
    for (int left = visits; left > 0; --left) {
      Occasion occasion = next(left, ends_now);
      Visit visit = make_visit(random_, plan_, someone_, occasion);
      visit.record.patient = patient;
      visit.record.doctor = doctor();
      const bool lasting = is_lasting(*occasion.reason);
      seen_.insert(occasion.reason);
      back_on_ = visit.back_on;
      back_for_ = lasting || occasion.recovering ? nullptr : occasion.reason;
      if (lasting) review_of_ = occasion.reason;
      previous_ = occasion.day;
      out.push_back(std::move(visit.record));
    }
  }

 private:
  Occasion next(int left, bool ends_now) {
    Occasion occasion;
    occasion.last = left == 1;
    const int room = days_between(previous_, last_day_) - left;  // what the others need
    const bool kept = back_on_ && random_.chance(0.8) &&
                      days_between(previous_, *back_on_) < room && *back_on_ <= last_day_;
    if (kept) {
      occasion.day = working_day(plus_days(*back_on_, random_.between(-1, 4)));
    } else {
      // The first of `left` days drawn evenly from those that remain.
      const double part = 1 - std::pow(random_.uniform(), 1.0 / left);
      occasion.day = working_day(plus_days(previous_, 1 + static_cast<int>(room * part)));
    }
    if (ends_now && occasion.last) occasion.day = plus_days(last_day_, -random_.between(0, 3));
    occasion.day =
        std::clamp(occasion.day, plus_days(previous_, 1), plus_days(last_day_, 1 - left));
    give_reason(occasion, kept);
    return occasion;
  }

  void give_reason(Occasion& occasion, bool kept) {
    if (kept && back_for_ != nullptr && back_for_->icd != "Z34.82") {
      occasion.reason = back_for_;
      occasion.again = occasion.recovering = true;
    } else if (kept && back_for_ == nullptr && review_of_ != nullptr) {
      occasion.reason = review_of_;
      occasion.again = true;
    } else {
      const Reason reason = draw_reason(random_, plan_, someone_, occasion.day, seen_);
      occasion.reason = reason.condition;
      occasion.again = reason.again;
    }
  }

  std::size_t doctor() {
    if (random_.chance(0.75)) return someone_.usual_doctor;
    return static_cast<std::size_t>(random_.between(0, static_cast<int>(plan_.doctors.size())));
  }

  Random& random_;
  const HospitalPlan& plan_;
  Someone& someone_;
  Date last_day_;
  Date previous_;
  std::optional<Date> back_on_;
  const Condition* back_for_ = nullptr;   ///< an acute reason that is to be seen again
  const Condition* review_of_ = nullptr;  ///< the lasting one that was last reviewed
  std::set<const Condition*> seen_;
};

struct Amendment {
  std::string_view reason;
  std::string_view notes;
};
constexpr Amendment kAmendments[] = {
    {"Late laboratory result", "Added later: the outstanding laboratory result was normal."},
    {"Correction of the history", "Correction: symptoms began a week earlier than first stated."},
    {"Radiology report received", "Added later: the radiologist's report confirms the reading."},
    {"Patient called with more information",
     "Added later: the patient reports that the medicine is well tolerated."},
};

/// Nobody's record is signed before it is written, nor after the anchor.
void give_stage(Random& random, DemoRecord& record, Time limit, Date anchor) {
  const auto age =
      std::chrono::sys_days(anchor) - std::chrono::floor<std::chrono::days>(record.created_at);
  const double open = age <= std::chrono::days(4)    ? 0.6
                      : age <= std::chrono::days(30) ? 0.02
                                                     : 0.002;
  if (random.chance(open)) {
    record.stage = Stage::draft;
    return;
  }
  record.finalized_at =
      std::min(record.created_at + std::chrono::minutes(random.between(5, 240)), limit);
  record.stage = Stage::finalized;
  const Time amended_at = record.finalized_at + std::chrono::hours(random.between(20, 200));
  if (!random.chance(0.035) || amended_at >= limit) return;
  const Amendment& amendment = random.pick(std::span(kAmendments));
  record.stage = Stage::amended;
  record.amended_at = amended_at;
  record.amendment_reason = amendment.reason;
  const auto* notes = record.body.if_contains("notes");
  record.amended_notes = notes != nullptr ? std::string(notes->as_string()) + "\n" : std::string();
  record.amended_notes += amendment.notes;
}

/// Visits of the anchor's eve may lie after its midnight in UTC, west of Greenwich.
void keep_before(DemoRecord& record, Time limit) {
  const Time latest_visit = limit - std::chrono::hours(5);
  const auto visit = parse_rfc3339(std::string_view(record.body.at("visit_date").as_string()));
  if (!visit || *visit <= latest_visit) return;
  const auto excess = *visit - latest_visit;
  record.body["visit_date"] = format_rfc3339(latest_visit);
  record.created_at -= excess;
  for (auto& result : record.body.at("lab_results").as_array()) {
    result.as_object()["taken_at"] = format_rfc3339(latest_visit - std::chrono::hours(1));
  }
}

}  // namespace

DemoHospital generate(const HospitalPlan& plan, const GeneratorOptions& options) {
  Random random(options.seed, plan.id);
  const Date begin = plus_days(options.anchor, -kWindowDays);
  std::vector<Someone> people;
  for (int i = 0; i < options.patients; ++i) {
    people.push_back(make_patient(plan, random.next(), begin, options.anchor));
  }
  const std::vector<int> visits = share_out(random, people, options.records);

  DemoHospital hospital;
  const Time limit = std::chrono::sys_days(options.anchor);
  const int every = std::max(1, options.patients / kRecentPatients);
  for (std::size_t i = 0; i < people.size(); ++i) {
    const std::size_t first = hospital.records.size();
    Random own(random.next());
    Story story(own, plan, people[i], options.anchor);
    story.tell(visits[i], static_cast<int>(i) % every == 0, i, hospital.records);
    for (std::size_t r = first; r < hospital.records.size(); ++r) {
      keep_before(hospital.records[r], limit);
      give_stage(own, hospital.records[r], limit - std::chrono::minutes(1), options.anchor);
    }
    people[i].chart.registered_at =
        hospital.records[first].created_at - std::chrono::minutes(own.between(10, 40));
    hospital.patients.push_back(std::move(people[i].chart));
  }
  std::stable_sort(
      hospital.records.begin(), hospital.records.end(),
      [](const DemoRecord& a, const DemoRecord& b) { return a.created_at < b.created_at; });
  return hospital;
}

}  // namespace wardbook::demo
