#include <algorithm>
#include <stdexcept>

#include "demo/conditions.h"

namespace wardbook::demo {
namespace {

Condition hypertension() {
  return {
      .icd = "I10",
      .name = "Essential (primary) hypertension",
      .say = "hypertension",
      .min_age = 32,
      .weight = 0.38,
      .complaints = {"Blood pressure check", "Review of hypertension",
                     "Raised readings on the home monitor"},
      .history = {"High readings were noted at {work} and confirmed at home over {weeks} weeks. "
                  "No headache, visual change or chest pain.",
                  "{He} was found to have raised blood pressure at a pharmacy check. A parent had "
                  "hypertension. {He} adds salt to most meals."},
      .later =
          {"Home readings over the last {weeks} weeks are mostly between 125 and 140 systolic. "
           "Takes the tablets daily and has no dizziness on standing.",
           "{He} missed a few doses while travelling, otherwise takes the treatment as "
           "prescribed. No ankle swelling, no cough.",
           "Has cut down on salt and walks for half an hour on most days. No headaches, no "
           "palpitations."},
      .examination = {"Seated blood pressure {bp} mmHg, repeated after five minutes with a similar "
                      "result. No oedema.",
                      "Heart sounds normal, no murmur. Peripheral pulses present and equal. Blood "
                      "pressure {bp} mmHg."},
      .assessment = {"blood pressure {bp} mmHg on the present treatment",
                     "no sign of end-organ damage"},
      .plan = {"Continue home readings, twice a day for one week before the next visit.",
               "Salt below 5 g a day, regular walking, and a larger cuff for the home monitor.",
               "Repeat creatinine and potassium within the year."},
      .treatments = {{Med::amlodipine},
                     {Med::amlodipine, Med::lisinopril},
                     {Med::amlodipine, Med::losartan, Med::hydrochlorothiazide}},
      .labs = {Lab::creatinine, Lab::potassium, Lab::sodium},
      .lab_share = 0.35,
      .follow_up = 0.7,
      .follow_up_days_low = 60,
      .follow_up_days_high = 180,
      .instructions = "Blood pressure review; bring the home readings.",
      .telehealth = 0.15};
}

Condition diabetes() {
  return {
      .icd = "E11.9",
      .name = "Type 2 diabetes mellitus without complications",
      .say = "type 2 diabetes",
      .min_age = 35,
      .weight = 0.19,
      .complaints = {"Diabetes review", "Follow-up of type 2 diabetes",
                     "High sugar readings in the morning", "Thirst and tiredness"},
      .history = {"{He} has been thirsty and passing more urine for {weeks} weeks and has lost a "
                  "little weight. A brother has diabetes.",
                  "A raised fasting glucose was found at a check-up. {He} has no symptoms besides "
                  "tiredness in the afternoon."},
      .later = {"Fasting readings at home are between 110 and 150 mg/dL. No hypoglycaemia. Feet "
                "without wounds, {he} checks them every evening.",
                "{He} finds it hard to keep to regular meals because of long days at {work}. No "
                "polyuria, vision unchanged.",
                "Tolerates the tablets well. Walks after dinner and has replaced soft drinks with "
                "water. Eye examination done this year without retinopathy."},
      .examination = {"Feet: skin intact, pulses palpable, 10 g monofilament felt at all sites.",
                      "No acanthosis. Injection sites, where used, without lipohypertrophy. "
                      "Vibration sense preserved at both great toes."},
      .assessment = {"glycaemic control as shown by the HbA1c below",
                     "no hypoglycaemia, feet without findings"},
      .plan = {"HbA1c again in three months; target below 7.0 %.",
               "Referred to the dietitian; carbohydrate portions discussed with the plate method.",
               "Annual eye and foot examination; urine albumin once a year."},
      .treatments = {{Med::metformin},
                     {Med::metformin_high},
                     {Med::metformin_high, Med::empagliflozin},
                     {Med::metformin_high, Med::insulin_glargine}},
      .labs = {Lab::hba1c, Lab::glucose, Lab::creatinine, Lab::egfr, Lab::uacr},
      .lab_share = 0.85,
      .follow_up = 0.8,
      .follow_up_days_low = 75,
      .follow_up_days_high = 110,
      .instructions = "Diabetes review with HbA1c; bring the glucose diary.",
      .telehealth = 0.08};
}

Condition lipids() {
  return {
      .icd = "E78.5",
      .name = "Hyperlipidemia, unspecified",
      .say = "hyperlipidaemia",
      .min_age = 35,
      .weight = 0.26,
      .complaints = {"Cholesterol results", "Review of lipid treatment"},
      .history = {"Raised cholesterol was found on a routine test. {His} father had a heart "
                  "attack before the age of 60."},
      .later = {"Takes the statin every night. No muscle pain or weakness.",
                "{He} stopped the statin for {weeks} weeks after reading about side effects and "
                "has started again since."},
      .examination = {"No xanthelasma, no tendon xanthomas.",
                      "Carotids without bruit; calves not tender."},
      .assessment = {"LDL as below; statin tolerated"},
      .plan = {"Continue the statin; lipids once a year.",
               "Mediterranean diet and two portions of oily fish a week advised."},
      .treatments = {{Med::atorvastatin}, {Med::rosuvastatin}},
      .labs = {Lab::ldl, Lab::cholesterol, Lab::hdl, Lab::triglycerides, Lab::alt},
      .lab_share = 0.75,
      .follow_up = 0.4,
      .follow_up_days_low = 90,
      .follow_up_days_high = 200,
      .instructions = "Lipid profile, fasting not needed.",
      .telehealth = 0.3};
}

Condition hypothyroidism() {
  return {
      .icd = "E03.9",
      .name = "Hypothyroidism, unspecified",
      .say = "hypothyroidism",
      .min_age = 25,
      .weight = 0.07,
      .signs = {.beats = -4},
      .complaints = {"Tiredness and feeling cold", "Thyroid check", "Weight gain and dry skin"},
      .history = {"For some months {he} has been tired, feels cold when others do not and has "
                  "dry skin. Bowels slower than before."},
      .later = {"More energy since the tablets were started. Takes them before breakfast, apart "
                "from iron and calcium.",
                "No palpitations, no tremor; sleeps well. Weight stable."},
      .examination = {"Thyroid not enlarged, no nodules. Ankle reflexes with normal relaxation.",
                      "Skin dry, no goitre, pulse {pulse} per minute and regular."},
      .assessment = {"dose judged by the TSH below"},
      .plan = {"TSH again six to eight weeks after any change of dose, otherwise yearly.",
               "Continue levothyroxine on an empty stomach."},
      .treatments = {{Med::levothyroxine_50}, {Med::levothyroxine_88}},
      .labs = {Lab::tsh, Lab::ft4},
      .lab_share = 0.9,
      .follow_up = 0.6,
      .follow_up_days_low = 45,
      .follow_up_days_high = 180,
      .instructions = "TSH before the visit; take the tablet after the blood is drawn.",
      .telehealth = 0.2};
}

Condition asthma() {
  return {
      .icd = "J45.40",
      .name = "Moderate persistent asthma, uncomplicated",
      .say = "asthma",
      .min_age = 6,
      .max_age = 70,
      .weight = 0.08,
      .signs = {.spo2_drop = 1, .breaths = 2},
      .complaints = {"Asthma review", "Wheeze at night", "Cough on exertion"},
      .history = {"Wheeze and cough since childhood, worse in cold air and around cats. Wakes "
                  "at night about twice a week."},
      .later = {"Uses the reliever once or twice a week. Inhaler technique checked and correct.",
                "One short flare after a cold, managed at home with extra doses. No night "
                "waking in the last {weeks} weeks."},
      .examination = {"Good air entry on both sides, scattered end-expiratory wheeze.",
                      "Chest clear, no wheeze at rest. Peak flow at 85 % of {his} best."},
      .assessment = {"partly controlled by symptoms", "well controlled on the present step"},
      .plan = {"Written action plan gone through; continue the preventer twice daily.",
               "Influenza vaccination each autumn. Avoid the known triggers."},
      .treatments = {{Med::salbutamol}, {Med::budesonide_formoterol, Med::salbutamol}},
      .labs = {},
      .lab_share = 0,
      .follow_up = 0.5,
      .follow_up_days_low = 60,
      .follow_up_days_high = 180,
      .instructions = "Asthma review; bring the inhalers.",
      .telehealth = 0.1};
}

Condition copd() {
  return {.icd = "J44.9",
          .name = "Chronic obstructive pulmonary disease, unspecified",
          .say = "COPD",
          .min_age = 55,
          .weight = 0.1,
          .signs = {.spo2_drop = 4, .breaths = 3},
          .complaints = {"Breathless on stairs", "COPD review", "Morning cough with sputum"},
          .history = {"Breathless on one flight of stairs, cough with clear sputum most mornings. "
                      "Smoked a packet a day for about thirty years."},
          .later = {"One exacerbation in the last year. Walks to the shops with one rest. Has cut "
                    "down to five cigarettes a day.",
                    "Breathing as usual, sputum clear. Has not smoked since spring and attends the "
                    "rehabilitation class."},
          .examination = {"Hyperinflated chest, breath sounds reduced, no crackles. Saturation "
                          "{spo2} % on room air.",
                          "Prolonged expiration, a few rhonchi that clear on coughing. No oedema."},
          .assessment = {"stable, saturation {spo2} % on room air"},
          .plan = {"Pneumococcal and influenza vaccination kept up to date.",
                   "Pulmonary rehabilitation; rescue pack explained. Smoking cessation offered."},
          .treatments = {{Med::tiotropium, Med::salbutamol},
                         {Med::tiotropium, Med::budesonide_formoterol, Med::salbutamol}},
          .labs = {},
          .lab_share = 0,
          .follow_up = 0.6,
          .follow_up_days_low = 60,
          .follow_up_days_high = 150,
          .instructions = "Spirometry and inhaler check."};
}

Condition coronary() {
  return {
      .icd = "I25.10",
      .name = "Atherosclerotic heart disease of native coronary artery without angina pectoris",
      .say = "coronary artery disease",
      .min_age = 52,
      .weight = 0.1,
      .complaints = {"Cardiac follow-up", "Review after coronary stent"},
      .history = {"Stent to the left anterior descending artery some years ago, no angina since. "
                  "Climbs two flights of stairs."},
      .later = {"No chest pain on exertion, no breathlessness lying flat. Takes all tablets.",
                "Walks three kilometres a day without symptoms. Nitro spray not used."},
      .examination = {"Regular rhythm, no murmur, lungs clear, no oedema. Blood pressure {bp} "
                      "mmHg.",
                      "Jugular venous pressure not raised. Heart sounds normal."},
      .assessment = {"no angina, risk factors under treatment"},
      .plan = {"Continue antiplatelet, beta blocker and statin. Call emergency services for "
               "chest pain lasting more than ten minutes.",
               "ECG today without change from the last one."},
      .treatments = {{Med::aspirin, Med::metoprolol, Med::atorvastatin}},
      .labs = {Lab::ldl, Lab::creatinine, Lab::hemoglobin},
      .lab_share = 0.5,
      .follow_up = 0.6,
      .follow_up_days_low = 120,
      .follow_up_days_high = 200,
      .instructions = "Cardiac review with ECG."};
}

Condition heart_failure() {
  return {
      .icd = "I50.22",
      .name = "Chronic systolic (congestive) heart failure",
      .say = "heart failure",
      .min_age = 60,
      .weight = 0.06,
      .signs = {.spo2_drop = 1.5, .breaths = 3, .beats = 4},
      .complaints = {"Heart failure review", "Swollen legs", "Breathless when lying flat"},
      .history = {"Breathless on light effort and ankle swelling by the evening. Sleeps on two "
                  "pillows. Ejection fraction 35 % on the last echocardiogram."},
      .later = {"Weight is written down every morning and has varied by less than one kilogram. "
                "One pillow at night.",
                "Ankles swell when {he} sits long; no breathlessness at rest. Fluids kept to "
                "1.5 litres."},
      .examination = {"Jugular venous pressure 4 cm, fine basal crackles, slight pitting oedema "
                      "of both ankles. Weight {weight} kg.",
                      "Lungs clear, no oedema, weight {weight} kg. Apex beat displaced."},
      .assessment = {"euvolaemic by examination, NYHA class II",
                     "mild congestion, NYHA class II to III"},
      .plan = {"Daily weights; extra furosemide if two kilograms more in three days.",
               "Potassium and creatinine in two weeks after any change of dose."},
      .treatments = {{Med::furosemide, Med::bisoprolol, Med::lisinopril},
                     {Med::furosemide, Med::bisoprolol, Med::losartan, Med::spironolactone}},
      .labs = {Lab::nt_probnp, Lab::creatinine, Lab::potassium, Lab::sodium},
      .lab_share = 0.8,
      .follow_up = 0.9,
      .follow_up_days_low = 28,
      .follow_up_days_high = 90,
      .instructions = "Heart failure clinic; bring the weight diary.",
      .inpatient = 0.06};
}

Condition fibrillation() {
  return {.icd = "I48.0",
          .name = "Paroxysmal atrial fibrillation",
          .say = "atrial fibrillation",
          .min_age = 58,
          .weight = 0.07,
          .signs = {.beats = 8},
          .complaints = {"Palpitations", "Review of anticoagulation"},
          .history = {"Sudden irregular heartbeat for some hours, with light-headedness. Two such "
                      "episodes in the last {weeks} weeks."},
          .later = {"No palpitations noticed. No bleeding, no missed doses of the anticoagulant.",
                    "One episode of two hours, settled by itself. Bruises easily, no nose bleeds."},
          .examination = {"Pulse {pulse} per minute, irregularly irregular. No signs of failure.",
                          "Regular pulse of {pulse} per minute today; no murmur."},
          .assessment = {"stroke risk calls for anticoagulation, which is tolerated"},
          .plan = {"Continue the anticoagulant; renal function twice a year.",
                   "Rate control as before; 24-hour ECG if the episodes become more frequent."},
          .treatments = {{Med::apixaban, Med::bisoprolol}, {Med::warfarin, Med::metoprolol}},
          .labs = {Lab::inr, Lab::creatinine, Lab::hemoglobin},
          .lab_share = 0.6,
          .follow_up = 0.7,
          .follow_up_days_low = 30,
          .follow_up_days_high = 120,
          .instructions = "Rhythm and anticoagulation review."};
}

Condition kidney() {
  return {.icd = "N18.31",
          .name = "Chronic kidney disease, stage 3a",
          .say = "chronic kidney disease",
          .min_age = 60,
          .weight = 0.1,
          .complaints = {"Kidney function check"},
          .history = {"Reduced kidney function was found on routine blood tests. Passes urine "
                      "normally, no swelling, no use of anti-inflammatory tablets."},
          .later = {"No new symptoms. Avoids ibuprofen as advised. Drinks about two litres a day."},
          .examination = {"No oedema, no costovertebral tenderness. Blood pressure {bp} mmHg."},
          .assessment = {"eGFR stable within the stage"},
          .plan = {"Avoid NSAIDs; creatinine and urine albumin every six months.",
                   "Blood pressure below 130/80 mmHg is the aim."},
          .treatments = {{Med::losartan}},
          .labs = {Lab::egfr, Lab::creatinine, Lab::potassium, Lab::uacr, Lab::hemoglobin},
          .lab_share = 0.95,
          .follow_up = 0.7,
          .follow_up_days_low = 90,
          .follow_up_days_high = 190,
          .instructions = "Creatinine, potassium and urine albumin before the visit."};
}

}  // namespace

std::vector<Condition> chronic_conditions_two();

const std::vector<Condition>& chronic_conditions() {
  static const std::vector<Condition> all = [] {
    std::vector<Condition> list = {hypertension(), diabetes(), lipids(),   hypothyroidism(),
                                   asthma(),       copd(),     coronary(), heart_failure(),
                                   fibrillation(), kidney()};
    for (Condition& one : chronic_conditions_two()) list.push_back(std::move(one));
    return list;
  }();
  return all;
}

bool is_lasting(const Condition& condition) {
  return std::any_of(chronic_conditions().begin(), chronic_conditions().end(),
                     [&](const Condition& one) { return &one == &condition; });
}

const Condition& condition(std::string_view icd) {
  for (const auto* list : {&chronic_conditions(), &acute_conditions(), &planned_visits()}) {
    for (const Condition& one : *list) {
      if (one.icd == icd) return one;
    }
  }
  throw std::out_of_range("no such condition");
}

}  // namespace wardbook::demo
