#include "migrate/privileges.h"

#include "migrate/files.h"

namespace wardbook::migrate {
namespace {

bool holds(db::SyncConnection& connection, const std::string& condition,
           const std::vector<db::Param>& params = {}) {
  return connection.value("SELECT " + condition, params) == "t";
}

}  // namespace

std::vector<std::string> withdraw_from_public(db::SyncConnection& connection,
                                              const std::string& service_role) {
  const std::string name = connection.value("SELECT current_database()").value_or("");
  const std::string database = quoted(name);
  std::vector<std::string> due;
  if (holds(connection,
            "EXISTS (SELECT FROM pg_database d,"
            " aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
            " WHERE d.datname = current_database() AND a.grantee = 0)")) {
    due.push_back("REVOKE ALL ON DATABASE " + database + " FROM PUBLIC");
  }
  // Of its own: PUBLIC's is withdrawn above.
  if (!holds(connection,
             "EXISTS (SELECT FROM pg_database d, aclexplode(d.datacl) a"
             " WHERE d.datname = current_database() AND a.privilege_type = 'CONNECT'"
             " AND a.grantee = (SELECT oid FROM pg_roles WHERE rolname = $1))",
             {service_role})) {
    due.push_back("GRANT CONNECT ON DATABASE " + database + " TO " + quoted(service_role));
  }
  if (holds(connection,
            "coalesce(has_schema_privilege('public', to_regnamespace('public')::oid, 'CREATE'),"
            " false)")) {
    due.emplace_back("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  }
  if (due.empty()) return due;
  if (!holds(connection,
             "pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()")) {
    return due;
  }
  for (const std::string& statement : due) connection.script(statement);
  return {};
}

std::vector<std::string> left_to_superuser(db::SyncConnection& connection) {
  const auto functions = connection.value(
      "SELECT string_agg('pg_catalog.' || oid::regprocedure::text, ', '"
      " ORDER BY oid::regprocedure::text) FROM pg_proc"
      " WHERE pronamespace = 'pg_catalog'::regnamespace"
      " AND (proname ~ '^lo_' OR proname ~ '^pg_(try_)?advisory_'"
      " OR proname IN ('loread', 'lowrite', 'pg_logical_emit_message'))"
      " AND has_function_privilege('public', oid, 'EXECUTE')");
  if (!functions) return {};
  return {"REVOKE EXECUTE ON FUNCTION " + *functions + " FROM PUBLIC"};
}

}  // namespace wardbook::migrate
