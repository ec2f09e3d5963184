#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/sync_connection.h"
#include "demo/loader.h"
#include "demo/people.h"
#include "features/accounts/accounts.h"
#include "features/audit/audit.h"
#include "features/records/records.h"
#include "migrate/migrate.h"
#include "support/pg_cluster.h"
#include "support/run.h"

namespace wardbook::demo {
namespace {

using wardbook::testing::PgCluster;

/// The six hospitals with their accounts, once; two of them filled, smaller than the demo's.
class LoaderTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    PgCluster& cluster = PgCluster::get();
    cluster.migrate();
    migrate::Options options;
    options.owner_conninfo = cluster.owner_conninfo();
    options.service_role = PgCluster::service_role();
    for (const HospitalPlan& plan : hospital_plans()) {
      migrate::provision(options, TenantId::parse(plan.id).value(), std::string(plan.name),
                         std::string(plan.time_zone));
    }
    prepare_accounts(settings(), "first password", false);
    for (std::size_t i : {0U, 5U}) {
      ASSERT_TRUE(load_hospital(cluster.service_conninfo(), hospital_plans()[i], generator()));
    }
  }

  static Settings settings() {
    Settings settings;
    settings.database.url = PgCluster::get().service_conninfo();
    settings.auth.argon2_memory_bytes = 8 * 1024 * 1024;
    settings.auth.argon2_passes = 1;
    return settings;
  }

  static GeneratorOptions generator() {
    GeneratorOptions options;
    options.anchor = parse_date("2026-03-15").value();
    options.patients = 40;
    options.records = 320;
    return options;
  }

  static std::string ask(const std::string& sql) {
    db::SyncConnection owner(PgCluster::get().owner_conninfo());
    return owner.value(sql).value_or("NULL");
  }
};

TEST_F(LoaderTest, FillsAHospital) {
  EXPECT_EQ(ask("SELECT count(*) FROM demo_hospital_001.patients"), "40");
  EXPECT_EQ(ask("SELECT count(*) FROM demo_hospital_001.medical_records"), "320");
  EXPECT_EQ(ask("SELECT count(*) FROM tenant_1762083064503.medical_records"), "320");
  EXPECT_EQ(ask("SELECT count(*) FROM demo_hospital_003.medical_records"), "0");
  EXPECT_EQ(ask("SELECT count(*) FROM demo_hospital_001.medical_records r WHERE NOT EXISTS ("
                "SELECT FROM demo_hospital_001.diagnoses d WHERE d.record_id = r.id "
                "AND d.diagnosis_type = 'primary')"),
            "0");
}

TEST_F(LoaderTest, DoesNotFillItTwice) {
  EXPECT_FALSE(
      load_hospital(PgCluster::get().service_conninfo(), hospital_plans()[0], generator()));
  EXPECT_EQ(ask("SELECT count(*) FROM demo_hospital_001.patients"), "40");
}

TEST_F(LoaderTest, FillsAHospitalThatIsInUseAlready) {
  db::SyncConnection user(PgCluster::get().service_conninfo());
  user.script(
      "SET ROLE wbt_demo_hospital_002;"
      " SELECT nextval('demo_hospital_002.record_numbers');"
      " INSERT INTO demo_hospital_002.patients (patient_number, number_key, first_name, last_name,"
      " date_of_birth, sex, created_by) SELECT 'P-' || n, 'p-' || n, 'Early', 'Bird', '1990-01-01',"
      " 'female', (SELECT min(account_id) FROM demo_hospital_002.staff)"
      " FROM wardbook.padded(nextval('demo_hospital_002.patient_numbers')) AS n");
  EXPECT_TRUE(load_hospital(PgCluster::get().service_conninfo(), hospital_plans()[1], generator()));
  EXPECT_EQ(ask("SELECT count(*) FROM demo_hospital_002.patients"), "41");
  EXPECT_EQ(ask("SELECT min(right(record_number, 6)) FROM demo_hospital_002.medical_records"),
            "000002");
  EXPECT_FALSE(
      load_hospital(PgCluster::get().service_conninfo(), hospital_plans()[1], generator()));
}

TEST_F(LoaderTest, NumbersGoOnWhereTheDemoStopped) {
  EXPECT_EQ(ask("SELECT nextval('demo_hospital_001.record_ids') > max(id) "
                "FROM demo_hospital_001.medical_records"),
            "t");
  EXPECT_EQ(ask("SELECT nextval('demo_hospital_001.record_numbers')"), "321");
  EXPECT_EQ(ask("SELECT nextval('demo_hospital_001.patient_numbers')"), "41");
  EXPECT_EQ(ask("SELECT count(*) FROM demo_hospital_001.medical_records "
                "WHERE record_number ~ '^MR-202[4-6]-[0-9]{6}$'"),
            "320");
}

TEST_F(LoaderTest, SearchFindsTextAndCodedDiagnoses) {
  EXPECT_NE(ask("SELECT count(*) FROM demo_hospital_001.medical_records r, "
                "demo_hospital_001.diagnoses d WHERE d.record_id = r.id AND "
                "r.search @@ to_tsquery('pg_catalog.simple', lower(split_part(d.icd_code, '.', 1)) "
                "|| ':*')"),
            "0");
  EXPECT_EQ(ask("SELECT count(*) FROM demo_hospital_001.medical_records WHERE search IS NULL"),
            "0");
}

TEST_F(LoaderTest, EveryStageHasItsVersionsAndSignatures) {
  EXPECT_EQ(ask("SELECT string_agg(DISTINCT r.status || r.version, ',' ORDER BY r.status || "
                "r.version) FROM demo_hospital_001.medical_records r"),
            "amended3,draft1,finalized2");
  EXPECT_EQ(ask("SELECT count(*) FROM demo_hospital_001.medical_records r WHERE status <> 'draft' "
                "AND NOT EXISTS (SELECT FROM demo_hospital_001.signatures s WHERE s.record_id = "
                "r.id AND s.content_hash = r.signed_hash AND s.signed_by = r.finalized_by)"),
            "0");
}

Task<audit::Verdict> verify(db::Pool& db, TenantId tenant) {
  while (co_await audit::seal(db, tenant) > 0) {
  }
  audit::Verdict verdict = co_await audit::verify_chain(db, tenant);
  co_await records::verify_versions(db, tenant, verdict);
  co_return verdict;
}

TEST_F(LoaderTest, HashesOfVersionsAndAuditHold) {
  boost::asio::io_context reactor(1);
  db::Pool pool(reactor, PgCluster::get().pool_options());
  const TenantId tenant = TenantId::parse("demo_hospital_001").value();
  const audit::Verdict verdict = wardbook::testing::run(reactor, verify(pool, tenant));
  pool.close();
  EXPECT_EQ(verdict.first_fault.value_or("none"), "none");
  EXPECT_GT(verdict.versions, 600);
  EXPECT_GT(verdict.entries, 600);
  EXPECT_EQ(verdict.unsealed, 0);
}

TEST_F(LoaderTest, AuditIsInTheOrderOfTime) {
  EXPECT_EQ(ask("SELECT count(*) FROM (SELECT at, lag(at) OVER (ORDER BY id) AS before FROM "
                "demo_hospital_001.audit_log WHERE action LIKE 'record.%') e WHERE at < before"),
            "0");
}

TEST_F(LoaderTest, AccountsAreMadeOnceAndTakeAnotherPassword) {
  const std::string members = ask("SELECT count(*) FROM wardbook.memberships");
  EXPECT_EQ(members, std::to_string(6 * (8 + 3)));
  const auto hash = [] {
    return ask("SELECT password_hash FROM wardbook.accounts WHERE email = 'doctor@demo.test'");
  };
  EXPECT_TRUE(accounts::password_matches(hash(), "first password"));
  prepare_accounts(settings(), "ignored, not new", false);
  EXPECT_TRUE(accounts::password_matches(hash(), "first password"));
  prepare_accounts(settings(), "second password", true);
  EXPECT_TRUE(accounts::password_matches(hash(), "second password"));
  EXPECT_EQ(ask("SELECT count(*) FROM wardbook.memberships"), members);
  EXPECT_EQ(ask("SELECT count(*) FROM wardbook.accounts WHERE is_operator"), "1");
}

}  // namespace
}  // namespace wardbook::demo
