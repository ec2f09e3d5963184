#include "migrate/erase.h"

#include "db/sync_connection.h"
#include "migrate/migrate.h"

namespace wardbook::migrate {
namespace {

constexpr const char* kNotSealed = "55000";

}  // namespace

Erased erase_patient(const Options& options, const TenantId& tenant, std::int64_t erasure) {
  try {
    db::SyncConnection connection(options.owner_conninfo, "wardbook erase");
    const auto outcome = connection.value("SELECT wardbook.erase_patient($1, $2)",
                                          {tenant.str(), std::to_string(erasure)});
    if (outcome == "erased") return Erased::now;
    return outcome == "held" ? Erased::held : Erased::before;
  } catch (const db::SqlError& error) {
    if (error.sqlstate() == kNotSealed) return Erased::unsealed;
    throw MigrationError(error.what());
  }
}

}  // namespace wardbook::migrate
