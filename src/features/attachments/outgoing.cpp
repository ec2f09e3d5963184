#include "features/attachments/outgoing.h"

#include <algorithm>
#include <utility>

#include "features/attachments/attachments_sql.h"

namespace wardbook::attachments {
namespace {

/// Which of the stored bytes hold the blocks; nullopt: all of them.
std::optional<s3::ByteRange> stored_range(const Attachment& a, const Blocks& blocks,
                                          std::uint64_t first_block) {
  const auto block_bytes = static_cast<std::uint64_t>(blocks.block_bytes);
  const auto size = static_cast<std::uint64_t>(a.file_size);
  const std::uint64_t begin = first_block * block_bytes;
  const std::uint64_t end = begin + blocks.count() * block_bytes;
  if (begin == 0 && end >= size) return std::nullopt;
  if (!a.content_encoding) return s3::ByteRange{begin, std::min(end, size) - 1};
  if (!blocks.seekable()) return std::nullopt;
  const std::uint64_t from = begin == 0 ? 0 : blocks.offset(0);
  return s3::ByteRange{from, blocks.offset(blocks.count()) - 1};
}

Failure altered() {
  return Failure(Code::attachment_altered, {}, kAltered);
}

}  // namespace

Failure altered_or(const s3::S3Failure& failure) {
  if (failure.error == s3::S3Error::changed) return altered();
  if (failure.error == s3::S3Error::not_found) return Failure(Code::attachment_lost, {}, kLost);
  return store_failure(failure);
}

Task<Outgoing> Outgoing::open(db::Pool& db, s3::Store& store, TenantId tenant, Attachment a,
                              std::uint64_t first, std::uint64_t last) {
  auto blocks = co_await db.read_maybe_one(tenant, kBlocks, a.id, static_cast<std::int64_t>(first),
                                           static_cast<std::int64_t>(last));
  if (!blocks) throw altered();
  const auto block_bytes = static_cast<std::uint64_t>(blocks->block_bytes);
  const std::uint64_t first_block = first / block_bytes;
  if (blocks->count() != last / block_bytes - first_block + 1) throw altered();
  const auto range = stored_range(a, *blocks, first_block);
  auto object = co_await store.get(a.s3_key, range, a.etag.value_or(""));
  if (!object) throw altered_or(object.error());
  const std::uint64_t length =
      range ? *range->last - range->first + 1 : static_cast<std::uint64_t>(a.stored_size);
  if (object->length() != length) throw altered();

  Outgoing out(std::move(*object));
  out.size_ = static_cast<std::uint64_t>(a.file_size);
  out.first_ = first;
  out.last_ = last;
  out.sha256_ = a.sha256.value_or("");
  const bool from_start = !range || range->first == 0;
  out.at_ = from_start ? 0 : first_block * block_bytes;
  if (a.content_encoding) {
    out.decoder_.emplace(out.size_ - out.at_,
                         from_start ? GzipDecoder::From::member : GzipDecoder::From::mark);
  }
  if (first_block == 0 && !range) out.whole_.emplace();
  out.blocks_ = std::move(*blocks);
  co_return out;
}

/// Unpacks some more; false when there is nothing more at the store.
Task<bool> Outgoing::read_more() {
  if (read_.empty()) {
    const std::span<char> into(buffer_);
    auto got = co_await object_.read(into);
    if (!got) throw altered_or(got.error());
    if (*got == 0) co_return false;
    read_ = std::string_view(buffer_).substr(0, *got);
  }
  if (!decoder_) {
    unpacked_.append(std::exchange(read_, {}));
    co_return true;
  }
  decoder_->feed(read_.substr(0, kUnpackStep), unpacked_);
  read_.remove_prefix(std::min(read_.size(), kUnpackStep));
  if (decoder_->refused()) throw altered();
  co_return true;
}

/// The block at at_, whole.
Task<std::string> Outgoing::next_block() {
  const auto length = static_cast<std::size_t>(
      std::min<std::uint64_t>(static_cast<std::uint64_t>(blocks_.block_bytes), size_ - at_));
  bool more = true;
  while (more && unpacked_.size() < length) more = co_await read_more();
  const bool last = at_ + length == size_;
  // Up to the end of the encoding, whose checksum comes after the last byte of the file.
  while (more && last && whole_) more = co_await read_more();
  if (unpacked_.size() < length || (last && unpacked_.size() > length)) throw altered();
  std::string block = unpacked_.substr(0, length);
  unpacked_.erase(0, length);
  at_ += length;
  if (whole_) whole_->update(block);
  const bool complete = !decoder_ || decoder_->state() == GzipDecoder::State::done;
  if (last && whole_ && (!complete || to_hex(whole_->finish()) != sha256_)) throw altered();
  co_return block;
}

Task<std::string> Outgoing::next() {
  while (at_ <= last_) {
    const std::uint64_t begin = at_;
    std::string block = co_await next_block();
    if (at_ <= first_ / static_cast<std::uint64_t>(blocks_.block_bytes) *
                   static_cast<std::uint64_t>(blocks_.block_bytes)) {
      continue;  // in front of what is wanted, of an encoding that is read from its beginning
    }
    const auto digest = sha256(block);
    if (block_ >= blocks_.count() || as_chars(digest) != blocks_.digest(block_++)) throw altered();
    const std::uint64_t from = std::max(begin, first_);
    const std::uint64_t to = std::min(at_, last_ + 1);
    co_return block.substr(from - begin, to - from);
  }
  co_return std::string();
}

}  // namespace wardbook::attachments
