#include "net/clients.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include "base/hash.h"
#include "base/text.h"

namespace wardbook::net {
namespace {

constexpr double kMinute_s = 60;
constexpr std::size_t kMostHops = 32;

/// Some proxies add the port: `192.0.2.7:4711`, `[2001:db8::1]:4711`.
std::optional<Address> hop_address(std::string_view hop) {
  if (hop.starts_with('[')) {
    const auto end = hop.find(']');
    return end == std::string_view::npos ? std::nullopt : Address::parse(hop.substr(1, end - 1));
  }
  const auto colon = hop.find(':');
  const bool port = colon != std::string_view::npos && hop.find(':', colon + 1) == hop.npos;
  return Address::parse(port ? hop.substr(0, colon) : hop);
}

}  // namespace

Address to_address(const boost::asio::ip::address& address) {
  namespace ip = boost::asio::ip;
  if (address.is_v6()) return Address(address.to_v6().to_bytes());
  return Address(ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes());
}

Address forwarded_client(const Headers& headers, const Address& peer,
                         const std::vector<AddressRange>& trusted) {
  Address client = peer;
  std::size_t hops = 0;
  const auto& fields = headers.all();
  for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
    if (!equal_ignoring_case(field->first, "X-Forwarded-For")) continue;
    std::string_view list = field->second;
    while (true) {
      const auto comma = list.rfind(',');
      const auto at = comma == std::string_view::npos ? 0 : comma + 1;
      const auto hop = hop_address(trimmed(list.substr(at)));
      if (!hop || ++hops > kMostHops) return client;
      client = *hop;
      if (!contains(trusted, client)) return client;
      if (comma == std::string_view::npos) break;
      list = list.substr(0, comma);
    }
  }
  return client;
}

bool ConnectionBook::enter(const Address& source, std::size_t most) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.try_emplace(source, 0).first;
  if (found->second >= most) return false;
  ++found->second;
  return true;
}

void ConnectionBook::leave(const Address& source) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(source);
  if (found == counts_.end()) return;
  if (--found->second == 0) counts_.erase(found);
}

std::size_t ConnectionBook::count(const Address& source) const {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(source);
  return found == counts_.end() ? 0 : found->second;
}

AddressRates::AddressRates(std::uint32_t per_minute)
    : most_(per_minute), key_(random_bytes(32)), start_(std::chrono::steady_clock::now()) {
  if (per_minute > 0) buckets_.resize(kRows * kColumns);
}

double AddressRates::filled(const Bucket& bucket, double now) const {
  return std::min(most_, bucket.tokens + (now - bucket.at) * most_ / kMinute_s);
}

AddressRates::Bucket& AddressRates::bucket_of(std::uint64_t tag, double now) {
  const auto row = std::span(buckets_).subspan(tag % kRows * kColumns, kColumns);
  const auto own = std::ranges::find(row, tag, &Bucket::tag);
  if (own != row.end()) return *own;
  // The fullest one loses least by being begun anew.
  Bucket* fullest = &row.front();
  for (auto& bucket : row) {
    if (bucket.tag == 0) {
      fullest = &bucket;
      break;
    }
    if (filled(bucket, now) > filled(*fullest, now)) fullest = &bucket;
  }
  *fullest = {tag, most_, now};
  return *fullest;
}

int AddressRates::take(const Address& source, std::string_view kind, TimePoint now) {
  return take(as_chars(source.bytes()), kind, now);
}

int AddressRates::take(std::string_view who, std::string_view kind, TimePoint now) {
  if (buckets_.empty()) return 0;
  // No kind holds a NUL, so no two pairs are the same text.
  std::string text(kind);
  text += '\0';
  text += who;
  const auto hash = hmac_sha256(key_, text);
  std::uint64_t tag = 0;
  std::memcpy(&tag, hash.data(), sizeof tag);
  if (tag == 0) tag = 1;
  const double at = std::chrono::duration<double>(now - start_).count();
  const std::lock_guard lock(mutex_);
  Bucket& bucket = bucket_of(tag, at);
  bucket.tokens = filled(bucket, at);
  bucket.at = at;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return 0;
  }
  return std::max(1, static_cast<int>(std::ceil((1 - bucket.tokens) * kMinute_s / most_)));
}

}  // namespace wardbook::net
