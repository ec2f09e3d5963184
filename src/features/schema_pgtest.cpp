// What holds for all features together: every statement fits the schema and the grants, and one
// hospital cannot reach another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "api/idempotency.h"
#include "features/attachments/attachments.h"
#include "features/chart/chart.h"
#include "features/icd10/icd10.h"
#include "features/storage/storage.h"
#include "features/templates/templates.h"
#include "support/clinic.h"

namespace wardbook {
namespace {

using testing::Clinic;
using ::testing::Contains;
using testing::kRefused;
using testing::PgCluster;
using testing::sqlstate_of;

using Strings = std::vector<std::string>;

Strings column(db::SyncConnection& connection, const std::string& sql,
               const std::vector<db::Param>& params = {}) {
  Strings out;
  for (const auto& row : connection.query(sql, params)) out.push_back(row[0].value_or(""));
  return out;
}

/// Statements are registered by the files that hold them; this makes sure that all are linked in.
std::size_t linked_routes() {
  std::size_t count = 0;
  for (const auto& routes :
       {accounts::routes(), tenants::routes(), patients::routes(), records::routes(),
        audit::routes(), diagnoses::routes(), attachments::routes(), icd10::routes(),
        chart::routes(), templates::routes(), storage::routes(), results::routes(),
        problems::routes(), follow_ups::routes()}) {
    count += routes.size();
  }
  const void* const others[] = {
      reinterpret_cast<const void*>(&attachments::sweep),
      reinterpret_cast<const void*>(&audit::verify_chain),
      reinterpret_cast<const void*>(&accounts::forget_old),
      reinterpret_cast<const void*>(&records::verify_versions),
      reinterpret_cast<const void*>(&api::sweep_idempotency_keys),
      reinterpret_cast<const void*>(&icd10::import_release),
  };
  return count + std::size(others);
}

/// The names of all statements in the sources of features, api and jobs.
std::set<std::string> names_in_sources() {
  namespace fs = std::filesystem;
  const fs::path features = "src/features";
  if (!fs::exists(features)) {
    throw std::runtime_error("this test reads the sources: start it in the repository's root");
  }
  const std::regex statement(R"re(\bk[A-Z]\w*\s*\{\s*"([a-z0-9_]+\.[a-z0-9_]+)"\s*,)re");
  std::set<std::string> out;
  for (const auto& root :
       {features, features.parent_path() / "api", features.parent_path() / "jobs"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const std::string name = entry.path().filename();
      if (name.ends_with("test.cpp") || !(name.ends_with(".h") || name.ends_with(".cpp"))) continue;
      std::stringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      const std::string source = text.str();
      for (std::sregex_iterator at(source.begin(), source.end(), statement), end; at != end; ++at) {
        out.insert((*at)[1]);
      }
    }
  }
  return out;
}

std::string filled(std::string sql, const std::string& schema) {
  constexpr std::string_view kPlace = "{tenant}";
  for (auto at = sql.find(kPlace); at != std::string::npos; at = sql.find(kPlace, at)) {
    sql.replace(at, kPlace.size(), schema);
  }
  return sql;
}

TEST(EveryStatementTest, FitsTheSchemaAndTheGrants) {
  ASSERT_GT(linked_routes(), 20U);
  const auto tenant = PgCluster::get().new_tenant("prepare");
  auto role = Clinic::as_role(tenant);
  db::SyncConnection service(PgCluster::get().service_conninfo());
  Strings prepared;
  for (const auto* query : db::all_queries()) {
    const std::string name = query->name;
    if (name.starts_with("test.")) continue;
    const std::string sql = query->sql;
    auto& connection = sql.find("{tenant}") != std::string::npos ? role : service;
    try {
      connection.script("PREPARE q AS " + filled(sql, '"' + tenant.str() + '"'));
      const auto count = connection.value(
          "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'q'");
      std::string nulls;
      for (int i = 0; i < std::stoi(count.value()); ++i) nulls += i == 0 ? "NULL" : ",NULL";
      // Planning it for execution checks the rights on every table and column.
      connection.script("EXPLAIN EXECUTE q" + (nulls.empty() ? "" : "(" + nulls + ")"));
    } catch (const db::SqlError& error) {
      ADD_FAILURE() << name << ": " << error.what();
    }
    connection.script("DEALLOCATE ALL");
    prepared.push_back(name);
  }
  const auto in_sources = names_in_sources();
  EXPECT_GT(in_sources.size(), 80U);
  for (const auto& name : in_sources) {
    EXPECT_THAT(prepared, Contains(name)) << "is not linked into this program";
  }
  EXPECT_EQ(std::set<std::string>(prepared.begin(), prepared.end()).size(), prepared.size())
      << "names are unique";
}

/// A statement of each verb on a table that touches no row of it.
std::vector<std::pair<std::string, std::string>> verbs_on(const std::string& table,
                                                          const std::string& a_column) {
  return {{"SELECT", "SELECT 1 FROM " + table + " LIMIT 1"},
          {"INSERT", "INSERT INTO " + table + " OVERRIDING SYSTEM VALUE SELECT * FROM " + table +
                         " WHERE false"},
          {"UPDATE", "UPDATE " + table + " SET " + a_column + " = " + a_column + " WHERE false"},
          {"DELETE", "DELETE FROM " + table + " WHERE false"},
          {"TRUNCATE", "TRUNCATE " + table}};
}

TEST(IsolationTest, EveryTableAgainstEveryVerb) {
  auto& cluster = PgCluster::get();
  const auto tenant = cluster.new_tenant("isolated");
  const auto other = cluster.new_tenant("other");
  auto own = Clinic::as_role(tenant);
  auto foreign = Clinic::as_role(other);
  db::SyncConnection service(cluster.service_conninfo());
  db::SyncConnection all(cluster.superuser_conninfo());
  const std::string chart = "SELECT INSERT UPDATE";
  const std::string append = "SELECT INSERT";
  const std::map<std::string, std::string> allowed{
      {"staff", chart},
      {"patients", chart},
      {"medical_records", chart},
      {"diagnoses", chart},
      {"chart_objects", chart},
      {"record_attachments", chart},
      {"attachment_blocks", append},
      {"legal_holds", chart},                       // UPDATE of two columns, to release them
      {"erasures", chart},                          // and of four, to write the certificate
      {"erasure_objects", "SELECT UPDATE DELETE"},  // of one, to say that it is removed
      {"templates", chart},
      {"storage_usage", chart},
      {"record_versions", append},
      {"row_versions", append},
      {"signatures", append},
      {"template_versions", append},
      {"audit_log", append},
      {"audit_seals", append},
      {"audit_sealing", "SELECT"},  // and UPDATE of one column, to lock its row
      {"audit_unsealed", "SELECT INSERT DELETE"},
      {"name_words", append},
      {"follow_ups", "SELECT INSERT DELETE"},
      {"schema_migrations", "SELECT"},
      {"idempotency_keys", "SELECT INSERT UPDATE DELETE"}};
  const auto tables = all.query(
      "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
      "WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') "
      "AND a.attnum > 0 AND a.attidentity = '' AND NOT a.attisdropped "
      "AND a.attnum = (SELECT max(attnum) FROM pg_attribute WHERE attrelid = c.oid)",
      {tenant.str()});
  EXPECT_EQ(tables.size(), allowed.size()) << "every table is in the list above";
  for (const auto& row : tables) {
    ASSERT_TRUE(allowed.contains(*row[0])) << *row[0];
    for (const auto& [verb, sql] : verbs_on(tenant.str() + "." + *row[0], *row[1])) {
      EXPECT_EQ(sqlstate_of(foreign, sql), kRefused) << sql;
      EXPECT_EQ(sqlstate_of(service, sql), kRefused) << sql;
      const bool may = allowed.at(*row[0]).find(verb) != std::string::npos;
      const auto state = sqlstate_of(own, sql);
      EXPECT_EQ(state == kRefused, !may) << sql << " " << state;
    }
  }
}

TEST(IsolationTest, SequencesFunctionsAndTheControlSchema) {
  auto& cluster = PgCluster::get();
  const auto tenant = cluster.new_tenant("isolated");
  const auto other = cluster.new_tenant("other");
  auto own = Clinic::as_role(tenant);
  auto foreign = Clinic::as_role(other);
  db::SyncConnection service(cluster.service_conninfo());
  const std::string id = tenant.str();
  for (const std::string& sql :
       {"SELECT nextval('" + id + ".record_ids')", "SELECT nextval('" + id + ".record_numbers')"}) {
    EXPECT_EQ(sqlstate_of(own, sql), "") << sql;
    EXPECT_EQ(sqlstate_of(foreign, sql), kRefused) << sql;
    EXPECT_EQ(sqlstate_of(service, sql), kRefused) << sql;
  }
  for (const std::string table : {"accounts", "memberships", "sessions", "revocations", "tenants",
                                  "platform_audit", "schema_migrations", "sign_in_tallies"}) {
    EXPECT_EQ(sqlstate_of(own, "SELECT 1 FROM wardbook." + table), kRefused) << table;
    EXPECT_EQ(sqlstate_of(service, "SELECT 1 FROM wardbook." + table), "") << table;
  }
  EXPECT_THAT(column(own, "SELECT id FROM wardbook.my_tenant"), ::testing::ElementsAre(id));
  for (const std::string& sql :
       {"CREATE TABLE " + id + ".x ()", "ALTER TABLE " + id + ".audit_log DISABLE TRIGGER ALL",
        "DROP TABLE " + id + ".signatures", std::string("CREATE TABLE public.x ()"),
        std::string("SET session_replication_role = replica")}) {
    EXPECT_EQ(sqlstate_of(own, sql), kRefused) << sql;
    EXPECT_EQ(sqlstate_of(service, sql), kRefused) << sql;
  }
}

}  // namespace
}  // namespace wardbook
