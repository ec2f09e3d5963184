#include "features/attachments/packing.h"

#include <gtest/gtest.h>

namespace wardbook::attachments {
namespace {

std::string readings(std::size_t bytes) {
  std::string out;
  for (std::uint32_t i = 0; out.size() < bytes; ++i) {
    out += std::to_string(i) + ";" + std::to_string(i * 2'654'435'761U % 1'000'003) + "\n";
  }
  out.resize(bytes);
  return out;
}

/// Bytes that nothing makes smaller.
std::string noise(std::size_t bytes) {
  return random_bytes(bytes);
}

struct Packed {
  std::string stored;
  bool packed = false;
  Blocks blocks;
};

Packed pack(std::string_view bytes, std::size_t step) {
  Packer packer(true, static_cast<std::int64_t>(bytes.size()));
  Packed out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    packer.feed(bytes.substr(at, step), out.stored);
    EXPECT_TRUE(packer.decided() || out.stored.empty());
  }
  packer.finish(out.stored);
  EXPECT_EQ(packer.size(), bytes.size());
  EXPECT_EQ(packer.sha256(), to_hex(sha256(bytes)));
  out.packed = packer.packed();
  out.blocks = packer.blocks(out.packed);
  return out;
}

TEST(PackingTest, EveryBlockUnpacksByItselfAndHasItsDigest) {
  for (const std::size_t size : {std::size_t{1'000}, std::size_t{256 * 1024},
                                 std::size_t{1024 * 1024}, std::size_t{1'500'000}}) {
    const std::string bytes = readings(size);
    const Packed out = pack(bytes, 70'000);
    ASSERT_TRUE(out.packed) << size;
    const auto block = static_cast<std::size_t>(out.blocks.block_bytes);
    ASSERT_EQ(out.blocks.count(), (size + block - 1) / block);
    EXPECT_EQ(out.blocks.offset(out.blocks.count()), out.stored.size());
    for (std::size_t i = 0; i < out.blocks.count(); ++i) {
      const auto from = out.blocks.offset(i);
      GzipDecoder decoder(block, GzipDecoder::From::mark);
      std::string unpacked;
      decoder.feed(std::string_view(out.stored).substr(from, out.blocks.offset(i + 1) - from),
                   unpacked);
      EXPECT_TRUE(unpacked == bytes.substr(i * block, block)) << size << " " << i;
      EXPECT_EQ(out.blocks.digest(i), as_chars(sha256(unpacked)));
    }
  }
}

TEST(PackingTest, WhatSavesLessThanATenthStaysAsItIs) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{500'000}, std::size_t{1'200'000}}) {
    const std::string bytes = noise(size);
    const Packed out = pack(bytes, 70'000);
    EXPECT_FALSE(out.packed) << size;
    EXPECT_TRUE(out.stored == bytes) << size;
    EXPECT_FALSE(out.blocks.seekable());
    EXPECT_EQ(out.blocks.count(), (size + 262'143) / 262'144);
  }
  EXPECT_TRUE(saves_enough(90, 100));
  EXPECT_FALSE(saves_enough(91, 100));
}

TEST(PackingTest, TheTrialIsOverBeforeMoreThanAMegabyteWaits) {
  Packer packer(true, 10'000'000);
  std::string out;
  packer.feed(readings(1024 * 1024), out);
  EXPECT_TRUE(packer.decided());
  EXPECT_FALSE(out.empty());
}

TEST(BlocksTest, LargerFilesHaveLargerBlocks) {
  constexpr std::int64_t kGib = 1024LL * 1024 * 1024;
  EXPECT_EQ(block_bytes_for(1), 256 * 1024);
  EXPECT_EQ(block_bytes_for(16 * kGib), 256 * 1024);
  EXPECT_EQ(block_bytes_for(16 * kGib + 1), 512 * 1024);
  EXPECT_EQ(block_bytes_for(625 * kGib), 16 * 1024 * 1024);
}

}  // namespace
}  // namespace wardbook::attachments
