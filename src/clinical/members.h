#pragma once

// Inside of the layer: what is done with the rows of any table.

#include <boost/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json_text.h"
#include "clinical/fields.h"

namespace wardbook::clinical {

template <class Of>
struct TableOf;
template <>
struct TableOf<Visit> {
  static constexpr std::span<const Field<Visit>> fields{kVisitFields};
};
template <>
struct TableOf<Prescription> {
  static constexpr std::span<const Field<Prescription>> fields{kPrescriptionFields};
};
template <>
struct TableOf<LabResult> {
  static constexpr std::span<const Field<LabResult>> fields{kLabResultFields};
};
template <>
struct TableOf<VitalSigns> {
  static constexpr std::span<const Field<VitalSigns>> fields{kVitalSignFields};
};

/// A member of an object that is being written.
struct Written {
  std::string_view name;
  std::string json;  ///< empty: absent
};

// ---- values as JSON: nothing is written of what is absent ---------------------------------------

void append_json(std::string& out, const MaybeText& value, int format);
void append_json(std::string& out, const std::string& value, int format);
void append_json(std::string& out, const std::optional<double>& value, int format);
void append_json(std::string& out, const std::optional<Amount>& value, int format);
void append_json(std::string& out, const std::optional<Date>& value, int format);
void append_json(std::string& out, bool value, int format);
void append_json(std::string& out, const std::vector<Prescription>& items, int format);
void append_json(std::string& out, const std::vector<LabResult>& items, int format);
void append_json(std::string& out, const VitalSigns& signs, int format);
template <class Tag>
void append_json(std::string& out, const std::optional<Id<Tag>>& id, int format) {
  static_cast<void>(format);
  if (id) out += std::to_string(id->value);
}

template <class Of>
std::string value_json(const Field<Of>& field, const Of& of, int format) {
  std::string out;
  std::visit([&](const auto place) { append_json(out, of.*place, format); }, field.place);
  return out;
}

/// The fields that the format has, in the table's order.
template <class Of>
std::vector<Written> members(std::span<const Field<Of>> fields, const Of& of, int format) {
  std::vector<Written> out;
  for (const auto& field : fields) {
    if (field.since <= format) out.push_back({field.name, value_json(field, of, format)});
  }
  return out;
}

enum class Absent { left_out, null };
/// An object with sorted members.
void append_object(std::string& out, std::vector<Written> members, Absent absent);

std::vector<Written> item_members(const Prescription& item, int format);
std::vector<Written> item_members(const LabResult& item, int format);

std::string diagnosis_json(const CodedDiagnosis& diagnosis);

/// Format 1: of a table's fields those that the format has, null where there is none; diagnoses
/// and last_item_id. Formats that only add fields have the same writer. (A table is given by
/// tests.)
template <class Of>
std::string canonical_of(std::span<const Field<Of>> fields, const Of& visit, int format) {
  std::vector<Written> all = members(fields, visit, format);
  std::string diagnoses = "[";
  for (const auto& diagnosis : visit.diagnoses) {
    if (diagnoses.size() > 1) diagnoses += ',';
    diagnoses += diagnosis_json(diagnosis);
  }
  all.push_back({"diagnoses", diagnoses + "]"});
  all.push_back({"last_item_id", std::to_string(visit.last_item_id)});
  std::string out;
  append_object(out, std::move(all), Absent::null);
  return out;
}

// ---- values of JSON that this program wrote -----------------------------------------------------

void load(const boost::json::value& json, MaybeText& out);
void load(const boost::json::value& json, std::string& out);
void load(const boost::json::value& json, std::optional<double>& out);
void load(const boost::json::value& json, std::optional<Amount>& out);
void load(const boost::json::value& json, std::optional<Date>& out);
void load(const boost::json::value& json, bool& out);
void load(const boost::json::value& json, std::vector<Prescription>& out);
void load(const boost::json::value& json, std::vector<LabResult>& out);
void load(const boost::json::value& json, VitalSigns& out);
template <class Tag>
void load(const boost::json::value& json, std::optional<Id<Tag>>& out) {
  out = Id<Tag>(json.to_number<std::int64_t>());
}

template <class Of>
void load_members(std::span<const Field<Of>> fields, const boost::json::object& json, Of& of) {
  for (const auto& field : fields) {
    const auto* value = json.if_contains({field.name.data(), field.name.size()});
    if (value == nullptr || value->is_null()) continue;
    std::visit([&](const auto place) { load(*value, of.*place); }, field.place);
  }
}

}  // namespace wardbook::clinical
