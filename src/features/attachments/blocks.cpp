#include "features/attachments/blocks.h"

#include <utility>

namespace wardbook::attachments {
namespace {
constexpr std::int64_t kLeastBlockBytes = 256 * 1024;
constexpr std::int64_t kMostBlocks = 65'536;
}  // namespace

std::int64_t block_bytes_for(std::int64_t most_bytes) {
  std::int64_t bytes = kLeastBlockBytes;
  while ((most_bytes + bytes - 1) / bytes > kMostBlocks) bytes *= 2;
  return bytes;
}

std::string_view Blocks::digest(std::size_t block) const {
  return std::string_view(digests).substr(block * kDigestBytes, kDigestBytes);
}

std::uint64_t Blocks::offset(std::size_t block) const {
  std::uint64_t out = 0;
  for (const char c : std::string_view(offsets).substr(block * kOffsetBytes, kOffsetBytes)) {
    out = out << 8 | static_cast<unsigned char>(c);
  }
  return out;
}

void Blocks::add_offset(std::uint64_t offset) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    offsets.push_back(static_cast<char>(offset >> shift & 0xff));
  }
}

Blocks Blocks::from_row(const db::RowView& r) {
  Blocks out;
  out.block_bytes = r.int64(0);
  out.digests = r.bytes(1);
  if (!r.is_null(2)) out.offsets = r.bytes(2);
  return out;
}

BlockHasher::BlockHasher(std::int64_t block_bytes) : room_(static_cast<std::size_t>(block_bytes)) {
  blocks_.block_bytes = block_bytes;
}

void BlockHasher::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, room_);
    hasher_.update(piece);
    room_ -= piece.size();
    bytes.remove_prefix(piece.size());
    if (room_ == 0) close();
  }
}

Blocks BlockHasher::finish() {
  if (room_ < static_cast<std::size_t>(blocks_.block_bytes)) close();
  return std::move(blocks_);
}

void BlockHasher::close() {
  blocks_.digests += std::exchange(hasher_, Hasher()).finish();
  room_ = static_cast<std::size_t>(blocks_.block_bytes);
}

}  // namespace wardbook::attachments
