#include "clinical/critical.h"

#include <algorithm>
#include <limits>
#include <map>
#include <span>
#include <stdexcept>

#include "base/embedded.h"
#include "base/text.h"
#include "text/key.h"

namespace wardbook::clinical {
namespace embedded {
extern const std::span<const EmbeddedFile> kFiles;
}

namespace {

struct Known {
  std::vector<Analyte> analytes;  ///< never moved once it is read: others point into it
  std::map<std::string, const Analyte*, std::less<>> by_loinc;
  std::map<std::string, const Analyte*, std::less<>> by_name;
};

const Known& known_analytes() {
  static const Known known = [] {
    Known out;
    const auto rows = table_rows(data_file("analytes.tsv"));
    out.analytes.reserve(rows.size());
    for (const auto& row : rows) {
      out.analytes.push_back({std::string(row.at(0)), row.at(1) == "1"});
      const Analyte* analyte = &out.analytes.back();
      for (const auto code : split(row.at(2), " ")) out.by_loinc.emplace(code, analyte);
      for (const auto name : split(row.at(3), "|")) {
        out.by_name.emplace(text::plain_key(name), analyte);
      }
    }
    return out;
  }();
  return known;
}

struct LimitRow {
  int from = 0;
  int below = 0;
  Unit unit;
  CriticalLimits limits;
};

std::optional<double> limit(std::string_view cell) {
  if (cell == "-") return std::nullopt;
  return parse_number<double>(cell).value();
}

using LimitTable = std::map<std::string, std::vector<LimitRow>, std::less<>>;

const LimitTable& critical_table() {
  static const LimitTable table = [] {
    LimitTable out;
    for (const auto& row : table_rows(data_file("critical_limits.tsv"))) {
      LimitRow read;
      read.from = parse_number<int>(row.at(1)).value();
      read.below = parse_number<int>(row.at(2)).value_or(std::numeric_limits<int>::max());
      read.unit = parse_unit(row.at(3)).value();
      read.limits = {std::string(row.at(3)), limit(row.at(4)), limit(row.at(5)),
                     std::string(row.at(6))};
      out[std::string(row.at(0))].push_back(std::move(read));
    }
    return out;
  }();
  return table;
}

/// The unit of a result; that of a number without a dimension (INR, pH) may be left out.
std::optional<Unit> unit_of(const Assay& assay, const Analyte& analyte) {
  if (!assay.unit || text::plain_key(*assay.unit).empty()) return Unit{"", 1};
  const auto unit = parse_unit(*assay.unit);
  if (!unit) return std::nullopt;
  return as_amount(*unit, analyte.monovalent);
}

}  // namespace

std::string_view data_file(std::string_view name) {
  const auto at = std::ranges::find(embedded::kFiles, name, &EmbeddedFile::path);
  if (at == embedded::kFiles.end()) throw std::logic_error("no such table: " + std::string(name));
  return at->bytes;
}

std::vector<std::vector<std::string_view>> table_rows(std::string_view file) {
  std::vector<std::vector<std::string_view>> out;
  for (const auto line : split(file, "\n")) {
    if (!line.empty() && !line.starts_with('#')) out.push_back(split(line, "\t"));
  }
  return out;
}

const Analyte* find_analyte(const std::optional<std::string>& loinc, std::string_view test) {
  const Known& known = known_analytes();
  if (loinc) {
    const auto by_code = known.by_loinc.find(*loinc);
    if (by_code != known.by_loinc.end()) return by_code->second;
    return nullptr;  // another code is another test, whatever it is called
  }
  const auto by_name = known.by_name.find(text::plain_key(test));
  return by_name == known.by_name.end() ? nullptr : by_name->second;
}

std::optional<Beyond> beyond_critical(const Assay& assay) {
  const Analyte* analyte = find_analyte(assay.loinc, assay.test);
  if (analyte == nullptr || assay.value.kind != LabValue::Kind::number) return std::nullopt;
  const auto rows = critical_table().find(analyte->name);
  const auto unit = unit_of(assay, *analyte);
  if (rows == critical_table().end() || !unit) return std::nullopt;
  for (const auto& row : rows->second) {
    if (assay.age_years < row.from || assay.age_years >= row.below) continue;
    LabValue value = assay.value;
    const auto number = converted(value.number, *unit, row.unit);
    if (!number) continue;
    value.number = *number;
    const int side = side_of(value, row.limits.low, row.limits.high).value_or(0);
    if (side == 0) return std::nullopt;
    return Beyond{side, row.limits};
  }
  return std::nullopt;
}

}  // namespace wardbook::clinical
