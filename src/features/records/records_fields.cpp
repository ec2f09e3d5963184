#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "api/input.h"
#include "base/text.h"
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
    // Neonatal supraventricular tachycardia reaches 300. A ventricular rate of 480 is on record
    // (Chhabra, Indian Pacing Electrophysiol J 2012), but no pulse to be counted comes of that. The
    // slowest resting pulse is 26 (Guinness 2014); 10 is below survived bradycardia.
    Bound{"pulse_bpm", 10, 350, false},
    // Newborns in distress breathe up to 120 times a minute (WHO, Pocket Book of Hospital Care for
    // Children, 2013: fast is from 60); 1 is deep opioid poisoning just before arrest.
    Bound{"respiratory_rate_per_min", 1, 120, false},
    // Survived: 11.8 °C by a child, 13.7 °C by an adult (Zafren, Wilderness Environ Med 2020),
    // 46.5 °C (Slovis, Ann Emerg Med 1982).
    Bound{"temperature_c", 11, 47, false},
    // Survived arterial saturation on Everest: 34 to 70 % (Grocott, N Engl J Med 2009). What an
    // oximeter shows below 70 is not calibrated (ISO 80601-2-61), but is written down as shown.
    Bound{"spo2_percent", 10, 100, false},
    // Smallest surviving newborn 212 g (Singapore 2020), heaviest person 635 kg (Seattle 1978).
    Bound{"weight_kg", 0.2, 650, false},
    // Tallest person 272 cm (Wadlow, 1940); the smallest surviving newborns measure over 20 cm.
    Bound{"height_cm", 20, 275, false},
    Bound{"pain_score", 0, 10, true},  // numeric rating scale, 0 to 10
    // Survived: 2,656 mg/dL (Guinness 1995); severe hypoglycaemia is below 10.
    Bound{"glucose_mg_dl", 5, 2'700, false},
};

/// Survived: 3.7 kg/m² by a newborn of 212 g and 24 cm (Singapore 2020), 204 by an adult of 610 kg
/// (Riyadh 2013). Beyond that one of the two is in another unit, or each is in the other's place.
constexpr double kLeastBmi = 2;
constexpr double kMostBmi = 300;

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

constexpr double kNumberMost = 1e12;

/// A number, or a short text ("positive", "30 tablets").
void number_or_text(api::Input& in, json::object& out, std::string_view key, Need need) {
  const auto* raw = in.raw(key);
  if (raw != nullptr && raw->is_number()) {
    put(out, key, in.number(key, need, -kNumberMost, kNumberMost));
  } else if (raw != nullptr && !raw->is_string()) {
    in.fault(key, "must be a number or a string");
  } else {
    put(out, key, in.text(key, raw != nullptr ? Need::required : need, kShort));
  }
}

void parse_quantity(api::Input& in, json::object& out) {
  const auto* raw = in.raw("quantity");
  if (raw == nullptr || !raw->is_number())
    return number_or_text(in, out, "quantity", Need::optional);
  const auto quantity = raw->to_number<double>();
  if (!(quantity > 0 && quantity <= kNumberMost)) {
    return in.fault("quantity", "must be more than 0 and at most 1000000000000");
  }
  put(out, "quantity", quantity);
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
  parse_quantity(in, out);
  if (const auto refills = in.integer("refills", Need::optional, 0, 99)) out["refills"] = *refills;
  put(out, "instructions", in.text("instructions", Need::optional, kLong, true));
  const auto start = in.day("start_date", Need::optional);
  const auto end = in.day("end_date", Need::optional);
  if (start) out["start_date"] = format_date(*start);
  if (end) out["end_date"] = format_date(*end);
  if (start && end && std::chrono::sys_days(*end) < std::chrono::sys_days(*start)) {
    in.fault("end_date", "lies before start_date");
  }
  in.finish();
  return out;
}

/// One to seven digits, a hyphen, a check digit (LOINC Users' Guide, "LOINC codes"). The check
/// digit is not recomputed: laboratories send codes of their own in this form.
bool is_loinc(std::string_view code) {
  if (code.size() < 3 || code.size() > 9 || code[code.size() - 2] != '-') return false;
  return is_digit(code.back()) && all_digits(code.substr(0, code.size() - 2));
}

/// Where a result lies: at one number, or beyond what the method measures ("<0.01", ">=500",
/// "≥500"). A comma is not read: 1,000 is a thousand here and one there.
struct Measured {
  double least;
  double most;
  bool open_least = false;  ///< more than `least`, not equal to it
  bool open_most = false;
};

/// nullopt for what is no number: "positive".
std::optional<Measured> measured(const json::value& value) {
  if (value.is_number()) {
    const auto number = value.to_number<double>();
    return Measured{number, number};
  }
  const auto& string = value.get_string();
  std::string_view text(string.data(), string.size());
  text = trimmed(text, " ");
  char side = 0;
  bool open = true;
  struct Sign {
    std::string_view text;
    char side;
    bool open;
  };
  constexpr std::array<Sign, 6> kSigns{{{"<=", '<', false},
                                        {">=", '>', false},
                                        {"\u2264", '<', false},
                                        {"\u2265", '>', false},
                                        {"<", '<', true},
                                        {">", '>', true}}};
  const auto* sign = std::ranges::find_if(
      kSigns, [text](const Sign& each) { return text.starts_with(each.text); });
  if (sign != kSigns.end()) {
    side = sign->side;
    open = sign->open;
    text.remove_prefix(sign->text.size());
    text = trimmed(text, " ");
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto read = parse_number<double>(text);
  if (!read || !std::isfinite(*read)) return std::nullopt;
  const double number = *read;
  constexpr double kEndless = std::numeric_limits<double>::infinity();
  if (side == '<') return Measured{-kEndless, number, true, open};
  if (side == '>') return Measured{number, kEndless, open, true};
  return Measured{number, number};
}

/// What a reference range says of a result; nullopt where it cannot tell ("<5" of 3 to 7).
std::optional<std::string> flag_of(const Measured& m, std::optional<double> low,
                                   std::optional<double> high) {
  if (low && (m.most < *low || (m.most == *low && m.open_most))) return "low";
  if (high && (m.least > *high || (m.least == *high && m.open_least))) return "high";
  if ((!low || m.least >= *low) && (!high || m.most <= *high)) return "normal";
  return std::nullopt;
}

/// The flag that the reference range gives; a stronger one of the same side may be sent.
void derive_flag(api::Input& in, json::object& out, const std::optional<std::string>& sent,
                 std::optional<double> low, std::optional<double> high) {
  const auto* value = out.if_contains("value");
  std::optional<std::string> derived;
  if (value != nullptr && (low || high)) {
    if (const auto where = measured(*value)) derived = flag_of(*where, low, high);
  }
  if (!derived || !sent || *sent == *derived) {
    put(out, "flag", derived ? derived : sent);
  } else if (*sent == "critical_" + *derived || (*sent == "abnormal" && *derived != "normal")) {
    out["flag"] = *sent;
  } else {
    in.fault("flag", "contradicts the reference range, which gives '" + *derived + "'");
  }
}

json::object parse_lab_result(const json::object& item, const std::string& pointer,
                              std::vector<Fault>& faults) {
  api::Input in(item, pointer, faults);
  json::object out;
  put(out, "test", in.text("test", Need::required, kShort));
  number_or_text(in, out, "value", Need::required);
  const auto loinc = in.text("loinc", Need::optional, 20);
  if (loinc && !is_loinc(*loinc)) in.fault("loinc", "is not a LOINC code (such as 4548-4)");
  put(out, "loinc", loinc);
  put(out, "unit", in.text("unit", Need::optional, 50));
  const auto low = in.number("reference_low", Need::optional, -kNumberMost, kNumberMost);
  const auto high = in.number("reference_high", Need::optional, -kNumberMost, kNumberMost);
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
    in.fault("diastolic_mmhg", std::string(kPressures.message));
  }
  const auto* weight = out.if_contains("weight_kg");
  const auto* height = out.if_contains("height_cm");
  if (weight != nullptr && height != nullptr) {
    const double metres = height->to_number<double>() / 100;
    const double bmi = weight->to_number<double>() / (metres * metres);
    if (bmi < kLeastBmi || bmi > kMostBmi) in.fault("weight_kg", std::string(kBodySize.message));
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
