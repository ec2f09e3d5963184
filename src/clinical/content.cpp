#include <algorithm>
#include <array>

#include "clinical/members.h"
#include "clinical/visit.h"

namespace wardbook::clinical {
namespace {

namespace json = boost::json;

template <class ItemType>
void append_items(std::string& out, const std::vector<ItemType>& items, int format) {
  out += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ',';
    append_object(out, item_members(items[i], format), Absent::left_out);
  }
  out += ']';
}

template <class ItemType>
std::vector<Written> members_of_item(const ItemType& item, int format) {
  std::vector<Written> out = members(TableOf<ItemType>::fields, item, format);
  if (item.id != 0) out.push_back({"id", std::to_string(item.id)});
  if (item.changed_in_version != 0) {
    out.push_back({"changed_in_version", std::to_string(item.changed_in_version)});
  }
  return out;
}

template <class ItemType>
void load_items(const json::value& in, std::vector<ItemType>& out) {
  for (const auto& value : in.as_array()) {
    const json::object& object = value.as_object();
    ItemType item;
    load_members(TableOf<ItemType>::fields, object, item);
    if (const auto* id = object.if_contains("id")) item.id = id->to_number<std::int64_t>();
    if (const auto* version = object.if_contains("changed_in_version")) {
      item.changed_in_version = version->to_number<std::int64_t>();
    }
    out.push_back(std::move(item));
  }
}

std::string text_of(const json::value& value) {
  const auto& text = value.as_string();
  return {text.data(), text.size()};
}

CodedDiagnosis load_diagnosis(const json::object& in) {
  CodedDiagnosis out;
  out.id = DiagnosisId(in.at("id").to_number<std::int64_t>());
  out.icd_code = text_of(in.at("icd_code"));
  out.diagnosis_name = text_of(in.at("diagnosis_name"));
  out.diagnosis_type = text_of(in.at("diagnosis_type"));
  out.status = text_of(in.at("status"));
  if (const auto& notes = in.at("notes"); notes.is_string()) out.notes = text_of(notes);
  return out;
}

template <class ItemType>
void settle_items(std::vector<ItemType>& items, const std::vector<ItemType>& before,
                  std::int64_t version, std::int64_t& last_id) {
  for (auto& item : items) {
    if (item.id == 0) {
      item.id = ++last_id;
      item.changed_in_version = version;
      continue;
    }
    const auto was = std::ranges::find(before, item.id, &ItemType::id);
    if (was != before.end()) item.changed_in_version = was->changed_in_version;
    if (was == before.end() || !(*was == item)) item.changed_in_version = version;
  }
}

}  // namespace

void append_json(std::string& out, const MaybeText& value, int /*format*/) {
  if (value) out += quoted(*value);
}
void append_json(std::string& out, const std::string& value, int /*format*/) {
  out += quoted(value);
}
void append_json(std::string& out, const std::optional<double>& value, int /*format*/) {
  if (value) append_number(out, *value);
}
void append_json(std::string& out, const std::optional<Amount>& value, int format) {
  if (!value) return;
  if (const auto* number = std::get_if<double>(&*value)) {
    append_number(out, *number);
  } else {
    append_json(out, std::get<std::string>(*value), format);
  }
}
void append_json(std::string& out, const std::optional<Date>& value, int /*format*/) {
  if (value) out += quoted(format_date(*value));
}
void append_json(std::string& out, bool value, int /*format*/) {
  out += value ? "true" : "false";
}
void append_json(std::string& out, const std::vector<Prescription>& items, int format) {
  append_items(out, items, format);
}
void append_json(std::string& out, const std::vector<LabResult>& items, int format) {
  append_items(out, items, format);
}
void append_json(std::string& out, const VitalSigns& signs, int format) {
  append_object(out, members(TableOf<VitalSigns>::fields, signs, format), Absent::left_out);
}

void append_object(std::string& out, std::vector<Written> members, Absent absent) {
  std::ranges::sort(members, {}, &Written::name);
  out += '{';
  bool first = true;
  for (const auto& member : members) {
    if (member.json.empty() && absent == Absent::left_out) continue;
    if (!first) out += ',';
    first = false;
    out += '"';
    out += member.name;
    out += "\":";
    out += member.json.empty() ? std::string_view("null") : std::string_view(member.json);
  }
  out += '}';
}

std::vector<Written> item_members(const Prescription& item, int format) {
  return members_of_item(item, format);
}
std::vector<Written> item_members(const LabResult& item, int format) {
  return members_of_item(item, format);
}

std::string diagnosis_json(const CodedDiagnosis& d) {
  std::string out;
  ObjectWriter writer(out);  // the keys in their sorted order
  writer.text("diagnosis_name", d.diagnosis_name);
  writer.text("diagnosis_type", d.diagnosis_type);
  writer.text("icd_code", d.icd_code);
  writer.integer("id", d.id.value);
  writer.text("notes", d.notes);
  writer.text("status", d.status);
  writer.end();
  return out;
}

void load(const json::value& in, MaybeText& out) {
  out = text_of(in);
}
void load(const json::value& in, std::string& out) {
  out = text_of(in);
}
void load(const json::value& in, std::optional<double>& out) {
  out = in.to_number<double>();
}
void load(const json::value& in, std::optional<Amount>& out) {
  if (in.is_string()) {
    out = text_of(in);
  } else {
    out = in.to_number<double>();
  }
}
void load(const json::value& in, std::optional<Date>& out) {
  out = parse_date(text_of(in));
}
void load(const json::value& in, bool& out) {
  out = in.as_bool();
}
void load(const json::value& in, std::vector<Prescription>& out) {
  load_items(in, out);
}
void load(const json::value& in, std::vector<LabResult>& out) {
  load_items(in, out);
}
void load(const json::value& in, VitalSigns& out) {
  load_members(TableOf<VitalSigns>::fields, in.as_object(), out);
}

std::string canonical(const Visit& visit, int format) {
  return canonical_of(TableOf<Visit>::fields, visit, format);
}

Visit read(std::string_view content) {
  const json::value parsed = json::parse({content.data(), content.size()});
  const json::object& object = parsed.as_object();
  Visit out;
  load_members(TableOf<Visit>::fields, object, out);
  if (const auto* diagnoses = object.if_contains("diagnoses")) {
    for (const auto& each : diagnoses->as_array()) {
      out.diagnoses.push_back(load_diagnosis(each.as_object()));
    }
  }
  if (const auto* last = object.if_contains("last_item_id")) {
    out.last_item_id = last->to_number<std::int64_t>();
  }
  return out;
}

json::object writable(const Visit& visit) {
  Visit plain = visit;
  plain.vital_signs.bmi.reset();
  json::object out = parse_json(canonical(plain, kContentFormat)).as_object();
  out.erase("diagnoses");
  out.erase("last_item_id");
  return out;
}

void settle(Visit& visit, const Visit& before, std::int64_t version) {
  visit.last_item_id = before.last_item_id;
  settle_items(visit.prescriptions, before.prescriptions, version, visit.last_item_id);
  settle_items(visit.lab_results, before.lab_results, version, visit.last_item_id);
}

}  // namespace wardbook::clinical
