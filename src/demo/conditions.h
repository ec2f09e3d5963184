#pragma once

#include <string_view>
#include <vector>

#include "demo/catalog.h"

namespace wardbook::demo {

/// What a condition does to the signs on the day of a visit.
struct Signs {
  double fever_c = 0;    ///< above 36.7, at its worst
  double spo2_drop = 0;  ///< percent points
  double breaths = 0;    ///< more per minute
  double beats = 0;      ///< more per minute, besides those of the fever
  double pain_low = 0;   ///< of ten
  double pain_high = 0;
};

using Phrases = std::vector<std::string_view>;

/// One condition and how it shows in a chart. The phrases have places: {he} {He} {his} {His} {him},
/// {person}, {days}, {weeks}, {side}, {bp}, {pulse}, {temp}, {spo2}, {weight}, {work}.
struct Condition {
  std::string_view icd;   ///< ICD-10-CM, with its dot
  std::string_view name;  ///< the title of the code
  std::string_view say;   ///< within a sentence
  int min_age = 18;
  int max_age = 110;
  char sex = 0;       ///< 'f' or 'm': only these; 0: everybody
  double weight = 1;  ///< of a lasting one: share at its typical age; else: how often, relatively
  Signs signs = {};
  Phrases complaints = {};
  Phrases history = {};
  Phrases later = {};  ///< the history when it is seen again
  Phrases examination = {};
  Phrases assessment = {};
  Phrases plan = {};
  std::vector<std::vector<Med>> treatments = {};  ///< lasting: step by step; else: one of them
  std::vector<Lab> labs = {};                     ///< abnormal in it, the telling one first
  double lab_share = 1;                           ///< of the visits
  double follow_up = 0;                           ///< share of visits that ask for another
  int follow_up_days_low = 0;
  int follow_up_days_high = 0;
  std::string_view instructions = {};  ///< for the follow-up
  double emergency = 0;                ///< shares of the visits
  double inpatient = 0;
  double telehealth = 0;
};

/// Lasting ones, which a person keeps. In two files: chronic, lasting.
const std::vector<Condition>& chronic_conditions();
/// Those that come and go.
const std::vector<Condition>& acute_conditions();
/// Check-ups, vaccinations, procedures, supervision of a pregnancy.
const std::vector<Condition>& planned_visits();

/// Whether it is one of chronic_conditions().
[[nodiscard]] bool is_lasting(const Condition& condition);

/// Of any of the lists. Fails with std::out_of_range.
const Condition& condition(std::string_view icd);

}  // namespace wardbook::demo
