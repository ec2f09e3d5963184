#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "demo/person.h"

namespace wardbook::demo {

/// What the text of one visit is made from.
struct Scene {
  const Condition* reason = nullptr;
  bool again = false;                        ///< the reason was seen before
  bool recovering = false;                   ///< an acute reason, seen again
  std::vector<const Condition*> others;      ///< lasting ones that are dealt with as well
  std::vector<const Condition*> background;  ///< lasting ones that are only mentioned
  std::string diagnosis_code;                ///< of the reason, where it differs from its own
  std::string diagnosis_name;
  int age = 0;
  char sex = 'f';
  bool by_video = false;
  boost::json::object signs;
  std::vector<std::string> results;     ///< sentences about laboratory results
  std::vector<std::string> medication;  ///< sentences: started, continued, raised
  std::string allergies;                ///< "penicillin (rash)"; empty if none is known
  std::string follow_up;                ///< "Follow-up on 2026-03-04."; empty if none
};

/// The free text of one visit. Sentences are picked once, so that a scene has one story.
struct Narrative {
  std::string complaint;
  std::string history;
  std::string examination;
  std::string assessment;
  std::string plan;
};
Narrative tell(Random& random, const Scene& scene);

/// `phrase` with its places filled; a place at the start of a sentence begins with a capital.
std::string fill(std::string_view phrase,
                 const std::vector<std::pair<std::string, std::string>>& to);

/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& parts);

}  // namespace wardbook::demo
