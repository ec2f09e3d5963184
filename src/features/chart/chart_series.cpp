#include "features/chart/chart_series.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "api/input.h"
#include "base/text.h"
#include "text/key.h"

namespace wardbook::chart {
namespace {

void append_to_array(std::string& array, std::string_view json) {
  if (array.size() > 1) array += ',';
  array += json;
}

struct Series {
  std::string test;
  std::optional<std::string> loinc;
  std::optional<std::string> unit;
  std::optional<std::string> low;
  std::optional<std::string> high;
  std::string points = "[";
};

void append_series(std::string& out, const Series& series) {
  if (out.size() > 1) out += ',';
  api::ObjectWriter json(out);
  json.text("test", series.test);
  json.text("loinc", series.loinc);
  json.text("unit", series.unit);
  json.raw("reference_low", series.low.value_or(""));
  json.raw("reference_high", series.high.value_or(""));
  json.raw("points", series.points + "]");
  json.end();
}

}  // namespace

Medication current_medication(const std::vector<Prescribed>& prescribed) {
  Medication out{"[", {}};
  // What nobody has signed hides nothing that somebody has.
  std::map<std::pair<bool, std::string>, RecordId> newest;
  for (const auto& one : prescribed) {
    const auto [at, fresh] = newest.emplace(
        std::pair(one.is_unsigned, text::plain_key(one.line.medication)), one.record);
    if (one.is_unsigned && at->second != one.record) continue;
    append_to_array(out.json, one.json);
    out.lines.push_back(one.line);
  }
  out.json += ']';
  return out;
}

std::string latest_results(const std::vector<TimedResult>& results) {
  std::set<std::string> seen;
  std::vector<std::pair<std::string, const TimedResult*>> newest;
  for (const auto& one : results) {
    auto key = text::plain_key(one.test);
    if (seen.insert(key).second) newest.emplace_back(std::move(key), &one);
  }
  std::ranges::stable_sort(newest, [](const auto& a, const auto& b) {
    return a.second->at != b.second->at ? a.second->at > b.second->at : a.first < b.first;
  });
  std::string out = "[";
  for (const auto& one : newest) append_to_array(out, one.second->json);
  return out + "]";
}

std::string lab_series(const std::vector<Point>& points, const std::optional<std::string>& asked) {
  const auto name = asked ? text::plain_key(*asked) : std::string();
  const auto code = std::string(trimmed(asked.value_or(""), " "));
  std::map<std::pair<std::string, std::string>, Series> all;
  for (const auto& point : points) {
    auto key = text::plain_key(point.test);
    if (asked && key != name && point.loinc != code) continue;
    auto& series = all[{std::move(key), text::plain_key(point.unit.value_or(""))}];
    series.test = trimmed(point.test, " ");
    series.unit = point.unit;
    if (point.loinc) series.loinc = point.loinc;
    if (point.low || point.high) {
      series.low = point.low;
      series.high = point.high;
    }
    append_to_array(series.points, point.json);
  }
  std::string out = "[";
  for (const auto& one : all) append_series(out, one.second);
  return out + "]";
}

}  // namespace wardbook::chart
