#include "features/allergies/allergies.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "api/input.h"
#include "features/allergies/drug_names.h"
#include "features/allergies/reactions.h"
#include "text/key.h"

namespace wardbook::allergies {
namespace {

namespace json = boost::json;

struct Likeness {
  Match match = Match::same;
  bool weak = false;
  std::string why{};
};

template <class T>
std::optional<T> shared(const std::vector<T>& a, const std::vector<T>& b) {
  const auto found = std::ranges::find_first_of(a, b);
  return found == a.end() ? std::nullopt : std::optional<T>(*found);
}

bool in_table(const Named& named) {
  return !named.drugs.empty() || !named.groups.empty();
}

/// All words of one are words of the other. Initials alone say too little: `K` is no part of
/// vitamin K, and vitamin K none of vitamin C.
bool within(const std::vector<std::string>& few, const std::vector<std::string>& many) {
  constexpr std::size_t kTelling = 3;
  if (few.empty() || !std::ranges::includes(many, few)) return false;
  return few.size() == many.size() ||
         std::ranges::any_of(few, [](const auto& word) { return word.size() >= kTelling; });
}

/// Whether a name of this group, or the group as a whole, is what was meant.
bool means(const Named& allergen, int drug) {
  return std::ranges::find(allergen.drugs, drug) != allergen.drugs.end() ||
         shared(allergen.groups, groups_of(drug)).has_value();
}

std::optional<Likeness> contained(const Named& allergen, const Named& medicine) {
  for (const int drug : medicine.drugs) {
    for (const int inside : Table::get().contents_of(drug)) {
      if (means(allergen, inside)) {
        return Likeness{Match::contains, false, Table::get().name_of(inside)};
      }
    }
  }
  return std::nullopt;
}

/// What rules of cross-reactivity know a name by.
std::vector<int> ruled(const Named& named) {
  std::vector<int> out = named.drugs;
  for (const int group : named.groups) out.push_back(Table::as_whole(group));
  return out;
}

std::optional<Likeness> crossing(const Named& allergen, const Named& medicine,
                                 const Reaction& reaction) {
  std::optional<Likeness> best;
  for (const int from : ruled(allergen)) {
    for (const int to : ruled(medicine)) {
      const auto* rules = Table::get().cross(from, to);
      if (rules == nullptr) continue;
      for (const Cross& rule : *rules) {
        if (!applies(rule, reaction) || (best && !best->weak)) continue;
        best = Likeness{Match::cross, !rule.strong, rule.why};
      }
    }
  }
  return best;
}

/// An allergy, read.
struct Known {
  Read read;
  Reaction reaction;
  Grade grade = Grade::warning;
};

std::optional<Likeness> compare(const Known& known, std::size_t which, const Named& medicine) {
  const Named& allergen = known.read.said[which];
  if (shared(allergen.drugs, medicine.drugs)) return Likeness{};
  if (!allergen.groups.empty() && allergen.groups == medicine.groups) return Likeness{};
  if (const auto group = shared(allergen.all_groups, medicine.all_groups)) {
    return Likeness{Match::in_class, false, std::string(group_name(*group))};
  }
  if (auto found = contained(allergen, medicine)) return found;
  if (auto found = crossing(allergen, medicine, known.reaction)) return found;
  // What stands beside a known substance (a brand's surname) is not held against what stands beside
  // another.
  if (in_table(allergen) && in_table(medicine)) return std::nullopt;
  const bool same = (!in_table(allergen) && within(allergen.words, medicine.words)) ||
                    (!in_table(medicine) && within(medicine.words, allergen.words));
  return same ? std::optional(Likeness{}) : std::nullopt;
}

/// Whether the one is denied where the other is asked about: tolerated, or free of it.
bool denied(const std::vector<Named>& denials, const Named& name) {
  return std::ranges::any_of(denials, [&name](const Named& denial) {
    return shared(denial.drugs, name.drugs) || shared(denial.groups, name.all_groups) ||
           (!denial.words.empty() && within(denial.words, name.words));
  });
}

std::optional<Likeness> closest(const Known& known, const Read& medicine) {
  std::optional<Likeness> best;
  for (std::size_t i = 0; i < known.read.said.size(); ++i) {
    if (denied(medicine.denied, known.read.said[i])) continue;
    for (const auto& named : medicine.said) {
      auto found = compare(known, i, named);
      if (!found || (found->match != Match::same && denied(known.read.denied, named))) continue;
      if (found->match == Match::same) return found;
      if (!best || (best->weak && !found->weak)) best = std::move(found);
    }
  }
  return best;
}

Known known_of(const Allergen& allergen) {
  Known out;
  out.read = read(allergen.substance);
  out.reaction = reaction_of(allergen);
  out.grade = grade_of(allergen, out.reaction);
  return out;
}

Grade grade_of_finding(const Known& known, const Likeness& likeness) {
  if (!likeness.weak || known.grade == Grade::note) return known.grade;
  return known.grade == Grade::interrupting ? Grade::warning : Grade::note;
}

std::string text_of(const json::object& allergy, std::string_view key) {
  const auto* value = allergy.if_contains(json::string_view(key.data(), key.size()));
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string json_of(const json::object& allergy, std::string_view key) {
  const auto* value = allergy.if_contains(json::string_view(key.data(), key.size()));
  return value != nullptr ? json::serialize(*value) : "null";
}

std::string message_of(const std::string& substance, const std::string& medication,
                       const Finding& finding) {
  std::string out = "The patient is allergic to " + substance;
  switch (finding.match) {
    case Match::same:
      break;
    case Match::in_class:
      out += ", and " + medication + " is of the same group (" + finding.why + ")";
      break;
    case Match::contains:
      out += ", and " + medication + " may contain " + finding.why;
      break;
    case Match::cross:
      out += ", which may extend to " + medication + ": " + finding.why;
      break;
  }
  return out + ".";
}

std::string_view name_of(Match match) {
  switch (match) {
    case Match::same:
      return "same";
    case Match::in_class:
      return "class";
    case Match::contains:
      return "contains";
    case Match::cross:
      break;
  }
  return "cross";
}

std::string_view name_of(Grade grade) {
  switch (grade) {
    case Grade::note:
      return "note";
    case Grade::warning:
      return "warning";
    case Grade::interrupting:
      break;
  }
  return "interrupting";
}

}  // namespace

std::vector<Finding> check(const std::vector<Allergen>& allergens,
                           const std::vector<std::string>& medications) {
  std::vector<Known> known;
  for (const auto& allergen : allergens) known.push_back(known_of(allergen));
  std::vector<Finding> out;
  for (std::size_t m = 0; m < medications.size(); ++m) {
    const Read medicine = read(medications[m]);
    for (std::size_t s = 0; s < known.size(); ++s) {
      const auto found = closest(known[s], medicine);
      if (found)
        out.push_back({m, s, found->match, grade_of_finding(known[s], *found), found->why});
      if (out.size() == kMostFindings) return out;
    }
  }
  return out;
}

std::vector<std::string> ingredients_of(std::string_view medication) {
  std::vector<std::string> out;
  for (const auto& named : read(medication).said) {
    for (const int drug : named.drugs) out.push_back(Table::get().name_of(drug));
  }
  std::ranges::sort(out);
  const auto repeated = std::ranges::unique(out);
  out.erase(repeated.begin(), repeated.end());
  if (out.empty()) out.push_back(text::plain_key(medication));
  return out;
}

std::string warnings_json(std::string_view allergies, const std::vector<Prescribed>& lines,
                          const std::string& pointer) {
  if (lines.empty() || allergies.empty() || allergies == "[]") return "[]";
  const json::value parsed = json::parse(json::string_view(allergies.data(), allergies.size()));
  std::vector<const json::object*> known;
  std::vector<Allergen> allergens;
  for (const auto& item : parsed.as_array()) {
    const json::object& allergy = item.as_object();
    known.push_back(&allergy);
    allergens.push_back({text_of(allergy, "substance"), text_of(allergy, "reaction"),
                         text_of(allergy, "severity"), text_of(allergy, "type")});
  }
  std::vector<std::string> medications;
  for (const auto& line : lines) medications.push_back(line.medication);
  std::string out = "[";
  for (const Finding& finding : check(allergens, medications)) {
    if (out.size() > 1) out += ',';
    const auto& medication = medications[finding.medication];
    const auto& substance = allergens[finding.substance].substance;
    api::ObjectWriter warning(out);
    warning.text("code", "allergy");
    warning.text("severity", name_of(finding.grade));
    warning.text("pointer", pointer + "/" + std::to_string(finding.medication));
    warning.text("message", message_of(substance, medication, finding));
    warning.integer("item_id", lines[finding.medication].item_id);
    warning.text("medication", medication);
    warning.raw("allergy_id", json_of(*known[finding.substance], "id"));
    warning.text("substance", substance);
    warning.raw("allergy_severity", json_of(*known[finding.substance], "severity"));
    warning.raw("reaction", json_of(*known[finding.substance], "reaction"));
    warning.text("match", name_of(finding.match));
    warning.end();
  }
  return out + "]";
}

}  // namespace wardbook::allergies
