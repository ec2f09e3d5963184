#include "features/allergies/reactions.h"

#include <algorithm>
#include <array>

#include "text/key.h"

namespace wardbook::allergies {
namespace {

// Beginnings of words, in the languages of the demo's hospitals.
constexpr std::array<std::string_view, 18> kRash{
    "rash",       "exanthem", "eruption",  "erythema", "maculopapular", "dermatitis",
    "eczema",     "stevens",  "sjs",       "necrolys", "dress",         "blister",
    "sarpullido", "erupci",   "ausschlag", "eruptio",  "photosens",     "itch"};
constexpr std::array<std::string_view, 9> kAngioedema{
    "angioed",     "angio oed", "angiooed",      "quincke",        "lip swelling",
    "swelling of", "tongue",    "face swelling", "facial swelling"};
constexpr std::array<std::string_view, 14> kImmediate{
    "anaphyl", "urticaria", "hives",  "welts",       "shock",  "collapse", "hypotension",
    "anafil",  "urtica",    "choque", "nesselsucht", "throat", "syncope",  "schock"};
constexpr std::array<std::string_view, 11> kAirways{"bronchosp", "asthma",   "wheez", "dyspn",
                                                    "breath",    "respirat", "aerd",  "polyps",
                                                    "broncoesp", "atemnot",  "samter"};
constexpr std::array<std::string_view, 14> kSevere{
    "anaphyl", "stevens", "sjs",       "necrolys", "dress",   "shock",       "angioed",
    "anafil",  "arrest",  "agranuloc", "aplastic", "intubat", "life threat", "quincke"};
constexpr std::array<std::string_view, 22> kEffects{
    "nausea",   "vomit",     "diarrh",  "upset",     "constipat", "headache", "dizz",   "drows",
    "dyspeps",  "abdominal", "stomach", "gi ",       "cough",     "myalgia",  "muscle", "fatigue",
    "insomnia", "sedation",  "reflux",  "heartburn", "tiredness", "flush"};

template <std::size_t N>
bool says_one(std::string_view text, const std::array<std::string_view, N>& beginnings) {
  return std::ranges::any_of(beginnings, [text](std::string_view beginning) {
    for (auto at = text.find(beginning); at != std::string_view::npos;
         at = text.find(beginning, at + 1)) {
      if (at == 0 || text[at - 1] == ' ' || text[at - 1] == '(' || text[at - 1] == '/') return true;
    }
    return false;
  });
}

}  // namespace

Reaction reaction_of(const Allergen& allergen) {
  const std::string text = text::plain_key(allergen.reaction + " " + allergen.substance) + " ";
  Reaction out;
  out.rash = says_one(text, kRash);
  out.angioedema = says_one(text, kAngioedema);
  out.airways = says_one(text, kAirways);
  out.immediate = out.angioedema || out.airways || says_one(text, kImmediate);
  out.severe = says_one(text, kSevere) || allergen.severity == "severe" ||
               allergen.severity == "life_threatening";
  out.known = out.rash || out.immediate;
  const bool effect = says_one(text, kEffects);
  out.intolerance =
      allergen.type == "intolerance" || (allergen.type.empty() && effect && !out.known);
  return out;
}

bool applies(const Cross& rule, const Reaction& reaction) {
  if (reaction.intolerance) return false;
  if (rule.when == When::any) return true;
  if (!reaction.known) return !rule.must_be_said;
  switch (rule.when) {
    case When::rash:
      return reaction.rash;
    case When::angioedema:
      return reaction.angioedema;
    case When::immediate:
      return reaction.immediate;
    case When::airways:
      return reaction.airways;
    case When::any:
      break;
  }
  return true;
}

Grade grade_of(const Allergen& allergen, const Reaction& reaction) {
  if (reaction.intolerance || allergen.severity == "mild") return Grade::note;
  return reaction.severe ? Grade::interrupting : Grade::warning;
}

}  // namespace wardbook::allergies
