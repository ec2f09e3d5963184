#include "net/pace.h"

#include <gtest/gtest.h>

namespace wardbook::net {
namespace {

using namespace std::chrono_literals;

TEST(Pace, DripsUseTheGraceUp) {
  Pace pace(30s, 1024);
  for (int i = 0; i < 2; ++i) pace.waited(10s, 1);
  EXPECT_GT(pace.left(), 9s);
  EXPECT_TRUE(pace.is_slow_after(0s));
  EXPECT_FALSE(Pace(30s, 1024).is_slow_after(14s));
  EXPECT_TRUE(Pace(30s, 1024).is_slow_after(16s));
  pace.waited(10s, 1);
  EXPECT_LT(pace.left(), 10ms);
}

TEST(Pace, ALineOf64KilobitsGoesOnForever) {
  Pace pace(30s, 1024);
  // Six transfers share the line, and now and then it stalls.
  for (int i = 0; i < 10'000; ++i) {
    pace.waited(1s, 64'000 / 8 / 6);
    if (i % 100 == 0) pace.waited(20s, 0);
    ASSERT_GT(pace.left(), 0s);
  }
}

TEST(Pace, NobodySavesUp) {
  Pace pace(30s, 1024);
  pace.waited(0s, 1'000'000'000);
  EXPECT_EQ(pace.left(), 30s);
  pace.waited(40s, 1);
  EXPECT_LT(pace.left(), 10ms);
  pace.restart();
  EXPECT_EQ(pace.left(), 30s);
}

TEST(Pace, WithoutALeastRateOnlySingleWaitsCount) {
  Pace pace(30s, 0);
  for (int i = 0; i < 100; ++i) pace.waited(29s, 1);
  EXPECT_EQ(pace.left(), 30s);
}

}  // namespace
}  // namespace wardbook::net
