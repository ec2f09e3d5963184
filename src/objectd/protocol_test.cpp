// What clients of S3 rely on beyond the plain case: ranges, checksums of uploads in parts,
// metadata.
#include <algorithm>

#include "base/hash.h"
#include "objectd/checksums.h"
#include "objectd/test_server.h"

namespace wardbook::objectd {
namespace {

using Protocol = ServerTest;

std::string element(const std::string& document, const std::string& name) {
  const auto at = document.find("<" + name + ">");
  if (at == std::string::npos) return "(none)";
  const auto begin = at + name.size() + 2;
  return document.substr(begin, document.find('<', begin) - begin);
}

std::string crc32_of(std::string_view content) {
  Checksum sum(ChecksumKind::crc32);
  sum.update(content);
  return to_base64(sum.finish());
}

TEST_F(Protocol, RangesThatCannotBeMetTellTheSize) {
  ASSERT_EQ(call("PUT", "/bucket/empty").status, 200);
  ASSERT_EQ(call("PUT", "/bucket/ten", {}, "0123456789").status, 200);
  for (const auto* range : {"bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0"}) {
    const auto out = call("GET", "/bucket/empty", {{"Range", range}});
    EXPECT_EQ(out.status, 416) << range;
    EXPECT_EQ(out.header("Content-Range"), "bytes */0") << range;
  }
  for (const auto* range : {"bytes=10-", "bytes=-0", "bytes=99999999999999999999-"}) {
    const auto out = call("GET", "/bucket/ten", {{"Range", range}});
    EXPECT_EQ(out.status, 416) << range;
    EXPECT_EQ(out.header("Content-Range"), "bytes */10") << range;
  }
  const auto long_range = call("GET", "/bucket/ten", {{"Range", "bytes=8-99999999999999999999"}});
  EXPECT_EQ(long_range.status, 206);
  EXPECT_EQ(long_range.body, "89");
}

TEST_F(Protocol, ADownloadGoesOnOnlyWithTheSameObject) {
  ASSERT_EQ(call("PUT", "/bucket/k", {}, "0123456789").status, 200);
  const auto etag = call("HEAD", "/bucket/k").header("ETag");
  const auto when = call("HEAD", "/bucket/k").header("Last-Modified");
  for (const auto& same : {etag, when}) {
    const auto out = call("GET", "/bucket/k", {{"Range", "bytes=5-"}, {"If-Range", same}});
    EXPECT_EQ(out.status, 206) << same;
    EXPECT_EQ(out.body, "56789");
  }
  for (const std::string other : {"\"0123\"", "Sun, 22 Nov 2020 10:11:12 GMT"}) {
    const auto out = call("GET", "/bucket/k", {{"Range", "bytes=5-"}, {"If-Range", other}});
    EXPECT_EQ(out.status, 200) << other;
    EXPECT_EQ(out.body, "0123456789");
  }
}

class Parts : public ServerTest {
 protected:
  std::string start(const net::Headers& headers) {
    const auto made = call("POST", "/bucket/up?uploads", headers);
    EXPECT_EQ(made.status, 200) << made.body;
    return element(made.body, "UploadId");
  }
  std::string upload(const std::string& id, int number, const std::string& content,
                     const net::Headers& headers = {}) {
    const auto out =
        call("PUT", "/bucket/up?partNumber=" + std::to_string(number) + "&uploadId=" + id, headers,
             content);
    EXPECT_EQ(out.status, 200) << out.body;
    return "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" +
           out.header("ETag") + "</ETag></Part>";
  }
  Answer complete(const std::string& id, const std::string& parts, const net::Headers& headers) {
    return call("POST", "/bucket/up?uploadId=" + id, headers,
                "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>");
  }
  const std::string first_ = std::string(5 * 1024 * 1024, 'a');
  const std::string last_ = "the last part";
};

TEST_F(Parts, TheObjectsChecksumIsHeldAgainstTheObjectNotTheDocument) {
  const auto id =
      start({{"x-amz-checksum-algorithm", "CRC32"}, {"x-amz-checksum-type", "FULL_OBJECT"}});
  const auto parts = upload(id, 1, first_) + upload(id, 2, last_);
  const auto whole = crc32_of(first_ + last_);
  const net::Headers declared{{"x-amz-checksum-type", "FULL_OBJECT"}};
  auto wrong = declared;
  wrong.set("x-amz-checksum-crc32", crc32_of("something else"));
  EXPECT_EQ(complete(id, parts, wrong).code(), "BadDigest");
  auto right = declared;
  right.set("x-amz-checksum-crc32", whole);
  right.set("x-amz-sdk-checksum-algorithm", "CRC32");
  const auto done = complete(id, parts, right);
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(element(done.body, "ChecksumCRC32"), whole);
  EXPECT_EQ(element(done.body, "ChecksumType"), "FULL_OBJECT");
}

TEST_F(Parts, AChecksumOverChecksumsMayLackTheNumberOfParts) {
  const auto raw = [](std::string_view content) {
    Checksum sum(ChecksumKind::sha256);
    sum.update(content);
    return sum.finish();
  };
  const auto over = to_base64(raw(raw(first_) + raw(last_)));
  for (const auto& given : {over, over + "-2"}) {
    const auto id = start({{"x-amz-checksum-algorithm", "SHA256"}});
    const auto parts = upload(id, 1, first_) + upload(id, 2, last_);
    const auto done = complete(
        id, parts, {{"x-amz-checksum-sha256", given}, {"x-amz-checksum-type", "COMPOSITE"}});
    EXPECT_EQ(done.status, 200) << done.body;
    EXPECT_EQ(element(done.body, "ChecksumSHA256"), over + "-2");
  }
}

TEST_F(Parts, APartSentAgainReplacesItWithItsChecksum) {
  const auto id = start({{"x-amz-checksum-algorithm", "CRC32"}});
  const auto old = upload(id, 1, std::string(first_.size(), 'b'));
  const auto parts = upload(id, 1, first_, {{"x-amz-checksum-crc32", crc32_of(first_)}});
  EXPECT_EQ(complete(id, old, {}).code(), "InvalidPart");
  ASSERT_EQ(complete(id, parts, {}).status, 200);
  const auto got = call("GET", "/bucket/up?partNumber=1", {{"x-amz-checksum-mode", "ENABLED"}});
  EXPECT_EQ(got.status, 206);
  EXPECT_EQ(got.header("x-amz-checksum-crc32"), crc32_of(first_));
  EXPECT_EQ(got.header("x-amz-checksum-type"), "COMPOSITE");
}

TEST_F(Parts, NothingIsCopiedFromBeyondTheSource) {
  ASSERT_EQ(call("PUT", "/bucket/source", {}, "0123456789").status, 200);
  const auto id = start({});
  const auto copy = [&](const std::string& range) {
    return call("PUT", "/bucket/up?partNumber=1&uploadId=" + id,
                {{"x-amz-copy-source", "/bucket/source"}, {"x-amz-copy-source-range", range}});
  };
  EXPECT_EQ(copy("bytes=0-10").code(), "InvalidRange");
  EXPECT_EQ(copy("bytes=0-10").header("Content-Range"), "bytes */10");
  EXPECT_EQ(copy("bytes=0-99999999999999999999").code(), "InvalidRange");
  EXPECT_EQ(copy("bytes=-3").code(), "InvalidArgument");
  EXPECT_EQ(copy("bytes=2-5").status, 200);
  EXPECT_EQ(element(call("GET", "/bucket/up?uploadId=" + id).body, "Size"), "4");
}

TEST_F(Parts, AttributesListThePartsPageByPage) {
  const auto id = start({{"x-amz-checksum-algorithm", "CRC32"}});
  const auto parts = upload(id, 3, first_) + upload(id, 7, last_);
  ASSERT_EQ(complete(id, parts, {}).status, 200);
  const auto page = [&](const std::string& most, const std::string& after) {
    return call("GET", "/bucket/up?attributes",
                {{"x-amz-object-attributes", "ObjectParts,Checksum, ObjectSize"},
                 {"x-amz-max-parts", most},
                 {"x-amz-part-number-marker", after}})
        .body;
  };
  const auto one = page("1", "0");
  EXPECT_EQ(element(one, "PartsCount"), "2");
  EXPECT_EQ(element(one, "IsTruncated"), "true");
  EXPECT_EQ(element(one, "NextPartNumberMarker"), "3");
  EXPECT_EQ(element(one, "ObjectSize"), std::to_string(first_.size() + last_.size()));
  EXPECT_EQ(element(one, "ETag"), "(none)");
  const auto two = page("5", "3");
  EXPECT_EQ(element(two, "PartNumber"), "7");
  EXPECT_EQ(element(two, "IsTruncated"), "false");
  EXPECT_NE(two.find("<ChecksumCRC32>" + crc32_of(last_)), std::string::npos) << two;
  EXPECT_EQ(call("GET", "/bucket/up?attributes").code(), "InvalidArgument");
  EXPECT_EQ(call("GET", "/bucket/up?attributes", {{"x-amz-object-attributes", "Colour"}}).code(),
            "InvalidArgument");
}

TEST_F(Protocol, MetadataBeyondAsciiComesBackAsClientsReadHeaders) {
  const auto echo = [&](const std::string& value) {
    EXPECT_EQ(call("PUT", "/bucket/k", {{"x-amz-meta-m", value}}, "x").status, 200);
    return call("GET", "/bucket/k").header("x-amz-meta-m");
  };
  EXPECT_EQ(echo("plain"), "plain");
  EXPECT_EQ(echo("Hello World\xc3\xa9"), "Hello World\xe9");
  EXPECT_EQ(echo("\xe2\x82\xac"), "=?UTF-8?B?4oKs?=") << "an encoded word";
  EXPECT_EQ(echo("Hello World\xe9"), "Hello World\xe9") << "not UTF-8: as it came";
}

TEST_F(Protocol, AChecksumThatIsNoneIsAWrongOne) {
  EXPECT_EQ(call("PUT", "/bucket/k", {{"x-amz-checksum-sha256", "bad"}}, "x").code(), "BadDigest");
  EXPECT_EQ(call("PUT", "/bucket/k", {{"Content-MD5", "bad"}}, "x").code(), "InvalidDigest");
}

TEST_F(Protocol, AnEmptyExpectationExpectsNothing) {
  EXPECT_EQ(call("PUT", "/bucket/k", {{"Expect", ""}}, "x").status, 200);
  EXPECT_EQ(call("PUT", "/expecting", {{"Expect", ""}}).status, 200);
}

TEST_F(Protocol, EncodingsThatAreKeptStayAsTheyWereWritten) {
  const auto echo = [&](const std::string& value) {
    EXPECT_EQ(call("PUT", "/bucket/k", {{"Content-Encoding", value}}, "x").status, 200);
    return call("GET", "/bucket/k").header("Content-Encoding");
  };
  EXPECT_EQ(echo("deflate, gzip"), "deflate, gzip");
  EXPECT_EQ(echo("gzip"), "gzip");
}

TEST_F(Protocol, AnEmptyTokenBeginsAtTheBeginning) {
  ASSERT_EQ(call("PUT", "/bucket/k", {}, "x").status, 200);
  const auto out = call("GET", "/bucket?list-type=2&continuation-token=");
  EXPECT_EQ(element(out.body, "Key"), "k");
  EXPECT_EQ(call("GET", "/?continuation-token=").status, 200);
}

}  // namespace
}  // namespace wardbook::objectd
