#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/ids.h"
#include "db/pool.h"

namespace wardbook::testing {

/// A private PostgreSQL cluster in a temporary folder, on a Unix socket only, one for each test
/// program. It has the database `wardbook`, owned by `wardbook_owner` (CREATEROLE), and the
/// service's login `wardbook_service` (NOINHERIT). Runs as another user when the tests run as root.
/// Ends with the program, also when that crashes; folders of crashed programs are removed by the
/// next one.
class PgCluster {
 public:
  /// Started on the first call. Throws std::runtime_error with the server's log.
  static PgCluster& get();
  /// A second cluster beside it, for what is moved from one to another. Ends with the pointer.
  [[nodiscard]] static std::unique_ptr<PgCluster> another();
  ~PgCluster();
  /// The path of one of PostgreSQL's programs, such as pg_dump, of the server's version.
  [[nodiscard]] static std::string program(const std::string& name);

  [[nodiscard]] std::string service_conninfo() const { return conninfo("wardbook_service"); }
  [[nodiscard]] std::string owner_conninfo() const { return conninfo("wardbook_owner"); }
  [[nodiscard]] std::string superuser_conninfo() const { return conninfo("postgres"); }
  /// The path of its Unix socket.
  [[nodiscard]] std::string socket() const { return folder_.string() + "/.s.PGSQL.5432"; }
  [[nodiscard]] static std::string service_role() { return "wardbook_service"; }
  /// Another database on the cluster, owned by the owner; for tests that migrate from nothing.
  [[nodiscard]] std::string create_database(const std::string& name);

  /// With the migrations of the program applied, once.
  void migrate();
  /// A tenant of its own for a test, provisioned and migrated: `PREFIX_N`.
  TenantId new_tenant(const std::string& prefix = "test");
  [[nodiscard]] db::PoolOptions pool_options() const;

  /// As an operator would; all connections are lost. While clients go on trying to connect, call
  /// `stop` on another thread than theirs: the server waits for those that have begun.
  void stop();
  /// On the main thread only: the server ends with the thread that started it.
  void start();

  PgCluster(const PgCluster&) = delete;
  PgCluster& operator=(const PgCluster&) = delete;

 private:
  explicit PgCluster(const std::string& suffix);
  [[nodiscard]] std::string conninfo(const std::string& user) const;
  void init_database();

  std::filesystem::path folder_;
  pid_t postmaster_ = -1;
  pid_t creator_;
  bool migrated_ = false;
  int tenants_ = 0;
};

}  // namespace wardbook::testing
