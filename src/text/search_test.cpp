// Documents, queries and highlights together: what is found is marked, and nothing else is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "text/document.h"
#include "text/highlight.h"
#include "text/query.h"
#include "text/tokens.h"

namespace wardbook::text {
namespace {

/// PostgreSQL's tsvector and tsquery, as far as ours go.
class Evaluator {
 public:
  explicit Evaluator(const std::string& tsvector) {
    for (std::size_t at = 0; at < tsvector.size();) {
      const auto lexeme = quoted(tsvector, at);
      auto& places = document_[lexeme];
      while (at < tsvector.size() && tsvector[at] != ' ') {
        ++at;
        places.insert(std::stoul(tsvector.substr(at)));
        while (at < tsvector.size() && tsvector[at] != ',' && tsvector[at] != ' ') ++at;
      }
      if (at < tsvector.size()) ++at;
    }
  }

  bool finds(const std::string& tsquery) {
    if (tsquery.empty()) return false;
    query_ = tsquery;
    at_ = 0;
    const bool found = any().found;
    EXPECT_EQ(at_, query_.size()) << query_;
    return found;
  }

 private:
  struct Result {
    bool found = false;
    std::set<std::size_t> places;
  };

  static std::string quoted(const std::string& text, std::size_t& at) {
    std::string out;
    for (++at; at < text.size(); ++at) {
      if (text[at] == '\'' && (at + 1 == text.size() || text[at + 1] != '\'')) break;
      if (text[at] == '\'' || text[at] == '\\') ++at;
      out += text[at];
    }
    ++at;
    return out;
  }

  bool take(char c) {
    while (at_ < query_.size() && query_[at_] == ' ') ++at_;
    if (at_ == query_.size() || query_[at_] != c) return false;
    ++at_;
    return true;
  }

  Result any() {
    Result out = all();
    while (take('|')) {
      const auto other = all();
      out.found = out.found || other.found;
      out.places.insert(other.places.begin(), other.places.end());
    }
    return out;
  }

  Result all() {
    Result out = followed();
    while (take('&')) {
      const auto other = followed();
      out = {out.found && other.found, {}};
    }
    return out;
  }

  Result followed() {
    Result out = one();
    while (take('<')) {
      const auto behind = std::stoul(query_.substr(at_));
      at_ = query_.find('>', at_) + 1;
      const auto next = one();
      Result both;
      for (const auto place : next.places) {
        if (out.places.contains(place - behind)) both.places.insert(place);
      }
      both.found = !both.places.empty();
      out = both;
    }
    return out;
  }

  Result one() {
    if (take('(')) {
      auto out = any();
      EXPECT_TRUE(take(')')) << query_;
      return out;
    }
    EXPECT_EQ(query_.at(at_), '\'') << query_;
    const auto lexeme = quoted(query_, at_);
    const bool beginning = query_.compare(at_, 2, ":*") == 0;
    if (beginning) at_ += 2;
    Result out;
    for (auto i = document_.lower_bound(lexeme); i != document_.end(); ++i) {
      if (beginning ? !i->first.starts_with(lexeme) : i->first != lexeme) break;
      out.found = true;
      out.places.insert(i->second.begin(), i->second.end());
    }
    return out;
  }

  std::map<std::string, std::set<std::size_t>> document_;
  std::string query_;
  std::size_t at_ = 0;
};

struct Case {
  std::string q;
  std::vector<std::size_t> found;
};

/// Each text is the only one of a record; `q` must find exactly those, and mark something.
void finds(const std::vector<std::string>& texts, const std::vector<Case>& cases) {
  std::vector<std::string> documents;
  for (const auto& text : texts) documents.push_back(document({{}, {text}, "MR-2026-123456"}));
  for (const auto& one : cases) {
    const Query asked = query(typed(one.q));
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (!Evaluator(documents[i]).finds(asked.tsquery)) continue;
      found.push_back(i);
      const auto marked = highlight({texts[i]}, "MR-2026-123456", asked);
      ASSERT_EQ(marked.size(), 1U);
      EXPECT_THAT(marked[0], ::testing::HasSubstr("<mark>")) << one.q << " in " << texts[i];
    }
    EXPECT_EQ(found, one.found) << one.q << ": " << asked.tsquery;
  }
}

TEST(SearchTest, ANumberAndItsUnitAreTwoWords) {
  finds({"Amlodipine 5mg daily", "Amlodipine 5 mg daily", "Amlodipine 47.5mg, 12.5 mg",
         "500mg tablets", "10-20mg, 3cm, 70kg", "Take 0.5mg daily", "swab COVID19, IL6 high, 5µg",
         "0.5 mg/5ml", ".5 mg at night"},
        {{"amlodipine 5 mg", {0, 1}},
         {"amlodipine 5mg", {0, 1}},
         {"\"5 mg\"", {0, 1}},
         {"\"5mg\"", {0, 1}},
         {"500 mg", {3}},
         {"\"500 mg tablets\"", {3}},
         {"\"500mg tab\"", {3}},
         {"20mg", {4}},
         {"\"20 mg\"", {4}},
         {"10-20mg", {4}},
         {"10-20 mg", {4}},
         {"3 cm", {4}},
         {"0.5mg", {5, 7, 8}},
         {".5 mg", {5, 7, 8}},
         {"5 ml", {7}},
         {"covid 19", {6}},
         {"covid-19", {6}},
         {"\"covid 19\"", {6}},
         {"il 6 high", {6}},
         {"\"il 6 high\"", {6}},
         {"il 7", {}},
         {"5 µg", {6}},
         {"5μg", {6}},
         {"12.5mg", {2}},
         {"2.5mg", {}}});
  finds({"24h-Holter planned, 3D-CT", "24 h Holter, 3D CT", "1000mg of it", "1,000mg or 1.000 mg",
         "pH 7.35", "pH7.35 at noon", "٣٨٫٥ degrees", "5½ days, 10² cells"},
        {{"24h", {0, 1}},
         {"\"24h\"", {0, 1}},
         {"24h-holter", {0, 1}},
         {"\"3d ct\"", {0, 1}},
         {"1000mg", {2, 3}},
         {"1,000mg", {2, 3}},
         {"1.000mg", {2, 3}},
         {"1000 mg", {2, 3}},
         {"ph 7.35", {4, 5}},
         {"ph7.35", {4, 5}},
         {"38.5", {6}},
         {"38,5", {6}},
         {"51", {}},
         {"5½", {7}},
         {"102", {}}});
}

TEST(SearchTest, ACommaWithinANumberBelongsToIt) {
  finds({"38,5 °C", "38.5 °C", "38, then 5 days", "platelets 250,000 now", "platelets 250000 now",
         "1,000,000 units", "grades 1,2,3", "L4,5 and C3", "12.38,5"},
        {{"38,5", {0, 1}},
         {"38.5", {0, 1}},
         {"\"38,5 °C\"", {0, 1}},
         {"7,5", {}},
         {"38, 5", {2}},
         {"250,000", {3, 4}},
         {"250.000", {3, 4}},
         {"250000", {3, 4}},
         {"1,000,000", {5}},
         {"1000000", {5}},
         {"1,2,3", {6}},
         {"2", {3, 4, 6}},
         {"L4,5", {7}},
         {"1,5", {}}});
}

TEST(SearchTest, CompoundsWholeInPartsAndAsOneWord) {
  finds({"Non-small-cell carcinoma", "Follow-up", "followup", "Co-trimoxazole",
         "small-cell carcinoma", "a 59-year-old", "to follow"},
        {{"small-cell", {0, 4}},
         {"non-small-cell", {0}},
         {"nonsmallcell", {0}},
         {"smallcell", {4}},
         {"\"small-cell carcinoma\"", {0, 4}},
         {"\"small cell carcinoma\"", {0, 4}},
         {"cell-small", {}},
         {"followup", {1, 2}},
         {"follow-up", {1, 2}},
         {"Follow-Ups", {1, 2}},
         {"cotrimoxazole", {3}},
         {"co-trimoxazole", {3}},
         {"cotrimox", {3}},
         {"yearold", {}},
         {"59-year-old", {5}},
         {"\"59 year old\"", {5}},
         {"\"followup\"", {1, 2}},
         {"\"cotrimoxazole\"", {3}}});
}

TEST(SearchTest, NumbersBehindHyphensAndCodesWithoutTheirDot) {
  finds({"swab COVID-19 positive", "CA-125 raised", "IL-6 high", "Omega-3", "Type-2 diabetes",
         "IL 6 low, 500 mg"},
        {{"covid 19", {0}},
         {"\"covid 19\"", {0}},
         {"COVID19", {0}},
         {"covid-19", {0}},
         {"19", {0}},
         {"covid\u201119", {0}},
         {"ca 125", {1}},
         {"CA125", {1}},
         {"il 6", {2, 5}},
         {"IL6", {2, 5}},
         {"\"il-6\"", {2, 5}},
         {"omega3", {3}},
         {"\"type 2 diabetes\"", {4}},
         {"type-2 diabetes", {4}},
         {"500mg", {5}},
         {"covid 18", {}},
         {"IL7", {}}});
  finds({"L40.54 psoriatic juvenile", "M05.79", "S72.001A left", "E11", "C7A.010"},
        {{"L4054", {0}},
         {"l4054", {0}},
         {"L405", {0}},
         {"L40.54", {0}},
         {"M0579", {1}},
         {"S72001A", {2}},
         {"s72001", {2}},
         {"L4055", {}},
         {"E11", {3}},
         {"C7A01", {4}}});
}

TEST(SearchTest, Spellings) {
  const std::vector<std::string> texts{"chronic anaemia with oesophagitis",
                                       "chronic anemia with esophagitis",
                                       "oedema, diarrhoea, haemorrhage of a tumour",
                                       "edema, diarrhea, hemorrhage of a tumor",
                                       "infecções do pulmão",
                                       "infecção dos pulmões",
                                       "ΠΟΝΟΚΈΦΑΛΟΣ",
                                       "πονοκέφαλος",
                                       "gynaecology paediatric dyspnoea fibre hypoaesthesia",
                                       "gynecology pediatric dyspnea fiber hypoesthesia",
                                       "lymphoedema, paraesthesia, leukaemia",
                                       "lymphedema, paresthesia, leukemia",
                                       "hospitalised, symptoms localised, analysed",
                                       "hospitalized, symptoms localized, analyzed"};
  const std::map<std::size_t, std::vector<std::string>> pairs{
      {0,
       {"anemia", "anaemia", "anaemias", "esophagitis", "oesophagitis", "\"chronic anemia\"",
        "\"chronic anaem\""}},
      {2,
       {"edema", "oedema", "diarrhea", "diarrhoea", "hemorrhage", "haemorrhages", "tumor",
        "tumours"}},
      {4, {"infecção", "infecções", "infeccao", "pulmão", "pulmões"}},
      {6, {"ΠΟΝΟΚΈΦΑΛΟΣ", "πονοκέφαλος", "πονοκεφαλος", "πονοκέφ", "\"πονοκέφαλος\""}},
      {8,
       {"gynecology", "gynaecology", "pediatric", "paediatric", "dyspnea", "dyspnoea", "fiber",
        "fibre", "hypoesthesia", "hypoaesthesia"}},
      {10, {"lymphedema", "lymphoedema", "paresthesia", "paraesthesia", "leukemia", "leukaemia"}},
      {12,
       {"hospitalised", "hospitalized", "hospitalisation", "localized", "localising", "analyse",
        "analyze"}}};
  for (const auto& [first, typed_words] : pairs) {
    for (const auto& q : typed_words) finds(texts, {{q, {first, first + 1}}});
  }
  finds({"Übelkeit", "Uebelkeit", "ubelkeit", "blue poem", "Œdème, Æther, Łódź"},
        {{"ubelkeit", {0, 2}},
         {"Uebelkeit", {0, 1, 2}},
         {"Übelkeit", {0, 1, 2}},
         {"bl", {3}},
         {"blu", {3}},
         {"pom", {}},
         {"oedeme", {4}},
         {"aether", {4}},
         {"lodz", {4}}});
}

TEST(SearchTest, ChineseAndJapaneseCharacterByCharacter) {
  finds({"患者头痛三天，伴有恶心。COVID抗原阴性", "头晕，痛风", "昨日からコーヒーで頭痛がする",
         "두통이 심하다", "𠮷田さん、糖尿病", "ｶﾞｽ"},
        {{"头痛", {0}},
         {"痛", {0, 1, 2}},
         {"头", {0, 1}},
         {"患者头痛", {0}},
         {"三天 头痛", {0}},
         {"covid抗原", {0}},
         {"痛头", {}},
         {"コーヒー", {2}},
         {"ヒー", {2}},
         {"\"で頭痛\"", {2}},
         {"두통", {3}},
         {"糖尿病", {4}},
         {"𠮷田", {4}},
         {"尿糖", {}},
         {"ガス", {5}}});
}

TEST(SearchTest, WordsOfThaiLaoKhmerAndBurmese) {
  const std::string thai = "ผู้ป่วยมีอาการปวดหัวและมีไข้สูงสามวัน";
  const std::string lao = "ໄຂ້ສູງ, ຄົນເຈັບມີອາການເຈັບຫົວ";
  const std::string khmer = "អ្នកជំងឺមានឈឺក្បាលនិងគ្រុនក្តៅ";
  const std::string burmese = "လူနာသည်ခေါင်းကိုက်ပြီးဖျားနေသည်";
  const std::string pressure = "ความดันโลหิตสูง 160/95";
  const std::vector<std::string> texts{thai, lao, khmer, burmese, pressure, "กก\u200bขข"};
  finds(texts, {{"ปวดหัว", {0}},
                {"ไข้", {0}},
                {"มีไข้สูง", {0}},
                {"\"ปวดหัว และ\"", {0}},
                {"หัวปวด", {}},
                {"ເຈັບຫົວ", {1}},
                {"ໄຂ້", {1}},
                {"ឈឺក្បាល", {2}},
                {"គ្រុនក្តៅ", {2}},
                {"ခေါင်းကိုက်", {3}},
                {"ဖျား", {3}},
                {"ความดัน", {4}},
                {"ความดันโลหิต 160", {4}},
                {"สูง", {0, 4}},
                {"กก\u200bขข", {5}},
                {"ขข", {5}}});
}

TEST(SearchTest, WhatShowsNothingPartsNoWords) {
  for (const std::string joiner : {"\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"}) {
    finds({"soft" + joiner + "hyphen words", "softhyphen words"},
          {{"softhyphen", {0, 1}},
           {"soft" + joiner + "hyphen", {0, 1}},
           {"\"sof" + joiner + "thyphen words\"", {0, 1}},
           {"hyphen", {}},
           {joiner, {}}});
  }
}

TEST(SearchTest, ArabicBareForms) {
  finds({"ارتفاع ضغط الدم؛ السكري", "أَلَم؛ إلتهاب", "صداع شديد وحمى", "سكري", "الجرعة ٥ ملغ"},
        {{"ألم", {1}},
         {"الم", {1}},
         {"التهاب", {1}},
         {"إلتهاب", {1}},
         {"أَلَم", {1}},
         {"سكري", {0, 3}},
         {"السكري", {0, 3}},
         {"دم", {0}},
         {"الدم", {0}},
         {"حمى", {2}},
         {"حمي", {2}},
         {"وحمى", {2}},
         {"\"شديد وحمى\"", {2}},
         {"\"شديد حمى\"", {2}},
         {"\"ضغط الدم\"", {0}},
         {"5 ملغ", {4}},
         {"٥", {4}},
         {"جرعه", {4}},
         {"\"حمى شديد\"", {}}});
}

TEST(SearchTest, RussianAndGreekEndings) {
  finds({"пневмонии нет", "головная боль", "οξεία βρογχίτιδα", "ёлка", "без лихорадки", "лихорадка",
         "мой и\u0306од"},
        {{"лихорадка", {4, 5}},
         {"\"без лихорадки\"", {4}},
         {"\"не лихорадка\"", {}},
         {"пневмония", {0}},
         {"ПНЕВМОНИЮ", {0}},
         {"боли", {1}},
         {"головной боли", {1}},
         {"\"головной боли\"", {1}},
         {"βρογχίτιδας", {2}},
         {"елка", {3}},
         {"пневмот", {}},
         {"йод", {6}}});
}

TEST(SearchTest, PhrasesStandInOrderAndMayEndInABeginning) {
  finds({"persistent dry cough", "cough dry", "signs of life", "no fever today", "fever, no cough",
         "nausea/vomiting and pain\\fever", "fever.Cough"},
        {{"\"dry cough\"", {0}},
         {"\"dry coug\"", {0}},
         {"\"persistent dry cough\"", {0}},
         {"\"dry\"", {0, 1}},
         {"\"dr cough\"", {}},
         {"\"signs of life\"", {2}},
         {"\"sign of lif\"", {2}},
         {"\"no fever\"", {3}},
         {"\"no feve\"", {3}},
         {"\"of\"", {2}},
         {"vomiting", {5}},
         {"vomited", {5}},
         {"fever", {3, 4, 5, 6}},
         {"\"fever cough\"", {6}},
         {"“dry cough”", {0}},
         {"„dry cough“", {0}},
         {"«dry cough»", {0}}});
}

TEST(SearchTest, WhatNothingHasFindsNothing) {
  for (const auto* q :
       {"\"",    "\"\"", "\\",  "/", "\u200b", "%",     "-",       "'", "!!!", "*",
        "\" \"", ", ;",  "– —", "€", "…",      "🩺 🩺", "\"-\" %", "_", "",    "\u0301"}) {
    EXPECT_EQ(query(typed(q)).tsquery, "") << q;
  }
  finds({"something else"},
        {{"something \"", {0}}, {"\"\" something", {0}}, {"- something %", {0}}});
}

TEST(SearchTest, TheRecordsNumber) {
  const auto made = document({{"cough"}, {}, "MR-2026-000123"});
  for (const auto* q : {"MR-2026-000123", "mr-2026-123", "2026-000123", "2026-123", "000123", "123",
                        "MR-2026-0001", "MR-20", "2026-000123 cough"}) {
    const Query asked = query(typed(q));
    EXPECT_TRUE(Evaluator(made).finds(asked.tsquery)) << q << ": " << asked.tsquery;
    EXPECT_THAT(highlight({}, "MR-2026-000123", asked)[0], ::testing::HasSubstr("<mark>")) << q;
  }
  for (const auto* q : {"123 cough", "MR", "2026-124", "mr-2025-123", "23"}) {
    EXPECT_FALSE(Evaluator(made).finds(query(typed(q)).tsquery)) << q;
  }
}

/// Texts of every kind of character that is treated in a way of its own.
std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> kPieces{
      "a",      "B",  "fever",   "ing",    "s",  "e",    "of",     "no",     "ü",      "Æ",
      "ß",      "é",  "u\u0308", "0",      "5",  "12",   "-",      "-",      ".",      ".",
      ",",      ",",  "/",       " ",      " ",  " ",    "'",      "\\",     "&",      "<",
      "½",      "²",  "℃",       "№",      "ﬃ",  "㎎",   "боль",   "и",      "\u0306", "ς",
      "Σ",      "頭", "痛",      "カ",     "ー", "ｶ",    "ﾞ",      "\u3099", "한",     "\u1112",
      "ا",      "ال", "و",       "ّ",       "٥",  "٫",    "ไข้",     "สูง",     "\u0e33", "ກ",
      "ខ",      "က",  "\u200b",  "\u00ad", "🩺", "\xff", "\u0301", "क",      "्",       "\U0001D400",
      "\u2010", "#",  "mr",      "2026"};
  std::string out;
  for (auto n = 1 + random() % 30; n > 0; --n) out += kPieces[random() % kPieces.size()];
  return out;
}

TEST(SearchTest, EveryWordOfATextIsFoundAndMarked) {
  std::mt19937 random(20'260'304);
  for (int i = 0; i < 1000; ++i) {
    const auto text = random_text(random);
    const auto made = document({{text}, {}, ""});
    const Tokens tokens(text);
    std::size_t before = 0;
    for (const auto& token : tokens.all()) {
      // Of a character that is several (½, a mark behind a digit) one cannot type the second.
      const bool shared = token.begin < std::exchange(before, token.end);
      if (shared) continue;
      const auto word = text.substr(token.begin, token.end - token.begin);
      const Query asked = query({{word}, {}});
      ASSERT_TRUE(Evaluator(made).finds(asked.tsquery))
          << '<' << word << "> of <" << text << ">: " << asked.tsquery << " in " << made;
      const auto marked = highlight({text}, "", asked);
      ASSERT_EQ(marked.size(), 1U);
      EXPECT_THAT(marked[0], ::testing::HasSubstr("<mark>")) << word << " of " << text;
    }
    // The whole text, as a phrase.
    const Query asked = query({{}, {text}});
    if (!tokens.all().empty()) {
      ASSERT_TRUE(Evaluator(made).finds(asked.tsquery)) << text << ": " << asked.tsquery;
    }
  }
}

}  // namespace
}  // namespace wardbook::text
