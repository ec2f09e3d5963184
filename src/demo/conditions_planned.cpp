#include "demo/conditions.h"

namespace wardbook::demo {
namespace {

std::vector<Condition> checks() {
  return {
      {.icd = "Z00.00",
       .name = "Encounter for general adult medical examination without abnormal findings",
       .say = "general examination",
       .min_age = 25,
       .weight = 5,
       .complaints = {"Annual check-up", "Health check"},
       .history =
           {"Feels well. Walks regularly, does not smoke, drinks a glass of wine at weekends. "
            "Vaccinations up to date.",
            "No complaints. Sleeps seven hours, active at {work}. Family history of "
            "heart disease on the father's side."},
       .later = {"Feels well, came for the results."},
       .examination = {"General examination without findings. Skin without suspicious moles.",
                       "Heart, lungs, abdomen and thyroid normal; gait and posture normal."},
       .assessment = {"healthy; risk factors discussed"},
       .plan = {"Next check in two years. Screening by age explained.",
                "More movement at work, dental check once a year."},
       .treatments = {{}},
       .labs = {Lab::glucose, Lab::cholesterol, Lab::ldl, Lab::creatinine, Lab::hemoglobin},
       .lab_share = 0.8},
      {.icd = "Z00.129",
       .name = "Encounter for routine child health examination without abnormal findings",
       .say = "child health examination",
       .min_age = 1,
       .max_age = 17,
       .weight = 9,
       .complaints = {"Well-child visit", "School entry examination"},
       .history = {"Growing well, eats varied food, sleeps through. Parents have no worries.",
                   "Doing well at school and in sport. Vaccinations on schedule."},
       .later = {"Well."},
       .examination =
           {"Height and weight along {his} percentile. Development appropriate for age. "
            "Heart without murmur.",
            "Ears, throat, chest and abdomen normal; spine straight; sees and hears well."},
       .assessment = {"thriving, development normal for age"},
       .plan = {"Next visit by the schedule. Screen time and bicycle helmet discussed."},
       .treatments = {{}},
       .labs = {},
       .lab_share = 0},
      {.icd = "Z23",
       .name = "Encounter for immunization",
       .say = "vaccination",
       .min_age = 1,
       .weight = 3,
       .complaints = {"Vaccination"},
       .history = {"Came for the influenza vaccination. No fever, no allergy to vaccines.",
                   "Tetanus booster due after ten years. Feels well today."},
       .later = {"No reaction to the vaccination."},
       .examination = {"Well, temperature {temp} °C. {side} deltoid without findings."},
       .assessment = {"fit for vaccination"},
       .plan = {"Vaccine given into the {side} deltoid, observed for fifteen minutes without "
                "reaction."},
       .treatments = {{}},
       .labs = {},
       .lab_share = 0},
  };
}

std::vector<Condition> procedures() {
  return {
      {.icd = "Z12.11",
       .name = "Encounter for screening for malignant neoplasm of colon",
       .say = "screening colonoscopy",
       .min_age = 50,
       .max_age = 75,
       .weight = 2,
       .complaints = {"Screening colonoscopy"},
       .history = {"No symptoms, no family history of bowel cancer. Bowel preparation complete."},
       .later = {"Came for the histology result, which is benign."},
       .examination = {"Abdomen soft before and after the procedure; stable under sedation, "
                       "saturation {spo2} %."},
       .assessment = {"complete examination to the caecum without findings",
                      "one polyp of 4 mm in the sigmoid, removed by cold snare"},
       .plan =
           {"Discharged after two hours with an escort. Next examination in ten years, or as the "
            "histology says."},
       .treatments = {{}},
       .labs = {},
       .lab_share = 0,
       .follow_up = 0.35,
       .follow_up_days_low = 10,
       .follow_up_days_high = 21,
       .instructions = "Histology result."},
      {.icd = "L72.3",
       .name = "Sebaceous cyst",
       .say = "sebaceous cyst",
       .min_age = 20,
       .weight = 1.3,
       .complaints = {"Removal of a lump on the back"},
       .history = {"A lump on the back for years, larger lately and in the way of the chair."},
       .later = {"Stitches out, scar fine."},
       .examination = {"Mobile cyst of 2 cm over the {side} shoulder blade, not inflamed."},
       .assessment = {"removed whole, sent to histology"},
       .plan =
           {"Excision under local anaesthesia with 1 % lidocaine, three sutures, dressing for two "
            "days. Consent signed."},
       .treatments = {{Med::paracetamol}},
       .labs = {},
       .lab_share = 0,
       .follow_up = 0.95,
       .follow_up_days_low = 10,
       .follow_up_days_high = 14,
       .instructions = "Removal of stitches and histology."},
      {.icd = "M25.561",
       .name = "Pain in right knee",
       .say = "pain in the right knee",
       .min_age = 40,
       .weight = 1,
       .signs = {.pain_low = 3, .pain_high = 7},
       .complaints = {"Injection of the right knee"},
       .history = {"Pain of the right knee in spite of exercises and tablets for {weeks} weeks; "
                   "injection agreed at the last visit."},
       .later = {"Knee much better since the injection."},
       .examination = {"Right knee: small effusion, no redness or warmth, flexion 110 degrees."},
       .assessment = {"injection without complication"},
       .plan = {"10 mL of clear fluid aspirated, 40 mg triamcinolone injected under sterile "
                "conditions. Rest for two days."},
       .treatments = {{Med::diclofenac_gel}},
       .labs = {},
       .lab_share = 0,
       .follow_up = 0.6,
       .follow_up_days_low = 21,
       .follow_up_days_high = 42,
       .instructions = "Knee review after injection."},
  };
}

/// The visits of a pregnancy have one code a trimester in a real chart; the second's stands for
/// all.
Condition pregnancy() {
  return {
      .icd = "Z34.82",
      .name = "Encounter for supervision of other normal pregnancy, second trimester",
      .say = "normal pregnancy",
      .min_age = 20,
      .max_age = 41,
      .sex = 'f',
      .weight = 0,
      .signs = {.beats = 8},
      .complaints = {"Antenatal visit"},
      .history =
          {"Pregnancy known for some weeks, nausea in the mornings, no bleeding. Takes folic "
           "acid."},
      .later = {"Feels movements daily, no bleeding, no pain. Ankles swell in the evening.",
                "Well, nausea gone. No headaches, no visual disturbance."},
      .examination = {"Fundus at the expected height, fetal heart 144 per minute. Blood pressure "
                      "{bp} mmHg, no oedema.",
                      "Abdomen soft, fetal heart heard, urine without protein."},
      .assessment = {"normal course", "mother and child well"},
      .plan = {"Next antenatal visit in four weeks; ultrasound by the schedule.",
               "Iron and vitamin D advised, warning signs explained."},
      .treatments = {{Med::folic_acid}},
      .labs = {Lab::hemoglobin, Lab::glucose, Lab::platelets},
      .lab_share = 0.6,
      .follow_up = 0.95,
      .follow_up_days_low = 26,
      .follow_up_days_high = 32,
      .instructions = "Antenatal visit."};
}

}  // namespace

const std::vector<Condition>& planned_visits() {
  static const std::vector<Condition> all = [] {
    std::vector<Condition> list = checks();
    for (Condition& one : procedures()) list.push_back(std::move(one));
    list.push_back(pregnancy());
    return list;
  }();
  return all;
}

}  // namespace wardbook::demo
