#include "support/pg_cluster.h"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "db/sync_connection.h"
#include "migrate/migrate.h"

namespace wardbook::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolderPrefix = "wardbook-pgtest-";

/// Who runs the server: nobody else's business unless we are root, which PostgreSQL refuses.
std::optional<passwd> server_user() {
  if (geteuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* entry = getpwnam(name)) return *entry;
  }
  throw std::runtime_error("no user postgres or nobody to run PostgreSQL as");
}

fs::path server_binary(const std::string& name) {
  for (const char* version : {"17", "16", "15"}) {
    const fs::path path = fs::path("/usr/lib/postgresql") / version / "bin" / name;
    if (fs::exists(path)) return path;
  }
  throw std::runtime_error("PostgreSQL's server is not installed");
}

/// Starts a program of the server, as its user, with its output in `log`. It is killed with us.
pid_t spawn(const std::vector<std::string>& words, const fs::path& log) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::optional<passwd> user = server_user();
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  if (user &&
      (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
    _exit(126);
  }
  // After setuid, which would clear it. SIGQUIT is PostgreSQL's immediate shutdown.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent) _exit(125);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  setpgid(0, 0);  // Ctrl-C is for the tests; they end the server
  execv(arguments[0], arguments.data());
  _exit(127);
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Folders whose program is gone, by the process id in their name.
void remove_leftovers() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::temp_directory_path(), ignored)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kFolderPrefix)) continue;
    int pid = 0;
    const char* digits = name.c_str() + kFolderPrefix.size();
    std::from_chars(digits, name.c_str() + name.size(), pid);
    if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace

PgCluster& PgCluster::get() {
  static PgCluster cluster("");
  return cluster;
}

std::unique_ptr<PgCluster> PgCluster::another() {
  static int others = 0;
  const std::string suffix = "-" + std::to_string(++others);
  return std::unique_ptr<PgCluster>(new PgCluster(suffix));
}

std::string PgCluster::program(const std::string& name) {
  return server_binary(name);
}

PgCluster::PgCluster(const std::string& suffix) : creator_(getpid()) {
  remove_leftovers();
  folder_ =
      fs::temp_directory_path() / (std::string(kFolderPrefix) + std::to_string(creator_) + suffix);
  fs::create_directories(folder_);
  if (const auto user = server_user()) {
    if (chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("cannot give the cluster's folder to its user");
    }
  }
  const pid_t initdb = spawn({server_binary("initdb"), "-D", folder_ / "data", "-U", "postgres",
                              "-A", "trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"},
                             folder_ / "log");
  int status = 0;
  waitpid(initdb, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error("initdb failed: " + read_file(folder_ / "log"));
  }
  start();
  init_database();
}

PgCluster::~PgCluster() {
  if (getpid() != creator_) return;  // a fork of the tests
  stop();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void PgCluster::start() {
  postmaster_ = spawn({server_binary("postgres"), "-D", folder_ / "data", "-k", folder_, "-c",
                       "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c",
                       "shared_buffers=64MB", "-c", "max_connections=100", "-c",
                       "max_locks_per_transaction=256", "-c", "log_min_messages=fatal",
                       // Locks and transactions are the tests' own.
                       "-c", "autovacuum=off"},
                      folder_ / "log");
  for (int attempt = 0; attempt < 600; ++attempt) {
    if (PQping((conninfo("postgres") + " dbname=postgres").c_str()) == PQPING_OK) return;
    int status = 0;
    if (waitpid(postmaster_, &status, WNOHANG) == postmaster_) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw std::runtime_error("PostgreSQL does not start: " + read_file(folder_ / "log"));
}

void PgCluster::stop() {
  if (postmaster_ <= 0) return;
  kill(postmaster_, SIGINT);  // "fast": ends sessions, keeps data
  int status = 0;
  waitpid(postmaster_, &status, 0);
  postmaster_ = -1;
}

std::string PgCluster::conninfo(const std::string& user) const {
  return "host=" + folder_.string() + " dbname=wardbook user=" + user;
}

void PgCluster::init_database() {
  db::SyncConnection server(superuser_conninfo() + " dbname=postgres");
  server.script("CREATE ROLE wardbook_owner LOGIN CREATEROLE");
  server.script("CREATE ROLE wardbook_service LOGIN NOINHERIT");
  server.script("CREATE DATABASE wardbook OWNER wardbook_owner");
}

std::string PgCluster::create_database(const std::string& name) {
  db::SyncConnection server(superuser_conninfo() + " dbname=postgres");
  server.script("CREATE DATABASE " + server.identifier(name) + " OWNER wardbook_owner");
  return owner_conninfo() + " dbname=" + name;
}

void PgCluster::migrate() {
  if (migrated_) return;
  migrate::Options options;
  options.owner_conninfo = owner_conninfo();
  options.service_role = service_role();
  const migrate::Report report = migrate::run(options);
  if (!report.ok()) throw std::runtime_error("migrating the test database failed");
  db::SyncConnection superuser(superuser_conninfo());
  for (const auto& statement : report.for_superuser) superuser.script(statement);
  migrated_ = true;
}

TenantId PgCluster::new_tenant(const std::string& prefix) {
  migrate();
  const TenantId tenant = *TenantId::parse(prefix + "_" + std::to_string(++tenants_));
  migrate::Options options;
  options.owner_conninfo = owner_conninfo();
  options.service_role = service_role();
  migrate::provision(options, tenant, "Hospital " + tenant.str(), "UTC");
  return tenant;
}

db::PoolOptions PgCluster::pool_options() const {
  db::PoolOptions options;
  options.conninfo = service_conninfo();
  return options;
}

}  // namespace wardbook::testing
