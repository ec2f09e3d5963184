#include "app/database_command.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>

namespace wardbook::app {

int run_on_database(const Settings& settings, const Arguments& arguments,
                    Task<int> (*command)(CommandContext&)) {
  if (settings.database.url.empty()) {
    throw std::runtime_error("database.url is not set: name a configuration with --config");
  }
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
