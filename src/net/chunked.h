#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace wardbook::net {

/// Decodes a chunked body (RFC 9112, 7.1) piece by piece, strictly: CRLF only, no space around the
/// size, extensions and trailers bounded and thrown away. Both ends of a connection use it.
class ChunkDecoder {
 public:
  static constexpr std::size_t kExtensionBytes = 8 * 1024;  ///< of all chunks of one body
  static constexpr std::size_t kTrailerBytes = 8 * 1024;

  struct Step {
    std::size_t consumed = 0;  ///< of `in`
    std::size_t produced = 0;  ///< into `out`
  };

  /// Takes what it can: stops when `in` is used up, `out` is full, the body ends or is malformed.
  Step decode(std::string_view in, std::span<char> out);
  /// The last chunk and the trailers were read; what follows belongs to the next message.
  [[nodiscard]] bool done() const noexcept { return state_ == State::done; }
  /// Final: nothing after it can be trusted, so the connection must be closed.
  [[nodiscard]] bool malformed() const noexcept { return state_ == State::malformed; }

 private:
  enum class State {
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done,
    malformed
  };

  State next(char c);
  State on_size(char c);
  State on_extension(char c);
  State on_trailer(char c);

  State state_ = State::size;
  std::uint64_t left_ = 0;  // of the current chunk; while its size is read, the size so far
  int digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace wardbook::net
