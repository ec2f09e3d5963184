#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace wardbook {

/// Takes a gzip stream (RFC 1952) of exactly one member apart, piece by piece. Readers differ about
/// anything behind the first member: browsers drop it, gzip(1) goes on with a second one and skips
/// zeros. So that everybody sees the same file, nothing may follow. Memory is bounded by the
/// caller's chunks: what `feed` gives back is never more than `most_out` bytes in all, which is
/// what stops a small file that unpacks into a huge one.
class GzipDecoder {
 public:
  enum class State {
    more,
    done,  ///< the member ended with the last byte fed
    corrupt,
    too_large,
    trailing,  ///< something follows the member: another one, zeros, anything
  };

  /// Where decoding begins: with the member, or behind one of GzipEncoder's marks within it. What
  /// follows the deflate stream is not looked at in the second case.
  enum class From { member, mark };

  explicit GzipDecoder(std::uint64_t most_out, From from = From::member);
  ~GzipDecoder();
  GzipDecoder(GzipDecoder&&) noexcept;
  GzipDecoder& operator=(GzipDecoder&&) noexcept;

  /// Appends what `in` unpacks to. A refusal (corrupt, too_large, trailing) is final.
  State feed(std::string_view in, std::string& out);
  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] bool refused() const noexcept {
    return state_ != State::more && state_ != State::done;
  }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::uint64_t left_;
  From from_;
  State state_ = State::more;
};

/// Makes a gzip stream of one member, piece by piece, by ISA-L. Decoding can begin behind each
/// mark.
class GzipEncoder {
 public:
  /// What ends with a piece. A mark costs some bytes, and what follows knows nothing of what was
  /// before it.
  enum class End { nothing, mark, member };
  /// How long the member's header is; the first block begins behind it.
  static constexpr std::uint64_t kHeaderBytes = 10;

  GzipEncoder();
  ~GzipEncoder();
  GzipEncoder(GzipEncoder&&) noexcept;
  GzipEncoder& operator=(GzipEncoder&&) noexcept;

  /// Appends what there is of the encoding. Nothing may follow End::member.
  void feed(std::string_view in, End end, std::string& out);
  /// The bytes given out so far.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::uint64_t size_ = 0;
};

}  // namespace wardbook
