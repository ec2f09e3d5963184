#include "base/gzip.h"

#include <isa-l/igzip_lib.h>
#include <zlib.h>

#include <array>
#include <stdexcept>

#include "base/hash.h"

namespace wardbook {
namespace {
constexpr int kGzipWindow = 15 + 16;  // the largest window, gzip header and trailer
constexpr int kRawWindow = -15;       // the largest window, neither
constexpr std::size_t kChunk = 64 * 1024;
}  // namespace

struct GzipDecoder::Impl {
  z_stream stream{};
  std::array<unsigned char, kChunk> buffer{};

  explicit Impl(From from) {
    const int window = from == From::member ? kGzipWindow : kRawWindow;
    if (inflateInit2(&stream, window) != Z_OK) {
      throw std::runtime_error("zlib cannot start inflating");
    }
  }
  ~Impl() { inflateEnd(&stream); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
};

GzipDecoder::GzipDecoder(std::uint64_t most_out, From from)
    : impl_(std::make_unique<Impl>(from)), left_(most_out), from_(from) {}
GzipDecoder::~GzipDecoder() = default;
GzipDecoder::GzipDecoder(GzipDecoder&&) noexcept = default;
GzipDecoder& GzipDecoder::operator=(GzipDecoder&&) noexcept = default;

GzipDecoder::State GzipDecoder::feed(std::string_view in, std::string& out) {
  if (refused() || in.empty()) return state_;
  if (state_ == State::done && from_ == From::mark) return state_;
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
    if (code == Z_STREAM_END) {
      const bool trailing = z.avail_in > 0 && from_ == From::member;
      return state_ = trailing ? State::trailing : State::done;
    }
  } while (z.avail_in > 0 || z.avail_out == 0);
  return state_;
}

struct GzipEncoder::Impl {
  isal_zstream stream{};
  std::array<std::uint8_t, ISAL_DEF_LVL2_DEFAULT> work{};
  std::array<std::uint8_t, kChunk> buffer{};
};

GzipEncoder::GzipEncoder() : impl_(std::make_unique<Impl>()) {
  auto& stream = impl_->stream;
  isal_deflate_init(&stream);
  stream.level = 2;
  stream.level_buf = impl_->work.data();
  stream.level_buf_size = static_cast<std::uint32_t>(impl_->work.size());
  stream.gzip_flag = IGZIP_GZIP;
}
GzipEncoder::~GzipEncoder() = default;
GzipEncoder::GzipEncoder(GzipEncoder&&) noexcept = default;
GzipEncoder& GzipEncoder::operator=(GzipEncoder&&) noexcept = default;

void GzipEncoder::feed(std::string_view in, End end, std::string& out) {
  auto& stream = impl_->stream;
  // ISA-L's members are not const; it only reads from here.
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<std::uint32_t>(in.size());
  stream.flush = end == End::mark ? FULL_FLUSH : NO_FLUSH;
  stream.end_of_stream = end == End::member ? 1 : 0;
  do {
    stream.next_out = impl_->buffer.data();
    stream.avail_out = static_cast<std::uint32_t>(kChunk);
    if (isal_deflate(&stream) != COMP_OK) throw std::runtime_error("gzip could not compress");
    const std::size_t got = kChunk - stream.avail_out;
    out.append(as_chars({impl_->buffer.data(), got}));
    size_ += got;
  } while (stream.avail_in > 0 || stream.avail_out == 0);
}

}  // namespace wardbook
