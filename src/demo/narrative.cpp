#include "demo/narrative.h"

#include <boost/json/serialize.hpp>

namespace wardbook::demo {
namespace {

using Places = std::vector<std::pair<std::string, std::string>>;

const Phrases kWork = {"work",        "the office",        "the warehouse", "the shop",
                       "the factory", "the building site", "home",          "the school"};
const Phrases kWellLook = {"Alert, in no distress.", "Looks well, comfortable at rest.",
                           "Well nourished, walks without help.", "In good general condition.",
                           "Friendly and oriented, skin warm and dry."};
const Phrases kIllLook = {"Looks tired, oriented.", "Flushed, in mild distress.",
                          "Uncomfortable, speaks in full sentences.",
                          "Reduced general condition, alert."};
const Phrases kElsewhere = {
    "Heart and lungs normal.",           "Abdomen soft, no masses.",
    "No lymph nodes, no rash.",          "Neurologically without gross deficit.",
    "Skin and mucosa without findings.", "No oedema.",
    "Lungs clear, rhythm regular."};
const Phrases kByVideo = {
    "By video: speaks in full sentences and looks well. Not examined in person.",
    "Video visit; breathing at ease, no visible swelling. Signs as measured at home."};
const Phrases kClosing = {
    "No other complaints.",          "No recent travel.",
    "Appetite and sleep unchanged.", "Takes no remedies besides those listed.",
    "Questions were answered.",      "Well informed about the condition."};
const Phrases kGrownUp = {"Lives with family, manages daily life alone.", "Does not smoke.",
                          "Drinks alcohol rarely.", "Sleeps six to seven hours."};
const Phrases kSafety = {"Knows when to come back at once.", "Plan agreed with the patient.",
                         "Written information given.",
                         "Side effects and what to do about them explained.",
                         "Will call if there is no improvement."};

std::string person_of(const Scene& scene) {
  const bool female = scene.sex == 'f';
  const char* noun = scene.age < 13   ? (female ? "girl" : "boy")
                     : scene.age < 18 ? "adolescent"
                                      : (female ? "woman" : "man");
  return std::to_string(scene.age) + "-year-old " + noun;
}

std::string sign_text(const boost::json::object& signs, const char* key) {
  const auto* value = signs.if_contains(key);
  return value == nullptr ? std::string("not measured") : boost::json::serialize(*value);
}

/// JSON writes 37.2 as 3.72E1.
std::string decimal_text(const boost::json::object& signs, const char* key) {
  const auto* value = signs.if_contains(key);
  if (value == nullptr) return "not measured";
  return number_text(value->to_number<double>(), 1);
}

Places places_of(Random& random, const Scene& scene) {
  const bool female = scene.sex == 'f';
  const std::string pressure =
      scene.signs.contains("systolic_mmhg")
          ? sign_text(scene.signs, "systolic_mmhg") + "/" + sign_text(scene.signs, "diastolic_mmhg")
          : std::string("not measured");
  return {{"he", female ? "she" : "he"},
          {"his", female ? "her" : "his"},
          {"him", female ? "her" : "him"},
          {"He", female ? "She" : "He"},
          {"His", female ? "Her" : "His"},
          {"person", person_of(scene)},
          {"days", std::to_string(random.between(2, 6))},
          {"weeks", std::to_string(random.between(2, 8))},
          {"side", random.chance(0.5) ? "left" : "right"},
          {"work", std::string(scene.age < 18   ? std::string_view("school")
                               : scene.age > 66 ? std::string_view("the community centre")
                                                : random.pick(kWork))},
          {"bp", pressure},
          {"pulse", sign_text(scene.signs, "pulse_bpm")},
          {"temp", decimal_text(scene.signs, "temperature_c")},
          {"spo2", sign_text(scene.signs, "spo2_percent")},
          {"weight", decimal_text(scene.signs, "weight_kg")}};
}

std::vector<std::string> said(const std::vector<const Condition*>& conditions) {
  std::vector<std::string> names;
  for (const Condition* one : conditions) names.emplace_back(one->say);
  return names;
}

void add(std::string& text, std::string_view sentence) {
  if (sentence.empty()) return;
  if (!text.empty()) text += ' ';
  text += sentence;
}

std::string history_of(Random& random, const Scene& scene, const Places& places) {
  std::string text = person_of(scene);
  std::vector<const Condition*> known = scene.background;
  known.insert(known.end(), scene.others.begin(), scene.others.end());
  if (scene.again && !scene.recovering && is_lasting(*scene.reason)) {
    known.insert(known.begin(), scene.reason);
  }
  if (!known.empty()) text += " with " + listed(said(known));
  text += scene.again ? ", seen again" : "";
  if (scene.recovering) text += " after " + std::string(scene.reason->say);
  text += ".";
  const Phrases& own =
      scene.again && !scene.reason->later.empty() ? scene.reason->later : scene.reason->history;
  add(text, fill(random.pick(own), places));
  for (const Condition* other : scene.others) {
    if (!other->later.empty()) add(text, fill(random.pick(other->later), places));
  }
  if (!scene.allergies.empty() && random.chance(0.5)) {
    add(text, "Known allergy: " + scene.allergies + ".");
  }
  if (random.chance(0.3)) add(text, random.pick(kClosing));
  if (scene.age >= 18 && random.chance(0.25)) add(text, random.pick(kGrownUp));
  return text;
}

std::string examination_of(Random& random, const Scene& scene, const Places& places) {
  if (scene.by_video) return std::string(random.pick(kByVideo));
  const bool ill = scene.reason->signs.fever_c > 0.9 && !scene.recovering;
  std::string text(random.pick(ill ? kIllLook : kWellLook));
  if (scene.recovering) {
    add(text, "Findings of the last visit have gone.");
  } else {
    add(text, fill(random.pick(scene.reason->examination), places));
  }
  for (const Condition* other : scene.others) {
    add(text, fill(random.pick(other->examination), places));
  }
  if (scene.others.empty() && random.chance(0.5)) add(text, random.pick(kElsewhere));
  return text;
}

std::string assessment_of(Random& random, const Scene& scene, const Places& places) {
  const auto line = [&](int n, std::string_view name, std::string_view code, std::string note) {
    return std::to_string(n) + ". " + std::string(name) + " (" + std::string(code) +
           "): " + std::move(note) + ".";
  };
  const std::string own = scene.recovering ? std::string("resolving as expected")
                                           : fill(random.pick(scene.reason->assessment), places);
  std::string text = line(1, scene.diagnosis_name, scene.diagnosis_code, own);
  int n = 2;
  for (const Condition* other : scene.others) {
    text += "\n" + line(n++, other->name, other->icd, fill(random.pick(other->assessment), places));
  }
  for (const std::string& result : scene.results) text += "\n" + result;
  return text;
}

std::string plan_of(Random& random, const Scene& scene, const Places& places) {
  std::string text;
  const auto item = [&text](std::string_view sentence) {
    if (sentence.empty()) return;
    text += text.empty() ? "- " : "\n- ";
    text += sentence;
  };
  for (const std::string& sentence : scene.medication) item(sentence);
  if (scene.recovering) {
    item("No further treatment needed; normal activity.");
  } else {
    item(fill(random.pick(scene.reason->plan), places));
  }
  for (const Condition* other : scene.others) item(fill(random.pick(other->plan), places));
  if (random.chance(0.4)) item(random.pick(kSafety));
  item(scene.follow_up);
  return text;
}

bool starts_sentence(std::string_view before) {
  return before.empty() || before.ends_with(". ") || before.ends_with("\n");
}

}  // namespace

std::string listed(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

std::string fill(std::string_view phrase, const Places& to) {
  std::string text;
  while (!phrase.empty()) {
    const auto open = phrase.find('{');
    text += phrase.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = phrase.find('}', open);
    const std::string_view key = phrase.substr(open + 1, close - open - 1);
    for (const auto& [name, value] : to) {
      if (name != key) continue;
      const bool capital = starts_sentence(text);
      const auto at = text.size();
      text += value;
      if (capital && text[at] >= 'a' && text[at] <= 'z') {
        text[at] = static_cast<char>(text[at] - 'a' + 'A');
      }
      break;
    }
    phrase.remove_prefix(close + 1);
  }
  return text;
}

Narrative tell(Random& random, const Scene& scene) {
  const Places places = places_of(random, scene);
  Narrative story;
  story.complaint = scene.recovering ? "Check after " + std::string(scene.reason->say)
                                     : fill(random.pick(scene.reason->complaints), places);
  if (scene.recovering && random.chance(0.3)) {
    story.complaint = "Follow-up: " + std::string(scene.reason->say);
  }
  story.history = history_of(random, scene, places);
  story.examination = examination_of(random, scene, places);
  story.assessment = assessment_of(random, scene, places);
  story.plan = plan_of(random, scene, places);
  return story;
}

}  // namespace wardbook::demo
