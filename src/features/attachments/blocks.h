#pragma once

// Inside of the slice: digests of a file's blocks, so that a part of it can be checked by itself.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "db/query.h"

namespace wardbook::attachments {

/// How long a block of the original bytes is. Larger files have larger ones, so that what is kept
/// of them stays small.
[[nodiscard]] std::int64_t block_bytes_for(std::int64_t most_bytes);

/// What is kept of a file's blocks, or of some that follow each other.
struct Blocks {
  static constexpr std::size_t kDigestBytes = 32;
  static constexpr std::size_t kOffsetBytes = 8;

  std::int64_t block_bytes = 0;
  std::string digests;  ///< SHA-256 of each block's original bytes, one after the other
  /// Where each block begins in the stored bytes, and where the last one ends: 8 bytes each, the
  /// first of them the most significant. Only of files that this service compressed.
  std::string offsets;

  [[nodiscard]] std::size_t count() const noexcept { return digests.size() / kDigestBytes; }
  [[nodiscard]] std::string_view digest(std::size_t block) const;
  [[nodiscard]] bool seekable() const noexcept { return !offsets.empty(); }
  [[nodiscard]] std::uint64_t offset(std::size_t block) const;
  void add_offset(std::uint64_t offset);
  static Blocks from_row(const db::RowView& row);
};

/// Makes them of a file that is read from its beginning.
class BlockHasher {
 public:
  explicit BlockHasher(std::int64_t block_bytes);
  /// How many bytes are missing until the block is full.
  [[nodiscard]] std::size_t room() const noexcept { return room_; }
  void feed(std::string_view bytes);
  [[nodiscard]] Blocks finish();

 private:
  void close();
  Blocks blocks_;
  Hasher hasher_;
  std::size_t room_;
};

}  // namespace wardbook::attachments
