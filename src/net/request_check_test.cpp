#include "net/request_check.h"

#include <gtest/gtest.h>

#include <string>

#include "net/chunked.h"
#include "net/response_check.h"

namespace wardbook::net {
namespace {

using Result = HeadScanner::Result;

CheckedRequest accepted(std::string_view head) {
  auto result = check_request_head(head);
  if (const auto* failure = std::get_if<Failure>(&result)) {
    ADD_FAILURE() << head << " was refused: " << failure->message();
    return {};
  }
  return std::get<CheckedRequest>(std::move(result));
}

std::string_view code_of(std::string_view head) {
  const auto result = check_request_head(head);
  const auto* failure = std::get_if<Failure>(&result);
  return failure ? describe(failure->code()).name : "accepted";
}

TEST(HeadScanner, FindsTheEndHoweverTheBytesAreCut) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string bytes = head + "rest\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    HeadScanner scanner;
    auto result = Result::incomplete;
    for (std::size_t end = piece; result == Result::incomplete; end += piece) {
      result = scanner.scan(std::string_view(bytes).substr(0, end));
    }
    EXPECT_EQ(result, Result::complete) << piece;
    EXPECT_EQ(scanner.length(), head.size()) << piece;
  }
}

TEST(HeadScanner, RefusesBareLineEndsAtOnce) {
  for (const auto* bytes :
       {"\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET /\r ", "a\r\r\n"}) {
    HeadScanner scanner;
    EXPECT_EQ(scanner.scan(bytes), Result::malformed) << bytes;
  }
  HeadScanner scanner;
  EXPECT_EQ(scanner.scan("GET / HTTP/1.1\r"), Result::incomplete);
  EXPECT_EQ(scanner.scan("GET / HTTP/1.1\rx"), Result::malformed);
}

TEST(RequestHeadCheck, ReadsAnOrdinaryRequest) {
  const auto request = accepted(
      "PATCH /records/7?x=%20 HTTP/1.1\r\nhost:  example.test:80 \r\nX-Empty:\r\n"
      "Content-Length: 12\r\n\r\n");
  EXPECT_EQ(request.head.method, "PATCH");
  EXPECT_EQ(request.head.target, "/records/7?x=%20");
  EXPECT_EQ(request.head.headers.get("Host"), "example.test:80");
  EXPECT_EQ(request.head.headers.get("x-empty"), "");
  EXPECT_FALSE(request.head.http_1_0);
  EXPECT_EQ(request.framing.content_length, 12U);
  EXPECT_TRUE(request.framing.keep_alive);
  EXPECT_FALSE(request.framing.expect_continue);
}

TEST(RequestHeadCheck, DecidesWhetherTheConnectionStays) {
  EXPECT_TRUE(accepted("GET / HTTP/1.1\r\nHost: a\r\n\r\n").framing.keep_alive);
  EXPECT_FALSE(
      accepted("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n").framing.keep_alive);
  EXPECT_FALSE(accepted("GET / HTTP/1.0\r\n\r\n").framing.keep_alive);
  EXPECT_TRUE(accepted("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").framing.keep_alive);
}

TEST(RequestHeadCheck, ReducesAbsoluteForm) {
  auto request = accepted("GET http://b.test:8080/x?y HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(request.head.target, "/x?y");
  EXPECT_EQ(request.head.headers.get("Host"), "b.test:8080");
  EXPECT_EQ(accepted("GET HTTPS://b HTTP/1.1\r\nHost: a\r\n\r\n").head.target, "/");
  EXPECT_EQ(accepted("GET http://b?c HTTP/1.1\r\nHost: a\r\n\r\n").head.target, "/?c");
}

TEST(RequestHeadCheck, ChunkedHasNoLength) {
  const auto request = accepted("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n");
  EXPECT_FALSE(request.framing.content_length.has_value());
}

TEST(RequestHeadCheck, ExpectationsMatterOnlyWithABody) {
  EXPECT_TRUE(accepted("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                       "Expect: 100-Continue\r\n\r\n")
                  .framing.expect_continue);
  EXPECT_FALSE(accepted("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
                   .framing.expect_continue);
  EXPECT_EQ(code_of("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n"), "expectation_failed");
}

TEST(RequestHeadCheck, AnEmptyExpectationExpectsNothing) {
  EXPECT_FALSE(accepted("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect:\r\n\r\n")
                   .framing.expect_continue);
}

TEST(RequestHeadCheck, NamesUnknownCodings) {
  EXPECT_EQ(code_of("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
            "not_implemented");
  EXPECT_EQ(code_of("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
            "not_implemented");
}

std::string decode_all(std::string_view bytes, std::size_t in, std::size_t out,
                       ChunkDecoder& decoder, std::size_t& used) {
  std::string body;
  std::string room(out, '\0');
  used = 0;
  while (used < bytes.size() && !decoder.done() && !decoder.malformed()) {
    const auto step = decoder.decode(bytes.substr(used, in), room);
    used += step.consumed;
    body.append(room, 0, step.produced);
  }
  return body;
}

TEST(ChunkDecoder, DecodesHoweverTheBytesAreCut) {
  const std::string wire =
      "5;name=\"v\"\r\nhello\r\n00A\r\n, world 12\r\n0;last\r\nTrailer: x\r\nB:\r\n\r\n";
  const std::string bytes = wire + "GET";
  for (std::size_t in = 1; in <= bytes.size(); in += 3) {
    for (const std::size_t out : {1U, 2U, 7U, 64U}) {
      ChunkDecoder decoder;
      std::size_t used = 0;
      EXPECT_EQ(decode_all(bytes, in, out, decoder, used), "hello, world 12") << in << ' ' << out;
      EXPECT_TRUE(decoder.done());
      EXPECT_EQ(used, wire.size());
    }
  }
}

TEST(ChunkDecoder, RefusesWhatIsNotStrict) {
  const std::string many(ChunkDecoder::kExtensionBytes + 1, 'x');
  const std::string trailers(ChunkDecoder::kTrailerBytes + 1, 'x');
  const std::string cases[] = {
      "\r\n",
      "g\r\n",
      "-1\r\n",
      " 5\r\n",
      "5 \r\nhello",
      "5\nhello\r\n",
      "5\rhello",
      "0x5\r\nhello",
      "5\r\nhelloX",
      "5\r\nhello\n",
      "5\r\nhello\rX",
      "1000000000000000\r\n",
      "5;a\nb\r\n",
      "5;a\x01\r\n",
      "0\r\n bad: 1\r\n",
      "0\r\nno colon\r\n",
      "0\r\n: v\r\n",
      "0\r\na: \n\r\n",
      "0\r\n\rX",
      "5;" + many,
      "0\r\nA: " + trailers,
  };
  for (const auto& bytes : cases) {
    ChunkDecoder decoder;
    std::size_t used = 0;
    decode_all(bytes, bytes.size(), 64, decoder, used);
    EXPECT_TRUE(decoder.malformed()) << bytes.substr(0, 40);
  }
}

TEST(ResponseHeadCheck, DecidesAboutTheBody) {
  const auto kind = [](std::string_view head, bool to_head = false) {
    const auto checked = check_response_head(head, to_head);
    return checked ? std::optional(checked->body) : std::nullopt;
  };
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"), BodyKind::length);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), BodyKind::chunked);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\n\r\n"), BodyKind::until_close);
  EXPECT_EQ(kind("HTTP/1.1 204 No Content\r\n\r\n"), BodyKind::none);
  EXPECT_EQ(kind("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n"), BodyKind::none);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true), BodyKind::none);
  for (const auto* head :
       {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 99 OK\r\n\r\n", "SSH-2.0-OpenSSH\r\n\r\n"}) {
    EXPECT_EQ(kind(head), std::nullopt) << head;
  }
  EXPECT_TRUE(check_response_head("HTTP/1.1 204 No Content\r\n\r\n", false)->keep_alive);
  EXPECT_FALSE(check_response_head("HTTP/1.1 200 OK\r\n\r\n", false)->keep_alive);
}

}  // namespace
}  // namespace wardbook::net
