// The check measured on pairs that it was not made with: tests/allergies/pairs.txt.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>

#include "base/text.h"
#include "features/allergies/allergies.h"
#include "features/allergies/drug_names.h"
#include "features/allergies/drug_table.h"

namespace wardbook::allergies {
namespace {

struct Goal {
  const char* kind;
  double least;
};
constexpr Goal kGoals[] = {{"us_uk_eu", 0.95}, {"brands", 0.80},  {"cross", 0.85},
                           {"contents", 0.80}, {"written", 0.75}, {"silent", 0.95}};

struct Rate {
  int right = 0;
  int all = 0;
};

TEST(AllergyPairsTest, HitRatesByKindReachTheGoals) {
  std::ifstream file("tests/allergies/pairs.txt");
  ASSERT_TRUE(file) << "run in the repository's folder, as ctest does";
  std::map<std::string, Rate> rates;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string> part;
    for (const auto text : split(line, "|")) part.emplace_back(trimmed(text));
    ASSERT_EQ(part.size(), 6U) << line;
    const auto found = check({Allergen{part[1], part[2], part[3]}}, {part[4]});
    Rate& rate = rates[part[0]];
    ++rate.all;
    if (found.empty() == (part[5] == "silent")) {
      ++rate.right;
    } else {
      std::printf("missed: %s\n", line.c_str());
    }
  }
  for (const auto& goal : kGoals) {
    const Rate rate = rates[goal.kind];
    ASSERT_GT(rate.all, 0) << goal.kind;
    std::printf("%-9s %3d of %3d  %5.1f %%  (goal %2.0f %%)\n", goal.kind, rate.right, rate.all,
                100.0 * rate.right / rate.all, 100 * goal.least);
    EXPECT_GE(rate.right, goal.least * rate.all) << goal.kind;
  }
  std::printf("names: %zu, substances: %zu\n", Table::get().phrases(), Table::get().drugs());
}

TEST(AllergyPairsTest, NoRealDrugIsTakenForAnother) {
  // Pairs that are confused, of ISMP's list.
  const std::pair<const char*, const char*> pairs[] = {
      {"hydroxyzine", "hydralazine"},
      {"prednisone", "prednisolone"},
      {"chlorpromazine", "chlorpropamide"},
      {"clonidine", "clonazepam"},
      {"vinblastine", "vincristine"},
      {"cefotaxime", "cefoxitin"},
      {"cefazolin", "cefprozil"},
      {"tramadol", "trazodone"},
      {"lamotrigine", "lamivudine"},
      {"dopamine", "dobutamine"},
      {"ephedrine", "epinephrine"},
      {"metronidazole", "metformin"},
      {"quinine", "quinidine"},
      {"fluoxetine", "fluvoxamine"},
      {"azathioprine", "azithromycin"},
      {"bupropion", "buspirone"},
      {"carboplatin", "cisplatin"},
      {"daunorubicin", "doxorubicin"},
      {"glipizide", "glimepiride"},
      {"sulfadiazine", "sulfasalazine"},
      {"penicillamine", "penicillin"},
      {"nicardipine", "nifedipine"},
  };
  for (const auto& [a, b] : pairs) {
    for (const auto& [one, other] : {std::pair(a, b), std::pair(b, a)}) {
      for (const auto& finding : check({Allergen{one}}, {other})) {
        EXPECT_NE(finding.match, Match::same) << one << " / " << other;
      }
    }
  }
}

TEST(AllergyPairsTest, SeverityAndTypeGradeAFinding) {
  const auto grade = [](const Allergen& allergen, const char* medicine) {
    const auto found = check({allergen}, {medicine});
    return found.empty() ? -1 : static_cast<int>(found.front().grade);
  };
  EXPECT_EQ(grade({"Penicillin", "rash", "mild"}, "Amoxicillin"), 0);
  EXPECT_EQ(grade({"Codeine", "nausea"}, "Codeine"), 0) << "an effect, and no allergy";
  EXPECT_EQ(grade({"Codeine", "", "", "intolerance"}, "Codeine"), 0);
  EXPECT_EQ(grade({"Penicillin", "rash", "moderate"}, "Amoxicillin"), 1);
  EXPECT_EQ(grade({"Penicillin"}, "Amoxicillin"), 1) << "nobody knows how severe";
  EXPECT_EQ(grade({"Penicillin", "", "severe"}, "Amoxicillin"), 2);
  EXPECT_EQ(grade({"Penicillin", "anaphylaxis"}, "Amoxicillin"), 2);
  EXPECT_EQ(grade({"Amoxicillin", "anaphylaxis", "severe"}, "Cefadroxil"), 2)
      << "the same side chain";
  EXPECT_EQ(grade({"Penicillin", "anaphylaxis", "severe"}, "Cefalexin"), 1) << "a weak likeness";
  EXPECT_EQ(grade({"Lisinopril", "cough"}, "Entresto"), -1) << "not after a cough";
  EXPECT_EQ(grade({"Lisinopril", "angioedema"}, "Entresto"), 2);
}

TEST(AllergyPairsTest, IngredientsHaveOneNameEach) {
  const auto names = [](const char* medicine) { return joined(ingredients_of(medicine), "+"); };
  EXPECT_EQ(names("Coumadin 5 mg"), "warfarin");
  EXPECT_EQ(names("War\u00ADfarin"), "warfarin");
  EXPECT_EQ(names("\uFF37\uFF41\uFF52\uFF46\uFF41\uFF52\uFF49\uFF4E"), "warfarin");
  EXPECT_EQ(names("warfarin5mg"), "warfarin");
  EXPECT_EQ(names("Zestril"), "lisinopril");
  EXPECT_EQ(names("Augmentin 875/125"), "amoxicillin+clavulanate");
  EXPECT_EQ(names("Selenox forte"), "selenox forte") << "of no table";
}

}  // namespace
}  // namespace wardbook::allergies
