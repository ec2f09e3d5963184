#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wardbook {

using Sha256 = std::array<std::uint8_t, 32>;

[[nodiscard]] inline std::string_view as_chars(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

[[nodiscard]] Sha256 sha256(std::string_view data);
/// RFC 2104 with SHA-256.
[[nodiscard]] Sha256 hmac_sha256(std::string_view key, std::string_view data);

/// A hash that is fed piece by piece. Movable, not copyable; `finish` may be called once.
class Hasher {
 public:
  enum class Kind { sha256, md5, sha1, crc32 };
  explicit Hasher(Kind kind = Kind::sha256);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  void update(std::string_view data);
  /// The digest's raw bytes: 32, 16, 20 or 4.
  [[nodiscard]] std::string finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
[[nodiscard]] inline std::string to_hex(std::string_view bytes) {
  return to_hex(as_bytes(bytes));
}
/// Lower or upper case; nullopt on odd length or another character.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);
/// RFC 4648 section 4, padded.
[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);
/// RFC 4648 section 5, not padded.
[[nodiscard]] std::string to_base64url(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

/// Takes the same time wherever the two differ. False for different lengths.
[[nodiscard]] bool constant_time_equal(std::string_view a, std::string_view b);
/// From the system's generator; never fails (aborts if there is none).
[[nodiscard]] std::string random_bytes(std::size_t count);

}  // namespace wardbook
