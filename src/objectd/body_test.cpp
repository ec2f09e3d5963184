#include "objectd/body.h"

#include <gtest/gtest.h>

#include "objectd/error.h"

namespace wardbook::objectd {
namespace {

struct Outcome {
  std::string code;  // "" for success
  std::string content;
  std::string checksum;
};

Outcome receive(const BodyPlan& plan, std::string_view raw, std::size_t piece) {
  Outcome out;
  BodyReceiver receiver(plan);
  try {
    for (std::size_t at = 0; at < raw.size(); at += piece) {
      receiver.feed(raw.substr(at, piece),
                    [&out](std::string_view content) { out.content.append(content); });
    }
    receiver.finish();
    out.checksum = receiver.checksum();
  } catch (const S3Error& error) {
    out.code = error.kind().code;
  }
  return out;
}

/// However the bytes are cut, the result must be the same.
Outcome receive(const BodyPlan& plan, std::string_view raw) {
  auto whole = receive(plan, raw, raw.size() + 1);
  for (const std::size_t piece : {1, 2, 3, 7, 64}) {
    const auto cut = receive(plan, raw, piece);
    EXPECT_EQ(cut.code, whole.code) << piece;
    if (whole.code.empty()) {
      EXPECT_EQ(cut.content, whole.content) << piece;
    }
  }
  return whole;
}

BodyPlan plain(std::uint64_t length) {
  BodyPlan plan;
  plan.length = length;
  return plan;
}

TEST(Body, PlainIsTakenAsItIs) {
  const auto out = receive(plain(5), "hello");
  EXPECT_EQ(out.code, "");
  EXPECT_EQ(out.content, "hello");
  EXPECT_EQ(receive(plain(6), "hello").code, "IncompleteBody");
  EXPECT_EQ(receive(plain(4), "hello").code, "IncompleteBody");
}

TEST(Body, DigestsAreCompared) {
  auto plan = plain(5);
  plan.sha256_hex = s3::payload_hash("hello");
  EXPECT_EQ(receive(plan, "hello").code, "");
  EXPECT_EQ(receive(plan, "hellO").code, "XAmzContentSHA256Mismatch");
  plan = plain(5);
  plan.md5 = from_base64("XUFAKrxLKna5cZ2REBfFkg==");
  EXPECT_EQ(receive(plan, "hello").code, "");
  EXPECT_EQ(receive(plan, "hellO").code, "BadDigest");
}

TEST(Body, EveryChecksumIsKnown) {
  // Of "hello": zlib, RFC 3720's and NVMe's polynomial, SHA-1, SHA-256.
  const std::pair<ChecksumKind, const char*> rows[] = {
      {ChecksumKind::crc32, "NhCmhg=="},
      {ChecksumKind::crc32c, "mnG7TA=="},
      {ChecksumKind::crc64nvme, "M3eFcAZSQlc="},
      {ChecksumKind::sha1, "qvTGHdzF6KLavt4PO0gs2a6pQ00="},
      {ChecksumKind::sha256, "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}};
  for (const auto& [kind, value] : rows) {
    auto plan = plain(5);
    plan.checksum = kind;
    EXPECT_EQ(to_base64(receive(plan, "hello").checksum), value) << name_of(kind);
    plan.checksum_value = from_base64(value);
    EXPECT_EQ(receive(plan, "hello").code, "") << name_of(kind);
    EXPECT_EQ(receive(plan, "hallo").code, "BadDigest") << name_of(kind);
  }
}

TEST(Body, CrcsCanBeCombined) {
  const std::string text = "The quick brown fox jumps over the lazy dog, twice or so";
  for (const auto kind : {ChecksumKind::crc32, ChecksumKind::crc32c, ChecksumKind::crc64nvme}) {
    const auto crc = [kind](std::string_view of) {
      Checksum sum(kind);
      sum.update(of);
      return sum.finish();
    };
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      const auto a = std::string_view(text).substr(0, cut);
      const auto b = std::string_view(text).substr(cut);
      EXPECT_EQ(combine_crc(kind, crc(a), crc(b), b.size()), crc(text)) << cut;
    }
  }
}

TEST(Body, UnsignedChunksWithATrailer) {
  BodyPlan plan = plain(5);
  plan.framing = BodyPlan::Framing::unsigned_chunks;
  plan.trailer = true;
  plan.checksum = ChecksumKind::crc32;
  plan.trailer_names = {"x-amz-checksum-crc32"};
  EXPECT_EQ(receive(plan, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n").code, "");
  EXPECT_EQ(receive(plan, "2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n").code,
            "");
  EXPECT_EQ(receive(plan, "5\r\nhallo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n").code,
            "BadDigest");
  EXPECT_EQ(receive(plan, "5\r\nhello\r\n0\r\n\r\n").code, "MalformedTrailerError");
  EXPECT_EQ(receive(plan, "5\r\nhello\r\n").code, "IncompleteBody");
  EXPECT_EQ(receive(plan, "4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n").code,
            "IncompleteBody");
  EXPECT_EQ(receive(plan, "6\r\nhello!\r\n0\r\n\r\n").code, "IncompleteBody");
  EXPECT_EQ(receive(plan, "5\r\nhelloXX0\r\n\r\n").code, "InvalidRequest");
  EXPECT_EQ(receive(plan, "5\nhello\r\n0\r\n\r\n").code, "InvalidRequest");
  EXPECT_EQ(receive(plan, "zz\r\nhello\r\n0\r\n\r\n").code, "InvalidArgument");
  EXPECT_EQ(receive(plan, std::string(1000, 'a')).code, "InvalidRequest");
}

/// The example of AWS's documentation: 65 KiB in two chunks, and the last one.
struct Published {
  BodyPlan plan;
  std::string raw;
};

Published published() {
  const std::string date = "20130524T000000Z";
  const s3::Scope scope{"20130524", "us-east-1", "s3"};
  const s3::SigningKey key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope);
  Published out;
  out.plan.framing = BodyPlan::Framing::signed_chunks;
  out.plan.length = 66560;
  out.plan.chunk_signer.emplace(key, date, scope.str(),
                                "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  out.raw =
      "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"
      "\r\n" +
      std::string(65536, 'a') +
      "\r\n400;chunk-signature="
      "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
      std::string(1024, 'a') +
      "\r\n0;chunk-signature="
      "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
  return out;
}

TEST(Body, SignedChunksAsPublished) {
  const auto example = published();
  const auto out = receive(example.plan, example.raw);
  EXPECT_EQ(out.code, "");
  EXPECT_EQ(out.content, std::string(66560, 'a'));
}

TEST(Body, SignedChunksTamperedWith) {
  const auto example = published();
  auto raw = example.raw;
  raw[66000] = 'b';
  EXPECT_EQ(receive(example.plan, raw, 4096).code, "SignatureDoesNotMatch");
  // The last chunk cut off: what came before is not the whole.
  EXPECT_EQ(receive(example.plan, std::string_view(example.raw).substr(0, 66560 + 180), 4096).code,
            "IncompleteBody");
  raw = example.raw;
  const auto at = raw.find("0055627c");
  raw[at] = '1';
  EXPECT_EQ(receive(example.plan, raw, 4096).code, "SignatureDoesNotMatch");
  EXPECT_EQ(receive(example.plan, "5\r\nhello\r\n0\r\n\r\n").code, "AccessDenied");
}

TEST(Body, SignedTrailer) {
  const s3::Scope scope{"20130524", "us-east-1", "s3"};
  const s3::SigningKey key("secret", scope);
  const s3::ChunkSigner seed(key, "20130524T000000Z", scope.str(), std::string(64, 'a'));
  auto signer = seed;
  std::string raw = "5;chunk-signature=" + signer.chunk(s3::payload_hash("hello")) +
                    "\r\nhello\r\n0;chunk-signature=" + signer.chunk(s3::kEmptyPayloadHash);
  raw += "\r\nx-amz-checksum-crc32:NhCmhg==\r\nx-amz-trailer-signature:" +
         signer.trailer("x-amz-checksum-crc32:NhCmhg==\n") + "\r\n\r\n";
  BodyPlan plan = plain(5);
  plan.framing = BodyPlan::Framing::signed_chunks;
  plan.trailer = true;
  plan.chunk_signer = seed;
  plan.checksum = ChecksumKind::crc32;
  plan.trailer_names = {"x-amz-checksum-crc32"};
  EXPECT_EQ(receive(plan, raw).code, "");
  auto bad = raw;
  bad.replace(bad.find("NhCmhg=="), 8, "NhCmhw==");
  EXPECT_EQ(receive(plan, bad).code, "SignatureDoesNotMatch");
  bad = raw.substr(0, raw.find("x-amz-trailer-signature")) + "\r\n";
  EXPECT_EQ(receive(plan, bad).code, "SignatureDoesNotMatch");
}

}  // namespace
}  // namespace wardbook::objectd
