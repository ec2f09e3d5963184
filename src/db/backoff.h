#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace wardbook::db::detail {

/// Pauses between attempts to connect: 50 ms, doubling to about a second, with jitter so that the
/// nodes do not come back in step.
class Backoff {
 public:
  std::chrono::milliseconds next() {
    constexpr int kFirstMs = 50;
    constexpr int kMostMs = 1'000;
    const int base = std::min(kMostMs, kFirstMs << std::min(failures_++, 10));
    return std::chrono::milliseconds(std::uniform_int_distribution(base / 2, base)(random_));
  }
  void reset() { failures_ = 0; }

 private:
  int failures_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace wardbook::db::detail
