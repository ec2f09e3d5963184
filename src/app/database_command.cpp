#include "app/database_command.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <stdexcept>

#include "db/sync_connection.h"
#include "migrate/migrate.h"

namespace wardbook::app {

std::optional<std::string> database_fault(const Settings& settings, const char* program) {
  constexpr const char* kNotMigrated =
      "the control schema is not up to date: run `wardbook migrate` first";
  try {
    db::SyncConnection connection(settings.database.url, program);
    const std::vector<std::string> names = migrate::control_names();
    const auto there = connection.value(
        "SELECT count(*) FROM wardbook.schema_migrations WHERE name = ANY ($1::text[])",
        {db::to_param(names)});
    if (there != std::to_string(names.size())) return kNotMigrated;
    return std::nullopt;
  } catch (const db::SqlError& e) {
    // No such schema or table, or no right to see them.
    if (e.sqlstate() == "42P01" || e.sqlstate() == "3F000" || e.sqlstate() == "42501") {
      return kNotMigrated;
    }
    std::string what = e.what();
    what.resize(std::min(what.find('\n'), what.size()));  // libpq's messages have several lines
    return "PostgreSQL cannot be used: " + what;
  }
}

std::string text_of(const Failure& failure) {
  const std::string detail(failure.log_detail());
  for (const auto* missing : {"42P01", "3F000", "42703", "42883"}) {
    if (detail.find(std::string("SQLSTATE ") + missing) != std::string::npos) {
      return "a schema is not up to date: run `wardbook migrate` first";
    }
  }
  std::string text(failure.message());
  if (!detail.empty()) text += " (" + detail + ")";
  return text;
}

int run_on_database(const Settings& settings, const Arguments& arguments,
                    Task<int> (*command)(CommandContext&)) {
  if (settings.database.url.empty()) {
    throw std::runtime_error("database.url is not set: name a configuration with --config");
  }
  if (const auto fault = database_fault(settings, "wardbook")) throw std::runtime_error(*fault);
  boost::asio::io_context reactor(1);
  db::PoolOptions options;
  options.conninfo = settings.database.url;
  options.connections = 4;
  options.lanes = 1;
  options.acquire_timeout = settings.database.acquire_timeout;
  options.statement_timeout = std::chrono::minutes(5);
  db::Pool pool(reactor, options);
  boost::asio::thread_pool workers(1);
  CommandContext context{reactor, settings, arguments, pool, workers};
  int code = 1;
  std::exception_ptr error;
  boost::asio::co_spawn(reactor, command(context), [&](std::exception_ptr thrown, int returned) {
    error = thrown;
    code = returned;
    pool.close();
    reactor.stop();
  });
  reactor.run();
  if (error) std::rethrow_exception(error);
  return code;
}

audit::Actor terminal_actor() {
  audit::Actor actor;
  actor.role = "command_line";
  return actor;
}

TenantId tenant_argument(const std::string& text) {
  auto id = TenantId::parse(text);
  if (!id) {
    throw UsageError("'" + text +
                     "' is not a tenant's id: 3 to 48 lower-case letters, digits and _, beginning "
                     "with a letter, and not the name of a system schema");
  }
  return std::move(*id);
}

}  // namespace wardbook::app
