#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "api/router.h"
#include "base/clock.h"
#include "base/failure.h"
#include "base/ids.h"
#include "db/pool.h"
#include "db/query.h"
#include "features/audit/audit.h"

namespace wardbook::patients {

/// What a client may write of a patient, checked.
struct PatientInput {
  std::optional<std::string> patient_number;  ///< given out (`P-000123`) when absent
  std::string first_name;
  std::string last_name;
  Date date_of_birth{};
  std::string sex;  ///< female, male, other, unknown
  std::optional<std::string> phone;
  std::optional<std::string> email;
  std::optional<std::string> address;
  std::optional<std::string> emergency_contact;
  /// not_asked or none_known: what is said where no allergy is recorded.
  std::string allergy_status = "not_asked";
  /// Of a new patient, in the form in which they are kept.
  std::vector<boost::json::object> allergies{};
};

/// Reads and checks a whole patient. `today` bounds the birth date: not after it, and not more than
/// 130 years before (the oldest verified age is 122). `before` is the patient as it is, nullptr of
/// a new one. Gathers every fault.
[[nodiscard]] PatientInput parse_patient(const boost::json::object& body, Date today,
                                         const PatientInput* before, std::vector<Fault>& faults);
/// What is refused only where it is new, since patients may have it from before: a number with
/// blanks at its ends, an email address that is none. An empty one is as good as none, as all
/// contacts are.
void check_new(const PatientInput& input, const PatientInput* before, std::vector<Fault>& faults);

/// Whether they say the same of a patient, whose allergies are objects of their own.
[[nodiscard]] bool same(const PatientInput& a, const PatientInput& b);

/// A patient as stored.
struct Patient {
  PatientId id;
  PatientInput data;
  std::string allergies = "[]";    ///< JSON array: a summary of those that count
  bool allergies_changed = false;  ///< since the patient was registered: no part of a version
  std::int64_t version = 1;
  std::string created_at;  ///< RFC 3339
  std::string updated_at;
  std::optional<std::int64_t> score;  ///< of a search
  static Patient from_row(const db::RowView& row);
};

[[nodiscard]] std::string to_json(const Patient& patient);

/// For features that show a patient beside their own; nullopt when there is none.
[[nodiscard]] Task<std::optional<Patient>> find(db::Tx& tx, PatientId id);

/// What routes of patients are about.
extern const api::Subject kPatient;

/// What the patient is after this action, to be kept with it.
[[nodiscard]] audit::RowVersion version_of(const Patient& patient, audit::Action action,
                                           AccountId by);
/// Recomputes what is kept of patients and holds their rows against it. Adds to `verdict`.
[[nodiscard]] Task<> verify_patients(db::Pool& db, TenantId tenant, audit::Verdict& verdict);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::patients
