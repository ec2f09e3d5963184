// A connection that listens, and what becomes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>

#include "db/listen.h"
#include "db/pgtest_schema.h"
#include "support/pg_proxy.h"

namespace wardbook::db {
namespace {

using namespace std::chrono_literals;
using namespace testing_queries;
using testing::PgCluster;
using testing::PgProxy;
using testing::run;

/// What a holder does: reads, waits, reads again.
struct Holder {
  int connections = 0;
  int reads = 0;
  int reads_here = 0;  ///< on the present connection
  std::uint64_t heard = 0;
  std::chrono::milliseconds most{60'000};
  bool stop = false;
  Listening* listening = nullptr;

  Task<> serve(Listening& connection) {
    ++connections;
    reads_here = 0;
    listening = &connection;
    while (!stop) {
      co_await connection.all(500ms, kControlUser);
      ++reads;
      ++reads_here;
      heard += connection.take_heard();
      co_await connection.wait(1ms, most);
    }
  }
};

class ListenPgTest : public PoolTest {
 protected:
  ~ListenPgTest() override {
    pool.reset();
    reactor.restart();
    reactor.poll();
  }
  void start(PoolOptions with) {
    pool = std::make_unique<Pool>(reactor, std::move(with));
    std::function<Task<>(Listening&)> serve = [this](Listening& connection) {
      return holder.serve(connection);
    };
    boost::asio::co_spawn(reactor, pool->listen("test \"channel", std::move(serve)),
                          [this](std::exception_ptr) { ended = true; });
  }
  void wait_for(std::function<bool()> holds) {
    run(reactor, until(holds));
    ASSERT_TRUE(holds());
  }

  std::unique_ptr<Pool> pool;
  Holder holder;
  bool ended = false;
};

TEST_F(ListenPgTest, ANotificationEndsTheWait) {
  start(options());
  wait_for([&] { return holder.reads == 1; });
  owner.script("NOTIFY other, 'not mine'");
  owner.script("NOTIFY \"test \"\"channel\", 'one'");
  wait_for([&] { return holder.reads == 2; });
  EXPECT_EQ(holder.heard, 1U);
  holder.listening->wake();
  wait_for([&] { return holder.reads == 3; });
  EXPECT_EQ(holder.heard, 1U);
  EXPECT_EQ(holder.connections, 1);
}

TEST_F(ListenPgTest, ComesBackAfterARestart) {
  start(options());
  wait_for([&] { return holder.reads == 1; });
  PgCluster::get().stop();
  PgCluster::get().start();
  wait_for([&] { return holder.connections == 2 && holder.reads == 2; });
  SyncConnection(PgCluster::get().owner_conninfo()).script("NOTIFY \"test \"\"channel\", 'two'");
  wait_for([&] { return holder.reads == 3; });
  EXPECT_FALSE(ended);
  pool->close();
  wait_for([&] { return ended; });
}

TEST_F(ListenPgTest, EndsWhenTheHolderIsDone) {
  start(options());
  wait_for([&] { return holder.reads == 1; });
  holder.stop = true;
  holder.listening->wake();
  wait_for([&] { return ended; });
  EXPECT_EQ(holder.connections, 1);
}

TEST_F(ListenPgTest, AConnectionThatHangsIsReplaced) {
  PgProxy proxy(PgCluster::get().socket());
  auto through = options();
  through.conninfo = proxy.through(through.conninfo);
  holder.most = 100ms;
  start(through);
  wait_for([&] { return holder.reads >= 2; });
  ASSERT_EQ(holder.connections, 1);
  proxy.silence_listeners();
  wait_for([&] { return holder.connections == 2 && holder.reads_here >= 2; });
  EXPECT_EQ(proxy.listeners(), 2);
}

TEST_F(ListenPgTest, AConnectionThatHangsFromTheBeginningIsReplaced) {
  PgProxy proxy(PgCluster::get().socket());
  auto through = options();
  through.conninfo = proxy.through(through.conninfo);
  through.connect_timeout = 300ms;
  proxy.silence_all(true);
  start(through);
  run(reactor, pause(400ms));
  EXPECT_EQ(holder.connections, 0);
  proxy.silence_all(false);
  wait_for([&] { return holder.reads >= 1; });
}

TEST_F(ListenPgTest, NothingIsHeardWhileItDoesNotListen) {
  start(options());
  wait_for([&] { return holder.reads == 1; });
  run(reactor, holder.listening->hear(false, 5s));
  owner.script("NOTIFY \"test \"\"channel\", 'unheard'");
  run(reactor, holder.listening->hear(true, 5s));
  EXPECT_EQ(holder.listening->take_heard(), 0U);
  owner.script("NOTIFY \"test \"\"channel\", 'heard'");
  wait_for([&] { return holder.heard == 1; });
}

// ---- connections that notice that the other end is gone
// ------------------------------------------

int option_of(int socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(socket, level, name, &value, &size);
  return value;
}

/// This process's sockets that are connected to a port of this machine.
std::vector<int> sockets_to(std::uint16_t port) {
  std::vector<int> out;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) out.push_back(fd);
  }
  return out;
}

struct Liveness {
  int keepalive, idle, user_timeout;
  bool operator==(const Liveness&) const = default;
};
Liveness liveness_of(int socket) {
  return {option_of(socket, SOL_SOCKET, SO_KEEPALIVE), option_of(socket, IPPROTO_TCP, TCP_KEEPIDLE),
          option_of(socket, IPPROTO_TCP, TCP_USER_TIMEOUT)};
}

TEST_F(ListenPgTest, EveryConnectionNoticesThatTheOtherEndIsGone) {
  PgProxy proxy(PgCluster::get().socket());
  auto through = options();
  through.conninfo = proxy.through(through.conninfo);
  start(through);
  wait_for([&] { return holder.reads == 1; });
  Tx tx = run(reactor, pool->begin(a()));
  run(reactor, tx.one(kWhoAmI));
  run(reactor, pool->read_maybe_one(a(), kCountNotes));
  const SyncConnection tool(through.conninfo);
  const auto sockets = sockets_to(proxy.port());
  EXPECT_EQ(sockets.size(), 4U) << "a listener's, a transaction's, a lane's, a tool's";
  for (const int socket : sockets) {
    const Liveness found = liveness_of(socket);
    EXPECT_EQ(found, (Liveness{1, 5, 10'000})) << found.keepalive << found.user_timeout;
  }
}

TEST_F(ListenPgTest, TheConnectionStringIsStrongerThanOurTimeouts) {
  PgProxy proxy(PgCluster::get().socket());
  auto through = options();
  through.conninfo = proxy.through(through.conninfo) + " keepalives_idle=77 tcp_user_timeout=33000";
  start(through);
  wait_for([&] { return holder.reads == 1; });
  const SyncConnection tool(through.conninfo);
  const auto sockets = sockets_to(proxy.port());
  ASSERT_EQ(sockets.size(), 2U);
  for (const int socket : sockets) EXPECT_EQ(liveness_of(socket), (Liveness{1, 77, 33'000}));
}

}  // namespace
}  // namespace wardbook::db
