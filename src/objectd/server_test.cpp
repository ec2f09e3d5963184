// The store as clients meet it: over HTTP, with our own client and with requests made by hand.
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "objectd/test_server.h"

namespace wardbook::objectd {
namespace {

TEST_F(ServerTest, AnObjectsLife) {
  auto out = call("PUT", "/bucket/a%20b",
                  {{"Content-Type", "text/plain"},
                   {"x-amz-meta-tenant-id", "t1"},
                   {"x-amz-storage-class", "INTELLIGENT_TIERING"},
                   {"x-amz-server-side-encryption", "AES256"}},
                  "hello");
  ASSERT_EQ(out.status, 200) << out.body;
  EXPECT_EQ(out.header("ETag"), "\"5d41402abc4b2a76b9719d911017c592\"");
  EXPECT_EQ(out.header("x-amz-server-side-encryption"), "AES256");
  out = call("GET", "/bucket/a%20b");
  EXPECT_EQ(out.body, "hello");
  EXPECT_EQ(out.header("Content-Type"), "text/plain");
  EXPECT_EQ(out.header("x-amz-meta-tenant-id"), "t1");
  EXPECT_EQ(out.header("x-amz-storage-class"), "INTELLIGENT_TIERING");
  out = call("GET", "/bucket/a%20b", {{"Range", "bytes=1-3"}});
  EXPECT_EQ(out.status, 206);
  EXPECT_EQ(out.body, "ell");
  EXPECT_EQ(out.header("Content-Range"), "bytes 1-3/5");
  out = call("GET", "/bucket/a%20b", {{"Range", "bytes=9-"}});
  EXPECT_EQ(out.status, 416);
  EXPECT_EQ(out.header("Content-Range"), "bytes */5");
  out = call("HEAD", "/bucket/a%20b");
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(out.header("Content-Length"), "5");
  EXPECT_EQ(out.body, "");
  out = call("GET", "/bucket/a%20b", {{"If-None-Match", "\"5d41402abc4b2a76b9719d911017c592\""}});
  EXPECT_EQ(out.status, 304);
  EXPECT_EQ(out.header("ETag"), "\"5d41402abc4b2a76b9719d911017c592\"");
  out = call("GET", "/bucket/a%20b?response-content-disposition=attachment%3B%20filename%3Dx");
  EXPECT_EQ(out.header("Content-Disposition"), "attachment; filename=x");
  EXPECT_EQ(call("DELETE", "/bucket/a%20b").status, 204);
  EXPECT_EQ(call("DELETE", "/bucket/a%20b").status, 204);
  out = call("GET", "/bucket/a%20b");
  EXPECT_EQ(out.status, 404);
  EXPECT_EQ(out.code(), "NoSuchKey");
  EXPECT_EQ(call("GET", "/nothing/k").code(), "NoSuchBucket");
}

TEST_F(ServerTest, TheBucketsAnswerTellsWhetherAnythingCanBeStored) {
  auto store = client();
  const auto told = [&] { return call("HEAD", "/bucket").header(s3::kWritableHeader); };
  EXPECT_EQ(told(), "(none)");
  EXPECT_FALSE(run(store.check_bucket()).has_error());
  std::filesystem::rename(root() / "tmp", root() / "away");
  // What was found stands for a moment.
  while (told() == "(none)") std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(call("HEAD", "/bucket").status, 200) << "it can be read";
  const auto failed = run(store.check_bucket());
  ASSERT_TRUE(failed.has_error());
  EXPECT_EQ(failed.error().error, s3::S3Error::unavailable);
  EXPECT_EQ(failed.error().code, s3::kNotWritable);
  std::filesystem::rename(root() / "away", root() / "tmp");
  while (told() != "(none)") std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(run(store.check_bucket()).has_error());
}

TEST_F(ServerTest, APresignedPutBindsAll) {
  const std::string body(100, 'x');
  const net::Headers bound{{"Content-Type", "application/pdf"},
                           {"Content-Length", "100"},
                           {"If-None-Match", "*"},
                           {"x-amz-checksum-sha256", to_base64(as_chars(sha256(body)))}};
  auto sent = bound;
  sent.erase("Content-Length");  // the client makes its own
  const std::string target = "/bucket/scan.pdf";
  EXPECT_EQ(presigned("PUT", target, bound, sent, body.substr(1)).code(), "SignatureDoesNotMatch");
  EXPECT_EQ(presigned("PUT", target, bound, sent, body + "x").code(), "SignatureDoesNotMatch");
  EXPECT_EQ(presigned("PUT", target, bound, sent, std::string(100, 'y')).code(), "BadDigest");
  auto other = sent;
  other.set("Content-Type", "text/html");
  EXPECT_EQ(presigned("PUT", target, bound, other, body).code(), "SignatureDoesNotMatch");
  other = sent;
  other.set("x-amz-checksum-sha256", to_base64(as_chars(sha256("y"))));
  EXPECT_EQ(presigned("PUT", target, bound, other, body).code(), "SignatureDoesNotMatch");
  other = sent;
  other.erase("If-None-Match");
  EXPECT_EQ(presigned("PUT", target, bound, other, body).code(), "SignatureDoesNotMatch");
  other = sent;
  other.set("x-amz-meta-more", "1");
  EXPECT_EQ(presigned("PUT", target, bound, other, body).code(), "AccessDenied");
  const auto good = presigned("PUT", target, bound, sent, body);
  EXPECT_EQ(good.status, 200) << good.body;
  EXPECT_EQ(good.header("x-amz-checksum-sha256"), to_base64(as_chars(sha256(body))));
  EXPECT_EQ(presigned("PUT", target, bound, sent, body).code(), "PreconditionFailed");
  const auto got = presigned("GET", target, {}, {{"x-amz-checksum-mode", "ENABLED"}});
  EXPECT_EQ(got.code(), "AccessDenied") << "not signed";
  EXPECT_EQ(presigned("GET", target, {}, {}).body, body);
}

TEST_F(ServerTest, BodiesAreHeldAgainstTheirHash) {
  EXPECT_EQ(call("PUT", "/bucket/k", {}, "hello", s3::payload_hash("hallo")).code(),
            "XAmzContentSHA256Mismatch");
  EXPECT_EQ(call("PUT", "/bucket/k", {{"Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="}}, "hello").code(),
            "BadDigest");
  EXPECT_EQ(call("PUT", "/bucket/k", {{"Content-MD5", "x"}}, "hello").code(), "InvalidDigest");
  EXPECT_EQ(call("GET", "/bucket/k").status, 404);
  EXPECT_EQ(call("PUT", "/bucket/k", {}, "hello", "UNSIGNED-PAYLOAD").status, 200);
  const std::string chunked = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
  const auto out = call("PUT", "/bucket/k",
                        {{"Content-Encoding", "aws-chunked"},
                         {"x-amz-decoded-content-length", "5"},
                         {"x-amz-trailer", "x-amz-checksum-crc32"}},
                        chunked, "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  EXPECT_EQ(out.status, 200) << out.body;
  const auto got = call("GET", "/bucket/k", {{"x-amz-checksum-mode", "ENABLED"}});
  EXPECT_EQ(got.body, "hello");
  EXPECT_EQ(got.header("x-amz-checksum-crc32"), "NhCmhg==");
  EXPECT_EQ(got.header("Content-Encoding"), "(none)");
}

TEST_F(ServerTest, NobodyIsLetInWithoutASignature) {
  EXPECT_EQ(send("GET", "/").code(), "AccessDenied");
  EXPECT_EQ(send("PUT", "/bucket/k", {}, "x").status, 403);
  EXPECT_EQ(send("DELETE", "/bucket").status, 403);
  EXPECT_EQ(call("GET", "/").status, 200);
}

TEST_F(ServerTest, CorsIsForTheUisOriginOnly) {
  const auto preflight = [&](std::string origin) {
    return send("OPTIONS", "/bucket/k",
                {{"Origin", std::move(origin)},
                 {"Access-Control-Request-Method", "PUT"},
                 {"Access-Control-Request-Headers", "content-type,x-amz-meta-a"}});
  };
  auto out = preflight("http://ui.test");
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(out.header("Access-Control-Allow-Origin"), "http://ui.test");
  EXPECT_EQ(out.header("Access-Control-Allow-Headers"), "content-type,x-amz-meta-a");
  EXPECT_EQ(preflight("http://evil.test").status, 403);
  out = presigned("GET", "/bucket/k", {}, {{"Origin", "http://ui.test"}});
  EXPECT_EQ(out.header("Access-Control-Allow-Origin"), "http://ui.test") << "errors as well";
  EXPECT_NE(out.header("Access-Control-Expose-Headers").find("ETag"), std::string::npos);
  out = presigned("GET", "/bucket/k", {}, {{"Origin", "http://evil.test"}});
  EXPECT_EQ(out.header("Access-Control-Allow-Origin"), "(none)");
}

TEST_F(ServerTest, DamagedDataAreNeverServed) {
  const std::string content(700'000, 'a');
  ASSERT_EQ(call("PUT", "/bucket/k", {}, content).status, 200);
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root() / "buckets")) {
    if (entry.is_regular_file() && entry.path().extension() != ".json") file = entry.path();
  }
  const auto patch = [&](std::streamoff at) {
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekp(at);
    stream.put('!');
  };
  patch(600'000);
  EXPECT_EQ(call("GET", "/bucket/k", {{"Range", "bytes=0-9"}}).body, "aaaaaaaaaa");
  EXPECT_THROW((void)call("GET", "/bucket/k"), net::TransportError) << "cut off in the middle";
  patch(1000);
  const auto out = call("GET", "/bucket/k");
  EXPECT_EQ(out.status, 500);
  EXPECT_EQ(out.code(), "InternalError");
}

TEST_F(ServerTest, OurOwnClientGetsAlong) {
  auto store = client();
  std::string content(3'000'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 >> 3);
  s3::PutOptions options;
  options.content_type = "application/pdf";
  options.checksum_sha256 = to_base64(as_chars(sha256(content)));
  options.metadata = {{"tenant-id", "t1"}};
  options.if_none_match = true;
  EXPECT_TRUE(run(store.put("k/1", content, options)).has_value());
  const auto again = run(store.put("k/1", content, options));
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(run(store.get_all("k/1", content.size())).value(), content);
  const auto info = run(store.head("k/1")).value();
  EXPECT_EQ(info.size, content.size());
  EXPECT_EQ(info.checksum_sha256, options.checksum_sha256);
  EXPECT_EQ(info.meta("tenant-id"), "t1");
  EXPECT_TRUE(run(store.copy("k/1", "k/2")).has_value());
  const auto page = run(store.list_page("k/")).value();
  EXPECT_EQ(page.objects.size(), 2u);

  const auto id = run(store.create_upload("k/3", {})).value();
  std::vector<s3::Part> parts;
  for (int number = 1; number <= 2; ++number) {
    const auto piece = std::string(5 * 1024 * 1024, static_cast<char>('a' + number));
    EXPECT_TRUE(run(store.upload_part("k/3", id, number, piece)).has_value());
  }
  parts = run(store.list_parts("k/3", id)).value();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_TRUE(run(store.complete_upload("k/3", id, parts, true)).has_value());
  EXPECT_EQ(run(store.head("k/3")).value().size, 10u * 1024 * 1024);
  EXPECT_TRUE(run(store.remove("k/1")).has_value());
  EXPECT_FALSE(run(store.head("k/1")).has_value());
}

TEST_F(ServerTest, ManyObjectsInPagesAndDeletedTogether) {
  std::string all = "<Delete>";
  for (int i = 0; i < 25; ++i) {
    const auto key = "p/" + std::to_string(i % 5) + "/" + std::to_string(i);
    ASSERT_EQ(call("PUT", "/bucket/" + key, {}, "x").status, 200);
    all += "<Object><Key>" + key + "</Key></Object>";
  }
  auto out = call("GET", "/bucket?list-type=2&prefix=p%2F&delimiter=%2F&max-keys=3");
  EXPECT_NE(out.body.find("<CommonPrefixes><Prefix>p/2/</Prefix>"), std::string::npos) << out.body;
  EXPECT_NE(out.body.find("<IsTruncated>true</IsTruncated>"), std::string::npos);
  EXPECT_NE(out.body.find("<KeyCount>3</KeyCount>"), std::string::npos);
  out = call("POST", "/bucket?delete", {}, all + "</Delete>");
  EXPECT_EQ(out.status, 200) << out.body;
  out = call("GET", "/bucket?prefix=p");
  EXPECT_EQ(out.body.find("<Contents>"), std::string::npos);
  EXPECT_EQ(call("POST", "/bucket?delete", {}, "<Delete><!DOCTYPE x></Delete>").code(),
            "MalformedXML");
}

}  // namespace
}  // namespace wardbook::objectd
