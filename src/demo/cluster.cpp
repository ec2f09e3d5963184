#include "demo/cluster.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/hash.h"
#include "db/ping.h"
#include "demo/files.h"
#include "demo/interrupt.h"

namespace wardbook::demo {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kStartLimit{180};  // recovery after a crash included
constexpr std::chrono::seconds kFastLimit{30};    // for a fast shutdown; then an immediate one
constexpr std::chrono::seconds kImmediateLimit{10};
/// sockaddr_un has 107 bytes for a path; some are left for clients that add to it.
constexpr std::size_t kLongestSocket = 100;
constexpr const char* kSocketName = ".s.PGSQL.5432";
constexpr const char* kSocketLockName = ".s.PGSQL.5432.lock";

std::string own_bindir() {
  std::string folder;
  // NOLINTNEXTLINE(cert-env33-c): a fixed command, for systems that are not Debian.
  if (FILE* pipe = popen("pg_config --bindir 2>/dev/null", "r")) {
    std::array<char, 512> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) folder += buffer.data();
    pclose(pipe);
  }
  while (!folder.empty() && folder.back() == '\n') folder.pop_back();
  return folder;
}

std::string conf_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

/// unix_socket_directories is a list: a folder in double quotes may hold spaces.
std::string list_quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string conninfo_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

/// Durable like a real one. Nothing of a statement, and no row, goes to the log: charts are in
/// them.
constexpr const char* kConfiguration = R"conf(# Written at every start of `wardbook demo`.
listen_addresses = ''
port = 5432
unix_socket_permissions = 0777
max_connections = 100
shared_buffers = 192MB
effective_cache_size = 768MB
work_mem = 8MB
maintenance_work_mem = 64MB
max_wal_size = 1GB
min_wal_size = 128MB
wal_compression = on
checkpoint_timeout = 10min
fsync = on
full_page_writes = on
synchronous_commit = on
random_page_cost = 1.1
jit = off
max_parallel_workers_per_gather = 1
autovacuum_naptime = 30s
password_encryption = scram-sha-256
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C.UTF-8'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_error_verbosity = terse
log_min_error_statement = panic
log_statement = none
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
cluster_name = 'wardbook demo'
)conf";

bool wait_until_empty(const fs::path& folder, std::chrono::seconds limit) {
  const auto until = steady_clock::now() + limit;
  while (!processes_in(folder).empty()) {
    if (steady_clock::now() > until) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

void signal_all(const fs::path& folder, int number) {
  for (const pid_t pid : processes_in(folder)) kill(pid, number);
}

}  // namespace

fs::path find_postgres(const fs::path& data_folder) {
  std::ifstream version_file(data_folder / "PG_VERSION");
  std::string version;
  std::getline(version_file, version);
  std::vector<fs::path> places;
  if (!version.empty()) {
    places.emplace_back("/usr/lib/postgresql/" + version + "/bin");
  } else {
    for (const int major : {15, 16, 17, 18}) {
      places.emplace_back("/usr/lib/postgresql/" + std::to_string(major) + "/bin");
    }
  }
  for (const fs::path& place : places) {
    if (access((place / "postgres").c_str(), X_OK) == 0) return place;
  }
  const fs::path own = own_bindir();
  if (!own.empty() && access((own / "postgres").c_str(), X_OK) == 0) return own;
  throw std::runtime_error("PostgreSQL" + (version.empty() ? " 15" : " " + version) +
                           " is not installed (on Debian: apt-get install postgresql-15)");
}

fs::path socket_folder(const fs::path& folder) {
  fs::path inside = folder / "run";
  // libpq reads a comma in a host's name as the start of another host.
  const bool usable = inside.string().find(',') == std::string::npos;
  if (usable && (inside / kSocketName).string().size() <= kLongestSocket) return inside;
  const std::string name = "wardbook-demo-" + std::to_string(geteuid()) + "-" +
                           to_hex(sha256(folder.string())).substr(0, 16);
  return fs::path(geteuid() == 0 && access("/run", W_OK) == 0 ? "/run" : "/tmp") / name;
}

void require_reachable(const fs::path& folder) {
  const auto user = unprivileged_user();
  if (can_reach(folder, user)) return;
  if (!user) throw std::runtime_error("cannot use " + folder.string());
  throw std::runtime_error("cannot use " + folder.string() + ": the database runs as user " +
                           user->name +
                           ", which cannot reach this folder; choose another --data-dir, or make"
                           " it and the folders above it searchable (chmod o+x)");
}

Cluster::Cluster(Options options)
    : options_(std::move(options)),
      user_(unprivileged_user()),
      data_(options_.folder / "postgres"),
      socket_(socket_folder(options_.folder)) {
  require_reachable(options_.folder);
  programs_ = find_postgres(data_);
  end_leftovers();
  if (!fs::exists(data_)) make_cluster();
  prepare_socket_folder();
  write_configuration();
  start_server();
}

Cluster::~Cluster() {
  stop();
}

void Cluster::give(const fs::path& path) const {
  if (user_ && lchown(path.c_str(), user_->uid, user_->gid) != 0) {
    throw std::runtime_error("cannot give " + path.string() + " to user " + user_->name + ": " +
                             std::strerror(errno));
  }
}

// A killed demo's server ends by itself, but may still be at it; one that was left in another way
// is ended here. Only processes whose working folder is this cluster's are touched: a pid in a file
// may be anybody's by now, which PostgreSQL itself cannot tell, and refuses to start.
void Cluster::end_leftovers() const {
  if (!processes_in(data_).empty()) {
    std::ifstream file(data_ / "postmaster.pid");
    pid_t postmaster = 0;
    file >> postmaster;
    const auto left = processes_in(data_);
    if (std::find(left.begin(), left.end(), postmaster) != left.end()) kill(postmaster, SIGINT);
    if (!wait_until_empty(data_, kFastLimit)) signal_all(data_, SIGQUIT);
    if (!wait_until_empty(data_, kImmediateLimit)) signal_all(data_, SIGKILL);
    if (!wait_until_empty(data_, kImmediateLimit)) {
      throw std::runtime_error("the database of an earlier run does not end");
    }
  }
  std::error_code ignored;
  fs::remove(data_ / "postmaster.pid", ignored);
  fs::remove(socket_ / kSocketName, ignored);
  fs::remove(socket_ / kSocketLockName, ignored);
}

// Beside its place first, then renamed: a killed first start leaves no half a cluster.
void Cluster::make_cluster() {
  const fs::path fresh = options_.folder / "postgres.new";
  const fs::path password = options_.folder / "initdb.password";
  fs::remove_all(fresh);
  if (mkdir(fresh.c_str(), 0700) != 0) {
    throw std::runtime_error("cannot make " + fresh.string() + ": " + std::strerror(errno));
  }
  give(fresh);
  write_private(password, options_.superuser_password + "\n");
  give(password);
  std::vector<std::string> arguments = {programs_ / "initdb",
                                        "--pgdata=" + fresh.string(),
                                        "--encoding=UTF8",
                                        "--locale=C.UTF-8",
                                        "--data-checksums",
                                        "--auth=scram-sha-256",
                                        "--pwfile=" + password.string(),
                                        std::string("--username=") + kSuperuser};
  if (!options_.sync_new) arguments.emplace_back("--no-sync");
  try {
    run({arguments, user_, options_.folder / "initdb.log", false}, "initdb");
  } catch (...) {
    fs::remove(password);
    throw;
  }
  fs::remove(password);
  fs::rename(fresh, data_);
  is_new_ = true;
}

void Cluster::prepare_socket_folder() const {
  if (mkdir(socket_.c_str(), 0711) != 0 && errno != EEXIST) {
    throw std::runtime_error("cannot make " + socket_.string() + ": " + std::strerror(errno));
  }
  struct stat entry = {};
  const uid_t server_user = user_ ? user_->uid : geteuid();
  const bool ours = lstat(socket_.c_str(), &entry) == 0 && S_ISDIR(entry.st_mode) &&
                    (entry.st_uid == geteuid() || entry.st_uid == server_user);
  if (!ours) throw std::runtime_error(socket_.string() + " exists and belongs to somebody else");
  give(socket_);
  if (!can_reach(socket_, user_)) {
    throw std::runtime_error("cannot use " + socket_.string() + " for the database's socket");
  }
}

void Cluster::write_configuration() const {
  const fs::path settings = data_ / "wardbook.conf";
  write_private(settings, kConfiguration + ("unix_socket_directories = " +
                                            conf_quoted(list_quoted(socket_.string())) + "\n"));
  give(settings);
  const fs::path access = data_ / "pg_hba.conf";
  write_private(access,
                "# Written at every start of `wardbook demo`.\nlocal all all scram-sha-256\n");
  give(access);
}

void Cluster::start_server() {
  const fs::path log = options_.folder / "postgres-start.log";
  server_ = spawn({{programs_ / "postgres", "-D", data_.string(), "-c",
                    "config_file=" + (data_ / "wardbook.conf").string()},
                   user_,
                   log,
                   true});
  const std::string ping = conninfo("postgres", kSuperuser, "") + " connect_timeout=2";
  const auto until = steady_clock::now() + kStartLimit;
  while (!db::server_accepts(ping)) {
    if (reap(server_)) {
      server_ = -1;
      throw std::runtime_error("the database does not start: " + last_line(log) + " (see also " +
                               (data_ / "log").string() + ")");
    }
    const bool late = steady_clock::now() > until;
    if (late || Interrupt::requested()) {
      stop();
      Interrupt::check();
      throw std::runtime_error("the database does not answer; see " + (data_ / "log").string());
    }
    std::this_thread::sleep_for(kPoll);
  }
}

void Cluster::stop() noexcept {
  if (server_ < 0) return;
  kill(server_, SIGINT);
  const auto fast_until = steady_clock::now() + kFastLimit;
  bool immediate = false;
  while (!reap(server_)) {
    if (!immediate && steady_clock::now() > fast_until) {
      kill(server_, SIGQUIT);
      immediate = true;
    }
    std::this_thread::sleep_for(kPoll);
  }
  server_ = -1;
  wait_until_empty(data_, kImmediateLimit);  // its logger writes the last lines
  std::error_code ignored;
  if (socket_.parent_path() != options_.folder) fs::remove(socket_, ignored);
}

std::string Cluster::conninfo(const std::string& database, const std::string& user,
                              const std::string& password) const {
  std::string text = "host=" + conninfo_quoted(socket_.string()) + " port=" + kPort +
                     " dbname=" + conninfo_quoted(database) + " user=" + conninfo_quoted(user);
  if (!password.empty()) text += " password=" + conninfo_quoted(password);
  return text;
}

}  // namespace wardbook::demo
