#include "net/clamd.h"

#include <gtest/gtest.h>

namespace wardbook::net {
namespace {

TEST(ClamdTest, AnAddressIsAHostWithAPortOrASocket) {
  const auto tcp = ScannerAddress::parse("clamd:scanner.local:3310");
  EXPECT_EQ(tcp.host, "scanner.local");
  EXPECT_EQ(tcp.port, 3310);
  EXPECT_TRUE(tcp.path.empty());
  EXPECT_EQ(ScannerAddress::parse("clamd:[::1]:3310").host, "::1");
  const auto local = ScannerAddress::parse("clamd:/run/clamav/clamd.ctl");
  EXPECT_EQ(local.path, "/run/clamav/clamd.ctl");
  for (const auto* wrong : {"", "clamd:", "clamd:host", "clamd::3310", "clamd:host:0",
                            "clamd:host:65536", "clamd:host:x", "http://host:3310", "/run/clamd"}) {
    EXPECT_THROW((void)ScannerAddress::parse(wrong), std::invalid_argument) << wrong;
  }
  EXPECT_THROW((void)ScannerAddress::parse("clamd:/" + std::string(200, 'x')),
               std::invalid_argument);
}

}  // namespace
}  // namespace wardbook::net
