#include "features/medications/durations.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "text/key.h"

namespace wardbook::medications {
namespace {

enum class Unit { hours, days, weeks, months, years };

constexpr std::array<std::pair<std::string_view, Unit>, 64> kUnits{{
    {"h", Unit::hours},       {"hr", Unit::hours},       {"hrs", Unit::hours},
    {"hour", Unit::hours},    {"hours", Unit::hours},    {"hora", Unit::hours},
    {"horas", Unit::hours},   {"stunde", Unit::hours},   {"stunden", Unit::hours},
    {"heure", Unit::hours},   {"heures", Unit::hours},   {"d", Unit::days},
    {"day", Unit::days},      {"days", Unit::days},      {"dia", Unit::days},
    {"dias", Unit::days},     {"tag", Unit::days},       {"tage", Unit::days},
    {"tagen", Unit::days},    {"jour", Unit::days},      {"jours", Unit::days},
    {"j", Unit::days},        {"giorni", Unit::days},    {"giorno", Unit::days},
    {"日", Unit::days},       {"日間", Unit::days},      {"日分", Unit::days},
    {"天", Unit::days},       {"w", Unit::weeks},        {"wk", Unit::weeks},
    {"wks", Unit::weeks},     {"week", Unit::weeks},     {"weeks", Unit::weeks},
    {"semana", Unit::weeks},  {"semanas", Unit::weeks},  {"woche", Unit::weeks},
    {"wochen", Unit::weeks},  {"semaine", Unit::weeks},  {"semaines", Unit::weeks},
    {"週", Unit::weeks},      {"週間", Unit::weeks},     {"周", Unit::weeks},
    {"mo", Unit::months},     {"mos", Unit::months},     {"mth", Unit::months},
    {"mths", Unit::months},   {"month", Unit::months},   {"months", Unit::months},
    {"mes", Unit::months},    {"meses", Unit::months},   {"monat", Unit::months},
    {"monate", Unit::months}, {"monaten", Unit::months}, {"mois", Unit::months},
    {"个月", Unit::months},   {"y", Unit::years},        {"yr", Unit::years},
    {"yrs", Unit::years},     {"year", Unit::years},     {"years", Unit::years},
    {"ano", Unit::years},     {"anos", Unit::years},     {"jahr", Unit::years},
    {"jahre", Unit::years},
}};

constexpr std::array<std::pair<std::string_view, int>, 47> kNumbers{{
    {"a", 1},       {"an", 1},        {"one", 1},     {"two", 2},     {"three", 3}, {"four", 4},
    {"five", 5},    {"six", 6},       {"seven", 7},   {"eight", 8},   {"nine", 9},  {"ten", 10},
    {"twelve", 12}, {"fourteen", 14}, {"twenty", 20}, {"thirty", 30}, {"un", 1},    {"una", 1},
    {"uma", 1},     {"um", 1},        {"dos", 2},     {"dois", 2},    {"duas", 2},  {"tres", 3},
    {"cuatro", 4},  {"quatro", 4},    {"cinco", 5},   {"seis", 6},    {"siete", 7}, {"sete", 7},
    {"ocho", 8},    {"oito", 8},      {"diez", 10},   {"dez", 10},    {"ein", 1},   {"eine", 1},
    {"zwei", 2},    {"drei", 3},      {"vier", 4},    {"funf", 5},    {"sechs", 6}, {"sieben", 7},
    {"zehn", 10},   {"deux", 2},      {"trois", 3},   {"cinq", 5},    {"sept", 7},
}};

constexpr std::array<std::string_view, 17> kOnce{
    "stat",     "once",        "one dose",    "single dose", "1 dose",     "once only",
    "one off",  "single",      "dosis unica", "dose unica",  "una vez",    "uma vez",
    "einmalig", "dose unique", "1 time",      "one time",    "immediately"};
constexpr std::array<std::string_view, 18> kForGood{
    "long term",   "lifelong",     "life long",  "ongoing",  "indefinitely",  "indefinite",
    "continuous",  "continuously", "permanent",  "for life", "chronic",       "dauerhaft",
    "largo plazo", "uso continuo", "indefinido", "a vie",    "au long cours", "continuo"};
/// Words that add nothing.
constexpr std::array<std::string_view, 27> kAround{
    "for", "x",         "during",      "por",        "durante",    "fur",  "pendant",
    "per", "course",    "total",       "then",       "stop",       "de",   "supply",
    "in",  "treatment", "tratamiento", "tratamento", "traitement", "lang", "therapy",
    "of",  "only",      "full",        "the",        "next",       "para"};

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

/// Numbers, letters in runs, and slashes.
std::vector<std::string> tokens_of(const std::string& text) {
  std::vector<std::string> out;
  const auto kind = [](char c) {
    if (is_digit(c)) return 1;
    if (is_lower(c) || static_cast<unsigned char>(c) >= 0x80) return 2;
    return c == '/' ? 3 : 0;
  };
  for (std::size_t at = 0; at < text.size();) {
    const int of = kind(text[at]);
    std::size_t end = at + 1;
    while (end < text.size() && kind(text[end]) == of) ++end;
    if (of != 0) out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::optional<int> number_of(const std::string& token) {
  if (is_digit(token.front())) return parse_number<int>(token);
  for (const auto& [word, value] : kNumbers) {
    if (word == token) return value;
  }
  return std::nullopt;
}

std::optional<Unit> unit_of(std::string_view token) {
  for (const auto& [word, unit] : kUnits) {
    if (word == token) return unit;
  }
  return std::nullopt;
}

std::optional<Date> later(Date start, int amount, Unit unit) {
  constexpr int kMost = 5'000;
  constexpr int kHours = 24;
  constexpr int kWeek = 7;
  if (amount < 1 || amount > kMost) return std::nullopt;
  const auto plus = [start](int days) {
    return Date(std::chrono::sys_days(start) + std::chrono::days(days));
  };
  switch (unit) {
    case Unit::hours:
      return plus((amount + kHours - 1) / kHours);
    case Unit::days:
      return plus(amount);
    case Unit::weeks:
      return plus(amount * kWeek);
    case Unit::months:
    case Unit::years:
      break;
  }
  Date moved = start + (unit == Unit::months ? std::chrono::months(amount)
                                             : std::chrono::months(12 * amount));
  if (!moved.ok()) moved = Date(moved.year() / moved.month() / std::chrono::last);
  return moved;
}

End ends(std::optional<Date> day) {
  return day ? End{true, day} : End{};
}

}  // namespace

End end_of(std::string_view duration, Date start) {
  std::string text = text::plain_key(duration);
  std::ranges::replace(text, '-', ' ');
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  if (is_one_of(text, kOnce)) return {true, start};
  if (is_one_of(text, kForGood)) return {true, std::nullopt};
  std::vector<std::string> tokens = tokens_of(text);
  std::erase_if(tokens, [](const auto& token) { return is_one_of(token, kAround); });
  if (tokens.size() == 1 && tokens[0] == "fortnight") return ends(later(start, 2, Unit::weeks));
  if (tokens.size() == 3 && tokens[1] == "/" && is_digit(tokens[0].front())) {
    const auto amount = number_of(tokens[0]);
    if (!amount) return {};
    if (tokens[2] == "7") return ends(later(start, *amount, Unit::days));
    if (tokens[2] == "52") return ends(later(start, *amount, Unit::weeks));
    if (tokens[2] == "12") return ends(later(start, *amount, Unit::months));
    return {};
  }
  if (tokens.size() != 2) return {};
  const auto amount = number_of(tokens[0]);
  const auto unit = unit_of(tokens[1]);
  if (!amount || !unit) return {};
  return ends(later(start, *amount, *unit));
}

}  // namespace wardbook::medications
