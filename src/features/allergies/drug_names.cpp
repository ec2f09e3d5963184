#include "features/allergies/drug_names.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "features/allergies/drug_table.h"
#include "text/folded.h"
#include "text/key.h"

namespace wardbook::allergies {
namespace {

bool is_word_char(char c) {
  return is_lower(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

void replace_all(std::string& word, std::string_view from, std::string_view to) {
  for (auto at = word.find(from); at != std::string::npos; at = word.find(from, at + to.size())) {
    word.replace(at, from.size(), to);
  }
}

/// As text::Folded has it; signs that are no letters are blanks, but for those of ASCII.
std::string fold(std::string_view text) {
  std::string typed(text);
  for (const std::string_view mark : {"\u2120", "\u2122"}) replace_all(typed, mark, " ");
  const text::Folded folded(typed);
  std::string out;
  for (const char32_t point : text::points(folded.text())) {
    const bool ascii = point < 0x80 && (point >= ' ' || point == '\n');
    if (ascii || text::is_word(point)) {
      text::append_point(point, out);
    } else {
      out += ' ';
    }
  }
  return out;
}

/// Cyrillic words without the ending of their case (пенициллина, пенициллинов).
void drop_russian_ending(std::string& word) {
  constexpr std::size_t kStem = 10;  // five letters
  constexpr std::size_t kEnding = 3;
  constexpr std::string_view kLetters = "аеиоуыэюяйьмвх";
  if (static_cast<unsigned char>(word.front()) < 0xD0 ||
      static_cast<unsigned char>(word.front()) > 0xD1) {
    return;
  }
  for (std::size_t i = 0; i < kEnding && word.size() >= kStem + 2; ++i) {
    const auto at = kLetters.find(std::string_view(word).substr(word.size() - 2));
    if (at == std::string_view::npos || at % 2 != 0) return;
    word.resize(word.size() - 2);
  }
}

std::string key_of(std::string word) {
  constexpr std::size_t kShort = 3;  // ASS is no "as"
  constexpr std::size_t kLong = 6;
  drop_russian_ending(word);
  replace_all(word, "sulph", "sulf");
  replace_all(word, "ae", "e");
  replace_all(word, "mycin", "micin");
  if (word.starts_with("ceph")) word.replace(0, 4, "cef");
  const bool plural = word.size() > kShort && word.ends_with('s') && !word.ends_with("ss") &&
                      !word.ends_with("us") && !word.ends_with("is");
  if (plural) word.pop_back();
  if (word.size() > kShort) {
    const auto same = [](char a, char b) { return a == b && is_lower(a); };
    word.erase(std::unique(word.begin(), word.end(), same), word.end());
  }
  if (word.size() >= kLong && std::string_view("aeo").find(word.back()) != std::string_view::npos) {
    word.pop_back();
  }
  return word;
}

Words keys_of_folded(std::string_view folded) {
  Words out;
  for (std::size_t at = 0; at < folded.size();) {
    std::size_t end = at;
    while (end < folded.size() && is_word_char(folded[end])) ++end;
    if (end > at) out.push_back(key_of(std::string(folded.substr(at, end - at))));
    at = end + 1;
  }
  return out;
}

std::set<std::string, std::less<>> key_set(std::string_view words) {
  const Words keys = word_keys(words);
  return {keys.begin(), keys.end()};
}

/// What says nothing about the substance: forms, ways, release, and how allergies are written.
const std::set<std::string, std::less<>>& noise() {
  static const auto all = key_set(
      "tablet tab capsule cap injection injectable infusion solution suspension syrup elixir drop "
      "cream ointment gel lotion foam spray inhaler inhalation nebuliser nebulizer patch plaster "
      "suppository pessary powder granule sachet lozenge vial ampoule ampule syringe pen prefilled "
      "auto injector autoinjector oral topical nasal eye ear ophthalmic otic vaginal rectal "
      "transdermal sublingual buccal intravenous intramuscular subcutaneous parenteral iv im sc po "
      "pr er xr sr xl mr dr ec retard forte modified extended prolonged sustained delayed "
      "controlled immediate release coated film enteric effervescent chewable dispersible soluble "
      "orodispersible aqueous base based percent strength dose daily for of to the an any all "
      "other class group family form drug medication medicine antibiotic product containing "
      "allergy allergic allergen hypersensitivity intolerance reaction sensitivity "
      "no not known none nil nkda nka unknown mg mcg ug ml dl kg iu unit units mmol meq");
  return all;
}

/// Salts, esters and hydrates: noise beside a substance, but a substance when they stand alone.
const std::set<std::string, std::less<>>& salts() {
  static const auto all = key_set(
      "sodium potassium calcium magnesium zinc hydrochloride dihydrochloride hcl hydrobromide "
      "bromide chloride dihydrate trihydrate monohydrate hydrate anhydrous acetate citrate sulfate "
      "bisulfate phosphate succinate tartrate bitartrate maleate fumarate mesylate mesilate "
      "besylate besilate tosylate tosilate nitrate carbonate gluconate lactate pamoate embonate "
      "axetil proxetil pivoxil propionate dipropionate valerate furoate benzathine trometamol "
      "tromethamine estolate ethylsuccinate stearate decanoate medoxomil arginine lysine acid");
  return all;
}

/// `500`, `500mg`, `12h`: a digit and then digits, or at most a unit.
bool is_amount(std::string_view word) {
  if (word.empty() || !is_digit(word.front())) return false;
  const std::string_view unit = word.substr(std::min(
      word.size(), static_cast<std::size_t>(std::find_if_not(word.begin(), word.end(), is_digit) -
                                            word.begin())));
  return unit.empty() || unit == "g" || unit == "l" || unit == "h" || unit == "e" ||
         noise().contains(unit);
}

/// Whether the byte begins a character of kana, ideographs or hangul, or of what comes behind them.
bool is_unspaced(char c) {
  return static_cast<unsigned char>(c) >= 0xE3;
}

const Table& table() {
  return Table::get();
}

template <class T>
void sort_unique(std::vector<T>& values) {
  std::ranges::sort(values);
  const auto repeated = std::ranges::unique(values);
  values.erase(repeated.begin(), repeated.end());
}

/// A group is no longer meant as a whole where one of it is named: insulin glargine.
void drop_named_groups(Named& named) {
  std::erase_if(named.groups, [&named](int group) {
    return std::ranges::any_of(named.drugs, [group](int drug) {
      return std::ranges::find(groups_of(drug), group) != groups_of(drug).end();
    });
  });
}

/// `Ibuprofen400` is two words, unless there is a name of this kind.
Words unglued(Words words) {
  constexpr std::size_t kLetters = 4;
  Words out;
  for (auto& word : words) {
    const auto letters = std::ranges::find_if_not(word, is_lower) - word.begin();
    const bool glued = letters >= static_cast<std::ptrdiff_t>(kLetters) &&
                       letters < static_cast<std::ptrdiff_t>(word.size()) &&
                       is_digit(word[static_cast<std::size_t>(letters)]);
    if (!glued || table().find({word}, 0) != nullptr) {
      out.push_back(std::move(word));
      continue;
    }
    const auto at = static_cast<std::size_t>(letters);
    out.push_back(key_of(word.substr(0, at)));
    out.push_back(word.substr(at));
  }
  return out;
}

void take(const Phrase& phrase, Named& out) {
  for (const Meaning& meaning : phrase.meanings) {
    (meaning.group ? out.groups : out.drugs).push_back(meaning.id);
  }
}

Named name_of(std::string_view folded) {
  std::string apart;
  if (std::ranges::any_of(folded, is_unspaced)) folded = apart = table().apart(folded);
  const Words words = unglued(keys_of_folded(folded));
  Named out;
  Words salts_only;
  for (std::size_t at = 0; at < words.size();) {
    if (const Phrase* phrase = table().find(words, at)) {
      take(*phrase, out);
      at += phrase->words.size();
      continue;
    }
    const std::string& word = words[at++];
    if (is_amount(word)) {
      // `1 g`: a letter behind a number is its unit; elsewhere (vitamin K) it is a name.
      if (at < words.size() && (words[at] == "g" || words[at] == "l")) ++at;
    } else if (salts().contains(word)) {
      salts_only.push_back(word);
    } else if (!noise().contains(word) && !table().is_noise(word)) {
      if (const Phrase* meant = table().nearest(word)) {
        take(*meant, out);
      } else {
        out.words.push_back(word);
      }
    }
  }
  if (out.words.empty() && out.drugs.empty() && out.groups.empty()) out.words = salts_only;
  sort_unique(out.drugs);
  sort_unique(out.groups);
  sort_unique(out.words);
  drop_named_groups(out);
  return out;
}

/// Where one ingredient ends: signs, and words that join.
std::vector<std::string_view> parts_of(std::string_view folded) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  const auto cut = [&](std::size_t end, std::size_t width) {
    if (end > begin) out.push_back(folded.substr(begin, end - begin));
    begin = end + width;
  };
  for (std::size_t at = 0; at < folded.size(); ++at) {
    if (std::string_view("/+,;&|()[]\n").find(folded[at]) != std::string_view::npos) {
      cut(at, 1);
      continue;
    }
    for (const std::string_view joint : {" and ", " with ", " or ", " plus "}) {
      if (folded.substr(at).starts_with(joint) && at >= begin) cut(at, joint.size() - 1);
    }
  }
  cut(folded.size(), 0);
  return out;
}

/// A word of a text, and where it stands.
struct Placed {
  Words words;
  std::vector<std::size_t> begins;
  std::vector<std::size_t> ends;
};
Placed placed_words(std::string_view folded) {
  Placed out;
  for (std::size_t at = 0; at < folded.size();) {
    std::size_t end = at;
    while (end < folded.size() && is_word_char(folded[end])) ++end;
    if (end > at) {
      out.words.push_back(key_of(std::string(folded.substr(at, end - at))));
      out.begins.push_back(at);
      out.ends.push_back(end);
    }
    at = end + 1;
  }
  return out;
}

/// "free", as a key has it: what stands before it is denied, whatever follows.
constexpr std::string_view kFree = "fre";

/// A clause's part that is meant, and the part that is denied.
struct Clause {
  std::string said;
  std::string denied;
};
Clause clause_of(std::string_view folded) {
  const Placed placed = placed_words(folded);
  const Words& words = placed.words;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t behind = table().denied(words, at);
    const std::size_t before = table().denies(words, at);
    // "(refuted by challenge)", where nothing stands before it: of the clause before.
    if (at == 0 && behind > 0 && before == 0 && words[at] != kFree) return {};
    const bool last = at + behind == words.size() || words[at] == kFree;
    if (behind > 0 && last && before <= behind) {
      const std::size_t end = placed.ends[at + behind - 1];
      return {std::string(folded.substr(end)), std::string(folded.substr(0, placed.begins[at]))};
    }
    if (before > 0 && at + before < words.size()) {
      const std::size_t end = placed.ends[at + before - 1];
      return {std::string(folded.substr(0, placed.begins[at])), std::string(folded.substr(end))};
    }
    const Phrase* phrase = table().find(words, at);
    at += phrase != nullptr ? phrase->words.size() : 1;
  }
  return {std::string(folded), {}};
}

std::vector<std::string_view> clauses_of(std::string_view folded) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= folded.size(); ++at) {
    const bool sign = at < folded.size() &&
                      std::string_view(",;()[]\n:").find(folded[at]) != std::string_view::npos;
    const bool stop = at + 1 < folded.size() && folded[at] == '.' && folded[at + 1] == ' ';
    const bool but = folded.substr(at).starts_with(" but ");
    if (at < folded.size() && !sign && !stop && !but) continue;
    if (at > begin) out.push_back(folded.substr(begin, at - begin));
    begin = at + 1;
  }
  return out;
}

void add_names(std::string_view folded, std::vector<Named>& out) {
  for (const auto part : parts_of(folded)) {
    if (out.size() == kMostIngredients) return;
    Named named = name_of(part);
    if (named.drugs.empty() && named.groups.empty() && named.words.empty()) continue;
    named.all_groups = named.groups;
    for (const int drug : named.drugs) {
      named.all_groups.insert(named.all_groups.end(), groups_of(drug).begin(),
                              groups_of(drug).end());
    }
    out.push_back(std::move(named));
  }
}

}  // namespace

std::vector<std::string> word_keys(std::string_view text) {
  return keys_of_folded(fold(text));
}

Read read(std::string_view text) {
  std::string numbered(text);  // Tylenol #3 is no amount of Tylenol
  replace_all(numbered, "#", " no ");
  const std::string folded = fold(numbered);
  Read out;
  for (const auto part : clauses_of(folded)) {
    const Clause clause = clause_of(part);
    const bool alone =
        placed_words(clause.said).words.empty() && placed_words(clause.denied).words.empty();
    if (alone && !placed_words(part).words.empty()) {  // "Penicillin (refuted)"
      for (auto& named : out.said) out.denied.push_back(std::move(named));
      out.said.clear();
      continue;
    }
    add_names(clause.said, out.said);
    add_names(clause.denied, out.denied);
  }
  return out;
}

const std::vector<int>& groups_of(int drug) {
  return table().groups_of(drug);
}

std::string_view group_name(int group) {
  return table().group_name(group);
}

}  // namespace wardbook::allergies
