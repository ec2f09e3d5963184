#include "demo/documents.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "demo/random.h"

namespace wardbook::demo {
namespace {

namespace json = boost::json;

struct Share {
  Paper paper;
  int most;  ///< of a hospital's records
};
/// In the order in which they are offered to a record.
constexpr std::array kShares{Share{Paper::radiograph, 6}, Share{Paper::ecg, 10},
                             Share{Paper::lab_report, 24}, Share{Paper::instructions, 10}};

const json::array& list_of(const json::object& object, std::string_view name) {
  static const json::array none;
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

bool coded(const json::object& record, std::string_view chapters) {
  return std::ranges::any_of(list_of(record, "diagnoses"), [chapters](const json::value& one) {
    const std::string code = text_of(one.as_object(), "icd_code");
    return !code.empty() && chapters.find(code.front()) != std::string_view::npos;
  });
}

bool suits(Paper paper, const json::object& record) {
  switch (paper) {
    case Paper::lab_report:
      return !list_of(record, "lab_results").empty();
    case Paper::ecg:
      return coded(record, "I");
    case Paper::radiograph:
      return coded(record, "JSM");
    case Paper::instructions:
      return !text_of(record, "treatment_plan").empty();
  }
  return false;
}

/// Could be filed with any record, if it has to be.
bool may_have(Paper paper, const json::object& record) {
  return paper != Paper::lab_report || suits(paper, record);
}

double pulse_of(const json::object& record) {
  constexpr double kUsual = 72;
  const auto* signs = record.if_contains("vital_signs");
  if (signs == nullptr || !signs->is_object()) return kUsual;
  const auto* pulse = signs->get_object().if_contains("pulse_bpm");
  return pulse != nullptr && pulse->is_number() ? pulse->to_number<double>() : kUsual;
}

}  // namespace

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string date_part(const std::string& time) {
  return time.substr(0, 10);
}

std::string patient_name(const json::object& record) {
  const auto* patient = record.if_contains("patient");
  if (patient == nullptr || !patient->is_object()) return {};
  const auto& one = patient->get_object();
  return text_of(one, "last_name") + ", " + text_of(one, "first_name");
}

std::vector<Assignment> assign_papers(const json::array& records) {
  std::vector<Assignment> assigned;
  std::vector<bool> taken(records.size(), false);
  std::array<int, kShares.size()> given{};
  for (const auto fits : {&suits, &may_have}) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto& record = records[i].as_object();
      for (std::size_t k = 0; k < kShares.size() && !taken[i]; ++k) {
        if (given[k] == kShares[k].most || !fits(kShares[k].paper, record)) continue;
        assigned.push_back({i, kShares[k].paper});
        taken[i] = true;
        ++given[k];
      }
    }
  }
  return assigned;
}

Document make_document(Paper paper, const HospitalPlan& plan, const json::object& record) {
  const auto id = static_cast<std::uint64_t>(record.at("id").to_number<std::int64_t>());
  const std::uint64_t seed = Random(id, plan.id).next();
  const std::string number = text_of(record, "record_number");
  const std::string day = date_part(text_of(record, "visit_date"));
  switch (paper) {
    case Paper::lab_report:
      return {"lab-report-" + number + ".pdf", "application/pdf", "Laboratory report of " + day,
              "lab", lab_report_pdf(plan, record)};
    case Paper::ecg:
      return {"ecg-" + number + ".png", "image/png", "ECG rhythm strip, lead II, scanned", "nurse",
              ecg_png(seed, pulse_of(record))};
    case Paper::radiograph:
      return {"radiograph-" + number + ".dcm", "application/dicom", "Chest radiograph, PA", "lab",
              radiograph_dicom(plan, record, seed)};
    case Paper::instructions:
      break;
  }
  return {"instructions-" + number + ".txt", "text/plain", "Instructions given to the patient",
          "nurse", instructions_text(plan, record)};
}

std::string instructions_text(const HospitalPlan& plan, const json::object& record) {
  std::string text(plan.name);
  text += "\nInstructions for " + patient_name(record) + "\nVisit " +
          text_of(record, "record_number") + " of " + date_part(text_of(record, "visit_date")) +
          "\n";
  const auto add = [&text](std::string_view title, const std::string& body) {
    if (!body.empty()) text += "\n" + std::string(title) + "\n" + body + "\n";
  };
  add("What we found", text_of(record, "diagnosis"));
  add("What to do", text_of(record, "treatment_plan"));
  std::string medicines;
  for (const auto& one : list_of(record, "prescriptions")) {
    const auto& medicine = one.as_object();
    medicines += "- " + text_of(medicine, "medication") + " " + text_of(medicine, "dosage") + ", " +
                 text_of(medicine, "frequency") + "\n";
  }
  if (!medicines.empty()) medicines.pop_back();
  add("Your medicines", medicines);
  add("Coming back", text_of(record, "follow_up_instructions"));
  const std::string back = text_of(record, "follow_up_date");
  if (!back.empty()) text += "\nPlease come again on " + back + ".\n";
  return text + "\nDemo data: no real person is meant.\n";
}

}  // namespace wardbook::demo
