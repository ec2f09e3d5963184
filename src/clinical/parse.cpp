#include <algorithm>
#include <cmath>
#include <limits>

#include "base/json_elements.h"
#include "base/text.h"
#include "clinical/members.h"
#include "clinical/visit.h"
#include "text/input.h"

namespace wardbook::clinical {
namespace {

namespace json = boost::json;
using text::Input;
using Need = Input::Need;

/// Survived: 3.7 kg/m² by a newborn of 212 g and 24 cm (Singapore 2020), 204 by an adult of 610 kg
/// (Riyadh 2013). Beyond that one of the two is in another unit, or each is in the other's place.
constexpr double kLeastBmi = 2;
constexpr double kMostBmi = 300;

Need need_of(Needed needed) {
  return needed == Needed::always ? Need::required : Need::optional;
}

/// One to seven digits, a hyphen, a check digit (LOINC Users' Guide, "LOINC codes"). The check
/// digit is not recomputed: laboratories send codes of their own in this form.
bool is_loinc(std::string_view code) {
  if (code.size() < 3 || code.size() > 9 || code[code.size() - 2] != '-') return false;
  return is_digit(code.back()) && all_digits(code.substr(0, code.size() - 2));
}

template <class Of>
MaybeText take_text(Input& in, const Field<Of>& field) {
  const Need need = need_of(field.needed);
  if (field.form == Form::choice) {
    return in.one_of(field.name, need, {field.choices.begin(), field.choices.end()});
  }
  if (field.form == Form::time) return in.date_or_time(field.name, need);
  // What is needed some day may be missing, but not blank.
  const bool given = field.needed == Needed::complete && in.has(field.name);
  auto out = in.text(field.name, given ? Need::required : need,
                     static_cast<std::size_t>(field.most), field.form == Form::lines);
  if (out && field.form == Form::loinc && !is_loinc(*out)) {
    in.fault(field.name, "is not a LOINC code (such as 4548-4)");
  }
  return out;
}

template <class Of>
void take(Input& in, const Field<Of>& field, MaybeText& out) {
  out = take_text(in, field);
}
template <class Of>
void take(Input& in, const Field<Of>& field, std::string& out) {
  out = take_text(in, field).value_or("");
}
template <class Of>
void take(Input& in, const Field<Of>& field, std::optional<double>& out) {
  if (field.form == Form::derived) return;
  if (field.form != Form::whole) {
    out = in.number(field.name, need_of(field.needed), field.least, field.most);
    return;
  }
  const auto whole =
      in.integer(field.name, need_of(field.needed), static_cast<std::int64_t>(field.least),
                 static_cast<std::int64_t>(field.most));
  if (whole) out = static_cast<double>(*whole);
}
template <class Of>
void take(Input& in, const Field<Of>& field, std::optional<Amount>& out) {
  constexpr std::size_t kTextMost = 200;
  const auto* raw = in.raw(field.name);
  if (raw == nullptr) return;
  if (raw->is_string()) {
    if (auto text = in.text(field.name, Need::required, kTextMost)) out = std::move(*text);
  } else if (!raw->is_number()) {
    in.fault(field.name, "must be a number or a string");
  } else if (field.form != Form::more_than_least) {
    if (const auto number = in.number(field.name, Need::optional, field.least, field.most)) {
      out = *number;
    }
  } else if (const auto number = raw->template to_number<double>();
             number > field.least && number <= field.most) {
    out = number;
  } else {
    in.fault(field.name, "must be more than 0 and at most 1000000000000");
  }
}
template <class Of>
void take(Input& in, const Field<Of>& field, std::optional<Date>& out) {
  out = in.day(field.name, need_of(field.needed));
}
template <class Of>
void take(Input& in, const Field<Of>& field, bool& out) {
  out = in.boolean(field.name, need_of(field.needed)).value_or(false);
}
template <class Of, class Tag>
void take(Input& in, const Field<Of>& field, std::optional<Id<Tag>>& out) {
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  if (const auto id = in.integer(field.name, need_of(field.needed), 1, kLargest)) {
    out = Id<Tag>(*id);
  }
}

/// Lists and parts, which are read by readers of their own.
template <class Of, class ItemType>
void take(Input&, const Field<Of>&, std::vector<ItemType>&) {}
template <class Of>
void take(Input&, const Field<Of>&, VitalSigns&) {}

template <class Of>
void take_members(Input& in, Of& out) {
  for (const auto& field : TableOf<Of>::fields) {
    std::visit([&](const auto place) { take(in, field, out.*place); }, field.place);
  }
}

// ---- results against their range ----------------------------------------------------------------

/// Where a result lies: at one number, or beyond what the method measures ("<0.01", ">=500",
/// "≥500"). A comma is not read: 1,000 is a thousand here and one there.
struct Measured {
  double least;
  double most;
  bool open_least = false;  ///< more than `least`, not equal to it
  bool open_most = false;
};

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

/// nullopt for a text that is not a number: "positive".
std::optional<Measured> measured(const Amount& value) {
  if (const auto* number = std::get_if<double>(&value)) return Measured{*number, *number};
  std::string_view text = trimmed(std::get<std::string>(value), " ");
  char side = 0;
  bool open = true;
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
MaybeText flag_of(const Measured& m, std::optional<double> low, std::optional<double> high) {
  if (low && (m.most < *low || (m.most == *low && m.open_most))) return "low";
  if (high && (m.least > *high || (m.least == *high && m.open_least))) return "high";
  if ((!low || m.least >= *low) && (!high || m.most <= *high)) return "normal";
  return std::nullopt;
}

/// The flag that the reference range gives; a stronger one of the same side may be sent. One that
/// is sent back as it was is no claim of the sender's.
void derive_flag(Input& in, LabResult& out, const LabResult* before) {
  MaybeText derived;
  if (out.value && (out.reference_low || out.reference_high)) {
    if (const auto where = measured(*out.value)) {
      derived = flag_of(*where, out.reference_low, out.reference_high);
    }
  }
  if (!derived || out.flag == derived) return;
  const bool stronger = out.flag && (*out.flag == "critical_" + *derived ||
                                     (*out.flag == "abnormal" && *derived != "normal"));
  if (stronger) return;
  if (!out.flag || (before != nullptr && before->flag == out.flag)) {
    out.flag = derived;
    return;
  }
  in.fault("flag", "contradicts the reference range, which gives '" + *derived + "'");
}

void check(Input& in, LabResult& out, const LabResult* before) {
  if (out.reference_low && out.reference_high && *out.reference_low > *out.reference_high) {
    in.fault("reference_high", "is below reference_low");
  }
  derive_flag(in, out, before);
}

void check(Input& in, Prescription& out, const Prescription* /*before*/) {
  if (out.start_date && out.end_date &&
      std::chrono::sys_days(*out.end_date) < std::chrono::sys_days(*out.start_date)) {
    in.fault("end_date", "must not be before start_date");
  }
}

// ---- lists and parts ----------------------------------------------------------------------------

/// The item of `before` whose id was sent; nullptr without one, and with a fault.
template <class ItemType>
const ItemType* known_item(Input& in, const std::vector<ItemType>* before,
                           std::vector<std::int64_t>& seen) {
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  const auto id = in.integer("id", Need::optional, 1, kLargest);
  const auto version = in.integer("changed_in_version", Need::optional, 0, kLargest);
  const ItemType* found = nullptr;
  if (id && before != nullptr) {
    const auto at = std::ranges::find(*before, *id, &ItemType::id);
    if (at != before->end()) found = &*at;
  }
  if (id && found == nullptr) in.fault("id", "is not the id of an item of this list");
  if (id && std::ranges::find(seen, *id) != seen.end()) in.fault("id", "is listed twice");
  if (id) seen.push_back(*id);
  if (version && (found == nullptr || found->changed_in_version != *version)) {
    in.fault("changed_in_version", "is read-only");
  }
  return found;
}

template <class ItemType>
std::vector<ItemType> take_items(const json::array& list, const std::string& pointer,
                                 const std::vector<ItemType>* before, std::vector<Fault>& faults) {
  std::vector<ItemType> out;
  std::vector<std::int64_t> seen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string at = pointer + "/" + std::to_string(i);
    const auto* object = list[i].if_object();
    if (object == nullptr) {
      faults.push_back({at, "must be an object"});
      continue;
    }
    Input in(*object, at, faults);
    ItemType item;
    const ItemType* known = known_item(in, before, seen);
    if (known != nullptr) static_cast<Item&>(item) = *known;
    take_members(in, item);
    check(in, item, known);
    in.finish();
    out.push_back(std::move(item));
  }
  return out;
}

template <class Of, class Value>
void take_part(Input&, const Field<Of>&, Value&, const Value*, std::vector<Fault>&) {}

template <class ItemType>
void take_part(Input& in, const Field<Visit>& field, std::vector<ItemType>& out,
               const std::vector<ItemType>* before, std::vector<Fault>& faults) {
  const auto most = static_cast<std::size_t>(field.most);
  if (const auto* list = in.array(field.name, need_of(field.needed), most)) {
    out = take_items(*list, "/" + std::string(field.name), before, faults);
  }
}

void take_part(Input& in, const Field<Visit>& field, VitalSigns& out, const VitalSigns* /*before*/,
               std::vector<Fault>& faults) {
  const auto* object = in.object(field.name, need_of(field.needed));
  if (object == nullptr) return;
  Input signs(*object, "/" + std::string(field.name), faults);
  take_members(signs, out);
  if (out.systolic_mmhg && out.diastolic_mmhg && *out.diastolic_mmhg >= *out.systolic_mmhg) {
    signs.fault("diastolic_mmhg", std::string(kPressures.message));
  }
  if (out.weight_kg && out.height_cm) {
    const double metres = *out.height_cm / 100;
    const double bmi = *out.weight_kg / (metres * metres);
    if (bmi < kLeastBmi || bmi > kMostBmi) {
      signs.fault("weight_kg", std::string(kBodySize.message));
    }
    out.bmi = std::round(bmi * 10) / 10;
  }
  std::vector<std::string_view> derived;
  for (const auto& each : TableOf<VitalSigns>::fields) {
    if (each.form == Form::derived) derived.push_back(each.name);
  }
  signs.finish(derived);
}

// ---- what is missing ----------------------------------------------------------------------------

constexpr std::string_view kIsRequired = "is required";
constexpr std::string_view kNeedsDay = "is required when follow_up_required is true";

template <class Of>
void add_missing(const Of&, const Field<Of>&, const std::string&, std::vector<Fault>&);

template <class Value>
void add_missing_of(const Value&, const std::string&, std::vector<Fault>&) {}

template <class ItemType>
void add_missing_of(const std::vector<ItemType>& items, const std::string& pointer,
                    std::vector<Fault>& out) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (const auto& field : TableOf<ItemType>::fields) {
      add_missing(items[i], field, pointer + "/" + std::to_string(i), out);
    }
  }
}

template <class Of>
void add_missing(const Of& of, const Field<Of>& field, const std::string& at,
                 std::vector<Fault>& out) {
  const std::string pointer = at + "/" + std::string(field.name);
  if (field.needed == Needed::complete && value_json(field, of, kContentFormat).empty()) {
    out.push_back({pointer, std::string(kIsRequired)});
  }
  std::visit([&](const auto place) { add_missing_of(of.*place, pointer, out); }, field.place);
}

/// What the items of a list's text lack, as pointers below the list. Nothing is parsed.
template <class Value>
std::vector<std::string> missing_items(Value Visit::*, std::string_view) {
  return {};
}
template <class ItemType>
std::vector<std::string> missing_items(std::vector<ItemType> Visit::*, std::string_view list) {
  std::vector<std::string> out;
  const auto items = elements_of(list == "null" ? "[]" : list);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const JsonMembers members = members_of(items[i]);
    for (const auto& field : TableOf<ItemType>::fields) {
      if (field.needed != Needed::complete || member(members, field.name) != "null") continue;
      out.push_back("/" + std::to_string(i) + "/" + std::string(field.name));
    }
  }
  return out;
}

}  // namespace

Visit parse(const json::object& body, const Visit* before,
            const std::vector<std::string_view>& read_only, std::vector<Fault>& faults) {
  Input in(body, "", faults);
  Visit out;
  if (before != nullptr) out.last_item_id = before->last_item_id;
  for (const auto& field : TableOf<Visit>::fields) {
    std::visit(
        [&](const auto place) {
          take(in, field, out.*place);
          take_part(in, field, out.*place, before != nullptr ? &(before->*place) : nullptr, faults);
        },
        field.place);
  }
  in.finish(read_only);
  return out;
}

std::vector<Fault> incomplete(const Visit& visit) {
  std::vector<Fault> out;
  for (const auto& field : TableOf<Visit>::fields) add_missing(visit, field, "", out);
  if (visit.follow_up_required && !visit.follow_up_date) {
    out.push_back({"/follow_up_date", std::string(kNeedsDay)});
  }
  return out;
}

std::string incomplete_json(const JsonMembers& content) {
  std::string out = "[";
  const auto add = [&out](const std::string& pointer, std::string_view message) {
    if (out.size() > 1) out += ',';
    ObjectWriter writer(out);
    writer.text("pointer", pointer);
    writer.text("message", message);
    writer.end();
  };
  for (const auto& field : TableOf<Visit>::fields) {
    std::visit(
        [&](const auto place) {
          for (const auto& pointer : missing_items(place, member(content, field.name))) {
            add("/" + std::string(field.name) + pointer, kIsRequired);
          }
        },
        field.place);
  }
  if (member(content, "follow_up_required") == "true" &&
      member(content, "follow_up_date") == "null") {
    add("/follow_up_date", kNeedsDay);
  }
  return out + "]";
}

void check_template(const json::object& content, const std::string& pointer,
                    std::vector<Fault>& faults) {
  static const json::object kNeeded{
      {"patient_id", 1}, {"visit_date", "2000-01-01"}, {"visit_type", kVisitTypes.front()}};
  json::object visit = content;
  for (const auto& field : TableOf<Visit>::fields) {
    const json::string_view name(field.name.data(), field.name.size());
    if (field.in_templates || !visit.contains(name)) continue;
    faults.push_back({pointer + "/" + std::string(field.name), "is not for a template to fill"});
    visit.erase(name);
  }
  for (const auto& each : kNeeded) visit.insert(each);
  std::vector<Fault> inner;
  (void)parse(visit, nullptr, {}, inner);
  for (auto& fault : inner) faults.push_back({pointer + fault.pointer, std::move(fault.message)});
}

}  // namespace wardbook::clinical
