#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wardbook::objectd {

/// Numbers in the store's files: eight bytes, the lowest first.
inline void append_u64(std::string& out, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

/// Of the first eight bytes, which there must be.
[[nodiscard]] inline std::uint64_t read_u64(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    out |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return out;
}

}  // namespace wardbook::objectd
