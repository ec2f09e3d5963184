#include "base/clock.h"

#include <array>
#include <cstdio>

#include "base/text.h"

namespace wardbook {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::sys_days;

/// Reads exactly `width` digits at `at`, advancing it; nullopt if there is another character.
std::optional<int> digits(std::string_view text, std::size_t& at, std::size_t width) {
  if (at + width > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const char c = text[at + i];
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  at += width;
  return value;
}

bool literal(std::string_view text, std::size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

std::optional<Date> read_date(std::string_view text, std::size_t& at) {
  const auto y = digits(text, at, 4);
  if (!y || !literal(text, at, '-')) return std::nullopt;
  const auto m = digits(text, at, 2);
  if (!m || !literal(text, at, '-')) return std::nullopt;
  const auto d = digits(text, at, 2);
  if (!d || *y == 0) return std::nullopt;
  const Date date{std::chrono::year(*y), std::chrono::month(static_cast<unsigned>(*m)),
                  std::chrono::day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  return date;
}

std::optional<microseconds> read_fraction(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '.') return microseconds(0);
  ++at;
  std::int64_t micros = 0;
  std::size_t count = 0;
  for (; at < text.size() && is_digit(text[at]); ++at, ++count) {
    if (count < 6) micros = micros * 10 + (text[at] - '0');
  }
  if (count == 0 || count > 9) return std::nullopt;
  for (; count < 6; ++count) micros *= 10;
  return microseconds(micros);
}

std::optional<std::chrono::minutes> read_offset(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return std::nullopt;
  const char sign = text[at++];
  if (sign == 'Z' || sign == 'z') return std::chrono::minutes(0);
  if (sign != '+' && sign != '-') return std::nullopt;
  const auto h = digits(text, at, 2);
  if (!h || !literal(text, at, ':')) return std::nullopt;
  const auto m = digits(text, at, 2);
  if (!m || *h > 23 || *m > 59) return std::nullopt;
  const auto offset = std::chrono::minutes(*h * 60 + *m);
  return sign == '+' ? offset : -offset;
}

}  // namespace

std::string format_rfc3339(Time time) {
  const auto day = std::chrono::floor<days>(time);
  const Date date{day};
  const std::chrono::hh_mm_ss hms{time - day};
  std::array<char, 48> buffer{};
  int n = std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                        static_cast<unsigned>(date.day()), static_cast<int>(hms.hours().count()),
                        static_cast<int>(hms.minutes().count()),
                        static_cast<int>(hms.seconds().count()));
  std::string out(buffer.data(), static_cast<std::size_t>(n));
  if (const auto micros = hms.subseconds().count(); micros != 0) {
    n = std::snprintf(buffer.data(), buffer.size(), ".%06d", static_cast<int>(micros));
    std::string_view fraction(buffer.data(), static_cast<std::size_t>(n));
    fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
    out += fraction;
  }
  out += 'Z';
  return out;
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  std::size_t at = 0;
  const auto date = read_date(text, at);
  if (!date || at >= text.size() || (text[at] != 'T' && text[at] != 't')) return std::nullopt;
  ++at;
  const auto h = digits(text, at, 2);
  if (!h || !literal(text, at, ':')) return std::nullopt;
  const auto m = digits(text, at, 2);
  if (!m || !literal(text, at, ':')) return std::nullopt;
  const auto s = digits(text, at, 2);
  if (!s || *h > 23 || *m > 59 || *s > 59) return std::nullopt;
  const auto fraction = read_fraction(text, at);
  if (!fraction) return std::nullopt;
  const auto offset = read_offset(text, at);
  if (!offset || at != text.size()) return std::nullopt;
  const Time time = Time(sys_days(*date)) + std::chrono::hours(*h) + std::chrono::minutes(*m) +
                    std::chrono::seconds(*s) + *fraction - *offset;
  // The offset may carry it out of the years that can be written down.
  const Date day{std::chrono::floor<std::chrono::days>(time)};
  if (day.year() < std::chrono::year(1) || day.year() > std::chrono::year(9999)) {
    return std::nullopt;
  }
  return time;
}

std::string format_date(Date date) {
  std::array<char, 24> buffer{};
  const int n =
      std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return {buffer.data(), static_cast<std::size_t>(n)};
}

std::optional<Date> parse_date(std::string_view text) {
  std::size_t at = 0;
  const auto date = read_date(text, at);
  if (!date || at != text.size()) return std::nullopt;
  return date;
}

std::string pg_time_to_rfc3339(std::string_view text) {
  if (text.size() < 22 || text[10] != ' ' || !text.ends_with("+00")) return std::string(text);
  std::string out(text.substr(0, text.size() - 3));
  out[10] = 'T';
  out += 'Z';
  return out;
}

}  // namespace wardbook
