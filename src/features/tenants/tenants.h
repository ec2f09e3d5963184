#pragma once

#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/router.h"
#include "base/clock.h"
#include "base/settings.h"
#include "base/task.h"
#include "db/pool.h"
#include "features/accounts/accounts.h"
#include "features/app.h"
#include "features/audit/audit.h"
#include "migrate/erase.h"

/// Hospitals: their schemas' life, and whether they may be used.
namespace wardbook::tenants {

/// The one way from a request to the owner's login: makes and removes a tenant's schema. Blocking
/// work on the workers; may be shared between reactors.
class Provisioner {
 public:
  Provisioner(boost::asio::thread_pool& workers, Settings::Database database)
      : workers_(workers), database_(std::move(database)) {}

  /// Fails with tenant_exists, invalid_fields (time zone), database_unavailable.
  [[nodiscard]] Task<> provision(TenantId tenant, std::string name, std::string time_zone);
  /// With all of its data. False if there was none.
  [[nodiscard]] Task<bool> drop(TenantId tenant);
  /// Empties the rows of a patient whose erasure was asked for. Fails with database_unavailable.
  [[nodiscard]] Task<migrate::Erased> erase_patient(TenantId tenant, std::int64_t erasure);

 private:
  boost::asio::thread_pool& workers_;
  Settings::Database database_;
};

/// The role that the service's own login acts as: what PostgreSQL says it is. Connects, and blocks.
/// Throws db::SqlError.
[[nodiscard]] std::string service_role(const std::string& service_url);

struct Tenant {
  std::string id;
  std::string name;
  bool active = true;
  std::string time_zone;
  std::optional<std::int64_t> retention_days;  ///< of deleted files; none: as configured
  Time created_at;
  Time updated_at;
  std::string locale;  ///< BCP 47: how numbers are written there
  static constexpr db::Columns kColumns{
      "id", "name", "active", "time_zone", "retention_days", "created_at", "updated_at", "locale"};
  static Tenant from_row(const db::RowView& row);
};
[[nodiscard]] std::string to_json(const Tenant& tenant);

/// Schema, role and row. Commits by itself, step by step. Fails with tenant_exists, invalid_fields.
[[nodiscard]] Task<> provision(db::Pool& db, Provisioner& provisioner, TenantId id,
                               std::string name, std::string time_zone);
/// The entry of that. Returns the tenant.
[[nodiscard]] Task<Tenant> log_created(api::Write& w, TenantId id);
/// Both together. Fails with tenant_exists, invalid_fields.
[[nodiscard]] Task<Tenant> create(db::Pool& db, Provisioner& provisioner, audit::Actor actor,
                                  TenantId id, std::string name, std::string time_zone);
/// Fails with tenant_not_found.
[[nodiscard]] Task<Tenant> get(db::Pool& db, TenantId id);
/// All of them, by id.
[[nodiscard]] Task<std::vector<Tenant>> list(db::Pool& db);

/// What to change; absent stays.
struct Change {
  std::optional<std::string> name;
  std::optional<bool> active;
  std::optional<std::string> time_zone;
  /// Of deleted files; the inner one is absent where the configuration is to decide again.
  std::optional<std::optional<std::int64_t>> retention_days;
  std::optional<std::string> locale;
};
/// Nodes hear of a suspension with the commit. Fails with tenant_not_found, invalid_fields.
[[nodiscard]] Task<Tenant> change_in(api::Write& w, TenantId id, Change change);
[[nodiscard]] Task<Tenant> change(db::Pool& db, audit::Actor actor, TenantId id, Change wanted);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::tenants
