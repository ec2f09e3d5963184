#include "features/results/results_series.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "api/input.h"
#include "base/text.h"
#include "clinical/critical.h"
#include "clinical/lab_value.h"
#include "clinical/units.h"
#include "text/key.h"

namespace wardbook::results {
namespace {

namespace json = boost::json;

/// The codes with which each name is used.
using CodesOfNames = std::map<std::string, std::set<std::string>>;

CodesOfNames codes_of_names(const std::vector<Point>& points) {
  CodesOfNames out;
  for (const auto& point : points) {
    if (point.loinc) out[text::plain_key(point.test)].insert(*point.loinc);
  }
  return out;
}

/// What all results of one test have in common.
std::string test_key(const Point& point, const CodesOfNames& names) {
  if (point.loinc) return "loinc " + *point.loinc;
  const std::string name = text::plain_key(point.test);
  const auto codes = names.find(name);
  if (codes != names.end() && codes->second.size() == 1) return "loinc " + *codes->second.begin();
  return "name " + name;
}

/// A point's unit, where it is one that can be converted.
std::optional<clinical::Unit> unit_of(const Point& point) {
  if (!point.unit) return std::nullopt;
  const auto unit = clinical::parse_unit(*point.unit);
  if (!unit) return std::nullopt;
  const auto* analyte = clinical::find_analyte(point.loinc, point.test);
  return clinical::as_amount(*unit, analyte != nullptr && analyte->monovalent);
}

std::string unit_key(const Point& point) {
  if (const auto unit = unit_of(point)) return "dimension " + unit->dimension;
  return "unit " + text::plain_key(point.unit.value_or(""));
}

std::optional<double> turned(std::optional<double> value, const Point& from, const Point& to) {
  if (!value) return std::nullopt;
  const auto a = unit_of(from);
  const auto b = unit_of(to);
  return a && b ? clinical::converted(*value, *a, *b) : value;
}

json::value or_null(std::optional<double> number) {
  return number ? json::value(*number) : json::value(nullptr);
}
template <class Value>
json::value or_null(const std::optional<Value>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

/// The value in the unit of the newest result; a bound keeps its sign, a text stays as it is.
json::value value_in(const json::value& written, const Point& point, const Point& newest,
                     const text::NumberMarks& marks) {
  if (written.is_number()) return *turned(written.to_number<double>(), point, newest);
  const auto value = clinical::parse_lab_value(std::string_view(written.as_string()), marks);
  if (value.kind != clinical::LabValue::Kind::number) return written;
  const double number = *turned(value.number, point, newest);
  if (value.relation == clinical::LabValue::Relation::equal) return number;
  std::string out(clinical::to_string(value.relation));
  append_number(out, number);
  return json::value(out);
}

json::object point_json(const Point& point, const Point& newest, const text::NumberMarks& marks) {
  const json::value written = json::parse(point.value);
  const auto from = unit_of(point);
  const auto to = unit_of(newest);
  const bool converts = from && to && *from != *to;
  json::object out;
  out["at"] = format_rfc3339(point.at);
  out["value"] = value_in(written, point, newest, marks);
  out["flag"] = or_null(point.flag);
  out["reference_low"] = or_null(turned(point.low, point, newest));
  out["reference_high"] = or_null(turned(point.high, point, newest));
  out["record_id"] = or_null(point.record_id);
  out["result_id"] = or_null(point.result_id);
  out["status"] = or_null(point.status);
  out["entered"] = nullptr;
  if (converts) out["entered"] = {{"value", written}, {"unit", or_null(point.unit)}};
  return out;
}

json::object one_series(const std::vector<const Point*>& points, const text::NumberMarks& marks) {
  const Point& newest = *points.back();
  json::object out;
  out["test"] = std::string(trimmed(newest.test, " "));
  out["loinc"] = nullptr;
  out["unit"] = or_null(newest.unit);
  out["reference_low"] = nullptr;
  out["reference_high"] = nullptr;
  json::array shown;
  for (const auto* point : points) {
    if (point->loinc) out["loinc"] = *point->loinc;
    if (point->low || point->high) {
      out["reference_low"] = or_null(turned(point->low, *point, newest));
      out["reference_high"] = or_null(turned(point->high, *point, newest));
    }
    shown.push_back(point_json(*point, newest, marks));
  }
  out["points"] = std::move(shown);
  return out;
}

}  // namespace

std::string series_json(const std::vector<Point>& points, const std::optional<std::string>& asked,
                        const text::NumberMarks& marks) {
  const CodesOfNames names = codes_of_names(points);
  const std::string name = asked ? text::plain_key(*asked) : std::string();
  const std::string code = "loinc " + std::string(trimmed(asked.value_or(""), " "));
  // In the order of names and units, as a list of tests is read.
  std::map<std::pair<std::string, std::string>, std::vector<const Point*>> groups;
  std::set<std::string> wanted;
  for (const auto& point : points) {
    const std::string test = test_key(point, names);
    if (!asked || test == code || text::plain_key(point.test) == name) wanted.insert(test);
    groups[{test, unit_key(point)}].push_back(&point);
  }
  std::vector<std::pair<std::pair<std::string, std::string>, json::object>> all;
  for (const auto& [key, group] : groups) {
    if (!wanted.contains(key.first)) continue;
    const Point& newest = *group.back();
    all.emplace_back(
        std::pair(text::plain_key(newest.test), text::plain_key(newest.unit.value_or(""))),
        one_series(group, marks));
  }
  std::ranges::stable_sort(all, {}, [](const auto& each) { return each.first; });
  json::array out;
  for (auto& each : all) out.push_back(std::move(each.second));
  return api::canonical_json(out);
}

std::string latest_of(const std::vector<Point>& points) {
  const CodesOfNames names = codes_of_names(points);
  std::map<std::string, const Point*> newest;
  for (const auto& point : points) newest[test_key(point, names)] = &point;
  std::vector<std::pair<std::string, const Point*>> order;
  for (const auto& [key, point] : newest) order.emplace_back(text::plain_key(point->test), point);
  std::ranges::sort(order, [](const auto& a, const auto& b) {
    return a.second->at != b.second->at ? a.second->at > b.second->at : a.first < b.first;
  });
  json::array out;
  for (const auto& [name, point] : order) {
    json::object result = json::parse(point->item).as_object();
    if (point->result_id) {
      json::object filed;
      filed["id"] = *point->result_id;
      filed["changed_in_version"] = 1;
      for (const char* member : {"test", "value", "loinc", "unit", "reference_low",
                                 "reference_high", "reference_text", "flag", "taken_at"}) {
        filed[member] = result[member];
      }
      result = std::move(filed);
    }
    out.push_back({{"record_id", or_null(point->record_id)},
                   {"result_id", or_null(point->result_id)},
                   {"status", or_null(point->status)},
                   {"at", format_rfc3339(point->at)},
                   {"result", std::move(result)}});
  }
  return api::canonical_json(out);
}

}  // namespace wardbook::results
