// Whatever S3 knows and an operation here does not implement is refused, and nothing happens.
#include "objectd/operations.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "objectd/request.h"
#include "objectd/test_operations.h"
#include "objectd/test_server.h"

namespace wardbook::objectd {
namespace {

namespace stdfs = std::filesystem;

class Declared : public ServerTest {
 protected:
  Declared() {
    EXPECT_EQ(call("PUT", "/bucket/k", {}, "kept").status, 200);
    EXPECT_EQ(call("PUT", "/bucket/source", {}, "of a copy").status, 200);
    EXPECT_EQ(call("PUT", "/empty").status, 200);
    const auto made = call("POST", "/bucket/up?uploads").body;
    const auto at = made.find("<UploadId>") + 10;
    id_ = made.substr(at, made.find('<', at) - at);
    EXPECT_EQ(call("PUT", "/bucket/up?partNumber=1&uploadId=" + id_, {}, "part one").status, 200);
    before_ = state();
  }

  /// Every file with its content, and which file it is; not those that are on their way out.
  [[nodiscard]] std::set<std::string> state() const {
    std::set<std::string> out;
    for (const auto& entry : stdfs::recursive_directory_iterator(root())) {
      if (entry.path().parent_path() == root() / "tmp") continue;
      struct stat info {};
      ::stat(entry.path().c_str(), &info);
      std::ifstream in(entry.path(), std::ios::binary);
      out.insert(entry.path().string() + " " + std::to_string(info.st_ino) + " " +
                 (entry.is_regular_file() ? std::string(std::istreambuf_iterator<char>(in), {})
                                          : std::string()));
    }
    return out;
  }

  void expect_refused(const Case& one, const net::Headers& more, const std::string& query) {
    auto headers = one.headers;
    for (const auto& [name, value] : more.all()) headers.set(name, value);
    auto target = one.target;
    if (!query.empty()) target += (target.find('?') == std::string::npos ? "?" : "&") + query;
    const auto out = call(one.method, target, headers, one.body);
    const auto what =
        one.method + " " + target + " " + (more.all().empty() ? "" : more.all().front().first);
    EXPECT_TRUE(out.status == 501 || out.status == 400 || out.status == 403 || out.status == 412 ||
                out.status == 416)
        << what << ": " << out.status << " " << out.body;
    ASSERT_EQ(state(), before_) << what;
  }

  std::string id_;
  std::set<std::string> before_;
};

bool implements(const Case& one, const std::string& name) {
  return std::ranges::find(one.implements, name) != one.implements.end();
}

TEST_F(Declared, EveryOperationIsWalked) {
  std::set<Operation> walked;
  for (const auto& one : cases(id_)) walked.insert(one.operation);
  for (const auto& row : operations()) EXPECT_TRUE(walked.contains(row.operation)) << row.name;
  for (const auto& one : cases(id_)) {
    net::RequestHead head;
    head.method = one.method;
    head.target = one.target;
    head.headers = one.headers;
    EXPECT_EQ(parse_request(head).operation, one.operation) << one.method << " " << one.target;
  }
}

TEST_F(Declared, HeadersThatAnOperationDoesNotImplementAreRefused) {
  for (const auto& one : cases(id_)) {
    for (const auto& [name, value] : kHeaders) {
      // Of those that it implements, the value makes no sense or does not hold: see below.
      if (!implements(one, name)) expect_refused(one, {{name, value}}, "");
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(Declared, ParametersThatAnOperationDoesNotImplementAreRefused) {
  for (const auto& one : cases(id_)) {
    for (const auto& [name, value] : kParameters) {
      if (implements(one, "?" + name)) continue;
      const bool own = one.target.find("?" + name) != std::string::npos ||
                       one.target.find("&" + name) != std::string::npos;
      // Another sub-resource may make another operation of it, which then has one too many.
      const auto with = name + (value.empty() ? "" : "=" + value);
      const bool other = !own && (one.target.find('?') == std::string::npos) &&
                         std::ranges::any_of(operations(), [&](const OperationRow& row) {
                           return row.method == one.method && row.selectors.size() == 1 &&
                                  row.selectors.front() == name && name != "list-type";
                         });
      if (!other) expect_refused(one, {}, with);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(Declared, EverySubresourceIsRefusedWithEveryMethod) {
  const Strings subresources{"accelerate",
                             "analytics",
                             "append",
                             "inventory",
                             "legal-hold",
                             "logging",
                             "metadataConfiguration",
                             "metadataTable",
                             "metrics",
                             "notification",
                             "object-lock",
                             "ownershipControls",
                             "policy",
                             "policyStatus",
                             "renameObject",
                             "replication",
                             "requestPayment",
                             "restore",
                             "retention",
                             "select",
                             "session",
                             "torrent",
                             "website"};
  for (const auto* method : {"GET", "HEAD", "PUT", "POST", "DELETE"}) {
    for (const auto& name : subresources) {
      for (const auto* path : {"/bucket", "/empty", "/fresh", "/bucket/k", "/bucket/new", "/"}) {
        const auto out = call(method, std::string(path) + "?" + name, {},
                              std::string_view(method) == "PUT" ? "<X/>" : "");
        EXPECT_TRUE(out.status == 501 || out.status == 405)
            << method << " " << path << "?" << name << ": " << out.status;
        ASSERT_EQ(state(), before_) << method << " " << path << "?" << name;
      }
    }
  }
  // Buckets have these, objects do not.
  for (const auto* name : {"cors", "encryption", "intelligent-tiering&id=a", "lifecycle",
                           "publicAccessBlock", "versioning", "versions"}) {
    for (const auto* method : {"GET", "HEAD", "PUT", "POST", "DELETE"}) {
      const auto out = call(method, std::string("/bucket/k?") + name, {},
                            std::string_view(method) == "PUT" ? "<X/>" : "");
      EXPECT_TRUE(out.status == 501 || out.status == 405) << method << " " << name;
      ASSERT_EQ(state(), before_) << method << " " << name;
    }
  }
  // These are read only.
  for (const auto* target : {"/bucket?acl", "/bucket/k?acl", "/bucket?location", "/bucket?versions",
                             "/bucket/k?attributes"}) {
    for (const auto* method : {"PUT", "DELETE", "POST"}) {
      EXPECT_EQ(call(method, target, {}, std::string_view(method) == "PUT" ? "<X/>" : "").status,
                501)
          << method << " " << target;
      ASSERT_EQ(state(), before_) << method << " " << target;
    }
  }
}

TEST_F(Declared, ValuesThatTheStoreDoesNotKnowAreRefused) {
  const Strings bad{"x-amz-acl",
                    "x-amz-checksum-mode",
                    "x-amz-checksum-type",
                    "x-amz-expected-bucket-owner",
                    "x-amz-metadata-directive",
                    "x-amz-sdk-checksum-algorithm",
                    "x-amz-source-expected-bucket-owner",
                    "x-amz-storage-class",
                    "x-amz-server-side-encryption",
                    "x-amz-trailer",
                    "x-amz-tagging-directive",
                    "x-amz-checksum-algorithm",
                    "x-amz-checksum-crc32",
                    "x-amz-checksum-crc32c",
                    "x-amz-checksum-crc64nvme",
                    "x-amz-checksum-sha1",
                    "x-amz-checksum-sha256",
                    "x-amz-decoded-content-length",
                    "content-md5",
                    "x-amz-if-match-size",
                    "x-amz-if-match-last-modified-time",
                    "x-amz-mp-object-size",
                    "x-amz-copy-source-range",
                    "x-amz-copy-source-if-match",
                    "x-amz-copy-source-if-none-match"};
  for (const auto& one : cases(id_)) {
    for (const auto& [name, value] : kHeaders) {
      const bool judged = std::ranges::find(bad, name) != bad.end();
      if (judged && implements(one, name)) expect_refused(one, {{name, value}}, "");
      if (HasFatalFailure()) return;
    }
  }
  const auto all_cases = cases(id_);
  const auto put = *std::ranges::find(all_cases, Operation::put_object, &Case::operation);
  expect_refused(put, {{"x-amz-checksum-crc32", "NhCmhg=="}, {"x-amz-checksum-sha1", "x"}}, "");
  expect_refused(
      put, {{"x-amz-sdk-checksum-algorithm", "SHA1"}, {"x-amz-checksum-crc32", "AAAAAA=="}}, "");
  expect_refused(put, {{"if-match", "\"0123\""}}, "");
  expect_refused(put, {{"if-none-match", "*"}}, "");
  expect_refused(put, {{"if-none-match", "\"0123\""}}, "");
  expect_refused(put, {}, "x-id=PutObject&x-id=PutObject");
  const auto copy = *std::ranges::find(all_cases, Operation::copy_object, &Case::operation);
  expect_refused(copy, {{"x-amz-meta-a", "dropped by COPY"}}, "");
  expect_refused(copy, {{"content-disposition", "dropped by COPY"}}, "");
  EXPECT_EQ(call("GET", "/bucket?list-type=1").status, 400);
  EXPECT_EQ(call("GET", "/bucket?list-type=2&fetch-owner=maybe").status, 400);
  EXPECT_EQ(call("GET", "/bucket?prefix=a&prefix=b").status, 400);
  EXPECT_EQ(call("GET", "/bucket?acl=x").status, 400);
  EXPECT_EQ(call("GET", "/bucket?uploads&delimiter=/").status, 501);
  EXPECT_EQ(call("GET", "/bucket?uploads&encoding-type=rot13").status, 400);
  EXPECT_EQ(call("GET", "/bucket/k?partNumber=1", {{"range", "bytes=0-0"}}).status, 400);
  EXPECT_EQ(call("DELETE", "/bucket/k", {}, "<Delete/>").status, 400) << "takes no body";
  EXPECT_EQ(state(), before_);
}

TEST_F(Declared, WhatIsImpliedIsAccepted) {
  EXPECT_EQ(call("PUT", "/bucket/k2",
                 {{"x-amz-acl", "private"},
                  {"x-amz-expected-bucket-owner", "wardbook"},
                  {"x-amz-sdk-checksum-algorithm", "CRC32"},
                  {"x-amz-checksum-crc32", "NhCmhg=="},
                  {"amz-sdk-request", "attempt=1"},
                  {"Sec-Fetch-Mode", "cors"},
                  {"X-Forwarded-For", "10.0.0.1"}},
                 "hello")
                .status,
            200);
  EXPECT_EQ(
      call("GET", "/bucket/k2?x-id=GetObject", {{"If-Range", "\"other\""}, {"Range", "bytes=0-0"}})
          .body,
      "hello")
      << "a range of another object";
  const std::string etag = "\"5d41402abc4b2a76b9719d911017c592\"";
  EXPECT_EQ(call("GET", "/bucket/k2", {{"If-Range", etag}, {"Range", "bytes=0-0"}}).body, "h");
}

TEST_F(Declared, ADeleteHoldsItsConditions) {
  const auto modified = call("HEAD", "/bucket/k").header("Last-Modified");
  const auto etag = call("HEAD", "/bucket/k").header("ETag");
  const std::string size = "x-amz-if-match-size", time = "x-amz-if-match-last-modified-time";
  const auto verdict = [&](net::Headers headers, const std::string& key = "k") {
    return call("DELETE", "/bucket/" + key, std::move(headers)).code();
  };
  EXPECT_EQ(verdict({{"If-Match", "\"0123\""}}), "PreconditionFailed");
  EXPECT_EQ(verdict({{size, "5"}}), "PreconditionFailed");
  EXPECT_EQ(verdict({{time, "Sun, 22 Nov 2020 10:11:12 GMT"}}), "PreconditionFailed");
  EXPECT_EQ(verdict({{"If-Match", etag}, {size, "5"}}), "PreconditionFailed");
  EXPECT_EQ(verdict({{size, "-1"}}), "InvalidArgument");
  EXPECT_EQ(verdict({{time, "then"}}), "InvalidArgument");
  EXPECT_EQ(verdict({{"If-Match", "*"}}, "none"), "NoSuchKey");
  EXPECT_EQ(state(), before_);
  EXPECT_EQ(verdict({{"If-Match", etag}, {size, "4"}, {time, modified}}), "");
  EXPECT_EQ(call("GET", "/bucket/k").status, 404);
}

TEST_F(Declared, DeletesOfManyHoldTheirConditionsOneByOne) {
  const auto etag = call("HEAD", "/bucket/source").header("ETag");
  const auto remove = [&](const std::string& more) {
    return call("POST", "/bucket?delete", {},
                "<Delete><Object><Key>k</Key>" + more + "</Object><Object><Key>source</Key><ETag>" +
                    etag +
                    "</ETag></Object><Object><Key>none</Key><ETag>x</ETag></Object></Delete>");
  };
  EXPECT_EQ(remove("<VersionId></VersionId>").code(), "MalformedXML");
  EXPECT_EQ(remove("<Colour>red</Colour>").code(), "MalformedXML");
  EXPECT_EQ(state(), before_);
  const auto out = remove("<ETag>\"0123\"</ETag>");
  EXPECT_EQ(out.status, 200);
  EXPECT_NE(out.body.find("<Error><Key>k</Key><Code>PreconditionFailed</Code>"), std::string::npos)
      << out.body;
  EXPECT_NE(out.body.find("<Deleted><Key>source</Key></Deleted>"), std::string::npos);
  EXPECT_NE(out.body.find("<Error><Key>none</Key><Code>NoSuchKey</Code>"), std::string::npos);
  EXPECT_EQ(call("GET", "/bucket/k").body, "kept");
  EXPECT_EQ(call("GET", "/bucket/source").status, 404);
  EXPECT_NE(remove("<Size>5</Size>").body.find("PreconditionFailed"), std::string::npos);
  EXPECT_NE(remove("<LastModifiedTime>Sun, 22 Nov 2020 10:11:12 GMT</LastModifiedTime>")
                .body.find("PreconditionFailed"),
            std::string::npos);
  EXPECT_EQ(call("GET", "/bucket/k").body, "kept");
}

TEST_F(Declared, OnlyTheKeyThatIsMeantIsDeleted) {
  for (const auto* key : {"foo", "foo&bar", "a", "ab"}) {
    ASSERT_EQ(call("PUT", "/bucket/" + net::percent_encode(key), {}, "x").status, 200);
  }
  const auto out = call("POST", "/bucket?delete", {},
                        "<Delete><Object><Key>foo<![CDATA[&]]>bar</Key></Object>"
                        "<Object><Key>a<!-- -->b</Key></Object></Delete>");
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(call("HEAD", "/bucket/foo").status, 200);
  EXPECT_EQ(call("HEAD", "/bucket/a").status, 200);
  EXPECT_EQ(call("HEAD", "/bucket/foo%26bar").status, 404);
  EXPECT_EQ(call("HEAD", "/bucket/ab").status, 404);
}

TEST_F(Declared, BucketsAreListedInPages) {
  for (const auto* name : {"pages-a", "pages-b", "pages-c"}) {
    ASSERT_EQ(call("PUT", std::string("/") + name).status, 200);
  }
  const auto names = [](const std::string& body) {
    Strings out;
    for (auto at = body.find("<Name>"); at != std::string::npos; at = body.find("<Name>", at + 1)) {
      out.push_back(body.substr(at + 6, body.find('<', at + 6) - at - 6));
    }
    return out;
  };
  EXPECT_EQ(names(call("GET", "/?prefix=pages-").body), (Strings{"pages-a", "pages-b", "pages-c"}));
  const auto first = call("GET", "/?prefix=pages-&max-buckets=2").body;
  EXPECT_EQ(names(first), (Strings{"pages-a", "pages-b"}));
  const auto at = first.find("<ContinuationToken>") + 19;
  const auto token = first.substr(at, first.find('<', at) - at);
  const auto second = call("GET", "/?prefix=pages-&max-buckets=2&continuation-token=" + token).body;
  EXPECT_EQ(names(second), Strings{"pages-c"});
  EXPECT_EQ(second.find("<ContinuationToken>"), std::string::npos);
  EXPECT_EQ(names(call("GET", "/?bucket-region=us-east-1").body).size(), 5u);
  EXPECT_EQ(names(call("GET", "/?bucket-region=eu-west-1").body), Strings{});
  for (const auto* bad :
       {"max-buckets=0", "max-buckets=10001", "max-buckets=x", "continuation-token=%25"}) {
    EXPECT_EQ(call("GET", std::string("/?") + bad).status, 400) << bad;
  }
}

TEST_F(Declared, ACompletionIsHeldAgainstWhatItNames) {
  const std::string target = "/bucket/up?uploadId=" + id_;
  const auto etag = call("GET", target).body;
  const auto at = etag.find("<ETag>&quot;") + 12;
  const std::string body = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" +
                           etag.substr(at, 32) + "</ETag></Part></CompleteMultipartUpload>";
  const auto verdict = [&](net::Headers headers) {
    return call("POST", target, std::move(headers), body).code();
  };
  EXPECT_EQ(verdict({{"x-amz-mp-object-size", "9"}}), "InvalidRequest");
  EXPECT_EQ(verdict({{"x-amz-checksum-type", "FULL_OBJECT"}}), "InvalidRequest");
  EXPECT_EQ(verdict({{"x-amz-checksum-sha256", "x"}}), "InvalidRequest");
  EXPECT_EQ(state(), before_);
  EXPECT_EQ(verdict({{"x-amz-mp-object-size", "8"}}), "");
}

TEST_F(Declared, APresignedRequestAddsNothingThatItsMakerDidNotSign) {
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"Content-Disposition", "inline"},
           {"Cache-Control", "public"},
           {"Content-Language", "tlh"},
           {"Content-Encoding", "gzip"},
           {"Content-Type", "text/html"},
           {"Expires", "0"},
           {"If-None-Match", "*"},
           {"If-Match", "*"},
           {"x-amz-meta-a", "1"},
           {"x-amz-website-redirect-location", "http://elsewhere"}}) {
    const auto out = presigned("PUT", "/bucket/k", {}, {{name, value}}, "replaced");
    EXPECT_EQ(out.status == 403 || out.status == 501, true) << name << out.status;
    EXPECT_EQ(state(), before_) << name;
  }
  EXPECT_EQ(presigned("DELETE", "/bucket/k", {}, {{"If-Match", "*"}}).code(), "AccessDenied");
  EXPECT_EQ(state(), before_);
  const net::Headers bound{{"Content-Disposition", "inline"}, {"Content-Language", "de"}};
  EXPECT_EQ(presigned("PUT", "/bucket/k", bound, bound, "replaced").status, 200);
  const auto got =
      presigned("GET", "/bucket/k", {}, {{"Range", "bytes=0-1"}, {"Cache-Control", "no-cache"}});
  EXPECT_EQ(got.body, "re") << "a reader may ask for less";
  EXPECT_EQ(got.header("Content-Disposition"), "inline");
}

TEST_F(Declared, WhatABrowserTellsCachesOnTheWayNeitherEndsAnUploadNorIsKept) {
  for (const auto* value : {"no-cache", "max-age=0"}) {
    const net::Headers sent{{"Cache-Control", value}, {"Pragma", "no-cache"}};
    EXPECT_EQ(presigned("PUT", "/bucket/new", {}, sent, "bytes").status, 200) << value;
    EXPECT_EQ(presigned("GET", "/bucket/new", {}, {}).header("Cache-Control"), "(none)") << value;
  }
  const net::Headers bound{{"Cache-Control", "no-cache"}};
  EXPECT_EQ(presigned("PUT", "/bucket/bound", bound, bound, "bytes").status, 200);
  EXPECT_EQ(presigned("GET", "/bucket/bound", {}, {}).header("Cache-Control"), "no-cache");
}

TEST_F(Declared, WhatProxiesAddToEveryRequestIsNoDemandOnTheStore) {
  for (const auto* name :
       {"X-Scheme", "CF-Connecting-IP", "CF-Ray", "True-Client-IP", "X-Client-IP",
        "X-Envoy-External-Address", "X-Azure-Ref", "X-ARR-SSL", "Fastly-SSL",
        "X-Cloud-Trace-Context", "X-BlueCoat-Via", "sentry-trace", "X-Original-URL",
        "X-Original-URI", "X-Original-Host", "X-Rewrite-URL", "newrelic", "X-NewRelic-ID"}) {
    const net::Headers sent{{name, "1"}};
    EXPECT_EQ(presigned("PUT", "/bucket/new", {}, sent, "bytes").status, 200) << name;
    EXPECT_EQ(presigned("GET", "/bucket/new", {}, sent).body, "bytes") << name;
  }
}

TEST_F(Declared, WhatBrowsersTellOfThemselvesIsNoDemandOnTheStore) {
  for (const auto* name :
       {"Service-Worker", "Service-Worker-Navigation-Preload", "Sec-CH-UA", "Sec-CH-UA-Mobile",
        "Sec-CH-Viewport-Width", "Sec-GPC", "DPR", "Width", "Viewport-Width", "Device-Memory",
        "RTT", "Downlink", "ECT", "Save-Data"}) {
    const net::Headers sent{{name, "1"}};
    EXPECT_EQ(presigned("PUT", "/bucket/new", {}, sent, "bytes").status, 200) << name;
    EXPECT_EQ(presigned("GET", "/bucket/new", {}, sent).body, "bytes") << name;
  }
}

TEST_F(Declared, TrailersThatWereNotAnnouncedAreRefused) {
  const auto put = [&](const std::string& announced, const std::string& trailer) {
    return call("PUT", "/bucket/k",
                {{"Content-Encoding", "aws-chunked"},
                 {"x-amz-decoded-content-length", "5"},
                 {"x-amz-trailer", announced}},
                "5\r\nhello\r\n0\r\n" + trailer + "\r\n", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        .status;
  };
  const std::string crc = "x-amz-checksum-crc32:NhCmhg==\r\n";
  EXPECT_EQ(put("x-amz-checksum-crc32", crc + "x-amz-checksum-sha1:false\r\n"), 400);
  EXPECT_EQ(put("x-amz-checksum-crc32", crc + crc), 400);
  EXPECT_EQ(put("x-amz-checksum-crc32,x-amz-checksum-sha1", crc), 400);
  EXPECT_EQ(put("x-amz-meta-a", "x-amz-meta-a:1\r\n"), 400);
  EXPECT_EQ(state(), before_);
  EXPECT_EQ(put("x-amz-checksum-crc32", crc), 200);
}

}  // namespace
}  // namespace wardbook::objectd
