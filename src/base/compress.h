#pragma once

#include <string>
#include <string_view>

/// Compressing what is in memory, for speed before size: about 0.4 ms (gzip) and 0.65 ms (zstd) for
/// 110 KB of records on one core, to a quarter and a fifth.
namespace wardbook {

/// One gzip member (RFC 1952), by ISA-L's first level.
[[nodiscard]] std::string gzip_compressed(std::string_view bytes);
/// One Zstandard frame (RFC 8878), level 3; its window is never larger than `bytes`, and so below
/// the 8 MiB that RFC 9659 allows in HTTP as long as they are.
[[nodiscard]] std::string zstd_compressed(std::string_view bytes);

}  // namespace wardbook
