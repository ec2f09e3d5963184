#pragma once

#include <optional>
#include <string_view>

namespace wardbook::demo {

enum class Lab {
  hba1c,
  glucose,
  creatinine,
  egfr,
  potassium,
  sodium,
  cholesterol,
  ldl,
  hdl,
  triglycerides,
  tsh,
  ft4,
  hemoglobin,
  mcv,
  platelets,
  wbc,
  ferritin,
  crp,
  alt,
  bilirubin,
  lipase,
  uric_acid,
  nt_probnp,
  troponin,
  inr,
  vitamin_d,
  uacr,
  psa,
  urine_nitrite,
  urine_leukocytes,
  urine_culture,
  strep_antigen,
  sars_cov_2,
  influenza_a,
  pregnancy_test,
};

/// A laboratory test with its LOINC code and an adult's reference interval. `low`, `high` empty: no
/// limit on that side. A test with `normal_text` has words for results.
struct LabTest {
  Lab key;
  std::string_view name;
  std::string_view loinc;
  std::string_view unit;
  std::optional<double> low;
  std::optional<double> high;
  int decimals;
  double usual;   ///< a healthy adult's value
  double spread;  ///< and its standard deviation
  std::string_view normal_text = {};
  std::string_view abnormal_text = {};
};

const LabTest& lab_test(Lab key);

enum class Med {
  amlodipine,
  lisinopril,
  losartan,
  hydrochlorothiazide,
  metoprolol,
  bisoprolol,
  furosemide,
  spironolactone,
  apixaban,
  warfarin,
  aspirin,
  atorvastatin,
  rosuvastatin,
  metformin,
  metformin_high,
  empagliflozin,
  insulin_glargine,
  levothyroxine_50,
  levothyroxine_88,
  sertraline,
  escitalopram,
  omeprazole,
  salbutamol,
  budesonide_formoterol,
  tiotropium,
  prednisolone,
  sumatriptan,
  propranolol,
  ferrous_sulfate,
  folic_acid,
  cholecalciferol,
  alendronate,
  allopurinol,
  colchicine,
  tamsulosin,
  cetirizine,
  fluticasone_nasal,
  hydrocortisone_cream,
  betamethasone_cream,
  ibuprofen,
  naproxen,
  paracetamol,
  diclofenac_gel,
  amoxicillin,
  amoxicillin_clavulanate,
  azithromycin,
  cephalexin,
  nitrofurantoin,
  fosfomycin,
  valaciclovir,
  clotrimazole,
  chloramphenicol_drops,
  oral_rehydration,
  ondansetron,
  meclizine,
  adrenaline_pen,
  macrogol,
};

/// How a medication is prescribed here, usually. A `duration` makes it a course.
struct Medication {
  Med key;
  std::string_view name;
  std::string_view dosage;
  std::string_view frequency;
  std::string_view route;
  int days;  ///< of a course; 0: to be continued
  int quantity;
  int refills;
  std::string_view instructions;
  std::string_view allergy;  ///< the allergen that forbids it: "Penicillin"; empty if none
};

const Medication& medication(Med key);
/// What is given instead of `key` to somebody with its allergy.
Med alternative_to(Med key);

}  // namespace wardbook::demo
