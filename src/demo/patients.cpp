#include "demo/patients.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "demo/names.h"
#include "demo/narrative.h"

namespace wardbook::demo {
namespace {

namespace json = boost::json;

struct Allergen {
  std::string_view substance;
  std::string_view reaction;
  std::string_view severity;
  double weight;
};
constexpr auto kAllergens = std::to_array<Allergen>({
    {"Penicillin", "Rash", "mild", 5},
    {"Penicillin", "Anaphylaxis", "life_threatening", 1},
    {"Ibuprofen", "Wheeze", "severe", 2},
    {"Ibuprofen", "Hives", "moderate", 1.5},
    {"Sulfonamides", "Rash", "moderate", 2.5},
    {"Lisinopril", "Angioedema", "severe", 0.8},
    {"Aspirin", "Wheeze", "severe", 1},
    {"Latex", "Contact dermatitis", "mild", 1.5},
    {"Peanut", "Anaphylaxis", "life_threatening", 1.2},
    {"Shellfish", "Hives", "moderate", 1.5},
    {"Egg", "Vomiting", "mild", 1},
    {"House dust mite", "Sneezing", "mild", 3},
    {"Cat dander", "Itchy eyes", "mild", 2},
    {"Bee venom", "Swelling", "moderate", 1},
    {"Iodinated contrast", "Hives", "moderate", 1},
    {"Nickel", "Contact dermatitis", "mild", 2},
});

/// Age at the anchor: everybody from toddlers to the very old, more of those who visit hospitals.
int draw_age(Random& random) {
  const double kind = random.uniform();
  if (kind < 0.12) return random.between(3, 12);
  if (kind < 0.18) return random.between(13, 19);
  if (kind < 0.40) return random.between(20, 39);
  if (kind < 0.68) return random.between(40, 64);
  if (kind < 0.93) return random.between(65, 84);
  return random.between(85, 96);
}

/// Rarer while somebody is near the youngest age for it, up to its full share twenty years later.
double share_at(const Condition& one, int age) {
  if (age < one.min_age || age > one.max_age) return 0;
  if (one.min_age < 18) return one.weight;
  return one.weight * std::min(1.6, 0.35 + (age - one.min_age) / 25.0);
}

/// Conditions that bring each other along.
double company(const std::vector<Course>& have, std::string_view icd) {
  const auto has = [&have](std::string_view other) {
    return std::any_of(have.begin(), have.end(),
                       [&](const Course& c) { return c.condition->icd == other; });
  };
  double factor = 1;
  if (icd == "E11.9" && has("I10")) factor *= 1.6;
  if (icd == "E78.5" && (has("E11.9") || has("I10"))) factor *= 1.6;
  if ((icd == "I25.10" || icd == "N18.31") && has("E11.9")) factor *= 1.8;
  if (icd == "I50.22" && has("I25.10")) factor *= 3;
  if (icd == "I48.0" && has("I50.22")) factor *= 2;
  if (icd == "F41.1" && has("F32.1")) factor *= 3;
  if (icd == "J44.9" && has("J45.40")) factor = 0;
  if (icd == "E66.9" && has("E11.9")) factor *= 1.8;
  return factor;
}

std::vector<Course> draw_courses(Random& random, char sex, int age, Date window_begin) {
  std::vector<Course> courses;
  for (const Condition& one : chronic_conditions()) {
    if (one.sex != 0 && one.sex != sex) continue;
    if (courses.size() >= 5) break;
    if (!random.chance(std::min(0.85, share_at(one, age) * company(courses, one.icd)))) continue;
    Course course;
    course.condition = &one;
    const bool recent = random.chance(0.25);
    const int longest = std::max(200, std::min(age - one.min_age, 20) * 365);
    course.known_since = recent ? plus_days(window_begin, random.between(20, 600))
                                : plus_days(window_begin, -random.between(120, longest));
    course.severity = random.uniform();
    course.response = random.uniform(0.45, 0.95);
    if (!recent && one.treatments.size() > 1 && random.chance(0.5)) course.step = 1;
    courses.push_back(course);
  }
  return courses;
}

std::string phone_of(Random& random, const HospitalPlan& plan) {
  std::string text(plan.phone);
  for (char& c : text) {
    if (c == 'x') c = static_cast<char>('0' + random.between(0, 9));
  }
  return text;
}

/// Whom one would call, by age: parents of the young, children of the old.
std::string_view relation_of(Random& random, int age) {
  static constexpr auto kParents = std::to_array<std::string_view>({"mother", "father"});
  static constexpr auto kPeers = std::to_array<std::string_view>(
      {"spouse", "sister", "brother", "mother", "father", "friend"});
  static constexpr auto kOlder = std::to_array<std::string_view>(
      {"spouse", "daughter", "son", "sister", "brother", "neighbour"});
  if (age < 18) return random.pick(kParents);
  return age < 45 ? random.pick(kPeers) : random.pick(kOlder);
}

std::string street_address(Random& random, const HospitalPlan& plan) {
  return fill(random.pick(plan.streets), {{"n", std::to_string(random.between(1, 180))}}) + ", " +
         std::string(random.pick(plan.towns));
}

void add_contact(Random& random, const HospitalPlan& plan, const Culture& names, int age,
                 DemoPatient& chart) {
  const std::string last(chart.body["last_name"].as_string());
  if (random.chance(0.92)) chart.body["phone"] = phone_of(random, plan);
  if (age >= 16 && random.chance(age > 75 ? 0.3 : 0.8)) {
    const std::string first(chart.body["first_name"].as_string());
    chart.body["email"] = ascii_name(first) + "." + ascii_name(last) +
                          std::to_string(random.between(1, 99)) + "@example.org";
  }
  chart.body["address"] = street_address(random, plan);
  if (random.chance(0.75)) {
    const std::string_view relation = relation_of(random, age);
    const bool female = relation == "daughter" || relation == "mother" || relation == "sister";
    const std::string name(random.pick(female ? names.female : names.male));
    chart.body["emergency_contact"] =
        name + " " + last + " (" + std::string(relation) + "), " + phone_of(random, plan);
  }
}

std::vector<std::pair<std::string, std::string>> add_allergies(Random& random, DemoPatient& chart) {
  std::vector<std::pair<std::string, std::string>> known;
  json::array allergies;
  const int count = random.chance(0.33) ? (random.chance(0.25) ? 2 : 1) : 0;
  for (int i = 0; i < count; ++i) {
    const Allergen& one =
        kAllergens[random.pick_weighted(kAllergens, [](const Allergen& a) { return a.weight; })];
    const bool again = std::any_of(known.begin(), known.end(),
                                   [&](const auto& k) { return k.first == one.substance; });
    if (again) continue;
    allergies.push_back(
        {{"substance", one.substance}, {"reaction", one.reaction}, {"severity", one.severity}});
    known.emplace_back(one.substance, one.reaction);
  }
  chart.body["allergies"] = std::move(allergies);
  return known;
}

}  // namespace

Time local_time(const HospitalPlan& plan, Date day, int minute_of_day) {
  return std::chrono::sys_days(day) + std::chrono::minutes(minute_of_day) -
         std::chrono::hours(plan.utc_offset_hours);
}

Someone make_patient(const HospitalPlan& plan, std::uint64_t seed, Date window_begin, Date anchor) {
  Random random(seed, "patient");
  const Culture& names = culture(
      plan.cultures[random.pick_weighted(plan.cultures, [](const auto& c) { return c.second; })]
          .first);
  const char sex = random.chance(0.53) ? 'f' : 'm';
  const int age = draw_age(random);
  const Date birth = plus_days(anchor, -(age * 365 + age / 4 + random.between(1, 364)));

  DemoPatient chart;
  chart.body["first_name"] = random.pick(sex == 'f' ? names.female : names.male);
  chart.body["last_name"] = random.pick(names.family);
  chart.body["date_of_birth"] = format_date(birth);
  chart.body["sex"] = sex == 'f' ? "female" : "male";
  add_contact(random, plan, names, age, chart);
  auto allergies = add_allergies(random, chart);
  auto courses = draw_courses(random, sex, years_between(birth, window_begin), window_begin);
  const auto doctors = static_cast<int>(plan.doctors.size());
  Someone someone{std::move(chart), Person(seed, sex, birth, window_begin, std::move(courses)),
                  static_cast<std::size_t>(random.between(0, doctors)), std::move(allergies),
                  std::nullopt};
  if (sex == 'f' && age >= 23 && age <= 40 && random.chance(0.45)) {
    const Date begin = plus_days(window_begin, random.between(-60, 440));
    someone.pregnancy = {begin, plus_days(begin, 280)};
    someone.body.expect_child(begin, plus_days(begin, 280));
  }
  return someone;
}

}  // namespace wardbook::demo
