#pragma once

#include "db/query.h"
#include "features/objects/objects.h"

// Tables: owns {tenant}.chart_objects
// Tables: reads {tenant}.patients {tenant}.row_versions {tenant}.staff

namespace wardbook::objects {

inline const db::Query<db::Int64Row, PatientId> kHoldPatient{
    "objects.hold_patient", "SELECT id FROM {tenant}.patients WHERE id = $1 FOR KEY SHARE"};

inline const db::Query<Object, std::string, PatientId> kOfPatient{"objects.of_patient", R"sql(
  SELECT o.id, o.patient_id, o.version, o.content, o.created_by, c.display_name AS created_by_name,
    o.created_at, o.updated_by, u.display_name AS updated_by_name, o.updated_at
  FROM {tenant}.chart_objects o
  JOIN {tenant}.staff c ON c.account_id = o.created_by
  JOIN {tenant}.staff u ON u.account_id = o.updated_by
  WHERE o.resource = $1 AND o.patient_id = $2 ORDER BY o.id)sql"};

inline const db::Query<Object, std::string, std::int64_t> kFind{"objects.find", R"sql(
  SELECT o.id, o.patient_id, o.version, o.content, o.created_by, c.display_name AS created_by_name,
    o.created_at, o.updated_by, u.display_name AS updated_by_name, o.updated_at
  FROM {tenant}.chart_objects o
  JOIN {tenant}.staff c ON c.account_id = o.created_by
  JOIN {tenant}.staff u ON u.account_id = o.updated_by
  WHERE o.resource = $1 AND o.id = $2)sql"};

/// An object with its last version.
struct KeptObject {
  Object object;
  audit::LastVersion last;
  static constexpr db::Columns kColumns{"id",           "patient_id",    "version",
                                        "content",      "created_by",    "created_by_name",
                                        "created_at",   "updated_by",    "updated_by_name",
                                        "updated_at",   "kept_version",  "content_format",
                                        "content_salt", "content_digest"};
  static KeptObject from_row(const db::RowView& r) {
    return {Object::from_row(r), audit::LastVersion::from_row(r, kColumns["kept_version"])};
  }
};
inline const db::Query<KeptObject, std::string, std::int64_t> kLock{"objects.lock", R"sql(
  SELECT o.id, o.patient_id, o.version, o.content, o.created_by, c.display_name AS created_by_name,
    o.created_at, o.updated_by, u.display_name AS updated_by_name, o.updated_at,
    l.version AS kept_version, l.content_format, l.content_salt, l.content_digest
  FROM {tenant}.chart_objects o
  JOIN {tenant}.staff c ON c.account_id = o.created_by
  JOIN {tenant}.staff u ON u.account_id = o.updated_by
  LEFT JOIN {tenant}.row_versions l ON l.resource = o.resource AND l.resource_id = o.id
    AND l.version = o.version
  WHERE o.resource = $1 AND o.id = $2 FOR UPDATE OF o)sql"};

inline const db::Query<Object, std::string, PatientId, db::Json, AccountId> kInsert{
    "objects.insert", R"sql(
  INSERT INTO {tenant}.chart_objects AS o (resource, patient_id, content, created_by, updated_by)
  VALUES ($1, $2, $3, $4, $4)
  RETURNING o.id, o.patient_id, o.version, o.content, o.created_by,
    (SELECT c.display_name FROM {tenant}.staff c WHERE c.account_id = o.created_by)
      AS created_by_name, o.created_at, o.updated_by,
    (SELECT u.display_name FROM {tenant}.staff u WHERE u.account_id = o.updated_by)
      AS updated_by_name, o.updated_at)sql"};

inline const db::Query<Object, std::int64_t, db::Json, AccountId> kUpdate{"objects.update", R"sql(
  UPDATE {tenant}.chart_objects AS o SET content = $2, version = o.version + 1, updated_by = $3,
    updated_at = greatest(now(), o.updated_at)
  WHERE o.id = $1
  RETURNING o.id, o.patient_id, o.version, o.content, o.created_by,
    (SELECT c.display_name FROM {tenant}.staff c WHERE c.account_id = o.created_by)
      AS created_by_name, o.created_at, o.updated_by,
    (SELECT u.display_name FROM {tenant}.staff u WHERE u.account_id = o.updated_by)
      AS updated_by_name, o.updated_at)sql"};

inline const db::Query<KeptObject, std::string, std::int64_t, int> kToVerify{"objects.to_verify",
                                                                             R"sql(
  SELECT o.id, o.patient_id, o.version, o.content, o.created_by, '' AS created_by_name,
    o.created_at, o.updated_by, '' AS updated_by_name, o.updated_at,
    l.version AS kept_version, l.content_format, l.content_salt, l.content_digest
  FROM {tenant}.chart_objects o
  LEFT JOIN LATERAL (SELECT v.version, v.content_format, v.content_salt, v.content_digest
    FROM {tenant}.row_versions v WHERE v.resource = $1 AND v.resource_id = o.id
    ORDER BY v.version DESC LIMIT 1) l ON true
  WHERE o.resource = $1 AND o.id > $2 ORDER BY o.id LIMIT $3)sql"};

/// A version of an object that is not there, or is another patient's.
inline const db::Query<db::Int64Row, std::string> kFirstGone{"objects.first_gone", R"sql(
  SELECT v.resource_id FROM {tenant}.row_versions v
  WHERE v.resource = $1 AND NOT EXISTS (SELECT FROM {tenant}.chart_objects o
    WHERE o.id = v.resource_id AND o.resource = $1 AND o.patient_id = v.patient_id)
  ORDER BY v.resource_id LIMIT 1)sql"};

}  // namespace wardbook::objects
