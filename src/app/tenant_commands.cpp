#include "api/input.h"
#include "app/database_command.h"
#include "features/tenants/tenants.h"

namespace wardbook::app {
namespace {

boost::json::object row_of_tenant(const tenants::Tenant& tenant) {
  return {{"id", tenant.id},
          {"name", tenant.name},
          {"status", tenant.active ? "active" : "suspended"},
          {"time_zone", tenant.time_zone},
          {"created_at", format_rfc3339(tenant.created_at)}};
}

Task<int> create(CommandContext& context) {
  const auto& arguments = context.arguments;
  if (const auto fault = api::name_fault(arguments.name)) throw UsageError("--name " + *fault);
  tenants::Provisioner provisioner(context.workers, context.settings.database);
  const TenantId id = tenant_argument(arguments.id);
  const audit::Actor actor = terminal_actor();
  const auto made = co_await tenants::create(context.db, provisioner, actor, id, arguments.name,
                                             arguments.time_zone);
  boost::json::array rows;
  rows.push_back(row_of_tenant(made));
  print_rows(arguments, rows);
  co_return 0;
}

Task<int> list_tenants(CommandContext& context) {
  boost::json::array rows;
  const auto all = co_await tenants::list(context.db);
  for (const auto& tenant : all) rows.push_back(row_of_tenant(tenant));
  print_rows(context.arguments, rows);
  co_return 0;
}

Task<int> show(CommandContext& context) {
  const TenantId id = tenant_argument(context.arguments.id);
  const auto tenant = co_await tenants::get(context.db, id);
  boost::json::array rows;
  rows.push_back(row_of_tenant(tenant));
  print_rows(context.arguments, rows);
  co_return 0;
}

Task<int> set_tenant_active(CommandContext& context, bool active) {
  const TenantId id = tenant_argument(context.arguments.id);
  tenants::Change change;
  change.active = active;
  const audit::Actor actor = terminal_actor();
  const auto tenant = co_await tenants::change(context.db, actor, id, std::move(change));
  boost::json::array rows;
  rows.push_back(row_of_tenant(tenant));
  print_rows(context.arguments, rows);
  co_return 0;
}

Task<int> suspend(CommandContext& context) {
  co_return co_await set_tenant_active(context, false);
}
Task<int> resume(CommandContext& context) {
  co_return co_await set_tenant_active(context, true);
}

}  // namespace

int tenant_create(const Settings& settings, const Arguments& arguments) {
  if (settings.database.owner_url.empty()) {
    throw std::runtime_error(
        "database.owner_url is not set: only the schemas' owner makes a tenant");
  }
  return run_on_database(settings, arguments, &create);
}
int tenant_list(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &list_tenants);
}
int tenant_show(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &show);
}
int tenant_suspend(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &suspend);
}
int tenant_resume(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &resume);
}

}  // namespace wardbook::app
