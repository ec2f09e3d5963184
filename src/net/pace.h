#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace wardbook::net {

/// How much longer a client may keep us waiting. It starts with a grace, every wait takes from it,
/// and every byte that the client sent or took gives back what it may cost at the least rate, never
/// beyond the grace. So pauses are forgiven, and drips are not. Time that is not spent waiting for
/// the client (the database, the store) does not count.
class Pace {
 public:
  using Duration = std::chrono::nanoseconds;

  Pace(Duration grace, std::uint64_t bytes_per_second)
      : grace_(grace), rate_(bytes_per_second), left_(grace) {}

  void restart() { left_ = grace_; }
  [[nodiscard]] Duration left() const { return left_; }
  void waited(Duration time, std::uint64_t bytes) {
    if (rate_ == 0) return;
    const auto earned = 1e9 * static_cast<double>(bytes) / static_cast<double>(rate_);
    const auto most = static_cast<double>(grace_.count());
    const auto now = static_cast<double>((left_ - time).count()) + earned;
    left_ = Duration(static_cast<Duration::rep>(std::clamp(now, 0.0, most)));
  }
  /// Has used up half of its grace by now, with a wait that is not counted yet: the first to go
  /// when others need the place.
  [[nodiscard]] bool is_slow_after(Duration wait) const { return left() - wait < grace_ / 2; }

 private:
  Duration grace_;
  std::uint64_t rate_;  // 0: no least rate
  Duration left_;
};

}  // namespace wardbook::net
