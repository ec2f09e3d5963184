#include "features/records/records_search.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "api/input.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;

void add(std::vector<std::string>& texts, const std::optional<std::string>& text) {
  if (text && !text->empty()) texts.push_back(*text);
}

/// The texts of an item one behind the other, blanks between.
void add_item(std::vector<std::string>& texts, const json::value& item,
              std::initializer_list<std::string_view> keys) {
  if (!item.is_object()) return;
  std::string out;
  for (const auto key : keys) {
    const auto* value = item.as_object().if_contains(key);
    if (value == nullptr || !value->is_string()) continue;
    if (!out.empty()) out += ' ';
    out += value->as_string();
  }
  if (!out.empty()) texts.push_back(std::move(out));
}

}  // namespace

text::Searched searched_texts(const RecordInput& data, const std::vector<Diagnosis>& diagnoses,
                              std::string record_number) {
  text::Searched out;
  add(out.main, data.chief_complaint);
  add(out.main, data.diagnosis);
  for (const auto& d : diagnoses) {
    out.main.push_back(d.icd_code + " " + d.diagnosis_name);
    add(out.main, d.notes);
  }
  const auto prescriptions = api::parse_json(data.prescriptions);
  for (const auto& item : prescriptions.as_array()) {
    add_item(out.rest, item, {"medication", "dosage", "route", "frequency", "instructions"});
  }
  const auto results = api::parse_json(data.lab_results);
  for (const auto& item : results.as_array()) {
    add_item(out.rest, item, {"test", "value"});
  }
  add(out.rest, data.follow_up_instructions);
  add(out.rest, data.treatment_plan);
  add(out.rest, data.notes);
  add(out.rest, data.history_of_present_illness);
  add(out.rest, data.physical_examination);
  out.number = std::move(record_number);
  return out;
}

std::string search_document(const RecordInput& data, const std::vector<Diagnosis>& diagnoses,
                            std::string record_number) {
  return text::document(searched_texts(data, diagnoses, std::move(record_number)));
}

}  // namespace wardbook::records
