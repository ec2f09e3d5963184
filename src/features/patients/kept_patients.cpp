#include "api/input.h"
#include "features/patients/patients_sql.h"

namespace wardbook::patients {
namespace {

namespace json = boost::json;
constexpr int kContentFormat = 1;
constexpr int kPage = 500;

json::value value_of(const MaybeText& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

/// What is kept of a patient, format 1.
std::string canonical_1(const PatientInput& p) {
  const json::object content{{"address", value_of(p.address)},
                             {"allergy_status", p.allergy_status},
                             {"date_of_birth", format_date(p.date_of_birth)},
                             {"email", value_of(p.email)},
                             {"emergency_contact", value_of(p.emergency_contact)},
                             {"first_name", p.first_name},
                             {"last_name", p.last_name},
                             {"patient_number", value_of(p.patient_number)},
                             {"phone", value_of(p.phone)},
                             {"sex", p.sex}};
  return api::canonical_json(content);
}

/// What is wrong with a patient's row.
std::optional<std::string> fault_of(const KeptPatient& row) {
  const std::string name = "patient " + std::to_string(row.patient.id.value);
  if (row.last.version == 0) return name + " has no version";
  if (row.last.content_format != kContentFormat) {
    return name + " has content format " + std::to_string(row.last.content_format) +
           ", which this program does not know";
  }
  if (audit::says(row.last, row.patient.version, canonical_1(row.patient.data))) {
    return std::nullopt;
  }
  return name + " is not what the version says";
}

}  // namespace

audit::RowVersion version_of(const Patient& patient, audit::Action action, AccountId by) {
  audit::RowVersion version;
  version.resource = "patient";
  version.id = patient.id.value;
  version.version = patient.version;
  version.kind = action.name();
  version.patient = patient.id;
  version.by = by;
  version.at = parse_rfc3339(patient.updated_at).value();
  version.content_format = kContentFormat;
  version.content = canonical_1(patient.data);
  return version;
}

Task<> verify_patients(db::Pool& db, TenantId tenant, audit::Verdict& verdict) {
  co_await audit::verify_row_versions(db, tenant, "patient", verdict);
  if (verdict.first_fault) co_return;
  PatientId after;
  while (true) {
    db::Tx tx = co_await db.begin(tenant);
    const auto rows = co_await tx.all(kPatientsToVerify, after, kPage);
    for (const auto& row : rows) {
      verdict.first_fault = fault_of(row);
      if (verdict.first_fault) co_return;
      after = row.patient.id;
    }
    if (rows.size() < static_cast<std::size_t>(kPage)) break;
  }
  db::Tx tx = co_await db.begin(tenant);
  if (const auto gone = co_await tx.maybe_one(kFirstGone)) {
    verdict.first_fault = "patient " + std::to_string(gone->value) + " is missing";
  }
}

}  // namespace wardbook::patients
