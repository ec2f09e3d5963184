#include "features/records/records_life.h"

namespace wardbook::records {

Task<> follow(api::Write& w, objects::VisitStep step) {
  // In this order. Each of them is in the header of its slice:
  //   co_await medications::follow(w, step);
  (void)w;
  (void)step;
  co_return;
}

}  // namespace wardbook::records
