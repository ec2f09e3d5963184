#include "net/clients.h"

#include <gtest/gtest.h>

namespace wardbook::net {
namespace {

using namespace std::chrono_literals;

Address at(std::string_view text) {
  return *Address::parse(text);
}

const std::vector<AddressRange> kTrusted{*AddressRange::parse("10.0.0.0/8"),
                                         *AddressRange::parse("fd00::/8")};

std::string client(Headers headers) {
  return forwarded_client(headers, at("10.0.0.1"), kTrusted).str();
}

TEST(ForwardedClient, IsTheRightMostThatIsNoProxy) {
  EXPECT_EQ(client({{"X-Forwarded-For", "198.51.100.7"}}), "198.51.100.7");
  EXPECT_EQ(client({{"x-forwarded-for", "203.0.113.9, 198.51.100.7"}}), "198.51.100.7")
      << "what the client itself wrote stands left of it";
  EXPECT_EQ(client({{"X-Forwarded-For", "203.0.113.9, 198.51.100.7 ,10.0.0.2, fd00::3"}}),
            "198.51.100.7");
  EXPECT_EQ(client({{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-For", "198.51.100.7"}}),
            "198.51.100.7")
      << "several lines are one list";
  EXPECT_EQ(client({{"X-Forwarded-For", "198.51.100.7"}, {"X-Forwarded-For", "10.0.0.2"}}),
            "198.51.100.7");
}

TEST(ForwardedClient, WithoutOneItIsTheLastProxyThatIsKnown) {
  EXPECT_EQ(client({}), "10.0.0.1");
  EXPECT_EQ(client({{"X-Forwarded-For", ""}}), "10.0.0.1");
  EXPECT_EQ(client({{"X-Forwarded-For", "unknown"}}), "10.0.0.1");
  EXPECT_EQ(client({{"X-Forwarded-For", "198.51.100.7, unknown, 10.0.0.2"}}), "10.0.0.2")
      << "nothing beyond what cannot be read";
  EXPECT_EQ(client({{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}}), "10.0.0.3");
  EXPECT_EQ(client({{"Forwarded", "for=198.51.100.7"}}), "10.0.0.1") << "one header only";
}

TEST(ForwardedClient, PortsAreLeftOut) {
  EXPECT_EQ(client({{"X-Forwarded-For", "198.51.100.7:4711"}}), "198.51.100.7");
  EXPECT_EQ(client({{"X-Forwarded-For", "[2001:db8::1]:4711"}}), "2001:db8::1");
  EXPECT_EQ(client({{"X-Forwarded-For", "2001:db8::1"}}), "2001:db8::1");
}

TEST(ConnectionBook, CountsUpToTheMost) {
  ConnectionBook book;
  const auto a = at("192.0.2.1");
  EXPECT_TRUE(book.enter(a, 2));
  EXPECT_TRUE(book.enter(a, 2));
  EXPECT_FALSE(book.enter(a, 2));
  EXPECT_TRUE(book.enter(at("192.0.2.2"), 2)) << "another address";
  book.leave(a);
  EXPECT_TRUE(book.enter(a, 2));
  book.leave(a);
  book.leave(a);
  EXPECT_EQ(book.count(a), 0U);
}

TEST(AddressRates, GiveABurstAndThenTheRate) {
  AddressRates rates(60);
  const auto start = std::chrono::steady_clock::now();
  const auto a = at("192.0.2.1");
  for (int i = 0; i < 60; ++i) ASSERT_EQ(rates.take(a, "login", start), 0) << i;
  EXPECT_EQ(rates.take(a, "login", start), 1);
  EXPECT_EQ(rates.take(a, "refresh", start), 0) << "each kind for itself";
  EXPECT_EQ(rates.take(at("192.0.2.2"), "login", start), 0) << "each address for itself";
  EXPECT_EQ(rates.take(a, "login", start + 1100ms), 0);
  EXPECT_EQ(rates.take(a, "login", start + 1200ms), 1);
  for (int i = 0; i < 60; ++i) ASSERT_EQ(rates.take(a, "login", start + 1h), 0) << "full again";
  EXPECT_EQ(rates.take(a, "login", start + 1h), 1) << "and no fuller";
}

TEST(AddressRates, TellWhenToComeBack) {
  AddressRates rates(2);
  const auto start = std::chrono::steady_clock::now();
  const auto a = at("192.0.2.1");
  EXPECT_EQ(rates.take(a, "", start) + rates.take(a, "", start), 0);
  const int wait = rates.take(a, "", start);
  EXPECT_EQ(wait, 30);
  EXPECT_EQ(rates.take(a, "", start + std::chrono::seconds(wait)), 0);
}

TEST(AddressRates, ManyAddressesDoNotFreeTheOneThatAsksMost) {
  AddressRates rates(60);
  const auto start = std::chrono::steady_clock::now();
  const auto busy = at("192.0.2.1");
  for (int i = 0; i < 60; ++i) (void)rates.take(busy, "login", start);
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    Address::Bytes bytes{0x20, 0x01, 0x0d, 0xb8};
    for (std::size_t b = 0; b < 4; ++b) bytes[4 + b] = static_cast<std::uint8_t>(i >> (8 * b));
    ASSERT_EQ(rates.take(Address(bytes), "login", start), 0);
  }
  EXPECT_EQ(rates.take(busy, "login", start), 1) << "fuller buckets went first";
}

TEST(AddressRates, WhoeverIsKnownCountsForThemselves) {
  AddressRates rates(2);
  const auto now = std::chrono::steady_clock::now();
  const auto a = at("192.0.2.1");
  for (int i = 0; i < 3; ++i) (void)rates.take(a, "refresh", now);
  EXPECT_EQ(rates.take("session 7", "refresh", now), 0);
  EXPECT_EQ(rates.take("session 7", "refresh", now), 0);
  EXPECT_EQ(rates.take("session 7", "refresh", now), 30);
  EXPECT_EQ(rates.take("session 8", "refresh", now), 0);
}

TEST(AddressRates, NoneIsNoLimit) {
  AddressRates rates(0);
  const auto now = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(rates.take(at("192.0.2.1"), "login", now), 0);
}

}  // namespace
}  // namespace wardbook::net
