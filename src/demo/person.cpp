#include "demo/person.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace wardbook::demo {
namespace {

namespace json = boost::json;

/// Medians of height (cm) and weight (kg) by full years of age, 0 to 18: rounded from the growth
/// charts of WHO (to 2 years) and CDC (2000).
constexpr std::array<double, 19> kGirlHeight = {60,  75,  86,  95,  101, 108, 115, 122, 128, 133,
                                                138, 144, 151, 157, 160, 162, 163, 163, 163};
constexpr std::array<double, 19> kBoyHeight = {62,  76,  87,  96,  102, 109, 116, 122, 128, 134,
                                               139, 144, 149, 156, 164, 170, 173, 175, 176};
constexpr std::array<double, 19> kGirlWeight = {6,  9.5,  12, 14, 16,   18, 20, 23, 26,  29,
                                                33, 37.5, 42, 46, 49.5, 52, 54, 55, 56.5};
constexpr std::array<double, 19> kBoyWeight = {6.5, 10, 12.5, 14.5, 16.5, 18.5, 21, 23.5, 26, 29,
                                               32,  36, 40.5, 45.5, 51,   56.5, 61, 64.5, 67};
constexpr double kDaysAYear = 365.25;

double at_age(const std::array<double, 19>& table, double years) {
  const double low = std::clamp(std::floor(years), 0.0, 17.0);
  const double part = std::clamp(years - low, 0.0, 1.0);
  const auto index = static_cast<std::size_t>(low);
  return table[index] + (table[index + 1] - table[index]) * part;
}

double exact_years(Date from, Date to) {
  return days_between(from, to) / kDaysAYear;
}

/// What a treatment still leaves to be done after so many days: most comes in the first months.
double remaining(int days) {
  return days <= 0 ? 1.0 : std::exp(-days / 100.0);
}

json::value number(double value, int decimals) {
  if (decimals == 0) return static_cast<std::int64_t>(std::llround(value));
  return rounded(value, decimals);
}

}  // namespace

int years_between(Date from, Date to) {
  const int years = static_cast<int>(to.year()) - static_cast<int>(from.year());
  const bool before = std::pair(to.month(), to.day()) < std::pair(from.month(), from.day());
  return years - (before ? 1 : 0);
}

Date plus_days(Date day, int days) {
  return std::chrono::sys_days(day) + std::chrono::days(days);
}

int days_between(Date from, Date to) {
  return static_cast<int>((std::chrono::sys_days(to) - std::chrono::sys_days(from)).count());
}

double rounded(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}

std::string number_text(double value, int decimals) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

Person::Person(std::uint64_t seed, char sex, Date birth, Date window_begin,
               std::vector<Course> courses)
    : random_(seed, "body"),
      sex_(sex),
      birth_(birth),
      begin_(window_begin),
      courses_(std::move(courses)) {
  const bool adult = exact_years(birth, window_begin) >= 18;
  const int age = age_on(begin_);
  height_ = adult ? random_.normal(sex == 'f' ? 163 : 176, 6.5) : random_.normal(0, 0.9);
  build_ = adult ? std::max(18.0, random_.normal(24.5 + std::min(age, 60) * 0.03, 3.0))
                 : std::clamp(random_.normal(0, 0.8), -1.2, 2.2);
  drift_ = adult ? random_.normal(0.2, 0.7) : 0;
  if (course("E66.9") != nullptr) {
    build_ = random_.normal(34.5, 2.5);
    drift_ = random_.normal(-1.2, 1.5);
  } else if (adult && course("E11.9") != nullptr) {
    build_ = std::max(22.0, random_.normal(29, 3));
    drift_ = random_.normal(-0.6, 0.8);
  }
  systolic_ = random_.normal(110 + std::max(0, age - 25) * 0.28 + (sex == 'm' ? 3 : 0), 6);
  pulse_ = random_.normal(72, 6);
  ldl_ = random_.normal(112, 18);
  hdl_ = std::clamp(random_.normal(sex == 'f' ? 57 : 48, 8), 30.0, 90.0);
  triglycerides_ = std::clamp(random_.normal(115, 30), 50.0, 260.0);
  kidneys_ = std::clamp(random_.normal(118 - age * 0.65, 8), 62.0, 125.0);
  if (course("N18.31") != nullptr) kidneys_ = random_.uniform(48, 58);
}

int Person::age_on(Date day) const {
  return years_between(birth_, day);
}

const Course* Person::course(std::string_view icd) const {
  for (const Course& one : courses_) {
    if (one.condition->icd == icd) return &one;
  }
  return nullptr;
}

double Person::years_since_begin(Date day) const {
  return exact_years(begin_, day);
}

/// 0 at the diagnosis, towards `response` in the months after.
double Person::treated_share(const Course& one, Date day) const {
  return one.response * (1 - remaining(days_between(one.known_since, day)));
}

/// How strongly a condition shows on a day, 0 to about 1; 0 for one the person does not have.
double Person::effect_of(std::string_view icd, Date day) const {
  const Course* one = course(icd);
  if (one == nullptr || one->known_since > plus_days(day, 120)) return 0;
  return (0.5 + 0.5 * one->severity) * (1 - treated_share(*one, day));
}

double Person::height_on(Date day) const {
  const double years = exact_years(birth_, day);
  if (exact_years(birth_, begin_) >= 18) return height_;
  const double median = at_age(sex_ == 'f' ? kGirlHeight : kBoyHeight, std::min(years, 18.0));
  return median * (1 + 0.04 * height_);
}

double Person::weight_on(Date day) {
  const double years = exact_years(birth_, day);
  wander_ = 0.8 * wander_ + random_.normal(0, 0.35);
  if (exact_years(birth_, begin_) < 18) {
    const double median = at_age(sex_ == 'f' ? kGirlWeight : kBoyWeight, std::min(years, 18.0));
    return median * (1 + 0.07 * height_ + 0.09 * build_) + wander_ * median / 70;
  }
  const double metres = height_ / 100;
  double weight = build_ * metres * metres + drift_ * years_since_begin(day) + wander_;
  weight += 2.5 * effect_of("I50.22", day);
  if (pregnancy_ && day >= pregnancy_->first && day <= pregnancy_->second) {
    weight += 12.0 * days_between(pregnancy_->first, day) / 280;
  }
  return std::max(weight, 38.0);
}

Person::Pressure Person::pressure_on(Date day) {
  const int age = age_on(day);
  double systolic = systolic_;
  if (age < 18) systolic = 88 + age * 1.7;
  systolic += 34 * effect_of("I10", day) + random_.normal(0, 4.5);
  if (pregnancy_ && day >= pregnancy_->first && day <= pregnancy_->second) systolic -= 5;
  systolic = std::clamp(systolic, 78.0, 205.0);
  const double aged = std::max(0, age - 60) * 0.3;
  const double diastolic = 0.42 * systolic + 24 - aged + random_.normal(0, 3);
  return {systolic, std::clamp(diastolic, 42.0, systolic - 22)};
}

double Person::pulse_on(Date day, const Condition& reason, double how_ill) {
  const int age = age_on(day);
  double pulse = pulse_ + (age < 12 ? (12 - age) * 3.2 : 0) + random_.normal(0, 4);
  for (const Course& one : courses_) {
    pulse += one.condition->signs.beats * effect_of(one.condition->icd, day);
  }
  if (!is_lasting(reason)) pulse += reason.signs.beats * how_ill;
  if (course("I25.10") != nullptr || course("I50.22") != nullptr) pulse -= 8;  // beta blocker
  return std::clamp(pulse, 46.0, 175.0);
}

json::object Person::vital_signs(Date day, const Condition& reason, double how_ill) {
  const int age = age_on(day);
  const Pressure pressure = pressure_on(day);
  const double fever =
      reason.signs.fever_c > 0 ? how_ill * reason.signs.fever_c * random_.uniform(0.6, 1.0) : 0;
  const double temperature = random_.normal(36.6, 0.18) + fever;
  double breaths = random_.normal(age < 10 ? 26 - age : 15, 1.2) + reason.signs.breaths * how_ill;
  double saturation = random_.normal(98, 0.6) - reason.signs.spo2_drop * how_ill;
  for (const std::string_view icd : {"J44.9", "I50.22", "J45.40"}) {
    const Course* one = course(icd);
    if (one == nullptr || one->condition->icd == reason.icd) continue;
    saturation -= one->condition->signs.spo2_drop * 0.7;
    breaths += one->condition->signs.breaths * 0.5;
  }
  json::object signs;
  if (age >= 3) {
    signs["systolic_mmhg"] = number(pressure.systolic, 0);
    signs["diastolic_mmhg"] = number(pressure.diastolic, 0);
  }
  signs["pulse_bpm"] = number(pulse_on(day, reason, how_ill) + fever * 9, 0);
  signs["respiratory_rate_per_min"] = number(std::clamp(breaths, 11.0, 44.0), 0);
  signs["temperature_c"] = number(std::clamp(temperature, 35.6, 40.6), 1);
  signs["spo2_percent"] = number(std::clamp(saturation, 84.0, 100.0), 0);
  signs["weight_kg"] = number(weight_on(day), 1);
  signs["height_cm"] = number(height_on(day), 0);
  if (reason.signs.pain_high > 0) {
    const double pain = random_.uniform(reason.signs.pain_low, reason.signs.pain_high) * how_ill;
    signs["pain_score"] = number(std::clamp(pain, 0.0, 10.0), 0);
  }
  if (course("E11.9") != nullptr) {
    signs["glucose_mg_dl"] = number(
        std::clamp(118 + 95 * effect_of("E11.9", day) + random_.normal(0, 18), 68.0, 390.0), 0);
  }
  return signs;
}

json::object Person::home_signs(Date day, const Condition& reason) {
  json::object signs;
  if (age_on(day) >= 18) {
    const Pressure pressure = pressure_on(day);
    signs["systolic_mmhg"] = number(pressure.systolic, 0);
    signs["diastolic_mmhg"] = number(pressure.diastolic, 0);
    signs["pulse_bpm"] = number(pulse_on(day, reason, 0.5), 0);
  }
  signs["weight_kg"] = number(weight_on(day), 1);
  return signs;
}

/// Creatinine that CKD-EPI 2021 turns into the person's filtration on that day.
double Person::creatinine_on(Date day) {
  const double decline = course("N18.31") != nullptr ? 1.5 : 0.6;
  const double filtration =
      std::clamp(kidneys_ - decline * years_since_begin(day) + random_.normal(0, 2), 38.0, 128.0);
  const double kappa = sex_ == 'f' ? 0.7 : 0.9;
  const double alpha = sex_ == 'f' ? -0.241 : -0.302;
  const double scale =
      142 * std::pow(0.9938, std::max(age_on(day), 18)) * (sex_ == 'f' ? 1.012 : 1.0);
  const double ratio = filtration / scale;
  return kappa * std::pow(ratio, 1 / (ratio < 1 ? -1.2 : alpha));
}

/// Values that a lasting condition shifts; `usual` for everybody else.
double Person::chronic_value(Lab lab, Date day, double usual) {
  switch (lab) {
    case Lab::hba1c:
      return usual + (course("E11.9") != nullptr ? 0.9 + 3.4 * effect_of("E11.9", day) : 0);
    case Lab::glucose:
      return usual + (course("E11.9") != nullptr ? 22 + 85 * effect_of("E11.9", day) : 0);
    case Lab::ldl:
      return ldl_ + 70 * effect_of("E78.5", day) - (course("I25.10") != nullptr ? 35 : 0) +
             random_.normal(0, 6);
    case Lab::hdl:
      return hdl_ + random_.normal(0, 2);
    case Lab::triglycerides:
      return triglycerides_ + 80 * effect_of("E78.5", day) + 25 * effect_of("E11.9", day) +
             random_.normal(0, 12);
    case Lab::tsh:
      return usual + 9 * effect_of("E03.9", day);
    case Lab::ft4:
      return usual - 0.5 * effect_of("E03.9", day);
    case Lab::hemoglobin:
      return usual + (sex_ == 'm' ? 1.2 : 0) - 3.8 * effect_of("D50.9", day) -
             (pregnancy_ ? 1.3 : 0) - (course("N18.31") != nullptr ? 1.0 : 0);
    case Lab::mcv:
      return usual - 13 * effect_of("D50.9", day);
    case Lab::ferritin:
      return std::max(4.0, usual * (1 - 0.95 * effect_of("D50.9", day)));
    case Lab::uric_acid:
      return usual + 3.6 * effect_of("M10.9", day);
    case Lab::nt_probnp:
      return usual + (course("I50.22") != nullptr ? 380 + 1900 * effect_of("I50.22", day) : 0);
    case Lab::vitamin_d:
      return usual - 14 * effect_of("M81.0", day);
    case Lab::uacr:
      return usual + 45 * effect_of("N18.31", day) + 12 * effect_of("E11.9", day);
    case Lab::psa:
      return usual + 2.2 * effect_of("N40.1", day);
    case Lab::alt:
      return usual + 16 * effect_of("E66.9", day);
    default:
      return usual;
  }
}

double Person::lab_value(Lab lab, Date day, bool ill) {
  const LabTest& test = lab_test(lab);
  if (lab == Lab::creatinine) return creatinine_on(day);
  if (lab == Lab::cholesterol) {
    return lab_value(Lab::ldl, day, ill) + hdl_ + triglycerides_ / 5;
  }
  const double value = chronic_value(lab, day, random_.normal(test.usual, test.spread));
  if (!ill) return value;
  if (lab == Lab::crp) return random_.uniform(12, 140);
  if (lab == Lab::wbc) return random_.uniform(9.5, 17.5);
  return value;
}

json::object Person::lab_result(Lab lab, Date day, bool ill) {
  const LabTest& test = lab_test(lab);
  json::object result;
  result["test"] = test.name;
  result["loinc"] = test.loinc;
  if (!test.normal_text.empty()) {
    result["value"] = ill ? test.abnormal_text : test.normal_text;
    result["reference_text"] = test.normal_text;
    result["flag"] = ill ? "abnormal" : "normal";
    return result;
  }
  double value = 0;
  if (lab == Lab::egfr) {
    // From the creatinine of the same day, as the laboratory computes it.
    const double creatinine =
        last_.contains(Lab::creatinine) ? last_[Lab::creatinine] : creatinine_on(day);
    const double kappa = sex_ == 'f' ? 0.7 : 0.9;
    const double ratio = creatinine / kappa;
    const double power = ratio < 1 ? (sex_ == 'f' ? -0.241 : -0.302) : -1.2;
    value = 142 * std::pow(ratio, power) * std::pow(0.9938, std::max(age_on(day), 18)) *
            (sex_ == 'f' ? 1.012 : 1.0);
  } else {
    value = lab_value(lab, day, ill);
  }
  const double least = lab == Lab::ferritin ? 2 : std::pow(10.0, -test.decimals);
  value = rounded(std::max(value, least), test.decimals);
  result["value"] = number(value, test.decimals);
  if (!test.unit.empty()) result["unit"] = test.unit;
  const bool of_men = lab == Lab::hemoglobin && sex_ == 'm';
  if (test.low) result["reference_low"] = of_men ? 13.5 : *test.low;
  if (test.high) result["reference_high"] = of_men ? 17.5 : *test.high;
  last_[lab] = value;
  return result;
}

std::optional<std::string> Person::previous(Lab lab) const {
  const auto found = last_.find(lab);
  if (found == last_.end()) return std::nullopt;
  const LabTest& test = lab_test(lab);
  std::string text = number_text(found->second, test.decimals);
  if (!test.unit.empty()) text += " " + std::string(test.unit);
  return text;
}

}  // namespace wardbook::demo
