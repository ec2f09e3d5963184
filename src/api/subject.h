#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "api/access.h"
#include "db/query.h"

namespace wardbook::api {

/// Whose data a resource is, and whether it can no longer be seen: a visit that was voided with
/// what belongs to it, a file that was purged.
struct Whose {
  static constexpr db::Columns kColumns{"patient_id", "voided", "purged"};
  std::int64_t patient = 0;
  bool voided = false;
  bool purged = false;
  static Whose from_row(const db::RowView& r) {
    return {r.int64(kColumns["patient_id"]), r.boolean(kColumns["voided"]),
            r.boolean(kColumns["purged"])};
  }
};

/// What a route's `{id}` names, said by the slice that owns it. So a refusal, a failure or an
/// answer that is given once more can be logged with the patient whom it is about.
struct Subject {
  std::string_view resource;  ///< as the audit log names it: `record`
  /// What reading it takes, and so what an entry's `before` and `after` take.
  Access reading = Access::records_read;
  /// Finds the patient; none for what belongs to no patient.
  const db::Query<Whose, std::int64_t>* whose = nullptr;
};

/// Of routes without an `{id}` that are about nothing in particular.
inline constexpr Subject kNothing{.resource = "route", .reading = Access::any_in_tenant};

/// Those of the program's routes, by resource.
class Subjects {
 public:
  /// Throws std::logic_error when another one has its resource.
  void add(const Subject& subject);
  /// nullptr: no route is about such a resource.
  [[nodiscard]] const Subject* find(std::string_view resource) const;

 private:
  std::vector<const Subject*> all_;
};

}  // namespace wardbook::api
