// What well-formed requests get: keep-alive, pipelining, bodies both ways.
#include "net/server.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "net/chunked.h"
#include "net/test_support.h"

namespace wardbook::net {
namespace {

using testing::RawClient;
using testing::TestServer;

Task<> stream_numbers(Exchange& exchange, std::optional<std::uint64_t> length) {
  Headers headers{{"Content-Type", "text/plain"}};
  co_await exchange.start(200, std::move(headers), length);
  for (const auto* text : {"one,", "two,", "", "three"}) co_await exchange.write(text);
}

Task<> copy_body(Exchange& exchange) {
  std::string piece(3'000, '\0');
  Headers none;
  co_await exchange.start(200, std::move(none), exchange.content_length());
  while (true) {
    const auto count = co_await exchange.read_some(piece);
    if (count == 0) break;
    co_await exchange.write(std::string_view(piece).substr(0, count));
  }
}

/// Answers by path; whatever it does not know tells about the request.
Task<> handle(Exchange& exchange) {
  const auto path = exchange.head().raw_path();
  Response response;
  if (path == "/copy") {
    co_await copy_body(exchange);
    co_return;
  }
  if (path == "/stream" || path == "/sized") {
    const auto length = path == "/sized" ? std::optional<std::uint64_t>(13) : std::nullopt;
    co_await stream_numbers(exchange, length);
    co_return;
  }
  if (path == "/broken-stream") {
    Headers none;
    co_await exchange.start(200, std::move(none), std::nullopt);
    co_await exchange.write("some");
    throw std::runtime_error("in the middle");
  }
  if (path == "/too-short" || path == "/too-long") {
    Headers none;
    co_await exchange.start(200, std::move(none), 10);
    co_await exchange.write(path == "/too-short" ? "short" : "longer than announced");
    co_return;
  }
  if (path == "/failure") throw Failure(Code::record_not_found, {}, "detail");
  if (path == "/exception") throw std::runtime_error("unforeseen");
  if (path == "/number") throw 7;
  if (path == "/silence") co_return;
  if (path == "/204") {
    response.status = 204;
    co_await exchange.respond(std::move(response));
    co_return;
  }
  if (path == "/evil") {
    response.headers.add("X-Evil", "a\r\nSet-Cookie: b");
    response.headers.add("Content-Length", "999");
    response.headers.add("Bad Name", "x");
  }
  if (path == "/ignore") {
    response.body = "ignored";
    co_await exchange.respond(std::move(response));
    co_return;
  }
  if (path == "/leave") exchange.close_after();
  const auto body = co_await exchange.read_all(100'000);
  response.body = exchange.head().method + " " + exchange.head().target + " " + body;
  co_await exchange.respond(std::move(response));
}

std::string get(std::string_view path, std::string_view extra = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(extra) + "\r\n";
}

std::string post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

class ServerTest : public ::testing::Test {
 protected:
  TestServer server_{&handle};
  RawClient client_{server_.port()};
};

TEST_F(ServerTest, KeepsTheConnection) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(client_.send(post("/n" + std::to_string(i), std::string(i * 997U, 'x'))));
    const auto answer = client_.read_answer();
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "POST /n" + std::to_string(i) + " " + std::string(i * 997U, 'x'));
    EXPECT_EQ(answer.head.find("Connection"), std::string::npos);
  }
}

TEST_F(ServerTest, AddsItsFields) {
  client_.send(get("/") + get("/"));
  const auto first = client_.read_answer();
  const auto second = client_.read_answer();
  EXPECT_NE(first.head.find("\r\nDate: "), std::string::npos);
  EXPECT_NE(first.head.find(" GMT\r\n"), std::string::npos);
  const auto id = [](const RawClient::Answer& answer) {
    const auto at = answer.head.find("X-Request-ID: ") + 14;
    return answer.head.substr(at, answer.head.find('\r', at) - at);
  };
  EXPECT_FALSE(id(first).empty());
  EXPECT_NE(id(first), id(second));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  std::string all;
  for (int i = 0; i < 200; ++i) {
    const auto path = "/p" + std::to_string(i);
    all += i % 3 == 0 ? post(path, std::string(i * 31U, 'b')) : get(path);
  }
  // In pieces that fall everywhere.
  for (std::size_t at = 0; at < all.size(); at += 1'013) {
    ASSERT_TRUE(client_.send(std::string_view(all).substr(at, 1'013)));
  }
  for (int i = 0; i < 200; ++i) {
    const auto answer = client_.read_answer();
    ASSERT_EQ(answer.status, 200) << i;
    EXPECT_NE(answer.body.find(" /p" + std::to_string(i) + " "), std::string::npos) << i;
  }
}

TEST_F(ServerTest, ReadsARequestByteByByte) {
  for (const char c : post("/slow", "body")) {
    ASSERT_TRUE(client_.send(std::string_view(&c, 1)));
  }
  EXPECT_EQ(client_.read_answer().body, "POST /slow body");
}

TEST_F(ServerTest, ForgivesAnEmptyLineBeforeARequest) {
  client_.send("\r\n" + get("/a") + "\r\n" + get("/b"));
  EXPECT_EQ(client_.read_answer().body, "GET /a ");
  EXPECT_EQ(client_.read_answer().body, "GET /b ");
}

TEST_F(ServerTest, ClosesWhenAsked) {
  client_.send(get("/", "Connection: close\r\n"));
  EXPECT_TRUE(client_.read_answer().has("Connection: close"));
  EXPECT_TRUE(client_.at_end());

  RawClient other(server_.port());
  other.send(get("/leave"));
  EXPECT_TRUE(other.read_answer().has("Connection: close"));
  EXPECT_TRUE(other.at_end());
}

TEST_F(ServerTest, SpeaksHttp10) {
  client_.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(client_.read_answer().has("Connection: keep-alive"));
  client_.send("GET /stream HTTP/1.0\r\n\r\n");
  const auto answer = client_.read_to_end();
  EXPECT_EQ(answer.find("chunked"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\none,two,three"));
}

TEST_F(ServerTest, AnswersAClientThatHasFinishedSending) {
  client_.send(get("/"));
  client_.finish_sending();
  EXPECT_EQ(client_.read_answer().status, 200);
  EXPECT_TRUE(client_.at_end());
}

TEST_F(ServerTest, StreamsAnswers) {
  client_.send(get("/stream") + get("/sized") + get("/"));
  const auto chunked = client_.read_answer();
  EXPECT_TRUE(chunked.has("Transfer-Encoding: chunked"));
  EXPECT_EQ(chunked.body, "4\r\none,\r\n4\r\ntwo,\r\n5\r\nthree\r\n0\r\n\r\n");
  const auto sized = client_.read_answer();
  EXPECT_TRUE(sized.has("Content-Length: 13"));
  EXPECT_EQ(sized.body, "one,two,three");
  EXPECT_EQ(client_.read_answer().status, 200);
}

TEST_F(ServerTest, SendsNoBodyWhereNoneBelongs) {
  for (const auto* path : {"/sized", "/stream", "/head"}) {
    client_.send("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client_.read_answer(true).status, 200) << path;
  }
  client_.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client_.read_answer(true).has("Content-Length: 8"));
  client_.send(get("/204"));
  const auto answer = client_.read_answer(true);
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.head.find("Content-Length"), std::string::npos);
  client_.send(get("/after"));
  EXPECT_EQ(client_.read_answer().body, "GET /after ");
}

TEST_F(ServerTest, TakesChunkedBodies) {
  const std::string head = "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  client_.send(head + "3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nTrailer: t\r\n\r\n" +
               get("/next"));
  EXPECT_EQ(client_.read_answer().body, "POST /c abc0123456789abcdef");
  EXPECT_EQ(client_.read_answer().body, "GET /next ");
}

TEST_F(ServerTest, CopiesLargeBodiesBothWays) {
  std::string body;
  while (body.size() < 3'000'000) body += std::to_string(body.size()) + ",";
  client_.send("POST /copy HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::thread sender([&] {
    for (std::size_t at = 0; at < body.size(); at += 70'001) {
      const auto piece = body.substr(at, 70'001);
      char size[20];
      std::snprintf(size, sizeof(size), "%zx\r\n", piece.size());
      client_.send(size + piece + "\r\n");
    }
    client_.send("0\r\n\r\n");
    client_.finish_sending();
  });
  auto wire = client_.read_to_end();
  sender.join();
  const auto head_end = wire.find("\r\n\r\n");
  ASSERT_NE(head_end, std::string::npos);
  ChunkDecoder decoder;
  std::string copy(body.size() + 1, '\0');
  const auto step = decoder.decode(std::string_view(wire).substr(head_end + 4), copy);
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(copy.substr(0, step.produced), body);
}

TEST_F(ServerTest, AsksForTheBodyWhenItIsWanted) {
  const std::string expect = "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n";
  client_.send("POST /e HTTP/1.1\r\nHost: a\r\n" + expect);
  EXPECT_EQ(client_.read_answer().status, 100);
  client_.send("body");
  EXPECT_EQ(client_.read_answer().body, "POST /e body");
  // Who sends it along is not kept waiting; who is refused is not asked.
  client_.send("POST /e HTTP/1.1\r\nHost: a\r\n" + expect + "BODY");
  EXPECT_EQ(client_.read_answer().body, "POST /e BODY");
  client_.send("POST /failure HTTP/1.1\r\nHost: a\r\n" + expect);
  const auto answer = client_.read_answer();
  EXPECT_EQ(answer.status, 404);
  EXPECT_TRUE(answer.has("Connection: close"));
  EXPECT_TRUE(client_.at_end());
}

TEST_F(ServerTest, ThrowsAwayABodyThatNobodyReads) {
  client_.send(post("/ignore", std::string(200'000, 'x')) + get("/next"));
  EXPECT_EQ(client_.read_answer().body, "ignored");
  EXPECT_EQ(client_.read_answer().body, "GET /next ");
}

TEST_F(ServerTest, RendersWhatEscapesFromTheHandler) {
  client_.send(get("/failure") + get("/exception") + get("/number") + get("/silence") +
               post("/failure", "unread") + get("/"));
  const auto failure = client_.read_answer();
  EXPECT_EQ(failure.status, 404);
  EXPECT_EQ(failure.body, "record_not_found detail");
  EXPECT_EQ(client_.read_answer().body, "internal unforeseen");
  EXPECT_EQ(client_.read_answer().status, 500);
  EXPECT_EQ(client_.read_answer().status, 500);
  EXPECT_EQ(client_.read_answer().status, 404);
  EXPECT_EQ(client_.read_answer().status, 200);
}

TEST_F(ServerTest, CutsAnAnswerThatCannotBeFinished) {
  RawClient chunked(server_.port());
  chunked.send(get("/broken-stream"));
  EXPECT_FALSE(chunked.read_to_end().ends_with("0\r\n\r\n"));
  RawClient sized(server_.port());
  sized.send(get("/too-short"));
  EXPECT_TRUE(sized.read_to_end().ends_with("Content-Length: 10\r\n\r\nshort"));
  EXPECT_TRUE(testing::eventually([&] { return server_.open_connections() == 1; }));
}

TEST_F(ServerTest, AnswersAnewWhatFailedBeforeItsFirstByte) {
  client_.send(get("/too-long"));
  const auto answer = client_.read_answer();
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body, "internal more was written than the announced length");
}

TEST_F(ServerTest, KeepsHeaderValuesInTheirLine) {
  client_.send(get("/evil"));
  const auto answer = client_.read_answer();
  EXPECT_TRUE(answer.has("X-Evil: a  Set-Cookie: b"));
  EXPECT_EQ(answer.body, "GET /evil ");
  EXPECT_EQ(answer.head.find("Bad Name"), std::string::npos);
}

TEST(ServerBind, SaysWhatIsWrongInOneLine) {
  TestServer server(&handle);
  boost::asio::io_context io;
  ServerOptions options;
  options.port = server.port();
  const auto where = "127.0.0.1:" + std::to_string(options.port);
  try {
    Server second(io, std::move(options), &handle);
    FAIL() << "bound twice";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), where + ": address already in use");
  }
}

}  // namespace
}  // namespace wardbook::net
