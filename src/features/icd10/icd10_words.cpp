#include "features/icd10/icd10_words.h"

#include <algorithm>
#include <array>

namespace wardbook::icd10 {
namespace {

constexpr std::size_t kWordsMost = 10;

/// Words that titles have for grammar's sake; they say nothing as long as there are others.
constexpr std::array<std::string_view, 14> kFillers{"a",  "an", "and", "at", "by",  "for", "from",
                                                    "in", "of", "on",  "or", "the", "to",  "s"};
bool is_filler(const std::string& word) {
  return std::ranges::find(kFillers, word) != kFillers.end();
}

/// Type II diabetes is type 2.
constexpr std::array<std::string_view, 5> kRoman{"i", "ii", "iii", "iv", "v"};

/// What clinicians write for words that titles have.
struct Abbreviation {
  std::string_view text;
  std::vector<std::string> words;
};
const std::vector<Abbreviation>& abbreviations() {
  static const std::vector<Abbreviation> all{
      {"afib", {"atrial", "fibrillation"}},
      {"bph", {"benign", "prostatic", "hyperplasia"}},
      {"cad", {"atherosclerotic", "heart", "disease"}},
      {"chf", {"congestive", "heart", "failure"}},
      {"ckd", {"chronic", "kidney", "disease"}},
      {"copd", {"chronic", "obstructive", "pulmonary"}},
      {"cva", {"cerebral", "infarction"}},
      {"dm", {"diabetes", "mellitus"}},
      {"dvt", {"thrombosis", "deep", "veins"}},
      {"fx", {"fracture"}},
      {"gerd", {"gastro", "esophageal", "reflux"}},
      {"htn", {"hypertension"}},
      {"hx", {"history"}},
      {"mi", {"myocardial", "infarction"}},
      {"nstemi", {"nstemi", "myocardial"}},
      {"oa", {"osteoarthritis"}},
      {"osa", {"obstructive", "sleep", "apnea"}},
      {"pe", {"pulmonary", "embolism"}},
      {"ra", {"rheumatoid", "arthritis"}},
      {"sob", {"shortness", "breath"}},
      {"t1dm", {"type", "1", "diabetes"}},
      {"t2dm", {"type", "2", "diabetes"}},
      {"tb", {"tuberculosis"}},
      {"tia", {"transient", "ischemic", "attack"}},
      {"uri", {"upper", "respiratory", "infection"}},
      {"uti", {"urinary", "tract", "infection"}},
  };
  return all;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : std::string(text) + ' ') {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80) {
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  return out;
}

/// The abbreviations' words in their places.
std::vector<std::string> written_out(std::vector<std::string> words) {
  std::vector<std::string> out;
  for (auto& word : words) {
    const auto known = std::ranges::find(abbreviations(), word, &Abbreviation::text);
    if (known == abbreviations().end()) {
      out.push_back(std::move(word));
    } else {
      out.insert(out.end(), known->words.begin(), known->words.end());
    }
  }
  return out;
}

}  // namespace

TypedWords typed_words(std::string_view text) {
  auto words = split(text);
  if (!std::ranges::all_of(words, is_filler)) std::erase_if(words, is_filler);
  words = written_out(std::move(words));
  if (words.size() > kWordsMost) words.resize(kWordsMost);
  TypedWords out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto roman = std::ranges::find(kRoman, words[i]);
    const auto position = static_cast<std::int64_t>(i) + 1;
    if (roman != kRoman.end()) {
      out.words.push_back(std::to_string(roman - kRoman.begin() + 1));
      out.positions.push_back(position);
    }
    out.words.push_back(std::move(words[i]));
    out.positions.push_back(position);
  }
  return out;
}

void Matches::add_word(std::string_view lists) {
  ++words_;
  std::uint32_t place = 0;
  std::uint32_t distance = 0;
  for (const char c : lists) {
    const auto byte = static_cast<unsigned char>(c);
    distance = std::min(distance << 7U | (byte & 0x7fU), kPlacesMost + 1);
    if ((byte & 0x80U) != 0) continue;
    place = distance == 0 ? 0 : std::min(place + distance, kPlacesMost + 1);
    distance = 0;
    if (place != 0 && place <= kPlacesMost) add(place);
  }
}

void Matches::add(std::uint32_t place) {
  if (place >= seen_.size()) seen_.resize(place + 1);
  Seen& seen = seen_[place];
  if (seen.last_word == words_) return;
  seen.last_word = words_;
  ++seen.words;
}

std::vector<std::int64_t> Matches::best(std::size_t limit) const {
  std::vector<std::int64_t> out;
  if (seen_.empty()) return out;
  const int most = std::ranges::max_element(seen_, {}, &Seen::words)->words;
  for (std::size_t place = 0; place < seen_.size() && out.size() < limit; ++place) {
    if (seen_[place].words == most) out.push_back(static_cast<std::int64_t>(place));
  }
  return out;
}

}  // namespace wardbook::icd10
