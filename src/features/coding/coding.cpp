#include "features/coding/coding.h"

#include <algorithm>

#include "api/input.h"
#include "features/icd10/icd10.h"

namespace wardbook::coding {

namespace json = boost::json;

namespace {

std::string naming(std::string message, const std::vector<std::string>& nearest) {
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    message += (i == 0 ? "; nearest: " : ", ") + nearest[i];
  }
  return message;
}

/// What is written as no code is has been refused; the fault may name the codes that were meant.
Task<void> name_nearest(db::Tx& tx, std::string visit_date, std::string written,
                        std::string pointer, std::vector<Fault>& faults) {
  const auto fault = std::ranges::find(faults, pointer, &Fault::pointer);
  if (fault == faults.end()) co_return;
  const auto nearest = co_await icd10::nearest(tx, std::move(written), std::move(visit_date));
  fault->message = naming(std::move(fault->message), nearest);
}

}  // namespace

Task<Coded> coded(db::Tx& tx, std::string visit_date, json::object body, std::string pointer,
                  std::vector<Fault>& faults) {
  Coded out;
  out.input = parse_diagnosis(body, pointer, faults);
  const bool has_code = !out.input.icd_code.empty();
  if (has_code) {
    const auto checked = co_await icd10::check(tx, out.input.icd_code, std::move(visit_date));
    if (checked.found) {
      out.release = checked.found->release;
      out.header = !checked.found->billable;
      if (!out.input.diagnosis_name) out.input.diagnosis_name = checked.found->title;
    } else if (checked.any_release) {
      faults.push_back(
          {pointer + "/icd_code",
           naming("is not in the ICD-10-CM release in force at the visit", checked.nearest)});
      co_return out;
    }
  } else if (const auto* code = body.if_contains("icd_code"); code && code->is_string()) {
    std::string written(code->get_string().data(), code->get_string().size());
    co_await name_nearest(tx, std::move(visit_date), std::move(written), pointer + "/icd_code",
                          faults);
  }
  const auto* name = body.if_contains("diagnosis_name");
  if (has_code && !out.input.diagnosis_name && (name == nullptr || name->is_null())) {
    faults.push_back({pointer + "/diagnosis_name", "is required for a code without a title"});
  }
  co_return out;
}

json::object header_warning(std::string pointer) {
  return {{"code", "header_code"},
          {"pointer", std::move(pointer)},
          {"message", "This code heads others and is not billable itself."}};
}

std::string answer_json(const Diagnosis& diagnosis, bool header) {
  json::array warnings;
  if (header) warnings.push_back(header_warning("/icd_code"));
  std::string out = to_json(diagnosis);
  out.pop_back();
  return out + R"(,"warnings":)" + json::serialize(warnings) + "}";
}

Task<Coded> recoded(db::Tx& tx, std::string visit_date, Diagnosis before, json::object patch,
                    std::string pointer, std::vector<Fault>& faults) {
  json::value whole = json::object{{"icd_code", before.icd_code},
                                   {"diagnosis_name", before.diagnosis_name},
                                   {"diagnosis_type", before.diagnosis_type},
                                   {"status", before.status}};
  if (before.notes) whole.as_object()["notes"] = *before.notes;
  bool same_code = true;
  if (const auto* code = patch.if_contains("icd_code")) {
    const auto* text = code->if_string();
    same_code = text != nullptr && normal_code({text->data(), text->size()}) == before.icd_code;
  }
  if (!same_code) whole.as_object().erase("diagnosis_name");
  api::merge_patch(whole, patch);
  if (!same_code) {
    co_return co_await coded(tx, std::move(visit_date), whole.as_object(), pointer, faults);
  }
  Coded out;
  out.input = parse_diagnosis(whole.as_object(), pointer, faults);
  out.release = before.icd_release;
  const auto known = co_await icd10::check(tx, before.icd_code, std::move(visit_date));
  out.header = known.found && !known.found->billable;
  if (whole.as_object().at("diagnosis_name").is_null()) {
    faults.push_back({pointer + "/diagnosis_name", "cannot be removed"});
  }
  co_return out;
}

}  // namespace wardbook::coding
