#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardbook {

/// An IP address, both kinds alike: IPv4 is its form in IPv6 (::ffff:a.b.c.d).
class Address {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  explicit Address(Bytes bytes) : bytes_(bytes) {}
  /// nullopt for anything but an address; without a zone.
  [[nodiscard]] static std::optional<Address> parse(std::string_view text);

  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool is_v4() const noexcept;
  /// IPv4 in dots.
  [[nodiscard]] std::string str() const;
  /// What limits count by: an IPv4 address, or the /64 of an IPv6 one, of which a household has
  /// one.
  [[nodiscard]] Address source() const noexcept;

  auto operator<=>(const Address&) const = default;

 private:
  Bytes bytes_;
};

/// `10.0.0.0/8`, `fd00::/8`, or one address.
class AddressRange {
 public:
  [[nodiscard]] static std::optional<AddressRange> parse(std::string_view text);
  [[nodiscard]] bool contains(const Address& address) const noexcept;

 private:
  AddressRange(Address base, unsigned bits) : base_(base), bits_(bits) {}
  Address base_;
  unsigned bits_;  // of 128
};

[[nodiscard]] bool contains(const std::vector<AddressRange>& ranges, const Address& address);

}  // namespace wardbook
