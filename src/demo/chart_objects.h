#pragma once

#include <map>
#include <string>
#include <vector>

#include "features/objects/objects.h"

/// What of the demo's charts outlives the visits, as the visits' signatures would have made it.
namespace wardbook::demo {

/// An object's life: what it was after each step, the last one being what it is.
struct MadeObject {
  objects::Kind kind;
  struct Step {
    audit::Action action;
    objects::Object object;
  };
  std::vector<Step> steps;
  [[nodiscard]] const objects::Object& now() const { return steps.back().object; }
};

class ChartObjects {
 public:
  explicit ChartObjects(std::map<std::int64_t, std::string> names) : names_(std::move(names)) {}

  /// A visit was signed then, by its doctor. In the order of visits.
  void sign(const objects::VisitStep& step, Time at);
  /// All of them, without ids.
  [[nodiscard]] std::vector<MadeObject>& all() { return all_; }

 private:
  void note_problems(const objects::VisitStep& step, Time at);
  void note_follow_ups(const objects::VisitStep& step, Time at);
  void make(objects::Kind kind, audit::Action action, const objects::VisitStep& step, Time at,
            boost::json::object content);
  void change(MadeObject& made, audit::Action action, const objects::VisitStep& step, Time at,
              boost::json::object content);

  std::map<std::int64_t, std::string> names_;             ///< of accounts
  std::map<PatientId, std::vector<std::size_t>> places_;  ///< of a patient's in all_
  std::vector<MadeObject> all_;
};

}  // namespace wardbook::demo
