#include "features/templates/kept_templates.h"

#include "features/audit/audit.h"
#include "features/templates/templates.h"

namespace wardbook::templates {
namespace {

constexpr int kPage = 500;

/// What is kept of a template, format 1.
std::string canonical_1(const Version& v) {
  std::string bytes;
  for (const auto& field : {v.name, v.visit_type, v.specialty, v.content}) {
    audit::append_field(bytes, field);
  }
  return bytes;
}

std::string name_of(TemplateId id) {
  return "template " + std::to_string(id.value);
}

}  // namespace

std::string version_hash(const Version& v) {
  const Time at = parse_rfc3339(v.changed_at).value();
  const audit::VersionHead head{.content_format = kContentFormat,
                                .resource = "template",
                                .id = v.of.value,
                                .version = v.version,
                                .revision = v.version,
                                .kind = "template",
                                .author = v.changed_by,
                                .begun = at,
                                .changed = at};
  return audit::version_hash(head, audit::content_digest("", std::nullopt, canonical_1(v)));
}

Task<> verify_templates(db::Pool& db, TenantId tenant, audit::Verdict& verdict) {
  TemplateId id;
  std::int64_t number = 0;
  while (true) {
    db::Tx tx = co_await db.begin(tenant);
    const auto rows = co_await tx.all(kVersionsToVerify, id, number, kPage);
    for (const auto& row : rows) {
      const Version& v = row.version;
      const bool follows = v.of == id ? v.version == number + 1 : v.version == 1;
      if (!follows || row.content_format != kContentFormat || version_hash(v) != row.content_hash) {
        verdict.first_fault = "version " + std::to_string(v.version) + " of " + name_of(v.of) +
                              (follows ? " was altered" : " has no version before it");
        co_return;
      }
      id = v.of;
      number = v.version;
      ++verdict.versions;
    }
    if (rows.size() < static_cast<std::size_t>(kPage)) break;
  }
  db::Tx tx = co_await db.begin(tenant);
  if (const auto bad = co_await tx.maybe_one(kFirstUnlikeVersion)) {
    verdict.first_fault = name_of(TemplateId(bad->value)) + " is not what its version says";
  } else if (const auto unknown = co_await tx.maybe_one(kFirstUnaudited)) {
    verdict.first_fault = name_of(TemplateId(unknown->value)) + " is not what the audit log says";
  }
}

}  // namespace wardbook::templates
