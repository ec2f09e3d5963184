#include "objectd/object_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "objectd/little_endian.h"

namespace wardbook::objectd {
namespace {

constexpr std::string_view kObjectMagic{"WBOBJ1\0\0", 8};
constexpr std::string_view kEndMagic{"WBEND1\0\0", 8};
constexpr std::size_t kObjectIdBytes = 16;
constexpr std::size_t kObjectHeaderBytes = 96;
constexpr std::size_t kEndBytes = 24;
constexpr std::size_t kSealedBlock = kBlockBytes + kTagBytes;
constexpr std::size_t kTailBytes = 8 * 1024;
constexpr std::size_t kMaxFooter = 8 * 1024 * 1024;
constexpr std::size_t kFlushBytes = 4 * kSealedBlock;
constexpr std::size_t kReadBlocks = 4;
constexpr std::uint64_t kReserveFrom = 1024 * 1024;

/// The key is the object's own, so the block's number alone never repeats; the footer has another
/// first byte.
std::string block_nonce(char domain, std::uint64_t number) {
  std::string out{domain, 0, 0, 0};
  append_u64(out, number);
  return out;
}

std::string block_aad(std::string_view id, std::uint64_t number, bool last) {
  std::string out(id);
  append_u64(out, number);
  out += last ? '\1' : '\0';
  return out;
}

std::string footer_aad(std::string_view header, std::uint64_t bytes, std::string_view binding) {
  std::string out(header);
  append_u64(out, bytes);
  out.append(binding);
  return out;
}

std::uint64_t blocks_of(std::uint64_t bytes) {
  return (bytes + kBlockBytes - 1) / kBlockBytes;
}
std::uint64_t sealed_bytes(std::uint64_t bytes) {
  return bytes + blocks_of(bytes) * kTagBytes;
}

}  // namespace

ObjectWriter::ObjectWriter(fs::Path path, const MasterKey& master, std::string binding,
                           std::uint64_t expected_bytes)
    : path_(std::move(path)),
      binding_(std::move(binding)),
      id_(random_bytes(kObjectIdBytes)),
      aead_(std::string(kKeyBytes, '\0')) {
  const auto key = random_bytes(kKeyBytes);
  aead_ = Aead(key);
  header_.append(kObjectMagic).append(id_).append(master.wrap(key, id_));
  header_.resize(kObjectHeaderBytes);
  fd_ = fs::create(path_);
  out_ = header_;
  if (expected_bytes < kReserveFrom) return;
  const auto room = static_cast<off_t>(kObjectHeaderBytes + sealed_bytes(expected_bytes));
  if (::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, room) != 0 && errno == ENOSPC) {
    const int error = errno;
    ::unlink(path_.c_str());
    throw std::system_error(error, std::generic_category(), "fallocate");
  }
}

ObjectWriter::~ObjectWriter() {
  if (!moved_) ::unlink(path_.c_str());
}

void ObjectWriter::write(std::string_view content) {
  bytes_ += content.size();
  while (!content.empty()) {
    // A full block waits for what follows: only then is it known whether it is the last.
    if (block_.size() == kBlockBytes) seal_block(false);
    const auto piece = content.substr(0, kBlockBytes - block_.size());
    block_.append(piece);
    content.remove_prefix(piece.size());
  }
}

void ObjectWriter::seal_block(bool last) {
  aead_.seal(block_nonce('B', block_number_), block_aad(id_, block_number_, last), block_, out_);
  ++block_number_;
  block_.clear();
  if (out_.size() >= kFlushBytes) flush();
}

void ObjectWriter::flush() {
  fs::write_all(fd_, out_);
  out_.clear();
}

void ObjectWriter::settle() {
  flush();
  fs::sync(fd_);
}

void ObjectWriter::finish(std::string_view metadata) {
  if (!block_.empty()) seal_block(true);
  const auto before = out_.size();
  aead_.seal(block_nonce('F', 0), footer_aad(header_, bytes_, binding_), metadata, out_);
  const auto footer = out_.size() - before;
  append_u64(out_, bytes_);
  append_u64(out_, footer);
  out_.append(kEndMagic);
  flush();
  fs::sync(fd_);
}

void ObjectWriter::move_to(const fs::Path& target) {
  fs::rename(path_, target);
  moved_ = true;
  fs::sync_folder(target.parent_path());
}

std::optional<ObjectFile> ObjectFile::open(const fs::Path& path, const MasterKey& master,
                                           std::string_view binding) {
  auto fd = fs::open_existing(path);
  if (!fd) return std::nullopt;
  const auto length = fs::size(*fd);
  if (length < kObjectHeaderBytes + kTagBytes + kEndBytes) throw CorruptFile("too short");

  const auto tail_at = length <= kTailBytes ? 0 : length - kTailBytes;
  std::string tail(length - tail_at, '\0');
  tail.resize(fs::read_at(*fd, tail_at, tail));
  if (tail.size() != length - tail_at) throw CorruptFile("shrinking");
  std::string header(kObjectHeaderBytes, '\0');
  if (tail_at == 0) {
    header = tail.substr(0, kObjectHeaderBytes);
  } else if (fs::read_at(*fd, 0, header) != kObjectHeaderBytes) {
    throw CorruptFile("shrinking");
  }
  if (!header.starts_with(kObjectMagic) || !tail.ends_with(kEndMagic))
    throw CorruptFile("no such format");
  const auto id = header.substr(kObjectMagic.size(), kObjectIdBytes);
  const auto key =
      master.unwrap(std::string_view(header).substr(kObjectMagic.size() + kObjectIdBytes,
                                                    MasterKey::kWrappedBytes),
                    id);
  if (!key) throw CorruptFile("the data key cannot be unwrapped");

  const auto end = std::string_view(tail).substr(tail.size() - kEndBytes);
  const auto bytes = read_u64(end);
  const auto footer = read_u64(end.substr(8));
  if (footer < kTagBytes || footer > kMaxFooter || bytes > length ||
      kObjectHeaderBytes + sealed_bytes(bytes) + footer + kEndBytes != length) {
    throw CorruptFile("the lengths do not add up");
  }
  ObjectFile out(std::move(*fd), *key);
  out.id_ = id;
  out.bytes_ = bytes;
  out.tail_ = std::move(tail);
  out.tail_at_ = tail_at;
  out.metadata_.resize(footer - kTagBytes);
  if (!out.aead_.open(block_nonce('F', 0), footer_aad(header, bytes, binding),
                      out.raw(length - kEndBytes - footer, footer), out.metadata_.data())) {
    throw CorruptFile("the metadata is not what was sealed");
  }
  return out;
}

std::string_view ObjectFile::raw(std::uint64_t offset, std::size_t length) {
  if (offset >= tail_at_) return std::string_view(tail_).substr(offset - tail_at_, length);
  if (scratch_.size() < length) scratch_.resize(length);
  const auto got = fs::read_at(fd_, offset, std::span(scratch_).first(length));
  if (got != length) throw CorruptFile("shorter than it was");
  return std::string_view(scratch_).substr(0, length);
}

void ObjectFile::open_block(std::uint64_t number, std::string_view sealed, char* out) {
  const bool last = number + 1 == blocks_of(bytes_);
  if (!aead_.open(block_nonce('B', number), block_aad(id_, number, last), sealed, out)) {
    throw CorruptFile("block " + std::to_string(number) + " is not what was sealed");
  }
}

void ObjectFile::read(std::uint64_t offset, std::span<char> out) {
  if (offset > bytes_ || out.size() > bytes_ - offset) throw std::logic_error("outside the object");
  while (!out.empty()) {
    const auto first = offset / kBlockBytes;
    const auto wanted = blocks_of(offset + out.size()) - first;
    const auto count = std::min<std::uint64_t>(wanted, kReadBlocks);
    const auto begin = first * kBlockBytes;
    const auto content = std::min<std::uint64_t>(count * kBlockBytes, bytes_ - begin);
    const auto sealed = raw(kObjectHeaderBytes + first * kSealedBlock, content + count * kTagBytes);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto piece = sealed.substr(i * kSealedBlock, kSealedBlock);
      const auto plain = piece.size() - kTagBytes;
      const auto skip = offset - (first + i) * kBlockBytes;
      if (skip == 0 && out.size() >= plain) {
        open_block(first + i, piece, out.data());
        out = out.subspan(plain);
        offset += plain;
        continue;
      }
      block_.resize(kBlockBytes);
      open_block(first + i, piece, block_.data());
      const auto take = std::min<std::size_t>(plain - skip, out.size());
      std::memcpy(out.data(), block_.data() + skip, take);
      out = out.subspan(take);
      offset += take;
    }
  }
}

}  // namespace wardbook::objectd
