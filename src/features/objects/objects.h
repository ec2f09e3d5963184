#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/conditions.h"
#include "api/write.h"
#include "base/failure.h"
#include "base/ids.h"
#include "clinical/visit.h"
#include "db/pool.h"
#include "features/audit/audit.h"

/// What of a chart outlives the visits: allergies, courses of medication and the like. Each object
/// is a row of its own with an id, a version, and content whose members its slice knows. Every
/// change is an entry in the log and a version under `audit verify`.
namespace wardbook::objects {

/// What kind of object. Those who own one have it as a constant.
struct Kind {
  std::string_view resource;  ///< as the audit log names it: `allergy`
  Code missing;               ///< what there is to say of an id that is none: a 404
  int content_format = 1;     ///< which writer made the content
};

struct Object {
  std::int64_t id = 0;
  PatientId patient;
  std::int64_t version = 0;
  boost::json::object content;
  AccountId created_by;
  std::string created_by_name;
  std::string created_at;  ///< RFC 3339
  AccountId updated_by;
  std::string updated_by_name;
  std::string updated_at;
  static constexpr db::Columns kColumns{
      "id",         "patient_id", "version",         "content",   "created_by", "created_by_name",
      "created_at", "updated_by", "updated_by_name", "updated_at"};
  static Object from_row(const db::RowView& r);
};

/// How an object comes to be what it is.
struct Step {
  audit::Action action;
  std::optional<std::string> reason{};
};

/// Fails with patient_not_found; holds the patient's row until the transaction ends.
[[nodiscard]] Task<> require_patient(db::Tx& tx, PatientId patient);

/// In the order of their ids.
[[nodiscard]] Task<std::vector<Object>> of_patient(db::Tx& tx, Kind kind, PatientId patient);
[[nodiscard]] Task<std::optional<Object>> find(db::Tx& tx, Kind kind, std::int64_t id);
/// For changing it. Fails with the kind's 404, and with conflict if it is not what its last version
/// says. The other one also as api::require_version does.
[[nodiscard]] Task<Object> lock(db::Tx& tx, Kind kind, std::int64_t id);
[[nodiscard]] Task<Object> lock(db::Tx& tx, Kind kind, std::int64_t id, api::IfMatch expected);

/// Both write the row, its version and its entry in the log; the caller commits.
[[nodiscard]] Task<Object> create(api::Write& w, Kind kind, PatientId patient,
                                  boost::json::object content, Step step);
[[nodiscard]] Task<Object> change(api::Write& w, Kind kind, Object before,
                                  boost::json::object content, Step step);

/// id, patient_id, the content's members, version, and who made and changed it when.
[[nodiscard]] boost::json::object shown(const Object& object);

/// What is kept of an object behind a step, for those who write rows by themselves.
[[nodiscard]] audit::RowVersion version_of(Kind kind, const Object& object, audit::Action action);
/// Recomputes what is kept of a kind and holds the rows against it. Adds to `verdict`.
[[nodiscard]] Task<> verify(db::Pool& db, TenantId tenant, Kind kind, audit::Verdict& verdict);

/// What became of a visit, for those who keep what outlives it. They work in the same transaction.
struct VisitStep {
  RecordId record;
  PatientId patient;
  std::string kind;  ///< finalized, amended, reopened
  std::int64_t version = 0;
  clinical::Visit visit;  ///< what it says now
};

}  // namespace wardbook::objects
