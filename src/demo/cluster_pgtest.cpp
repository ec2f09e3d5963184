#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <memory>
#include <thread>

#include "demo/cluster.h"
#include "demo/files.h"

namespace wardbook::demo {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A folder that the database's user can reach, removed at the end.
class ClusterTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "wb-cluster-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = fs::canonical(pattern);
    fs::permissions(folder_, fs::perms(0711));
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(socket_folder(folder_), ignored);
    fs::remove_all(folder_, ignored);
  }

  static Cluster::Options options(const fs::path& folder) {
    return {folder, "test-password", false};
  }

  static std::string ask(const Cluster& cluster, const std::string& password, const char* sql) {
    const std::string at = cluster.conninfo("postgres", Cluster::kSuperuser, password);
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(at.c_str()),
                                                                  &PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK) return PQerrorMessage(connection.get());
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql),
                                                               &PQclear);
    if (PQntuples(result.get()) == 0) return PQresultErrorMessage(result.get());
    return PQgetvalue(result.get(), 0, 0);
  }

  fs::path folder_;
};

template <class F>
std::string failure_of(F&& act) {
  try {
    act();
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "(nothing thrown)";
}

TEST_F(ClusterTest, IsDurableChecksummedUtf8AndAsksForThePassword) {
  const Cluster cluster(options(folder_));
  EXPECT_TRUE(cluster.is_new());
  const std::string password = "test-password";
  EXPECT_EQ(ask(cluster, password, "SHOW fsync"), "on");
  EXPECT_EQ(ask(cluster, password, "SHOW synchronous_commit"), "on");
  EXPECT_EQ(ask(cluster, password, "SHOW data_checksums"), "on");
  EXPECT_EQ(ask(cluster, password, "SHOW server_encoding"), "UTF8");
  EXPECT_EQ(ask(cluster, password, "SHOW listen_addresses"), "");
  EXPECT_EQ(
      ask(cluster, password, "SELECT datcollate FROM pg_database WHERE datname = 'template1'"),
      "C.UTF-8");
  EXPECT_THAT(ask(cluster, "wrong", "SELECT 1"), HasSubstr("password authentication failed"));
  EXPECT_THAT(ask(cluster, "", "SELECT 1"), HasSubstr("no password supplied"));
}

TEST_F(ClusterTest, KeepsItsDataBetweenStartsAndLeavesNoProcess) {
  {
    const Cluster cluster(options(folder_));
    EXPECT_EQ(ask(cluster, "test-password", "CREATE TABLE kept AS SELECT 41 AS n"), "");
    EXPECT_FALSE(processes_in(folder_ / "postgres").empty());
  }
  EXPECT_TRUE(processes_in(folder_ / "postgres").empty());
  const Cluster again(options(folder_));
  EXPECT_FALSE(again.is_new());
  EXPECT_EQ(ask(again, "test-password", "SELECT n FROM kept"), "41");
}

TEST_F(ClusterTest, StopsWithSessionsOpen) {
  Cluster cluster(options(folder_));
  const std::string at = cluster.conninfo("postgres", Cluster::kSuperuser, "test-password");
  const std::unique_ptr<PGconn, decltype(&PQfinish)> session(PQconnectdb(at.c_str()), &PQfinish);
  ASSERT_EQ(PQstatus(session.get()), CONNECTION_OK);
  cluster.stop();
  EXPECT_TRUE(processes_in(folder_ / "postgres").empty());
}

/// Starts a cluster in a child process, which then waits to be killed; returns its pid.
pid_t start_in_child(const Cluster::Options& options, const char* sql) {
  std::array<int, 2> ready{};
  EXPECT_EQ(pipe(ready.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const Cluster cluster(options);
    const std::string at =
        cluster.conninfo("postgres", Cluster::kSuperuser, options.superuser_password);
    PGconn* connection = PQconnectdb(at.c_str());
    PQclear(PQexec(connection, sql));
    [[maybe_unused]] const auto n = write(ready[1], "x", 1);
    while (true) pause();
  }
  close(ready[1]);
  char mark = 0;
  EXPECT_EQ(read(ready[0], &mark, 1), 1);
  close(ready[0]);
  return child;
}

TEST_F(ClusterTest, StartsAgainAfterItsKeeperWasKilled) {
  const pid_t keeper = start_in_child(options(folder_), "CREATE TABLE kept AS SELECT 42 AS n");
  kill(keeper, SIGKILL);
  waitpid(keeper, nullptr, 0);
  const Cluster again(options(folder_));
  EXPECT_EQ(ask(again, "test-password", "SELECT n FROM kept"), "42");
}

TEST_F(ClusterTest, StartsAgainAfterBothWereKilledAndThePidIsSomebodyElses) {
  const pid_t keeper = start_in_child(options(folder_), "CREATE TABLE kept AS SELECT 43 AS n");
  pid_t server = 0;
  std::ifstream(folder_ / "postgres" / "postmaster.pid") >> server;
  ASSERT_GT(server, 0);
  kill(server, SIGKILL);
  kill(keeper, SIGKILL);
  waitpid(keeper, nullptr, 0);
  // What a restarted container brings: the old pid runs something else.
  const fs::path pid_file = folder_ / "postgres" / "postmaster.pid";
  std::string text = read_text(pid_file);
  text.replace(0, text.find('\n'), std::to_string(getppid()));
  std::ofstream(pid_file) << text;
  std::ofstream(socket_folder(folder_) / ".s.PGSQL.5432.lock") << text;
  const Cluster again(options(folder_));
  EXPECT_EQ(ask(again, "test-password", "SELECT n FROM kept"), "43");
}

TEST_F(ClusterTest, EndsAServerThatWasLeftRunning) {
  pid_t left = 0;
  {
    // A server of this folder that no demo keeps: started as pg_ctl would.
    Cluster first(options(folder_));
    first.stop();
    const auto user = unprivileged_user();
    const fs::path data = folder_ / "postgres";
    left = spawn({{find_postgres(data) / "postgres", "-D", data.string(), "-c",
                   "config_file=" + (data / "wardbook.conf").string()},
                  user,
                  folder_ / "left.log",
                  false});
    const std::string at = first.conninfo("postgres", Cluster::kSuperuser, "");
    while (PQping(at.c_str()) != PQPING_OK && !reap(left)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  // Detached: TSan takes a thread that is not joined yet for a leak in the processes that are
  // forked meanwhile.
  std::promise<void> reaped;
  std::thread([left, &reaped] {
    waitpid(left, nullptr, 0);
    reaped.set_value();
  }).detach();
  const Cluster again(options(folder_));
  reaped.get_future().wait();
  EXPECT_NE(again.pid(), left);
  EXPECT_EQ(ask(again, "test-password", "SELECT 1"), "1");
}

TEST_F(ClusterTest, AHalfMadeClusterIsMadeAnew) {
  fs::create_directory(folder_ / "postgres.new");
  std::ofstream(folder_ / "postgres.new" / "PG_VERSION") << "15\n";
  const Cluster cluster(options(folder_));
  EXPECT_TRUE(cluster.is_new());
  EXPECT_FALSE(fs::exists(folder_ / "postgres.new"));
  EXPECT_FALSE(fs::exists(folder_ / "initdb.password"));
}

TEST_F(ClusterTest, ALongOrOddFolderNameWorks) {
  const fs::path odd = folder_ / ("it's \"odd\", " + std::string(90, 'x'));
  fs::create_directory(odd);
  fs::permissions(odd, fs::perms(0711));
  EXPECT_LE((socket_folder(odd) / ".s.PGSQL.5432").string().size(), 100U);
  {
    const Cluster cluster(options(odd));
    EXPECT_EQ(ask(cluster, "test-password", "SELECT 1"), "1");
  }
  fs::remove_all(socket_folder(odd));
  const fs::path short_odd = folder_ / "it's \"b\", c";
  fs::create_directory(short_odd);
  fs::permissions(short_odd, fs::perms(0711));
  const Cluster cluster(options(short_odd));
  EXPECT_EQ(ask(cluster, "test-password", "SELECT 1"), "1");
}

TEST_F(ClusterTest, AFolderThatTheDatabasesUserCannotReachIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root runs the database as another user";
  fs::permissions(folder_, fs::perms(0700));
  const fs::path below = folder_ / "demo";
  fs::create_directory(below);
  EXPECT_THAT(failure_of([&] { const Cluster cluster(options(below)); }),
              HasSubstr("cannot reach this folder"));
  EXPECT_FALSE(fs::exists(below / "postgres"));
}

TEST_F(ClusterTest, OneFolderHasOneDemo) {
  const FolderLock held(folder_);
  EXPECT_EQ(failure_of([&] { const FolderLock second(folder_); }),
            "another wardbook demo (pid " + std::to_string(getpid()) + ") is running on " +
                folder_.string());
}

TEST_F(ClusterTest, TheLockGoesWithItsHolder) {
  { const FolderLock held(folder_); }
  const FolderLock again(folder_);
  EXPECT_EQ(read_text(folder_ / "lock"), std::to_string(getpid()) + "\n");
}

}  // namespace
}  // namespace wardbook::demo
