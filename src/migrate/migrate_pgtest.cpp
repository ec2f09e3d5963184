#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "base/failure.h"
#include "db/sync_connection.h"
#include "migrate/migrate.h"
#include "support/pg_cluster.h"

namespace wardbook::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PgCluster;
using ::testing::SizeIs;

/// What making a tenant asks of the control schema, beside the tables.
std::string time_zones() {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.path == "control/routines/time_zones.sql") return std::string(file.bytes);
  }
  return {};
}

const std::vector<EmbeddedFile>& control() {
  static const std::string tenants =
      "CREATE TABLE wardbook.tenants (id text PRIMARY KEY, name text CHECK (name <> ''),"
      " time_zone text); GRANT USAGE ON SCHEMA wardbook TO {service};"
      " GRANT SELECT ON wardbook.tenants TO {service};" +
      time_zones();
  static const std::vector<EmbeddedFile> files = {{"control/0001_tenants.sql", tenants}};
  return files;
}
constexpr EmbeddedFile kNotes = {"tenant/0001_notes.sql",
                                 "CREATE TABLE {tenant}.notes (id int);"
                                 " GRANT SELECT ON {tenant}.notes TO {role};"};
constexpr EmbeddedFile kMore = {"tenant/0002_more.sql",
                                "ALTER TABLE {tenant}.notes ADD COLUMN text text DEFAULT '{}';"};

std::vector<EmbeddedFile> files(std::initializer_list<EmbeddedFile> tenant_files) {
  std::vector<EmbeddedFile> all = control();
  all.insert(all.end(), tenant_files);
  return all;
}

TenantId id(const std::string& text) {
  return *TenantId::parse(text);
}

/// Every test migrates a database of its own from nothing.
class MigratePgTest : public ::testing::Test {
 protected:
  MigratePgTest() {
    static int counter = 0;
    options.owner_conninfo =
        PgCluster::get().create_database("migrate_" + std::to_string(++counter));
    options.service_role = PgCluster::service_role();
    prefix = "m" + std::to_string(counter) + "_";
    use(files({kNotes}));
  }

  void use(std::vector<EmbeddedFile> new_files) {
    kept = std::move(new_files);
    options.files = kept;
  }

  /// Roles are the cluster's, so the tests' tenants have names of their own.
  TenantId tenant(const std::string& name) const { return id(prefix + name); }
  void make(const TenantId& tenant) { provision(options, tenant, "A hospital", "Europe/Berlin"); }
  db::SyncConnection owner() { return db::SyncConnection(options.owner_conninfo); }

  Options options;
  std::vector<EmbeddedFile> kept;
  std::string prefix;
};

TEST_F(MigratePgTest, TheProgramsOwnMigrationsApplyToAnEmptyDatabase) {
  options.files = embedded_files();
  EXPECT_FALSE(status(options).up_to_date());
  const Report report = run(options);
  EXPECT_FALSE(report.control.empty());
  make(tenant("one"));
  EXPECT_TRUE(status(options).up_to_date());
  EXPECT_EQ(owner().value("SELECT time_zone FROM wardbook.tenants"), "Europe/Berlin");
  const Report again = run(options);
  EXPECT_TRUE(again.ok());
  EXPECT_THAT(again.control, IsEmpty());
  ASSERT_THAT(again.tenants, SizeIs(1));
  EXPECT_THAT(again.tenants[0].applied, IsEmpty());
  EXPECT_TRUE(drop(options, tenant("one")));
}

TEST_F(MigratePgTest, AddsWhatIsPendingToEveryTenant) {
  run(options);
  make(tenant("one"));
  make(tenant("two"));
  use(files({kNotes, kMore}));
  std::vector<std::size_t> seen;
  const Report report = run(options, [&](std::size_t done, std::size_t total, const TenantReport&) {
    seen.push_back(done);
    EXPECT_EQ(total, 2U);
  });
  EXPECT_TRUE(report.ok());
  EXPECT_THAT(seen, ElementsAre(1, 2));
  ASSERT_THAT(report.tenants, SizeIs(2));
  for (const TenantReport& one : report.tenants) EXPECT_THAT(one.applied, ElementsAre("0002_more"));
  EXPECT_TRUE(status(options).up_to_date());
  // Braces that are no place of ours stay as they are.
  const std::string insert = "INSERT INTO " + prefix + "one.notes (id) VALUES (1) RETURNING text";
  EXPECT_EQ(owner().value(insert), "{}");
}

TEST_F(MigratePgTest, OnlyTheNamedTenant) {
  run(options);
  make(tenant("one"));
  make(tenant("two"));
  use(files({kNotes, kMore}));
  options.tenant = tenant("two");
  const Report report = run(options);
  ASSERT_THAT(report.tenants, SizeIs(1));
  EXPECT_EQ(report.tenants[0].tenant, tenant("two"));
  options.tenant = tenant("nobody");
  EXPECT_THROW(run(options), MigrationError);
}

TEST_F(MigratePgTest, ADryRunChangesNothing) {
  options.dry_run = true;
  EXPECT_THAT(run(options).control, ElementsAre("0001_tenants"));
  EXPECT_FALSE(owner().value("SELECT to_regnamespace('wardbook')::text").has_value());
  options.dry_run = false;
  run(options);
  make(tenant("one"));
  use(files({kNotes, kMore}));
  options.dry_run = true;
  const Report report = run(options);
  EXPECT_THAT(report.control, IsEmpty());
  ASSERT_THAT(report.tenants, SizeIs(1));
  EXPECT_THAT(report.tenants[0].applied, ElementsAre("0002_more"));
  const Status after = status(options);
  ASSERT_THAT(after.tenants, SizeIs(1));
  EXPECT_EQ(after.tenants[0].version, 1);
  EXPECT_THAT(after.tenants[0].pending, ElementsAre("0002_more"));
}

TEST_F(MigratePgTest, AFailingTenantDoesNotStopTheOthers) {
  run(options);
  for (const char* name : {"one", "two", "three"}) make(tenant(name));
  owner().script("ALTER TABLE " + prefix + "two.notes ADD COLUMN text text");
  use(files({kNotes,
             {"tenant/0002_first.sql", "CREATE TABLE {tenant}.first (id int)"},
             {"tenant/0003_more.sql", kMore.bytes}}));
  options.jobs = 2;
  const Report report = run(options);
  EXPECT_EQ(report.failed(), 1U);
  for (const TenantReport& one : report.tenants) {
    if (one.tenant == tenant("two")) {
      ASSERT_TRUE(one.error.has_value());
      EXPECT_THAT(*one.error, HasSubstr("0003_more"));
    } else {
      EXPECT_THAT(one.applied, ElementsAre("0002_first", "0003_more"));
    }
  }
  // Its transaction was one: nothing of the run was kept.
  EXPECT_FALSE(owner().value("SELECT to_regclass('" + prefix + "two.first')::text").has_value());
}

TEST_F(MigratePgTest, AChangedMigrationIsRefusedByName) {
  run(options);
  make(tenant("one"));
  use(files({{"tenant/0001_notes.sql", "CREATE TABLE {tenant}.notes (id bigint)"}}));
  const Report report = run(options);
  ASSERT_THAT(report.tenants, SizeIs(1));
  ASSERT_TRUE(report.tenants[0].error.has_value());
  EXPECT_THAT(*report.tenants[0].error, HasSubstr("0001_notes has changed"));
  EXPECT_FALSE(status(options).up_to_date());
  use({{"control/0001_tenants.sql", "SELECT 1"}});
  EXPECT_THAT([&] { run(options); },
              ::testing::ThrowsMessage<MigrationError>(HasSubstr("0001_tenants has changed")));
}

TEST_F(MigratePgTest, ADatabaseNewerThanTheProgramIsRefused) {
  use(files({kNotes, kMore}));
  run(options);
  make(tenant("one"));
  use(files({kNotes}));
  const Report report = run(options);
  ASSERT_TRUE(report.tenants.at(0).error.has_value());
  EXPECT_THAT(*report.tenants[0].error, HasSubstr("newer"));
}

TEST_F(MigratePgTest, ManyAtOnceDoEverythingOnce) {
  run(options);
  for (int i = 0; i < 8; ++i) make(tenant("t" + std::to_string(i)));
  // Without the locks, two would add the same column, or the same control table.
  use(files({kNotes, kMore}));
  kept.push_back({"control/0002_more.sql", "SELECT pg_sleep(0.1); CREATE TABLE wardbook.more ()"});
  // Twice would fail.
  kept.push_back({"tenant/routines/says.sql",
                  "CREATE FUNCTION {tenant}.says() RETURNS int"
                  " LANGUAGE sql RETURN 1"});
  options.files = kept;
  std::vector<Report> reports(4);
  std::vector<std::jthread> threads;
  for (Report& report : reports) {
    threads.emplace_back([&report, this] { report = run(options); });
  }
  threads.clear();
  std::size_t control = 0;
  std::size_t applied = 0;
  for (const Report& report : reports) {
    EXPECT_TRUE(report.ok());
    control += report.control.size();
    for (const TenantReport& one : report.tenants) applied += one.applied.size();
  }
  EXPECT_EQ(control, 1U);
  EXPECT_EQ(applied, 16U);
}

TEST_F(MigratePgTest, ManyAtOnceOnAnEmptyDatabaseDoEverythingOnce) {
  std::vector<Report> reports(4);
  std::vector<std::jthread> threads;
  for (Report& report : reports) {
    threads.emplace_back([&report, this] { report = run(options); });
  }
  threads.clear();
  std::size_t control = 0;
  for (const Report& report : reports) control += report.control.size();
  EXPECT_EQ(control, 1U);
  EXPECT_TRUE(status(options).up_to_date());
}

TEST_F(MigratePgTest, ManyThatMakeOrDropOneTenantDoItOnce) {
  run(options);
  std::atomic<int> made = 0;
  std::atomic<int> dropped = 0;
  std::atomic<int> other = 0;
  const auto four = [&](const std::function<void()>& work) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        try {
          work();
        } catch (const Failure& failure) {
          if (failure.code() != Code::tenant_exists) ++other;
        } catch (const MigrationError&) {
          ++other;
        }
      });
    }
  };
  four([&] {
    make(tenant("one"));
    ++made;
  });
  four([&] {
    if (drop(options, tenant("one"))) ++dropped;
  });
  EXPECT_EQ(made, 1);
  EXPECT_EQ(dropped, 1);
  EXPECT_EQ(other, 0);
}

TEST_F(MigratePgTest, ATenantThatIsDroppedMeanwhileIsPassedOver) {
  run(options);
  make(tenant("one"));
  use(files({kNotes, kMore}));
  auto dropping = owner();
  dropping.script("BEGIN; LOCK TABLE " + prefix + "one.schema_migrations IN EXCLUSIVE MODE");
  Report report;
  std::jthread migrating([&] { report = run(options); });
  auto looking = owner();
  while (looking.value("SELECT count(*) FROM pg_locks WHERE NOT granted"
                       " AND database = (SELECT oid FROM pg_database"
                       " WHERE datname = current_database())") == "0") {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  dropping.script("DELETE FROM wardbook.tenants; DROP SCHEMA " + prefix + "one CASCADE; COMMIT");
  migrating.join();
  ASSERT_THAT(report.tenants, SizeIs(1));
  EXPECT_TRUE(report.ok()) << *report.tenants[0].error;
  EXPECT_THAT(report.tenants[0].applied, IsEmpty());
}

/// A function that says which of its texts is in force.
std::string says(const std::string& what) {
  return "CREATE OR REPLACE FUNCTION {tenant}.says() RETURNS text LANGUAGE sql RETURN '" + what +
         "'";
}

TEST_F(MigratePgTest, RoutinesAreAppliedAgainWhenTheyChange) {
  const std::string first = says("first");
  const std::string second = says("second");
  use(files({kNotes, {"tenant/routines/says.sql", first}}));
  kept.push_back({"control/routines/shared.sql",
                  "CREATE FUNCTION wardbook.shared() RETURNS int LANGUAGE sql RETURN 1"});
  options.files = kept;
  EXPECT_THAT(run(options).control, ElementsAre("0001_tenants", "routines/shared"));
  make(tenant("one"));
  const std::string ask = "SELECT " + prefix + "one.says()";
  EXPECT_EQ(owner().value(ask), "first");
  EXPECT_TRUE(status(options).up_to_date());
  EXPECT_THAT(run(options).tenants.at(0).applied, IsEmpty());

  use(files({kNotes, {"tenant/routines/says.sql", second}}));
  EXPECT_THAT(status(options).tenants.at(0).pending, ElementsAre("routines/says"));
  options.dry_run = true;
  EXPECT_THAT(run(options).tenants.at(0).applied, ElementsAre("routines/says"));
  EXPECT_EQ(owner().value(ask), "first");
  options.dry_run = false;
  EXPECT_THAT(run(options).tenants.at(0).applied, ElementsAre("routines/says"));
  EXPECT_EQ(owner().value(ask), "second");
  EXPECT_EQ(status(options).tenants.at(0).version, 1);
  EXPECT_TRUE(status(options).up_to_date());
}

TEST_F(MigratePgTest, ARoutineThatCameBackIsAppliedAgain) {
  const std::string text = says("it is back");
  use(files({kNotes, {"tenant/routines/says.sql", text}}));
  run(options);
  make(tenant("one"));
  const std::vector<EmbeddedFile> with = kept;
  use(files({kNotes, {"tenant/0002_drop.sql", "DROP FUNCTION {tenant}.says()"}}));
  EXPECT_TRUE(run(options).ok());
  EXPECT_TRUE(status(options).up_to_date());
  kept.push_back({"tenant/routines/says.sql", text});
  options.files = kept;
  EXPECT_THAT(run(options).tenants.at(0).applied, ElementsAre("routines/says"));
  EXPECT_EQ(owner().value("SELECT " + prefix + "one.says()"), "it is back");
}

TEST_F(MigratePgTest, ARoutineAndAMigrationAreKeptTogetherOrNotAtAll) {
  const std::string text = says("done");
  use(files({kNotes, {"tenant/routines/says.sql", text}}));
  run(options);
  make(tenant("one"));
  use(files({kNotes, kMore, {"tenant/routines/says.sql", "CREATE FUNCTION nonsense"}}));
  const Report report = run(options);
  ASSERT_TRUE(report.tenants.at(0).error.has_value());
  EXPECT_THAT(*report.tenants[0].error, HasSubstr("routines/says: "));
  EXPECT_THAT(status(options).tenants.at(0).pending, ElementsAre("0002_more", "routines/says"));
}

// Every role of a database can take advisory locks, hospitals' roles too, where nobody withdrew it.
TEST_F(MigratePgTest, WhoeverHoldsAdvisoryLocksStopsNoMigration) {
  run(options);
  make(tenant("one"));
  use(files({kNotes, kMore}));
  const std::size_t at = options.owner_conninfo.rfind("dbname=");
  db::SyncConnection somebody(PgCluster::get().service_conninfo() + " " +
                              options.owner_conninfo.substr(at));
  somebody.query("SELECT pg_advisory_lock(x'776263740001'::bigint)");
  somebody.query("SELECT pg_advisory_lock(2002940929, hashtext($1))", {tenant("one").str()});
  options.owner_conninfo += " options='-c lock_timeout=2s'";
  const Report report = run(options);
  EXPECT_TRUE(report.ok());
  ASSERT_THAT(report.tenants, SizeIs(1));
  EXPECT_THAT(report.tenants[0].applied, ElementsAre("0002_more"));
}

/// The SQLSTATE that this SQL ends with; empty when it goes through.
std::string state_of(db::SyncConnection& connection, const std::string& sql) {
  try {
    connection.script(sql);
  } catch (const db::SqlError& error) {
    return error.sqlstate();
  }
  return {};
}

TEST_F(MigratePgTest, MigratingWithdrawsWhatHospitalsHaveNoUseFor) {
  const std::string database =
      options.owner_conninfo.substr(options.owner_conninfo.rfind("dbname="));
  db::SyncConnection superuser(PgCluster::get().superuser_conninfo() + " " + database);
  superuser.script("GRANT CREATE ON SCHEMA public TO PUBLIC");  // as before PostgreSQL 15
  Report report = run(options);
  make(tenant("one"));
  db::SyncConnection hospital(PgCluster::get().service_conninfo() + " " + database);
  hospital.script("SET ROLE " + tenant("one").role());
  EXPECT_EQ(state_of(hospital, "CREATE TEMPORARY TABLE mine ()"), "42501");
  EXPECT_EQ(state_of(hospital, "CREATE TABLE public.mine ()"), "42501");
  EXPECT_EQ(state_of(hospital, "CREATE SCHEMA mine"), "42501");
  EXPECT_EQ(state_of(hospital, "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql RETURN 1"),
            "42501");
  const std::vector<std::string> superusers{
      "SELECT lo_create(0)",
      "SELECT lo_from_bytea(0, 'x')",
      "SELECT pg_advisory_lock(1)",
      "SELECT pg_try_advisory_lock_shared(1, 2)",
      "SELECT pg_advisory_xact_lock(1)",
      "SELECT pg_logical_emit_message(false, 'x', 'y')",
  };
  for (const auto& sql : superusers) EXPECT_EQ(state_of(hospital, sql), "") << sql;
  EXPECT_THAT(report.for_superuser, SizeIs(1)) << "the owner cannot withdraw it, and says so";
  for (const auto& statement : report.for_superuser) superuser.script(statement);
  for (const auto& sql : superusers) EXPECT_EQ(state_of(hospital, sql), "42501") << sql;
  report = run(options);
  EXPECT_THAT(report.for_superuser, IsEmpty());
}

TEST_F(MigratePgTest, AnOwnerOfSchemasOnlySaysWhatTheDatabasesOwnerHasToDo) {
  const std::string database =
      options.owner_conninfo.substr(options.owner_conninfo.rfind("dbname="));
  db::SyncConnection superuser(PgCluster::get().superuser_conninfo() + " " + database);
  const std::string name = superuser.value("SELECT current_database()").value();
  superuser.script("ALTER DATABASE " + name + " OWNER TO postgres; GRANT ALL ON DATABASE " + name +
                   " TO wardbook_owner");
  const Report report = run(options);
  EXPECT_THAT(report.for_superuser,
              ElementsAre("REVOKE ALL ON DATABASE \"" + name + "\" FROM PUBLIC",
                          "GRANT CONNECT ON DATABASE \"" + name + "\" TO \"wardbook_service\"",
                          HasSubstr("lo_create")));
  for (const auto& statement : report.for_superuser) superuser.script(statement);
  EXPECT_THAT(run(options).for_superuser, IsEmpty());
}

TEST_F(MigratePgTest, ProvisioningIsAllOrNothing) {
  run(options);
  make(tenant("one"));
  const auto code_of_making = [&](const TenantId& which, const char* name, const char* zone) {
    try {
      provision(options, which, name, zone);
    } catch (const Failure& failure) {
      return failure.code();
    }
    return Code::internal;
  };
  EXPECT_EQ(code_of_making(tenant("one"), "Again", "UTC"), Code::tenant_exists);
  EXPECT_EQ(code_of_making(tenant("two"), "", "UTC"), Code::invalid_fields);
  EXPECT_EQ(code_of_making(tenant("two"), "Two", "Mars/Olympus"), Code::invalid_fields);
  owner().script("CREATE SCHEMA " + prefix + "taken");
  EXPECT_EQ(code_of_making(tenant("taken"), "Taken", "UTC"), Code::tenant_exists);
  use(files({kNotes, {"tenant/0002_bad.sql", "CREATE TABLE {tenant}.notes ()"}}));
  EXPECT_THROW(make(tenant("two")), MigrationError);
  EXPECT_EQ(owner().value("SELECT count(*) FROM wardbook.tenants"), "1");
  const std::string role = tenant("two").role();
  EXPECT_FALSE(owner().value("SELECT 1 FROM pg_roles WHERE rolname = $1", {role}).has_value());
}

TEST_F(MigratePgTest, DroppingLeavesNothing) {
  run(options);
  make(tenant("one"));
  owner().script("GRANT SELECT ON wardbook.tenants TO " + tenant("one").role());
  EXPECT_TRUE(drop(options, tenant("one")));
  EXPECT_FALSE(drop(options, tenant("one")));
  const std::string role = tenant("one").role();
  EXPECT_FALSE(owner().value("SELECT 1 FROM pg_roles WHERE rolname = $1", {role}).has_value());
  EXPECT_FALSE(owner().value("SELECT to_regnamespace('" + prefix + "one')::text").has_value());
  make(tenant("one"));
}

TEST_F(MigratePgTest, TheServicesLoginHasNoRightsOnATenant) {
  run(options);
  make(tenant("one"));
  const std::size_t at = options.owner_conninfo.rfind("dbname=");
  db::SyncConnection service(PgCluster::get().service_conninfo() + " " +
                             options.owner_conninfo.substr(at));
  EXPECT_EQ(service.value("SELECT name FROM wardbook.tenants"), "A hospital");
  const std::string select = "SELECT * FROM " + prefix + "one.notes";
  EXPECT_THROW(service.query(select), db::SqlError);
  service.script("SET ROLE " + tenant("one").role());
  EXPECT_THAT(service.query(select), IsEmpty());
  EXPECT_THROW(service.script("DROP TABLE " + prefix + "one.notes"), db::SqlError);
}

}  // namespace
}  // namespace wardbook::migrate
