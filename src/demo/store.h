#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <thread>

#include "base/clock.h"
#include "demo/demo.h"
#include "objectd/objectd.h"

namespace wardbook::demo {

/// The built-in object store on a thread of its own; drained when this ends.
class StoreThread {
 public:
  /// Listens when it returns. Throws std::runtime_error with one clear line.
  explicit StoreThread(const objectd::Options& options);
  ~StoreThread();
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;

  [[nodiscard]] std::uint16_t port() const { return store_.port(); }

 private:
  SystemClock clock_;
  boost::asio::io_context reactor_{1};
  objectd::ObjectStore store_;
  std::thread thread_;
};

/// Returns if the address is free, throws std::runtime_error with one clear line if not: before a
/// first start takes its half a minute. Waits a moment for one that is only just going, as that of
/// a demo that was killed. Port 0 is always free.
void require_free(const Endpoint& endpoint);

/// The address that one would connect to: a wildcard becomes the loopback.
[[nodiscard]] std::string url_of(const Endpoint& endpoint, std::uint16_t port);

}  // namespace wardbook::demo
