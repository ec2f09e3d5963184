// Who gets a connection when there are too many, and what becomes of clients that are slow.
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

const std::string kHalfABody = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf";

/// A client that was served once: it is idle now, and later than those before it.
std::unique_ptr<RawClient> idle(TestServer& server) {
  auto client = std::make_unique<RawClient>(server.port());
  client->send(kGet);
  EXPECT_EQ(client->read_answer().status, 200);
  return client;
}

TEST(Room, TheLongestIdleMakesRoom) {
  auto limits = patient();
  limits.connections = 3;
  TestServer server(&answer_ok, limits);
  auto first = idle(server);
  auto second = idle(server);
  auto third = idle(server);
  first->send(kGet);
  EXPECT_EQ(first->read_answer().status, 200) << "now the second has been idle for longest";
  auto fourth = idle(server);
  EXPECT_TRUE(second->at_end());
  for (auto* client : {first.get(), third.get(), fourth.get()}) {
    client->send(kGet);
    EXPECT_EQ(client->read_answer().status, 200);
  }
  EXPECT_EQ(server.made_room(), 1U);
}

TEST(Room, ManyIdleConnectionsKeepNobodyOut) {
  auto limits = patient();
  limits.connections = 16;
  TestServer server(&answer_ok, limits);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(std::make_unique<RawClient>(server.port()));
  for (int i = 0; i < 10; ++i) idle(server);
  EXPECT_LE(server.open_connections(), 17U);
}

TEST(Room, HalfAHeadIsNoClaimToAPlace) {
  auto limits = patient();
  limits.connections = 4;
  TestServer server(&answer_ok, limits);
  std::vector<std::unique_ptr<RawClient>> half;
  for (int i = 0; i < 20; ++i) {
    half.push_back(std::make_unique<RawClient>(server.port()));
    half.back()->send("GET /");
  }
  auto client = idle(server);
  EXPECT_GE(server.made_room(), 17U);
}

TEST(Room, TheIdleGoBeforeThoseThatAreAsking) {
  auto limits = patient();
  limits.connections = 2;
  TestServer server(&answer_ok, limits);
  RawClient asking(server.port());
  asking.send("GET / HTTP/1.1\r\n");
  auto silent = idle(server);
  auto third = idle(server);
  EXPECT_TRUE(silent->at_end());
  asking.send("Host: a\r\n\r\n");
  EXPECT_EQ(asking.read_answer().status, 200);
}

TEST(Room, WhileAllWorkFurtherConnectionsWait) {
  Gate gate;
  auto limits = patient();
  limits.connections = 2;
  TestServer server([&gate](Exchange& exchange) { return wait_at(gate, exchange); }, limits);
  RawClient first(server.port());
  RawClient second(server.port());
  for (auto* client : {&first, &second}) client->send(kGet);
  EXPECT_TRUE(eventually([&] { return gate.entered == 2; }));
  RawClient third(server.port());
  RawClient fourth(server.port());
  EXPECT_TRUE(third.connected());
  third.send(kGet);
  fourth.send(kGet);
  EXPECT_EQ(gate.entered, 2);
  gate.open = true;
  for (auto* client : {&first, &second, &third, &fourth}) {
    EXPECT_EQ(client->read_answer().status, 200);
    client->close();
  }
}

TEST(Room, TheSlowGoWhenNobodyIsIdle) {
  auto limits = patient();
  limits.connections = 2;
  limits.grace = milliseconds(4'000);  // half of it is enough to be slow
  limits.io_timeout = milliseconds(600'000);
  limits.bytes_per_second = 1;
  TestServer server(&answer_ok, limits);
  RawClient first(server.port());
  RawClient second(server.port());
  for (auto* client : {&first, &second}) client->send(kHalfABody);
  EXPECT_TRUE(eventually([&] { return server.in_flight() == 2; }));
  RawClient third(server.port());
  third.send(kGet);
  EXPECT_EQ(third.read_answer().status, 200);
  EXPECT_EQ(server.made_room(), 1U);
}

TEST(Room, AnAddressHasABoundedShare) {
  Gate gate;
  auto limits = patient();
  limits.connections = 100;
  limits.connections_per_address = 3;
  TestServer server([&gate](Exchange& exchange) { return wait_at(gate, exchange); }, limits);
  std::vector<std::unique_ptr<RawClient>> busy;
  for (int i = 0; i < 3; ++i) {
    busy.push_back(std::make_unique<RawClient>(server.port()));
    busy.back()->send(kGet);
  }
  EXPECT_TRUE(eventually([&] { return gate.entered == 3; }));
  RawClient further(server.port());
  EXPECT_TRUE(further.at_end()) << "all three are at work";
  EXPECT_EQ(server.turned_away(), 1U);
  RawClient neighbour(server.port(), "127.0.0.2");
  neighbour.send(kGet);
  EXPECT_TRUE(eventually([&] { return gate.entered == 4; })) << "another address has its own";
  gate.open = true;
  for (auto& client : busy) EXPECT_EQ(client->read_answer().status, 200);
  RawClient again(server.port());
  again.send(kGet);
  EXPECT_EQ(again.read_answer().status, 200) << "in the place of one that is idle now";
  EXPECT_EQ(server.made_room(), 1U);
  EXPECT_TRUE(eventually([&] { return server.open_connections() == 4; }));
}

TEST(Room, AnAddressTakesFromItselfOnly) {
  auto limits = patient();
  limits.connections = 100;
  limits.connections_per_address = 5;
  TestServer server(&answer_ok, limits);
  auto neighbour = std::make_unique<RawClient>(server.port(), "127.0.0.2");
  neighbour->send(kGet);
  EXPECT_EQ(neighbour->read_answer().status, 200);
  for (int i = 0; i < 50; ++i) idle(server);
  std::vector<std::unique_ptr<RawClient>> kept;
  for (int i = 0; i < 50; ++i) kept.push_back(idle(server));
  EXPECT_LE(server.open_connections(), 7U);
  neighbour->send(kGet);
  EXPECT_EQ(neighbour->read_answer().status, 200) << "though it has been idle for longest";
}

TEST(Room, ATrustedProxyHasNoShare) {
  ServerOptions options;
  options.limits = patient();
  options.limits.connections_per_address = 1;
  options.trusted_proxies = {*AddressRange::parse("127.0.0.1")};
  TestServer server(&answer_ok, options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(idle(server));
  for (auto& client : clients) {
    client->send(kGet);
    EXPECT_EQ(client->read_answer().status, 200);
  }
  EXPECT_EQ(server.made_room() + server.turned_away(), 0U);
}

Task<> tell_address(Exchange& exchange) {
  Response response;
  response.body = exchange.head().remote_ip;
  co_await exchange.respond(std::move(response));
}

TEST(ClientAddress, IsWhatATrustedProxySays) {
  ServerOptions options;
  options.trusted_proxies = {*AddressRange::parse("127.0.0.1")};
  TestServer server(&tell_address, options);
  const std::string asked =
      "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9, 198.51.100.7\r\n\r\n";
  RawClient proxy(server.port());
  proxy.send(asked + kGet);
  EXPECT_EQ(proxy.read_answer().body, "198.51.100.7");
  EXPECT_EQ(proxy.read_answer().body, "127.0.0.1") << "nothing stays from the request before";
  RawClient stranger(server.port(), "127.0.0.2");
  stranger.send(asked);
  EXPECT_EQ(stranger.read_answer().body, "127.0.0.2") << "anybody can write a header";
}

TEST(LeastRate, DripsInABodyGet408) {
  auto limits = patient();
  limits.grace = milliseconds(200);
  limits.bytes_per_second = 100'000;
  TestServer server(
      +[](Exchange& exchange) -> Task<> {
        std::string piece(1000, '\0');
        while (co_await exchange.read_some(piece) != 0) {
        }
        Response response;
        co_await exchange.respond(std::move(response));
      },
      limits);
  for (const auto* framing : {"Content-Length: 100000", "Transfer-Encoding: chunked"}) {
    RawClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(framing) + "\r\n\r\n");
    const bool chunked = framing[0] == 'T';
    std::thread drip([&] {
      // No single wait is as long as any timeout, and still it ends.
      while (client.send(chunked ? "1\r\nx\r\n" : "x") && server.in_flight() > 0) {
        std::this_thread::sleep_for(milliseconds(10));
      }
    });
    EXPECT_EQ(client.read_answer().status, 408) << framing;
    drip.join();
  }
}

TEST(LeastRate, ASlowReaderIsGivenUp) {
  auto limits = patient();
  limits.grace = milliseconds(200);
  limits.bytes_per_second = 100'000'000;
  TestServer server(
      +[](Exchange& exchange) -> Task<> {
        Response response;
        response.body.assign(30'000'000, 'x');
        co_await exchange.respond(std::move(response));
      },
      limits);
  RawClient client(server.port());
  client.send(kGet);
  // Takes something all the time, but too little of it.
  std::size_t taken = 0;
  while (const auto count = client.take(50'000)) {
    taken += count;
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_LT(taken, 30'000'000U);
  EXPECT_TRUE(eventually([&] { return server.open_connections() == 0; }));
}

TEST(LeastRate, AReaderWithPausesGetsItAll) {
  auto limits = patient();
  limits.grace = milliseconds(5'000);
  limits.bytes_per_second = 1000;
  TestServer server(
      +[](Exchange& exchange) -> Task<> {
        Response response;
        response.body.assign(3'000'000, 'x');
        co_await exchange.respond(std::move(response));
      },
      limits);
  RawClient client(server.port());
  client.send(kGet);
  std::size_t taken = 0;
  while (taken < 3'000'000) {
    const auto count = client.take(100'000);
    if (count == 0) break;
    taken += count;
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_GE(taken, 3'000'000U);
}

TEST(Unread, AnswersAreBoundedAllTogether) {
  auto limits = patient();
  limits.unread_bytes = 25'000'000;
  TestServer server(
      +[](Exchange& exchange) -> Task<> {
        Response response;
        response.body.assign(10'000'000, 'x');
        co_await exchange.respond(std::move(response));
      },
      limits);
  RawClient first(server.port());
  RawClient second(server.port());
  RawClient third(server.port());
  const auto held = [&] { return server.in_flight(); };
  first.send(kGet);
  ASSERT_TRUE(eventually([&] { return held() == 1; }));
  second.send(kGet);
  ASSERT_TRUE(eventually([&] { return held() == 2; }));
  third.send(kGet);
  ASSERT_TRUE(eventually([&] { return server.open_connections() == 2; }));
  EXPECT_LT(first.read_to_end().size(), 10'000'000U) << "it has waited longest";
  EXPECT_EQ(second.read_answer().body.size(), 10'000'000U);
  EXPECT_EQ(third.read_answer().body.size(), 10'000'000U);
}

TEST(Unread, FixedAnswersAreNotCopied) {
  static const std::string page(5'000'000, 'p');
  auto limits = patient();
  limits.unread_bytes = 1;
  TestServer server(
      +[](Exchange& exchange) -> Task<> {
        Response response;
        response.fixed = page;
        co_await exchange.respond(std::move(response));
      },
      limits);
  RawClient first(server.port());
  RawClient second(server.port());
  for (auto* client : {&first, &second}) client->send(kGet);
  for (auto* client : {&first, &second}) EXPECT_EQ(client->read_answer().body, page);
}

TEST(Stall, IsToldOnceForEachWait) {
  static std::atomic<int> told;
  told = 0;
  auto limits = patient();
  limits.stall = milliseconds(40);
  TestServer server(
      +[](Exchange& exchange) -> Task<> {
        exchange.on_stall([] { ++told; });
        Response response;
        response.body = co_await exchange.read_all(1000);
        co_await exchange.respond(std::move(response));
      },
      limits);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf");
  EXPECT_TRUE(eventually([&] { return told == 1; }));
  client.send("half");
  EXPECT_EQ(client.read_answer().body, "halfhalf");
  EXPECT_EQ(told, 1);
}

TEST(Refusal, TooManyFieldsAndTooManyParameters) {
  TestServer server(&answer_ok);
  const auto with_fields = [](int count) {
    std::string out = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 1; i < count; ++i) out += "a:\r\n";
    return out + "\r\n";
  };
  RawClient client(server.port());
  client.send(with_fields(256));
  EXPECT_EQ(client.read_answer().status, 200);
  client.send(with_fields(257));
  EXPECT_EQ(client.read_answer().status, 431);
  std::string query = "a=1";
  for (std::size_t i = 1; i < kMostQueryParams; ++i) query += "&a=1";
  EXPECT_EQ(parse_query(query)->size(), kMostQueryParams);
  EXPECT_FALSE(parse_query(query + "&a=1"));
}

}  // namespace
}  // namespace wardbook::net
