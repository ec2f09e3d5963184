#include "base/compress.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace wardbook {
namespace {

constexpr int kZstdLevel = 3;
// What a gzip member has beside stored blocks of up to 64 KiB: header, trailer, 5 bytes a block.
constexpr std::size_t kMemberOverhead = 64;
constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kBlockOverhead = 8;

struct FreeZstd {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

}  // namespace

std::string gzip_compressed(std::string_view bytes) {
  // What the compressor works in; a thread compresses one answer at a time.
  static thread_local std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> work;
  std::string out;
  out.resize(bytes.size() + kMemberOverhead + (bytes.size() / kBlockBytes + 1) * kBlockOverhead);
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.level = 1;
  stream.level_buf = work.data();
  stream.level_buf_size = work.size();
  stream.gzip_flag = IGZIP_GZIP;
  stream.end_of_stream = 1;
  stream.flush = NO_FLUSH;
  // ISA-L's members are not const; it only reads from here.
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<std::uint32_t>(bytes.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  if (isal_deflate_stateless(&stream) != COMP_OK || stream.avail_in != 0) {
    throw std::runtime_error("gzip could not compress");
  }
  out.resize(stream.total_out);
  return out;
}

std::string zstd_compressed(std::string_view bytes) {
  static thread_local const std::unique_ptr<ZSTD_CCtx, FreeZstd> context(ZSTD_createCCtx());
  if (!context) throw std::bad_alloc();
  std::string out;
  out.resize(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compressCCtx(context.get(), out.data(), out.size(), bytes.data(),
                                             bytes.size(), kZstdLevel);
  if (ZSTD_isError(size) != 0U) throw std::runtime_error(ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

}  // namespace wardbook
