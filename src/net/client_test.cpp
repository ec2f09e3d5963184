#include "net/client.h"

#include <gtest/gtest.h>

#include <atomic>

#include "net/test_support.h"

namespace wardbook::net {
namespace {

using std::chrono::milliseconds;
using testing::eventually;
using testing::Reactor;
using testing::TestServer;
using Kind = TransportError::Kind;

/// What one request came to.
struct Outcome {
  int status = 0;
  std::string body;
  Headers headers;
  std::optional<Kind> error;
  bool sent = false;
};

Task<Outcome> run(Client& client, ClientRequest request, std::size_t limit) {
  Outcome outcome;
  try {
    auto response = co_await client.send(std::move(request));
    outcome.status = response->status();
    outcome.headers = response->headers();
    outcome.body = co_await response->read_all(limit);
  } catch (const TransportError& error) {
    outcome.error = error.kind();
    outcome.sent = error.sent();
  }
  co_return outcome;
}

class TestClient {
 public:
  explicit TestClient(std::uint16_t port, ClientOptions options = {}) {
    options.host = "127.0.0.1";
    options.port = port;
    client_ =
        reactor_.call([&] { return std::make_unique<Client>(reactor_.io(), std::move(options)); });
  }
  ~TestClient() { close(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  std::future<Outcome> start(ClientRequest request, std::size_t limit = 100'000'000) {
    return reactor_.spawn(run(*client_, std::move(request), limit));
  }
  Outcome send(ClientRequest request, std::size_t limit = 100'000'000) {
    return start(std::move(request), limit).get();
  }
  Outcome get(std::string target) { return send(request("GET", std::move(target))); }
  static ClientRequest request(std::string method, std::string target, std::string body = "") {
    ClientRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    return request;
  }
  void close() {
    reactor_.call([&] { client_.reset(); });
  }
  Client& client() { return *client_; }
  Reactor& reactor() { return reactor_; }

 private:
  Reactor reactor_;
  std::unique_ptr<Client> client_;
};

Task<> echo(Exchange& exchange) {
  const auto path = exchange.head().raw_path();
  Response response;
  if (path == "/204") {
    response.status = 204;
    co_await exchange.respond(std::move(response));
    co_return;
  }
  if (path == "/stream") {
    Headers none;
    co_await exchange.start(200, std::move(none), std::nullopt);
    const std::string piece(100'000, 's');
    for (int i = 0; i < 20; ++i) co_await exchange.write(piece);
    co_return;
  }
  if (path == "/refuse") throw Failure(Code::forbidden);
  const auto host = exchange.head().headers.get("Host").value_or("");
  response.headers.add("X-Host", host);
  response.headers.add("X-Coding",
                       exchange.head().headers.get("Transfer-Encoding").value_or("none"));
  response.body = exchange.head().method + " " + exchange.head().target + " ";
  response.body += co_await exchange.read_all(50'000'000);
  co_await exchange.respond(std::move(response));
}

TEST(ClientPool, KeepsOneConnectionForOneAfterTheOther) {
  TestServer server(&echo);
  TestClient client(server.port());
  for (int i = 0; i < 30; ++i) {
    const auto outcome = client.send(TestClient::request("PUT", "/x", std::string(i * 999U, 'b')));
    ASSERT_EQ(outcome.status, 200);
    EXPECT_EQ(outcome.body, "PUT /x " + std::string(i * 999U, 'b'));
    EXPECT_EQ(outcome.headers.get("X-Host"), "127.0.0.1:" + std::to_string(server.port()));
  }
  EXPECT_EQ(client.get("/204").status, 204);
  EXPECT_EQ(client.send(TestClient::request("HEAD", "/h")).body, "");
  EXPECT_EQ(client.get("/after").body, "GET /after ");
  EXPECT_EQ(server.open_connections(), 1U);
}

TEST(ClientPool, IsBoundedAndServesWhoWaits) {
  TestServer server(&echo);
  ClientOptions options;
  options.max_connections = 3;
  TestClient client(server.port(), options);
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < 60; ++i) {
    outcomes.push_back(client.start(TestClient::request("GET", "/" + std::to_string(i))));
  }
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(outcomes[static_cast<std::size_t>(i)].get().body, "GET /" + std::to_string(i) + " ");
  }
  EXPECT_LE(server.open_connections(), 3U);
}

Task<std::unique_ptr<ClientResponse>> open(Client& client, ClientRequest request) {
  co_return co_await client.send(std::move(request));
}

Task<std::optional<Kind>> read_on(ClientResponse& response) {
  std::string piece(1'000, '\0');
  try {
    (void)co_await response.read_some(piece);
  } catch (const TransportError& error) {
    co_return error.kind();
  }
  co_return std::nullopt;
}

ClientRequest of_owner(std::string owner, std::string target) {
  auto request = TestClient::request("GET", std::move(target));
  request.owner = std::move(owner);
  return request;
}

/// Connections of a pool that are kept by answers that nobody reads to their end.
class Held {
 public:
  Held(TestClient& client, const std::string& owner)
      : client_(client),
        response_(client.reactor().spawn(open(client.client(), of_owner(owner, "/stream"))).get()) {
  }
  ~Held() { drop(); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  void drop() {
    client_.reactor().call([&] { response_.reset(); });
  }
  void lend() {
    client_.reactor().call([&] { response_->lend(); });
  }
  std::optional<Kind> read() { return client_.reactor().spawn(read_on(*response_)).get(); }

 private:
  TestClient& client_;
  std::unique_ptr<ClientResponse> response_;
};

bool waits(TestClient& client, std::size_t count) {
  return eventually(
      [&] { return client.reactor().call([&] { return client.client().waiting(); }) == count; });
}

TEST(ClientPool, TheNextPlaceIsForWhoHasTheFewest) {
  std::vector<std::string> order;
  TestServer server([&](Exchange& exchange) -> Task<> {
    order.emplace_back(exchange.head().target);
    return echo(exchange);
  });
  ClientOptions options;
  options.max_connections = 2;
  TestClient client(server.port(), options);
  Held first(client, "a");
  const Held second(client, "a");
  auto third = client.start(of_owner("a", "/a3"));
  EXPECT_TRUE(waits(client, 1));
  auto other = client.start(of_owner("b", "/b1"));
  EXPECT_TRUE(waits(client, 2));
  first.drop();
  EXPECT_EQ(other.get().status, 200);
  EXPECT_EQ(third.get().status, 200);
  EXPECT_EQ(order, (std::vector<std::string>{"/stream", "/stream", "/b1", "/a3"}));
}

TEST(ClientPool, NobodyHasMoreThanAShare) {
  TestServer server(&echo);
  ClientOptions options;
  options.max_connections = 2;
  options.max_per_owner = 1;
  TestClient client(server.port(), options);
  Held first(client, "a");
  auto second = client.start(of_owner("a", "/a2"));
  EXPECT_TRUE(waits(client, 1));
  EXPECT_EQ(client.send(of_owner("b", "/b1")).status, 200);
  EXPECT_TRUE(waits(client, 1));
  first.drop();
  EXPECT_EQ(second.get().status, 200);
}

TEST(ClientPool, WhatWasLentIsTakenForWhoWaits) {
  TestServer server(&echo);
  ClientOptions options;
  options.max_connections = 1;
  options.lease = milliseconds(1);
  TestClient client(server.port(), options);
  Held slow(client, "a");
  EXPECT_EQ(slow.read(), std::nullopt);
  slow.lend();
  EXPECT_EQ(slow.read(), std::nullopt) << "nobody waits";
  EXPECT_EQ(client.send(of_owner("a", "/other")).status, 200);
  EXPECT_EQ(slow.read(), Kind::taken);
  EXPECT_EQ(client.get("/after").status, 200) << "its place was given back once";
}

TEST(ClientPool, ATooLongQueueIsSaidAtOnce) {
  TestServer server(&echo);
  ClientOptions options;
  options.max_connections = 1;
  options.max_waiting = 1;
  TestClient client(server.port(), options);
  Held first(client, "a");
  auto second = client.start(of_owner("a", "/a2"));
  EXPECT_TRUE(waits(client, 1));
  EXPECT_EQ(client.send(of_owner("a", "/a3")).error, Kind::busy);
  first.drop();
  EXPECT_EQ(second.get().status, 200);
}

/// A peer that plays a fixed part, one connection after the other.
class Peer {
 public:
  /// For each connection: after the first bytes of a request come, send this and close; with
  /// nothing to send, hang until the other side goes.
  explicit Peer(std::vector<std::string> parts) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, script = std::move(parts)] { play(script); });
  }
  ~Peer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int requests() const { return requests_; }

 private:
  void play(const std::vector<std::string>& parts) {
    for (const auto& part : parts) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      char bytes[65536];
      if (::recv(fd, bytes, sizeof(bytes), 0) > 0) ++requests_;
      if (part.empty()) {
        while (::recv(fd, bytes, sizeof(bytes), 0) > 0) {
        }
      }
      ::send(fd, part.data(), part.size(), MSG_NOSIGNAL);
      ::close(fd);
    }
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_{0};
  std::thread thread_;
};

ClientOptions hasty() {
  ClientOptions options;
  options.response_timeout = milliseconds(100);
  options.io_timeout = milliseconds(100);
  return options;
}

TEST(ClientErrors, SayWhatHappened) {
  struct Case {
    const char* name;
    const char* answer;
    Kind kind;
  };
  const Case cases[] = {
      {"nothing", "", Kind::timeout},
      {"end within the head", "HTTP/1.1 200 OK\r\nConte", Kind::closed},
      {"end within the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", Kind::closed},
      {"end within a large body", "HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\nhalf",
       Kind::closed},
      {"end within a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
       Kind::closed},
      {"malformed chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nhalf",
       Kind::protocol},
      {"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", Kind::protocol},
      {"bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", Kind::protocol},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
       Kind::protocol},
      {"too large", "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n", Kind::too_large},
      {"too large without length", "HTTP/1.0 200 OK\r\n\r\n0123456789", Kind::too_large},
  };
  for (const auto& c : cases) {
    Peer peer({c.answer});
    TestClient client(peer.port(), hasty());
    const auto outcome = client.send(TestClient::request("POST", "/", "body"),
                                     c.kind == Kind::too_large ? 5 : 1'000'000);
    EXPECT_EQ(outcome.error, c.kind) << c.name;
    EXPECT_TRUE(outcome.sent) << c.name;
    EXPECT_EQ(peer.requests(), 1) << c.name;
  }
}

TEST(ClientErrors, NobodyThere) {
  std::uint16_t port = 0;
  {
    Peer gone({});
    port = gone.port();
  }
  TestClient client(port);
  const auto outcome = client.get("/");
  EXPECT_EQ(outcome.error, Kind::connect);
  EXPECT_FALSE(outcome.sent);
}

TEST(ClientErrors, APlaceThatDoesNotComeFree) {
  Peer peer({""});
  ClientOptions options;
  options.max_connections = 1;
  options.acquire_timeout = milliseconds(50);
  TestClient client(peer.port(), options);
  auto hanging = client.start(TestClient::request("GET", "/"));
  EXPECT_TRUE(eventually([&] { return peer.requests() == 1; }));
  const auto outcome = client.get("/");
  EXPECT_EQ(outcome.error, Kind::busy);
  EXPECT_FALSE(outcome.sent);
  client.close();
  EXPECT_TRUE(hanging.get().error.has_value());
}

TEST(ClientErrors, WhatCannotBeSent) {
  TestServer server(&echo);
  TestClient client(server.port());
  auto injected = TestClient::request("GET", "/");
  injected.headers.add("X-A", "b\r\nX-C: d");
  EXPECT_EQ(client.send(std::move(injected)).error, Kind::protocol);
  EXPECT_EQ(client.get("/a b").error, Kind::protocol);
  EXPECT_EQ(client.get("relative").error, Kind::protocol);
}

TEST(ClientRetry, AStaleConnectionIsReplacedOnce) {
  // The connection is kept, then closed just when the next request arrives.
  const std::string kept = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::string second_try;
  std::thread peer([&] {
    char bytes[4096];
    const int first = ::accept(listener, nullptr, nullptr);
    ::recv(first, bytes, sizeof(bytes), 0);
    ::send(first, kept.data(), kept.size(), MSG_NOSIGNAL);
    ::recv(first, bytes, sizeof(bytes), 0);
    ::close(first);
    const int second = ::accept(listener, nullptr, nullptr);
    const auto count = ::recv(second, bytes, sizeof(bytes), 0);
    second_try.assign(bytes, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    ::send(second, kept.data(), kept.size(), MSG_NOSIGNAL);
    ::close(second);
  });
  TestClient client(ntohs(address.sin_port));
  EXPECT_EQ(client.get("/1").body, "ok");
  EXPECT_EQ(client.send(TestClient::request("POST", "/2", "again")).body, "ok");
  peer.join();
  ::close(listener);
  EXPECT_TRUE(second_try.starts_with("POST /2 "));
  EXPECT_TRUE(second_try.ends_with("again"));
}

TEST(ClientRetry, AServerThatRestartsIsNotNoticed) {
  auto limits = Limits();
  limits.idle_timeout = milliseconds(40);
  TestServer server(&echo, limits);
  TestClient client(server.port());
  EXPECT_EQ(client.get("/a").status, 200);
  EXPECT_TRUE(eventually([&] { return server.open_connections() == 0; }));
  EXPECT_EQ(client.get("/b").status, 200);
}

Task<Outcome> stream_up(Client& client, std::size_t total, bool with_length) {
  auto left = std::make_shared<std::size_t>(total);
  ClientRequest request;
  request.method = "PUT";
  request.target = "/up";
  if (with_length) request.source_length = total;
  struct Source {
    static Task<std::size_t> next(std::shared_ptr<std::size_t> rest, std::span<char> into) {
      const auto count = std::min({*rest, into.size(), std::size_t{50'000}});
      std::fill_n(into.data(), count, 'u');
      *rest -= count;
      co_return count;
    }
  };
  request.source = [left](std::span<char> into) { return Source::next(left, into); };
  auto outcome = co_await run(client, std::move(request), 100'000'000);
  co_return outcome;
}

TEST(ClientStreams, UpWithAndWithoutLength) {
  TestServer server(&echo);
  TestClient client(server.port());
  for (const bool with_length : {true, false}) {
    for (const std::size_t total : {0U, 1U, 3'000'001U}) {
      const auto outcome =
          client.reactor().spawn(stream_up(client.client(), total, with_length)).get();
      EXPECT_EQ(outcome.status, 200);
      EXPECT_EQ(outcome.body.size(), 8 + total);
      EXPECT_EQ(outcome.headers.get("X-Coding"), with_length ? "none" : "chunked");
    }
  }
  EXPECT_EQ(server.open_connections(), 1U);
}

TEST(ClientStreams, AnEarlyAnswerIsRead) {
  Limits limits;
  limits.discard_bytes = 10'000;
  TestServer server(&echo, limits);
  TestClient client(server.port());
  auto request = TestClient::request("PUT", "/refuse", std::string(200'000, 'x'));
  EXPECT_EQ(client.send(std::move(request)).status, 403);
}

Task<std::size_t> read_first_piece(Client& client, std::size_t pieces) {
  auto response = co_await client.send(TestClient::request("GET", "/stream"));
  std::string piece(10'000, '\0');
  std::size_t total = 0;
  for (std::size_t i = 0; i < pieces; ++i) {
    const auto count = co_await response->read_some(piece);
    if (count == 0) break;
    total += count;
  }
  co_return total;
}

TEST(ClientStreams, DownPieceByPiece) {
  TestServer server(&echo);
  TestClient client(server.port());
  auto& reactor = client.reactor();
  EXPECT_EQ(reactor.spawn(read_first_piece(client.client(), 1'000'000)).get(), 2'000'000U);
  EXPECT_EQ(server.open_connections(), 1U);
  // Dropped in the middle: the connection goes, the place does not.
  EXPECT_GT(reactor.spawn(read_first_piece(client.client(), 2)).get(), 0U);
  EXPECT_TRUE(eventually([&] { return server.open_connections() == 0; }));
  EXPECT_EQ(client.get("/after").body, "GET /after ");
}

TEST(ClientTls, APeerWithoutTlsIsRefused) {
  Peer peer({"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
  ClientOptions options;
  options.tls = true;
  TestClient client(peer.port(), options);
  const auto outcome = client.get("/");
  EXPECT_EQ(outcome.error, Kind::connect);
  EXPECT_FALSE(outcome.sent);
}

}  // namespace
}  // namespace wardbook::net
