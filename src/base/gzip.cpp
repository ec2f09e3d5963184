#include "base/gzip.h"

#include <zlib.h>

#include <array>
#include <stdexcept>

#include "base/hash.h"

namespace wardbook {
namespace {
constexpr int kGzipWindow = 15 + 16;  // the largest window, gzip header and trailer
constexpr std::size_t kChunk = 64 * 1024;
}  // namespace

struct GzipDecoder::Impl {
  z_stream stream{};
  std::array<unsigned char, kChunk> buffer{};

  Impl() {
    if (inflateInit2(&stream, kGzipWindow) != Z_OK) {
      throw std::runtime_error("zlib cannot start inflating");
    }
  }
  ~Impl() { inflateEnd(&stream); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
};

GzipDecoder::GzipDecoder(std::uint64_t most_out)
    : impl_(std::make_unique<Impl>()), left_(most_out) {}
GzipDecoder::~GzipDecoder() = default;
GzipDecoder::GzipDecoder(GzipDecoder&&) noexcept = default;
GzipDecoder& GzipDecoder::operator=(GzipDecoder&&) noexcept = default;

GzipDecoder::State GzipDecoder::feed(std::string_view in, std::string& out) {
  if (refused() || in.empty()) return state_;
  if (state_ == State::done) return state_ = State::trailing;
  auto& z = impl_->stream;
  std::string copy(in);  // zlib's interface wants it writable
  z.next_in = reinterpret_cast<unsigned char*>(copy.data());
  z.avail_in = static_cast<unsigned>(copy.size());
  // Until the input is used up and no output is held back for want of room.
  do {
    z.next_out = impl_->buffer.data();
    z.avail_out = kChunk;
    const int code = inflate(&z, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      return state_ = State::corrupt;
    }
    const std::size_t got = kChunk - z.avail_out;
    if (got > left_) return state_ = State::too_large;
    left_ -= got;
    out.append(as_chars({impl_->buffer.data(), got}));
    if (code == Z_STREAM_END) return state_ = z.avail_in > 0 ? State::trailing : State::done;
  } while (z.avail_in > 0 || z.avail_out == 0);
  return state_;
}

}  // namespace wardbook
