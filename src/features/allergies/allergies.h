#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// A patient's known allergies held against the names of medicines. Pure: texts in, findings out.
/// How names are compared, and what that cannot see, is told in docs/clinical-record.md.
namespace wardbook::allergies {

enum class Match {
  same,      ///< the substance itself, under whatever name
  in_class,  ///< another one of its group: amoxicillin for somebody allergic to penicillin G
};

struct Finding {
  std::size_t medication = 0;  ///< which of those that were asked about
  std::size_t substance = 0;
  Match match = Match::same;
  std::string_view group;  ///< of in_class: "penicillins"
};

/// More warnings than this are read by nobody, and a record's answer has to end somewhere.
inline constexpr std::size_t kMostFindings = 50;

/// At most one finding for each pair, in the order of the medications, then of the substances; the
/// first kMostFindings of them.
[[nodiscard]] std::vector<Finding> check(const std::vector<std::string>& substances,
                                         const std::vector<std::string>& medications);

/// A line that names a medicine, and its id in its record.
struct Prescribed {
  std::string medication;
  std::int64_t item_id = 0;
};

/// The findings as an answer's `warnings`. `allergies` is a patient's JSON array of {id, substance,
/// reaction, severity}; a warning's pointer is `pointer`, a slash and the line's place.
[[nodiscard]] std::string warnings_json(std::string_view allergies,
                                        const std::vector<Prescribed>& lines,
                                        const std::string& pointer);

}  // namespace wardbook::allergies
