#include "features/accounts/tallies.h"

#include <gtest/gtest.h>

#include "features/accounts/test_values.h"

namespace wardbook::accounts {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

Settings::Auth rules() {
  Settings::Auth auth;
  auth.max_failed_logins = 3;
  auth.max_failed_logins_total = 5;
  auth.lock_duration = seconds(60);
  return auth;
}

TEST(CountTry, LocksANetworkAndThenTurnsItAway) {
  SignInTallies tallies;
  for (int i = 0; i < 2; ++i) {
    const auto counted = count_try(tallies, Try::wrong, kNow, rules());
    EXPECT_FALSE(counted.locked_until || counted.lock_here || counted.lock_all);
  }
  EXPECT_EQ(count_try(tallies, Try::wrong, kNow, rules()).lock_here, kNow + seconds(60));
  for (int i = 0; i < 7; ++i) {
    const auto counted = count_try(tallies, Try::right, kNow + seconds(59), rules());
    EXPECT_EQ(counted.locked_until, kNow + seconds(60)) << "also the right one; not prolonged";
    EXPECT_FALSE(counted.lock_here) << "the lock is logged once";
  }
  const auto after = count_try(tallies, Try::right, kNow + seconds(60), rules());
  EXPECT_FALSE(after.locked_until);
  EXPECT_EQ(after.refused_before, 7) << "all of them in one entry";
  EXPECT_EQ(count_try(tallies, Try::right, kNow + seconds(60), rules()).refused_before, 0);
}

TEST(CountTry, StartsAnewAfterALockAndAfterARest) {
  SignInTallies tallies;
  for (int i = 0; i < 3; ++i) (void)count_try(tallies, Try::wrong, kNow, rules());
  EXPECT_FALSE(count_try(tallies, Try::wrong, kNow + seconds(60), rules()).lock_here);
  EXPECT_EQ(tallies.here.failures, 1);
  EXPECT_FALSE(count_try(tallies, Try::wrong, kNow + seconds(61), rules()).lock_here);
  EXPECT_EQ(tallies.here.failures, 2);
  EXPECT_FALSE(count_try(tallies, Try::wrong, kNow + seconds(121), rules()).lock_here);
  EXPECT_EQ(tallies.here.failures, 1);
}

TEST(CountTry, FailuresFromManyNetworksLockTheOthersButNotAKnownOne) {
  SignInTallies known;
  (void)count_try(known, Try::right, kNow, rules());
  SignInTallies tallies;
  for (int i = 0; i < 4; ++i) {
    tallies.here = {};  // each from another network
    EXPECT_FALSE(count_try(tallies, Try::wrong, kNow, rules()).lock_all);
  }
  tallies.here = {};
  const auto last = count_try(tallies, Try::wrong, kNow, rules());
  EXPECT_EQ(last.lock_all, kNow + seconds(60));
  EXPECT_FALSE(last.lock_here);
  tallies.here = {};
  EXPECT_TRUE(count_try(tallies, Try::right, kNow, rules()).locked_until) << "a new network";
  known.all = tallies.all;
  EXPECT_FALSE(count_try(known, Try::right, kNow, rules()).locked_until);
  EXPECT_FALSE(count_try(known, Try::wrong, kNow, rules()).locked_until);
  EXPECT_EQ(known.all.failures, tallies.all.failures) << "it feeds the others' count no more";
  (void)count_try(known, Try::wrong, kNow, rules());
  EXPECT_TRUE(count_try(known, Try::wrong, kNow, rules()).lock_here) << "but has its own";
  EXPECT_FALSE(known.here.known(kNow + kKnownNetwork));
}

TEST(CountTry, ASmallerTotalIsNoSmallerThanWhatOneNetworkMay) {
  auto auth = rules();
  auth.max_failed_logins_total = 1;
  SignInTallies tallies;
  for (int i = 0; i < 2; ++i) {
    const auto counted = count_try(tallies, Try::wrong, kNow, auth);
    EXPECT_FALSE(counted.lock_here || counted.lock_all);
  }
  EXPECT_TRUE(count_try(tallies, Try::wrong, kNow, auth).lock_all);
}

TEST(CountTry, ASuccessForgetsTheFailuresOfItsNetwork) {
  SignInTallies tallies;
  for (int i = 0; i < 2; ++i) (void)count_try(tallies, Try::wrong, kNow, rules());
  (void)count_try(tallies, Try::right, kNow, rules());
  EXPECT_EQ(tallies.here.failures, 0);
  EXPECT_EQ(tallies.all.failures, 2) << "a success in one place does not help guessing in others";
}

TEST(CountTry, TurningAwayWritesNoMoreEntriesThanGuessesWould) {
  SignInTallies tallies;
  int logged = 0;
  for (int i = 0; i < 20; ++i) {
    const auto counted = count_try(tallies, Try::turned_away, kNow, rules());
    EXPECT_FALSE(counted.locked_until) << "it is no guess";
    logged += counted.logged ? 1 : 0;
  }
  EXPECT_EQ(logged, 2);
  EXPECT_EQ(count_try(tallies, Try::right, kNow, rules()).refused_before, 18);
}

TEST(NetworkOf, IsWhatOneCustomerHas) {
  EXPECT_EQ(network_of("203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(network_of("::ffff:203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(network_of("2001:db8:1:2:ffff::1"), network_of("2001:db8:1:2::9"));
  EXPECT_NE(network_of("2001:db8:1:3::1"), network_of("2001:db8:1:2::1"));
  EXPECT_EQ(network_of("fe80::1%1"), "fe80::/64");
  EXPECT_EQ(network_of(""), "unknown");
  EXPECT_EQ(network_of("somewhere"), "unknown");
}

TEST(AddressKey, IsKeyedAndWithoutCase) {
  const std::string secret(32, 's');
  EXPECT_EQ(address_key(secret, "A@B.test"), address_key(secret, "a@b.TEST"));
  EXPECT_NE(address_key(secret, "a@b.test"), address_key(secret, "c@b.test"));
  EXPECT_NE(address_key(secret, "a@b.test"), address_key(std::string(32, 't'), "a@b.test"));
  EXPECT_EQ(address_key(secret, "a@b.test").size(), 32U);
}

}  // namespace
}  // namespace wardbook::accounts
