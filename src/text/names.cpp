#include "text/names.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "text/document.h"
#include "text/folded.h"
#include "text/key.h"
#include "text/lexemes.h"
#include "text/spellings.h"
#include "text/tokens.h"

namespace wardbook::text {
namespace {

/// A word of fewer letters has no other spellings.
constexpr std::size_t kSpelledFrom = 5;
/// More letters are not compared one by one: PostgreSQL refuses to.
constexpr std::size_t kMostCompared = 200;
/// A word with more letters is not several names.
constexpr std::size_t kLongestSeveral = 24;
constexpr std::size_t kMostPieces = 4;
constexpr std::size_t kMostSplits = 20;

struct Point {
  char32_t point = 0;
  std::size_t end = 0;
};

Point name_point(std::string_view text, std::size_t at) {
  auto i = static_cast<std::int32_t>(at);
  UChar32 point = 0;
  U8_NEXT_OR_FFFD(text.data(), i, static_cast<std::int32_t>(text.size()), point);
  return {static_cast<char32_t>(point), static_cast<std::size_t>(i)};
}

bool is_apostrophe(char32_t point) {
  return point == '\'' || point == '`' || point == 0x2018 || point == 0x2019;
}

void replace_each(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Folded, with one sign for all apostrophes. The acute accent by itself would become a blank.
std::string folded_name(std::string_view name) {
  std::string typed(name);
  replace_each(typed, "\u00B4", "'");
  return Folded(typed).text();
}

void add_words(std::string_view folded, bool hyphens_join, std::vector<std::string>& out) {
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) out.emplace_back(beginning(word, kLongestLexeme));
    word.clear();
  };
  for (std::size_t at = 0; at < folded.size();) {
    const auto [point, end] = name_point(folded, at);
    if (is_word(point)) {
      word += folded.substr(at, end - at);
    } else if (!is_apostrophe(point) && !(hyphens_join && point == '-')) {
      finish();
    }
    at = end;
  }
  finish();
}

void sort_once(std::vector<std::string>& words) {
  std::ranges::sort(words);
  const auto repeated = std::ranges::unique(words);
  words.erase(repeated.begin(), repeated.end());
}

std::vector<std::string> words_in(std::string_view folded) {
  std::vector<std::string> out;
  add_words(folded, false, out);
  sort_once(out);
  return out;
}

int wrong_letters(std::size_t length) {
  constexpr std::size_t kShort = 3;
  constexpr std::size_t kLong = 6;
  if (length < kShort || length > kMostCompared) return 0;
  return length < kLong ? 1 : 2;
}

std::vector<std::string> spelled_forms(const std::string& word, std::size_t length,
                                       const std::vector<std::string>& spelled) {
  std::vector<std::string> out{word};
  if (length < kSpelledFrom) return out;
  const auto add = [&out](const std::string& form) {
    if (std::ranges::find(out, form) == out.end()) out.push_back(form);
  };
  const auto without = without_umlauts(word);
  add(without);
  for (const auto& other : spelled) {
    if (without_umlauts(other) == without) add(other);
  }
  return out;
}

/// Where the characters begin, and the end.
std::vector<std::size_t> bounds_of(std::string_view word) {
  std::vector<std::size_t> out{0};
  while (out.back() < word.size()) out.push_back(name_point(word, out.back()).end);
  return out;
}

/// Names of one character are those of Chinese, Japanese and Korean.
std::size_t shortest_at(std::string_view word, std::size_t at) {
  const auto point = name_point(word, at).point;
  const bool alone = (point >= 0x2E80 && point <= 0x9FFF) || (point >= 0xAC00 && point <= 0xD7AF) ||
                     (point >= 0x20000 && point <= 0x3FFFF);
  return alone ? 1 : 2;
}

struct Splitting {
  std::string_view word;
  const std::vector<std::string>& known;
  std::vector<std::size_t> bounds;
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> found;

  void go_on(std::size_t from) {
    const auto last = bounds.size() - 1;
    if (from == last) {
      found.push_back(names);
      return;
    }
    if (names.size() == kMostPieces) return;
    for (auto to = from + shortest_at(word, bounds[from]); to <= last; ++to) {
      if (from == 0 && to == last) return;  // the word itself
      std::string piece(word.substr(bounds[from], bounds[to] - bounds[from]));
      if (!std::ranges::binary_search(known, piece)) continue;
      names.push_back(std::move(piece));
      go_on(to);
      names.pop_back();
      if (found.size() == kMostSplits) return;
    }
  }
};

// ---- numbers

bool number_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string kept(std::string_view folded, bool digits) {
  std::string out;
  for (std::size_t at = 0; at < folded.size();) {
    const auto [point, end] = name_point(folded, at);
    const bool digit = point >= '0' && point <= '9';
    if (is_word(point) && (digits || !digit)) out += folded.substr(at, end - at);
    at = end;
  }
  return out;
}

/// Each run of digits without the zeros in front of it; 0 stays.
std::string without_zeros(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool first = i == 0 || !number_digit(text[i - 1]);
    if (first) {
      while (text[i] == '0' && i + 1 < text.size() && number_digit(text[i + 1])) ++i;
    }
    out += text[i];
  }
  return out;
}

/// The digits alone, without zeros in front; empty for 0.
std::string bare_digits(std::string_view folded) {
  std::string out;
  for (const char c : folded) {
    if (number_digit(c) && !(out.empty() && c == '0')) out += c;
  }
  return out;
}

/// The groups of digits with a hyphen between them, each without zeros in front.
std::string digit_groups(std::string_view folded) {
  std::string out;
  for (const char c : folded) {
    if (number_digit(c)) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  if (out.ends_with('-')) out.pop_back();
  return without_zeros(out);
}

// What a form is: the letters and digits without zeros in front, the digits, their groups, or both
// the letters and the groups.
constexpr char kWholeForm = '=';
constexpr char kDigitsForm = '#';
constexpr char kGroupsForm = '-';
constexpr char kLetteredForm = ':';

std::string tagged(char kind, std::string_view text) {
  return kind + std::string(beginning(text, kLongestLexeme));
}

std::string lettered(std::string_view letters, std::string_view groups) {
  return tagged(kLetteredForm, std::string(letters) + ':' + std::string(groups));
}

bool only_digits(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, number_digit);
}

}  // namespace

std::vector<std::string> name_words(std::string_view name) {
  const auto folded = folded_name(name);
  std::vector<std::string> out;
  add_words(folded, false, out);
  add_words(folded, true, out);
  sort_once(out);
  return out;
}

std::string letter_key(std::string_view word) {
  auto letters = points(word);
  std::ranges::sort(letters);
  std::string out;
  for (const char32_t letter : letters) append_point(letter, out);
  return out;
}

std::vector<TypedName> typed_name(std::string_view name) {
  std::string with_letters = with_spelled_umlauts(name);
  replace_each(with_letters, "\u00F8", "oe");
  replace_each(with_letters, "\u00D8", "oe");
  const auto spelled = words_in(folded_name(with_letters));
  auto words = words_in(folded_name(name));
  if (words.size() > kMostNames) words.resize(kMostNames);
  std::vector<TypedName> out;
  for (auto& word : words) {
    TypedName typed;
    typed.length = characters(word);
    typed.wrong = wrong_letters(typed.length);
    typed.forms = spelled_forms(word, typed.length, spelled);
    typed.word = std::move(word);
    out.push_back(std::move(typed));
  }
  return out;
}

bool two_letters(const TypedName& typed) {
  return typed.word.size() == 2 &&
         std::ranges::all_of(typed.word, [](char c) { return c >= 'a' && c <= 'z'; });
}

std::vector<std::string> pieces_of(std::string_view word) {
  const auto bounds = bounds_of(word);
  const auto last = bounds.size() - 1;
  std::vector<std::string> out;
  if (last < 2 || last > kLongestSeveral) return out;
  for (std::size_t from = 0; from < last; ++from) {
    for (auto to = from + shortest_at(word, bounds[from]); to <= last; ++to) {
      if (from == 0 && to == last) break;
      out.emplace_back(word.substr(bounds[from], bounds[to] - bounds[from]));
    }
  }
  sort_once(out);
  return out;
}

std::vector<std::vector<std::string>> names_in(std::string_view word,
                                               const std::vector<std::string>& known) {
  Splitting splitting{word, known, bounds_of(word), {}, {}};
  const auto length = splitting.bounds.size() - 1;
  if (length >= 2 && length <= kLongestSeveral && !known.empty()) splitting.go_on(0);
  return std::move(splitting.found);
}

NumberKeys number_keys(std::string_view number) {
  const auto folded = Folded(number).text();
  NumberKeys out;
  out.letters = beginning(kept(folded, true), kLongestLexeme);
  if (out.letters.empty()) return out;
  out.forms.push_back(tagged(kWholeForm, without_zeros(out.letters)));
  if (const auto digits = bare_digits(folded); !digits.empty()) {
    out.forms.push_back(tagged(kDigitsForm, digits));
  }
  if (const auto groups = digit_groups(folded); !groups.empty()) {
    out.forms.push_back(tagged(kGroupsForm, groups));
    if (const auto letters = kept(folded, false); !letters.empty()) {
      out.forms.push_back(lettered(letters, groups));
    }
  }
  return out;
}

TypedNumber typed_number(std::string_view number) {
  const auto folded = Folded(number).text();
  TypedNumber out;
  out.begins_surely =
      std::ranges::any_of(folded, [](char c) { return number_digit(c) || c == '-'; });
  out.letters = beginning(kept(folded, true), kLongestLexeme);
  if (out.letters.empty()) return out;
  out.exact = tagged(kWholeForm, without_zeros(out.letters));
  out.any_form.push_back(out.exact);
  const auto digits = bare_digits(folded);
  if (only_digits(folded) && !digits.empty()) out.any_form.push_back(tagged(kDigitsForm, digits));
  if (const auto groups = digit_groups(folded); !groups.empty()) {
    const auto letters = kept(folded, false);
    out.any_form.push_back(letters.empty() ? tagged(kGroupsForm, groups)
                                           : lettered(letters, groups));
  }
  return out;
}

std::string name_query(const std::vector<std::pair<std::string, std::vector<Meaning>>>& words,
                       bool all) {
  std::string out;
  for (const auto& [word, meanings] : words) {
    if (meanings.empty()) {
      if (all) return {};
      continue;
    }
    if (!out.empty()) out += all ? " & " : " | ";
    out += '(';
    append_lexeme(word, out);
    out += ":*";
    for (const auto& meaning : meanings) {
      if (meaning.also.empty() && meaning.word.starts_with(word)) continue;
      out += " | ";
      append_lexeme(meaning.word, out);
      for (const auto& also : meaning.also) {
        out += " & ";
        append_lexeme(also, out);
      }
    }
    out += ')';
  }
  return out;
}

}  // namespace wardbook::text
