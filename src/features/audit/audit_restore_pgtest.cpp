// A hospital that pg_dump took to another cluster goes on sealing and verifies.
#include <cstdlib>
#include <filesystem>

#include "features/audit/audit_pgtest.h"
#include "support/provision.h"

namespace wardbook::audit {
namespace {

using testing::Clinic;
using testing::PgCluster;
using testing::run;

void shell(const std::string& command) {
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

std::string quoted(const std::string& text) {
  return " '" + text + "' ";
}

/// A database of some cluster, with the service's pool on it.
class Place {
 public:
  Place(const PgCluster& cluster, std::string database)
      : cluster_(cluster), database_(std::move(database)) {}
  ~Place() {
    db.close();
    reactor.restart();
    reactor.poll();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  [[nodiscard]] std::string conninfo() const {
    return cluster_.superuser_conninfo() + " dbname=" + database_;
  }
  void write(const TenantId& tenant, const std::string& resource) {
    run(reactor, log.write(tenant, {}, entry(resource)));
  }
  std::int64_t seal_now(const TenantId& tenant) { return run(reactor, seal(db, tenant)); }
  Verdict verify(const TenantId& tenant) { return run(reactor, verify_chain(db, tenant)); }

 private:
  [[nodiscard]] db::PoolOptions options() const {
    db::PoolOptions out;
    out.conninfo = cluster_.service_conninfo() + " dbname=" + database_;
    return out;
  }

  const PgCluster& cluster_;
  std::string database_;

 public:
  boost::asio::io_context reactor{1};
  db::Pool db{reactor, options()};
  Log log{reactor, db};
};

class AuditRestoreTest : public ::testing::Test {
 protected:
  AuditRestoreTest() : tenant_(*TenantId::parse("moved_hospital")) {
    std::filesystem::create_directories(folder_);
  }
  ~AuditRestoreTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// A database with the hospital in it and nothing else.
  void provision(const std::string& database) {
    testing::provision(here_.create_database(database), tenant_);
  }
  void take_roles_along() {
    shell(PgCluster::program("pg_dumpall") + " --roles-only -d" +
          quoted(here_.superuser_conninfo()) + "-f" + quoted(folder_ / "roles.sql"));
    // Some are there already.
    shell(PgCluster::program("psql") + " -qXd" + quoted(there_->superuser_conninfo()) + "-f" +
          quoted(folder_ / "roles.sql") + "2>/dev/null");
  }
  /// Sealed entries, one that is not, and one whose transaction is not committed.
  void fill(Place& place, db::SyncConnection& open) {
    for (int i = 0; i < 4; ++i) place.write(tenant_, "a" + std::to_string(i));
    EXPECT_EQ(place.seal_now(tenant_), 4);
    open.script("BEGIN; INSERT INTO moved_hospital.audit_log (action, resource) VALUES ('x', 'x')");
    place.write(tenant_, "sealed");
    EXPECT_EQ(place.seal_now(tenant_), 1);
    place.write(tenant_, "not sealed");
  }
  void expect_goes_on(Place& restored, const std::string& head) {
    auto verdict = restored.verify(tenant_);
    EXPECT_EQ(verdict.first_fault, std::nullopt);
    EXPECT_EQ(verdict.entries, 5);
    EXPECT_EQ(verdict.unsealed, 1);
    EXPECT_EQ(verdict.epoch, 1);
    EXPECT_EQ(verdict.head, head) << "the chain that was taken along";
    db::SyncConnection all(restored.conninfo());
    EXPECT_EQ(all.value("SELECT wardbook.audit_begin_epoch('moved_hospital')"), "2");
    restored.write(tenant_, "after the restore");
    EXPECT_EQ(restored.seal_now(tenant_), 2);
    restored.write(tenant_, "and later");
    EXPECT_EQ(restored.seal_now(tenant_), 1);
    EXPECT_EQ(all.value("SELECT string_agg(concat_ws('<', epoch, previous_epoch), ' ' ORDER BY seq)"
                        " FROM moved_hospital.audit_seals"),
              "1 1 2<1 2");
    verdict = restored.verify(tenant_);
    EXPECT_EQ(verdict.first_fault, std::nullopt);
    EXPECT_EQ(verdict.entries, 8);
    EXPECT_EQ(verdict.unsealed, 0);
    EXPECT_EQ(verdict.epoch, 2);
    all.script("SET session_replication_role = replica");
    all.script("UPDATE moved_hospital.audit_log SET action = 'b' WHERE id = 2");
    EXPECT_EQ(restored.verify(tenant_).first_fault, "audit entry 2 was altered");
  }

  PgCluster& here_ = PgCluster::get();
  const std::unique_ptr<PgCluster> there_ = PgCluster::another();
  const TenantId tenant_;
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("wardbook-restore-" + std::to_string(getpid()));
};

TEST_F(AuditRestoreTest, AWholeDatabaseGoesOnInAnotherCluster) {
  provision("dumped_whole");
  Place from(here_, "dumped_whole");
  db::SyncConnection open(from.conninfo());
  fill(from, open);
  take_roles_along();
  static_cast<void>(there_->create_database("restored"));
  shell(PgCluster::program("pg_dump") + " -Fc -d" + quoted(from.conninfo()) + "-f" +
        quoted(folder_ / "whole"));
  Place to(*there_, "restored");
  shell(PgCluster::program("pg_restore") + " -e -d" + quoted(to.conninfo()) +
        quoted(folder_ / "whole"));
  expect_goes_on(to, from.verify(tenant_).head);
}

TEST_F(AuditRestoreTest, OneHospitalGoesOnInAnotherCluster) {
  provision("dumped_schema");
  Place from(here_, "dumped_schema");
  db::SyncConnection open(from.conninfo());
  fill(from, open);
  take_roles_along();
  there_->migrate();
  Place to(*there_, "wardbook");
  shell(PgCluster::program("pg_dump") + " -n moved_hospital -d" + quoted(from.conninfo()) + "|" +
        PgCluster::program("psql") + " -qXv ON_ERROR_STOP=1 -o /dev/null -d" +
        quoted(to.conninfo()));
  expect_goes_on(to, from.verify(tenant_).head);
}

}  // namespace
}  // namespace wardbook::audit
