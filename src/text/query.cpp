#include "text/query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "text/document.h"
#include "text/lexemes.h"
#include "text/spellings.h"
#include "text/stems.h"
#include "text/tokens.h"

namespace wardbook::text {
namespace {

/// A word of fewer letters has no other spellings, and no beginnings of these.
constexpr std::size_t kLongEnough = 5;

/// A part of the query: any of the sequences; or, where a number follows a word, one of each of
/// the two and `also`.
struct Part {
  std::vector<Sequence> any;
  std::vector<Sequence> and_any;
  std::vector<Sequence> also;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

template <class T>
void add_once(std::vector<T>& all, T one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(std::move(one));
}

std::string cut(std::string_view lexeme) {
  return std::string(beginning(lexeme, kLongestLexeme));
}

Sequence single(std::string_view lexeme, bool begins) {
  return {Step{{Term{cut(lexeme), begins}}, 1}};
}

// ---- numbers

/// With the points of its groups of three, or without them; empty if there is no such form.
std::string grouped_otherwise(std::string_view number) {
  constexpr std::size_t kGroup = 3;
  constexpr std::size_t kLongest = 9;
  if (number.empty() || number[0] == '0') return {};
  if (all_digits(number)) {
    if (number.size() <= kGroup || number.size() > kLongest) return {};
    std::string out;
    for (std::size_t i = 0; i < number.size(); ++i) {
      if (i > 0 && (number.size() - i) % kGroup == 0) out += '.';
      out += number[i];
    }
    return out;
  }
  const auto first = number.find('.');
  if (first == std::string_view::npos || first == 0 || first > kGroup) return {};
  std::string out(number.substr(0, first));
  for (auto at = first; at < number.size(); at += kGroup + 1) {
    const auto group = number.substr(at + 1, kGroup);
    const auto end = at + 1 + kGroup;
    const bool ends = end == number.size() || (end < number.size() && number[end] == '.');
    if (number[at] != '.' || group.size() != kGroup || !all_digits(group) || !ends) return {};
    out += group;
  }
  return out;
}

/// .5 is 0.5.
std::string with_zero_otherwise(std::string_view number) {
  if (number.starts_with('.')) return "0" + std::string(number);
  if (number.starts_with("0.")) return std::string(number.substr(1));
  return {};
}

std::vector<Term> number_terms(std::string_view number, bool begins) {
  std::vector<Term> out{{cut(number), begins}};
  if (auto other = grouped_otherwise(number); !other.empty()) {
    // The points of a number that somebody typed are of no other number.
    out.push_back({std::move(other), begins && !all_digits(number)});
  }
  if (auto other = with_zero_otherwise(number); !other.empty()) {
    out.push_back({cut(other), begins});
  }
  return out;
}

// ---- words

/// The stem is the beginning of words with other endings of these languages, if enough is left.
std::optional<std::string> beginning_without_ending(Language language, const std::string& form) {
  constexpr std::size_t kShortestStem = 5;
  constexpr std::size_t kLongestEnding = 4;
  auto out = stem(language, form);
  if (out == form || !form.starts_with(out)) return std::nullopt;
  const auto left = characters(out);
  if (left < kShortestStem || characters(form) - left > kLongestEnding) return std::nullopt;
  return out;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void add_stems(std::vector<Term>& out, const std::string& form, bool endings) {
  const bool ascii = is_ascii(form);
  if (auto indexed = indexed_stem(form, ascii); !indexed.empty()) {
    add_once(out, Term{cut(indexed), false});
  }
  if (!endings) return;
  constexpr std::array<Language, 4> kLatin{Language::german, Language::french, Language::spanish,
                                           Language::portuguese};
  for (const auto language : kLatin) {
    if (auto one = beginning_without_ending(language, form)) {
      add_once(out, Term{cut(*one), true});
    }
  }
  if (ascii) return;
  if (auto one = beginning_without_ending(Language::greek, form)) {
    add_once(out, Term{cut(*one), true});
  }
}

/// As `bare`, of words that one looks for: more must be left, and the conjunction alone stays.
std::string_view without_article(std::string_view word) {
  constexpr std::string_view kAnd = "\u0648";
  const auto out = bare(word);
  if (out.size() == word.size() || characters(out) < 3) return word;
  return word.starts_with(kAnd) && out.size() + kAnd.size() == word.size() ? word : out;
}

/// The forms of a word: itself, how German is typed without umlauts and the other way round, of
/// Arabic without its article, where it is so long that it is not chance (blue, poem).
std::vector<std::string> word_forms(const std::string& word, std::string_view original) {
  std::vector<std::string> out{word};
  if (characters(word) < kLongEnough) return out;
  if (is_ascii(word)) add_once(out, without_umlauts(word));
  if (!is_ascii(original)) {
    const Tokens spelled(with_spelled_umlauts(original));
    if (spelled.all().size() == 1 && spelled.all()[0].kind == Token::Kind::letters) {
      add_once(out, std::string(spelled.text_of(spelled.all()[0])));
    }
    add_once(out, std::string(without_article(word)));
  }
  return out;
}

/// Within a phrase (`ends` is false) a word is not a beginning, and the endings of other languages
/// are not taken off.
std::vector<Term> word_terms(const std::string& word, std::string_view original, bool ends) {
  std::vector<Term> out;
  const auto forms = word_forms(word, original);
  for (const auto& form : forms) {
    const bool begins = ends && (form == word || characters(form) >= kLongEnough);
    add_once(out, Term{cut(form), begins});
    add_stems(out, form, ends);
  }
  if (const auto without = bare(word); !ends && without.size() < word.size()) {
    add_once(out, Term{cut(without), false});
  }
  if (characters(word) < kLongEnough || word.size() > kLongestLexeme) return out;
  for (const auto& form : other_spellings(word)) {
    add_once(out, Term{cut(form), ends});
    add_stems(out, form, false);
  }
  return out;
}

/// A token that consists of letters and of digits behind them: how many letters; 0 if it does not.
std::size_t letters_before_number(std::string_view mixed) {
  std::size_t letters = 0;
  while (letters < mixed.size() && !is_digit(mixed[letters])) ++letters;
  const auto digits = mixed.substr(letters);
  const bool number = !digits.empty() &&
                      std::ranges::all_of(digits, [](char c) { return is_digit(c) || c == '.'; });
  return number ? letters : 0;
}

/// A code that is found without its dot (L4054: L40.54); empty if it is none.
std::string with_dot(std::string_view mixed) {
  constexpr std::size_t kCategory = 3;
  constexpr std::size_t kLongest = 8;
  if (mixed.size() <= kCategory || mixed.size() >= kLongest || !is_digit(mixed[1])) return {};
  const auto plain = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); };
  if (is_digit(mixed[0]) || !std::ranges::all_of(mixed, plain)) return {};
  // A code's point stands before a digit.
  if (!is_digit(mixed[kCategory])) return {};
  return std::string(mixed.substr(0, kCategory)) + "." + std::string(mixed.substr(kCategory));
}

std::vector<Sequence> mixed_sequences(std::string_view mixed) {
  std::vector<Sequence> out{single(mixed, true)};
  if (const auto letters = letters_before_number(mixed)) {
    out.push_back({Step{{Term{cut(mixed.substr(0, letters)), false}}, 1},
                   Step{{Term{cut(mixed.substr(letters)), false}}, 1}});
  }
  if (auto code = with_dot(mixed); !code.empty()) out.push_back(single(code, true));
  return out;
}

// ---- sequences

enum class Stops { gaps, words };

/// What is looked for in the place of the token `i`; `ends`: it is the last one.
std::vector<Term> token_terms(const Tokens& tokens, std::string_view original, std::size_t i,
                              bool ends) {
  const auto& token = tokens.all()[i];
  const auto text = tokens.text_of(token);
  if (token.kind == Token::Kind::letters) {
    return word_terms(std::string(text), original.substr(token.begin, token.end - token.begin),
                      ends);
  }
  const bool begins = ends && token.kind != Token::Kind::alone;
  if (token.kind == Token::Kind::number) return number_terms(text, begins);
  return {Term{cut(text), begins}};
}

bool is_stop(const Tokens& tokens, std::size_t i) {
  const auto& token = tokens.all()[i];
  return token.kind == Token::Kind::letters && says_nothing(tokens.text_of(token), token.ascii);
}

/// Whether the number at `i` may be one word with the letters before it (covid 19: COVID19).
bool joins(const Tokens& tokens, std::size_t i) {
  return i > 0 && tokens.all()[i].kind == Token::Kind::number &&
         tokens.all()[i - 1].kind == Token::Kind::letters;
}

/// Words that say nothing are gaps, since looking for "of" in a million documents takes longer than
/// looking for what stands around it; not where one denies ("no fever" is not fever) or where there
/// are no others.
Stops stops_of(const Tokens& tokens) {
  bool any = false;
  for (std::size_t i = 0; i < tokens.all().size(); ++i) {
    if (denies(tokens.text_of(tokens.all()[i]))) return Stops::words;
    any = any || !is_stop(tokens, i);
  }
  return any ? Stops::gaps : Stops::words;
}

/// With `joined`, each number is one word with the letters before it.
Sequence sequence_of(const Tokens& tokens, std::string_view original, Stops stops, bool joined) {
  Sequence out;
  std::size_t behind = 1;
  const auto size = tokens.all().size();
  for (std::size_t i = 0; i < size; ++i) {
    const bool both = joined && i + 1 < size && joins(tokens, i + 1);
    if (stops == Stops::gaps && is_stop(tokens, i) && !both) {
      if (!out.empty()) ++behind;
      continue;
    }
    Step step;
    step.behind = behind;
    behind = 1;
    if (both) {
      const std::string word = std::string(tokens.text_of(tokens.all()[i])) +
                               std::string(tokens.text_of(tokens.all()[i + 1]));
      ++i;
      step.terms = {Term{cut(word), i + 1 == size}};
    } else {
      step.terms = token_terms(tokens, original, i, i + 1 == size);
    }
    out.push_back(std::move(step));
  }
  return out;
}

/// Tokens in their order, a number also as one word with the letters before it.
std::vector<Sequence> sequences_of(const Tokens& tokens, std::string_view original, Stops stops) {
  std::vector<Sequence> out;
  if (tokens.all().empty()) return out;
  out.push_back(sequence_of(tokens, original, stops, false));
  for (std::size_t i = 0; i < tokens.all().size(); ++i) {
    if (!joins(tokens, i)) continue;
    out.push_back(sequence_of(tokens, original, stops, true));
    break;
  }
  std::erase_if(out, [](const Sequence& one) { return one.empty(); });
  return out;
}

/// 123 with the zeros that a record's number has.
std::string padded(std::string_view digits) {
  constexpr std::size_t kDigits = 6;
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  return std::string(kDigits - std::min(kDigits, digits.size()), '0') + std::string(digits);
}

/// A record's number whole or begun, without its zeros, without its MR.
std::vector<Sequence> record_numbers(std::string_view plain) {
  constexpr std::string_view kLetters = "mr-";
  constexpr std::size_t kYear = 4;
  constexpr std::size_t kLongest = 18;
  std::vector<Sequence> out;
  const bool letters = plain.starts_with(kLetters);
  if (letters) out.push_back(single("#" + std::string(plain), true));
  const auto rest = letters ? plain.substr(kLetters.size()) : plain;
  if (rest.size() < kYear + 2 || rest[kYear] != '-' || !all_digits(rest.substr(0, kYear))) {
    return out;
  }
  const auto digits = rest.substr(kYear + 1);
  if (!all_digits(digits) || digits.size() > kLongest) return out;
  const auto year = "#mr-" + std::string(rest.substr(0, kYear)) + "-";
  add_once(out, single(year + std::string(digits), true));
  add_once(out, single(year + padded(digits), false));
  return out;
}

std::vector<Sequence> word_sequences(const Tokens& tokens, std::string_view original) {
  const auto& all = tokens.all();
  if (all.empty()) return {};
  if (all.size() == 1) {
    if (all[0].kind == Token::Kind::mixed) return mixed_sequences(tokens.text_of(all[0]));
    return {{Step{token_terms(tokens, original, 0, true), 1}}};
  }
  auto out = sequences_of(tokens, original, Stops::words);
  for (const auto& joined : tokens.joined()) {
    if (joined.first != 0 || joined.last != all.size()) continue;
    out.push_back({Step{word_terms(joined.text, joined.text, true), 1}});
  }
  for (auto& number : record_numbers(tokens.folded())) out.push_back(std::move(number));
  return out;
}

// ---- the whole

/// Letters and a number behind them may be one word in the chart (COVID 19, IL 6); a number of
/// which nothing else is asked may be a record's, without its zeros.
std::vector<Part> parts_of(const Typed& typed) {
  constexpr std::size_t kLongestShort = 5;
  std::vector<Part> parts;
  std::string letters;  // the word before
  for (const auto& word : typed.words) {
    const Tokens tokens(word);
    auto any = word_sequences(tokens, word);
    const bool one = tokens.all().size() == 1;
    const auto kind = one ? tokens.all()[0].kind : Token::Kind::alone;
    const std::string text(one ? tokens.text_of(tokens.all()[0]) : "");
    const bool number = kind == Token::Kind::number;
    if (number && !letters.empty()) {
      auto& before = parts.back();
      before.and_any = std::move(any);
      before.also.push_back(single(letters + text, true));
    } else if (!any.empty()) {
      if (number && all_digits(text) && text.size() <= kLongestShort && typed.words.size() == 1 &&
          typed.phrases.empty()) {
        any.push_back(single(padded(text), false));
      }
      parts.push_back({std::move(any), {}, {}});
    }
    letters = kind == Token::Kind::letters ? text : "";
  }
  for (const auto& phrase : typed.phrases) {
    const Tokens tokens(phrase);
    auto any = sequences_of(tokens, phrase, stops_of(tokens));
    if (!any.empty()) parts.push_back({std::move(any), {}, {}});
  }
  return parts;
}

void write(const Step& step, std::string& out) {
  if (step.terms.size() > 1) out += '(';
  bool first = true;
  for (const auto& term : step.terms) {
    if (!first) out += '|';
    first = false;
    append_lexeme(term.lexeme, out);
    if (term.beginning) out += ":*";
  }
  if (step.terms.size() > 1) out += ')';
}

void write(const std::vector<Sequence>& any, std::string& out) {
  bool first = true;
  for (const auto& sequence : any) {
    if (!first) out += " | ";
    first = false;
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      if (i > 0) out += " <" + std::to_string(sequence[i].behind) + "> ";
      write(sequence[i], out);
    }
  }
}

void write(const Part& part, std::string& out) {
  out += '(';
  if (part.and_any.empty()) {
    write(part.any, out);
  } else {
    out += "((";
    write(part.any, out);
    out += ") & (";
    write(part.and_any, out);
    out += ")) | ";
    write(part.also, out);
  }
  out += ')';
}

}  // namespace

Query query(const Typed& typed) {
  Query out;
  for (const auto& part : parts_of(typed)) {
    if (!out.tsquery.empty()) out.tsquery += " & ";
    write(part, out.tsquery);
    for (const auto* any : {&part.any, &part.and_any, &part.also}) {
      for (const auto& sequence : *any) add_once(out.sequences, sequence);
    }
  }
  return out;
}

}  // namespace wardbook::text
