#include "base/addresses.h"

#include <gtest/gtest.h>

namespace wardbook {
namespace {

TEST(Address, BothKindsAreRead) {
  EXPECT_EQ(Address::parse("192.0.2.7")->str(), "192.0.2.7");
  EXPECT_EQ(Address::parse("::ffff:192.0.2.7")->str(), "192.0.2.7");
  EXPECT_EQ(*Address::parse("::ffff:192.0.2.7"), *Address::parse("192.0.2.7"));
  EXPECT_EQ(Address::parse("2001:DB8::1")->str(), "2001:db8::1");
  for (const auto* bad : {"", "unknown", "192.0.2", "192.0.2.256", "192.0.2.7:80", "[::1]",
                          "fe80::1%eth0", "1.2.3.4 ", "_hidden"}) {
    EXPECT_FALSE(Address::parse(bad)) << bad;
  }
}

TEST(Address, ASourceIsAnAddressOrASixtyFour) {
  EXPECT_EQ(Address::parse("192.0.2.7")->source().str(), "192.0.2.7");
  EXPECT_EQ(Address::parse("2001:db8:1:2:3:4:5:6")->source(),
            Address::parse("2001:db8:1:2:ffff::1")->source());
  EXPECT_NE(Address::parse("2001:db8:1:2::1")->source(),
            Address::parse("2001:db8:1:3::1")->source());
}

TEST(AddressRange, ContainsByItsPrefix) {
  struct Case {
    const char* range;
    const char* address;
    bool inside;
  };
  for (const auto& [range, address, inside] :
       {Case{"10.0.0.0/8", "10.255.0.1", true}, Case{"10.0.0.0/8", "11.0.0.1", false},
        Case{"10.1.2.0/23", "10.1.3.9", true}, Case{"10.1.2.0/23", "10.1.4.9", false},
        Case{"192.0.2.1", "192.0.2.1", true}, Case{"192.0.2.1", "192.0.2.2", false},
        Case{"0.0.0.0/0", "8.8.8.8", true}, Case{"0.0.0.0/0", "2001:db8::1", false},
        Case{"fd00::/8", "fdab::1", true}, Case{"fd00::/8", "fe00::1", false},
        Case{"::1", "::1", true}, Case{"::/0", "127.0.0.1", true}}) {
    EXPECT_EQ(AddressRange::parse(range)->contains(*Address::parse(address)), inside)
        << address << " in " << range;
  }
  for (const auto* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "fd00::/129", "10.0.0.0/-1",
                          "10.0.0.0/8/8", "localhost"}) {
    EXPECT_FALSE(AddressRange::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace wardbook
