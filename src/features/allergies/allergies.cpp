#include "features/allergies/allergies.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "api/input.h"
#include "features/allergies/drug_names.h"

namespace wardbook::allergies {
namespace {

namespace json = boost::json;

struct Likeness {
  Match match = Match::same;
  std::string_view group;
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

std::optional<Likeness> compare(const Named& allergen, const Named& medicine) {
  if (shared(allergen.drugs, medicine.drugs)) return Likeness{};
  if (!allergen.groups.empty() && allergen.groups == medicine.groups) return Likeness{};
  if (const auto group = shared(allergen.all_groups, medicine.all_groups)) {
    return Likeness{Match::in_class, group_name(*group)};
  }
  // What stands beside a known substance (a brand's surname) is not held against what stands beside
  // another.
  if (in_table(allergen) && in_table(medicine)) return std::nullopt;
  const bool same = (!in_table(allergen) && within(allergen.words, medicine.words)) ||
                    (!in_table(medicine) && within(medicine.words, allergen.words));
  return same ? std::optional(Likeness{}) : std::nullopt;
}

std::optional<Likeness> closest(const std::vector<Named>& allergens,
                                const std::vector<Named>& medicines) {
  std::optional<Likeness> best;
  for (const auto& allergen : allergens) {
    for (const auto& medicine : medicines) {
      const auto found = compare(allergen, medicine);
      if (found && found->match == Match::same) return found;
      if (found && !best) best = found;
    }
  }
  return best;
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
  if (finding.match == Match::in_class) {
    out += ", and " + medication + " is of the same group (" + std::string(finding.group) + ")";
  }
  return out + ".";
}

}  // namespace

std::vector<Finding> check(const std::vector<std::string>& substances,
                           const std::vector<std::string>& medications) {
  std::vector<std::vector<Named>> allergens;
  for (const auto& substance : substances) allergens.push_back(ingredients(substance));
  std::vector<Finding> out;
  for (std::size_t m = 0; m < medications.size(); ++m) {
    const auto medicines = ingredients(medications[m]);
    for (std::size_t s = 0; s < allergens.size(); ++s) {
      const auto found = closest(allergens[s], medicines);
      if (found) out.push_back({m, s, found->match, found->group});
      if (out.size() == kMostFindings) return out;
    }
  }
  return out;
}

std::string warnings_json(std::string_view allergies, const std::vector<Prescribed>& lines,
                          const std::string& pointer) {
  if (lines.empty() || allergies.empty() || allergies == "[]") return "[]";
  const json::value parsed = json::parse(json::string_view(allergies.data(), allergies.size()));
  std::vector<const json::object*> known;
  std::vector<std::string> substances;
  for (const auto& item : parsed.as_array()) {
    known.push_back(&item.as_object());
    substances.push_back(text_of(item.as_object(), "substance"));
  }
  std::vector<std::string> medications;
  for (const auto& line : lines) medications.push_back(line.medication);
  std::string out = "[";
  for (const Finding& finding : check(substances, medications)) {
    if (out.size() > 1) out += ',';
    const auto& medication = medications[finding.medication];
    const auto& substance = substances[finding.substance];
    api::ObjectWriter warning(out);
    warning.text("code", "allergy");
    warning.text("pointer", pointer + "/" + std::to_string(finding.medication));
    warning.text("message", message_of(substance, medication, finding));
    warning.integer("item_id", lines[finding.medication].item_id);
    warning.text("medication", medication);
    warning.raw("allergy_id", json_of(*known[finding.substance], "id"));
    warning.text("substance", substance);
    warning.raw("severity", json_of(*known[finding.substance], "severity"));
    warning.raw("reaction", json_of(*known[finding.substance], "reaction"));
    warning.text("match", finding.match == Match::same ? "same" : "class");
    warning.end();
  }
  return out + "]";
}

}  // namespace wardbook::allergies
