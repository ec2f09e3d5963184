#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/task.h"

/// ClamAV's daemon (clamd(8), the command INSTREAM): asked about bytes as they come, over TCP or a
/// socket in the file system.
namespace wardbook::net {

struct ScannerAddress {
  std::string path;  ///< of a socket; empty: host and port
  std::string host;
  std::uint16_t port = 0;
  /// `clamd:HOST:PORT` or `clamd:/path`. Throws std::invalid_argument.
  [[nodiscard]] static ScannerAddress parse(std::string_view text);
};

struct ScanResult {
  enum class Verdict { clean, infected, too_large };
  Verdict verdict = Verdict::clean;
  std::string signature;  ///< what it was taken for, if infected
};

/// It cannot be reached, takes too long, or answers something else.
class ScannerAway : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The next bytes; none at the end.
using ScanSource = std::function<Task<std::string>()>;

/// `timeout` is for each wait. Fails with ScannerAway, and with what `source` throws.
[[nodiscard]] Task<ScanResult> clamd_scan(boost::asio::io_context& reactor, ScannerAddress address,
                                          ScanSource source, std::chrono::milliseconds timeout);

}  // namespace wardbook::net
