#include <array>
#include <cmath>

#include "api/input.h"
#include "features/records/records.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;
using Need = api::Input::Need;

constexpr std::size_t kShort = 200;
constexpr std::size_t kLong = 2'000;

struct Bound {
  std::string_view key;
  double least;
  double most;
  bool whole;
};

/// Values beyond these no living patient has had; unusual ones inside are the clinician's to judge.
constexpr std::array kVitalBounds{
    // 370/360 mmHg was measured intra-arterially under maximal exertion (MacDougall 1985).
    Bound{"systolic_mmhg", 20, 370, false},
    Bound{"diastolic_mmhg", 5, 360, false},
    // Neonatal supraventricular tachycardia reaches 300; 10 is below survived bradycardia.
    Bound{"pulse_bpm", 10, 350, false},
    Bound{"respiratory_rate_per_min", 1, 120, false},
    // Survived: 13.7 °C (Gilbert, Lancet 2000), 46.5 °C (Slovis, Ann Emerg Med 1982).
    Bound{"temperature_c", 13, 47, false},
    Bound{"spo2_percent", 10, 100, false},
    // Smallest surviving newborn 212 g (Singapore 2020), heaviest person 635 kg (Seattle 1978).
    Bound{"weight_kg", 0.2, 650, false},
    // Tallest person 272 cm (Wadlow, 1940); the smallest surviving newborns measure over 20 cm.
    Bound{"height_cm", 20, 275, false},
    Bound{"pain_score", 0, 10, true},  // numeric rating scale, 0 to 10
    // Survived: 2,656 mg/dL (Guinness 1995); severe hypoglycaemia is below 10.
    Bound{"glucose_mg_dl", 5, 2'700, false},
};

json::value number_value(double value) {
  if (std::trunc(value) == value && std::fabs(value) < 1e15) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

void put(json::object& out, std::string_view key, const std::optional<std::string>& value) {
  if (value) out[json::string_view(key.data(), key.size())] = *value;
}
void put(json::object& out, std::string_view key, std::optional<double> value) {
  if (value) out[json::string_view(key.data(), key.size())] = number_value(*value);
}

/// A number, or a short text ("positive", "30 tablets").
void number_or_text(api::Input& in, json::object& out, std::string_view key, Need need) {
  const auto* raw = in.raw(key);
  if (raw != nullptr && raw->is_number()) {
    put(out, key, in.number(key, need, -1e12, 1e12));
  } else {
    put(out, key, in.text(key, need, kShort));
  }
}

json::object parse_prescription(const json::object& item, const std::string& pointer,
                                std::vector<Fault>& faults) {
  api::Input in(item, pointer, faults);
  json::object out;
  put(out, "medication", in.text("medication", Need::required, kShort));
  put(out, "dosage", in.text("dosage", Need::required, kShort));
  put(out, "frequency", in.text("frequency", Need::required, kShort));
  put(out, "route", in.text("route", Need::optional, kShort));
  put(out, "duration", in.text("duration", Need::optional, kShort));
  number_or_text(in, out, "quantity", Need::optional);
  if (const auto refills = in.integer("refills", Need::optional, 0, 99)) out["refills"] = *refills;
  put(out, "instructions", in.text("instructions", Need::optional, kLong, true));
  const auto start = in.date("start_date", Need::optional);
  const auto end = in.date("end_date", Need::optional);
  if (start) out["start_date"] = format_date(*start);
  if (end) out["end_date"] = format_date(*end);
  if (start && end && std::chrono::sys_days(*end) < std::chrono::sys_days(*start)) {
    in.fault("end_date", "lies before start_date");
  }
  in.finish();
  return out;
}

/// The flag that the reference range gives; a stronger one of the same side may be sent.
void derive_flag(api::Input& in, json::object& out, const std::optional<std::string>& sent,
                 std::optional<double> low, std::optional<double> high) {
  const auto* value = out.if_contains("value");
  if (value == nullptr || !value->is_number() || (!low && !high)) {
    put(out, "flag", sent);
    return;
  }
  const double number = value->to_number<double>();
  const std::string derived = low && number < *low     ? "low"
                              : high && number > *high ? "high"
                                                       : "normal";
  if (!sent || *sent == derived) {
    out["flag"] = derived;
  } else if (*sent == "critical_" + derived || (*sent == "abnormal" && derived != "normal")) {
    out["flag"] = *sent;
  } else {
    in.fault("flag", "contradicts the reference range, which gives '" + derived + "'");
  }
}

json::object parse_lab_result(const json::object& item, const std::string& pointer,
                              std::vector<Fault>& faults) {
  api::Input in(item, pointer, faults);
  json::object out;
  put(out, "test", in.text("test", Need::required, kShort));
  number_or_text(in, out, "value", Need::required);
  put(out, "loinc", in.text("loinc", Need::optional, 20));
  put(out, "unit", in.text("unit", Need::optional, 50));
  const auto low = in.number("reference_low", Need::optional, -1e12, 1e12);
  const auto high = in.number("reference_high", Need::optional, -1e12, 1e12);
  put(out, "reference_low", low);
  put(out, "reference_high", high);
  if (low && high && *low > *high) in.fault("reference_high", "is below reference_low");
  put(out, "reference_text", in.text("reference_text", Need::optional, kShort));
  const auto flag =
      in.one_of("flag", Need::optional,
                {"low", "normal", "high", "critical_low", "critical_high", "abnormal"});
  derive_flag(in, out, flag, low, high);
  put(out, "taken_at", in.date_or_time("taken_at", Need::optional));
  in.finish();
  return out;
}

using ItemParser = json::object (*)(const json::object&, const std::string&, std::vector<Fault>&);

json::array parse_items(const json::array& in, const std::string& pointer, ItemParser parse,
                        std::vector<Fault>& faults) {
  json::array out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::string at = pointer + "/" + std::to_string(i);
    if (const auto* item = in[i].if_object()) {
      out.push_back(parse(*item, at, faults));
    } else {
      faults.push_back({at, "must be an object"});
    }
  }
  return out;
}

}  // namespace

json::object parse_vital_signs(const json::object& body, const std::string& pointer,
                               std::vector<Fault>& faults) {
  api::Input in(body, pointer, faults);
  json::object out;
  for (const auto& bound : kVitalBounds) {
    if (bound.whole) {
      const auto value =
          in.integer(bound.key, Need::optional, static_cast<std::int64_t>(bound.least),
                     static_cast<std::int64_t>(bound.most));
      if (value) out[json::string_view(bound.key.data(), bound.key.size())] = *value;
    } else {
      put(out, bound.key, in.number(bound.key, Need::optional, bound.least, bound.most));
    }
  }
  const auto* systolic = out.if_contains("systolic_mmhg");
  const auto* diastolic = out.if_contains("diastolic_mmhg");
  if (systolic != nullptr && diastolic != nullptr &&
      diastolic->to_number<double>() >= systolic->to_number<double>()) {
    in.fault("diastolic_mmhg", "must be below systolic_mmhg");
  }
  const auto* weight = out.if_contains("weight_kg");
  const auto* height = out.if_contains("height_cm");
  if (weight != nullptr && height != nullptr) {
    const double metres = height->to_number<double>() / 100;
    const double bmi = weight->to_number<double>() / (metres * metres);
    out["bmi"] = number_value(std::round(bmi * 10) / 10);
  }
  in.finish({"bmi"});
  return out;
}

json::array parse_prescriptions(const json::array& in, const std::string& pointer,
                                std::vector<Fault>& faults) {
  return parse_items(in, pointer, &parse_prescription, faults);
}

json::array parse_lab_results(const json::array& in, const std::string& pointer,
                              std::vector<Fault>& faults) {
  return parse_items(in, pointer, &parse_lab_result, faults);
}

}  // namespace wardbook::records
