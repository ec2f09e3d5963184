#include "features/allergies/allergies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "features/allergies/drug_names.h"

namespace wardbook::allergies {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// same, class, contains, cross, or nothing.
std::string match(const std::string& substance, const std::string& medication) {
  const auto found = check({Allergen{substance}}, {medication});
  if (found.empty()) return "";
  switch (found.front().match) {
    case Match::same:
      return "same";
    case Match::in_class:
      return "class";
    case Match::contains:
      return "contains";
    case Match::cross:
      break;
  }
  return "cross";
}

struct Case {
  const char* substance;
  const char* medication;
  const char* match;
};

TEST(AllergiesTest, WhatAClinicianExpects) {
  const Case cases[] = {
      {"penicillin", "Amoxicillin", "class"},
      {"penicillin", "Augmentin", "class"},
      {"Penicillins", "Penicillin V", "class"},
      {"Penicillin G", "Penicillin V", "class"},
      {"Amoxicillin/clavulanate", "Amoxicillin 500 mg", "same"},
      {"Sulfonamides", "Co-trimoxazole", "class"},
      {"Sulfa drugs", "Sulfamethoxazole/trimethoprim", "class"},
      {"NSAIDs", "Ibuprofen", "class"},
      {"Aspirin", "Acetylsalicylic acid", "same"},
      {"ASA", "Aspirin 81 mg tablets", "same"},
      {"acetaminophen", "Paracetamol", "same"},
      {"cephalosporins", "Cefazolin", "class"},
      {"statins", "Atorvastatin", "class"},
      {"Aspirin", "Ibuprofen", "class"},
      {"Salicylates", "Aspirin", "class"},
      {"Tazocin", "Piperacillin/tazobactam 4.5 g IV", "same"},
      {"Bactrim", "Sulfasalazine", "class"},
      {"Sulphonamides", "Silver sulfadiazine 1% cream", "class"},
      {"cephalexin", "Cefalexin 500mg capsules", "same"},
      {"beta-lactams", "Cefazolin", "class"},
      {"beta-lactams", "Meropenem", "class"},
      {"Lisinopril", "Ramipril", "class"},
      {"ACE inhibitors", "Enalapril maleate", "class"},
      {"Codeine", "Morphine sulfate 10 mg", "class"},
      {"Lorazepam", "Diazepam", "class"},
      {"IV contrast", "Iohexol 350", "class"},
      {"Insulin lispro", "Insulin glargine", "class"},
      {"insulin", "Insulin", "same"},
      {"Heparin", "Enoxaparin sodium", "class"},
      {"Novocaine", "Procaine penicillin", "same"},
      {"Penicillin", "Procaine penicillin", "same"},
      {"Lidocaine", "EMLA cream", "same"},
      {"Percocet", "Paracetamol", "same"},
      {"Adrenaline", "Epinephrine auto-injector", "same"},
      {"Metoprolol", "Metoprolol succinate 47.5 mg", "same"},
      {"Amlodipine/valsartan", "Valsartan 80 mg", "same"},
      {"Vitamin K", "vitamin k", "same"},
      {"Nitrofurantoin", "NITROFURANTOIN (modified release)", "same"},
      {"Peanut", "Peanut oil", "same"},
      {"Potassium chloride", "Potassium Chloride 20 mmol", "same"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(match(c.substance, c.medication), c.match) << c.substance << " / " << c.medication;
  }
}

TEST(AllergiesTest, NoWarningForPartsOfWordsSaltsFormsOrOtherGroups) {
  const Case cases[] = {
      {"iron", "Spironolactone", ""},
      {"Opium", "Tiotropium", ""},
      {"ASA", "Sulfameth", ""},
      {"statin", "Nystatin", ""},
      {"Milk", "K", ""},
      {"K", "Milk", ""},
      {"Vitamin C", "Vitamin K", ""},
      {"K", "Vitamin K", ""},
      {"Penicillin", "Cefazolin", ""},
      {"Cefazolin", "Amoxicillin", ""},
      {"Penicillin", "Azithromycin", ""},
      {"Penicillamine", "Penicillin V", ""},
      {"Penicillin", "Adrenaline pen", ""},
      {"Sulfonamides", "Furosemide", ""},
      {"Sulfa", "Morphine sulfate", ""},
      {"Magnesium", "Esomeprazole magnesium", ""},
      {"Losartan potassium", "Potassium chloride", ""},
      {"Diclofenac sodium", "Sodium chloride 0.9 % infusion", ""},
      {"Potassium chloride", "Sodium chloride", ""},
      {"Folic acid", "Valproic acid", ""},
      {"Tablets", "Metformin tablets", ""},
      {"Latex", "Amoxicillin", ""},
      {"Ibuprofen", "Paracetamol", ""},
      {"Tramadol retard", "Metformin retard", ""},
      {"Codeine forte extra", "Aspirin forte extra", ""},
      {"Gadolinium", "Iohexol", ""},
      {"Lidocaine", "Procaine", ""},
      {"none", "None", ""},
      {"No known drug allergies", "Amoxicillin", ""},
      {"", "Amoxicillin", ""},
      {"500 mg", "Aspirin 500 mg", ""},
      {"Penicillin", "", ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(match(c.substance, c.medication), c.match) << c.substance << " / " << c.medication;
  }
}

TEST(AllergiesTest, WhatIsDeniedIsNoAllergy) {
  const Case cases[] = {
      {"Latex", "Latex-free gloves", ""},
      {"Latex", "Gloves", "contains"},
      {"Penicillin (refuted by challenge)", "Penicillin V", ""},
      {"Not allergic to penicillin; allergic to latex", "Amoxicillin", ""},
      {"Not allergic to penicillin; allergic to latex", "Latex gloves", "same"},
      {"Amoxicillin, tolerates cefalexin", "Cefalexin", ""},
      {"Amoxicillin, tolerates cefalexin", "Cefadroxil", "cross"},
      {"NSAIDs except celecoxib", "Celecoxib", ""},
      {"NSAIDs except celecoxib", "Naproxen", "class"},
      {"Penicillin", "Cefalexin", ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(match(c.substance, c.medication), c.match) << c.substance << " / " << c.medication;
  }
}

TEST(AllergiesTest, BrandsAndShortForms) {
  const Case cases[] = {
      {"penicillin", "Pip/Tazo 4.5 g", "class"},
      {"penicillin", "Pen-Vee K", "class"},
      {"penicillin", "Bicillin L-A", "class"},
      {"penicillin", "Amoxi-clav", "class"},
      {"sulfa", "SMZ-TMP DS", "class"},
      {"codeine", "Tylenol #3", "same"},
      {"aspirin", "Ecotrin 325 mg", "same"},
      {"aspirin", "Aspro 300", "same"},
      {"aspirin", "Excedrin", "same"},
      {"aspirin", "Alka-Seltzer", "same"},
      {"levofloxacin", "Levaquin", "same"},
      {"quinolones", "Levaquin", "class"},
      {"azithromycin", "Z-Pak", "same"},
      {"macrolides", "Biaxin", "class"},
      {"ACE inhibitors", "Zestril", "class"},
      {"tetracycline", "Vibramycin", "class"},
      {"vancomycin", "Vancocin", "same"},
      {"morphine", "MS Contin 15 mg", "same"},
      {"acetaminophen", "Tylenol 500 mg", "same"},
      {"codeine", "Tylenol 500 mg", ""},
      {"codeine", "Tylenol 3 tablets daily", ""},
      {"aspirin", "Amoxicillin (as trihydrate)", ""},
      {"aspirin", "Salbutamol inhaler, as needed", ""},
      {"Penicillin (as a child)", "Ibuprofen", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(match(c.substance, c.medication), c.match) << c.medication;
}

TEST(AllergiesTest, CommonBrandsOfTheGroups) {
  const Case cases[] = {
      {"NSAIDs", "Naprosyn 500", "class"},
      {"NSAIDs", "Mobic", "class"},
      {"NSAIDs", "Brufen retard", "class"},
      {"NSAIDs", "Ponstan", "class"},
      {"NSAIDs", "Arthrotec 50", "class"},
      {"Diclofenac", "Arthrotec", "same"},
      {"NSAIDs", "Cataflam", "class"},
      {"cephalosporins", "Ancef", "class"},
      {"cephalosporins", "Omnicef", "class"},
      {"cephalosporins", "Ceftin 250 mg", "class"},
      {"ACE inhibitors", "Altace", "class"},
      {"Lisinopril", "Zestoretic", "same"},
      {"codeine", "Ultram", "class"},
      {"penicillin", "Bactocill", "class"},
      {"penicillin", "Moxatag", "class"},
      {"amoxicillin", "Trimox", "same"},
      {"macrolides", "Sumamed", "class"},
      {"quinolones", "Ciproxin", "class"},
      {"tetracyclines", "Minocin", "class"},
      {"statins", "Vytorin", "class"},
      {"benzodiazepines", "Klonopin", "class"},
      {"heparin", "Innohep", "class"},
      {"insulin", "Basaglar", "class"},
      {"gadolinium", "Clariscan", "class"},
      {"contrast", "Urografin", "class"},
      {"Iodine", "Betadine", "contains"},
      {"Iodine", "Povidone-iodine 10 %", "contains"},
      {"salicylates", "Pepto-Bismol", "class"},
      {"sulfa", "Azulfidine", "class"},
      {"Betadine", "Povidone iodine", "same"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(match(c.substance, c.medication), c.match) << c.substance << " / " << c.medication;
  }
}

TEST(AllergiesTest, WordsAndSpellingsOfAllergies) {
  const Case cases[] = {
      {"AINS", "Ibuprofen", "class"},
      {"AINEs", "Ibuprofen", "class"},
      {"anti-inflammatories", "Naproxen", "class"},
      {"Sulfamides", "Bactrim", "class"},
      {"Sulfamidas", "Bactrim", "class"},
      {"Kodein", "Codeine", "same"},
      {"ASS", "Aspirin", "same"},
      {"Aspirin", "ASS 100", "same"},
      {"ASS", "Metformin, as needed", ""},
      {"penisilin", "Amoxicillin", "class"},
      {"пенициллин", "Amoxicillin", "class"},
      {"Пенициллины", "Amoxicillin", "class"},
      {"Πενικιλλίνη", "Amoxicillin", "class"},
      {"ΠΕΝΙΚΙΛΛΙΝΗ", "Amoxicillin", "class"},
      {"بنسلين", "Amoxicillin", "class"},
      {"青霉素", "Amoxicillin", "class"},
      {"青霉素过敏", "Amoxicillin", "class"},
      {"青霉素", "青霉素V钾片", "same"},
      {"ペニシリン系", "Amoxicillin", "class"},
      {"аллергия на пенициллины", "Amoxicillin", "class"},
      {"пенициллина", "Amoxicillin", "class"},
      {"цефалоспоринов", "Cefuroxime", "class"},
      {"ペニシリン", "Amoxicillin", "class"},
      {"Gentamicin", "Gentamycin 80 mg", "same"},
      {"Gentamycin", "Tobramycin", "class"},
      {"Vitamin K", "Phytonadione", "same"},
      {"Vitamin K", "Vitamin K1 10 mg", "same"},
      {"Milk", "Milk of magnesia", ""},
      {"Milk", "Milk thistle", ""},
      {"Magnesium hydroxide", "Milk of Magnesia", "same"},
      {"Penicillium mold", "Amoxicillin", ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(match(c.substance, c.medication), c.match) << c.substance << " / " << c.medication;
  }
}

TEST(AllergiesTest, AccentsAndOtherLanguages) {
  EXPECT_EQ(match("P\u00e9nicillines", "AMOXICILLINE 500 mg"), "class");
  EXPECT_EQ(match("Pe\u0301nicilline", "Amoxicilina"), "class") << "an accent of its own";
  EXPECT_EQ(match("Penizillin", "Amoxicillina"), "class");
  EXPECT_EQ(match("Acetylsalicyls\u00e4ure", "Aspirina"), "same");
  EXPECT_EQ(match("Aspirin", "Acide ac\u00e9tylsalicylique"), "same");
  EXPECT_EQ(match("\u00c1cido acetilsalic\u00edlico", "Aspirin"), "same");
  EXPECT_EQ(match("Sulfonamidas", "Cotrimoxazole"), "class");
  EXPECT_EQ(match("\u041f\u0435\u043d\u0438\u0446\u0438\u043b\u043b\u0438\u043d",
                  "\u041f\u0435\u043d\u0438\u0446\u0438\u043b\u043b\u0438\u043d"),
            "same")
      << "as it is written";
}

TEST(AllergiesTest, OneNameWhicheverCharactersAreUsed) {
  const Case cases[] = {
      {"Aspirin\u2122", "aspirin", "same"},
      {"Ibuprofen\u00AE 400", "ibuprofen", "same"},
      {"\uFF30\uFF45\uFF4E\uFF49\uFF43\uFF49\uFF4C\uFF4C\uFF49\uFF4E", "Amoxicillin", "class"},
      {"Peni\u00ADcillin", "Amoxi\u200Bcillin", "class"},
      {"Vitamin\u00A0K", "vitamin\tk", "same"},
      {"\uFF8D\uFF9F\uFF86\uFF7C\uFF98\uFF9D", "Amoxicillin", "class"},  // half-width kana
      {"\u0627\u0644\u0628\u0646\u0633\u0650\u0644\u064A\u0646", "Amoxicillin", "class"},
      {"Penicillin\u3001latex", "Amoxicillin", "class"},
      {"\u0219elenox", "Selenox", "same"},  // of no table: an accent beyond Latin Extended-A
  };
  for (const auto& c : cases) {
    EXPECT_EQ(match(c.substance, c.medication), c.match) << c.substance << " / " << c.medication;
  }
}

TEST(AllergiesTest, AnyTextIsTaken) {
  for (const std::string text : {"\xc3", "\xc3\xff", "\xff\xfe", "(((", "///", " ", "\xcc", "and",
                                 "with and or", "1", "-"}) {
    EXPECT_EQ(match(text, "Amoxicillin"), "") << text;
    EXPECT_EQ(match("Amoxicillin", text), "") << text;
    (void)match(text, text + "x");
  }
}

TEST(AllergiesTest, WordsAreKeys) {
  EXPECT_THAT(word_keys("P\u00e9nicillines"), ElementsAre("penicilin"));
  EXPECT_THAT(word_keys("Cephalexin-500"), ElementsAre("cefalexin", "500"));
  EXPECT_THAT(word_keys("\u0152strogens, Anaesthetics"), ElementsAre("oestrogen", "anesthetic"));
  EXPECT_THAT(word_keys("sinusitis abscess"), ElementsAre("sinusitis", "absces"));
}

TEST(AllergiesTest, EachPairOnceInOrder) {
  const auto found = check({Allergen{"Latex"}, Allergen{"Penicillin"}, Allergen{"amoxicillin"}},
                           {"Metformin", "Amoxicillin/amoxicillin", "Penicillin V"});
  std::vector<std::string> pairs;
  for (const auto& f : found) {
    pairs.push_back(std::to_string(f.medication) + std::to_string(f.substance) + f.why);
  }
  EXPECT_THAT(pairs, ElementsAre("11penicillins", "12", "21penicillins", "22penicillins"));
}

TEST(AllergiesTest, Warnings) {
  const auto text = warnings_json(
      R"([{"id":1,"substance":"latex","reaction":null,"severity":null},
          {"id":2,"substance":"Penicillin \"G\"","reaction":"rash","severity":"severe"}])",
      {{"Metformin", 4}, {"Amoxicillin", 5}}, "/prescriptions");
  const auto warnings = boost::json::parse(text).as_array();
  ASSERT_EQ(warnings.size(), 1);
  EXPECT_EQ(warnings[0],
            boost::json::parse(
                R"({"code":"allergy","severity":"interrupting","pointer":"/prescriptions/1",
    "message":"The patient is allergic to Penicillin \"G\", and Amoxicillin is of the same group )"
                R"((penicillins).",
    "item_id":5,"medication":"Amoxicillin","allergy_id":2,"substance":"Penicillin \"G\"",
    "allergy_severity":"severe","reaction":"rash","match":"class"})"));
  EXPECT_EQ(warnings_json("[]", {{"Aspirin", 1}}, "/prescriptions"), "[]");
  EXPECT_EQ(warnings_json("", {{"Aspirin", 1}}, "/prescriptions"), "[]");
  EXPECT_EQ(warnings_json(R"([{"substance":"aspirin"}])", {}, "/prescriptions"), "[]");
  EXPECT_THAT(warnings_json(R"([{"substance":"aspirin"}])", {{"ASA", 1}}, "/medication"),
              HasSubstr(R"("message":"The patient is allergic to aspirin.")"));
}

TEST(AllergiesTest, SignsOfTypographyPartWords) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"Penicillin", "Augmentin\u2122 625 mg"},  {"Penicillin", "Amoxicillin\u2013clavulanate"},
      {"Lisinopril", "Lisinopril\u2011HCTZ"},    {"Penicillin", "Amoxicillin\u3000500 mg"},
      {"Penicillin", "\u201cAmoxicillin\u201d"},
  };
  for (const auto& [substance, medication] : cases) {
    EXPECT_EQ(check({Allergen{substance}}, {medication}).size(), 1U) << medication;
  }
}

TEST(AllergiesTest, CaseDoesNotMatterInOtherAlphabetsEither) {
  EXPECT_EQ(check({Allergen{"\u041f\u0435\u043d\u0438\u0446\u0438\u043b\u043b\u0438\u043d"}},
                  {"\u043f\u0435\u043d\u0438\u0446\u0438\u043b\u043b\u0438\u043d"})
                .size(),
            1U);
  EXPECT_EQ(check({Allergen{"\u0391\u03a3\u03a0\u0399\u03a1\u0399\u039d\u0397"}},
                  {"\u03b1\u03c3\u03c0\u03b9\u03c1\u03b9\u03bd\u03b7"})
                .size(),
            1U);
}

TEST(AllergiesTest, WorkAndAnswersHaveAnEnd) {
  std::string endless;
  for (int i = 0; i < 200; ++i) endless += "x" + std::to_string(i) + "yz/";
  endless += "penicillin";
  EXPECT_TRUE(check({Allergen{"penicillin"}}, {endless}).empty()) << "behind what is compared";
  const std::vector<std::string> many(100, "penicillin");
  const std::vector<Allergen> known(100, Allergen{"penicillin"});
  EXPECT_EQ(check(known, many).size(), kMostFindings);
}

}  // namespace
}  // namespace wardbook::allergies
