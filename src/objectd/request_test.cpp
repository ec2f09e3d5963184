#include "objectd/request.h"

#include <gtest/gtest.h>

#include "objectd/error.h"
#include "objectd/xml.h"

namespace wardbook::objectd {
namespace {

template <class Work>
std::string code_of(Work work) {
  try {
    work();
    return "";
  } catch (const S3Error& error) {
    return std::string(error.kind().code);
  }
}

net::RequestHead head(std::string method, std::string target, net::Headers headers = {}) {
  net::RequestHead out;
  out.method = std::move(method);
  out.target = std::move(target);
  out.headers = std::move(headers);
  return out;
}

TEST(Request, PathAndMethodNameTheOperation) {
  const auto op = [](std::string method, std::string target, net::Headers headers = {}) {
    return parse_request(head(std::move(method), std::move(target), std::move(headers))).operation;
  };
  EXPECT_EQ(op("GET", "/"), Operation::list_buckets);
  EXPECT_EQ(op("PUT", "/b/"), Operation::create_bucket);
  EXPECT_EQ(op("GET", "/b?location"), Operation::bucket_location);
  EXPECT_EQ(op("GET", "/b?list-type=2&prefix=a"), Operation::list_objects_v2);
  EXPECT_EQ(op("GET", "/b?marker=a"), Operation::list_objects);
  EXPECT_EQ(op("POST", "/b?delete"), Operation::delete_objects);
  EXPECT_EQ(op("PUT", "/b/k?x-id=PutObject"), Operation::put_object);
  EXPECT_EQ(op("PUT", "/b/k", {{"x-amz-copy-source", "b/c"}}), Operation::copy_object);
  EXPECT_EQ(op("PUT", "/b/k?partNumber=1&uploadId=x"), Operation::upload_part);
  EXPECT_EQ(op("POST", "/b/k?uploads"), Operation::create_upload);
  EXPECT_EQ(op("POST", "/b/k?uploadId=x"), Operation::complete_upload);
  EXPECT_EQ(op("DELETE", "/b/k?uploadId=x"), Operation::abort_upload);
  EXPECT_EQ(op("DELETE", "/b/k"), Operation::delete_object);
  // Doing the plain thing instead of what was asked for would be wrong.
  for (const auto* target : {"/b/k?legal-hold", "/b?policy", "/b/k?versionId=3", "/b?versions"}) {
    EXPECT_EQ(code_of([&] { (void)op("GET", target); }), "NotImplemented") << target;
    EXPECT_EQ(code_of([&] { (void)op("PUT", target); }), "NotImplemented") << target;
  }
}

TEST(Request, KeysAreAnyUtf8) {
  EXPECT_EQ(parse_request(head("GET", "/b/%C3%BC/../a+b%20%25")).key, "\xC3\xBC/../a+b %");
  EXPECT_EQ(parse_request(head("GET", "/b//a//")).key, "/a//");
  EXPECT_EQ(code_of([] { (void)parse_request(head("GET", "/b/%ff")); }), "InvalidURI");
  EXPECT_EQ(code_of([] { (void)parse_request(head("GET", "/b/%c0%80")); }), "InvalidURI");
  EXPECT_EQ(code_of([] { (void)parse_request(head("GET", "/b/%ed%a0%80")); }), "InvalidURI");
  EXPECT_EQ(code_of([] { (void)parse_request(head("GET", "/b/" + std::string(1025, 'a'))); }),
            "KeyTooLongError");
}

TEST(Request, SignedParametersStandForHeaders) {
  const auto merged = with_query_headers(
      head("PUT", "/b/k?X-Amz-Signature=1&x-amz-meta-a=x%20y&X-Amz-Storage-Class=STANDARD_IA"));
  EXPECT_EQ(merged.headers.get("x-amz-meta-a"), "x y");
  EXPECT_EQ(merged.headers.get("x-amz-storage-class"), "STANDARD_IA");
  EXPECT_FALSE(merged.headers.get("x-amz-signature"));
  const auto presigned = with_query_headers(
      head("PUT", "/b/k?x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32"));
  EXPECT_FALSE(presigned.headers.get("x-amz-checksum-crc32"));
  EXPECT_FALSE(presigned.headers.get("x-amz-sdk-checksum-algorithm"));
  EXPECT_EQ(code_of([] {
              (void)with_query_headers(head("PUT", "/b/k?x-amz-meta-a=1", {{"x-amz-meta-a", "2"}}));
            }),
            "InvalidRequest");
}

TEST(Request, Ranges) {
  const auto range = [](std::string_view text, std::uint64_t size) -> std::string {
    try {
      const auto out = parse_range(text, size);
      return out ? std::to_string(out->first) + "+" + std::to_string(out->length) : "all";
    } catch (const S3Error& error) {
      return std::string(error.kind().code);
    }
  };
  EXPECT_EQ(range("bytes=0-0", 10), "0+1");
  EXPECT_EQ(range("bytes=2-5", 10), "2+4");
  EXPECT_EQ(range("bytes=2-", 10), "2+8");
  EXPECT_EQ(range("bytes=-3", 10), "7+3");
  EXPECT_EQ(range("bytes=-30", 10), "0+10");
  EXPECT_EQ(range("bytes=9-99999999999", 10), "9+1");
  EXPECT_EQ(range("bytes=10-", 10), "InvalidRange");
  EXPECT_EQ(range("bytes=0-", 0), "InvalidRange");
  EXPECT_EQ(range("bytes=-0", 10), "InvalidRange");
  for (const auto* text : {"bytes=5-2", "bytes=a-b", "bytes=1-2,4-5", "lines=1-2", "bytes=-",
                           "bytes=99999999999999999999-"}) {
    EXPECT_EQ(range(text, 10), "all") << text;
  }
}

TEST(Request, Preconditions) {
  const Time modified =
      parse_http_date("Sun, 22 Nov 2026 10:11:12 GMT").value() + std::chrono::milliseconds(300);
  const auto check = [&](net::Headers headers) {
    return code_of([&] { check_preconditions(headers, "", "abc", modified); });
  };
  EXPECT_EQ(check({}), "");
  EXPECT_EQ(check({{"If-Match", "\"abc\""}}), "");
  EXPECT_EQ(check({{"If-Match", "\"x\", \"abc\""}}), "");
  EXPECT_EQ(check({{"If-Match", "\"x\""}}), "PreconditionFailed");
  EXPECT_EQ(check({{"If-None-Match", "\"abc\""}}), "NotModified");
  EXPECT_EQ(check({{"If-None-Match", "*"}}), "NotModified");
  EXPECT_EQ(check({{"If-None-Match", "\"x\""}}), "");
  EXPECT_EQ(check({{"If-Modified-Since", http_date(modified)}}), "NotModified");
  EXPECT_EQ(check({{"If-Modified-Since", "Sun, 22 Nov 2026 10:11:11 GMT"}}), "");
  EXPECT_EQ(check({{"If-Unmodified-Since", http_date(modified)}}), "");
  EXPECT_EQ(check({{"If-Unmodified-Since", "Sun, 22 Nov 2026 10:11:11 GMT"}}),
            "PreconditionFailed");
  // If-None-Match beats If-Modified-Since.
  EXPECT_EQ(check({{"If-None-Match", "\"x\""}, {"If-Modified-Since", http_date(modified)}}), "");
}

TEST(Request, StoredHeaders) {
  const auto kept = stored_headers({{"Content-Type", "text/plain"},
                                    {"Content-Encoding", "aws-chunked, gzip"},
                                    {"X-Amz-Meta-Name", "v"},
                                    {"x-amz-storage-class", "INTELLIGENT_TIERING"},
                                    {"Content-Length", "3"}});
  const std::vector<std::pair<std::string, std::string>> expected{
      {"content-type", "text/plain"},
      {"content-encoding", "gzip"},
      {"x-amz-meta-name", "v"},
      {"x-amz-storage-class", "INTELLIGENT_TIERING"}};
  EXPECT_EQ(kept, expected);
  EXPECT_EQ(code_of([] {
              (void)stored_headers({{"x-amz-storage-class", "PAPER"}});
            }),
            "InvalidArgument");
  EXPECT_EQ(code_of([] {
              (void)stored_headers({{"x-amz-server-side-encryption", "aws:kms"}});
            }),
            "InvalidArgument");
  EXPECT_EQ(code_of([] {
              (void)stored_headers({{"x-amz-meta-a", std::string(9000, 'a')}});
            }),
            "MetadataTooLarge");
}

TEST(Xml, WhatClientsSend) {
  const auto wanted = parse_delete(
      "<?xml version=\"1.0\"?><Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<Object><Key>a &amp; b</Key></Object><Object><Key> </Key></Object><Quiet>true</Quiet>"
      "</Delete>");
  EXPECT_EQ(wanted.keys, (std::vector<std::string>{"a & b", " "}));
  EXPECT_TRUE(wanted.quiet);
  const auto parts = parse_complete(
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;ab&quot;</ETag>"
      "<ChecksumSHA256>x</ChecksumSHA256></Part><Part><ETag>cd</ETag><PartNumber>7</PartNumber>"
      "</Part></CompleteMultipartUpload>");
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].etag, "ab");
  EXPECT_EQ(parts[0].checksums.at(0).first, "SHA256");
  EXPECT_EQ(parts[1].number, 7);
}

TEST(Xml, AndWhatTheyMustNot) {
  const auto part = [](int n) {
    return "<Part><PartNumber>" + std::to_string(n) + "</PartNumber><ETag>a</ETag></Part>";
  };
  const auto complete = [](const std::string& inner) {
    return code_of([&] {
      (void)parse_complete("<CompleteMultipartUpload>" + inner + "</CompleteMultipartUpload>");
    });
  };
  EXPECT_EQ(complete(part(1) + part(2)), "");
  EXPECT_EQ(complete(part(2) + part(1)), "InvalidPartOrder");
  EXPECT_EQ(complete(part(1) + part(1)), "InvalidPartOrder");
  EXPECT_EQ(complete(part(0)), "MalformedXML");
  EXPECT_EQ(complete(part(10'001)), "MalformedXML");
  EXPECT_EQ(complete(""), "MalformedXML");
  for (const auto* text :
       {"", "x", "<Delete>", "<Other/>", "<Delete/>",
        "<!DOCTYPE d [<!ENTITY e \"x\">]><Delete><Object><Key>&e;</Key></Object></Delete>"}) {
    EXPECT_EQ(code_of([&] { (void)parse_delete(text); }), "MalformedXML") << text;
  }
  std::string many = "<Delete>";
  for (int i = 0; i < 1001; ++i) many += "<Object><Key>k</Key></Object>";
  EXPECT_EQ(code_of([&] { (void)parse_delete(many + "</Delete>"); }), "MalformedXML");
}

TEST(Xml, TextIsEscaped) {
  XmlWriter xml;
  xml.open("A").text("B", "<&>\"\x01\n");
  EXPECT_EQ(std::move(xml).str(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<A><B>&lt;&amp;&gt;&quot;&#1;&#10;</B></A>");
}

}  // namespace
}  // namespace wardbook::objectd
