#include "features/allergies/drug_table.h"

#include <algorithm>
#include <stdexcept>

#include "base/embedded.h"
#include "base/text.h"
#include "features/allergies/drug_names.h"

namespace wardbook::allergies {
namespace embedded {
extern const std::span<const EmbeddedFile> kFiles;  // made by cmake/embed.cmake
}

namespace {

/// Shorter names are too near to each other.
constexpr std::size_t kMisspelt = 6;
constexpr std::size_t kTwoErrors = 9;

std::string joined_words(const Words& words) {
  std::string out;
  for (const auto& word : words) out += word + ' ';
  return out;
}

/// Whether the byte begins a character of kana, ideographs or hangul, or of what comes behind them.
bool begins_unspaced(char c) {
  return static_cast<unsigned char>(c) >= 0xE3;
}

std::pair<std::string_view, std::string_view> cut(std::string_view text, std::string_view at) {
  const auto found = text.find(at);
  if (found == std::string_view::npos) {
    throw std::logic_error("drugs/: a line lacks '" + std::string(at) + "': " + std::string(text));
  }
  return {text.substr(0, found), text.substr(found + at.size())};
}

/// Letters that have to be put in, taken out, changed or exchanged with the next; `most` + 1 for
/// more.
std::size_t distance(std::string_view a, std::string_view b, std::size_t most) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > most) return most + 1;
  std::vector<std::size_t> two(b.size() + 1);
  std::vector<std::size_t> one(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) one[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = one[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({row[j - 1] + 1, one[j] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], two[j - 2] + 1);
      }
      least = std::min(least, row[j]);
    }
    if (least > most) return most + 1;
    two.swap(one);
    one.swap(row);
  }
  return one[b.size()];
}

/// Names of these families differ from each other by little more than an error.
bool is_of_a_dense_family(std::string_view word) {
  for (const std::string_view end : {"mab", "nib", "lib", "vir", "cept", "gliptin", "glutid"}) {
    if (word.ends_with(end)) return true;
  }
  return false;
}

std::size_t longest(const std::vector<Words>& phrases, const Words& words, std::size_t at) {
  std::size_t best = 0;
  for (const auto& phrase : phrases) {
    if (phrase.size() <= best || phrase.size() > words.size() - at) continue;
    const auto here = words.begin() + static_cast<std::ptrdiff_t>(at);
    if (std::equal(phrase.begin(), phrase.end(), here)) best = phrase.size();
  }
  return best;
}

When when_of(std::string_view name) {
  if (name == "any") return When::any;
  if (name == "rash") return When::rash;
  if (name == "angioedema") return When::angioedema;
  if (name == "immediate") return When::immediate;
  if (name == "airways") return When::airways;
  throw std::logic_error("drugs/: no such kind of reaction: " + std::string(name));
}

}  // namespace

Table::Table() {
  for (const auto& file : embedded::kFiles) load(file.bytes);
  for (const auto& [wrong, right] : respelled_) respell(wrong, right);
  index();
}

const Table& Table::get() {
  static const Table all;
  return all;
}

void Table::load(std::string_view file) {
  bool versioned = false;
  for (const auto text : split(file, "\n")) {
    if (text.empty() || text.front() == '#') continue;
    const auto [kind, rest] = cut(text, " ");
    if (kind == "version") {
      versioned = rest == "1";
      continue;
    }
    if (!versioned) throw std::logic_error("drugs/: a file of another version");
    line(kind, rest);
  }
  current_ = -1;
}

void Table::line(std::string_view kind, std::string_view rest) {
  if (kind == "group") {
    current_ = rest == "-" ? -1 : group(trimmed(cut(rest, "|").first));
  } else if (kind == "called") {
    const bool elsewhere = rest.find(" = ") != std::string_view::npos;
    const auto [names, of] = elsewhere ? cut(rest, " = ") : std::pair(rest, std::string_view());
    const int id = elsewhere ? group(of) : current_;
    for (const auto name : split(names, ", ")) add(name, {true, id});
  } else if (kind == "drug") {
    const int id = drug(rest);
    auto& groups = groups_[static_cast<std::size_t>(id)];
    if (current_ >= 0 && std::ranges::find(groups, current_) == groups.end()) {
      groups.push_back(current_);
    }
  } else if (kind == "brand") {
    const auto [names, contains] = cut(rest, " = ");
    brand(names, contains);
  } else if (kind == "holds") {
    const auto [what, where] = cut(rest, " : ");
    holds(what, where);
  } else if (kind == "cross") {
    cross_rule(rest);
  } else if (kind == "noise") {
    for (const auto word : split(rest, ", ")) {
      for (auto& key : word_keys(word)) noise_.insert(std::move(key));
    }
  } else if (kind == "denies" || kind == "denied") {
    auto& phrases = kind == "denies" ? denies_ : denied_;
    for (const auto phrase : split(rest, ", ")) phrases.push_back(word_keys(phrase));
  } else if (kind == "spelling") {
    for (const auto pair : split(rest, ", ")) {
      const auto [wrong, right] = cut(pair, " = ");
      respelled_.emplace_back(wrong, right);
    }
  } else {
    throw std::logic_error("drugs/: no such line: " + std::string(kind));
  }
}

int Table::group(std::string_view name) {
  const auto [at, is_new] =
      group_ids_.emplace(std::string(name), static_cast<int>(group_names_.size()));
  if (is_new) {
    group_names_.emplace_back(name);
    add(name, {true, at->second});
  }
  return at->second;
}

/// The drug of this name, a new one if there is none.
int Table::known(std::string_view name) {
  const std::string key = joined_words(word_keys(name));
  const auto [at, is_new] = ids_.emplace(key, static_cast<int>(names_.size()));
  if (is_new) {
    names_.emplace_back(name);
    groups_.emplace_back();
    contents_.emplace_back();
    add(name, {false, at->second});
  }
  return at->second;
}

/// `a = b`: the same drug; a name that was there before brings the others to it.
int Table::drug(std::string_view names) {
  const auto all = split(names, " = ");
  const int id = known(all.front());
  for (const auto name : all) {
    ids_.emplace(joined_words(word_keys(name)), id);
    add(name, {false, id});
  }
  return id;
}

void Table::brand(std::string_view names, std::string_view contains) {
  for (const auto contained : split(contains, " + ")) {
    const int id = known(contained);
    for (const auto name : split(names, ", ")) add(name, {false, id});
  }
}

std::vector<int> Table::members(std::string_view list) {
  std::vector<int> out;
  for (auto name : split(list, ", ")) {
    name = trimmed(name);
    if (name.empty() || name.front() != '@') {
      out.push_back(known(name));
      continue;
    }
    const int wanted = group(name.substr(1));
    out.push_back(as_whole(wanted));
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      if (std::ranges::find(groups_[i], wanted) != groups_[i].end()) {
        out.push_back(static_cast<int>(i));
      }
    }
  }
  return out;
}

void Table::holds(std::string_view what, std::string_view where) {
  const auto inside = members(what);
  for (const int id : members(where)) {
    if (id < 0) continue;
    auto& contents = contents_[static_cast<std::size_t>(id)];
    for (const int one : inside) {
      if (one != id) contents.push_back(one);
    }
  }
}

void Table::cross_rule(std::string_view text) {
  const auto parts = split(text, "|");
  if (parts.size() != 4) throw std::logic_error("drugs/: a rule has four parts");
  const bool both = parts[0].find(" ~ ") != std::string_view::npos;
  const auto [from, to] = cut(parts[0], both ? " ~ " : " -> ");
  Cross rule;
  std::string_view when = trimmed(parts[1]);
  if (when.ends_with('!')) {
    rule.must_be_said = true;
    when.remove_suffix(1);
  }
  rule.when = when_of(when);
  rule.strong = trimmed(parts[2]) == "strong";
  rule.why = trimmed(parts[3]);
  const auto first = members(from);
  const auto second = members(to);
  for (const int a : first) {
    for (const int b : second) {
      if (a == b) continue;
      cross_[{a, b}].push_back(rule);
      if (both) cross_[{b, a}].push_back(rule);
    }
  }
}

void Table::add(std::string_view name, Meaning meaning) {
  Words words = word_keys(name);
  if (words.empty()) return;
  if (words.size() == 1 && begins_unspaced(words.front().front())) unspaced_.insert(words.front());
  auto& phrases = by_first_word_[words.front()];
  auto at = std::ranges::find(phrases, words, &Phrase::words);
  if (at == phrases.end()) at = phrases.insert(at, {std::move(words), {}});
  if (std::ranges::find(at->meanings, meaning) == at->meanings.end()) {
    at->meanings.push_back(meaning);
  }
}

void Table::respell(std::string_view wrong, std::string_view right) {
  const Words words = word_keys(right);
  const Phrase* meant = find(words, 0);
  if (meant == nullptr) throw std::logic_error("drugs/: nothing is spelt " + std::string(right));
  const auto meanings = meant->meanings;
  for (const Meaning meaning : meanings) add(wrong, meaning);
}

void Table::index() {
  for (auto& [first, phrases] : by_first_word_) {
    std::ranges::stable_sort(phrases, std::greater(),
                             [](const Phrase& p) { return p.words.size(); });
    for (const Phrase& phrase : phrases) {
      const std::string& word = phrase.words.front();
      const bool latin = std::ranges::all_of(word, is_lower);
      if (phrase.words.size() == 1 && latin && word.size() + 1 >= kMisspelt) {
        spellings_[word.front()].push_back({word, &phrase});
      }
    }
  }
}

const Phrase* Table::find(const Words& words, std::size_t at) const {
  const auto found = by_first_word_.find(words[at]);
  if (found == by_first_word_.end()) return nullptr;
  for (const Phrase& phrase : found->second) {
    if (phrase.words.size() > words.size() - at) continue;
    const auto here = words.begin() + static_cast<std::ptrdiff_t>(at);
    if (std::equal(phrase.words.begin(), phrase.words.end(), here)) return &phrase;
  }
  return nullptr;
}

const Phrase* Table::nearest(const std::string& word) const {
  if (word.size() < kMisspelt || !std::ranges::all_of(word, is_lower)) return nullptr;
  if (is_of_a_dense_family(word)) return nullptr;
  const auto bucket = spellings_.find(word.front());
  if (bucket == spellings_.end()) return nullptr;
  std::size_t best = word.size() >= kTwoErrors ? 2 : 1;
  const Phrase* found = nullptr;
  bool several = false;
  for (const auto& [known, phrase] : bucket->second) {
    const std::size_t errors = distance(word, known, best);
    if (errors > best || (errors == 2 && known.substr(0, 3) != word.substr(0, 3))) continue;
    if (errors < best || found == nullptr) {
      several = false;
      found = phrase;
      best = errors;
    } else if (phrase->meanings != found->meanings) {
      several = true;
    }
  }
  return several ? nullptr : found;
}

std::size_t Table::denies(const Words& words, std::size_t at) const {
  return longest(denies_, words, at);
}

std::size_t Table::denied(const Words& words, std::size_t at) const {
  return longest(denied_, words, at);
}

const std::vector<Cross>* Table::cross(int from, int to) const {
  const auto found = cross_.find({from, to});
  return found == cross_.end() ? nullptr : &found->second;
}

std::size_t Table::phrases() const {
  std::size_t count = 0;
  for (const auto& [first, phrases] : by_first_word_) count += phrases.size();
  return count;
}

std::string Table::apart(std::string_view folded) const {
  std::string out(folded);
  for (const auto& name : unspaced_) {
    const std::string spaced = " " + name + " ";
    for (auto at = out.find(name); at != std::string::npos;
         at = out.find(name, at + spaced.size())) {
      out.replace(at, name.size(), spaced);
    }
  }
  return out;
}

}  // namespace wardbook::allergies
