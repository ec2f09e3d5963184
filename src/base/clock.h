#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace wardbook {

/// A moment in UTC, to the microsecond, as PostgreSQL keeps it.
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Date = std::chrono::year_month_day;

/// Where the time comes from; handed in, so that tests choose it.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  }
};

/// A clock that stands until it is moved.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start) : now_(start) {}
  [[nodiscard]] Time now() const override { return now_; }
  void set(Time t) { now_ = t; }
  void advance(std::chrono::microseconds by) { now_ += by; }

 private:
  Time now_;
};

/// `2026-03-04T05:06:07Z`, with `.ffffff` (trailing zeros dropped) when there is a fraction.
[[nodiscard]] std::string format_rfc3339(Time time);
/// RFC 3339 date-time with `Z` or an offset; years 0001 to 9999; up to nine digits of fraction, of
/// which six are kept; no leap second. nullopt for anything else.
[[nodiscard]] std::optional<Time> parse_rfc3339(std::string_view text);
/// `2026-03-04`.
[[nodiscard]] std::string format_date(Date date);
/// `YYYY-MM-DD` of a day that exists; nullopt for anything else.
[[nodiscard]] std::optional<Date> parse_date(std::string_view text);
/// PostgreSQL's ISO output under TimeZone=UTC (`2026-03-04 05:06:07.12+00`) as RFC 3339; the input
/// unchanged if it is not of that form.
[[nodiscard]] std::string pg_time_to_rfc3339(std::string_view text);

}  // namespace wardbook
