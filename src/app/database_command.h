#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "app/commands.h"
#include "base/ids.h"
#include "base/task.h"
#include "db/pool.h"
#include "features/audit/audit.h"

namespace wardbook::app {

/// What a command on the database works with.
struct CommandContext {
  boost::asio::io_context& reactor;
  const Settings& settings;
  const Arguments& arguments;
  db::Pool& db;
  boost::asio::thread_pool& workers;
};

/// Why the database cannot be worked with; nullopt when it can.
[[nodiscard]] std::optional<std::string> database_fault(const Settings& settings,
                                                        const char* program);
/// For whoever sits at the terminal, with what to do where that is known.
[[nodiscard]] std::string text_of(const Failure& failure);

/// Runs the coroutine on a reactor of its own, with the service's login. Returns its exit code;
/// throws what it throws, and std::runtime_error when database.url is not set or database_fault.
int run_on_database(const Settings& settings, const Arguments& arguments,
                    Task<int> (*command)(CommandContext&));

/// Whoever sits at the terminal, as the audit log names them.
[[nodiscard]] audit::Actor terminal_actor();

/// The tenant that was named, or all of them. Fails with tenant_not_found.
[[nodiscard]] Task<std::vector<TenantId>> chosen_tenants(CommandContext& context);

/// Throws UsageError when it is no tenant's id.
[[nodiscard]] TenantId tenant_argument(const std::string& text);

}  // namespace wardbook::app
