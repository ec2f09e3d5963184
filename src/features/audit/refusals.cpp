#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "features/audit/audit.h"
#include "features/audit/audit_sql.h"

namespace wardbook::audit {
namespace {

/// What the first segment of a path is about.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kResources{{
    {"patients", "patient"},
    {"records", "record"},
    {"diagnoses", "diagnosis"},
    {"attachments", "attachment"},
    {"templates", "template"},
    {"users", "account"},
    {"tenants", "tenant"},
    {"audit", "audit"},
    {"storage", "storage"},
}};

std::string resource_of(std::string_view path) {
  constexpr std::string_view kBase = "/api/v1/";
  if (path.starts_with(kBase)) path.remove_prefix(kBase.size());
  const std::string_view first = path.substr(0, path.find('/'));
  const auto* const found =
      std::ranges::find(kResources, first, [](const auto& entry) { return entry.first; });
  return std::string(found == kResources.end() ? "route" : found->second);
}

}  // namespace

Task<> write_refusal(Log& log, db::Pool& db, api::Request request, std::string permission) {
  Entry entry;
  entry.action = "access.refused";
  entry.resource = resource_of(request.head.raw_path());
  entry.refused = true;
  entry.reason = request.head.method + " needs " + permission;
  for (const auto& [name, value] : request.path_params) {
    if (name == "id") entry.resource_id = api::parse_positive(value);
  }
  const Actor actor = actor_of(request);
  if (!request.caller.tenant_id) {
    db::Tx tx = co_await db.begin_control();
    record_platform(tx, actor, std::move(entry));
    co_await tx.commit();
    co_return;
  }
  const TenantId tenant = *request.caller.tenant_id;
  // What was asked of another hospital has its number there, not here.
  const auto named = request.head.headers.get("X-Tenant-ID");
  if (named && *named != tenant.str()) {
    entry.resource = "tenant";
    entry.resource_id.reset();
  }
  if (entry.resource_id) {
    const auto behind =
        co_await db.read_maybe_one(tenant, kPatientBehind, entry.resource, *entry.resource_id);
    if (behind && behind->patient) entry.patient = PatientId(*behind->patient);
  }
  co_await log.write(tenant, actor, std::move(entry));
}

}  // namespace wardbook::audit
