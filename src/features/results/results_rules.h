#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/failure.h"
#include "text/number_marks.h"

// Inside of the slice: what a result may say, and what follows from it. Pure.

namespace wardbook::results {

/// What a result is judged by, beside what it says.
struct Judged {
  text::NumberMarks marks;
  int age_years = 0;  ///< of the patient, when the sample was taken
};

/// Reads and checks a result that is new (`before` is nullptr) or changed: a merge patch over what
/// it says. Adds to `faults`. Times and accounts are as they were sent: only the database knows
/// what they are.
[[nodiscard]] boost::json::object parse_result(const boost::json::object& body,
                                               const boost::json::object* before,
                                               std::vector<Fault>& faults);

/// Gives `value_kind`, `number`, `relation`, `flag`, `critical` and `critical_limit`. A flag that
/// contradicts the range is a fault.
void judge(boost::json::object& content, const Judged& by, std::vector<Fault>& faults);

/// The status of a change: that of one that is final becomes `corrected` with what it says. Adds
/// to `faults` where there is no way from one to the other.
void step_status(boost::json::object& content, const boost::json::object& before,
                 const boost::json::object& body, std::vector<Fault>& faults);

/// Whether somebody who has read the one must read the other too.
[[nodiscard]] bool says_another_thing(const boost::json::object& before,
                                      const boost::json::object& after);

/// A member's text; nullopt where it is null or not there.
[[nodiscard]] std::optional<std::string> text_of(const boost::json::object& content,
                                                 std::string_view name);
[[nodiscard]] std::optional<double> number_of(const boost::json::object& content,
                                              std::string_view name);

}  // namespace wardbook::results
