#pragma once

#include <boost/json.hpp>
#include <vector>

#include "api/router.h"
#include "clinical/visit.h"
#include "features/objects/objects.h"

/// The medication list: a course for each prescription of a signed visit, an object of the chart.
namespace wardbook::medications {

inline constexpr objects::Kind kKind{.resource = "medication",
                                     .missing = Code::medication_not_found};

/// A course as it begins by a prescription that was signed; `day` is that of the visit.
[[nodiscard]] boost::json::object course_of(const clinical::Prescription& line, RecordId record,
                                            Date day);
/// Whether the later one goes on with the same medicine, so that the earlier one is over.
[[nodiscard]] bool continues(const boost::json::object& earlier, const boost::json::object& later);
/// What the earlier one becomes.
[[nodiscard]] boost::json::object continued(boost::json::object earlier,
                                            const boost::json::object& later);

/// What a visit's step means for the list (records::follow): a prescription that is signed begins a
/// course, an amendment changes it, and one that is taken out was an error.
[[nodiscard]] Task<> follow(api::Write& w, objects::VisitStep step);

[[nodiscard]] std::vector<api::Route> routes(const api::Subject& patient);

}  // namespace wardbook::medications
