#include "base/addresses.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "base/text.h"

namespace wardbook {
namespace {

namespace ip = boost::asio::ip;

constexpr unsigned kBits = 128;
constexpr unsigned kV4Bits = 32;

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  constexpr std::size_t kLongest = 45;
  if (text.size() > kLongest || text.find('%') != std::string_view::npos) return std::nullopt;
  boost::system::error_code error;
  const auto parsed = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  if (parsed.is_v6()) return Address(parsed.to_v6().to_bytes());
  return Address(ip::make_address_v6(ip::v4_mapped, parsed.to_v4()).to_bytes());
}

bool Address::is_v4() const noexcept {
  return ip::address_v6(bytes_).is_v4_mapped();
}

std::string Address::str() const {
  const ip::address_v6 v6(bytes_);
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6).to_string();
  return v6.to_string();
}

Address Address::source() const noexcept {
  if (is_v4()) return *this;
  Address out = *this;
  std::fill(out.bytes_.begin() + 8, out.bytes_.end(), std::uint8_t{0});
  return out;
}

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = Address::parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  if (slash == std::string_view::npos) return AddressRange(*base, kBits);
  const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
  const auto bits = parse_number<unsigned>(text.substr(slash + 1));
  if (!bits || *bits > (dotted ? kV4Bits : kBits)) return std::nullopt;
  return AddressRange(*base, dotted ? kBits - kV4Bits + *bits : *bits);
}

bool AddressRange::contains(const Address& address) const noexcept {
  const auto whole = bits_ / 8;
  const auto& own = base_.bytes();
  const auto& other = address.bytes();
  if (!std::equal(own.begin(), own.begin() + whole, other.begin())) return false;
  const auto rest = bits_ % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFFU << (8 - rest));
  return (own[whole] & mask) == (other[whole] & mask);
}

bool contains(const std::vector<AddressRange>& ranges, const Address& address) {
  return std::ranges::any_of(ranges, [&](const auto& range) { return range.contains(address); });
}

}  // namespace wardbook
