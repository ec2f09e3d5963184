// What malformed, oversized and ambiguous requests get: one answer, then a closed connection.
#include <gtest/gtest.h>

#include "net/test_support.h"

namespace wardbook::net {
namespace {

using testing::RawClient;
using testing::TestServer;

Task<> echo_target(Exchange& exchange) {
  Response response;
  response.body = co_await exchange.read_all(1024 * 1024);
  response.body += exchange.head().target;
  co_await exchange.respond(std::move(response));
}

struct Refusal {
  const char* name;
  std::string request;
  int status;
};

std::string with(std::string_view fields, std::string_view body = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string chunked(std::string_view body) {
  return with("Transfer-Encoding: chunked\r\n", body);
}

std::string line(std::string_view request_line) {
  return std::string(request_line) + "\r\nHost: a\r\n\r\n";
}

const Refusal kRefusals[] = {
    // Two opinions about where the body ends.
    {"LengthAndCoding", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
     400},
    {"CodingAndLength", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
     400},
    {"TwoLengths", with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), 400},
    {"SameLengthTwice", with("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
    {"LengthList", with("Content-Length: 5, 5\r\n", "hello"), 400},
    {"LengthDifferentList", with("Content-Length: 5, 6\r\n", "hello"), 400},
    {"LengthPlus", with("Content-Length: +5\r\n", "hello"), 400},
    {"LengthMinus", with("Content-Length: -5\r\n", "hello"), 400},
    {"LengthHex", with("Content-Length: 0x5\r\n", "hello"), 400},
    {"LengthEmpty", with("Content-Length: \r\n"), 400},
    {"LengthSpace", with("Content-Length: 5 5\r\n", "hello"), 400},
    {"LengthHuge", with("Content-Length: 99999999999999999999\r\n"), 400},
    {"CodingTwice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
    {"CodingTwoValues", with("Transfer-Encoding: chunked, chunked\r\n"), 400},
    {"CodingChunkedFirst", with("Transfer-Encoding: chunked, gzip\r\n"), 400},
    {"CodingUnknown", with("Transfer-Encoding: xchunked\r\n"), 501},
    {"CodingIdentity", with("Transfer-Encoding: identity\r\n"), 501},
    {"CodingQuoted", with("Transfer-Encoding: \"chunked\"\r\n"), 501},
    {"CodingInHttp10", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400},
    {"CodingControl",
     with("Transfer-Encoding: \x0b"
          "chunked\r\n"),
     400},
    // Lines.
    {"ObsFold", with("X-A: b\r\n c\r\n"), 400},
    {"ObsFoldTab", with("X-A: b\r\n\tc\r\n"), 400},
    {"ObsFoldFirst", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"ObsFoldCoding", with("Transfer-Encoding:\r\n chunked\r\n"), 400},
    {"BareLf", "GET / HTTP/1.1\nHost: a\n\n", 400},
    {"BareLfInFields", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
    {"BareLfAtEnd", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
    {"BareCr", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400},
    {"BareCrInLine", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"DoubleCr", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
    {"TwoEmptyLines", "\r\n\r\n" + line("GET / HTTP/1.1"), 400},
    // Fields.
    {"SpaceBeforeColon", with("X-A : b\r\n"), 400},
    {"TabBeforeColon", with("Content-Length\t: 5\r\n", "hello"), 400},
    {"SpaceInName", with("X A: b\r\n"), 400},
    {"NoColon", with("X-A\r\n"), 400},
    {"EmptyName", with(": b\r\n"), 400},
    {"NameNotToken", with("X(A): b\r\n"), 400},
    {"NameHighByte", with("X\xc3\xa4: b\r\n"), 400},
    {"Nul", with(std::string("X-A: b\0c\r\n", 10)), 400},
    {"NulInName", with(std::string("X\0A: b\r\n", 8)), 400},
    {"Control", with("X-A: b\x01\r\n"), 400},
    {"Delete", with("X-A: b\x7f\r\n"), 400},
    {"BadConnection", with("Connection: ,;\r\n"), 400},
    // Host.
    {"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
    {"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
    {"TwoHostsInHttp10", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"EmptyHost", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"HostList", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
    {"HostUserinfo", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
    // Request lines.
    {"MethodNotToken", line("GE(T / HTTP/1.1"), 400},
    {"MethodTooLong", line(std::string(33, 'A') + " / HTTP/1.1"), 400},
    {"NoMethod", line(" / HTTP/1.1"), 400},
    {"NoTarget", line("GET HTTP/1.1"), 400},
    {"EmptyTarget", line("GET  HTTP/1.1"), 400},
    {"TwoSpaces", line("GET  / HTTP/1.1"), 400},
    {"TabSeparated", line("GET\t/\tHTTP/1.1"), 400},
    {"SpaceInTarget", line("GET /a b HTTP/1.1"), 400},
    {"TrailingSpace", line("GET / HTTP/1.1 "), 400},
    {"ControlInTarget", line("GET /a\x01 HTTP/1.1"), 400},
    {"FragmentInTarget", line("GET /a#b HTTP/1.1"), 400},
    {"RelativeTarget", line("GET a HTTP/1.1"), 400},
    {"AsteriskTarget", line("OPTIONS * HTTP/1.1"), 400},
    {"AuthorityTarget", line("CONNECT a:443 HTTP/1.1"), 400},
    {"ForeignScheme", line("GET ftp://a/b HTTP/1.1"), 400},
    {"TargetUserinfo", line("GET http://u@a/b HTTP/1.1"), 400},
    {"TargetNoAuthority", line("GET http:///b HTTP/1.1"), 400},
    {"NoVersion", "GET /\r\nHost: a\r\n\r\n", 400},
    {"Version09", line("GET / HTTP/0.9"), 400},
    {"Version12", line("GET / HTTP/1.2"), 400},
    {"Version2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
    {"VersionLowerCase", line("GET / http/1.1"), 400},
    {"VersionLong", line("GET / HTTP/1.10"), 400},
    {"Tls", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400},
    {"Expectation", with("Expect: 102-processing\r\nContent-Length: 1\r\n", "x"), 417},
    // Chunks.
    {"ChunkBareLf", chunked("5\nhello\n0\n\n"), 400},
    {"ChunkBareLfInExtension", chunked("5;a\nb\r\nhello\r\n0\r\n\r\n"), 400},
    {"ChunkSizeSpace", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400},
    {"ChunkSizeSign", chunked("+5\r\nhello\r\n0\r\n\r\n"), 400},
    {"ChunkSizePrefix", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
    {"ChunkSizeHuge", chunked("fffffffffffffffff\r\nhello\r\n0\r\n\r\n"), 400},
    {"ChunkTooLong", chunked("5\r\nhello!\r\n0\r\n\r\n"), 400},
    {"ChunkExtensionLong", chunked("5;" + std::string(9'000, 'x') + "\r\nhello\r\n0\r\n\r\n"), 400},
    {"ChunkTrailerLong", chunked("0\r\nA: " + std::string(9'000, 'x') + "\r\n\r\n"), 400},
    {"ChunkTrailerFold", chunked("0\r\nA: b\r\n c\r\n\r\n"), 400},
    // Sizes.
    {"LongTarget", line("GET /" + std::string(17'000, 'x') + " HTTP/1.1"), 431},
    {"LongField", with("X-A: " + std::string(17'000, 'x') + "\r\n"), 431},
    {"EndlessHeader", "GET / HTTP/1.1\r\nX-A: " + std::string(30'000, 'x'), 431},
};

class RefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusalTest, AnswersOnceAndCloses) {
  TestServer server(&echo_target);
  RawClient client(server.port());
  // What follows is what a smuggler would like to be read as a request of its own.
  client.send(GetParam().request + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_TRUE(answer.has("Connection: close"));
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(server.in_flight(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Table, RefusalTest, ::testing::ValuesIn(kRefusals),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(HeaderLimit, IsExact) {
  TestServer server(&echo_target);
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const auto padding = 16 * 1024 - start.size() - 4;
  RawClient fits(server.port());
  fits.send(start + std::string(padding, 'x') + "\r\n\r\n");
  EXPECT_EQ(fits.read_answer().status, 200);
  RawClient over(server.port());
  over.send(start + std::string(padding + 1, 'x') + "\r\n\r\n");
  EXPECT_EQ(over.read_answer().status, 431);
  EXPECT_TRUE(over.at_end());
}

TEST(HeaderLimit, HoldsForLaterRequestsToo) {
  TestServer server(&echo_target);
  RawClient client(server.port());
  const std::string body(300'000, 'x');
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n493e0\r\n" + body +
              "\r\n0\r\n\r\nGET /" + std::string(20'000, 'y') + " HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_answer().body.size(), body.size() + 1);
  EXPECT_EQ(client.read_answer().status, 431);
  EXPECT_TRUE(client.at_end());
}

TEST(BodyLimit, AnswerReachesAClientThatSendsEverythingFirst) {
  TestServer server(&echo_target);
  for (const bool with_length : {true, false}) {
    RawClient client(server.port());
    const std::string body(5'000'000, 'x');
    const bool sent =
        with_length
            ? client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n" + body)
            : client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                          std::string("4c4b40\r\n") + body + "\r\n0\r\n\r\n");
    EXPECT_TRUE(sent);
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 413);
    EXPECT_TRUE(answer.has("Connection: close"));
    EXPECT_TRUE(client.at_end());
  }
}

TEST(BodyLimit, DiscardingIsBounded) {
  Limits limits;
  limits.discard_bytes = 64 * 1024;
  limits.discard_timeout = std::chrono::milliseconds(300);
  TestServer server(&echo_target, limits);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 413);
  // Sooner or later the server no longer takes it.
  const std::string piece(1'000'000, 'x');
  int sent = 0;
  while (sent < 200 && client.send(piece)) ++sent;
  EXPECT_LT(sent, 200);
}

TEST(BodyLimit, IsExact) {
  TestServer server(&echo_target);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n" +
              std::string(1'048'576, 'x'));
  EXPECT_EQ(client.read_answer().status, 200);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n" +
              std::string(1'048'576, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n" +
              std::string(1'048'577, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 413);
}

}  // namespace
}  // namespace wardbook::net
