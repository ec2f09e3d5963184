#include "demo/catalog.h"

#include <array>
#include <stdexcept>

namespace wardbook::demo {
namespace {

constexpr auto kNone = std::nullopt;

// Reference intervals as printed by most laboratories for adults; LOINC codes from loinc.org.
constexpr auto kLabs = std::to_array<LabTest>({
    {Lab::hba1c, "Hemoglobin A1c", "4548-4", "%", 4.0, 5.6, 1, 5.3, 0.2},
    {Lab::glucose, "Glucose, fasting", "1558-6", "mg/dL", 70, 99, 0, 89, 5},
    {Lab::creatinine, "Creatinine", "2160-0", "mg/dL", 0.5, 1.2, 2, 0.85, 0.12},
    {Lab::egfr, "eGFR (CKD-EPI 2021)", "98979-8", "mL/min/1.73m2", 60, kNone, 0, 92, 10},
    {Lab::potassium, "Potassium", "2823-3", "mmol/L", 3.5, 5.1, 1, 4.2, 0.3},
    {Lab::sodium, "Sodium", "2951-2", "mmol/L", 136, 145, 0, 140, 2},
    {Lab::cholesterol, "Cholesterol, total", "2093-3", "mg/dL", kNone, 200, 0, 178, 15},
    {Lab::ldl, "LDL cholesterol, calculated", "13457-7", "mg/dL", kNone, 100, 0, 96, 12},
    {Lab::hdl, "HDL cholesterol", "2085-9", "mg/dL", 40, kNone, 0, 54, 8},
    {Lab::triglycerides, "Triglycerides", "2571-8", "mg/dL", kNone, 150, 0, 105, 25},
    {Lab::tsh, "TSH", "3016-3", "mIU/L", 0.4, 4.0, 2, 1.9, 0.6},
    {Lab::ft4, "Free T4", "3024-7", "ng/dL", 0.8, 1.8, 2, 1.25, 0.15},
    {Lab::hemoglobin, "Hemoglobin", "718-7", "g/dL", 12.0, 16.0, 1, 13.9, 0.6},
    {Lab::mcv, "MCV", "787-2", "fL", 80, 100, 0, 89, 3},
    {Lab::platelets, "Platelets", "777-3", "10*3/uL", 150, 400, 0, 245, 40},
    {Lab::wbc, "Leukocytes", "6690-2", "10*3/uL", 4.0, 11.0, 1, 6.8, 1.2},
    {Lab::ferritin, "Ferritin", "2276-4", "ng/mL", 15, 200, 0, 80, 25},
    {Lab::crp, "C-reactive protein", "1988-5", "mg/L", kNone, 5, 1, 1.8, 0.9},
    {Lab::alt, "ALT", "1742-6", "U/L", 7, 40, 0, 23, 6},
    {Lab::bilirubin, "Bilirubin, total", "1975-2", "mg/dL", 0.2, 1.2, 1, 0.6, 0.15},
    {Lab::lipase, "Lipase", "3040-3", "U/L", 10, 60, 0, 32, 9},
    {Lab::uric_acid, "Uric acid", "3084-1", "mg/dL", 3.5, 7.2, 1, 5.3, 0.6},
    {Lab::nt_probnp, "NT-proBNP", "33762-6", "pg/mL", kNone, 125, 0, 62, 25},
    {Lab::troponin, "Troponin T, high sensitivity", "67151-1", "ng/L", kNone, 14, 0, 6, 2},
    {Lab::inr, "INR", "6301-6", "", 2.0, 3.0, 1, 2.4, 0.35},
    {Lab::vitamin_d, "25-hydroxyvitamin D", "1989-3", "ng/mL", 30, 100, 0, 38, 5},
    {Lab::uacr, "Albumin/creatinine, urine", "9318-7", "mg/g", kNone, 30, 0, 11, 5},
    {Lab::psa, "PSA", "2857-1", "ng/mL", kNone, 4.0, 2, 1.6, 0.6},
    {Lab::urine_nitrite, "Nitrite, urine dipstick", "5802-4", "", kNone, kNone, 0, 0, 0, "Negative",
     "Positive"},
    {Lab::urine_leukocytes, "Leukocyte esterase, urine dipstick", "5799-2", "", kNone, kNone, 0, 0,
     0, "Negative", "Positive (2+)"},
    {Lab::urine_culture, "Urine culture", "630-4", "", kNone, kNone, 0, 0, 0, "No growth",
     "Escherichia coli > 100,000 CFU/mL, susceptible to nitrofurantoin and fosfomycin"},
    {Lab::strep_antigen, "Streptococcus A antigen, throat", "78012-2", "", kNone, kNone, 0, 0, 0,
     "Not detected", "Detected"},
    {Lab::sars_cov_2, "SARS-CoV-2 antigen", "94558-4", "", kNone, kNone, 0, 0, 0, "Not detected",
     "Detected"},
    {Lab::influenza_a, "Influenza A antigen", "80382-5", "", kNone, kNone, 0, 0, 0, "Not detected",
     "Detected"},
    {Lab::pregnancy_test, "hCG, urine", "2106-3", "", kNone, kNone, 0, 0, 0, "Negative",
     "Positive"},
});

constexpr std::string_view kPenicillin = "Penicillin";
constexpr std::string_view kNsaid = "Ibuprofen";
constexpr std::string_view kSulfa = "Sulfonamides";
constexpr std::string_view kAce = "Lisinopril";
constexpr std::string_view kAspirin = "Aspirin";

constexpr auto kMedications = std::to_array<Medication>({
    {Med::amlodipine, "Amlodipine", "5 mg", "once daily", "oral", 0, 90, 3,
     "Report ankle swelling.", ""},
    {Med::lisinopril, "Lisinopril", "10 mg", "once daily", "oral", 0, 90, 3,
     "Report a dry cough or swelling of the lips.", kAce},
    {Med::losartan, "Losartan", "50 mg", "once daily", "oral", 0, 90, 3, "", ""},
    {Med::hydrochlorothiazide, "Hydrochlorothiazide", "12.5 mg", "once daily in the morning",
     "oral", 0, 90, 3, "", kSulfa},
    {Med::metoprolol, "Metoprolol succinate", "47.5 mg", "once daily", "oral", 0, 90, 3,
     "Do not stop abruptly.", ""},
    {Med::bisoprolol, "Bisoprolol", "2.5 mg", "once daily in the morning", "oral", 0, 90, 3,
     "Do not stop abruptly.", ""},
    {Med::furosemide, "Furosemide", "40 mg", "once daily in the morning", "oral", 0, 30, 5,
     "Weigh yourself every morning.", ""},
    {Med::spironolactone, "Spironolactone", "25 mg", "once daily", "oral", 0, 30, 5,
     "Avoid potassium supplements.", ""},
    {Med::apixaban, "Apixaban", "5 mg", "twice daily", "oral", 0, 60, 5,
     "Do not miss doses; report any bleeding.", ""},
    {Med::warfarin, "Warfarin", "3 mg", "once daily in the evening", "oral", 0, 60, 2,
     "INR checks as arranged.", ""},
    {Med::aspirin, "Aspirin", "81 mg", "once daily", "oral", 0, 90, 3, "Take with food.", kAspirin},
    {Med::atorvastatin, "Atorvastatin", "20 mg", "once daily at night", "oral", 0, 90, 3,
     "Report unexplained muscle pain.", ""},
    {Med::rosuvastatin, "Rosuvastatin", "10 mg", "once daily", "oral", 0, 90, 3, "", ""},
    {Med::metformin, "Metformin", "500 mg", "twice daily with meals", "oral", 0, 180, 3,
     "Take with food to avoid stomach upset.", ""},
    {Med::metformin_high, "Metformin", "1000 mg", "twice daily with meals", "oral", 0, 180, 3,
     "Pause on days of vomiting or before contrast imaging.", ""},
    {Med::empagliflozin, "Empagliflozin", "10 mg", "once daily in the morning", "oral", 0, 90, 3,
     "Keep well hydrated.", ""},
    {Med::insulin_glargine, "Insulin glargine", "14 units", "once daily at bedtime", "subcutaneous",
     0, 5, 3, "Rotate injection sites; check fasting glucose daily.", ""},
    {Med::levothyroxine_50, "Levothyroxine", "50 mcg", "once daily on an empty stomach", "oral", 0,
     90, 3, "30 minutes before breakfast; not together with iron or calcium.", ""},
    {Med::levothyroxine_88, "Levothyroxine", "88 mcg", "once daily on an empty stomach", "oral", 0,
     90, 3, "30 minutes before breakfast; not together with iron or calcium.", ""},
    {Med::sertraline, "Sertraline", "50 mg", "once daily", "oral", 0, 30, 3,
     "Benefit may take four weeks; do not stop abruptly.", ""},
    {Med::escitalopram, "Escitalopram", "10 mg", "once daily", "oral", 0, 30, 3,
     "Benefit may take four weeks; do not stop abruptly.", ""},
    {Med::omeprazole, "Omeprazole", "20 mg", "once daily before breakfast", "oral", 0, 30, 2, "",
     ""},
    {Med::salbutamol, "Salbutamol inhaler", "100 mcg, 2 puffs", "every 4 to 6 hours as needed",
     "inhalation", 0, 1, 2, "Use a spacer; seek help if needed more often than every 4 hours.", ""},
    {Med::budesonide_formoterol, "Budesonide/formoterol inhaler", "160/4.5 mcg, 2 puffs",
     "twice daily", "inhalation", 0, 1, 5, "Rinse mouth after use.", ""},
    {Med::tiotropium, "Tiotropium inhaler", "18 mcg", "once daily", "inhalation", 0, 30, 5, "", ""},
    {Med::prednisolone, "Prednisolone", "40 mg", "once daily in the morning", "oral", 5, 40, 0,
     "Take with food.", ""},
    {Med::sumatriptan, "Sumatriptan", "50 mg", "at onset, may repeat once after 2 hours", "oral", 0,
     6, 3, "Not more than 10 days a month.", ""},
    {Med::propranolol, "Propranolol", "40 mg", "twice daily", "oral", 0, 60, 3, "", ""},
    {Med::ferrous_sulfate, "Ferrous sulfate", "325 mg", "once every other day", "oral", 0, 45, 2,
     "With orange juice; stools may turn dark.", ""},
    {Med::folic_acid, "Folic acid", "400 mcg", "once daily", "oral", 0, 90, 2, "", ""},
    {Med::cholecalciferol, "Cholecalciferol (vitamin D3)", "2000 IU", "once daily", "oral", 0, 90,
     3, "Take with a meal.", ""},
    {Med::alendronate, "Alendronate", "70 mg", "once weekly", "oral", 0, 12, 3,
     "With a full glass of water; stay upright for 30 minutes.", ""},
    {Med::allopurinol, "Allopurinol", "100 mg", "once daily", "oral", 0, 90, 3,
     "Stop and call if a rash appears.", ""},
    {Med::colchicine, "Colchicine", "0.5 mg", "twice daily", "oral", 5, 10, 0,
     "Stop if diarrhoea occurs.", ""},
    {Med::tamsulosin, "Tamsulosin", "0.4 mg", "once daily after the same meal", "oral", 0, 90, 3,
     "Rise slowly from sitting.", ""},
    {Med::cetirizine, "Cetirizine", "10 mg", "once daily", "oral", 14, 14, 2, "", ""},
    {Med::fluticasone_nasal, "Fluticasone nasal spray", "50 mcg, 2 sprays each nostril",
     "once daily", "intranasal", 0, 1, 2, "Aim away from the septum.", ""},
    {Med::hydrocortisone_cream, "Hydrocortisone 1 % cream", "thin layer", "twice daily", "topical",
     10, 1, 1, "", ""},
    {Med::betamethasone_cream, "Betamethasone valerate 0.1 % cream", "thin layer",
     "once daily to plaques", "topical", 14, 1, 2, "Not on the face.", ""},
    {Med::ibuprofen, "Ibuprofen", "400 mg", "every 8 hours as needed", "oral", 5, 15, 0,
     "Take with food.", kNsaid},
    {Med::naproxen, "Naproxen", "500 mg", "twice daily as needed", "oral", 7, 14, 0,
     "Take with food.", kNsaid},
    {Med::paracetamol, "Paracetamol", "1 g", "every 6 to 8 hours as needed", "oral", 5, 20, 0,
     "Not more than 4 g a day from all sources.", ""},
    {Med::diclofenac_gel, "Diclofenac 1 % gel", "4 g", "three times daily to the joint", "topical",
     21, 1, 2, "", ""},
    {Med::amoxicillin, "Amoxicillin", "500 mg", "three times daily", "oral", 7, 21, 0,
     "Finish the whole course.", kPenicillin},
    {Med::amoxicillin_clavulanate, "Amoxicillin/clavulanate", "875/125 mg", "twice daily", "oral",
     7, 14, 0, "Take with food; finish the whole course.", kPenicillin},
    {Med::azithromycin, "Azithromycin", "500 mg", "once daily", "oral", 3, 3, 0,
     "Finish the whole course.", ""},
    {Med::cephalexin, "Cephalexin", "500 mg", "four times daily", "oral", 7, 28, 0,
     "Finish the whole course.", kPenicillin},
    {Med::nitrofurantoin, "Nitrofurantoin (modified release)", "100 mg", "twice daily with food",
     "oral", 5, 10, 0, "Urine may turn dark yellow.", ""},
    {Med::fosfomycin, "Fosfomycin trometamol", "3 g", "single dose at bedtime", "oral", 1, 1, 0,
     "Dissolve in water; empty the bladder before.", ""},
    {Med::valaciclovir, "Valaciclovir", "1 g", "three times daily", "oral", 7, 21, 0, "", ""},
    {Med::clotrimazole, "Clotrimazole pessary", "500 mg", "single dose at night", "vaginal", 1, 1,
     0, "", ""},
    {Med::chloramphenicol_drops, "Chloramphenicol 0.5 % eye drops", "1 drop", "every 4 hours",
     "ophthalmic", 5, 1, 0, "No contact lenses until healed.", ""},
    {Med::oral_rehydration, "Oral rehydration salts", "1 sachet in 200 mL water",
     "after each loose stool", "oral", 3, 10, 0, "", ""},
    {Med::ondansetron, "Ondansetron", "4 mg", "every 8 hours as needed", "oral", 2, 6, 0, "", ""},
    {Med::meclizine, "Meclizine", "25 mg", "every 8 hours as needed", "oral", 3, 9, 0,
     "May cause drowsiness; do not drive.", ""},
    {Med::adrenaline_pen, "Adrenaline auto-injector", "0.3 mg",
     "once into the outer thigh for anaphylaxis", "intramuscular", 0, 2, 1,
     "Carry both pens at all times.", ""},
    {Med::macrogol, "Macrogol", "1 sachet", "once daily", "oral", 14, 14, 1, "", ""},
});

}  // namespace

const LabTest& lab_test(Lab key) {
  for (const LabTest& test : kLabs) {
    if (test.key == key) return test;
  }
  throw std::out_of_range("no such laboratory test");
}

const Medication& medication(Med key) {
  for (const Medication& one : kMedications) {
    if (one.key == key) return one;
  }
  throw std::out_of_range("no such medication");
}

Med alternative_to(Med key) {
  switch (key) {
    case Med::amoxicillin:
    case Med::amoxicillin_clavulanate:
    case Med::cephalexin:
      return Med::azithromycin;
    case Med::ibuprofen:
    case Med::naproxen:
      return Med::paracetamol;
    case Med::hydrochlorothiazide:
      return Med::amlodipine;
    case Med::lisinopril:
      return Med::losartan;
    case Med::aspirin:
      return Med::atorvastatin;
    default:
      return key;
  }
}

}  // namespace wardbook::demo
