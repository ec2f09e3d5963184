#pragma once

#include <optional>
#include <vector>

#include "api/router.h"
#include "features/objects/objects.h"

/// What patients are to come back for. A follow-up is on the list until somebody says what became
/// of it; a later visit proposes that, and nothing more.
namespace wardbook::follow_ups {

inline constexpr objects::Kind kFollowUp{.resource = "follow_up",
                                         .missing = Code::follow_up_not_found};

/// What a signed visit means for them: its own is there, and those that it may have kept are
/// proposed to be closed.
[[nodiscard]] Task<> follow(api::Write& w, objects::VisitStep step);

/// How many are open.
struct Counts {
  std::int64_t all = 0;
  std::int64_t late = 0;  ///< of them, those whose last day is over where the hospital is
  static Counts from_row(const db::RowView& r) { return {r.int64(0), r.int64(1)}; }
};
/// Those for a doctor and those for nobody in particular; nullopt: all.
[[nodiscard]] Task<Counts> open_ones(db::Tx& tx, std::optional<AccountId> doctor, Time now);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::follow_ups
