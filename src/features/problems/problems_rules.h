#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "clinical/fields.h"
#include "features/objects/objects.h"

// Inside of the slice: what a problem is now, and what a diagnosis makes of it. Pure.

namespace wardbook::problems {

/// `active`, `resolved`, `entered_in_error` as it is stored, or `presumed_resolved`: self-limited,
/// and not seen again for so long that it is taken for over.
[[nodiscard]] std::string status_on(const boost::json::object& content, Date today);

/// A problem with nothing but what it is.
[[nodiscard]] boost::json::object blank_problem(std::string name,
                                                std::optional<std::string> icd_code);

/// By when a self-limited problem is taken for over, given the day on which it was last seen.
void set_expected_end(boost::json::object& content);

/// Whether a diagnosis says that the patient has it, or had it: a problem.
[[nodiscard]] bool promotes(const clinical::CodedDiagnosis& diagnosis);
/// Whether a diagnosis on this day is of this problem; those that are over begin anew.
[[nodiscard]] bool is_of(const boost::json::object& content,
                         const clinical::CodedDiagnosis& diagnosis, Date day);
/// The problem that a diagnosis of a visit on `day` makes.
[[nodiscard]] boost::json::object promoted(const clinical::CodedDiagnosis& diagnosis, Date day,
                                           RecordId record);
/// What a diagnosis of a visit on `day` makes of a problem that is the same one.
[[nodiscard]] boost::json::object seen_again(boost::json::object content,
                                             const clinical::CodedDiagnosis& diagnosis, Date day,
                                             RecordId record);

}  // namespace wardbook::problems
