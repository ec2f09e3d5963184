#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/failure.h"

/// What people wrote, as it comes in JSON: read member by member, with what a text may be.
namespace wardbook::text {

/// The years of what a chart may speak of.
inline constexpr int kFirstYear = 1900;
inline constexpr int kLastYear = 2199;

/// Reads the fields of a JSON object and gathers the faults with their JSON pointers, at most
/// kMostFaults, so that one 422 names them all. A null is the same as an absent field. Fields that
/// nobody asked for are faults
/// (`finish`). Values are meaningless once there is a fault; throw before using them.
class Input {
 public:
  Input(const boost::json::object& object, std::string pointer, std::vector<Fault>& faults)
      : object_(object), pointer_(std::move(pointer)), faults_(faults) {}

  enum class Need { optional, required };

  /// UTF-8 as sent, `least` to `most` code points, no control characters; with `lines`, tab and
  /// line breaks are allowed. A required text may not be blank, in whatever way (text::blank).
  std::optional<std::string> text(std::string_view key, Need need, std::size_t most,
                                  bool lines = false);
  /// The name of somebody or something: name_fault says what it cannot be.
  std::optional<std::string> name(std::string_view key, Need need, std::size_t most);
  std::optional<std::int64_t> integer(std::string_view key, Need need, std::int64_t least,
                                      std::int64_t most);
  std::optional<double> number(std::string_view key, Need need, double least, double most);
  std::optional<bool> boolean(std::string_view key, Need need);
  std::optional<Date> date(std::string_view key, Need need);
  /// A date from kFirstYear to kLastYear.
  std::optional<Date> day(std::string_view key, Need need);
  /// RFC 3339 (returned in UTC) or a bare date (returned as sent: what the tenant's time zone makes
  /// of it is PostgreSQL's to say), from kFirstYear to kLastYear.
  std::optional<std::string> date_or_time(std::string_view key, Need need);
  std::optional<std::string> one_of(std::string_view key, Need need,
                                    const std::vector<std::string_view>& allowed);
  /// nullptr when absent or at fault.
  const boost::json::array* array(std::string_view key, Need need, std::size_t most);
  const boost::json::object* object(std::string_view key, Need need);
  /// The raw value, marked as known; nullptr when absent or null.
  const boost::json::value* raw(std::string_view key);

  [[nodiscard]] bool has(std::string_view key) const;
  /// A fault at a field of this object.
  void fault(std::string_view key, std::string message);
  /// Faults for all fields not asked for; those in `read_only` get their own message.
  void finish(const std::vector<std::string_view>& read_only = {});
  [[nodiscard]] std::string pointer_to(std::string_view key) const;

 private:
  const boost::json::value* take(std::string_view key, Need need);
  const boost::json::object& object_;
  std::string pointer_;
  std::vector<Fault>& faults_;
  std::vector<std::string> known_;
};

/// The longest display name of a person, and the longest name of a hospital, in code points.
inline constexpr std::size_t kNameMost = 200;
/// Why this cannot be a name, by HTTP and on the command line alike: not UTF-8, blank, too long,
/// control characters, or marks that turn the direction of text. nullopt when it can.
[[nodiscard]] std::optional<std::string> name_fault(std::string_view text,
                                                    std::size_t most = kNameMost);
}  // namespace wardbook::text
