#include <gtest/gtest.h>

#include "s3/sigv4.h"

namespace wardbook::s3 {
namespace {

const Credentials kOwner{"OWNER", "a-secret", {}};

SigningOptions options_at(std::string_view date) {
  SigningOptions options;
  options.time = parse_amz_date(date).value();
  options.region = "eu-central-1";
  return options;
}

net::RequestHead head_of(std::string method, const SignedRequest& request) {
  net::RequestHead head;
  head.method = std::move(method);
  head.target = request.target;
  head.headers = request.headers;
  return head;
}

net::RequestHead signed_put() {
  SigningKeys keys;
  auto options = options_at("20260301T101112Z");
  options.payload_hash = payload_hash("body");
  return head_of("PUT", sign_by_header("PUT", "/bucket/a%20key?x-id=PutObject",
                                       {{"Host", "127.0.0.1:9000"},
                                        {"Content-Type", "text/plain"},
                                        {"x-amz-meta-a", "  two   words "}},
                                       kOwner, options, keys));
}

net::RequestHead presigned_get() {
  SigningKeys keys;
  auto options = options_at("20260301T101112Z");
  options.expires = std::chrono::seconds{600};
  return head_of("GET", sign_by_query("GET", "/bucket/k?response-content-type=a%2Fb",
                                      {{"Host", "127.0.0.1:9000"}}, kOwner, options, keys));
}

bool verifies(const net::RequestHead& head, std::string_view secret = "a-secret") {
  const auto claim = parse_claim(head);
  if (!claim) return false;
  SigningKeys keys;
  return signature_matches(expected_signature(head, *claim, keys.get(secret, claim->scope)),
                           *claim);
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what << " in " << text;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

TEST(SigV4Verify, WhatWasSignedByHeaderIsClaimedAndVerifies) {
  const auto head = signed_put();
  const auto claim = parse_claim(head);
  ASSERT_TRUE(claim.has_value());
  EXPECT_EQ(claim->kind, Claim::Kind::header);
  EXPECT_EQ(claim->access_key, "OWNER");
  EXPECT_EQ(claim->scope.str(), "20260301/eu-central-1/s3/aws4_request");
  EXPECT_EQ(claim->payload_hash, payload_hash("body"));
  EXPECT_EQ(amz_date(claim->time), "20260301T101112Z");
  EXPECT_TRUE(claim->signs("x-amz-meta-a"));
  EXPECT_FALSE(claim->signs("x-amz-meta"));
  EXPECT_EQ(unsigned_amz_header(head, *claim), std::nullopt);
  EXPECT_TRUE(verifies(head));
  EXPECT_FALSE(verifies(head, "another-secret"));
}

TEST(SigV4Verify, WhatWasPresignedIsClaimedAndVerifies) {
  const auto head = presigned_get();
  const auto claim = parse_claim(head);
  ASSERT_TRUE(claim.has_value());
  EXPECT_EQ(claim->kind, Claim::Kind::query);
  EXPECT_EQ(claim->expires, std::chrono::seconds{600});
  EXPECT_EQ(claim->payload_hash, kUnsignedPayload);
  EXPECT_TRUE(verifies(head));
  EXPECT_FALSE(verifies(head, "another-secret"));
}

TEST(SigV4Verify, EveryChangeOfWhatIsSignedBreaksTheSignature) {
  const auto original = signed_put();
  auto head = original;
  head.method = "DELETE";
  EXPECT_FALSE(verifies(head));
  for (const auto* target :
       {"/bucket/a%20kez?x-id=PutObject", "/bucket/a%20key?x-id=GetObject", "/bucket/a%20key",
        "/bucket/a%20key?x-id=PutObject&acl", "/bucket//a%20key?x-id=PutObject"}) {
    head = original;
    head.target = target;
    EXPECT_FALSE(verifies(head)) << target;
  }
  for (const auto* name :
       {"Host", "Content-Type", "x-amz-meta-a", "x-amz-date", "x-amz-content-sha256"}) {
    head = original;
    auto value = std::string(*head.headers.get(name));
    value[value.size() - 2] = value[value.size() - 2] == '0' ? '1' : '0';
    head.headers.set(name, value);
    EXPECT_FALSE(verifies(head)) << name;
    head.headers.erase(name);
    EXPECT_FALSE(verifies(head)) << name << " missing";
    head = original;
    head.headers.add(name, "more");
    EXPECT_FALSE(verifies(head)) << name << " twice";
  }
  const auto url = presigned_get();
  for (const auto& [what, with] : {std::pair{"X-Amz-Expires=600", "X-Amz-Expires=601"},
                                   {"/k?", "/l?"},
                                   {"a%2Fb", "a%2Fc"},
                                   {"101112Z", "101113Z"}}) {
    head = url;
    head.target = replaced(head.target, what, with);
    EXPECT_FALSE(verifies(head)) << what;
  }
}

TEST(SigV4Verify, EscapingOnTheWireDoesNotMatter) {
  auto head = signed_put();
  head.target = "/bucket/a%20k%65y?x-id=Put%4fbject";
  EXPECT_TRUE(verifies(head));
  head.headers.set("x-amz-meta-a", "two words");
  EXPECT_TRUE(verifies(head));
}

TEST(SigV4Verify, AnAmzHeaderThatIsNotSignedIsFound) {
  auto head = signed_put();
  head.headers.add("X-Amz-Copy-Source", "/other/key");
  const auto claim = parse_claim(head);
  ASSERT_TRUE(claim.has_value());
  EXPECT_EQ(unsigned_amz_header(head, *claim), "x-amz-copy-source");
  EXPECT_TRUE(verifies(head));
}

TEST(SigV4Verify, IllFormedAuthorizationHeaders) {
  const auto original = signed_put();
  const std::string good(*original.headers.get("authorization"));
  struct Row {
    std::string value;
    ClaimError error;
  };
  const std::vector<Row> rows = {
      {"Basic dXNlcjpwYXNz", ClaimError::unsupported_algorithm},
      {"AWS OWNER:c2ln", ClaimError::unsupported_algorithm},
      {replaced(good, "HMAC-SHA256", "ECDSA-P256-SHA256"), ClaimError::unsupported_algorithm},
      {"AWS4-HMAC-SHA256", ClaimError::malformed},
      {"AWS4-HMAC-SHA256 ", ClaimError::malformed},
      {replaced(good, "Credential=", "Credentials="), ClaimError::malformed},
      {replaced(good, "aws4_request", "aws5_request"), ClaimError::malformed},
      {replaced(good, "/eu-central-1", ""), ClaimError::malformed},
      {replaced(good, "OWNER", ""), ClaimError::malformed},
      {replaced(good, "Signature=", "Signature=g"), ClaimError::malformed},
      {good.substr(0, good.size() - 1), ClaimError::malformed},
      {good + ", Signature=" + std::string(64, 'a'), ClaimError::malformed},
      {good + ", Extra=1", ClaimError::malformed},
      {replaced(good, "content-type;host", "host;content-type"), ClaimError::malformed},
      {replaced(good, "content-type;host", "Content-Type;host"), ClaimError::malformed},
      {replaced(good, "content-type;host", "host;host"), ClaimError::malformed},
      {replaced(good, "content-type;host", "content-type;;host"), ClaimError::malformed},
      {replaced(good, "content-type;host", "content-type"), ClaimError::host_not_signed},
      {replaced(good, "/20260301/", "/20260302/"), ClaimError::bad_date},
  };
  for (const auto& row : rows) {
    auto head = original;
    head.headers.set("Authorization", row.value);
    const auto claim = parse_claim(head);
    ASSERT_FALSE(claim.has_value()) << row.value;
    EXPECT_EQ(claim.error(), row.error) << row.value;
  }
}

TEST(SigV4Verify, OtherClaimErrors) {
  net::RequestHead plain;
  plain.method = "GET";
  plain.target = "/bucket/key";
  plain.headers.add("Host", "h");
  EXPECT_EQ(parse_claim(plain).error(), ClaimError::none);

  auto head = signed_put();
  head.headers.erase("x-amz-content-sha256");
  EXPECT_EQ(parse_claim(head).error(), ClaimError::no_payload_hash);
  head = signed_put();
  head.headers.set("x-amz-date", "yesterday");
  EXPECT_EQ(parse_claim(head).error(), ClaimError::bad_date);
  head = signed_put();
  head.headers.add("Authorization", "AWS4-HMAC-SHA256 x");
  EXPECT_EQ(parse_claim(head).error(), ClaimError::malformed);
  head = presigned_get();
  head.headers.add("Authorization", *signed_put().headers.get("authorization"));
  EXPECT_EQ(parse_claim(head).error(), ClaimError::two_mechanisms);

  const auto url = presigned_get();
  const auto with = [&url](std::string_view what, std::string_view by) {
    auto changed = url;
    changed.target = replaced(changed.target, what, by);
    return parse_claim(changed).error();
  };
  for (const auto* expires : {"X-Amz-Expires=604801", "X-Amz-Expires=-1", "X-Amz-Expires=1e3",
                              "X-Amz-Expires=", "X-Amz-Expires=99999999999999999999"}) {
    EXPECT_EQ(with("X-Amz-Expires=600", expires), ClaimError::bad_expires) << expires;
  }
  EXPECT_EQ(with("X-Amz-Expires=600", "X-Amz-Expires=600&X-Amz-Expires=600"),
            ClaimError::malformed);
  EXPECT_EQ(with("X-Amz-Expires=600", "x=1"), ClaimError::malformed);
  EXPECT_EQ(with("SHA256", "SHA1"), ClaimError::unsupported_algorithm);
  EXPECT_EQ(with("SignedHeaders=host", "SignedHeaders=range"), ClaimError::host_not_signed);
  EXPECT_EQ(with("Date=20260301T", "Date=20260302T"), ClaimError::bad_date);
  EXPECT_EQ(with("a%2Fb", "a%2"), ClaimError::malformed);
}

}  // namespace
}  // namespace wardbook::s3
