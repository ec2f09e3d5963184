#include "features/patients/patients_query.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace wardbook::patients {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(' ');
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(' ') - from + 1);
}

int number_of(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::optional<Date> day_of(int year, int month, int day) {
  const Date date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                  std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1000) return std::nullopt;
  return date;
}

/// The three numbers between two equal separators.
std::optional<std::array<std::string_view, 3>> three_parts(std::string_view text) {
  const auto first = text.find_first_of(".-/");
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = text.find(text[first], first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  std::array<std::string_view, 3> out{
      text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
  const bool fits = std::ranges::all_of(
      out, [](auto part) { return all_digits(part) && (part.size() <= 2 || part.size() == 4); });
  return fits ? std::optional(out) : std::nullopt;
}

/// Whether it can be a patient's number, or the beginning of one.
bool may_be_number(std::string_view q) {
  const bool letters = std::ranges::any_of(q, is_letter);
  if (std::ranges::any_of(q, is_digit)) return true;
  if (letters && q.back() == '-') return true;
  return q.size() >= 2 && q.front() != '-' &&
         std::ranges::all_of(q, [](char c) { return is_letter(c) || c == '-'; });
}

}  // namespace

std::optional<Date> parse_birth_date(std::string_view text) {
  if (text.size() == 8 && all_digits(text)) {
    return day_of(number_of(text.substr(0, 4)), number_of(text.substr(4, 2)),
                  number_of(text.substr(6)));
  }
  const auto parts = three_parts(text);
  if (!parts) return std::nullopt;
  const auto& [a, b, c] = *parts;
  if (a.size() == 4 && b.size() <= 2 && c.size() <= 2) {
    return day_of(number_of(a), number_of(b), number_of(c));
  }
  if (a.size() > 2 || b.size() > 2 || c.size() != 4) return std::nullopt;
  if (auto date = day_of(number_of(c), number_of(b), number_of(a))) return date;
  return day_of(number_of(c), number_of(a), number_of(b));
}

bool Search::only_number() const {
  return number && number->find(' ') == std::string::npos &&
         (name.empty() || std::ranges::any_of(*number, is_digit));
}

Search parse_search(std::string_view q) {
  Search out;
  q = trimmed(q);
  const auto add = [](std::string& words, std::string_view word) {
    if (!words.empty()) words += ' ';
    words += word;
  };
  for (std::size_t at = 0; at < q.size();) {
    const auto end = std::min(q.find(' ', at), q.size());
    const auto word = q.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    if (!out.birth && (out.birth = parse_birth_date(word))) continue;
    add(out.name, word);
    if (!out.beside && std::ranges::any_of(word, is_digit)) {
      out.beside = std::string(word);
    } else {
      add(out.other, word);
    }
  }
  // Alone it is the number; behind a letter or two (`p 6`) it is the rest of one.
  const bool letters = std::ranges::all_of(out.other, is_letter) && out.other.size() <= 2;
  if (!out.beside || (letters && !(out.birth && out.other.empty()))) {
    out.beside.reset();
    out.other.clear();
  }
  if (q.empty()) return out;
  if (!out.birth || all_digits(q)) {
    if (may_be_number(q)) out.number = std::string(q);
  }
  // `P-` is the beginning of a number and of nothing else.
  if (out.number && q.back() == '-' && q.find(' ') == std::string_view::npos) out.name.clear();
  return out;
}

}  // namespace wardbook::patients
