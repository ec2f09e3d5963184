#include "features/patients/patients_query.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace wardbook::patients {
namespace {

int number_of(std::string_view digits) {
  return parse_number<int>(digits).value_or(0);
}

/// Nobody was born before, and nobody will read this after.
std::optional<Date> day_of(int year, int month, int day) {
  constexpr int kFirst = 1850;
  constexpr int kLast = 2199;
  const Date date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                  std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < kFirst || year > kLast) return std::nullopt;
  return date;
}

/// 1 to 12 for an English name of a month, or its first three letters; else 0.
int month_of(std::string_view word) {
  constexpr std::array<std::string_view, 13> kMonths{
      "january", "february",  "march",   "april",    "may",      "june", "july",
      "august",  "september", "october", "november", "december", "sept"};
  const auto same = [](char a, char b) { return lower_case(a) == b; };
  const auto is_it = [&](std::string_view month) {
    return std::ranges::equal(word, month, same) ||
           std::ranges::equal(word, month.substr(0, 3), same);
  };
  const auto found = std::ranges::find_if(kMonths, is_it);
  if (found == kMonths.end()) return 0;
  return found == kMonths.end() - 1 ? 9 : static_cast<int>(found - kMonths.begin()) + 1;
}

struct Parts {
  std::array<std::string_view, 3> words;
  char separator = 0;  ///< 0 where they differ and a blank is among them
};

/// Three words of letters and digits between two separators: the same sign, with or without blanks
/// behind it, or blanks and commas.
std::optional<Parts> three_parts(std::string_view text) {
  Parts out;
  std::array<std::string_view, 2> between;
  for (std::size_t i = 0; i < out.words.size(); ++i) {
    const auto end = std::min(text.find_first_of(" ,.-/"), text.size());
    out.words.at(i) = text.substr(0, end);
    text.remove_prefix(end);
    const auto next = std::min(text.find_first_not_of(" ,.-/"), text.size());
    if (out.words.at(i).empty() || (i < 2) == (next == text.size())) return std::nullopt;
    if (i < 2) between.at(i) = text.substr(0, next);
    if (i == 2 && text.find_first_not_of(" ,.") != std::string_view::npos) return std::nullopt;
    text.remove_prefix(next);
  }
  const bool blank = between[0].ends_with(' ') || between[1].ends_with(' ');
  for (auto& sign : between) {
    if (sign.size() > 1 && sign.ends_with(' ')) sign.remove_suffix(1);
    if (sign.size() > 1) return std::nullopt;
  }
  if (between[0] == between[1]) {
    out.separator = between[0].front();
  } else if (!blank) {
    return std::nullopt;
  }
  return out;
}

/// `4`, `04`, `4th`; 0 for anything else.
int day_number(std::string_view word) {
  for (const std::string_view ending : {"st", "nd", "rd", "th"}) {
    if (word.ends_with(ending)) word.remove_suffix(ending.size());
  }
  return word.size() <= 2 && all_digits(word) ? number_of(word) : 0;
}

std::vector<Date> only(std::optional<Date> date) {
  return date ? std::vector<Date>{*date} : std::vector<Date>{};
}

/// The year is known, the day is before the month or the other way round.
std::vector<Date> days_of(int year, int first, int second, bool both) {
  std::vector<Date> out = only(day_of(year, second, first));
  if (!out.empty() && (!both || first == second)) return out;
  if (const auto other = day_of(year, first, second)) out.push_back(*other);
  return out;
}

/// Whether it can be a patient's number, or the beginning of one.
bool may_be_number(std::string_view q) {
  const bool letters = std::ranges::any_of(q, is_letter);
  if (std::ranges::any_of(q, is_digit)) return true;
  if (letters && q.back() == '-') return true;
  return q.size() >= 2 && q.front() != '-' &&
         std::ranges::all_of(q, [](char c) { return is_letter(c) || c == '-'; });
}

/// Reads the date that the words at the front are, the most of them, at most three; its length, or
/// 0.
std::size_t birth_date_at(std::string_view q, std::vector<Date>& dates) {
  std::size_t length = 0;
  std::size_t end = 0;
  for (int words = 1; words <= 3 && end < q.size(); ++words) {
    end = std::min(q.find(' ', end == 0 ? 0 : end + 1), q.size());
    if (auto found = parse_birth_date(q.substr(0, end)); !found.empty()) {
      dates = std::move(found);
      length = end;
    }
  }
  return length;
}

}  // namespace

std::vector<Date> parse_birth_date(std::string_view text) {
  if (text.size() == 8 && all_digits(text)) {
    const int front = number_of(text.substr(0, 2));
    const int middle = number_of(text.substr(2, 2));
    const auto date = day_of(number_of(text.substr(0, 4)), number_of(text.substr(4, 2)),
                             number_of(text.substr(6)));
    return date ? only(date) : days_of(number_of(text.substr(4)), front, middle, false);
  }
  const auto parts = three_parts(text);
  if (!parts) return {};
  const auto& [a, b, c] = parts->words;
  const auto is_year = [](std::string_view word) { return word.size() == 4 && all_digits(word); };
  if (is_year(a)) {
    const int month = month_of(b) != 0 ? month_of(b) : day_number(b);
    return only(day_of(number_of(a), month, day_number(c)));
  }
  if (!is_year(c)) return {};
  const int year = number_of(c);
  if (const int month = month_of(b)) return only(day_of(year, month, day_number(a)));
  if (const int month = month_of(a)) return only(day_of(year, month, day_number(b)));
  return days_of(year, day_number(a), day_number(b), parts->separator == '/');
}

bool Search::only_number() const {
  return number && number->find(' ') == std::string::npos &&
         (name.empty() || std::ranges::any_of(*number, is_digit));
}

Search parse_search(std::string_view q) {
  Search out;
  q = trimmed(q, " ");
  const auto add = [](std::string& words, std::string_view word) {
    if (!words.empty()) words += ' ';
    words += word;
  };
  for (std::size_t at = 0; at < q.size();) {
    if (out.births.empty()) {
      if (const auto length = birth_date_at(q.substr(at), out.births)) {
        at += length;
        continue;
      }
    }
    const auto end = std::min(q.find(' ', at), q.size());
    const auto word = q.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    add(out.name, word);
    if (!out.beside && std::ranges::any_of(word, is_digit)) {
      out.beside = std::string(word);
    } else {
      add(out.other, word);
    }
  }
  // Alone it is the number; behind a letter or two (`p 6`) it is the rest of one.
  const bool letters = std::ranges::all_of(out.other, is_letter) && out.other.size() <= 2;
  if (!out.beside || (letters && !(!out.births.empty() && out.other.empty()))) {
    out.beside.reset();
    out.other.clear();
  }
  if (q.empty()) return out;
  const bool digits = std::ranges::all_of(q, [](char c) { return is_digit(c) || c == ' '; });
  if (out.births.empty() || digits) {
    if (may_be_number(q)) out.number = std::string(q);
  }
  // `P-` is the beginning of a number and of nothing else.
  if (out.number && q.back() == '-' && q.find(' ') == std::string_view::npos) out.name.clear();
  return out;
}

}  // namespace wardbook::patients
