#include "features/objects/objects.h"

#include "api/input.h"
#include "features/objects/objects_sql.h"

namespace wardbook::objects {
namespace {

namespace json = boost::json;
constexpr int kPage = 500;

std::string name_of(Kind kind, std::int64_t id) {
  return std::string(kind.resource) + " " + std::to_string(id);
}

std::string content_of(const Object& object) {
  return api::canonical_json(object.content);
}

/// Keeps what the object is now, and enters the step in the log, which vouches for it.
void keep(api::Write& w, Kind kind, const Object& after, Step step,
          std::optional<std::string> before) {
  json::object said = after.content;
  said["version"] = after.version;
  said["content_hash"] = audit::keep(w.tx(), version_of(kind, after, step.action));
  w.log({.action = step.action,
         .resource = std::string(kind.resource),
         .resource_id = after.id,
         .patient = after.patient,
         .reason = std::move(step.reason),
         .before = std::move(before),
         .after = json::serialize(said)});
}

/// What is wrong with a row.
std::optional<std::string> fault_of(Kind kind, const KeptObject& row) {
  const std::string name = name_of(kind, row.object.id);
  if (row.last.version == 0) return name + " has no version";
  if (row.last.content_format != kind.content_format) {
    return name + " has content format " + std::to_string(row.last.content_format) +
           ", which this program does not know";
  }
  if (audit::says(row.last, row.object.version, content_of(row.object))) return std::nullopt;
  return name + " is not what the version says";
}

}  // namespace

Object Object::from_row(const db::RowView& r) {
  Object o;
  o.id = r.int64(kColumns["id"]);
  o.patient = r.id<PatientId>(kColumns["patient_id"]);
  o.version = r.int64(kColumns["version"]);
  const auto text = r.text(kColumns["content"]);
  o.content = json::parse(json::string_view(text.data(), text.size())).as_object();
  o.created_by = r.id<AccountId>(kColumns["created_by"]);
  o.created_by_name = r.str(kColumns["created_by_name"]);
  o.created_at = pg_time_to_rfc3339(r.text(kColumns["created_at"]));
  o.updated_by = r.id<AccountId>(kColumns["updated_by"]);
  o.updated_by_name = r.str(kColumns["updated_by_name"]);
  o.updated_at = pg_time_to_rfc3339(r.text(kColumns["updated_at"]));
  return o;
}

Task<> require_patient(db::Tx& tx, PatientId patient) {
  const auto held = co_await tx.maybe_one(kHoldPatient, patient);
  if (!held) throw Failure(Code::patient_not_found);
}

Task<std::vector<Object>> of_patient(db::Tx& tx, Kind kind, PatientId patient) {
  co_return co_await tx.all(kOfPatient, std::string(kind.resource), patient);
}

Task<std::optional<Object>> find(db::Tx& tx, Kind kind, std::int64_t id) {
  co_return co_await tx.maybe_one(kFind, std::string(kind.resource), id);
}

Task<Object> lock(db::Tx& tx, Kind kind, std::int64_t id) {
  auto row = co_await tx.maybe_one(kLock, std::string(kind.resource), id);
  if (!row) throw Failure(kind.missing);
  // Nothing is built on a row that was altered behind the service's back.
  if (fault_of(kind, *row)) {
    throw Failure(Code::conflict, "This is not what its last version says.",
                  "run `wardbook audit verify`");
  }
  if (!row->last.salt) throw Failure(Code::conflict, "What this said was erased.");
  co_return std::move(row->object);
}

Task<Object> lock(db::Tx& tx, Kind kind, std::int64_t id, api::IfMatch expected) {
  Object object = co_await lock(tx, kind, id);
  api::require_version(expected, object.version);
  co_return object;
}

Task<Object> create(api::Write& w, Kind kind, PatientId patient, json::object content, Step step) {
  Object made =
      co_await w.tx().one(kInsert, std::string(kind.resource), patient,
                          db::Json{api::canonical_json(content)}, w.actor().account.value());
  keep(w, kind, made, std::move(step), std::nullopt);
  co_return made;
}

Task<Object> change(api::Write& w, Kind kind, Object before, json::object content, Step step) {
  Object made = co_await w.tx().one(kUpdate, before.id, db::Json{api::canonical_json(content)},
                                    w.actor().account.value());
  json::object was = std::move(before.content);
  was["version"] = before.version;
  keep(w, kind, made, std::move(step), json::serialize(was));
  co_return made;
}

json::object shown(const Object& object) {
  json::object out{{"id", object.id}, {"patient_id", object.patient.value}};
  for (const auto& member : object.content) out[member.key()] = member.value();
  out["version"] = object.version;
  out["created_by"] = object.created_by.value;
  out["created_by_name"] = object.created_by_name;
  out["created_at"] = object.created_at;
  out["updated_by"] = object.updated_by.value;
  out["updated_by_name"] = object.updated_by_name;
  out["updated_at"] = object.updated_at;
  return out;
}

audit::RowVersion version_of(Kind kind, const Object& object, audit::Action action) {
  audit::RowVersion version;
  version.resource = kind.resource;
  version.id = object.id;
  version.version = object.version;
  version.kind = action.name();
  version.patient = object.patient;
  version.by = object.updated_by;
  version.at = parse_rfc3339(object.updated_at).value();
  version.content_format = kind.content_format;
  version.content = content_of(object);
  return version;
}

Task<> verify(db::Pool& db, TenantId tenant, Kind kind, audit::Verdict& verdict) {
  const std::string resource(kind.resource);
  co_await audit::verify_row_versions(db, tenant, resource, verdict);
  if (verdict.first_fault) co_return;
  std::int64_t after = 0;
  while (true) {
    db::Tx tx = co_await db.begin(tenant);
    const auto rows = co_await tx.all(kToVerify, resource, after, kPage);
    for (const auto& row : rows) {
      verdict.first_fault = fault_of(kind, row);
      if (verdict.first_fault) co_return;
      after = row.object.id;
    }
    if (rows.size() < static_cast<std::size_t>(kPage)) break;
  }
  db::Tx tx = co_await db.begin(tenant);
  if (const auto gone = co_await tx.maybe_one(kFirstGone, resource)) {
    verdict.first_fault = name_of(kind, gone->value) + " is missing";
  }
}

}  // namespace wardbook::objects
