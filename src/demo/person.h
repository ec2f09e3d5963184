#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "demo/conditions.h"
#include "demo/random.h"

namespace wardbook::demo {

/// A lasting condition of one person: since when, how far its treatment has come, how well it
/// works.
struct Course {
  const Condition* condition = nullptr;
  Date known_since;      ///< of the diagnosis; may lie within the two years
  std::size_t step = 0;  ///< of the treatments
  double severity = 0;   ///< 0 mild to 1
  double response = 0;   ///< 0 none to 1 full, once treatment has had its time
};

/// How one person's body is and how it changes, so that the signs and results of all visits hang
/// together: a height stays, a weight drifts, a treated pressure falls. Every number follows from
/// the seed.
class Person {
 public:
  Person(std::uint64_t seed, char sex, Date birth, Date window_begin, std::vector<Course> courses);

  [[nodiscard]] int age_on(Date day) const;
  [[nodiscard]] char sex() const { return sex_; }
  [[nodiscard]] std::vector<Course>& courses() { return courses_; }
  [[nodiscard]] const Course* course(std::string_view icd) const;
  /// Lets the weeks of a pregnancy be seen in weight, pulse and haemoglobin.
  void expect_child(Date begin, Date end) { pregnancy_ = {begin, end}; }

  /// The vital signs of a visit on `day` for `reason`; `how_ill` 0 (recovered) to 1.
  boost::json::object vital_signs(Date day, const Condition& reason, double how_ill);
  /// Such as a patient takes at home: pressure, pulse and weight.
  boost::json::object home_signs(Date day, const Condition& reason);
  /// One result, without a flag where the reference range gives it. `ill`: an acute reason makes it
  /// abnormal.
  boost::json::object lab_result(Lab lab, Date day, bool ill);
  /// The last value of a numeric test before this one, as text with its unit.
  [[nodiscard]] std::optional<std::string> previous(Lab lab) const;

 private:
  struct Pressure {
    double systolic;
    double diastolic;
  };
  double years_since_begin(Date day) const;
  double treated_share(const Course& course, Date day) const;
  double effect_of(std::string_view icd, Date day) const;
  double height_on(Date day) const;
  double weight_on(Date day);
  Pressure pressure_on(Date day);
  double pulse_on(Date day, const Condition& reason, double how_ill);
  double lab_value(Lab lab, Date day, bool ill);
  double creatinine_on(Date day);
  double chronic_value(Lab lab, Date day, double usual);

  Random random_;
  char sex_;
  Date birth_;
  Date begin_;
  std::vector<Course> courses_;
  std::optional<std::pair<Date, Date>> pregnancy_;
  double height_;      ///< grown up, or its percentile as a number of deviations for a child
  double build_;       ///< BMI of an adult at the begin, deviations of a child
  double drift_;       ///< kg a year
  double wander_ = 0;  ///< the slow part of the weight's noise
  double systolic_;
  double pulse_;
  double ldl_;
  double hdl_;
  double triglycerides_;
  double kidneys_;  ///< eGFR at the begin
  std::map<Lab, double> last_;
};

/// Whole years between.
[[nodiscard]] int years_between(Date from, Date to);
/// `days` later.
[[nodiscard]] Date plus_days(Date day, int days);
[[nodiscard]] int days_between(Date from, Date to);
/// A number as a chart shows it, with so many decimals.
[[nodiscard]] std::string number_text(double value, int decimals);
/// Rounded to so many decimals, so that it is written short.
[[nodiscard]] double rounded(double value, int decimals);

}  // namespace wardbook::demo
