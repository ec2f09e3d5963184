#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/addresses.h"
#include "net/message.h"

/// Who the clients are by address, and what one address may take.
namespace wardbook::net {

[[nodiscard]] Address to_address(const boost::asio::ip::address& address);

/// The client behind a trusted proxy: the right-most address in X-Forwarded-For that is not a
/// trusted proxy itself, else the left-most one. What stands left of it, or of something that is no
/// address, is the client's own word and counts for nothing.
[[nodiscard]] Address forwarded_client(const Headers& headers, const Address& peer,
                                       const std::vector<AddressRange>& trusted);

/// How many connections each address has. Shared by the servers of a process; as large as there are
/// connections.
class ConnectionBook {
 public:
  /// False: the address has `most` already.
  [[nodiscard]] bool enter(const Address& source, std::size_t most);
  void leave(const Address& source);
  [[nodiscard]] std::size_t count(const Address& source) const;

 private:
  mutable std::mutex mutex_;
  std::map<Address, std::size_t> counts_;
};

/// A bucket of tokens for each address and kind of request: `per_minute` at once, refilled evenly.
/// A fixed table, so that no number of addresses takes more memory; when a row is full, the bucket
/// that would be missed least goes. For any thread.
class AddressRates {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// 0: no limit.
  explicit AddressRates(std::uint32_t per_minute);
  /// 0: admitted. Otherwise in how many seconds it will be.
  [[nodiscard]] int take(const Address& source, std::string_view kind, TimePoint now);
  /// For somebody who is known by other means than an address.
  [[nodiscard]] int take(std::string_view who, std::string_view kind, TimePoint now);

 private:
  static constexpr std::size_t kRows = 4096;
  static constexpr std::size_t kColumns = 4;
  struct Bucket {
    std::uint64_t tag = 0;  // 0: free
    double tokens = 0;
    double at = 0;  // seconds since start_
  };

  [[nodiscard]] Bucket& bucket_of(std::uint64_t tag, double now);
  [[nodiscard]] double filled(const Bucket& bucket, double now) const;

  const double most_;
  std::string key_;  // secret, so that nobody can aim at somebody else's row
  TimePoint start_;
  std::mutex mutex_;
  std::vector<Bucket> buckets_;
};

}  // namespace wardbook::net
