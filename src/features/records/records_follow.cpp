#include "features/medications/medications.h"
#include "features/records/records_life.h"

namespace wardbook::records {

Task<> follow(api::Write& w, objects::VisitStep step) {
  co_await medications::follow(w, step);
}

}  // namespace wardbook::records
