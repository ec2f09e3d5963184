#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "clinical/field.h"

/// What a visit consists of. The tables below are the only place that lists the fields: parsing,
/// checks, content, answers, differences, searched texts and templates go by them. A new field is a
/// member, a row here, a column of medical_records, and its lines in openapi/wardbook.yaml.
namespace wardbook::clinical {

// ---- what is stored -----------------------------------------------------------------------------

/// What a line of a list has beside what was written: both are given by the service.
struct Item {
  std::int64_t id = 0;                  ///< unique within the record for ever; 0: none yet
  std::int64_t changed_in_version = 0;  ///< the record's version that last changed it
  bool operator==(const Item&) const = default;
};

struct Prescription : Item {
  MaybeText medication;
  MaybeText dosage;
  MaybeText frequency;
  MaybeText route;
  MaybeText duration;
  std::optional<Amount> quantity;
  std::optional<double> refills;
  MaybeText instructions;
  std::optional<Date> start_date;
  std::optional<Date> end_date;
  bool operator==(const Prescription&) const = default;
};

struct LabResult : Item {
  MaybeText test;
  std::optional<Amount> value;
  MaybeText loinc;
  MaybeText unit;
  std::optional<double> reference_low;
  std::optional<double> reference_high;
  MaybeText reference_text;
  MaybeText flag;      ///< given by the range where it can tell
  MaybeText taken_at;  ///< RFC 3339, or a bare date
  bool operator==(const LabResult&) const = default;
};

struct VitalSigns {
  std::optional<double> systolic_mmhg;
  std::optional<double> diastolic_mmhg;
  std::optional<double> pulse_bpm;
  std::optional<double> respiratory_rate_per_min;
  std::optional<double> temperature_c;
  std::optional<double> spo2_percent;
  std::optional<double> weight_kg;
  std::optional<double> height_cm;
  std::optional<double> pain_score;
  std::optional<double> glucose_mg_dl;
  std::optional<double> bmi;  ///< derived
  bool operator==(const VitalSigns&) const = default;
};

/// A coded diagnosis, as a version has it.
struct CodedDiagnosis {
  DiagnosisId id;
  std::string icd_code;  ///< with its dot: E11.9
  std::string diagnosis_name;
  std::string diagnosis_type;  ///< primary, secondary, differential
  std::string status;          ///< active, resolved, chronic, ruled_out
  MaybeText notes;
  bool operator==(const CodedDiagnosis&) const = default;
};

struct Visit {
  std::optional<PatientId> patient_id;
  std::optional<AccountId> doctor_id;
  std::string visit_date;  ///< RFC 3339, or a bare date: midnight in the tenant's time zone
  std::string visit_type;
  MaybeText chief_complaint;
  MaybeText history_of_present_illness;
  MaybeText physical_examination;
  MaybeText diagnosis;
  MaybeText treatment_plan;
  std::vector<Prescription> prescriptions;
  VitalSigns vital_signs;
  std::vector<LabResult> lab_results;
  MaybeText notes;
  bool follow_up_required = false;
  std::optional<Date> follow_up_date;
  MaybeText follow_up_instructions;

  std::vector<CodedDiagnosis> diagnoses;
  std::int64_t last_item_id = 0;  ///< the highest id that an item of the record ever had
  bool operator==(const Visit&) const = default;
};

// ---- the tables ---------------------------------------------------------------------------------

inline constexpr std::array<std::string_view, 6> kVisitTypes{
    "consultation", "follow_up", "procedure", "emergency", "inpatient", "telehealth"};
inline constexpr std::array<std::string_view, 6> kFlags{
    "low", "normal", "high", "critical_low", "critical_high", "abnormal"};

inline constexpr double kShort = 200;      // characters
inline constexpr double kLong = 2'000;     // characters
inline constexpr double kWhole = 50'000;   // characters
inline constexpr double kItemsMost = 200;  // of a list
inline constexpr double kNumberMost = 1e12;

inline constexpr std::array kPrescriptionFields{
    text_field("medication", &Prescription::medication, kShort).to_sign().found(kInItem, 1),
    text_field("dosage", &Prescription::dosage, kShort).to_sign().found(kInItem, 2),
    text_field("frequency", &Prescription::frequency, kShort).to_sign().found(kInItem, 4),
    text_field("route", &Prescription::route, kShort).found(kInItem, 3),
    text_field("duration", &Prescription::duration, kShort),
    amount_field("quantity", &Prescription::quantity, 0, kNumberMost).more_than_least(),
    number_field("refills", &Prescription::refills, 0, 99).whole(),
    text_field("instructions", &Prescription::instructions, kLong).lines().found(kInItem, 5),
    date_field("start_date", &Prescription::start_date),
    date_field("end_date", &Prescription::end_date),
};

inline constexpr std::array kLabResultFields{
    text_field("test", &LabResult::test, kShort).to_sign().found(kInItem, 1),
    amount_field("value", &LabResult::value, -kNumberMost, kNumberMost).to_sign().found(kInItem, 2),
    text_field("loinc", &LabResult::loinc, 20).as(Form::loinc),
    text_field("unit", &LabResult::unit, 50),
    number_field("reference_low", &LabResult::reference_low, -kNumberMost, kNumberMost),
    number_field("reference_high", &LabResult::reference_high, -kNumberMost, kNumberMost),
    text_field("reference_text", &LabResult::reference_text, kShort),
    choice_field("flag", &LabResult::flag, kFlags),
    time_field("taken_at", &LabResult::taken_at),
};

/// Values beyond these no living patient has had; unusual ones inside are the clinician's to judge.
inline constexpr std::array kVitalSignFields{
    // 370/360 mmHg was measured intra-arterially under maximal exertion (MacDougall 1985).
    number_field("systolic_mmhg", &VitalSigns::systolic_mmhg, 20, 370),
    number_field("diastolic_mmhg", &VitalSigns::diastolic_mmhg, 5, 360),
    // Neonatal supraventricular tachycardia reaches 300. A ventricular rate of 480 is on record
    // (Chhabra, Indian Pacing Electrophysiol J 2012), but no pulse to be counted comes of that. The
    // slowest resting pulse is 26 (Guinness 2014); 10 is below survived bradycardia.
    number_field("pulse_bpm", &VitalSigns::pulse_bpm, 10, 350),
    // Newborns in distress breathe up to 120 times a minute (WHO, Pocket Book of Hospital Care for
    // Children, 2013: fast is from 60); 1 is deep opioid poisoning just before arrest.
    number_field("respiratory_rate_per_min", &VitalSigns::respiratory_rate_per_min, 1, 120),
    // Survived: 11.8 °C by a child, 13.7 °C by an adult (Zafren, Wilderness Environ Med 2020),
    // 46.5 °C (Slovis, Ann Emerg Med 1982).
    number_field("temperature_c", &VitalSigns::temperature_c, 11, 47),
    // Survived arterial saturation on Everest: 34 to 70 % (Grocott, N Engl J Med 2009). What an
    // oximeter shows below 70 is not calibrated (ISO 80601-2-61), but is written down as shown.
    number_field("spo2_percent", &VitalSigns::spo2_percent, 10, 100),
    // Smallest surviving newborn 212 g (Singapore 2020), heaviest person 635 kg (Seattle 1978).
    number_field("weight_kg", &VitalSigns::weight_kg, 0.2, 650),
    // Tallest person 272 cm (Wadlow, 1940); the smallest surviving newborns measure over 20 cm.
    number_field("height_cm", &VitalSigns::height_cm, 20, 275),
    // Numeric rating scale, 0 to 10.
    number_field("pain_score", &VitalSigns::pain_score, 0, 10).whole(),
    // Survived: 2,656 mg/dL (Guinness 1995); severe hypoglycaemia is below 10.
    number_field("glucose_mg_dl", &VitalSigns::glucose_mg_dl, 5, 2'700),
    number_field("bmi", &VitalSigns::bmi, 0, 0).as(Form::derived),
};

/// In the order of answers.
inline constexpr std::array kVisitFields{
    id_field("patient_id", &Visit::patient_id).required().not_in_templates(),
    id_field("doctor_id", &Visit::doctor_id).not_in_templates(),
    time_field("visit_date", &Visit::visit_date).required().not_in_templates(),
    choice_field("visit_type", &Visit::visit_type, kVisitTypes).required().not_in_templates(),
    text_field("chief_complaint", &Visit::chief_complaint, kWhole).lines().found(kMain, 1),
    text_field("history_of_present_illness", &Visit::history_of_present_illness, kWhole)
        .lines()
        .found(kRest, 5),
    text_field("physical_examination", &Visit::physical_examination, kWhole)
        .lines()
        .found(kRest, 6),
    text_field("diagnosis", &Visit::diagnosis, kWhole).lines().found(kMain, 2),
    text_field("treatment_plan", &Visit::treatment_plan, kWhole).lines().found(kRest, 3),
    list_field("prescriptions", &Visit::prescriptions, kItemsMost).found(kRest, 1),
    part_field("vital_signs", &Visit::vital_signs),
    list_field("lab_results", &Visit::lab_results, kItemsMost).found(kRest, 1),
    text_field("notes", &Visit::notes, kWhole).lines().found(kRest, 4),
    flag_field("follow_up_required", &Visit::follow_up_required),
    date_field("follow_up_date", &Visit::follow_up_date).not_in_templates(),
    text_field("follow_up_instructions", &Visit::follow_up_instructions, kWhole)
        .lines()
        .found(kRest, 2),
};

/// The format in which content is written now: the highest that a field asks for.
inline constexpr int kContentFormat =
    newest_format(kVisitFields, kPrescriptionFields, kLabResultFields, kVitalSignFields);

}  // namespace wardbook::clinical
