#include "features/attachments/headers.h"

#include <gtest/gtest.h>

#include "base/failure.h"

namespace wardbook::attachments {
namespace {

bool refused(const net::Headers& headers) {
  try {
    (void)digests_of(headers);
  } catch (const Failure& failure) {
    return failure.code() == Code::bad_request;
  }
  return false;
}

bool refused_without_body(const net::Headers& headers) {
  try {
    refuse_foreign_headers(headers);
  } catch (const Failure& failure) {
    return failure.code() == Code::bad_request;
  }
  return false;
}

TEST(FileHeadersTest, DigestsOfABodyAreUnderstood) {
  const std::string sha = "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:";
  const auto none = digests_of({{"Content-Type", "text/plain"}, {"Idempotency-Key", "k"}});
  EXPECT_FALSE(none.md5 || none.sha256);
  EXPECT_EQ(digests_of({{"Content-MD5", "kAFQmDzST7DWlj99KOF/cg=="}}).md5,
            "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(digests_of({{"content-digest", sha}}).sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_TRUE(digests_of({{"Repr-Digest", sha}, {"Content-Digest", sha}}).sha256);
}

TEST(FileHeadersTest, NoDigestIsIgnored) {
  const std::string sha = "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:";
  const std::string other = "sha-256=:AAAAv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:";
  EXPECT_TRUE(refused({{"Content-MD5", ""}}));
  EXPECT_TRUE(refused({{"Content-MD5", "900150983cd24fb0d6963f7d28e17f72"}}));
  EXPECT_TRUE(refused(
      {{"Content-MD5", "kAFQmDzST7DWlj99KOF/cg=="}, {"content-md5", "kAFQmDzST7DWlj99KOF/cg=="}}));
  EXPECT_TRUE(refused({{"Content-Digest", "sha-512=:AAAA:"}}));
  EXPECT_TRUE(refused({{"Content-Digest", sha + ", md5=:AAAA:"}}));
  EXPECT_TRUE(refused({{"Content-Digest", "sha-256=:"}}));
  EXPECT_TRUE(refused({{"Content-Digest", "sha-256=:AAAA:"}}));
  EXPECT_TRUE(refused({{"Content-Digest", sha}, {"Repr-Digest", other}}));
  EXPECT_TRUE(refused({{"Digest", "SHA-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}}));
}

TEST(FileHeadersTest, ConditionsAndRangesOfAChangeAreRefused) {
  for (const auto* name :
       {"If-Match", "if-none-match", "If-Modified-Since", "If-Unmodified-Since", "If-Range",
        "Range", "Content-Range", "x-amz-checksum-sha256", "X-Amz-Acl"}) {
    EXPECT_TRUE(refused({{name, "*"}})) << name;
    EXPECT_TRUE(refused_without_body({{name, "*"}})) << name;
  }
  for (const auto* name : {"Content-MD5", "Content-Digest", "Repr-Digest", "Digest"}) {
    EXPECT_TRUE(refused_without_body({{name, "kAFQmDzST7DWlj99KOF/cg=="}})) << name;
  }
  EXPECT_FALSE(refused_without_body({{"Content-Type", "application/json"}, {"Accept", "*/*"}}));
}

}  // namespace
}  // namespace wardbook::attachments
