#pragma once

// Inside of the slice: files that a scanner has to see first.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "features/attachments/attachments.h"
#include "net/clamd.h"

namespace wardbook::attachments {

/// Where the scanner is, and what it takes.
struct Scanner {
  Scanner(boost::asio::io_context& io, const Settings::Attachments& settings)
      : reactor(io),
        address(net::ScannerAddress::parse(settings.scan)),
        max_bytes(settings.scan_max_bytes),
        timeout(settings.scan_timeout) {}
  boost::asio::io_context& reactor;
  net::ScannerAddress address;
  std::int64_t max_bytes;
  std::chrono::milliseconds timeout;
};

/// Scans the next file in quarantine with an id above `after`, and publishes or rejects it. Fails
/// with store_unavailable, attachment_altered, net::ScannerAway.
[[nodiscard]] Task<std::optional<AttachmentId>> scan_next(db::Pool& db, s3::Store& store,
                                                          std::shared_ptr<const Scanner> scanner,
                                                          TenantId tenant, AttachmentId after,
                                                          std::function<void()> before_step);

}  // namespace wardbook::attachments
