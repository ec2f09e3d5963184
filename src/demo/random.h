#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wardbook::demo {

/// A generator whose every number follows from its seed, on any machine and compiler (the standard
/// library's distributions are not that). Not for secrets. xoshiro256** seeded by splitmix64
/// (Blackman, Vigna 2018).
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = mix(seed);
  }
  /// A generator of its own for a named part, so that parts do not shift each other's numbers.
  Random(std::uint64_t seed, std::string_view part) : Random(hash(seed, part)) {}

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  /// [0, 1)
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// low and high included.
  int between(int low, int high) {
    return low + static_cast<int>(uniform() * static_cast<double>(high - low + 1));
  }
  bool chance(double probability) { return uniform() < probability; }
  /// Bell-shaped, never farther than 6 sigma: twelve uniforms summed.
  double normal(double mean, double sigma) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return mean + sigma * sum;
  }
  template <class Range>
  const auto& pick(const Range& range) {
    return range[static_cast<std::size_t>(uniform() * static_cast<double>(range.size()))];
  }
  /// The index of one of `range`, each as likely as `weight(element)` says.
  template <class Range, class Weight>
  std::size_t pick_weighted(const Range& range, Weight weight) {
    double total = 0;
    for (const auto& element : range) total += weight(element);
    double at = uniform() * total;
    std::size_t index = 0;
    for (const auto& element : range) {
      at -= weight(element);
      if (at < 0) return index;
      ++index;
    }
    return range.size() - 1;
  }

 private:
  static std::uint64_t mix(std::uint64_t& seed) {
    seed += 0x9e3779b97f4a7c15;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  static std::uint64_t hash(std::uint64_t seed, std::string_view part) {
    for (const char c : part) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return seed;
  }

  std::uint64_t state_[4] = {};
};

}  // namespace wardbook::demo
