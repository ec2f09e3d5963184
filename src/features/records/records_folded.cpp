#include "features/records/records_folded.h"

#include <algorithm>
#include <array>
#include <utility>

namespace wardbook::records {
namespace {

/// Whether the character is a word of its own, as in Chinese and Japanese, which are written
/// without blanks: what the database's function `apart` takes apart. Bytes of UTF-8 have the order
/// of the characters.
bool stands_alone(std::string_view c) {
  using Range = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<Range, 9> kRanges{{{"\u3005", "\u3007"},
                                                 {"\u3041", "\u3096"},
                                                 {"\u309D", "\u309F"},
                                                 {"\u30A1", "\u30FA"},
                                                 {"\u30FC", "\u30FF"},
                                                 {"\u3400", "\u4DBF"},
                                                 {"\u4E00", "\u9FFF"},
                                                 {"\uF900", "\uFAFF"},
                                                 {"\U00020000", "\U0003FFFF"}}};
  return std::ranges::any_of(
      kRanges, [c](const Range& range) { return c >= range.first && c <= range.second; });
}

}  // namespace

std::size_t character_length(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return std::min(length, text.size() - at);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

/// ASCII letters and digits, and what is left of other scripts but General Punctuation to Dingbats
/// (E2 80 .. E2 9F), what is below U+00C0 (C2), and what stands between Arabic words.
bool in_word(std::string_view c) {
  const auto first = static_cast<unsigned char>(c[0]);
  const auto second = static_cast<unsigned char>(c.size() > 1 ? c[1] : 0);
  if (first >= 0x80) {
    constexpr std::array<std::string_view, 4> kArabicMarks{"\u060C", "\u061B", "\u061F", "\u06D4"};
    if (std::ranges::find(kArabicMarks, c) != kArabicMarks.end()) return false;
    return first != 0xC2 && (first != 0xE2 || second >= 0xA0) && (first != 0xF0 || second != 0x9F);
  }
  return (c[0] >= 'a' && c[0] <= 'z') || is_digit(c[0]);
}

bool ends_in_unspaced_script(std::string_view text) {
  constexpr std::size_t kLength = 3;
  if (text.size() < kLength) return false;
  const auto last = text.substr(text.size() - kLength);
  return (last >= "\u0E00" && last <= "\u0EFF") || (last >= "\u1000" && last <= "\u109F") ||
         (last >= "\u1780" && last <= "\u17FF");
}

void collect_characters(std::string_view text, Folds& folds) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = character_length(text, at);
    if (length > 1) folds.try_emplace(std::string(text.substr(at, length)));
    at += length;
  }
}

Folded::Folded(std::string_view original, const Folds& folds) {
  text.reserve(original.size());
  origin.reserve(original.size() + 1);
  for (std::size_t at = 0; at < original.size();) {
    const auto length = character_length(original, at);
    add(original.substr(at, length), at, folds);
    at += length;
  }
  origin.push_back(original.size());
  put_points();
  find_words();
  join_compounds();
}

void Folded::add(std::string_view c, std::size_t at, const Folds& folds) {
  if (c.size() == 1) {
    text += c[0] >= 'A' && c[0] <= 'Z' ? static_cast<char>(c[0] - 'A' + 'a') : c[0];
    origin.push_back(at);
    return;
  }
  if (c == "\u200B" && ends_in_unspaced_script(text)) {
    text += ' ';
  } else if (const auto found = folds.find(c); found != folds.end()) {
    text += found->second;
  } else {
    text += c;
  }
  origin.resize(text.size(), at);
}

bool Folded::digit_at(std::size_t at) const {
  return at < text.size() && is_digit(text[at]);
}

std::size_t Folded::digits_end(std::size_t at) const {
  while (digit_at(at)) ++at;
  return at;
}

/// As the database's function `numbers_apart`: a comma within a number is a point.
void Folded::put_points() {
  std::string_view before = " ";
  for (std::size_t at = 0; at < text.size();) {
    const bool in_number = before == "." || before == ",";
    if (digit_at(at) && !in_number && (stands_alone(before) || !in_word(before))) {
      at = put_point(at);
      before = std::string_view(text).substr(at - 1, 1);
      continue;
    }
    const auto length = character_length(text, at);
    before = std::string_view(text).substr(at, length);
    at += length;
  }
}

/// In the number that begins at `at`; answers where its first digits end.
std::size_t Folded::put_point(std::size_t at) {
  constexpr std::size_t kGroup = 3;
  const auto comma_before = [this](std::size_t digit) {
    return text[digit - 1] == ',' && digit_at(digit);
  };
  const auto first = digits_end(at);
  if (first == text.size() || !comma_before(first + 1)) return first;
  const auto second = digits_end(first + 1);
  if (second == text.size() || !comma_before(second + 1)) {
    text[first] = '.';
    return first;
  }
  const auto third = digits_end(second + 1);
  const bool groups = first - at <= kGroup && second - first == kGroup + 1 &&
                      third - second == kGroup + 1 &&
                      (third == text.size() || !comma_before(third + 1));
  if (groups) text[first] = text[second] = '.';
  return first;
}

/// A number is a word with its points, and what follows it is another one (5mg).
void Folded::find_words() {
  bool apart = true;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = character_length(text, at);
    const auto c = std::string_view(text).substr(at, length);
    const bool goes_on = !words.empty() && words.back().to == at;
    const bool after_point = at > 0 && text[at - 1] == '.';
    if (c == "." && goes_on && digit_at(at - 1) && digit_at(at + 1)) {
      words.back().to = at + 1;
    } else if (is_digit(c[0]) && (apart || !goes_on) && !after_point) {
      words.push_back({at, number_end(at)});
      at = words.back().to;
      apart = true;
      continue;
    } else if (in_word(c)) {
      const bool alone = stands_alone(c);
      if (alone || apart || !goes_on) words.push_back({at, at});
      words.back().to = at + length;
      apart = alone;
    }
    at += length;
  }
}

std::size_t Folded::number_end(std::size_t at) const {
  auto end = digits_end(at);
  while (end < text.size() && text[end] == '.' && digit_at(end + 1)) end = digits_end(end + 1);
  return end;
}

/// Of letters alone.
void Folded::join_compounds() {
  const auto goes_on = [this](std::size_t w) {
    return w + 1 < words.size() && text[words[w].to] == '-' &&
           words[w + 1].from == words[w].to + 1 &&
           std::ranges::none_of(text_of(words[w]), is_digit) &&
           std::ranges::none_of(text_of(words[w + 1]), is_digit);
  };
  for (std::size_t w = 0; w < words.size(); ++w) {
    if (!goes_on(w)) continue;
    Joined one{words[w], std::string(text_of(words[w])), words[w].to - words[w].from};
    while (goes_on(w)) {
      one.text += text_of(words[++w]);
      one.place.to = words[w].to;
    }
    joined.push_back(std::move(one));
  }
}

}  // namespace wardbook::records
