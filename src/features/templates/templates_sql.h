#pragma once

#include "db/query.h"

// Tables: owns {tenant}.templates {tenant}.template_versions
// Tables: reads {tenant}.audit_log

namespace wardbook::templates {

using MaybeText = std::optional<std::string>;

struct Template {
  TemplateId id;
  std::string name;
  std::string visit_type;
  std::string specialty;
  std::string content;  ///< JSON
  bool built_in = false;
  std::int64_t version = 1;
  std::optional<std::int64_t> created_by;
  std::string created_at;
  std::string updated_at;
  static constexpr db::Columns kColumns{"id",         "name",      "visit_type", "specialty",
                                        "content",    "built_in",  "version",    "created_by",
                                        "created_at", "updated_at"};
  static Template from_row(const db::RowView& r) {
    Template t;
    t.id = r.id<TemplateId>(kColumns["id"]);
    t.name = r.str(kColumns["name"]);
    t.visit_type = r.str(kColumns["visit_type"]);
    t.specialty = r.str(kColumns["specialty"]);
    t.content = r.str(kColumns["content"]);
    t.built_in = r.boolean(kColumns["built_in"]);
    t.version = r.int64(kColumns["version"]);
    t.created_by = r.maybe_int64(kColumns["created_by"]);
    t.created_at = pg_time_to_rfc3339(r.text(kColumns["created_at"]));
    t.updated_at = pg_time_to_rfc3339(r.text(kColumns["updated_at"]));
    return t;
  }
};

/// One of a template's versions.
struct Version {
  TemplateId of;
  std::int64_t version = 1;
  std::string name;
  std::string visit_type;
  std::string specialty;
  std::string content;  ///< JSON
  std::optional<std::int64_t> changed_by;
  std::string changed_at;
  static constexpr db::Columns kColumns{"template_id", "version", "name",       "visit_type",
                                        "specialty",   "content", "changed_by", "changed_at"};
  static Version from_row(const db::RowView& r) {
    Version v;
    v.of = r.id<TemplateId>(kColumns["template_id"]);
    v.version = r.int64(kColumns["version"]);
    v.name = r.str(kColumns["name"]);
    v.visit_type = r.str(kColumns["visit_type"]);
    v.specialty = r.str(kColumns["specialty"]);
    v.content = r.str(kColumns["content"]);
    v.changed_by = r.maybe_int64(kColumns["changed_by"]);
    v.changed_at = pg_time_to_rfc3339(r.text(kColumns["changed_at"]));
    return v;
  }
};

inline const db::Query<Template, TemplateId> kGetTemplate{"templates.get", R"sql(
  SELECT t.id, t.name, t.visit_type, t.specialty, t.content, t.built_in, t.version, t.created_by,
    t.created_at, t.updated_at
  FROM {tenant}.templates t WHERE t.id = $1 AND t.removed_at IS NULL)sql"};
inline const db::Query<Template, TemplateId> kLockTemplate{"templates.lock", R"sql(
  SELECT t.id, t.name, t.visit_type, t.specialty, t.content, t.built_in, t.version, t.created_by,
    t.created_at, t.updated_at
  FROM {tenant}.templates t WHERE t.id = $1 AND t.removed_at IS NULL FOR UPDATE)sql"};
/// Every way in which a specialty is written.
inline const db::Query<db::TextRow> kSpecialties{"templates.specialties", R"sql(
  SELECT DISTINCT t.specialty FROM {tenant}.templates t WHERE t.removed_at IS NULL)sql"};
using MaybeTexts = std::optional<std::vector<std::string>>;
inline const db::Query<Template, MaybeText, MaybeTexts, std::int64_t, int> kListTemplates{
    "templates.list", R"sql(
  SELECT t.id, t.name, t.visit_type, t.specialty, t.content, t.built_in, t.version, t.created_by,
    t.created_at, t.updated_at
  FROM {tenant}.templates t
  WHERE t.removed_at IS NULL AND ($1::text IS NULL OR t.visit_type = $1)
    AND ($2::text[] IS NULL OR t.specialty = ANY ($2::text[]))
    AND t.id > $3 ORDER BY t.id LIMIT $4)sql"};
inline const db::Query<db::Int64Row, MaybeText, MaybeTexts> kCountTemplates{"templates.count",
                                                                            R"sql(
  SELECT count(*) FROM {tenant}.templates t
  WHERE t.removed_at IS NULL AND ($1::text IS NULL OR t.visit_type = $1)
    AND ($2::text[] IS NULL OR t.specialty = ANY ($2::text[])))sql"};
inline const db::Query<Template, std::string, std::string, std::string, db::Json, AccountId>
    kInsertTemplate{"templates.insert", R"sql(
  INSERT INTO {tenant}.templates AS t (name, visit_type, specialty, content, created_by)
  VALUES ($1, $2, $3, $4, $5)
  RETURNING t.id, t.name, t.visit_type, t.specialty, t.content, t.built_in, t.version, t.created_by,
    t.created_at, t.updated_at)sql"};
inline const db::Query<Template, TemplateId, std::string, std::string, std::string, db::Json>
    kUpdateTemplate{"templates.update", R"sql(
  UPDATE {tenant}.templates AS t SET name = $2, visit_type = $3, specialty = $4, content = $5,
    version = t.version + 1, updated_at = now()
  WHERE t.id = $1
  RETURNING t.id, t.name, t.visit_type, t.specialty, t.content, t.built_in, t.version, t.created_by,
    t.created_at, t.updated_at)sql"};
inline const db::Query<void, TemplateId> kRemoveTemplate{
    "templates.remove", "UPDATE {tenant}.templates SET removed_at = now() WHERE id = $1"};
inline const db::Query<void, TemplateId, AccountId, int, std::string> kKeepVersion{
    "templates.keep_version", R"sql(
  INSERT INTO {tenant}.template_versions (template_id, version, name, visit_type, specialty,
    content, changed_by, changed_at, content_format, content_hash)
  SELECT id, version, name, visit_type, specialty, content, $2, updated_at, $3, $4
  FROM {tenant}.templates WHERE id = $1)sql"};

/// A version with its hash.
struct HashedVersion {
  Version version;
  std::int64_t content_format = 0;
  std::string content_hash;
  static constexpr db::Columns kColumns{"template_id",    "version",     "name",       "visit_type",
                                        "specialty",      "content",     "changed_by", "changed_at",
                                        "content_format", "content_hash"};
  static_assert(kColumns.begins_with(Version::kColumns));
  static HashedVersion from_row(const db::RowView& r) {
    return {Version::from_row(r), r.int64(kColumns["content_format"]),
            r.str(kColumns["content_hash"])};
  }
};
inline const db::Query<HashedVersion, TemplateId, std::int64_t, int> kVersionsToVerify{
    "templates.versions_to_verify", R"sql(
  SELECT v.template_id, v.version, v.name, v.visit_type, v.specialty, v.content, v.changed_by,
    v.changed_at, v.content_format, v.content_hash
  FROM {tenant}.template_versions v
  WHERE (v.template_id, v.version) > ($1, $2::bigint)
  ORDER BY v.template_id, v.version LIMIT $3)sql"};
/// A template that is not what its last version says, or whose version is missing.
inline const db::Query<db::Int64Row> kFirstUnlikeVersion{"templates.first_unlike_version", R"sql(
  SELECT coalesce(t.id, l.template_id) FROM {tenant}.templates t
  FULL JOIN (SELECT DISTINCT ON (template_id) * FROM {tenant}.template_versions
             ORDER BY template_id, version DESC) l ON l.template_id = t.id
  WHERE (t.version, t.name, t.visit_type, t.specialty, t.content::text, t.built_in)
    IS DISTINCT FROM (l.version, l.name, l.visit_type, l.specialty, l.content::text,
                      l.changed_by IS NULL)
  ORDER BY 1 LIMIT 1)sql"};
/// A version that somebody wrote and the log does not know, or not so.
inline const db::Query<db::Int64Row> kFirstUnaudited{"templates.first_unaudited", R"sql(
  SELECT v.template_id FROM {tenant}.template_versions v
  WHERE v.changed_by IS NOT NULL AND NOT EXISTS (
    SELECT FROM {tenant}.audit_log a
    WHERE a.resource = 'template' AND a.outcome = 'ok' AND a.resource_id = v.template_id
      AND a.actor_id = v.changed_by AND a.after->>'content_hash' = v.content_hash)
  ORDER BY 1 LIMIT 1)sql"};

inline const db::Query<Version, TemplateId, std::int64_t, int> kListVersions{"templates.versions",
                                                                             R"sql(
  SELECT v.template_id, v.version, v.name, v.visit_type, v.specialty, v.content, v.changed_by,
    v.changed_at
  FROM {tenant}.template_versions v
  WHERE v.template_id = $1 AND v.version > $2::bigint ORDER BY v.version LIMIT $3)sql"};
inline const db::Query<Version, TemplateId, std::int64_t> kGetVersion{"templates.version", R"sql(
  SELECT v.template_id, v.version, v.name, v.visit_type, v.specialty, v.content, v.changed_by,
    v.changed_at
  FROM {tenant}.template_versions v
  WHERE v.template_id = $1 AND v.version = $2::bigint)sql"};
inline const db::Query<db::Int64Row, TemplateId> kCountVersions{
    "templates.count_versions",
    "SELECT count(*) FROM {tenant}.template_versions WHERE template_id = $1"};

}  // namespace wardbook::templates
