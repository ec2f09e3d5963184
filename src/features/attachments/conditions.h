#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// What a request for a file's bytes asks of them (RFC 9110).
namespace wardbook::attachments {

/// Bytes `first` to `last` of a file, both counted.
struct Span {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

enum class RangeKind { whole, part, unsatisfiable };
struct Wanted {
  RangeKind kind = RangeKind::whole;
  Span span;  ///< of a part
};
/// A Range header against a file of `size` bytes (over 0). Several ranges, another unit and what is
/// malformed mean the whole file; numbers may have any length.
[[nodiscard]] Wanted parse_range(std::string_view header, std::uint64_t size);

}  // namespace wardbook::attachments
