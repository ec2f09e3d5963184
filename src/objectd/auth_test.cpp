#include "objectd/auth.h"

#include <gtest/gtest.h>

#include "objectd/error.h"

namespace wardbook::objectd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const s3::Credentials kOwner{"OWNER", "the-secret", {}};

struct Signing {
  s3::Credentials who = kOwner;
  std::string region = "us-east-1";
  std::string service = "s3";
  std::chrono::seconds expires{600};
};

class Auth : public testing::Test {
 protected:
  net::RequestHead by_header(net::Headers headers = {}, Signing how = {}) {
    return made(false, std::move(headers), std::move(how));
  }
  net::RequestHead by_query(net::Headers headers = {}, Signing how = {}) {
    return made(true, std::move(headers), std::move(how));
  }
  /// The S3 code that the request is refused with; "" if it is let in.
  std::string verdict(const net::RequestHead& head) {
    try {
      (void)auth_.verify(head);
      return "";
    } catch (const S3Error& error) {
      return std::string(error.kind().code);
    }
  }

  ManualClock clock_{s3::parse_amz_date("20260301T101112Z").value()};

 private:
  net::RequestHead made(bool query, net::Headers headers, Signing how) {
    s3::SigningKeys keys;
    s3::SigningOptions options;
    options.time = clock_.now();
    options.region = how.region;
    options.service = how.service;
    options.expires = how.expires;
    headers.set("Host", "127.0.0.1:9000");
    const std::string target = "/bucket/key%20one?x-id=PutObject";
    auto request = query ? sign_by_query("PUT", target, headers, how.who, options, keys)
                         : sign_by_header("PUT", target, headers, how.who, options, keys);
    net::RequestHead head;
    head.method = "PUT";
    head.target = std::move(request.target);
    head.headers = std::move(request.headers);
    return head;
  }

  Authenticator auth_{"OWNER", "the-secret", "us-east-1", clock_};
};

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

TEST_F(Auth, TheOwnerIsLetInEitherWay) {
  EXPECT_EQ(verdict(by_header()), "");
  EXPECT_EQ(verdict(by_query()), "");
  EXPECT_EQ(verdict(by_header({{"x-amz-meta-a", "1"}, {"Content-Type", "text/plain"}})), "");
  EXPECT_EQ(verdict(by_query({{"Content-Length", "100"}, {"x-amz-meta-a", "1"}})), "");
}

TEST_F(Auth, StrangersAreNot) {
  net::RequestHead bare;
  bare.method = "GET";
  bare.target = "/bucket/key";
  bare.headers = {{"Host", "127.0.0.1:9000"}};
  EXPECT_EQ(verdict(bare), "AccessDenied");
  bare.headers.set("Authorization", "Basic b3duZXI6");
  EXPECT_EQ(verdict(bare), "InvalidRequest");
  EXPECT_EQ(verdict(by_header({}, {.who = {"OTHER", "the-secret", {}}})), "InvalidAccessKeyId");
  EXPECT_EQ(verdict(by_header({}, {.who = {"OWNER", "wrong", {}}})), "SignatureDoesNotMatch");
  EXPECT_EQ(verdict(by_query({}, {.who = {"OWNER", "wrong", {}}})), "SignatureDoesNotMatch");
  EXPECT_EQ(verdict(by_header({}, {.who = {"OWNER", "the-secret", "token"}})), "InvalidToken");
}

TEST_F(Auth, WhateverIsTamperedWithShows) {
  const auto good = by_header({{"x-amz-meta-a", "1"}, {"Content-Type", "text/plain"}});
  auto bad = good;
  bad.method = "DELETE";
  EXPECT_EQ(verdict(bad), "SignatureDoesNotMatch");
  bad = good;
  bad.target = replaced(bad.target, "one", "two");
  EXPECT_EQ(verdict(bad), "SignatureDoesNotMatch");
  bad = good;
  bad.target += "&acl";
  EXPECT_EQ(verdict(bad), "SignatureDoesNotMatch");
  for (const auto* name : {"x-amz-meta-a", "Content-Type", "Host"}) {
    bad = good;
    bad.headers.set(name, "other");
    EXPECT_EQ(verdict(bad), "SignatureDoesNotMatch") << name;
    bad.headers.erase(name);
    EXPECT_EQ(verdict(bad), "SignatureDoesNotMatch") << name;
  }
  bad = good;
  bad.headers.set("x-amz-content-sha256", std::string(64, 'a'));
  EXPECT_EQ(verdict(bad), "SignatureDoesNotMatch");
}

TEST_F(Auth, APresignedUrlIsTamperedWithInVain) {
  const auto good = by_query({{"Content-Length", "100"}, {"Content-Type", "application/pdf"}});
  for (const auto& [what, with] : {std::pair{"one", "two"},
                                   {"X-Amz-Expires=600", "X-Amz-Expires=601"},
                                   {"X-Amz-Date=20260301T101112Z", "X-Amz-Date=20260301T101113Z"},
                                   {"x-id=PutObject", "x-id=putObject"}}) {
    auto bad = good;
    bad.target = replaced(bad.target, what, with);
    EXPECT_EQ(verdict(bad), "SignatureDoesNotMatch") << what;
  }
  for (const auto* length : {"99", "101"}) {
    auto bad = good;
    bad.headers.set("Content-Length", length);
    EXPECT_EQ(verdict(bad), "SignatureDoesNotMatch") << length;
  }
  auto bad = good;
  bad.headers.set("Content-Type", "text/html");
  EXPECT_EQ(verdict(bad), "SignatureDoesNotMatch");
}

TEST_F(Auth, HeadersThatChangeTheMeaningMustBeSigned) {
  for (auto head : {by_header(), by_query()}) {
    head.headers.add("x-amz-storage-class", "STANDARD");
    EXPECT_EQ(verdict(head), "AccessDenied");
    head.headers.erase("x-amz-storage-class");
    head.headers.add("X-AMZ-Meta-B", "1");
    EXPECT_EQ(verdict(head), "AccessDenied");
  }
}

TEST_F(Auth, NoHeaderIsReadTwice) {
  auto head = by_header({{"x-amz-meta-a", "1,2"}});
  head.headers.set("x-amz-meta-a", "1");
  head.headers.add("x-amz-meta-a", "2");
  EXPECT_EQ(verdict(head), "InvalidRequest");
}

TEST_F(Auth, TheHostMustBeSigned) {
  auto head = by_query();
  head.target = replaced(head.target, "SignedHeaders=host", "SignedHeaders=date");
  EXPECT_EQ(verdict(head), "AuthorizationQueryParametersError");
}

TEST_F(Auth, AHeaderSignatureLivesAQuarterOfAnHourBothWays) {
  const auto head = by_header();
  clock_.advance(minutes(15));
  EXPECT_EQ(verdict(head), "");
  clock_.advance(seconds(1));
  EXPECT_EQ(verdict(head), "RequestTimeTooSkewed");
  clock_.advance(-minutes(30) - seconds(1));
  EXPECT_EQ(verdict(head), "");
  clock_.advance(-seconds(1));
  EXPECT_EQ(verdict(head), "RequestTimeTooSkewed");
}

TEST_F(Auth, APresignedUrlLivesAsLongAsItSays) {
  const auto head = by_query();
  clock_.advance(seconds(600));
  EXPECT_EQ(verdict(head), "");
  clock_.advance(seconds(1));
  EXPECT_EQ(verdict(head), "AccessDenied");
  clock_.advance(-seconds(601) - minutes(15) - seconds(1));
  EXPECT_EQ(verdict(head), "AccessDenied");
}

TEST_F(Auth, AWeekIsTheLongest) {
  const auto week = std::chrono::hours(7 * 24);
  EXPECT_EQ(verdict(by_query({}, {.expires = week})), "");
  EXPECT_EQ(verdict(by_query({}, {.expires = week + seconds(1)})),
            "AuthorizationQueryParametersError");
}

TEST_F(Auth, RegionAndServiceAreOurs) {
  EXPECT_EQ(verdict(by_header({}, {.region = "eu-west-1"})), "AuthorizationHeaderMalformed");
  EXPECT_EQ(verdict(by_query({}, {.region = "eu-west-1"})), "AuthorizationQueryParametersError");
  EXPECT_EQ(verdict(by_header({}, {.service = "iam"})), "AuthorizationHeaderMalformed");
}

TEST_F(Auth, OneSignatureIsEnough) {
  auto head = by_query();
  head.headers.set("Authorization", by_header().headers.get("Authorization").value());
  EXPECT_EQ(verdict(head), "InvalidArgument");
}

}  // namespace
}  // namespace wardbook::objectd
