#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/icd10/icd10.h"
#include "support/clinic.h"

namespace wardbook::icd10 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using wardbook::testing::Clinic;
using wardbook::testing::perform;
using wardbook::testing::run;
using Strings = std::vector<std::string>;

/// With a release that has just these codes, as far as titles matter; headers have three
/// characters.
class Icd10Test : public ::testing::Test {
 protected:
  ~Icd10Test() override {
    for (const int year : years_) {
      (void)run(clinic_.reactor, remove_release(clinic_.db, std::to_string(year)));
    }
  }

  bool load(const std::vector<std::pair<std::string, std::string>>& codes, int year = 2026,
            bool force = false) {
    ReleaseFile file;
    file.name = "ICD-10-CM " + std::to_string(year);
    file.fiscal_year = year;
    file.sha256 = std::to_string(codes.size());
    for (const auto& [code, title] : codes) {
      const int order = static_cast<int>(file.rows.size()) + 1;
      file.rows.push_back({order, code, code.size() > 3, title.substr(0, 60), title});
    }
    years_.push_back(year);
    return run(clinic_.reactor,
               import_release(clinic_.db, std::move(file), force, [](std::size_t) {}));
  }

  Strings find(const std::string& q) {
    auto request = Clinic::request(clinic_.doctor, "GET", 1, 0);
    request.query = {{"q", q}};
    const auto found =
        run(clinic_.reactor, perform(clinic_.app, routes().at(0).handler, std::move(request)));
    Strings out;
    for (const auto& item : found.body.at("items").as_array()) {
      out.emplace_back(item.at("code").as_string());
    }
    return out;
  }

  static std::string value(const std::string& sql, const std::vector<db::Param>& params) {
    auto connection = Clinic::as_owner();
    return connection.query(sql, params).at(0).at(0).value_or("");
  }
  static std::string words_of(const std::string& title, int role) {
    return value(
        "SELECT coalesce(string_agg(word, ' ' ORDER BY word), '') "
        "FROM wardbook.icd_title_words($1, '') WHERE role = $2::integer",
        {title, std::to_string(role)});
  }

  Clinic clinic_;
  std::vector<int> years_;
};

TEST_F(Icd10Test, WhatATitleIsAbout) {
  struct Case {
    std::string title, about, beside, absent;
  };
  for (const auto& [title, about, beside, absent] : std::vector<Case>{
           {"Gout, unspecified", "gout unspecified", "", ""},
           {"Reflux disease without esophagitis", "disease reflux", "", "esophagitis without"},
           {"Hernia with obstruction, without gangrene", "hernia", "obstruction with",
            "gangrene without"},
           {"Ulcer without hemorrhage with obstruction", "ulcer", "obstruction with",
            "hemorrhage without"},
           {"Other non-diabetic proliferative retinopathy", "other proliferative retinopathy", "",
            "diabetic non"},
           {"Personal history of peptic ulcer", "personal", "history of peptic ulcer", ""},
           {"Pneumonitis due to inhalation of food", "pneumonitis", "due food inhalation of to",
            ""},
           {"Laceration without foreign body of left hand", "hand laceration left of", "",
            "body foreign without"},
           {"Dementia, without agitation, mood disturbance, and anxiety", "dementia", "",
            "agitation and anxiety disturbance mood without"},
           {"Ménière's disease", "disease meniere s", "", ""}}) {
    EXPECT_EQ(words_of(title, 0), about) << title;
    EXPECT_EQ(words_of(title, 1), beside) << title;
    EXPECT_EQ(words_of(title, 2), absent) << title;
  }
}

TEST_F(Icd10Test, TheOrderOfTheAnswer) {
  const std::vector<std::pair<std::string, std::string>> before{
      {"Cystitis, unspecified without hematuria", "Acute cystitis without hematuria"},
      {"Cystitis, unspecified without hematuria", "Cystitis, unspecified with hematuria"},
      {"Gangrene, not elsewhere classified", "Gas gangrene"},
      {"Cellulitis, unspecified", "Cellulitis of unspecified finger"},
      {"Abdominal aortic aneurysm, without rupture, unspecified",
       "Abdominal aortic aneurysm, ruptured, unspecified"},
      {"Impetigo, unspecified", "Non-bullous impetigo"},
      {"Pain in unspecified joint", "Pain in right hip"},
      {"Unspecified dementia, unspecified severity, without agitation, mood disturbance, and "
       "anxiety",
       "Unspecified dementia, unspecified severity, with anxiety"},
      {"Fracture of a longer bone, initial encounter for closed fracture",
       "Fracture of a bone, initial encounter for open fracture"},
      {"Fracture of a longer bone, initial encounter for closed fracture",
       "Fracture of a bone, subsequent encounter for closed fracture"},
      {"Unspecified jaundice", "Neonatal jaundice"},
      {"Anemia of some kind or another", "Anemia complicating childbirth"}};
  for (const auto& [first, second] : before) {
    EXPECT_EQ(value("SELECT wardbook.icd_rank('Q999', true, $1, false) COLLATE \"C\" "
                    "< wardbook.icd_rank('Q999', true, $2, false)",
                    {first, second}),
              "t")
        << first << " | " << second;
  }
}

TEST_F(Icd10Test, TheTypedWordBeforeOthersOfItsStem) {
  load({{"C619", "Neoplasm of prostate"},
        {"N410", "Acute and very long lasting prostatitis"},
        {"N411", "Inflammation of prostatic tissue"},
        {"N42", "Prostatitis"},
        {"N949", "Cysts"},
        {"N950", "Cyst"},
        {"N951", "Cystitis"},
        {"N960", "Neoplasm with cyst"}});
  EXPECT_THAT(find("prostatitis"), ElementsAre("N41.0", "C61.9", "N41.1", "N42"));
  EXPECT_THAT(find("cyst"), ElementsAre("N95.0", "N94.9", "N96.0", "N95.1"));
}

TEST_F(Icd10Test, WhatIsNotThereComesLast) {
  load({{"K219", "Reflux without esophagitis"},
        {"K209", "Some esophagitis of a longer title"},
        {"H350", "Non-diabetic retinopathy"},
        {"E113", "Diabetes with diabetic retinopathy of the eye"}});
  EXPECT_THAT(find("esophagitis"), ElementsAre("K20.9", "K21.9"));
  EXPECT_THAT(find("retinopathy diabetic"), ElementsAre("E11.3", "H35.0"));
  EXPECT_EQ(find("without esophagitis").at(0), "K21.9");
  EXPECT_EQ(find("with esophagitis").at(0), "K20.9");
}

TEST_F(Icd10Test, HyperIsNotHypo) {
  load({{"E039", "Hypothyroidism"}, {"E861", "Hypovolemia"}, {"E870", "Hypernatremia"}});
  EXPECT_TRUE(find("hypervolemia").empty());
  EXPECT_TRUE(find("hyperthyroidism").empty());
  EXPECT_THAT(find("hypothyrodism"), ElementsAre("E03.9"));
  EXPECT_THAT(find("hypernatrmia"), ElementsAre("E87.0"));
}

TEST_F(Icd10Test, TypingErrors) {
  load({{"K359", "Appendicitis"},
        {"H109", "Conjunctivitis"},
        {"B199", "Hepatitis"},
        {"M549", "Low back pain of some kind"},
        {"I829", "Thrombosis of deep veins"},
        {"G475", "Confusional arousals"},
        {"S009", "Contusion"},
        {"S010", "Contusion of lip"},
        {"S020", "Contusion of nose"},
        {"C439", "Melanoma"}});
  for (const auto& [q, code] :
       std::vector<std::pair<std::string, std::string>>{{"appenidciits", "K35.9"},
                                                        {"conujnctivtis", "H10.9"},
                                                        {"hepataiits", "B19.9"},
                                                        {"low bck pain", "M54.9"},
                                                        {"deep vuein thrombosis", "I82.9"}}) {
    EXPECT_THAT(find(q), ElementsAre(code)) << q;
  }
  EXPECT_THAT(find("confusional"), ElementsAre("G47.5"));
  EXPECT_THAT(find("confusiona"), ElementsAre("G47.5")) << "the beginning of a word";
  EXPECT_TRUE(find("melasmas").empty()) << "two letters of a word of eight";
  EXPECT_TRUE(find("bck").empty()) << "too little to go by";
}

TEST_F(Icd10Test, AReleaseMuchSmallerThanAnotherIsRefused) {
  load({{"A000", "a"}, {"A001", "b"}, {"A002", "c"}, {"A003", "d"}, {"A004", "e"}});
  try {
    load({{"A000", "a"}, {"A001", "b"}}, 2025);
    ADD_FAILURE() << "was imported";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("ICD-10-CM 2026 is loaded with 5 codes"));
  }
  EXPECT_TRUE(load({{"A000", "a"}, {"A001", "b"}, {"A002", "c"}}, 2024));
  EXPECT_TRUE(load({{"A000", "a"}, {"A001", "b"}}, 2025, true));
  EXPECT_FALSE(load({{"A000", "a"}, {"A001", "b"}}, 2025)) << "is loaded already";
}

}  // namespace
}  // namespace wardbook::icd10
