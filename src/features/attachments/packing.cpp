#include "features/attachments/packing.h"

#include <utility>

namespace wardbook::attachments {
namespace {
constexpr std::size_t kTrialBytes = 1024 * 1024;
}  // namespace

Packer::Packer(bool pack, std::int64_t most_bytes)
    : state_(pack ? State::trial : State::plain),
      hasher_(block_bytes_for(most_bytes)),
      begins_{GzipEncoder::kHeaderBytes} {}

void Packer::feed(std::string_view bytes, std::string& out) {
  whole_.update(bytes);
  size_ += bytes.size();
  if (head_.size() < kSniffBytes) head_.append(bytes.substr(0, kSniffBytes - head_.size()));
  if (state_ == State::plain) {
    hasher_.feed(bytes);
    out.append(bytes);
    return;
  }
  if (state_ == State::trial) original_.append(bytes);
  pack(bytes);
  if (state_ == State::trial && original_.size() >= kTrialBytes) decide(out);
  if (state_ == State::packed) out.append(std::exchange(packed_, {}));
}

void Packer::pack(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t room = hasher_.room();
    const auto piece = bytes.substr(0, room);
    const bool full = piece.size() == room;
    hasher_.feed(piece);
    encoder_.feed(piece, full ? GzipEncoder::End::mark : GzipEncoder::End::nothing, packed_);
    if (full) begins_.push_back(encoder_.size());
    bytes.remove_prefix(piece.size());
  }
}

void Packer::decide(std::string& out) {
  state_ = saves_enough(encoder_.size(), size_) ? State::packed : State::plain;
  if (state_ == State::plain) out.append(original_);
  original_ = std::string();
  if (state_ == State::plain) packed_ = std::string();
}

void Packer::finish(std::string& out) {
  if (state_ != State::plain) encoder_.feed({}, GzipEncoder::End::member, packed_);
  if (state_ == State::trial) decide(out);
  if (state_ == State::packed) out.append(std::exchange(packed_, {}));
  blocks_ = hasher_.finish();
  sha256_ = to_hex(whole_.finish());
}

Blocks Packer::blocks(bool packed) const {
  Blocks out = blocks_;
  if (!packed) return out;
  for (std::size_t i = 0; i < out.count(); ++i) out.add_offset(begins_.at(i));
  out.add_offset(encoder_.size());
  return out;
}

}  // namespace wardbook::attachments
