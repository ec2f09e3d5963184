#include <unistd.h>

#include <cstdio>

#include "app/database_command.h"
#include "app/service.h"
#include "base/clock.h"
#include "base/text.h"
#include "features/attachments/attachments.h"
#include "features/audit/audit.h"
#include "features/erasures/erasures.h"
#include "features/patients/patients.h"
#include "features/records/records.h"
#include "features/templates/templates.h"
#include "features/tenants/tenants.h"
#include "migrate/migrate.h"

namespace wardbook::app {

Task<std::vector<TenantId>> chosen_tenants(CommandContext& context) {
  std::vector<TenantId> ids;
  if (context.arguments.tenant) {
    const TenantId id = tenant_argument(*context.arguments.tenant);
    co_await tenants::get(context.db, id);  // tenant_not_found
    ids.push_back(id);
  } else {
    const auto all = co_await tenants::list(context.db);
    for (const auto& tenant : all) ids.push_back(*TenantId::parse(tenant.id));
  }
  co_return ids;
}

namespace {

migrate::Options migration_options(const Settings& settings, const Arguments& arguments) {
  if (settings.database.url.empty() || settings.database.owner_url.empty()) {
    throw std::runtime_error(
        "database.url and database.owner_url are needed: name a configuration with --config");
  }
  migrate::Options options;
  options.owner_conninfo = settings.database.owner_url;
  options.service_role = tenants::service_role(settings.database.url);
  options.jobs = arguments.jobs;
  options.dry_run = arguments.dry_run;
  if (arguments.tenant) options.tenant = tenant_argument(*arguments.tenant);
  return options;
}

void show_tenants(std::size_t done, std::size_t total, const migrate::TenantReport& report) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r\033[K%zu of %zu: %s%s", done, total, report.tenant.str().c_str(),
               done == total ? "\n" : "");
}

Task<int> verify(CommandContext& context) {
  const auto ids = co_await chosen_tenants(context);
  boost::json::array rows;
  int code = 0;
  for (const auto& id : ids) {
    audit::Verdict verdict;
    try {
      verdict = co_await audit::verify_chain(context.db, id);
      if (!verdict.first_fault) co_await records::verify_versions(context.db, id, verdict);
      if (!verdict.first_fault) co_await patients::verify_patients(context.db, id, verdict);
      if (!verdict.first_fault) co_await attachments::verify_files(context.db, id, verdict);
      if (!verdict.first_fault) co_await erasures::verify_certificates(context.db, id, verdict);
      if (!verdict.first_fault) co_await templates::verify_templates(context.db, id, verdict);
    } catch (const Failure& failure) {  // of one hospital; the others are verified all the same
      verdict.first_fault = "was not verified: " + text_of(failure);
    }
    if (verdict.first_fault) code = 1;
    boost::json::object row{
        {"tenant", id.str()},           {"entries", verdict.entries},
        {"erased", verdict.erased},     {"unsealed", verdict.unsealed},
        {"versions", verdict.versions}, {"erased_versions", verdict.erased_versions},
        {"epoch", verdict.epoch},       {"seals", verdict.seals},
        {"head", verdict.head},         {"result", verdict.first_fault.value_or("holds")}};
    rows.push_back(std::move(row));
  }
  print_rows(context.arguments, rows);
  co_return code;
}

}  // namespace

int migrate_run(const Settings& settings, const Arguments& arguments) {
  const auto options = migration_options(settings, arguments);
  const auto report = migrate::run(options, &show_tenants);
  boost::json::array rows;
  rows.push_back(boost::json::object{
      {"schema", "wardbook"}, {"applied", joined(report.control, ", ")}, {"result", "ok"}});
  for (const auto& tenant : report.tenants) {
    rows.push_back(boost::json::object{{"schema", tenant.tenant.str()},
                                       {"applied", joined(tenant.applied, ", ")},
                                       {"result", tenant.error.value_or("ok")}});
  }
  print_rows(arguments, rows);
  if (!report.for_superuser.empty()) {
    std::fprintf(stderr,
                 "wardbook: every role of this database, hospitals' roles among them, may still do "
                 "what only a superuser can withdraw. Have one run in it:\n");
    for (const auto& statement : report.for_superuser) {
      std::fprintf(stderr, "  %s;\n", statement.c_str());
    }
  }
  return report.ok() ? 0 : 1;
}

int migrate_status(const Settings& settings, const Arguments& arguments) {
  const auto status = migrate::status(migration_options(settings, arguments));
  boost::json::array rows;
  rows.push_back(boost::json::object{{"schema", "wardbook"},
                                     {"version", status.control_version},
                                     {"pending", joined(status.control_pending, ", ")},
                                     {"error", status.control_error.value_or("")}});
  for (const auto& tenant : status.tenants) {
    rows.push_back(boost::json::object{{"schema", tenant.tenant.str()},
                                       {"version", tenant.version},
                                       {"pending", joined(tenant.pending, ", ")},
                                       {"error", tenant.error.value_or("")}});
  }
  print_rows(arguments, rows);
  return status.up_to_date() ? 0 : 1;
}

int audit_verify(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &verify);
}

namespace {

std::string_view access_name(api::Access access) {
  if (access == api::Access::open) return "open";
  if (access == api::Access::signed_in) return "signed_in";
  if (access == api::Access::any_in_tenant) return "any_in_tenant";
  return api::to_string(access);
}

}  // namespace

int routes_list(const Settings&, const Arguments& arguments) {
  boost::json::array rows;
  for (const auto& route : all_routes()) {
    rows.push_back(
        {{"method", route.method}, {"path", route.pattern}, {"access", access_name(route.access)}});
  }
  print_rows(arguments, rows);
  return 0;
}

}  // namespace wardbook::app
