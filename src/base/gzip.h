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

  explicit GzipDecoder(std::uint64_t most_out);
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
  State state_ = State::more;
};

}  // namespace wardbook
