#include "text/tokens.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

#include "text/unspaced.h"

namespace wardbook::text {
namespace {

enum class Class { separator, letter, digit, alone, unspaced };

/// Whether the character is a word of its own: ideographs and their marks of repetition, kana.
bool stands_alone(char32_t point) {
  return (point >= 0x3005 && point <= 0x3007) || (point >= 0x3041 && point <= 0x3096) ||
         (point >= 0x309D && point <= 0x309F) || (point >= 0x30A1 && point <= 0x30FA) ||
         (point >= 0x30FC && point <= 0x30FF) || (point >= 0x3400 && point <= 0x4DBF) ||
         (point >= 0x4E00 && point <= 0x9FFF) || (point >= 0xF900 && point <= 0xFAFF) ||
         (point >= 0x20000 && point <= 0x3FFFF);
}

Class class_of(char32_t point) {
  if (point < 0x80) {
    if (point >= '0' && point <= '9') return Class::digit;
    return point >= 'a' && point <= 'z' ? Class::letter : Class::separator;
  }
  if (stands_alone(point)) return Class::alone;
  constexpr std::uint32_t kOfWords = U_GC_L_MASK | U_GC_M_MASK | U_GC_NL_MASK;
  if ((U_GET_GC_MASK(static_cast<UChar32>(point)) & kOfWords) == 0) return Class::separator;
  return is_unspaced(point) ? Class::unspaced : Class::letter;
}

struct Character {
  Class what = Class::separator;
  std::size_t end = 0;
  bool ascii = true;
};

Character character_at(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {class_of(first), at + 1, true};
  auto i = static_cast<std::int32_t>(at);
  UChar32 point = 0;
  U8_NEXT_OR_FFFD(text.data(), i, static_cast<std::int32_t>(text.size()), point);
  return {class_of(static_cast<char32_t>(point)), static_cast<std::size_t>(i), false};
}

}  // namespace

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string_view beginning(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

Tokens::Tokens(std::string_view original) : folded_(original) {
  tokens_.reserve(original.size() / 6 + 1);
  put_points();
  find_tokens();
  join_compounds();
}

bool Tokens::digit_at(std::size_t at) const {
  const auto& text = folded_.text();
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

std::size_t Tokens::digits_end(std::size_t at) const {
  while (digit_at(at)) ++at;
  return at;
}

void Tokens::put_points() {
  const std::string_view text = folded_.text();
  for (auto comma = text.find(','); comma != std::string_view::npos;) {
    auto from = comma;
    while (from > 0 && digit_at(from - 1)) --from;
    // What follows letters or points is no number of its own.
    auto before = from;
    while (before > 0 && (static_cast<unsigned char>(text[--before]) & 0xC0) == 0x80) {
    }
    bool begins = from < comma;
    if (begins && from > 0) {
      const auto what = character_at(text, before).what;
      begins = text[before] != '.' && text[before] != ',' &&
               (what == Class::separator || what == Class::alone);
    }
    const auto next = begins ? put_points_in(from) : 0;
    comma = text.find(',', std::max(next, comma + 1));
  }
}

/// In the number that begins at `at`, one comma and those between groups of three (38,5; 1,000,000;
/// not 1,2,3). Answers where its digits and commas end.
std::size_t Tokens::put_points_in(std::size_t at) {
  constexpr std::size_t kGroup = 3;
  std::vector<std::size_t> commas;
  auto end = digits_end(at);
  bool groups = end - at <= kGroup;
  while (end < folded_.text().size() && folded_.text()[end] == ',' && digit_at(end + 1)) {
    commas.push_back(end);
    end = digits_end(end + 1);
    groups = groups && end - commas.back() == kGroup + 1;
  }
  if (commas.size() == 1 || groups) {
    for (const auto comma : commas) folded_.at(comma) = '.';
  }
  return end;
}

void Tokens::add(Token::Kind kind, std::size_t from, std::size_t to, bool ascii) {
  Token token;
  token.kind = kind;
  token.ascii = ascii;
  token.from = from;
  token.to = to;
  token.begin = folded_.begin_of(from);
  token.end = folded_.end_of(to - 1);
  if (!tokens_.empty()) {
    const auto& before = tokens_.back();
    token.glued = before.to == from;
    token.hyphened = before.to + 1 == from && folded_.text()[before.to] == '-';
  }
  tokens_.push_back(token);
}

/// `from` is a digit, or the point before one.
std::size_t Tokens::add_number(std::size_t from) {
  const auto& text = folded_.text();
  auto to = digits_end(text[from] == '.' ? from + 1 : from);
  while (to < text.size() && text[to] == '.' && digit_at(to + 1)) to = digits_end(to + 1);
  add(Token::Kind::number, from, to, true);
  return to;
}

std::size_t Tokens::add_word(std::size_t from) {
  const std::string_view text = folded_.text();
  bool ascii = true;
  bool digits = false;
  auto to = from;
  while (to < text.size()) {
    // A code's point.
    if (text[to] == '.' && digits && digit_at(to + 1)) {
      ++to;
      continue;
    }
    const auto next = character_at(text, to);
    if (next.what != Class::letter && next.what != Class::digit) break;
    ascii = ascii && next.ascii;
    digits = digits || next.what == Class::digit;
    to = next.end;
  }
  add(digits ? Token::Kind::mixed : Token::Kind::letters, from, to, ascii);
  return to;
}

std::size_t Tokens::add_unspaced(std::size_t from) {
  const std::string_view text = folded_.text();
  auto to = from;
  while (to < text.size()) {
    const auto next = character_at(text, to);
    if (next.what != Class::unspaced) break;
    to = next.end;
  }
  auto begin = from;
  for (const auto end : word_ends(text.substr(from, to - from))) {
    if (from + end > begin) add(Token::Kind::unspaced, begin, from + end, false);
    begin = from + end;
  }
  return to;
}

void Tokens::find_tokens() {
  const std::string_view text = folded_.text();
  bool apart = true;  // neither a letter, a digit nor a point is before
  for (std::size_t at = 0; at < text.size();) {
    const auto next = character_at(text, at);
    if (text[at] == '.' && apart && digit_at(at + 1)) {
      at = add_number(at);
    } else if (next.what == Class::digit) {
      at = add_number(at);
    } else if (next.what == Class::letter) {
      at = add_word(at);
    } else if (next.what == Class::unspaced) {
      at = add_unspaced(at);
    } else {
      if (next.what == Class::alone) add(Token::Kind::alone, at, next.end, false);
      apart = text[at] != '.';
      at = next.end;
      continue;
    }
    apart = false;
  }
}

/// Of words alone: COVID-19 is none, and 59-year-old has none either.
void Tokens::join_compounds() {
  const auto letters = [this](std::size_t i) { return tokens_[i].kind == Token::Kind::letters; };
  for (std::size_t i = 0; i + 1 < tokens_.size(); ++i) {
    const auto& first = tokens_[i];
    if (!letters(i) || first.glued || first.hyphened) continue;
    auto last = i;
    while (last + 1 < tokens_.size() && tokens_[last + 1].hyphened && letters(last + 1)) ++last;
    if (last == i) continue;
    Joined one{i, last + 1, {}};
    for (auto part = i; part <= last; ++part) one.text += text_of(tokens_[part]);
    joined_.push_back(std::move(one));
    i = last;
  }
}

}  // namespace wardbook::text
