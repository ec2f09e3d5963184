#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clinical/lab_value.h"
#include "clinical/units.h"

/// Which test it is, and beyond which limits a result must be acted on at once: the tables of
/// src/clinical/data, which name their sources.
namespace wardbook::clinical {

/// A row of analytes.tsv.
struct Analyte {
  std::string name;
  bool monovalent = false;
};
/// By the LOINC code, else by the name; nullptr of a test that the table does not have.
[[nodiscard]] const Analyte* find_analyte(const std::optional<std::string>& loinc,
                                          std::string_view test);

/// A row of critical_limits.tsv.
struct CriticalLimits {
  std::string unit;
  std::optional<double> low;
  std::optional<double> high;
  std::string source;
};
/// What a result is held against.
struct Assay {
  std::optional<std::string> loinc;
  std::string test;
  std::optional<std::string> unit;
  LabValue value;
  int age_years = 0;  ///< of the patient, on the day of the sample
};
/// A result beyond a limit.
struct Beyond {
  int side = 0;  ///< -1 below, 1 above
  CriticalLimits limits;
};
/// nullopt of a result that is within the limits, or that the table cannot judge: another test, a
/// unit that cannot be converted, a text.
[[nodiscard]] std::optional<Beyond> beyond_critical(const Assay& assay);

/// Rows as they are in a file: those that are no comment, cut at tabs.
[[nodiscard]] std::vector<std::vector<std::string_view>> table_rows(std::string_view file);
/// A file of src/clinical/data. Throws std::logic_error when there is none.
[[nodiscard]] std::string_view data_file(std::string_view name);

}  // namespace wardbook::clinical
