#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/router.h"
#include "features/objects/objects.h"

/// Allergies: objects of the chart, and a patient's known ones held against the names of medicines.
/// The check is pure: texts in, findings out. How names are compared, and what that cannot see, is
/// told in docs/clinical-record.md.
namespace wardbook::allergies {

enum class Match {
  same,      ///< the substance itself, under whatever name
  in_class,  ///< another one of its group: amoxicillin for somebody allergic to penicillin G
  contains,  ///< it has the substance in it: a vaccine with gelatin, gloves of latex
  cross,     ///< the allergy extends to it: sacubitril after angioedema by an ACE inhibitor
};
/// How much a finding should stand in the way.
enum class Grade { note, warning, interrupting };

/// An allergy, as it was written down; what is empty is not known.
struct Allergen {
  std::string substance;
  std::string reaction{};
  std::string severity{};  ///< mild, moderate, severe, life_threatening
  std::string type{};      ///< allergy, intolerance
};

struct Finding {
  std::size_t medication = 0;  ///< which of those that were asked about
  std::size_t substance = 0;
  Match match = Match::same;
  Grade grade = Grade::warning;
  std::string
      why;  ///< of in_class the group ("penicillins"); of contains what; of cross the reason
};

/// More warnings than this are read by nobody, and a record's answer has to end somewhere.
inline constexpr std::size_t kMostFindings = 50;

/// At most one finding for each pair, in the order of the medications, then of the substances; the
/// first kMostFindings of them.
[[nodiscard]] std::vector<Finding> check(const std::vector<Allergen>& allergens,
                                         const std::vector<std::string>& medications);

/// The ingredients that a medicine's name means, by their international names; a name that is not
/// known stands for itself, as text::plain_key has it.
[[nodiscard]] std::vector<std::string> ingredients_of(std::string_view medication);

/// A line that names a medicine, and its id in its record.
struct Prescribed {
  std::string medication;
  std::int64_t item_id = 0;
};

/// The findings as an answer's `warnings`. `allergies` is a patient's JSON array of what is known,
/// with id, substance, reaction, severity and type; a warning's pointer is `pointer`, a slash and
/// the line's place.
[[nodiscard]] std::string warnings_json(std::string_view allergies,
                                        const std::vector<Prescribed>& lines,
                                        const std::string& pointer);

/// An allergy is an object of the chart; a patient's row has those that count as a summary.
inline constexpr objects::Kind kKind{.resource = "allergy", .missing = Code::allergy_not_found};
/// Reads those that come with a new patient, in the form in which they are kept.
[[nodiscard]] std::vector<boost::json::object> parse_new(const boost::json::array& list,
                                                         const std::string& pointer,
                                                         std::vector<Fault>& faults);
[[nodiscard]] Task<> record_new(api::Write& w, PatientId patient,
                                std::vector<boost::json::object> contents);
/// Recomputes what is kept of allergies, and holds the patients' summaries against them.
[[nodiscard]] Task<> verify_allergies(db::Pool& db, TenantId tenant, audit::Verdict& verdict);

/// `patient` is what routes of patients are about.
[[nodiscard]] std::vector<api::Route> routes(const api::Subject& patient);

}  // namespace wardbook::allergies
