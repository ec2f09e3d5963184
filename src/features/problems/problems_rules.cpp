#include "features/problems/problems_rules.h"

#include <algorithm>

#include "clinical/problem_codes.h"

namespace wardbook::problems {
namespace {

namespace json = boost::json;

std::optional<Date> day_in(const json::object& content, std::string_view name) {
  const auto* value = content.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return parse_date(std::string_view(value->as_string()));
}

}  // namespace

std::string status_on(const json::object& content, Date today) {
  const auto* stored = content.if_contains("status");
  if (stored == nullptr || !stored->is_string()) return "active";
  if (*stored != "active") return std::string(stored->as_string());
  const auto end = day_in(content, "expected_until");
  const bool over = end && std::chrono::sys_days(*end) < std::chrono::sys_days(today);
  return over ? "presumed_resolved" : "active";
}

json::object blank_problem(std::string name, std::optional<std::string> icd_code) {
  json::object out{{"name", std::move(name)}, {"status", "active"}, {"course", "acute"}};
  for (const char* member : {"icd_code", "onset", "resolved_on", "resolved_reason", "notes",
                             "record_id", "diagnosis_id", "last_seen_on", "expected_until"}) {
    out[member] = nullptr;
  }
  if (!icd_code) return out;
  out["icd_code"] = *icd_code;
  using enum clinical::ProblemCode::Kind;
  const auto kind = clinical::problem_code(*icd_code).kind;
  if (kind == self_limited) out["course"] = "self_limited";
  if (kind == chronic) out["course"] = "chronic";
  return out;
}

void set_expected_end(json::object& content) {
  constexpr int kUsualDays = 42;  // of a self-limited one that the table does not have
  content["expected_until"] = nullptr;
  if (content.at("course") != "self_limited") return;
  std::optional<int> days;
  if (const auto& code = content.at("icd_code"); code.is_string()) {
    days = clinical::problem_code(std::string_view(code.as_string())).days;
  }
  auto seen = day_in(content, "last_seen_on");
  if (!seen) seen = day_in(content, "onset");
  if (!seen) return;
  const auto end = std::chrono::sys_days(*seen) + std::chrono::days(days.value_or(kUsualDays));
  content["expected_until"] = format_date(Date(end));
}

json::object seen_again(json::object content, const clinical::CodedDiagnosis& diagnosis, Date day,
                        RecordId record) {
  const auto& code = content.at("icd_code");
  if (!code.is_string() ||
      clinical::more_exact(diagnosis.icd_code, std::string_view(code.as_string()))) {
    content["icd_code"] = diagnosis.icd_code;
    content["name"] = diagnosis.diagnosis_name;
  }
  const auto seen = day_in(content, "last_seen_on");
  if (!seen || std::chrono::sys_days(*seen) < std::chrono::sys_days(day)) {
    content["last_seen_on"] = format_date(day);
  }
  if (diagnosis.status == "chronic") content["course"] = "chronic";
  if (diagnosis.status == "resolved") {
    content["status"] = "resolved";
    content["resolved_on"] = format_date(day);
    content["resolved_reason"] = "Resolved in visit " + std::to_string(record.value) + ".";
  }
  set_expected_end(content);
  return content;
}

bool promotes(const clinical::CodedDiagnosis& diagnosis) {
  return diagnosis.diagnosis_type != "differential" && diagnosis.status != "ruled_out" &&
         clinical::problem_code(diagnosis.icd_code).kind != clinical::ProblemCode::Kind::encounter;
}

bool is_of(const json::object& content, const clinical::CodedDiagnosis& diagnosis, Date day) {
  const auto* code = content.if_contains("icd_code");
  if (code == nullptr || !code->is_string()) return false;
  const bool of_this = content.at("diagnosis_id") == diagnosis.id.value;
  const std::string status = status_on(content, day);
  if (status == "entered_in_error" || (status != "active" && !of_this)) return false;
  return clinical::one_problem(std::string_view(code->as_string()), diagnosis.icd_code);
}

json::object promoted(const clinical::CodedDiagnosis& diagnosis, Date day, RecordId record) {
  json::object out = blank_problem(diagnosis.diagnosis_name, diagnosis.icd_code);
  out["record_id"] = record.value;
  out["diagnosis_id"] = diagnosis.id.value;
  return seen_again(std::move(out), diagnosis, day, record);
}

}  // namespace wardbook::problems
