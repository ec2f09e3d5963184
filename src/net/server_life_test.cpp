// Deadlines, bounds, clients that go away, and the server's own end.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "net/test_support.h"

namespace wardbook::net {
namespace {

using std::chrono::milliseconds;
using testing::eventually;
using testing::RawClient;
using testing::TestServer;

using testing::answer_ok;
using testing::Gate;
using testing::kGet;
using testing::patient;
using testing::wait_at;

TEST(Deadlines, SlowHeadersGet408) {
  auto limits = patient();
  limits.header_timeout = milliseconds(60);
  TestServer server(&answer_ok, limits);
  RawClient client(server.port());
  client.send(kGet);
  EXPECT_EQ(client.read_answer().status, 200);
  client.send("GET / HTTP/1.1\r\nHost:");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_TRUE(answer.has("Connection: close"));
  EXPECT_TRUE(client.at_end());
}

TEST(Deadlines, DripsDoNotExtendTheHeadersTime) {
  auto limits = patient();
  limits.header_timeout = milliseconds(80);
  TestServer server(&answer_ok, limits);
  RawClient client(server.port());
  std::thread drip([&] {
    for (int i = 0; i < 1'000 && client.send(i == 0 ? "GET /" : "x"); ++i) {
      std::this_thread::sleep_for(milliseconds(10));
      if (server.open_connections() == 0) break;
    }
  });
  EXPECT_EQ(client.read_answer().status, 408);
  drip.join();
}

TEST(Deadlines, SlowBodiesGet408) {
  for (const bool whole : {true, false}) {
    auto limits = patient();
    (whole ? limits.body_timeout : limits.io_timeout) = milliseconds(60);
    TestServer server(&answer_ok, limits);
    RawClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
    EXPECT_EQ(client.read_answer().status, 408);
    EXPECT_TRUE(client.at_end());
  }
}

TEST(Deadlines, IdleConnectionsCloseSilently) {
  auto limits = patient();
  limits.idle_timeout = milliseconds(60);
  TestServer server(&answer_ok, limits);
  RawClient fresh(server.port());
  RawClient used(server.port());
  used.send(kGet);
  EXPECT_EQ(used.read_answer().status, 200);
  EXPECT_TRUE(fresh.at_end());
  EXPECT_TRUE(used.at_end());
  EXPECT_TRUE(eventually([&] { return server.open_connections() == 0; }));
}

TEST(Deadlines, AClientThatDoesNotReadIsGivenUp) {
  auto limits = patient();
  limits.io_timeout = milliseconds(100);
  TestServer server(
      +[](Exchange& exchange) -> Task<> {
        const std::string piece(100'000, 'x');
        Headers none;
        co_await exchange.start(200, std::move(none), std::nullopt);
        for (int i = 0; i < 10'000; ++i) co_await exchange.write(piece);
      },
      limits);
  RawClient client(server.port());
  client.send(kGet);
  EXPECT_TRUE(eventually([&] { return server.in_flight() == 1; }));
  EXPECT_TRUE(eventually([&] { return server.open_connections() == 0; }));
}

TEST(Departure, HandlerSeesItAndNothingStays) {
  static std::atomic<int> seen;
  seen = 0;
  TestServer server(+[](Exchange& exchange) -> Task<> {
    bool gone = false;
    try {
      co_await exchange.read_all(1000);
    } catch (const boost::system::system_error&) {
      gone = true;
    }
    if (gone) ++seen;
  });
  for (int i = 0; i < 20; ++i) {
    RawClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
  }
  EXPECT_TRUE(eventually([&] { return seen == 20; }));
  EXPECT_TRUE(eventually([&] { return server.open_connections() == 0; }));
  EXPECT_EQ(server.in_flight(), 0U);
}

TEST(Departure, DuringHandlingOrStreamingLeavesNothing) {
  Gate gate;
  TestServer server([&gate](Exchange& exchange) { return wait_at(gate, exchange); });
  for (int i = 0; i < 20; ++i) {
    RawClient client(server.port());
    client.send(kGet + kGet);
    EXPECT_TRUE(eventually([&] { return gate.entered > i; }));
  }
  gate.open = true;
  EXPECT_TRUE(eventually([&] { return server.open_connections() == 0; }));
}

TEST(Drain, FinishesWhatIsInFlight) {
  Gate gate;
  TestServer server([&gate](Exchange& exchange) { return wait_at(gate, exchange); }, patient());
  RawClient busy(server.port());
  RawClient idle(server.port());
  busy.send(kGet);
  EXPECT_TRUE(eventually([&] { return gate.entered == 1 && server.open_connections() == 2; }));
  auto drained = server.drain(milliseconds(60'000));
  EXPECT_TRUE(idle.at_end());
  EXPECT_TRUE(eventually([&] { return !RawClient(server.port()).connected(); }));
  gate.open = true;
  const auto answer = busy.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("Connection: close"));
  EXPECT_TRUE(busy.at_end());
  drained.get();
  EXPECT_EQ(server.open_connections(), 0U);
}

TEST(Drain, ServesWhoConnectedBefore) {
  auto limits = patient();
  limits.connections = 64;
  TestServer server(&answer_ok, limits);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(kGet);
  }
  server.drain(milliseconds(60'000)).get();
  for (auto& client : clients) EXPECT_EQ(client->read_answer().status, 200);
}

TEST(Drain, ReturnsWhenItsTimeIsOver) {
  Gate gate;
  TestServer server([&gate](Exchange& exchange) { return wait_at(gate, exchange); }, patient());
  RawClient busy(server.port());
  busy.send(kGet);
  EXPECT_TRUE(eventually([&] { return gate.entered == 1; }));
  server.drain(milliseconds(50)).get();
  EXPECT_EQ(server.in_flight(), 1U);
  server.abort();
  EXPECT_TRUE(busy.at_end());
  gate.open = true;
  EXPECT_TRUE(eventually([&] { return server.open_connections() == 0; }));
}

TEST(Abort, ClosesEverything) {
  TestServer server(&answer_ok, patient());
  RawClient idle(server.port());
  RawClient reading(server.port());
  reading.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
  EXPECT_TRUE(eventually([&] { return server.in_flight() == 1; }));
  server.abort();
  EXPECT_TRUE(eventually([&] { return server.open_connections() == 0; }));
  EXPECT_EQ(server.in_flight(), 0U);
  EXPECT_FALSE(RawClient(server.port()).connected());
}

TEST(Abort, GoesWithTheReactorInAnyState) {
  Gate gate;
  auto server = std::make_unique<TestServer>(
      [&gate](Exchange& exchange) { return wait_at(gate, exchange); }, patient());
  RawClient waiting(server->port());
  RawClient half(server->port());
  waiting.send(kGet);
  half.send("GET /");
  EXPECT_TRUE(eventually([&] { return gate.entered == 1; }));
  server.reset();
  EXPECT_TRUE(half.read_to_end().empty());
}

}  // namespace
}  // namespace wardbook::net
