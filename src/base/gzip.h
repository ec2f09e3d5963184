#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace wardbook {

/// Takes a gzip stream (RFC 1952, several members allowed) apart, piece by piece. Memory is bounded
/// by the caller's chunks: what `feed` gives back is never more than `most_out` bytes in all, which
/// is what stops a small file that unpacks into a huge one.
class GzipDecoder {
 public:
  enum class State { more, done, corrupt, too_large };

  explicit GzipDecoder(std::uint64_t most_out);
  ~GzipDecoder();
  GzipDecoder(GzipDecoder&&) noexcept;
  GzipDecoder& operator=(GzipDecoder&&) noexcept;

  /// Appends what `in` unpacks to. After corrupt or too_large nothing more may be fed.
  State feed(std::string_view in, std::string& out);
  /// done when the last member ended with the last byte fed.
  [[nodiscard]] State state() const noexcept { return state_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::uint64_t left_;
  State state_ = State::more;
};

}  // namespace wardbook
