#include "objectd/request.h"

#include <gtest/gtest.h>

#include "objectd/error.h"
#include "objectd/xml.h"

namespace wardbook::objectd {
namespace {

template <class Work>
std::string refusal_of(Work work) {
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
  EXPECT_EQ(op("GET", "/b/k?uploadId=x"), Operation::list_parts);
  EXPECT_EQ(refusal_of([&] { (void)op("POST", "/b/k"); }), "NotImplemented");
  EXPECT_EQ(refusal_of([&] { (void)op("POST", "/b"); }), "NotImplemented");
  EXPECT_EQ(refusal_of([&] { (void)op("PATCH", "/b/k"); }), "MethodNotAllowed");
  EXPECT_EQ(refusal_of([&] { (void)op("PUT", "/"); }), "MethodNotAllowed");
}

TEST(Request, KeysAreAnyUtf8) {
  EXPECT_EQ(parse_request(head("GET", "/b/%C3%BC/../a+b%20%25")).key, "\xC3\xBC/../a+b %");
  EXPECT_EQ(parse_request(head("GET", "/b//a//")).key, "/a//");
  EXPECT_EQ(refusal_of([] { (void)parse_request(head("GET", "/b/%ff")); }), "InvalidURI");
  EXPECT_EQ(refusal_of([] { (void)parse_request(head("GET", "/b/%c0%80")); }), "InvalidURI");
  EXPECT_EQ(refusal_of([] { (void)parse_request(head("GET", "/b/%ed%a0%80")); }), "InvalidURI");
  EXPECT_EQ(refusal_of([] { (void)parse_request(head("GET", "/b/" + std::string(1025, 'a'))); }),
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
  // A checksum of something is meant.
  EXPECT_EQ(with_query_headers(head("PUT", "/b/k?x-amz-checksum-crc32=NhCmhg%3D%3D"))
                .headers.get("x-amz-checksum-crc32"),
            "NhCmhg==");
  EXPECT_EQ(refusal_of([] {
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
  for (const auto* text : {"bytes=5-2", "bytes=a-b", "bytes=1-2,4-5", "lines=1-2", "bytes=-"}) {
    EXPECT_EQ(range(text, 10), "all") << text;
  }
  // Positions of more than 64 bits lie behind every object.
  EXPECT_EQ(range("bytes=99999999999999999999-", 10), "InvalidRange");
  EXPECT_EQ(range("bytes=4-99999999999999999999", 10), range("bytes=4-9", 10));
  EXPECT_EQ(range("bytes=-99999999999999999999", 10), range("bytes=0-9", 10));
  EXPECT_EQ(range("bytes=18446744073709551615-18446744073709551616", 10), "InvalidRange");
}

TEST(Request, WhatIsCopiedIsWhatIsNamed) {
  const auto copied = [](std::string_view text) {
    return refusal_of([&] { (void)parse_copy_range(text, 10); });
  };
  EXPECT_EQ(copied("bytes=0-9"), "");
  EXPECT_EQ(parse_copy_range("bytes=2-3", 10).length, 2u);
  for (const auto* beyond : {"bytes=0-10", "bytes=10-10", "bytes=0-99999999999999999999"}) {
    EXPECT_EQ(copied(beyond), "InvalidRange") << beyond;
  }
  for (const auto* bad : {"0-2", "bytes=0", "bytes=hello-world", "bytes=0-bar", "bytes=hello-",
                          "bytes=0-2,3-5", "bytes=-3", "bytes=3-2", "bytes= 0-2"}) {
    EXPECT_EQ(copied(bad), "InvalidArgument") << bad;
  }
}

TEST(Request, Preconditions) {
  const Time modified =
      parse_http_date("Sun, 22 Nov 2026 10:11:12 GMT").value() + std::chrono::milliseconds(300);
  const auto check = [&](net::Headers headers) {
    return refusal_of([&] { check_preconditions(headers, "", "abc", modified); });
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
  EXPECT_EQ(check({{"If-Modified-Since", "yesterday"}}), "InvalidArgument");
  EXPECT_EQ(check({{"If-Unmodified-Since", "2026-11-22T10:11:12Z"}}), "InvalidArgument");
  // If-None-Match beats If-Modified-Since.
  EXPECT_EQ(check({{"If-None-Match", "\"x\""}, {"If-Modified-Since", http_date(modified)}}), "");
}

TEST(Request, ARangeMayDependOnTheObject) {
  const Time modified = parse_http_date("Sun, 22 Nov 2026 10:11:12 GMT").value();
  EXPECT_TRUE(range_holds("\"abc\"", "abc", modified));
  EXPECT_TRUE(range_holds(http_date(modified), "abc", modified));
  for (const auto* other : {"\"abd\"", "W/\"abc\"", "Sun, 22 Nov 2026 10:11:11 GMT", "abc", "*"}) {
    EXPECT_FALSE(range_holds(other, "abc", modified)) << other;
  }
}

TEST(Request, ACopysSourceIsABucketAndAKey) {
  const auto source = parse_copy_source("/b/a%3Fb/c");
  EXPECT_EQ(source.bucket, "b");
  EXPECT_EQ(source.key, "a?b/c");
  EXPECT_EQ(refusal_of([] { (void)parse_copy_source("b"); }), "InvalidArgument");
  EXPECT_EQ(source.version, std::nullopt);
  EXPECT_EQ(parse_copy_source("b/k?versionId=1").version, "1");
  EXPECT_EQ(parse_copy_source("b/k?versionId=null").version, "");
  EXPECT_EQ(refusal_of([] { (void)parse_copy_source("b/k?versionId="); }), "InvalidArgument");
  for (const auto* bad : {"b/k?x", "b/k?versionId=1&x", "b/k?partNumber=2&versionId=1"}) {
    EXPECT_EQ(refusal_of([&] { (void)parse_copy_source(bad); }), "NotImplemented") << bad;
  }
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
  EXPECT_EQ(refusal_of([] {
              (void)stored_headers({{"x-amz-storage-class", "PAPER"}});
            }),
            "InvalidArgument");
  EXPECT_EQ(refusal_of([] {
              (void)stored_headers({{"x-amz-server-side-encryption", "aws:kms"}});
            }),
            "InvalidArgument");
  EXPECT_EQ(refusal_of([] {
              (void)stored_headers({{"x-amz-meta-a", std::string(9000, 'a')}});
            }),
            "MetadataTooLarge");
}

TEST(Xml, WhatClientsSend) {
  const auto wanted = parse_delete(
      "<?xml version=\"1.0\"?><Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<Object><Key>a &amp; b</Key></Object><Object><Key> </Key></Object><Quiet>true</Quiet>"
      "</Delete>");
  ASSERT_EQ(wanted.removals.size(), 2u);
  EXPECT_EQ(wanted.removals[0].key, "a & b");
  EXPECT_FALSE(wanted.removals[0].condition.any());
  EXPECT_EQ(wanted.removals[1].key, " ");
  EXPECT_TRUE(wanted.quiet);
  const auto parts = parse_complete(
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;ab&quot;</ETag>"
      "<ChecksumSHA256>x</ChecksumSHA256></Part><Part><ETag>cd</ETag><PartNumber>7</PartNumber>"
      "</Part></CompleteMultipartUpload>");
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].etag, "ab");
  EXPECT_EQ(parts[0].checksum_kind, ChecksumKind::sha256);
  EXPECT_EQ(parts[0].checksum, "x");
  EXPECT_EQ(parts[1].number, 7);
}

TEST(Xml, AndWhatTheyMustNot) {
  const auto part = [](int n) {
    return "<Part><PartNumber>" + std::to_string(n) + "</PartNumber><ETag>a</ETag></Part>";
  };
  const auto complete = [](const std::string& inner) {
    return refusal_of([&] {
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
    EXPECT_EQ(refusal_of([&] { (void)parse_delete(text); }), "MalformedXML") << text;
  }
  std::string many = "<Delete>";
  for (int i = 0; i < 1001; ++i) many += "<Object><Key>k</Key></Object>";
  EXPECT_EQ(refusal_of([&] { (void)parse_delete(many + "</Delete>"); }), "MalformedXML");
}

TEST(Xml, AKeyIsAllOfItsCharacterData) {
  const auto key = [](const std::string& inside) -> std::string {
    try {
      return parse_delete("<Delete><Object><Key>" + inside + "</Key></Object></Delete>")
          .removals.at(0)
          .key;
    } catch (const S3Error& error) {
      return std::string(error.kind().code);
    }
  };
  EXPECT_EQ(key("foo<![CDATA[&]]>bar"), "foo&bar");
  EXPECT_EQ(key("a<!-- -->b"), "ab");
  EXPECT_EQ(key("<![CDATA[a]]>b"), "ab");
  EXPECT_EQ(key(" <!-- --> a"), "  a");
  EXPECT_EQ(key("a&#xD;&#10;b"), "a\r\nb");
  for (const auto* bad : {"a<b/>c", "<b>a</b>", "a<?pi?>b", "a&eacute;b", "a&b", "a</Key><Key>b",
                          "", "<!-- a -->", "a]]>", "a&#1;"}) {
    EXPECT_EQ(key(bad), "MalformedXML") << bad;
  }
}

TEST(Xml, ElementsAreNamedOrRefused) {
  const auto verdict = [](const std::string& inside) {
    return refusal_of([&] { (void)parse_delete("<Delete>" + inside + "</Delete>"); });
  };
  const std::string object = "<Object><Key>k</Key></Object>";
  EXPECT_EQ(verdict(object), "");
  EXPECT_EQ(verdict("<Object><Key>k</Key><VersionId>null</VersionId></Object>"), "");
  EXPECT_EQ(verdict("<Object><Key>k</Key><Bucket>b</Bucket></Object>"), "NotImplemented");
  for (const auto* bad :
       {"<Object><Key>k</Key><Colour>red</Colour></Object>", "<Object><ETag>e</ETag></Object>",
        "<Object><Key>k</Key><ETag></ETag></Object>", "<Object a=\"b\"><Key>k</Key></Object>",
        "<Object><Key>k</Key><Size>many</Size></Object>", "<Object>k</Object>",
        "<Object><Key>k</Key><Size>1</Size><Size>2</Size></Object>",
        "<Object><Key>k</Key><LastModifiedTime>now</LastModifiedTime></Object>",
        "<Object>x<Key>k</Key></Object>", "<Object xmlns=\"urn:other\"><Key>k</Key></Object>"}) {
    EXPECT_EQ(verdict(bad), "MalformedXML") << bad;
  }
  EXPECT_EQ(verdict(object + "<Quiet>yes</Quiet>"), "MalformedXML");
  EXPECT_EQ(verdict(object + "<Quiet>true</Quiet><Quiet>false</Quiet>"), "MalformedXML");
  EXPECT_EQ(verdict(object + "<MaxDeletes>1</MaxDeletes>"), "MalformedXML");
  const auto wanted = parse_delete(
      "<Delete><Object><Key>k</Key><ETag>&quot;e&quot;</ETag><Size>7</Size>"
      "<LastModifiedTime>Sun, 22 Nov 2026 10:11:12 GMT</LastModifiedTime></Object></Delete>");
  const auto& condition = wanted.removals.at(0).condition;
  EXPECT_EQ(condition.etag, "e");
  EXPECT_EQ(condition.size, 7u);
  EXPECT_EQ(condition.modified, parse_http_date("Sun, 22 Nov 2026 10:11:12 GMT"));

  const auto complete = [](const std::string& more) {
    return refusal_of([&] {
      (void)parse_complete(
          "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>a</ETag>" + more +
          "</Part></CompleteMultipartUpload>");
    });
  };
  EXPECT_EQ(complete("<ChecksumSHA1>x</ChecksumSHA1>"), "");
  EXPECT_EQ(complete("<ChecksumMD4>x</ChecksumMD4>"), "MalformedXML");
  EXPECT_EQ(complete("<ChecksumSHA1>x</ChecksumSHA1><ChecksumCRC32>y</ChecksumCRC32>"),
            "MalformedXML");
  EXPECT_EQ(complete("<PartNumber>2</PartNumber>"), "MalformedXML");
  EXPECT_EQ(refusal_of([] {
              (void)parse_create_bucket(
                  "<CreateBucketConfiguration><Bucket><Type>Directory</Type>"
                  "</Bucket></CreateBucketConfiguration>");
            }),
            "NotImplemented");
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
