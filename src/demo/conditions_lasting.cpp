#include "demo/conditions.h"

// More lasting conditions: of mind, joints, skin, stomach.
namespace wardbook::demo {

std::vector<Condition> chronic_conditions_two();

namespace {

Condition depression() {
  return {
      .icd = "F32.1",
      .name = "Major depressive disorder, single episode, moderate",
      .say = "depression",
      .min_age = 17,
      .weight = 0.08,
      .complaints = {"Low mood", "Poor sleep and no energy", "Review of depression"},
      .history = {"Low mood on most days for {weeks} weeks, early waking, little appetite and no "
                  "pleasure in things. Difficulties at {work}. No thoughts of self-harm.",
                  "{He} lost a close relative and has not been able to work since. Feels guilty "
                  "and tired. Denies suicidal thoughts."},
      .later = {"Sleeping better and seeing friends again. PHQ-9 score 9, was 16.",
                "Mood lighter in the mornings, concentration still poor. No thoughts of "
                "self-harm. Some nausea in the first week, now gone."},
      .examination = {"Well kempt, good eye contact, speech slow. Affect low but reactive. No "
                      "psychotic symptoms.",
                      "Alert and oriented; mood described as flat. Insight preserved."},
      .assessment = {"moderate episode, no acute risk today",
                     "improving on treatment, no acute risk"},
      .plan = {"Continue the antidepressant for at least six months after recovery. Crisis "
               "numbers given.",
               "Referred for cognitive behavioural therapy; daily walk and fixed times for bed "
               "agreed."},
      .treatments = {{Med::sertraline}, {Med::escitalopram}},
      .labs = {},
      .lab_share = 0,
      .follow_up = 0.85,
      .follow_up_days_low = 14,
      .follow_up_days_high = 42,
      .instructions = "Mood review with PHQ-9.",
      .telehealth = 0.3};
}

Condition anxiety() {
  return {.icd = "F41.1",
          .name = "Generalized anxiety disorder",
          .say = "generalized anxiety",
          .min_age = 16,
          .max_age = 75,
          .weight = 0.06,
          .signs = {.beats = 6},
          .complaints = {"Constant worry", "Palpitations and tension", "Anxiety follow-up"},
          .history = {"Worries about family and {work} for more than six months, with tense "
                      "shoulders and poor sleep. Coffee five cups a day."},
          .later = {"Fewer bad days; uses the breathing exercises. Coffee cut down to one cup.",
                    "Still tense before meetings. Takes the tablets every morning."},
          .examination = {"Restless, slight tremor of the outstretched hands, thyroid normal.",
                          "Calm today, pulse {pulse} per minute, heart sounds normal."},
          .assessment = {"GAD-7 score in the moderate range", "GAD-7 score improved"},
          .plan = {"Sleep hygiene and relaxation; course of psychotherapy arranged.",
                   "Continue the present dose, review in some weeks."},
          .treatments = {{Med::escitalopram}, {Med::sertraline}},
          .labs = {Lab::tsh},
          .lab_share = 0.2,
          .follow_up = 0.7,
          .follow_up_days_low = 21,
          .follow_up_days_high = 60,
          .instructions = "Review of anxiety with GAD-7.",
          .telehealth = 0.35};
}

Condition reflux() {
  return {.icd = "K21.9",
          .name = "Gastro-esophageal reflux disease without esophagitis",
          .say = "reflux disease",
          .min_age = 22,
          .weight = 0.12,
          .complaints = {"Heartburn", "Acid taste at night"},
          .history = {"Burning behind the breastbone after meals and on lying down for {weeks} "
                      "weeks. No difficulty swallowing, no weight loss, no black stools."},
          .later = {"Heartburn gone with the tablets, returns when they are left out.",
                    "Eats earlier in the evening and sleeps with the head raised; symptoms on one "
                    "day a week."},
          .examination = {"Abdomen soft, slight epigastric tenderness, no mass.",
                          "Abdomen soft and not tender. Not anaemic clinically."},
          .assessment = {"typical symptoms without alarm signs"},
          .plan = {"Lowest dose that keeps symptoms away; try to stop after eight weeks.",
                   "No meals within three hours of bedtime, less coffee and alcohol."},
          .treatments = {{Med::omeprazole}},
          .labs = {},
          .lab_share = 0,
          .follow_up = 0.3,
          .follow_up_days_low = 30,
          .follow_up_days_high = 60,
          .instructions = "Review of reflux treatment.",
          .telehealth = 0.2};
}

Condition knee_arthritis() {
  return {
      .icd = "M17.11",
      .name = "Unilateral primary osteoarthritis, right knee",
      .say = "osteoarthritis of the right knee",
      .min_age = 52,
      .weight = 0.14,
      .signs = {.pain_low = 2, .pain_high = 6},
      .complaints = {"Pain in the right knee", "Knee stiff in the morning"},
      .history = {"Pain in the right knee on stairs and after walking, stiff for ten minutes in "
                  "the morning. No locking, no injury."},
      .later = {"Exercises help; walks with a stick outdoors. Gel used on bad days.",
                "Pain worse after the garden work last week, settled with rest."},
      .examination = {"Right knee: bony swelling, crepitus, flexion to 115 degrees, no effusion.",
                      "Medial joint line tender on the right, ligaments stable, small effusion."},
      .assessment = {"moderate, conservative treatment continues"},
      .plan = {"Quadriceps exercises daily, physiotherapy prescribed.",
               "Weight reduction would help the knee most. Injection discussed if pain persists."},
      .treatments = {{Med::paracetamol, Med::diclofenac_gel}, {Med::naproxen}},
      .labs = {},
      .lab_share = 0,
      .follow_up = 0.35,
      .follow_up_days_low = 42,
      .follow_up_days_high = 90,
      .instructions = "Knee review after physiotherapy."};
}

Condition osteoporosis() {
  return {.icd = "M81.0",
          .name = "Age-related osteoporosis without current pathological fracture",
          .say = "osteoporosis",
          .min_age = 62,
          .sex = 'f',
          .weight = 0.16,
          .complaints = {"Bone density result", "Osteoporosis review"},
          .history = {"Wrist fracture two years ago after a fall from standing. T-score of the hip "
                      "-2.7."},
          .later = {"Takes the weekly tablet upright with water. No heartburn. No falls.",
                    "One stumble without injury. Dental check done."},
          .examination = {"Slight thoracic kyphosis, no vertebral tenderness. Gait steady.",
                          "Stands up from a chair without using the arms."},
          .assessment = {"no new fracture"},
          .plan = {"Continue treatment for five years, then reassess; repeat DXA in two years.",
                   "Fall prevention at home, calcium from food, vitamin D."},
          .treatments = {{Med::alendronate, Med::cholecalciferol}},
          .labs = {Lab::vitamin_d, Lab::creatinine},
          .lab_share = 0.5,
          .follow_up = 0.4,
          .follow_up_days_low = 150,
          .follow_up_days_high = 200,
          .instructions = "Osteoporosis review."};
}

Condition migraine() {
  return {.icd = "G43.009",
          .name = "Migraine without aura, not intractable, without status migrainosus",
          .say = "migraine",
          .min_age = 14,
          .max_age = 60,
          .weight = 0.08,
          .signs = {.pain_low = 1, .pain_high = 7},
          .complaints = {"Headaches", "Migraine follow-up"},
          .history = {"Throbbing headache on one side, four times a month, with nausea and dislike "
                      "of light, lasting a day. {His} mother had the same."},
          .later = {"Two attacks in the last month, the tablet worked within two hours.",
                    "Headache diary kept: attacks after short nights and missed meals."},
          .examination = {"Cranial nerves, fundi, power and gait normal. Neck supple.",
                          "Neurological examination without deficit. Blood pressure {bp} mmHg."},
          .assessment = {"typical pattern, normal neurological examination"},
          .plan = {"Headache diary, regular meals and sleep. Acute treatment early in the attack.",
                   "Preventive treatment discussed if more than four days a month."},
          .treatments = {{Med::sumatriptan}, {Med::sumatriptan, Med::propranolol}},
          .labs = {},
          .lab_share = 0,
          .follow_up = 0.45,
          .follow_up_days_low = 42,
          .follow_up_days_high = 90,
          .instructions = "Bring the headache diary.",
          .telehealth = 0.25};
}

Condition iron_deficiency() {
  return {
      .icd = "D50.9",
      .name = "Iron deficiency anemia, unspecified",
      .say = "iron deficiency anaemia",
      .min_age = 15,
      .max_age = 55,
      .sex = 'f',
      .weight = 0.1,
      .signs = {.beats = 7},
      .complaints = {"Tired and short of breath", "Low iron", "Anaemia follow-up"},
      .history = {"Tired for {weeks} weeks, short of breath on stairs. Heavy periods of seven "
                  "days. Eats little meat. No blood in the stool."},
      .later = {"More energy since the iron was started. Stools dark, no constipation.",
                "Takes the iron every other day with juice. Periods still heavy."},
      .examination = {"Conjunctivae pale, flow murmur at the left sternal edge, abdomen normal.",
                      "Less pale than before. Heart and lungs normal."},
      .assessment = {"microcytic, in keeping with menstrual loss",
                     "haemoglobin rising on oral iron"},
      .plan = {"Iron for three months after the haemoglobin is normal; count in four weeks.",
               "Gynaecology referral for the heavy periods."},
      .treatments = {{Med::ferrous_sulfate}},
      .labs = {Lab::hemoglobin, Lab::mcv, Lab::ferritin, Lab::platelets},
      .lab_share = 0.95,
      .follow_up = 0.75,
      .follow_up_days_low = 28,
      .follow_up_days_high = 90,
      .instructions = "Blood count and ferritin."};
}

Condition gout() {
  return {
      .icd = "M10.9",
      .name = "Gout, unspecified",
      .say = "gout",
      .min_age = 38,
      .sex = 'm',
      .weight = 0.06,
      .signs = {.pain_low = 1, .pain_high = 7},
      .complaints = {"Painful swollen big toe", "Gout review"},
      .history = {"Sudden pain of the {side} big toe during the night, red and too tender for a "
                  "sheet. Third attack within a year."},
      .later = {"No attack since allopurinol was started. No rash.",
                "One mild flare, settled in three days. Beer only at weekends."},
      .examination = {"First metatarsophalangeal joint {side} warm, red and very tender.",
                      "No tophi, joints quiet today."},
      .assessment = {"urate as below; the aim is under 6 mg/dL"},
      .plan = {"Raise allopurinol step by step to the urate target; continue through flares.",
               "Less beer, sweet drinks and offal; plenty of water."},
      .treatments = {{Med::colchicine}, {Med::allopurinol}},
      .labs = {Lab::uric_acid, Lab::creatinine},
      .lab_share = 0.8,
      .follow_up = 0.6,
      .follow_up_days_low = 30,
      .follow_up_days_high = 90,
      .instructions = "Urate before the visit."};
}

Condition prostate() {
  return {.icd = "N40.1",
          .name = "Benign prostatic hyperplasia with lower urinary tract symptoms",
          .say = "benign prostatic hyperplasia",
          .min_age = 55,
          .sex = 'm',
          .weight = 0.2,
          .complaints = {"Weak stream and getting up at night", "Prostate review"},
          .history = {"Gets up three times a night, weak stream and hesitancy for about a year. No "
                      "blood in the urine, no burning."},
          .later = {"Stream better, once a night now. No dizziness.",
                    "Symptoms about the same; avoids drinking late in the evening."},
          .examination = {"Prostate enlarged, smooth, not tender. Bladder not palpable.",
                          "Abdomen soft, no palpable bladder; rectal examination unchanged."},
          .assessment = {"moderate symptoms by IPSS, no alarm signs"},
          .plan = {"Continue the alpha blocker; less fluid and caffeine in the evening.",
                   "Urology if retention, infection or blood in the urine occurs."},
          .treatments = {{Med::tamsulosin}},
          .labs = {Lab::psa, Lab::creatinine},
          .lab_share = 0.45,
          .follow_up = 0.4,
          .follow_up_days_low = 90,
          .follow_up_days_high = 190,
          .instructions = "Symptom score and PSA."};
}

Condition rhinitis() {
  return {
      .icd = "J30.9",
      .name = "Allergic rhinitis, unspecified",
      .say = "allergic rhinitis",
      .min_age = 6,
      .max_age = 65,
      .weight = 0.1,
      .complaints = {"Runny nose and itchy eyes", "Hay fever"},
      .history = {"Sneezing fits, blocked nose and itchy eyes every spring, worse outdoors."},
      .later = {"Spray helps when used daily. Eyes still itch on windy days."},
      .examination = {"Nasal mucosa pale and swollen, clear discharge, conjunctivae slightly red.",
                      "Turbinates swollen, throat clear, chest without wheeze."},
      .assessment = {"seasonal, moderate"},
      .plan = {"Nasal steroid from two weeks before the season; rinse with saline."},
      .treatments = {{Med::fluticasone_nasal, Med::cetirizine}},
      .labs = {},
      .lab_share = 0,
      .follow_up = 0.1,
      .follow_up_days_low = 30,
      .follow_up_days_high = 60,
      .instructions = "Review if not better.",
      .telehealth = 0.35};
}

Condition obesity() {
  return {
      .icd = "E66.9",
      .name = "Obesity, unspecified",
      .say = "obesity",
      .min_age = 20,
      .max_age = 75,
      .weight = 0.14,
      .complaints = {"Weight management", "Advice on losing weight"},
      .history = {"Weight has risen over ten years, mostly from sitting all day at {work}. Two "
                  "diets without lasting success."},
      .later = {"Food diary kept on most days, two walks a week. Weight {weight} kg today.",
                "Evening snacks are the hardest part. Joined a swimming group."},
      .examination = {"Weight {weight} kg. Abdominal fat distribution, no striae, thyroid normal.",
                      "Weight {weight} kg; blood pressure {bp} mmHg with a large cuff."},
      .assessment = {"weight and BMI as recorded today"},
      .plan = {"Goal of five percent in six months; dietitian and exercise on prescription.",
               "Screening for sleep apnoea by questionnaire; lipids and glucose once a year."},
      .treatments = {},
      .labs = {Lab::glucose, Lab::triglycerides, Lab::alt},
      .lab_share = 0.3,
      .follow_up = 0.5,
      .follow_up_days_low = 42,
      .follow_up_days_high = 100,
      .instructions = "Weight review; bring the food diary.",
      .telehealth = 0.15};
}

Condition eczema() {
  return {.icd = "L20.9",
          .name = "Atopic dermatitis, unspecified",
          .say = "atopic eczema",
          .min_age = 1,
          .max_age = 30,
          .weight = 0.1,
          .complaints = {"Itchy rash", "Eczema flare"},
          .history = {"Dry itchy skin in the elbow folds since infancy, worse in winter. Scratches "
                      "at night."},
          .later = {"Skin calmer with daily emollients. Cream needed on five days last month."},
          .examination = {"Erythema and lichenification in both elbow folds, no weeping.",
                          "Dry skin, a few excoriations behind the knees, no infection."},
          .assessment = {"mild to moderate, not infected"},
          .plan = {"Emollient twice a day also when clear; steroid cream for flares only."},
          .treatments = {{Med::hydrocortisone_cream}, {Med::betamethasone_cream}},
          .labs = {},
          .lab_share = 0,
          .follow_up = 0.25,
          .follow_up_days_low = 28,
          .follow_up_days_high = 60,
          .instructions = "Skin review.",
          .telehealth = 0.2};
}

}  // namespace

std::vector<Condition> chronic_conditions_two() {
  return {depression(),      anxiety(), reflux(),   knee_arthritis(), osteoporosis(), migraine(),
          iron_deficiency(), gout(),    prostate(), rhinitis(),       obesity(),      eczema()};
}

}  // namespace wardbook::demo
