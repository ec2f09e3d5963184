#include "features/follow_ups/follow_ups.h"
#include "features/medications/medications.h"
#include "features/problems/problems.h"
#include "features/records/records_life.h"

namespace wardbook::records {

Task<> follow(api::Write& w, objects::VisitStep step) {
  co_await medications::follow(w, step);
  co_await problems::follow(w, step);
  co_await follow_ups::follow(w, step);
}

}  // namespace wardbook::records
