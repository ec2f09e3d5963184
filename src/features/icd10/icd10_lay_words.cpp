#include "features/icd10/icd10_lay_words.h"

#include <algorithm>
#include <array>
#include <vector>

namespace wardbook::icd10 {
namespace {

constexpr std::size_t kTextWordsMost = 3;
constexpr std::size_t kLettersLeast = 5;

const LayWords* entry(std::string_view text) {
  const auto at = std::ranges::lower_bound(lay_words(), text, {}, &LayWords::text);
  return at != lay_words().end() && at->text == text ? &*at : nullptr;
}

/// In the singular, if it is not there as it is.
const LayWords* entry_or_singular(std::string text) {
  const auto* found = entry(text);
  if (found != nullptr || text.size() < kLettersLeast || !text.ends_with('s')) return found;
  text.pop_back();
  return entry(text);
}

/// One letter wrong, missing or too much, or two that have changed places.
bool one_error_apart(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  std::size_t same = 0;
  while (same < a.size() && a[same] == b[same]) ++same;
  if (a.size() < b.size()) return a.substr(same) == b.substr(same + 1);
  if (same == a.size() || a.substr(same + 1) == b.substr(same + 1)) return true;
  return same + 1 < a.size() && a[same] == b[same + 1] && a[same + 1] == b[same] &&
         a.substr(same + 2) == b.substr(same + 2);
}

/// The words of all texts that are long enough to be told apart.
std::vector<std::string_view> long_words() {
  std::vector<std::string_view> out;
  for (const auto& lay : lay_words()) {
    for (std::size_t at = 0; at < lay.text.size();) {
      const auto end = std::min(lay.text.find(' ', at), lay.text.size());
      if (end - at >= kLettersLeast) out.push_back(lay.text.substr(at, end - at));
      at = end + 1;
    }
  }
  return out;
}

}  // namespace

std::span<const LayWords> lay_words() {
  static constexpr LayWords kAll[] = {
      {"acl", "anterior cruciate ligament", ""},
      {"acl tear", "sprain anterior cruciate ligament", "S83519A S83511A S83512A"},
      {"adhd", "attention deficit hyperactivity", "F909"},
      {"afib", "atrial fibrillation", "I4891"},
      {"aids", "human immunodeficiency virus", "B20"},
      {"aki", "acute kidney failure", "N179"},
      {"alcoholism", "alcohol dependence", "F1020"},
      {"allergies", "allergy", "T7840XA"},
      {"allergy", "allergy", "T7840XA"},
      {"als", "amyotrophic lateral sclerosis", "G1221"},
      {"anemia", "anemia", "D649"},
      {"anxiety", "anxiety", "F419"},
      {"appendicitis", "appendicitis", "K3580 K37"},
      {"ards", "acute respiratory distress", "J80"},
      {"arthritis", "arthritis", "M1990"},
      {"asma", "asthma", "J45909"},
      {"asthma", "asthma", "J45909"},
      {"athlete foot", "tinea pedis", "B353"},
      {"autism", "autistic", "F840"},
      {"back pain", "back pain", "M549 M5450"},
      {"backache", "back pain", "M549 M5450"},
      {"bed sore", "pressure ulcer", "L8990"},
      {"bed wetting", "enuresis", "N3944"},
      {"bedsore", "pressure ulcer", "L8990"},
      {"belly ache", "abdominal pain", "R109"},
      {"belly pain", "abdominal pain", "R109"},
      {"bipolar", "bipolar", "F319"},
      {"birth control", "contraception", "Z3009"},
      {"bladder cancer", "malignant neoplasm bladder", "C679"},
      {"bladder infection", "cystitis", "N3090 N3000"},
      {"bloating", "distension gaseous", "R140"},
      {"blood clot", "thrombosis", "I8290"},
      {"blood clot leg", "thrombosis lower extremity", "I82409"},
      {"blood clot lung", "pulmonary embolism", "I2699"},
      {"blood poisoning", "sepsis", "A419"},
      {"blood stool", "melena", "K921"},
      {"blood urine", "hematuria", "R319"},
      {"boil", "furuncle", "L0292"},
      {"bowel cancer", "malignant neoplasm colon", "C189"},
      {"bph", "benign prostatic hyperplasia", "N400 N401"},
      {"brain tumor", "neoplasm brain", "D496 C719"},
      {"breast cancer", "malignant neoplasm breast", "C50919 C50911 C50912"},
      {"breast lump", "lump breast", "N630"},
      {"bruise", "contusion", ""},
      {"burn", "burn", "T300"},
      {"c o", "", ""},
      {"cabg", "aortocoronary bypass", "Z951"},
      {"cad", "atherosclerotic heart disease", "I2510"},
      {"cancer", "malignant neoplasm", "C801"},
      {"carpal tunnel", "carpal tunnel", "G5600 G5601 G5602"},
      {"cellulitis leg", "cellulitis lower limb", "L03119 L03115 L03116"},
      {"cervical cancer", "malignant neoplasm cervix", "C539"},
      {"check up", "general adult medical examination", "Z0000"},
      {"checkup", "general adult medical examination", "Z0000"},
      {"chest pain", "chest pain", "R079"},
      {"chf", "congestive heart failure", "I509"},
      {"chicken pox", "varicella", "B019"},
      {"chickenpox", "varicella", "B019"},
      {"chronic kidney disease", "chronic kidney disease", "N189"},
      {"ckd", "chronic kidney disease", "N189"},
      {"cold sore", "herpesviral", "B001"},
      {"collapsed lung", "atelectasis", "J9811"},
      {"collarbone", "clavicle", ""},
      {"colon cancer", "malignant neoplasm colon", "C189"},
      {"color blind", "color vision", "H5350"},
      {"color blindness", "color vision", "H5350"},
      {"common cold", "nasopharyngitis", "J00"},
      {"concussion", "concussion", "S060X0A S060XAA"},
      {"copd", "chronic obstructive pulmonary", "J449"},
      {"copd exacerbation", "chronic obstructive pulmonary exacerbation", "J441"},
      {"coronavirus", "covid 19", "U071"},
      {"cough", "cough", "R059"},
      {"covid", "covid", "U071"},
      {"cramp", "cramp", "R252"},
      {"crohn", "crohn", "K5090"},
      {"cut", "laceration", ""},
      {"cva", "cerebral infarction", "I639"},
      {"deaf", "hearing loss", "H9190"},
      {"deafness", "hearing loss", "H9190"},
      {"depressed", "depression", "F32A"},
      {"depression", "depression", "F32A"},
      {"diabetes", "diabetes", "E119"},
      {"diabetic", "diabetic", "E119"},
      {"diarrhea", "diarrhea", "R197"},
      {"dizzy", "dizziness", "R42"},
      {"dm", "diabetes mellitus", "E119"},
      {"dm1", "type 1 diabetes mellitus", "E109"},
      {"dm2", "type 2 diabetes mellitus", "E119"},
      {"down syndrome", "down syndrome", "Q909"},
      {"drowsy", "somnolence", "R400"},
      {"dvt", "thrombosis deep veins", "I82409"},
      {"ear ache", "otalgia", "H9209"},
      {"ear infection", "otitis media", "H6690 H6691 H6692"},
      {"ear pain", "otalgia", "H9209"},
      {"earache", "otalgia", "H9209"},
      {"eating disorder", "eating disorder", "F509"},
      {"ed", "erectile dysfunction", "N529"},
      {"esrd", "end stage renal disease", "N186"},
      {"fainting", "syncope", "R55"},
      {"fall", "fall", "W19XXXA"},
      {"fatigue", "fatigue", "R5383"},
      {"fatty liver", "fatty liver", "K760"},
      {"fever", "fever", "R509"},
      {"fibroid", "leiomyoma uterus", "D259"},
      {"fits", "convulsions", "R569"},
      {"flu", "influenza", "J111"},
      {"flu shot", "encounter immunization", "Z23"},
      {"food allergy", "food allergy", "Z91018"},
      {"food poisoning", "foodborne intoxication", "A059"},
      {"fracture ankle", "fracture lower leg", "S82899A S82891A S82892A"},
      {"fracture arm", "fracture humerus arm", "S42309A S42301A S42302A"},
      {"fracture collarbone", "fracture clavicle", "S42009A S42001A S42002A"},
      {"fracture finger", "fracture phalanx finger", "S62609A S62600A"},
      {"fracture foot", "fracture foot", "S92909A S92901A S92902A"},
      {"fracture hip", "fracture neck femur", "S72009A S72001A S72002A"},
      {"fracture jaw", "fracture mandible", "S02609A"},
      {"fracture leg", "fracture lower leg", "S8290XA S8291XA S8292XA"},
      {"fracture nose", "fracture nasal bones", "S022XXA"},
      {"fracture rib", "fracture rib", "S2239XA S2231XA S2232XA"},
      {"fracture toe", "fracture toe", "S92919A S92911A S92912A"},
      {"fracture tooth", "fracture tooth", "S025XXA"},
      {"fracture wrist", "fracture wrist", "S62109A S62101A S62102A"},
      {"frozen shoulder", "adhesive capsulitis shoulder", "M7500 M7501 M7502"},
      {"gall stone", "calculus gallbladder", "K8020"},
      {"gallstone", "calculus gallbladder", "K8020"},
      {"gastric flu", "gastroenteritis", "A084 A09"},
      {"genital wart", "anogenital warts", "A630"},
      {"gerd", "gastro esophageal reflux", "K219"},
      {"german measles", "rubella", "B069"},
      {"gi bleed", "gastrointestinal hemorrhage", "K922"},
      {"glandular fever", "infectious mononucleosis", "B2790"},
      {"gout", "gout", "M109"},
      {"graves", "thyrotoxicosis diffuse goiter", "E0500"},
      {"h o", "history", ""},
      {"h1n1", "influenza identified", "J101"},
      {"hair loss", "hair loss", "L659"},
      {"hardening arteries", "atherosclerosis", "I7090 I2510"},
      {"hay fever", "allergic rhinitis pollen", "J301"},
      {"head injury", "injury head", "S0990XA"},
      {"head lice", "pediculosis capitis", "B850"},
      {"headache", "headache", "R519"},
      {"heart attack", "myocardial infarction", "I219"},
      {"heart disease", "heart disease", "I519 I2510"},
      {"heart failure", "heart failure", "I509"},
      {"heart murmur", "cardiac murmur", "R011"},
      {"heartburn", "heartburn", "R12 K219"},
      {"heat exhaustion", "heat exhaustion", "T675XXA"},
      {"heat stroke", "heatstroke", "T6701XA"},
      {"hepatitis", "hepatitis", "K759 B199"},
      {"hiccup", "hiccough", "R066"},
      {"high blood pressure", "hypertension", "I10"},
      {"high blood sugar", "hyperglycemia", "R739"},
      {"high bp", "hypertension", "I10"},
      {"high cholesterol", "hypercholesterolemia", "E7800 E785"},
      {"high sugar", "hyperglycemia", "R739"},
      {"hip pain", "pain hip", "M25559 M25551 M25552"},
      {"hip replacement", "artificial hip joint", "Z96649 Z96641 Z96642"},
      {"hiv", "human immunodeficiency virus", "Z21 B20"},
      {"hives", "urticaria", "L509"},
      {"hld", "hyperlipidemia", "E785"},
      {"hot flash", "menopausal", "N951"},
      {"hot flashes", "menopausal", "N951"},
      {"htn", "hypertension", "I10"},
      {"hx", "history", ""},
      {"hypertension", "hypertension", "I10"},
      {"ibs", "irritable bowel", "K589"},
      {"impotence", "erectile dysfunction", "N529"},
      {"indigestion", "dyspepsia", "K30"},
      {"infertility", "infertility", "N979 N469"},
      {"ingrown nail", "ingrowing nail", "L600"},
      {"ingrown toenail", "ingrowing nail", "L600"},
      {"insomnia", "insomnia", "G4700"},
      {"irregular heartbeat", "cardiac arrhythmia", "I499"},
      {"itch", "pruritus", "L299"},
      {"itching", "pruritus", "L299"},
      {"itchy", "pruritus", "L299"},
      {"jock itch", "tinea cruris", "B356"},
      {"joint pain", "pain joint", "M2550"},
      {"kidney failure", "kidney failure", "N19 N179"},
      {"kidney infection", "pyelonephritis", "N10"},
      {"kidney stone", "calculus kidney", "N200"},
      {"knee pain", "pain knee", "M25569 M25561 M25562"},
      {"knee replacement", "artificial knee joint", "Z96659 Z96651 Z96652"},
      {"lazy eye", "amblyopia", "H53009"},
      {"leukemia", "leukemia", "C9590"},
      {"liver cancer", "malignant neoplasm liver", "C229 C228"},
      {"lockjaw", "tetanus", "A35"},
      {"low blood pressure", "hypotension", "I959"},
      {"low blood sugar", "hypoglycemia", "E162"},
      {"low iron", "iron deficiency", "E611 D509"},
      {"low potassium", "hypokalemia", "E876"},
      {"low sodium", "hyponatremia", "E871"},
      {"lung cancer", "malignant neoplasm lung", "C3490 C3491 C3492"},
      {"lung collapse", "atelectasis", "J9811"},
      {"lung nodule", "pulmonary nodule", "R911"},
      {"lupus", "lupus", "M329"},
      {"lymphoma", "lymphoma", "C8590"},
      {"menopause", "menopausal", "N951"},
      {"mi", "myocardial infarction", "I219"},
      {"migraine", "migraine", "G43909"},
      {"miscarriage", "spontaneous abortion", "O039"},
      {"mono", "mononucleosis", "B2790"},
      {"morning sickness", "hyperemesis gravidarum", "O210"},
      {"mrsa", "methicillin resistant staphylococcus", "A4902 B9562"},
      {"ms", "multiple sclerosis", "G35"},
      {"mumps", "mumps", "B269"},
      {"neck pain", "cervicalgia", "M542"},
      {"nerve pain", "neuralgia", "M792"},
      {"nose bleed", "epistaxis", "R040"},
      {"nosebleed", "epistaxis", "R040"},
      {"nstemi", "myocardial infarction nstemi", "I214"},
      {"oa", "osteoarthritis", "M1990"},
      {"obese", "obesity", "E669"},
      {"obesity", "obesity", "E669"},
      {"ocd", "obsessive compulsive", "F429"},
      {"osa", "obstructive sleep apnea", "G4733"},
      {"ovarian cancer", "malignant neoplasm ovary", "C569 C561 C562"},
      {"overweight", "overweight", "E663"},
      {"pad", "peripheral vascular disease", "I739"},
      {"pancreatic cancer", "malignant neoplasm pancreas", "C259"},
      {"panic attack", "panic", "F410"},
      {"parkinson", "parkinson", "G20A1 G20C"},
      {"passing out", "syncope", "R55"},
      {"pathological fracture", "pathological fracture", ""},
      {"pcos", "polycystic ovarian", "E282"},
      {"pe", "pulmonary embolism", "I2699"},
      {"pelvic pain", "pelvic pain", "R102"},
      {"period pain", "dysmenorrhea", "N946"},
      {"piles", "hemorrhoids", "K649"},
      {"pimple", "acne", "L700"},
      {"pink eye", "conjunctivitis", "H109"},
      {"pinkeye", "conjunctivitis", "H109"},
      {"pinworm", "enterobiasis", "B80"},
      {"pneumonia", "pneumonia", "J189"},
      {"pre eclampsia", "pre eclampsia", "O1490"},
      {"preeclampsia", "pre eclampsia", "O1490"},
      {"pregnancy", "pregnancy", "Z3490 Z3480"},
      {"pregnant", "pregnancy", "Z3490 Z3480"},
      {"pressure sore", "pressure ulcer", "L8990"},
      {"prostate cancer", "malignant neoplasm prostate", "C61"},
      {"psoriasis", "psoriasis", "L409 L400"},
      {"psychosis", "psychosis", "F29"},
      {"ptsd", "post traumatic stress", "F4310"},
      {"pvd", "peripheral vascular disease", "I739"},
      {"r o", "", ""},
      {"ra", "rheumatoid arthritis", "M069"},
      {"rash", "rash", "R21"},
      {"ringworm", "dermatophytosis", "B359"},
      {"runny nose", "nasal nose", "J3489"},
      {"seizure", "seizures", "R569"},
      {"sepsis", "sepsis", "A419"},
      {"shingles", "zoster", "B029"},
      {"shoulder pain", "pain shoulder", "M25519 M25511 M25512"},
      {"sinus infection", "sinusitis", "J0190 J329"},
      {"skin cancer", "malignant neoplasm skin", "C4490"},
      {"sle", "systemic lupus erythematosus", "M329"},
      {"sleep apnea", "sleep apnea", "G4730 G4733"},
      {"sleeplessness", "insomnia", "G4700"},
      {"slipped disc", "intervertebral disc displacement", "M5126"},
      {"slipped disk", "intervertebral disc displacement", "M5126"},
      {"smoker", "nicotine dependence", "F17210 F17200"},
      {"smoking", "nicotine dependence", "F17210 F17200"},
      {"sob", "shortness breath", "R0602"},
      {"sore", "pain", "R52"},
      {"sore eye", "pain ocular", "H5710"},
      {"sore throat", "pharyngitis", "J029"},
      {"sores", "ulcer", ""},
      {"squint", "strabismus", "H509"},
      {"std", "sexually transmitted", "A64"},
      {"stemi", "myocardial infarction stemi", "I213"},
      {"sti", "sexually transmitted", "A64"},
      {"stomach ache", "abdominal pain", "R109"},
      {"stomach cancer", "malignant neoplasm stomach", "C169"},
      {"stomach flu", "gastroenteritis", "A084 A09"},
      {"stomach pain", "abdominal pain", "R109"},
      {"stomach ulcer", "gastric ulcer", "K259"},
      {"stomachache", "abdominal pain", "R109"},
      {"strep throat", "streptococcal pharyngitis", "J020"},
      {"stress fracture", "stress fracture", ""},
      {"stroke", "cerebral infarction", "I639"},
      {"stye", "hordeolum", "H00019 H00011"},
      {"sugar diabetes", "diabetes", "E119"},
      {"suicidal", "suicidal", "R45851"},
      {"sunburn", "sunburn", "L559"},
      {"swimmer ear", "otitis externa", "H6090 H60339"},
      {"swollen glands", "enlarged lymph nodes", "R599"},
      {"t1 diabetes", "type 1 diabetes", "E109"},
      {"t1dm", "type 1 diabetes", "E109"},
      {"t2 diabetes", "type 2 diabetes", "E119"},
      {"t2dm", "type 2 diabetes", "E119"},
      {"tb", "tuberculosis", "A159 A150"},
      {"tennis elbow", "lateral epicondylitis", "M7710 M7711 M7712"},
      {"throat infection", "pharyngitis", "J029"},
      {"thrush", "candidal", "B370"},
      {"tia", "transient ischemic attack", "G459"},
      {"tired", "fatigue", "R5383"},
      {"tiredness", "fatigue", "R5383"},
      {"tobacco", "nicotine dependence", "F17210 F17200"},
      {"tobacco use", "tobacco use", "Z720"},
      {"tooth ache", "dental", "K0889"},
      {"tooth decay", "dental caries", "K029"},
      {"toothache", "dental", "K0889"},
      {"torn acl", "sprain anterior cruciate ligament", "S83519A S83511A S83512A"},
      {"tummy", "abdominal", ""},
      {"tummy ache", "abdominal pain", "R109"},
      {"tumor", "neoplasm", ""},
      {"uc", "ulcerative colitis", "K5190"},
      {"underactive thyroid", "hypothyroidism", "E039"},
      {"uri", "upper respiratory infection", "J069"},
      {"uti", "urinary tract infection", "N390"},
      {"vaccination", "immunization", "Z23"},
      {"vaccine", "immunization", "Z23"},
      {"vaginal thrush", "candidiasis vulva vagina", "B3731"},
      {"varicose vein", "varicose veins", "I8390"},
      {"vertigo", "vertigo", "R42 H8110"},
      {"vomiting", "vomiting", "R1110 R112"},
      {"w o", "without", ""},
      {"wart", "wart", "B079"},
      {"water infection", "urinary tract infection", "N390"},
      {"weight loss", "weight loss", "R634"},
      {"wheezing", "wheezing", "R062"},
      {"whiplash", "sprain cervical spine", "S134XXA"},
      {"whooping cough", "whooping cough", "A3790"},
      {"yeast infection", "candidiasis", "B3731 B379"},
  };
  static_assert(std::ranges::is_sorted(kAll, {}, &LayWords::text));
  return kAll;
}

LayFound find_lay_words(std::span<const std::string> words) {
  for (std::size_t count = std::min(words.size(), kTextWordsMost); count > 0; --count) {
    std::string text = words[0];
    for (std::size_t i = 1; i < count; ++i) text += ' ' + words[i];
    const auto* found = entry_or_singular(text);
    if (found == nullptr && count == 2) found = entry_or_singular(words[1] + ' ' + words[0]);
    if (found != nullptr) return {found, count};
  }
  return {};
}

std::optional<std::string_view> near_lay_word(std::string_view word) {
  if (word.size() < kLettersLeast) return std::nullopt;
  static const auto all = long_words();
  const auto near = std::ranges::find_if(
      all, [word](std::string_view known) { return one_error_apart(word, known); });
  if (near != all.end()) return *near;
  const auto longer =
      std::ranges::find_if(all, [word](std::string_view known) { return known.starts_with(word); });
  return longer == all.end() ? std::nullopt : std::optional(*longer);
}

}  // namespace wardbook::icd10
