#include "features/results/results_rules.h"

#include <algorithm>
#include <array>

#include "api/input.h"
#include "base/text.h"
#include "clinical/critical.h"
#include "clinical/fields.h"

namespace wardbook::results {
namespace {

namespace json = boost::json;
using api::Input;
using Need = Input::Need;

constexpr std::size_t kTextMost = 20'000;  // characters of a value or a comment
constexpr std::size_t kShort = 200;
constexpr double kNumberMost = 1e12;
const std::vector<std::string_view> kStatuses{"preliminary", "final", "corrected", "cancelled"};
/// What can be written of a result.
constexpr std::array<std::string_view, 17> kWritable{
    "test",     "loinc",    "value",       "unit",           "reference_low", "reference_high",
    "specimen", "comment",  "status",      "reference_text", "flag",          "critical",
    "reason",   "taken_at", "reported_at", "doctor_id",      "record_id"};
const std::vector<std::string_view> kReadOnly{
    "id",         "patient_id",      "version",    "created_by",          "created_by_name",
    "created_at", "updated_by",      "updated_at", "updated_by_name",     "at",
    "value_kind", "number",          "relation",   "critical_limit",      "acknowledged_at",
    "action",     "acknowledged_by", "escalated",  "acknowledged_by_name"};

void put(json::object& out, std::string_view name, const std::optional<std::string>& text) {
  out[name] = text ? json::value(*text) : json::value(nullptr);
}
void put(json::object& out, std::string_view name, std::optional<double> number) {
  out[name] = number ? json::value(*number) : json::value(nullptr);
}
void put(json::object& out, std::string_view name, std::optional<std::int64_t> number) {
  out[name] = number ? json::value(*number) : json::value(nullptr);
}

bool is_loinc_code(std::string_view code) {
  return code.size() >= 3 && code.size() <= 9 && code[code.size() - 2] == '-' &&
         is_digit(code.back()) && all_digits(code.substr(0, code.size() - 2));
}

json::value read_value(Input& in) {
  const auto* raw = in.raw("value");
  if (raw == nullptr) {
    in.fault("value", "is required");
  } else if (raw->is_string()) {
    if (auto text = in.text("value", Need::required, kTextMost, true)) return json::value(*text);
  } else if (raw->is_number()) {
    if (const auto number = in.number("value", Need::required, -kNumberMost, kNumberMost)) {
      return *number;
    }
  } else {
    in.fault("value", "must be a number or a string");
  }
  return nullptr;
}

std::string side_name(int side) {
  return side < 0 ? "low" : side > 0 ? "high" : "normal";
}

/// A stronger flag of the same side may be sent, or any where the range cannot tell.
bool goes_with(const std::string& sent, const std::string& derived) {
  return sent == derived || sent == "critical_" + derived ||
         (sent == "abnormal" && derived != "normal");
}

}  // namespace

std::optional<std::string> text_of(const json::object& content, std::string_view name) {
  const auto* value = content.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->as_string());
}

std::optional<double> number_of(const json::object& content, std::string_view name) {
  const auto* value = content.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

json::object parse_result(const json::object& body, const json::object* before,
                          std::vector<Fault>& faults) {
  json::value whole = body;
  if (before != nullptr) {
    json::object written;
    for (const auto name : kWritable) {
      if (const auto* value = before->if_contains(name)) written[name] = *value;
    }
    // What was derived is derived anew, unless it is sent.
    for (const char* name : {"flag", "critical", "reason"}) written.erase(name);
    written["flag"] = before->contains("flag_sent") ? before->at("flag_sent") : nullptr;
    written["critical"] = before->contains("critical_sent") ? before->at("critical_sent") : nullptr;
    whole = std::move(written);
    api::merge_patch(whole, body);
  }
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  Input in(whole.as_object(), "", faults);
  json::object out;
  put(out, "test", in.text("test", Need::required, kShort));
  const auto loinc = in.text("loinc", Need::optional, 20);
  if (loinc && !is_loinc_code(*loinc)) in.fault("loinc", "is not a LOINC code (such as 4548-4)");
  put(out, "loinc", loinc);
  out["value"] = read_value(in);
  put(out, "unit", in.text("unit", Need::optional, 50));
  const auto low = in.number("reference_low", Need::optional, -kNumberMost, kNumberMost);
  const auto high = in.number("reference_high", Need::optional, -kNumberMost, kNumberMost);
  if (low && high && *low > *high) in.fault("reference_high", "is below reference_low");
  put(out, "reference_low", low);
  put(out, "reference_high", high);
  put(out, "reference_text", in.text("reference_text", Need::optional, kShort));
  put(out, "flag_sent",
      in.one_of("flag", Need::optional, {clinical::kFlags.begin(), clinical::kFlags.end()}));
  out["critical_sent"] = in.boolean("critical", Need::optional).value_or(false);
  put(out, "specimen", in.text("specimen", Need::optional, kShort));
  put(out, "comment", in.text("comment", Need::optional, kTextMost, true));
  put(out, "status", in.one_of("status", Need::optional, kStatuses).value_or("final"));
  put(out, "reason", in.text("reason", Need::optional, 2'000, true));
  put(out, "taken_at", in.date_or_time("taken_at", Need::optional));
  put(out, "reported_at", in.date_or_time("reported_at", Need::optional));
  put(out, "doctor_id", in.integer("doctor_id", Need::optional, 1, kLargest));
  put(out, "record_id", in.integer("record_id", Need::optional, 1, kLargest));
  in.finish(kReadOnly);
  if (before == nullptr && (out["status"] == "corrected" || out["status"] == "cancelled")) {
    in.fault("status", "must be preliminary or final of a new result");
  }
  return out;
}

void judge(json::object& content, const Judged& by, std::vector<Fault>& faults) {
  const json::value& written = content.at("value");
  clinical::LabValue value;
  if (written.is_number()) {
    value = {clinical::LabValue::Kind::number, clinical::LabValue::Relation::equal,
             written.to_number<double>()};
  } else if (written.is_string()) {
    value = clinical::parse_lab_value(std::string_view(written.as_string()), by.marks);
  }
  const bool is_text = value.kind == clinical::LabValue::Kind::text;
  content["value_kind"] = std::string(clinical::to_string(value.kind));
  content["relation"] = is_text ? json::value(nullptr)
                                : json::value(std::string(clinical::to_string(value.relation)));
  content["number"] = is_text ? json::value(nullptr) : json::value(value.number);

  std::optional<std::string> flag;
  const auto low = number_of(content, "reference_low");
  const auto high = number_of(content, "reference_high");
  if (low || high) {
    if (const auto side = clinical::side_of(value, low, high)) flag = side_name(*side);
  }
  if (const auto sent = text_of(content, "flag_sent")) {
    if (flag && !goes_with(*sent, *flag)) {
      faults.push_back({"/flag", "contradicts the reference range, which gives '" + *flag + "'"});
    }
    flag = sent;
  }
  clinical::Assay assay;
  assay.loinc = text_of(content, "loinc");
  assay.test = text_of(content, "test").value_or("");
  assay.unit = text_of(content, "unit");
  assay.value = value;
  assay.age_years = by.age_years;
  const auto beyond = clinical::beyond_critical(assay);
  content["critical_limit"] = nullptr;
  if (beyond) {
    const auto& limits = beyond->limits;
    flag = "critical_" + side_name(beyond->side);
    json::object limit;
    put(limit, "low", limits.low);
    put(limit, "high", limits.high);
    limit["unit"] = limits.unit;
    content["critical_limit"] = std::move(limit);
  }
  content["critical"] =
      content.at("critical_sent").as_bool() || (flag && flag->starts_with("critical_"));
  put(content, "flag", flag);
}

void step_status(json::object& content, const json::object& before, const json::object& body,
                 std::vector<Fault>& faults) {
  const std::string from = text_of(before, "status").value_or("");
  const bool changed = says_another_thing(before, content);
  if (!body.contains("status") && from == "final" && changed) content["status"] = "corrected";
  const std::string to = text_of(content, "status").value_or("");
  const bool open = from == "preliminary";
  const bool possible = from == to || to == "cancelled" ||
                        (open ? to == "final" : from == "final" && to == "corrected");
  if (!possible || (from == "final" && to == "final" && changed)) {
    faults.push_back({"/status", "cannot be '" + to + "' after '" + from + "'"});
  }
  const bool takes_back = to == "cancelled" || (to == "corrected" && changed);
  if (takes_back && !text_of(content, "reason")) {
    faults.push_back({"/reason", "is required to correct or cancel a result"});
  }
}

bool says_another_thing(const json::object& before, const json::object& after) {
  constexpr std::array<std::string_view, 7> kRead{"test", "loinc",          "value",        "unit",
                                                  "flag", "reference_high", "reference_low"};
  return std::ranges::any_of(kRead, [&](std::string_view name) {
    const auto* was = before.if_contains(name);
    const auto* is = after.if_contains(name);
    return was != nullptr && is != nullptr && api::canonical_json(*was) != api::canonical_json(*is);
  });
}

}  // namespace wardbook::results
