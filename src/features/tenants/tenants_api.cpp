#include "api/input.h"
#include "api/paging.h"
#include "api/write.h"
#include "features/tenants/tenants.h"
#include "features/tenants/tenants_sql.h"

namespace wardbook::tenants {
namespace {

using api::Input;
using api::Request;
using api::Response;

constexpr std::int64_t kMostRetentionDays = 36'500;

TenantId tenant_in_path(const Request& request) {
  auto id = TenantId::parse(request.path_param("id"));
  if (!id) throw Failure(Code::tenant_not_found);
  return std::move(*id);
}

Task<Response> list_tenants(App& app, Request request) {
  api::Params params(request);
  const int limit = params.limit();
  const bool count = params.count_exact();
  const api::CursorScope scope = api::cursor_scope("tenants", request);
  const auto cursor = api::decode_cursor(params, request, scope, {api::CursorValue::text});
  params.finish();
  const std::string after = cursor ? cursor->front() : std::string();
  db::Tx tx = co_await app.db.begin_control();
  std::optional<std::int64_t> total;
  if (count) total = (co_await tx.one(kCount)).value;
  auto rows = co_await tx.all(kPage, after, limit + 1);
  co_await tx.commit();
  std::optional<std::string> next;
  if (std::cmp_greater(rows.size(), limit)) {
    rows.pop_back();
    next = api::encode_cursor(scope, {rows.back().id});
  }
  std::vector<std::string> items;
  for (const auto& row : rows) items.push_back(to_json(row));
  co_return api::ok(api::page_json(items, next, total));
}

Task<Response> get_tenant(App& app, Request request) {
  const Tenant tenant = co_await get(app.db, tenant_in_path(request));
  co_return api::ok(to_json(tenant));
}

Task<Response> create_tenant(App& app, Request request) {
  std::vector<Fault> faults;
  Input in(request.object(), "", faults);
  const auto id_text = in.text("id", Input::Need::required, 100);
  const auto name = in.name("name", Input::Need::required, api::kNameMost);
  const auto zone = in.text("time_zone", Input::Need::optional, 64);
  std::optional<TenantId> id;
  if (id_text) {
    id = TenantId::parse(*id_text);
    if (!id) {
      in.fault("id",
               "must be 3 to 48 lower-case letters, digits and _, begin with a letter, and "
               "not be the name of a system schema");
    }
  }
  in.finish({"status", "created_at", "updated_at"});
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  co_await provision(app.db, app.provisioner, *id, *name, zone.value_or("UTC"));
  api::Write w = co_await api::write(app, request);
  const Tenant made = co_await log_created(w, *id);
  Response response = api::created(to_json(made), "/api/v1/tenants/" + made.id);
  co_return co_await w.commit(std::move(response));
}

/// By itself, so that no transaction lasts while the authority is read again.
Task<Tenant> change(App& app, const Request& request, TenantId id, Change wanted) {
  api::Write w = co_await api::write(app, request);
  Tenant now = co_await change_in(w, std::move(id), std::move(wanted));
  co_await w.commit();
  co_return now;
}

Task<Response> patch_tenant(App& app, Request request) {
  const TenantId id = tenant_in_path(request);
  std::vector<Fault> faults;
  Input in(request.object(), "", faults);
  Change wanted;
  wanted.name = in.name("name", Input::Need::optional, api::kNameMost);
  const auto status = in.one_of("status", Input::Need::optional, {"active", "suspended"});
  wanted.time_zone = in.text("time_zone", Input::Need::optional, 64);
  const auto* retention = request.object().if_contains("retention_days");
  if (retention != nullptr && retention->is_null()) {
    (void)in.integer("retention_days", Input::Need::optional, 0, kMostRetentionDays);
    wanted.retention_days.emplace();
  } else if (const auto days =
                 in.integer("retention_days", Input::Need::optional, 0, kMostRetentionDays)) {
    wanted.retention_days = std::optional(*days);
  }
  for (const auto* key : {"name", "status", "time_zone"}) {
    const auto* value = request.object().if_contains(key);
    if (value != nullptr && value->is_null()) in.fault(key, "cannot be removed");
  }
  in.finish({"id", "created_at", "updated_at"});
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  if (status) wanted.active = *status == "active";
  const bool wanted_active = wanted.active.value_or(false);
  const Tenant now = co_await change(app, request, id, std::move(wanted));
  if (!now.active) {
    app.authority.suspend(id);
  } else if (wanted_active) {
    co_await app.authority.read_again();
  }
  co_return api::ok(to_json(now));
}

constexpr api::Subject kTenant{.resource = "tenant", .reading = api::Access::any_in_tenant};

}  // namespace

std::vector<api::Route> routes() {
  using api::Access;
  using api::Body;
  return {
      {"GET", "/tenants", Access::tenants_admin, kTenant, &list_tenants},
      {"POST", "/tenants", Access::tenants_admin, kTenant, &create_tenant, Body::json},
      {"GET", "/tenants/{id}", Access::tenants_admin, kTenant, &get_tenant},
      {"PATCH", "/tenants/{id}", Access::tenants_admin, kTenant, &patch_tenant, Body::json},
  };
}

}  // namespace wardbook::tenants
