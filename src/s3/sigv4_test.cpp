#include "s3/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/hash.h"
#include "s3/test_values.h"

namespace wardbook::s3 {
namespace {

namespace fs = std::filesystem;

// The published suite -----------------------------------------------------------------------------

/// The suite is data beside the source tree (`shared/data/sigv4/v4`), not part of it.
fs::path suite_root() {
  std::vector<fs::path> roots;
  if (const char* shared = std::getenv("WARDBOOK_SHARED")) roots.emplace_back(shared);
  for (auto at = fs::absolute(__FILE__).parent_path();; at = at.parent_path()) {
    roots.push_back(at / "shared");
    if (at == at.parent_path()) break;
  }
  for (const auto& root : roots) {
    std::error_code ignored;
    if (fs::is_directory(root / "data/sigv4/v4", ignored)) return root / "data/sigv4/v4";
  }
  return {};
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Without trailing line ends, which the suite's files have or have not.
std::string chomped(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

struct RawRequest {
  std::string method, target, body;
  net::Headers headers;
};

/// The suite's requests are not quite HTTP: raw spaces and UTF-8 in the target, folded headers.
RawRequest parse_request(std::string text) {
  RawRequest out;
  const auto line_end = text.find('\n');
  const auto line = text.substr(0, line_end);
  out.method = line.substr(0, line.find(' '));
  const auto target_end = line.rfind(' ');
  out.target = line.substr(out.method.size() + 1, target_end - out.method.size() - 1);
  std::vector<net::Headers::Field> fields;
  auto at = line_end == std::string::npos ? text.size() : line_end + 1;
  while (at < text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto field = text.substr(at, end - at);
    at = end + 1;
    if (field.empty()) break;
    if (field.front() == ' ') {
      fields.back().second += "\n" + field;
      continue;
    }
    const auto colon = field.find(':');
    fields.emplace_back(field.substr(0, colon), field.substr(colon + 1));
  }
  for (const auto& [name, value] : fields) out.headers.add(name, value);
  if (at < text.size()) out.body = text.substr(at);
  return out;
}

/// The form of the suite's `*-signed-request.txt`.
std::string render(const RawRequest& request, const SignedRequest& signed_request) {
  auto out = request.method + " " + signed_request.target + " HTTP/1.1\n";
  for (const auto& [name, value] : signed_request.headers.all()) out += name + ":" + value + "\n";
  return out + "\n" + request.body;
}

std::vector<std::string> suite_cases() {
  std::vector<std::string> names;
  const auto root = suite_root();
  if (root.empty()) return {"suite_is_absent"};
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.is_directory()) names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  return names;
}

class SigV4Suite : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto root = suite_root();
    if (root.empty()) {
      GTEST_SKIP() << "no shared/data/sigv4/v4 beside the source tree; set WARDBOOK_SHARED";
    }
    dir_ = root / GetParam();
    const auto context = boost::json::parse(read(dir_ / "context.json")).as_object();
    const auto& credentials = context.at("credentials").as_object();
    credentials_.access_key = credentials.at("access_key_id").as_string();
    credentials_.secret_key = credentials.at("secret_access_key").as_string();
    if (const auto* token = credentials.if_contains("token")) {
      credentials_.session_token = token->as_string();
    }
    options_.time = parse_rfc3339(std::string_view(context.at("timestamp").as_string())).value();
    options_.region = context.at("region").as_string();
    options_.service = context.at("service").as_string();
    options_.path_mode = context.at("normalize").as_bool() ? PathMode::normalized : PathMode::as_is;
    options_.expires = std::chrono::seconds{context.at("expiration_in_seconds").as_int64()};
    if (const auto* omit = context.if_contains("omit_session_token")) {
      options_.sign_token = !omit->as_bool();
    }
    request_ = parse_request(read(dir_ / "request.txt"));
    sign_body_ = context.at("sign_body").as_bool();
    options_.payload_hash =
        sign_body_ ? payload_hash(request_.body) : std::string(kEmptyPayloadHash);
  }

  [[nodiscard]] std::string expected(const std::string& file) const { return read(dir_ / file); }

  fs::path dir_;
  Credentials credentials_;
  SigningOptions options_;
  RawRequest request_;
  bool sign_body_ = false;
  SigningKeys keys_;
};

TEST_P(SigV4Suite, ByHeader) {
  options_.send_payload_hash = sign_body_;
  const auto result = sign_by_header(request_.method, request_.target, request_.headers,
                                     credentials_, options_, keys_);
  EXPECT_EQ(result.canonical_request, expected("header-canonical-request.txt"));
  EXPECT_EQ(result.string_to_sign, expected("header-string-to-sign.txt"));
  EXPECT_EQ(result.signature, chomped(expected("header-signature.txt")));
  EXPECT_EQ(chomped(render(request_, result)), chomped(expected("header-signed-request.txt")));
}

TEST_P(SigV4Suite, ByQuery) {
  const auto result = sign_by_query(request_.method, request_.target, request_.headers,
                                    credentials_, options_, keys_);
  EXPECT_EQ(result.canonical_request, expected("query-canonical-request.txt"));
  EXPECT_EQ(result.string_to_sign, expected("query-string-to-sign.txt"));
  EXPECT_EQ(result.signature, chomped(expected("query-signature.txt")));
  EXPECT_EQ(chomped(render(request_, result)), chomped(expected("query-signed-request.txt")));
}

INSTANTIATE_TEST_SUITE_P(Published, SigV4Suite, testing::ValuesIn(suite_cases()),
                         [](const auto& param) {
                           auto name = param.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(SigV4SuiteSize, IsWhole) {
  if (suite_root().empty()) GTEST_SKIP() << "no shared/data/sigv4/v4 beside the source tree";
  EXPECT_EQ(suite_cases().size(), 38u);
}

// The S3 documentation's own examples
// ---------------------------------------------------------------

SigningOptions example_options() {
  SigningOptions options;
  options.time = parse_amz_date("20130524T000000Z").value();
  options.region = "us-east-1";
  return options;
}

TEST(SigV4, PublishedPresignedGet) {
  auto options = example_options();
  options.expires = std::chrono::seconds{86400};
  SigningKeys keys;
  const auto result = sign_by_query(
      "GET", "/test.txt", {{"Host", "examplebucket.s3.amazonaws.com"}}, kExample, options, keys);
  EXPECT_EQ(result.signature, "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(SigV4, PublishedGetWithRange) {
  auto options = example_options();
  options.payload_hash = kEmptyPayloadHash;
  SigningKeys keys;
  const auto result = sign_by_header(
      "GET", "/test.txt", {{"Host", "examplebucket.s3.amazonaws.com"}, {"Range", "bytes=0-9"}},
      kExample, options, keys);
  EXPECT_EQ(result.signature, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4, SigningKeyOfThePublishedDerivation) {
  const SigningKey key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                       {"20150830", "us-east-1", "iam"});
  EXPECT_EQ(to_hex(key.raw()), "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

TEST(SigV4, SignIsHmacForEveryLength) {
  const SigningKey key("secret", {"20260101", "eu-central-1", "s3"});
  for (std::size_t length = 0; length < 300; ++length) {
    const std::string text(length, 'x');
    ASSERT_EQ(key.sign(text), to_hex(hmac_sha256(as_chars(key.raw()), text))) << length;
  }
}

net::Headers chunked_headers(std::string_view hash, bool trailer) {
  net::Headers headers{{"Host", "s3.amazonaws.com"},
                       {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                       {"Content-Encoding", "aws-chunked"},
                       {"x-amz-decoded-content-length", "66560"},
                       {"x-amz-content-sha256", std::string(hash)}};
  if (trailer) {
    headers.add("x-amz-trailer", "x-amz-checksum-crc32c");
  } else {
    headers.add("Content-Length", "66824");
  }
  return headers;
}

ChunkSigner example_chunks(std::string seed) {
  const auto options = example_options();
  const auto scope = Scope::of(options.time, "us-east-1", "s3");
  return {SigningKey(kExample.secret_key, scope), "20130524T000000Z", scope.str(), std::move(seed)};
}

TEST(SigV4, PublishedChunkedUpload) {
  auto options = example_options();
  options.payload_hash = kStreamingPayload;
  SigningKeys keys;
  const auto seed =
      sign_by_header("PUT", "/examplebucket/chunkObject.txt",
                     chunked_headers(kStreamingPayload, false), kExample, options, keys)
          .signature;
  EXPECT_EQ(seed, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  auto chunks = example_chunks(seed);
  EXPECT_EQ(chunks.chunk(payload_hash(std::string(65536, 'a'))),
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
  EXPECT_EQ(chunks.chunk(payload_hash(std::string(1024, 'a'))),
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
  EXPECT_EQ(chunks.chunk(kEmptyPayloadHash),
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
}

TEST(SigV4, PublishedChunkedUploadWithTrailer) {
  auto options = example_options();
  options.payload_hash = kStreamingPayloadTrailer;
  SigningKeys keys;
  const auto seed =
      sign_by_header("PUT", "/examplebucket/chunkObject.txt",
                     chunked_headers(kStreamingPayloadTrailer, true), kExample, options, keys)
          .signature;
  EXPECT_EQ(seed, "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
  auto chunks = example_chunks(seed);
  EXPECT_EQ(chunks.chunk(payload_hash(std::string(65536, 'a'))),
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2");
  EXPECT_EQ(chunks.chunk(payload_hash(std::string(1024, 'a'))),
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7");
  EXPECT_EQ(chunks.chunk(kEmptyPayloadHash),
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992");
  EXPECT_EQ(chunks.trailer("x-amz-checksum-crc32c:sOO8/Q==\n"),
            "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435");
}

// Pieces ------------------------------------------------------------------------------------------

TEST(SigV4, CanonicalPathDoesNotDependOnHowItWasEscaped) {
  for (const auto* raw : {"/b/a b~c(1)+\xc3\xa4.pdf", "/b/a%20b~c%281%29%2b%c3%a4.pdf",
                          "/b/a%20b%7Ec(1)+%C3%A4.pdf"}) {
    EXPECT_EQ(canonical_path(raw, PathMode::as_is), "/b/a%20b~c%281%29%2B%C3%A4.pdf") << raw;
  }
  EXPECT_EQ(canonical_path("", PathMode::as_is), "/");
  EXPECT_EQ(canonical_path("/b//x/../y%2525", PathMode::as_is), "/b//x/../y%2525");
  EXPECT_EQ(canonical_path("/%", PathMode::as_is), "/%25");
  EXPECT_EQ(canonical_path("/a/./b/../../../c/", PathMode::normalized), "/c/");
}

TEST(SigV4, CanonicalQuerySortsByNameThenValue) {
  EXPECT_EQ(canonical_query("b=2&a-=1&a=2&a=10&acl&x+y=1%2B1&&X-Amz-Signature=f"),
            "a=10&a=2&a-=1&acl=&b=2&x%20y=1%2B1");
  EXPECT_EQ(canonical_query("prefix=a/b&list-type=2"), "list-type=2&prefix=a%2Fb");
}

TEST(SigV4, DatesAreCheckedAndRoundTrip) {
  const auto time = parse_amz_date("20240229T235959Z");
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(amz_date(*time), "20240229T235959Z");
  for (const auto* bad :
       {"20230229T000000Z", "20240101T240000Z", "20240101T006000Z", "20240101T000060Z",
        "20240101 000000Z", "20240101T000000", "", "2024-01-01T00:00Z", "0000010aT000000Z"}) {
    EXPECT_FALSE(parse_amz_date(bad).has_value()) << bad;
  }
}

TEST(SigV4, KeysAreCachedPerSecretDayRegionAndService) {
  SigningKeys keys;
  const Scope scope{"20260101", "r", "s3"};
  const auto first = keys.get("a", scope).raw();
  EXPECT_NE(keys.get("b", scope).raw(), first);
  EXPECT_NE(keys.get("a", {"20260102", "r", "s3"}).raw(), first);
  EXPECT_NE(keys.get("a", {"20260101", "q", "s3"}).raw(), first);
  EXPECT_NE(keys.get("a", {"20260101", "r", "s4"}).raw(), first);
  for (int i = 0; i < 40; ++i) {
    const Scope other{"2026" + std::to_string(1000 + i), "r", "s3"};
    EXPECT_EQ(keys.get("a", other).raw(), SigningKey("a", other).raw());
  }
  EXPECT_EQ(keys.get("a", scope).raw(), first);
}

}  // namespace
}  // namespace wardbook::s3
