#include "features/chart/chart_series.h"

#include <map>

#include "text/key.h"

namespace wardbook::chart {
namespace {

void append_to_array(std::string& array, std::string_view json) {
  if (array.size() > 1) array += ',';
  array += json;
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

}  // namespace wardbook::chart
