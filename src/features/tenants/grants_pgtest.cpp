// What a hospital's role and the service's login may do in PostgreSQL, all of it, against the list
// in grants.txt beside this file. Whoever grants more, to the role, to PUBLIC or by a default,
// changes that list too: run this test with WARDBOOK_WRITE_GRANTS=1 and read the difference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "db/sync_connection.h"
#include "migrate/migrate.h"
#include "support/pg_cluster.h"

namespace wardbook {
namespace {

using testing::PgCluster;

constexpr const char* kList = "src/features/tenants/grants.txt";

/// One row a right: kind, object, right. $1 is the role. Of PostgreSQL's own catalogue only what
/// differs from what a new cluster grants.
constexpr const char* kRights = R"sql(
WITH me AS (SELECT * FROM pg_roles WHERE rolname = $1),
ours AS (
  SELECT oid, nspname FROM pg_namespace
  WHERE nspname NOT IN ('pg_catalog', 'information_schema')
    AND nspname !~ '^pg_(toast|temp_|toast_temp_)'),
extended AS (
  SELECT d.classid, d.objid, e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
  WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e')
SELECT 'attribute', a.name, '' FROM me, LATERAL (VALUES
  ('superuser', rolsuper), ('createrole', rolcreaterole), ('createdb', rolcreatedb),
  ('login', rolcanlogin), ('inherit', rolinherit), ('replication', rolreplication),
  ('bypassrls', rolbypassrls)) a(name, has) WHERE a.has
UNION ALL
SELECT 'member of', m.roleid::regrole::text, CASE WHEN m.admin_option THEN 'ADMIN' ELSE '' END
FROM pg_auth_members m, me WHERE m.member = me.oid
UNION ALL
SELECT 'owner of', pg_describe_object(s.classid, s.objid, s.objsubid), ''
FROM pg_shdepend s, me
WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = me.oid AND s.deptype = 'o'
  AND s.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
UNION ALL
SELECT 'database', 'this one', p FROM me, pg_database d,
  unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY']) p
WHERE d.datname = current_database() AND has_database_privilege(me.oid, d.oid, p)
UNION ALL
SELECT 'schema', n.nspname, p FROM me, ours n, unnest(ARRAY['USAGE', 'CREATE']) p
WHERE has_schema_privilege(me.oid, n.oid, p)
UNION ALL
SELECT CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END, c.oid::regclass::text, p
FROM me, pg_class c JOIN ours n ON n.oid = c.relnamespace,
  unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND has_table_privilege(me.oid, c.oid, p)
UNION ALL
SELECT 'column', c.oid::regclass || '.' || a.attname, p
FROM me, pg_class c JOIN ours n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped,
  unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) p
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT has_table_privilege(me.oid, c.oid, p)
  AND has_column_privilege(me.oid, c.oid, a.attnum, p)
UNION ALL
SELECT 'sequence', c.oid::regclass::text, p
FROM me, pg_class c JOIN ours n ON n.oid = c.relnamespace,
  unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) p
WHERE c.relkind = 'S' AND has_sequence_privilege(me.oid, c.oid, p)
UNION ALL
SELECT CASE WHEN f.prosecdef THEN 'function as its owner' ELSE 'function' END,
  f.oid::regprocedure::text, 'EXECUTE'
FROM me, pg_proc f JOIN ours n ON n.oid = f.pronamespace
WHERE has_function_privilege(me.oid, f.oid, 'EXECUTE')
  AND has_schema_privilege(me.oid, n.oid, 'USAGE')
  AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_proc'::regclass AND e.objid = f.oid)
UNION ALL
SELECT DISTINCT 'functions of an extension', e.extname::text,
  CASE WHEN f.prosecdef THEN 'as their owner ' ELSE '' END || 'EXECUTE'
FROM me, extended e JOIN pg_proc f ON e.classid = 'pg_proc'::regclass AND e.objid = f.oid
WHERE has_function_privilege(me.oid, f.oid, 'EXECUTE')
UNION ALL
SELECT 'type', t.oid::regtype::text, 'USAGE'
FROM me, pg_type t JOIN ours n ON n.oid = t.typnamespace
WHERE t.typtype IN ('d', 'e', 'r') AND has_type_privilege(me.oid, t.oid, 'USAGE')
  AND has_schema_privilege(me.oid, n.oid, 'USAGE')
UNION ALL
SELECT 'language', l.lanname, 'USAGE' FROM me, pg_language l
WHERE l.lanpltrusted AND has_language_privilege(me.oid, l.oid, 'USAGE')
UNION ALL
SELECT 'catalogue function', f.oid::regprocedure::text, 'EXECUTE'
FROM me, pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
  LEFT JOIN pg_init_privs i ON i.classoid = 'pg_proc'::regclass AND i.objoid = f.oid
WHERE n.nspname IN ('pg_catalog', 'information_schema')
  AND f.proacl IS DISTINCT FROM i.initprivs AND has_function_privilege(me.oid, f.oid, 'EXECUTE')
UNION ALL
SELECT 'catalogue table', c.oid::regclass::text, p
FROM me, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_init_privs i
    ON i.classoid = 'pg_class'::regclass AND i.objoid = c.oid AND i.objsubid = 0,
  unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v')
  AND c.relacl IS DISTINCT FROM i.initprivs AND has_table_privilege(me.oid, c.oid, p)
  AND NOT (n.nspname = 'information_schema' AND p = 'SELECT')
UNION ALL
SELECT 'foreign server', s.srvname, 'USAGE' FROM me, pg_foreign_server s
WHERE has_server_privilege(me.oid, s.oid, 'USAGE')
UNION ALL
SELECT 'foreign data wrapper', w.fdwname, 'USAGE' FROM me, pg_foreign_data_wrapper w
WHERE has_foreign_data_wrapper_privilege(me.oid, w.oid, 'USAGE')
UNION ALL
SELECT 'tablespace', s.spcname, 'CREATE' FROM me, pg_tablespace s
WHERE has_tablespace_privilege(me.oid, s.oid, 'CREATE')
UNION ALL
SELECT 'parameter', s.parname, p FROM me, pg_parameter_acl s, unnest(ARRAY['SET', 'ALTER SYSTEM']) p
WHERE has_parameter_privilege(me.oid, s.parname, p)
UNION ALL
SELECT 'large object', m.oid::text, a.privilege_type
FROM me, pg_largeobject_metadata m, aclexplode(m.lomacl) a WHERE a.grantee IN (0, me.oid)
UNION ALL
SELECT 'default', d.defaclrole::regrole || ' ' || d.defaclobjtype::text, a.privilege_type
FROM me, pg_default_acl d, aclexplode(d.defaclacl) a WHERE a.grantee IN (0, me.oid)
ORDER BY 1, 2, 3)sql";

/// A database of its own, as `migrate` leaves it and a superuser completes it, with two hospitals.
class GrantsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    migrate::Options options;
    options.owner_conninfo = PgCluster::get().create_database("grants");
    options.service_role = PgCluster::service_role();
    const auto report = migrate::run(options);
    db::SyncConnection superuser(in_database(PgCluster::get().superuser_conninfo()));
    for (const auto& statement : report.for_superuser) superuser.script(statement);
    for (const auto& tenant : {one(), two()}) migrate::provision(options, tenant, "H", "UTC");
  }
  static TenantId one() { return *TenantId::parse("grants_one"); }
  static TenantId two() { return *TenantId::parse("grants_two"); }
  static std::string in_database(const std::string& conninfo) {
    return conninfo + " dbname=grants";
  }

  /// Lines `who | kind | object | rights`, with HOSPITAL for the first hospital's schema.
  std::set<std::string> lines_of(const std::string& who, const std::string& role) {
    std::map<std::string, std::string> rights;
    for (const auto& row : superuser.query(kRights, {role})) {
      std::string object = *row[1];
      const std::string schema = one().str();
      for (auto at = object.find(schema); at != std::string::npos; at = object.find(schema)) {
        object.replace(at, schema.size(), "HOSPITAL");
      }
      std::string& all = rights[who + " | " + *row[0] + " | " + object + " |"];
      if (!row[2]->empty()) all += " " + *row[2];
    }
    std::set<std::string> out;
    for (const auto& [object, all] : rights) out.insert(object + all);
    return out;
  }
  std::set<std::string> all_lines() {
    std::set<std::string> out = lines_of("hospital", one().role());
    for (const auto& line : lines_of("service", PgCluster::service_role())) {
      // It may take every hospital's role; other tests made some.
      const bool others =
          line.starts_with("service | member of | wbt_") && line.find("HOSPITAL") == line.npos;
      if (!others) out.insert(line);
    }
    return out;
  }

  db::SyncConnection superuser{in_database(PgCluster::get().superuser_conninfo())};
};

std::set<std::string> listed() {
  std::ifstream in(kList);
  std::set<std::string> out;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') out.insert(line);
  }
  return out;
}

TEST_F(GrantsTest, NobodyMayMoreThanIsOnTheList) {
  const auto found = all_lines();
  if (std::getenv("WARDBOOK_WRITE_GRANTS") != nullptr) {
    std::ofstream out(kList);
    out << "# What a hospital's role and the service's login may do in PostgreSQL, beyond what\n"
           "# every role may read in its catalogue. Written by grants_pgtest.cpp, which compares.\n"
           "# who | kind | object | rights\n";
    for (const auto& line : found) out << line << '\n';
  }
  const auto list = listed();
  ASSERT_FALSE(list.empty()) << "this test reads the list: start it in the repository's root";
  for (const auto& line : found)
    EXPECT_TRUE(list.contains(line)) << "granted, not listed: " << line;
  for (const auto& line : list)
    EXPECT_TRUE(found.contains(line)) << "listed, not granted: " << line;
}

TEST_F(GrantsTest, NothingOfAnotherHospitalIsOnTheList) {
  const std::string other = two().str();
  for (const auto& line : all_lines()) EXPECT_EQ(line.find(other), line.npos) << line;
  for (const auto& line : lines_of("other", two().role())) {
    EXPECT_EQ(line.find("HOSPITAL"), line.npos) << line;
  }
}

TEST_F(GrantsTest, ANewGrantShows) {
  const auto before = all_lines();
  const std::string role = one().role();
  const std::vector<std::string> grants{
      "GRANT SELECT ON wardbook.accounts TO " + role,
      "GRANT SELECT (email) ON wardbook.accounts TO PUBLIC",
      "GRANT DELETE ON grants_one.audit_log TO " + role,
      "GRANT USAGE ON SCHEMA grants_two TO " + role,
      "GRANT CREATE ON SCHEMA public TO PUBLIC",
      "GRANT CREATE ON SCHEMA grants_one TO " + role,
      "GRANT TEMPORARY ON DATABASE grants TO PUBLIC",
      "GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid) TO " + role,
      "GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO PUBLIC",
      "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO wardbook_service",
      "GRANT SELECT ON pg_catalog.pg_authid TO PUBLIC",
      "GRANT pg_read_all_data TO " + role,
      "GRANT pg_signal_backend TO wardbook_service",
      "GRANT UPDATE ON SEQUENCE wardbook.token_numbers TO " + role,
      "GRANT SET ON PARAMETER log_statement TO " + role,
      "ALTER ROLE wardbook_service CREATEDB",
      "ALTER TABLE grants_one.staff OWNER TO " + role,
      "CREATE FUNCTION wardbook.all_of_it() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
      " RETURN (SELECT count(*) FROM wardbook.accounts)",
      "ALTER DEFAULT PRIVILEGES IN SCHEMA wardbook GRANT SELECT ON TABLES TO PUBLIC",
  };
  for (const auto& grant : grants) {
    superuser.script("BEGIN; " + grant);
    EXPECT_NE(all_lines(), before) << grant;
    superuser.script("ROLLBACK");
  }
  EXPECT_EQ(all_lines(), before);
}

}  // namespace
}  // namespace wardbook
