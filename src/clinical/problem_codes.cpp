#include "clinical/problem_codes.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "clinical/critical.h"

namespace wardbook::clinical {
namespace {

constexpr std::size_t kCategory = 3;  // letters of one
constexpr std::size_t kWithSeventh = 7;

struct CodeRange {
  std::string first;
  std::string last;
  ProblemCode code;
};

std::string bare(std::string_view code) {
  std::string out = upper_case(code);
  std::erase(out, '.');
  return out;
}

const std::vector<CodeRange>& code_ranges() {
  static const std::vector<CodeRange> ranges = [] {
    std::vector<CodeRange> out;
    for (const auto& row : table_rows(data_file("problem_codes.tsv"))) {
      CodeRange range{bare(row.at(0)), bare(row.at(1)), {}};
      const std::string_view kind = row.at(2);
      using enum ProblemCode::Kind;
      range.code.kind = kind == "encounter"      ? encounter
                        : kind == "self_limited" ? self_limited
                                                 : chronic;
      range.code.one = kind == "one";
      range.code.days = parse_number<int>(row.at(3));
      out.push_back(std::move(range));
    }
    return out;
  }();
  return ranges;
}

/// How exactly a range names a code: by how many letters, and how narrow it is; 0 where it does
/// not.
std::size_t fit(const CodeRange& range, const std::string& code) {
  const std::string prefix = code.substr(0, range.first.size());
  if (prefix.size() < range.first.size() || prefix < range.first) return 0;
  if (code.substr(0, range.last.size()) > range.last) return 0;
  return range.first.size() * 2 + (range.first == range.last ? 1 : 0);
}

/// An injury's seventh character says which time it is seen (A at first, D again, S what is left of
/// it); the X before it only fills its place.
std::string without_encounter(const std::string& code) {
  const bool has_seventh =
      code.size() == kWithSeventh && !code.empty() &&
      (code.front() >= 'S' || code.starts_with("M80") || code.starts_with("M84"));
  if (!has_seventh) return code;
  std::string out = code.substr(0, kWithSeventh - 1);
  while (out.size() > kCategory && out.back() == 'X') out.pop_back();
  return out;
}

/// A fourth character of 9 is "unspecified" or "without complications" throughout ICD-10-CM.
bool unspecified(const std::string& code) {
  return code.size() == kCategory || (code.size() > kCategory && code[kCategory] == '9');
}

}  // namespace

ProblemCode problem_code(std::string_view icd_code) {
  const std::string code = bare(icd_code);
  ProblemCode out;
  std::size_t best = 0;
  for (const auto& range : code_ranges()) {
    const std::size_t how = fit(range, code);
    if (how == 0 || how < best) continue;
    best = how;
    out = range.code;
  }
  // What an injury left behind (seventh character S) stays.
  if (code.size() == kWithSeventh && code.front() == 'S' && code.back() == 'S') return {};
  return out;
}

bool one_problem(std::string_view a, std::string_view b) {
  const std::string x = without_encounter(bare(a));
  const std::string y = without_encounter(bare(b));
  if (x == y || x.starts_with(y) || y.starts_with(x)) return true;
  if (x.substr(0, kCategory) != y.substr(0, kCategory)) return false;
  return problem_code(a).one ||
         (x.front() != 'S' && x.front() != 'T' && (unspecified(x) || unspecified(y)));
}

bool more_exact(std::string_view b, std::string_view a) {
  const std::string x = without_encounter(bare(a));
  const std::string y = without_encounter(bare(b));
  if (x == y) return false;
  if (unspecified(x) != unspecified(y)) return unspecified(x);
  return y.size() >= x.size();
}

}  // namespace wardbook::clinical
