#include "text/spellings.h"

#include <algorithm>
#include <array>

#include "text/key.h"

namespace wardbook::text {
namespace {

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

/// A letter that British has behind `before` and in front of `after`.
struct Insertion {
  bool at_start;  ///< `before` begins the word
  std::string_view before;
  std::string_view after;
  char letter;
};

// What medicine has. A rule without `before` in the middle of a word follows any
// letter but an a or e, or an o where it would be one.
constexpr Insertion kInsertions[] = {
    {true, "h", "ema", 'a'},      {true, "h", "emo", 'a'},    {false, "gyn", "ec", 'a'},
    {true, "", "etiol", 'a'},     {true, "", "esthe", 'a'},   {true, "p", "edi", 'a'},
    {false, "orthop", "ed", 'a'}, {true, "c", "eca", 'a'},    {true, "c", "eco", 'a'},
    {true, "c", "ecu", 'a'},      {true, "c", "esar", 'a'},   {true, "f", "eca", 'a'},
    {true, "f", "ece", 'a'},      {false, "", "emia", 'a'},   {false, "", "emic", 'a'},
    {false, "", "esthes", 'a'},   {false, "", "esthet", 'a'}, {true, "", "edema", 'o'},
    {true, "", "esoph", 'o'},     {true, "", "estro", 'o'},   {true, "", "estri", 'o'},
    {false, "", "edema", 'o'},    {false, "rrh", "e", 'o'},   {false, "pn", "ea", 'o'},
    {false, "pn", "ei", 'o'},     {true, "f", "etu", 'o'},    {true, "f", "eta", 'o'},
    {true, "f", "eto", 'o'},      {true, "c", "eliac", 'o'},  {true, "am", "eb", 'o'},
    {true, "hom", "eo", 'o'}};

bool applies(const Insertion& rule, std::string_view word, std::size_t at) {
  if (!word.substr(at).starts_with(rule.after)) return false;
  const auto before = word.substr(0, at);
  if (rule.at_start) return before == rule.before;
  if (!rule.before.empty()) return before.ends_with(rule.before);
  // Not what is British already.
  const std::string_view but = rule.letter == 'a' ? "ae" : "aeo";
  return !before.empty() && is_letter(before.back()) &&
         but.find(before.back()) == std::string_view::npos;
}

void replace_all(std::string& word, std::string_view from, std::string_view to) {
  for (auto at = word.find(from); at != std::string::npos; at = word.find(from, at + to.size())) {
    word.replace(at, from.size(), to);
  }
}

constexpr std::array<std::string_view, 6> kOurs{"tum", "col", "lab", "od", "hum", "behavi"};
constexpr std::array<std::string_view, 6> kRes{"lit", "fib", "cent", "tit", "calib", "goit"};

/// Where an ending behind one of the beginnings is: tum-or.
std::size_t ending_at(std::string_view word, const std::array<std::string_view, 6>& beginnings,
                      std::string_view ending) {
  for (const auto begin : beginnings) {
    if (word.starts_with(begin) && word.substr(begin.size()).starts_with(ending)) {
      return begin.size();
    }
  }
  return std::string_view::npos;
}

void replace_ending(std::string& word, const std::array<std::string_view, 6>& beginnings,
                    std::string_view from, std::string_view to, bool unless_at) {
  const auto at = ending_at(word, beginnings, from);
  if (at == std::string_view::npos) return;
  if (unless_at && std::string_view(word).substr(at + from.size()).starts_with("at")) return;
  word.replace(at, from.size(), to);
}

std::string british(std::string_view word) {
  std::string out;
  for (std::size_t at = 0; at < word.size(); ++at) {
    const auto* rule = std::ranges::find_if(
        kInsertions, [word, at](const Insertion& one) { return applies(one, word, at); });
    if (rule != std::end(kInsertions)) out += rule->letter;
    out += word[at];
  }
  replace_all(out, "sulf", "sulph");
  replace_ending(out, kOurs, "or", "our", true);
  replace_ending(out, kRes, "er", "re", true);
  return out;
}

std::string american(std::string_view word) {
  std::string out;
  for (std::size_t at = 0; at < word.size(); ++at) {
    const bool digraph =
        (word[at] == 'a' || word[at] == 'o') && word.substr(at + 1).starts_with('e');
    if (digraph) ++at;
    out += word[at];
  }
  replace_all(out, "sulph", "sulf");
  replace_ending(out, kOurs, "our", "or", false);
  replace_ending(out, kRes, "re", "er", false);
  return out;
}

/// -ise, -ising, -isation and -yse with the other consonant.
std::string with_ending(std::string_view word, char from, char to) {
  constexpr std::array<std::string_view, 7> kEndings{"e",   "ed",    "er",    "es",
                                                     "ing", "ation", "ations"};
  std::string out(word);
  for (const auto ending : kEndings) {
    if (!word.ends_with(ending) || word.size() < ending.size() + 4) continue;
    const auto at = word.size() - ending.size() - 1;
    const bool vowel = word[at - 1] == 'i' || word[at - 1] == 'y';
    if (word[at] == from && vowel && is_letter(word[at - 2]) && is_letter(word[at - 3])) {
      out[at] = to;
    }
  }
  return out;
}

std::string with_plural(std::string_view word, std::string_view from, std::string_view to) {
  if (!word.ends_with(from) || word.size() < from.size() + 2) return std::string(word);
  const auto rest = word.substr(0, word.size() - from.size());
  if (!is_letter(rest[rest.size() - 1]) || !is_letter(rest[rest.size() - 2])) {
    return std::string(word);
  }
  return std::string(rest) + std::string(to);
}

}  // namespace

std::vector<std::string> other_spellings(std::string_view word) {
  std::vector<std::string> out;
  for (auto& one :
       {british(word), american(word), with_ending(word, 's', 'z'), with_ending(word, 'z', 's'),
        with_plural(word, "ao", "oes"), with_plural(word, "oes", "ao")}) {
    if (one != word && std::ranges::find(out, one) == out.end()) out.push_back(one);
  }
  return out;
}

std::string without_umlauts(std::string_view word) {
  std::string out;
  char before = ' ';
  for (const char c : word) {
    if (c != 'e' || (before != 'a' && before != 'o' && before != 'u')) out += c;
    before = c;
  }
  return out;
}

std::string with_spelled_umlauts(std::string_view original) {
  std::string out = nfc(original);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kUmlauts{
      {{"\u00E4", "ae"},
       {"\u00F6", "oe"},
       {"\u00FC", "ue"},
       {"\u00C4", "ae"},
       {"\u00D6", "oe"},
       {"\u00DC", "ue"}}};
  for (const auto& [umlaut, letters] : kUmlauts) replace_all(out, umlaut, letters);
  return out;
}

}  // namespace wardbook::text
