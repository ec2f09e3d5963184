#include "net/chunked.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "net/request_check.h"

namespace wardbook::net {
namespace {

// 15 hex digits are 2^60 bytes: more than any body, and no overflow.
constexpr int kMostDigits = 15;

bool is_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

}  // namespace

ChunkDecoder::Step ChunkDecoder::decode(std::string_view in, std::span<char> out) {
  Step step;
  while (step.consumed < in.size() && state_ != State::done && state_ != State::malformed) {
    if (state_ != State::data) {
      state_ = next(in[step.consumed++]);
      continue;
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(
        left_, std::min(in.size() - step.consumed, out.size() - step.produced)));
    if (count == 0) break;
    std::memcpy(out.data() + step.produced, in.data() + step.consumed, count);
    step.consumed += count;
    step.produced += count;
    left_ -= count;
    if (left_ == 0) state_ = State::data_cr;
  }
  return step;
}

ChunkDecoder::State ChunkDecoder::next(char c) {
  switch (state_) {
    case State::size:
      return on_size(c);
    case State::extension:
      return on_extension(c);
    case State::size_lf:
      if (c != '\n') return State::malformed;
      digits_ = 0;
      return left_ == 0 ? State::trailer_start : State::data;
    case State::data_cr:
      return c == '\r' ? State::data_lf : State::malformed;
    case State::data_lf:
      return c == '\n' ? State::size : State::malformed;
    case State::trailer_start:
    case State::trailer_name:
    case State::trailer_value:
      return on_trailer(c);
    case State::trailer_lf:
      return c == '\n' ? State::trailer_start : State::malformed;
    case State::end_lf:
      return c == '\n' ? State::done : State::malformed;
    case State::data:
    case State::done:
    case State::malformed:
      break;
  }
  return State::malformed;
}

ChunkDecoder::State ChunkDecoder::on_size(char c) {
  if (const int value = hex_value(c); value >= 0) {
    if (++digits_ > kMostDigits) return State::malformed;
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
    return State::size;
  }
  if (digits_ == 0) return State::malformed;
  if (c == '\r') return State::size_lf;
  return c == ';' ? State::extension : State::malformed;
}

ChunkDecoder::State ChunkDecoder::on_extension(char c) {
  if (c == '\r') return State::size_lf;
  if (!is_value_char(c) || ++extension_bytes_ > kExtensionBytes) return State::malformed;
  return State::extension;
}

ChunkDecoder::State ChunkDecoder::on_trailer(char c) {
  if (c == '\r') {
    if (state_ == State::trailer_start) return State::end_lf;
    return state_ == State::trailer_value ? State::trailer_lf : State::malformed;
  }
  if (++trailer_bytes_ > kTrailerBytes) return State::malformed;
  if (state_ == State::trailer_value) {
    return is_value_char(c) ? State::trailer_value : State::malformed;
  }
  if (c == ':') return state_ == State::trailer_name ? State::trailer_value : State::malformed;
  return is_token_char(c) ? State::trailer_name : State::malformed;
}

}  // namespace wardbook::net
