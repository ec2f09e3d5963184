#include "features/audit/version_hash.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace wardbook::audit {
namespace {

constexpr std::string_view kSalt = "00010203-0405-0607-0809-0a0b0c0d0e0f";

std::string hex_of(std::string_view bytes) {
  const auto hash = sha256(bytes);
  return to_hex(hash);
}

TEST(VersionHash, TheDigestIsOverSaltReasonAndContent) {
  std::string salt;
  for (char c = 0; c < 16; ++c) salt += c;
  EXPECT_EQ(to_hex(content_digest(kSalt, std::nullopt, "{}")), hex_of(salt + "-,{}"));
  EXPECT_EQ(to_hex(content_digest(kSalt, "why: ä", "{}")), hex_of(salt + "7:why: ä,{}"));
  EXPECT_EQ(to_hex(content_digest("", std::nullopt, "{}")), hex_of("-,{}")) << "without a salt";
}

TEST(VersionHash, TheHashIsOverOneLine) {
  const std::string digest = content_digest(kSalt, std::nullopt, "{}");
  VersionHead head{.content_format = 1,
                   .resource = "record",
                   .id = 12,
                   .version = 3,
                   .revision = 7,
                   .kind = "updated",
                   .status = "draft",
                   .patient = 5,
                   .author = 9,
                   .begun = *parse_rfc3339("2026-03-04T05:06:07Z"),
                   .changed = *parse_rfc3339("2026-03-04T05:06:08.5Z")};
  EXPECT_EQ(version_hash(head, digest),
            hex_of("1 record 12 3 7 updated draft 5 9 1772600767000000 1772600768500000 " +
                   to_hex(digest)));
  head.status = "-";
  head.patient.reset();
  head.author.reset();
  EXPECT_EQ(
      version_hash(head, digest),
      hex_of("1 record 12 3 7 updated - - - 1772600767000000 1772600768500000 " + to_hex(digest)));
}

TEST(VersionHash, EachSaltIsAnother) {
  const std::string salt = new_salt();
  EXPECT_EQ(salt.size(), 36U);
  EXPECT_NE(salt, new_salt());
}

}  // namespace
}  // namespace wardbook::audit
