#pragma once

// Inside of the slice: a file's bytes on their way in, packed where that pays.

#include <string>
#include <string_view>

#include "base/gzip.h"
#include "base/hash.h"
#include "features/attachments/blocks.h"
#include "features/attachments/verify.h"

namespace wardbook::attachments {

/// Whether so many stored bytes are worth it that a reader has to unpack them: they save a tenth.
[[nodiscard]] constexpr bool saves_enough(std::uint64_t packed, std::uint64_t original) noexcept {
  return packed * 10 <= original * 9;
}

/// Takes a file's original bytes one after the other and gives back what is to be stored of them.
/// Packs the first megabyte on trial, and what follows only if that saved enough. What is packed
/// can be unpacked from each block on.
class Packer {
 public:
  /// `most_bytes`: how large the file may become.
  Packer(bool pack, std::int64_t most_bytes);

  /// Appends what can be stored now. Until `decided`, nothing.
  void feed(std::string_view bytes, std::string& out);
  void finish(std::string& out);

  [[nodiscard]] bool decided() const noexcept { return state_ != State::trial; }
  [[nodiscard]] bool packed() const noexcept { return state_ == State::packed; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// The file's first bytes, as content_fault wants them.
  [[nodiscard]] const std::string& head() const noexcept { return head_; }

  // After finish().
  [[nodiscard]] const std::string& sha256() const noexcept { return sha256_; }  ///< hex
  /// Of a file that is stored packed, or not.
  [[nodiscard]] Blocks blocks(bool packed) const;

 private:
  enum class State { trial, packed, plain };
  void pack(std::string_view bytes);
  void decide(std::string& out);

  State state_;
  std::string head_;
  std::string original_;  ///< while it is on trial
  std::string packed_;    ///< not given out yet
  GzipEncoder encoder_;
  BlockHasher hasher_;
  Hasher whole_;
  std::uint64_t size_ = 0;
  std::vector<std::uint64_t> begins_;  ///< of each block, in the packed bytes
  Blocks blocks_;
  std::string sha256_;
};

}  // namespace wardbook::attachments
