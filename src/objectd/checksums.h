#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/hash.h"

namespace wardbook::objectd {

/// What S3 calls additional checksums.
enum class ChecksumKind { crc32, crc32c, crc64nvme, sha1, sha256 };
inline constexpr std::array kChecksumKinds{ChecksumKind::crc32, ChecksumKind::crc32c,
                                           ChecksumKind::crc64nvme, ChecksumKind::sha1,
                                           ChecksumKind::sha256};

/// `CRC32`, as in x-amz-checksum-algorithm and in XML.
[[nodiscard]] std::string_view name_of(ChecksumKind kind);
/// `x-amz-checksum-crc32`
[[nodiscard]] std::string header_of(ChecksumKind kind);
/// Case does not matter.
[[nodiscard]] std::optional<ChecksumKind> checksum_by_name(std::string_view name);
/// 4, 8, 20 or 32.
[[nodiscard]] std::size_t bytes_of(ChecksumKind kind);

/// A checksum that is fed piece by piece.
class Checksum {
 public:
  explicit Checksum(ChecksumKind kind);
  void update(std::string_view data);
  /// Raw bytes, big-endian; call once.
  [[nodiscard]] std::string finish();
  [[nodiscard]] ChecksumKind kind() const noexcept { return kind_; }

 private:
  ChecksumKind kind_;
  std::optional<Hasher> hasher_;
  std::uint64_t crc_ = 0;
};

/// The CRC of two texts one after the other, from each one's and the second's length (raw bytes,
/// as `finish` gives them). `kind` is one of the CRCs.
[[nodiscard]] std::string combine_crc(ChecksumKind kind, std::string_view first,
                                      std::string_view second, std::uint64_t second_bytes);

}  // namespace wardbook::objectd
