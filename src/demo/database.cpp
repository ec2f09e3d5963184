#include "demo/database.h"

#include "db/sync_connection.h"
#include "demo/files.h"
#include "migrate/privileges.h"

namespace wardbook::demo {
namespace {

/// Also when the role is there already: a start that was killed may have kept another password.
void ensure_login(db::SyncConnection& root, const std::string& role, const std::string& rights,
                  const std::string& password) {
  const bool there = root.value("SELECT 1 FROM pg_roles WHERE rolname = $1", {role}).has_value();
  root.script(std::string(there ? "ALTER" : "CREATE") + " ROLE " + role + " LOGIN NOSUPERUSER " +
              rights + " PASSWORD " + root.literal(password));
}

}  // namespace

Logins prepare_database(const Cluster& cluster, Keepsakes& kept) {
  const std::string owner_password = kept.keep("owner_password", random_word(kPasswordLength));
  const std::string service_password = kept.keep("service_password", random_word(kPasswordLength));
  const std::string root_password = kept.get("superuser_password");
  db::SyncConnection root(cluster.conninfo("postgres", Cluster::kSuperuser, root_password),
                          "wardbook demo");
  if (!root.value("SELECT 1 FROM pg_database WHERE datname = $1", {std::string(kDatabase)})) {
    ensure_login(root, kOwner, "CREATEROLE NOCREATEDB", owner_password);
    ensure_login(root, kService, "NOINHERIT NOCREATEROLE NOCREATEDB", service_password);
    root.script(std::string("CREATE DATABASE ") + kDatabase + " OWNER " + kOwner +
                " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'");
  }
  db::SyncConnection inside(cluster.conninfo(kDatabase, Cluster::kSuperuser, root_password),
                            "wardbook demo");
  for (const auto& statement : migrate::left_to_superuser(inside)) inside.script(statement);
  return {cluster.conninfo(kDatabase, kOwner, owner_password),
          cluster.conninfo(kDatabase, kService, service_password)};
}

}  // namespace wardbook::demo
