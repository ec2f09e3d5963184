#include "s3/presign.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "s3/test_values.h"

namespace wardbook::s3 {
namespace {

const Time kPublishedTime = parse_amz_date("20130524T000000Z").value();

Presigner local(Credentials credentials = kExample) {
  return {Endpoint::parse("http://127.0.0.1:9000"), "files", true, "eu-central-1",
          std::move(credentials)};
}

std::string target_of(const std::string& url) {
  return url.substr(url.find('/', 8));
}

std::string without_signature(const std::string& url) {
  return url.substr(0, url.size() - 64);
}

TEST(Presign, PublishedGet) {
  Presigner presigner(Endpoint::parse("https://s3.amazonaws.com"), "examplebucket", false,
                      "us-east-1", kExample);
  PresignRequest request;
  request.key = "test.txt";
  request.expires = std::chrono::seconds{86400};
  EXPECT_EQ(presigner.url(request, kPublishedTime),
            "https://examplebucket.s3.amazonaws.com/test.txt"
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

/// The fast path must sign what the staged one signs, whatever is bound.
TEST(Presign, AgreesWithTheStagedSignature) {
  const std::vector<NameValue> headers = {{"Content-Type", "application/pdf"},
                                          {"x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JA=="},
                                          {"x-amz-server-side-encryption", "AES256"},
                                          {"If-None-Match", "*"},
                                          {"x-amz-meta-tenant-id", "demo_hospital_001"}};
  const std::vector<NameValue> params = {{"response-content-type", "text/plain; charset=utf-8"},
                                         {"A b", "\xc3\xa4+&="},
                                         {"uploadId", "x/y"},
                                         {"partNumber", "7"}};
  const auto prefix = target_of("http://127.0.0.1:9000/files/a%20b/%C3%A4~.pdf");
  for (const bool with_token : {false, true}) {
    auto credentials = kExample;
    if (with_token) credentials.session_token = "a/token==";
    auto presigner = local(credentials);
    for (const std::size_t count : {std::size_t{0}, headers.size()}) {
      PresignRequest request;
      request.method = "PUT";
      request.key = "a b/\xc3\xa4~.pdf";
      request.headers = std::span(headers).first(count);
      request.params = std::span(params).first(count == 0 ? 0 : params.size());
      if (count > 0) request.content_length = 100;
      request.expires = std::chrono::seconds{77};
      const auto url = presigner.url(request, kPublishedTime);

      net::Headers bound{{"Host", "127.0.0.1:9000"}};
      for (std::size_t i = 0; i < count; ++i) bound.add(headers[i].first, headers[i].second);
      if (count > 0) bound.add("Content-Length", "100");
      SigningOptions options;
      options.time = kPublishedTime;
      options.region = "eu-central-1";
      options.expires = request.expires;
      std::string target = prefix;
      for (std::size_t i = 0; i < request.params.size(); ++i) {
        target += (i == 0 ? "?" : "&") + net::percent_encode(params[i].first) + "=" +
                  net::percent_encode(params[i].second);
      }
      SigningKeys keys;
      const auto staged = sign_by_query("PUT", target, bound, credentials, options, keys);
      EXPECT_EQ(url.substr(url.size() - 64), staged.signature);
      EXPECT_EQ(canonical_query(target_of(url).substr(prefix.size() + 1)),
                canonical_query(staged.target.substr(prefix.size() + 1)));
    }
  }
}

TEST(Presign, AUrlVerifiesOnlyWithJustWhatIsBound) {
  const std::vector<NameValue> headers = {{"Content-Type", "application/pdf"},
                                          {"x-amz-storage-class", "INTELLIGENT_TIERING"}};
  auto presigner = local();
  PresignRequest request;
  request.method = "PUT";
  request.key = "t/medical-records/2026/03/7/scan.pdf";
  request.headers = headers;
  request.content_length = 100;
  const auto url = presigner.url(request, kPublishedTime);
  EXPECT_EQ(url.find("application"), std::string::npos);
  EXPECT_EQ(url.find("TIERING"), std::string::npos);
  EXPECT_NE(url.find("SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bx-amz-storage-class&"),
            std::string::npos);

  net::RequestHead head;
  head.method = "PUT";
  head.target = target_of(url);
  head.headers = {{"Host", "127.0.0.1:9000"},
                  {"Content-Length", "100"},
                  {"Content-Type", "application/pdf"},
                  {"x-amz-storage-class", "INTELLIGENT_TIERING"}};
  const auto verifies = [](const net::RequestHead& sent) {
    const auto claim = parse_claim(sent);
    const SigningKey key(kExample.secret_key, claim->scope);
    return signature_matches(expected_signature(sent, *claim, key), *claim);
  };
  EXPECT_TRUE(verifies(head));
  for (const auto& [name, value] : {NameValue{"Content-Length", "99"},
                                    {"Content-Length", "101"},
                                    {"Content-Type", "image/png"},
                                    {"x-amz-storage-class", "STANDARD"},
                                    {"Host", "localhost:9000"}}) {
    auto changed = head;
    changed.headers.set(name, value);
    EXPECT_FALSE(verifies(changed)) << name;
    changed.headers.erase(name);
    EXPECT_FALSE(verifies(changed)) << name;
  }
  auto changed = head;
  changed.method = "GET";
  EXPECT_FALSE(verifies(changed));
}

TEST(Presign, TheKeyChangesWithTheDay) {
  auto presigner = local();
  PresignRequest request;
  request.key = "k";
  const auto first = presigner.url(request, kPublishedTime);
  const auto next_day = presigner.url(request, kPublishedTime + std::chrono::hours{24});
  EXPECT_NE(next_day.find("%2F20130525%2F"), std::string::npos);
  EXPECT_EQ(presigner.url(request, kPublishedTime), first);
  EXPECT_EQ(local().url(request, kPublishedTime + std::chrono::hours{24}), next_day);
  EXPECT_NE(without_signature(first), without_signature(next_day));
}

TEST(Presign, RefusesWhatCannotBeBound) {
  auto presigner = local();
  const auto refuses = [&presigner](const PresignRequest& request) {
    EXPECT_THROW(static_cast<void>(presigner.url(request, kPublishedTime)), std::invalid_argument);
  };
  for (const int seconds : {0, -1, 604801}) {
    PresignRequest request;
    request.expires = std::chrono::seconds{seconds};
    refuses(request);
  }
  for (const auto& header : {NameValue{"Host", "x"},
                             {"Content-Length", "1"},
                             {"a b", "x"},
                             {"", "x"},
                             {"a", "x\r\ny: z"},
                             {"a", " x"},
                             {"a", "x "},
                             {"a", "x  y"}}) {
    PresignRequest request;
    request.headers = std::span(&header, 1);
    refuses(request);
  }
  const NameValue param{"X-Amz-Expires", "1"};
  PresignRequest request;
  request.params = std::span(&param, 1);
  refuses(request);
}

TEST(Endpoint, ParsesAndRendersAddresses) {
  struct Row {
    const char *url, *host, *authority;
    int port;
    bool tls;
  };
  for (const auto& row :
       {Row{"http://127.0.0.1:9000", "127.0.0.1", "127.0.0.1:9000", 9000, false},
        Row{"https://files.example.org/", "files.example.org", "files.example.org", 443, true},
        Row{"http://h:80", "h", "h", 80, false}, Row{"https://h:80", "h", "h:80", 80, true},
        Row{"http://[::1]:9000", "::1", "[::1]:9000", 9000, false},
        Row{"http://[::1]", "::1", "[::1]", 80, false}}) {
    const auto endpoint = Endpoint::parse(row.url);
    EXPECT_EQ(endpoint.host, row.host) << row.url;
    EXPECT_EQ(endpoint.authority(), row.authority) << row.url;
    EXPECT_EQ(endpoint.port, row.port) << row.url;
    EXPECT_EQ(endpoint.tls, row.tls) << row.url;
  }
  for (const auto* bad : {"", "h:9000", "ftp://h", "http://", "http://:80", "http://h:0",
                          "http://h:65536", "http://h:x", "http://h:", "http://h/path",
                          "http://u@h", "http://::1:80", "http://[::1", "http://[::1]80"}) {
    EXPECT_THROW(static_cast<void>(Endpoint::parse(bad)), std::invalid_argument) << bad;
  }
}

TEST(Endpoint, AddressesABucketEitherWay) {
  const auto endpoint = Endpoint::parse("https://s3.example.org:444");
  const BucketAddress path(endpoint, "files", true);
  EXPECT_EQ(path.origin, "https://s3.example.org:444");
  EXPECT_EQ(path.host, "s3.example.org:444");
  EXPECT_EQ(path.path_prefix, "/files/");
  const BucketAddress virtual_host(endpoint, "files", false);
  EXPECT_EQ(virtual_host.origin, "https://files.s3.example.org:444");
  EXPECT_EQ(virtual_host.host, "files.s3.example.org:444");
  EXPECT_EQ(virtual_host.path_prefix, "/");
}

}  // namespace
}  // namespace wardbook::s3
