#include "features/patients/patients.h"

#include <algorithm>
#include <tuple>

#include "api/input.h"
#include "base/utf8.h"
#include "features/allergies/allergies.h"
#include "text/blank.h"

namespace wardbook::patients {
namespace {

namespace json = boost::json;
using Need = api::Input::Need;

constexpr int kMostYears = 130;
constexpr std::size_t kMostAllergies = 100;

/// Length of the last character.
std::size_t last_character(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (text[text.size() - length] & 0xC0) == 0x80) ++length;
  return std::min(length, text.size());
}

}  // namespace

void check_new(const PatientInput& input, const PatientInput* before, std::vector<Fault>& faults) {
  const auto& number = input.patient_number;
  if (number && (before == nullptr || before->patient_number != number)) {
    const std::string_view text = *number;
    if (text::blank(text)) {
      faults.push_back({"/patient_number", "must not be blank"});
    } else if (blank_at_front(text) != 0 ||
               blank_at_front(text.substr(text.size() - last_character(text))) != 0) {
      faults.push_back({"/patient_number", "must not begin or end with a blank"});
    }
  }
  const auto turned = [&](std::string_view name, const std::string& now, const std::string& was) {
    if ((before == nullptr || was != now) && text::turns_direction(now)) {
      faults.push_back(
          {"/" + std::string(name), "contains characters that change the direction of text"});
    }
  };
  turned("first_name", input.first_name, before == nullptr ? "" : before->first_name);
  turned("last_name", input.last_name, before == nullptr ? "" : before->last_name);
  const auto& email = input.email;
  if (email && !email->empty() && (before == nullptr || before->email != email) &&
      !api::is_email(*email)) {
    faults.push_back({"/email", "must be an email address"});
  }
}

PatientInput parse_patient(const json::object& body, Date today, const PatientInput* before,
                           std::vector<Fault>& faults) {
  api::Input in(body, "", faults);
  PatientInput out;
  out.patient_number = in.text("patient_number", Need::optional, 40);
  out.first_name = in.text("first_name", Need::required, 100).value_or("");
  out.last_name = in.text("last_name", Need::required, 100).value_or("");
  if (const auto birth = in.date("date_of_birth", Need::required)) {
    out.date_of_birth = *birth;
    const auto day = std::chrono::sys_days(*birth);
    if (day > std::chrono::sys_days(today)) in.fault("date_of_birth", "must not be in the future");
    if (birth->year() < today.year() - std::chrono::years(kMostYears)) {
      in.fault("date_of_birth", "is more than " + std::to_string(kMostYears) + " years ago");
    }
  }
  out.sex = in.one_of("sex", Need::required, {"female", "male", "other", "unknown"}).value_or("");
  out.phone = in.text("phone", Need::optional, 40);
  out.email = in.text("email", Need::optional, 254);
  out.address = in.text("address", Need::optional, 500, true);
  out.emergency_contact = in.text("emergency_contact", Need::optional, 500, true);
  out.allergy_status = in.one_of("allergy_status", Need::optional, {"not_asked", "none_known"})
                           .value_or(before != nullptr ? before->allergy_status : "not_asked");
  if (before == nullptr) {
    if (const auto* items = in.array("allergies", Need::optional, kMostAllergies)) {
      out.allergies = allergies::parse_new(*items, "/allergies", faults);
    }
  } else if (in.raw("allergies") != nullptr || in.has("allergies")) {
    in.fault("allergies",
             "are changed by themselves: POST /patients/{id}/allergies, "
             "PATCH /allergies/{id}");
  }
  if (!out.allergies.empty() && out.allergy_status == "none_known") {
    in.fault("allergy_status", "contradicts the allergies");
  }
  in.finish({"id", "version", "created_at", "updated_at"});
  return out;
}

bool same(const PatientInput& a, const PatientInput& b) {
  const auto texts = [](const PatientInput& p) {
    return std::tie(p.patient_number, p.first_name, p.last_name, p.date_of_birth, p.sex, p.phone,
                    p.email, p.address, p.emergency_contact, p.allergy_status);
  };
  return texts(a) == texts(b);
}

Patient Patient::from_row(const db::RowView& row) {
  Patient p;
  p.id = row.id<PatientId>(0);
  p.data.patient_number = row.str(1);
  p.data.first_name = row.str(2);
  p.data.last_name = row.str(3);
  p.data.date_of_birth = row.maybe_date(4).value();
  p.data.sex = row.str(5);
  p.data.phone = row.maybe_str(6);
  p.data.email = row.maybe_str(7);
  p.data.address = row.maybe_str(8);
  p.data.emergency_contact = row.maybe_str(9);
  p.allergies = row.str(10);
  p.version = row.int64(11);
  p.created_at = pg_time_to_rfc3339(row.text(12));
  p.updated_at = pg_time_to_rfc3339(row.text(13));
  p.data.allergy_status = row.str(14);
  p.allergies_changed = row.boolean(15);
  if (row.columns() > 16) p.score = row.maybe_int64(16);
  return p;
}

std::string to_json(const Patient& patient) {
  std::string text;
  api::ObjectWriter out(text);
  out.integer("id", patient.id.value);
  out.text("patient_number", patient.data.patient_number);
  out.text("first_name", patient.data.first_name);
  out.text("last_name", patient.data.last_name);
  out.text("date_of_birth", format_date(patient.data.date_of_birth));
  out.text("sex", patient.data.sex);
  out.text("phone", patient.data.phone);
  out.text("email", patient.data.email);
  out.text("address", patient.data.address);
  out.text("emergency_contact", patient.data.emergency_contact);
  out.raw("allergies", patient.allergies);
  const bool recorded = patient.allergies != "[]";
  out.text("allergy_status", recorded ? "recorded" : patient.data.allergy_status);
  out.integer("version", patient.version);
  out.text("created_at", patient.created_at);
  out.text("updated_at", patient.updated_at);
  out.end();
  return text;
}

}  // namespace wardbook::patients
