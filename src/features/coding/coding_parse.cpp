#include "api/input.h"
#include "base/text.h"
#include "features/coding/coding.h"

namespace wardbook::coding {
namespace {

using Need = api::Input::Need;

}  // namespace

std::optional<std::string> normal_code(std::string_view text) {
  text = trimmed(text, " ");
  std::string code;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.' && i == 3) continue;
    const char c = upper_case(text[i]);
    const bool letter = is_upper(c);
    const bool digit = is_digit(c);
    if (!letter && !digit) return std::nullopt;
    const std::size_t at = code.size() > 3 ? code.size() - 1 : code.size();
    if ((at == 0 && !letter) || (at == 1 && !digit)) return std::nullopt;
    if (code.size() == 3) code += '.';
    code += c;
  }
  if (code.size() < 3 || code.size() > 8 || code.ends_with('.')) return std::nullopt;
  return code;
}

DiagnosisInput parse_diagnosis(const boost::json::object& body, const std::string& pointer,
                               std::vector<Fault>& faults) {
  api::Input in(body, pointer, faults);
  DiagnosisInput out;
  if (const auto code = in.text("icd_code", Need::required, 20)) {
    if (const auto normal = normal_code(*code)) {
      out.icd_code = *normal;
    } else {
      in.fault("icd_code", "is not an ICD-10-CM code (such as E11.9)");
    }
  }
  const bool named = in.has("diagnosis_name");
  out.diagnosis_name = in.text("diagnosis_name", named ? Need::required : Need::optional, 500);
  out.diagnosis_type =
      in.one_of("diagnosis_type", Need::required, {"primary", "secondary", "differential"})
          .value_or("");
  out.status = in.one_of("status", Need::optional, {"active", "resolved", "chronic", "ruled_out"})
                   .value_or("active");
  out.notes = in.text("notes", Need::optional, 5'000, true);
  in.finish({"id", "record_id", "icd_release", "created_by", "created_at", "updated_at"});
  return out;
}

}  // namespace wardbook::coding
