#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

#include "s3/result.h"

namespace wardbook::s3 {

/// When a failed request may be sent again.
enum class Retry {
  no,             ///< the same request would fail the same way
  if_idempotent,  ///< it may have been carried out
  yes,            ///< it was certainly not carried out
};

struct Verdict {
  S3Error error;
  Retry retry;
};

/// From an answer that is not 2xx. `code` is the error document's, or empty (HEAD has none).
[[nodiscard]] Verdict classify(int status, std::string_view code);

struct RetryPolicy {
  int max_attempts = 4;
  std::chrono::milliseconds base{50};    ///< the first wait is at most this
  std::chrono::milliseconds cap{2'000};  ///< and each at most this, Retry-After included
};

/// Exponential waits with full jitter: uniform between 0 and base * 2^n, so that clients which
/// failed together do not return together.
class Backoff {
 public:
  Backoff(RetryPolicy policy, std::uint64_t seed) : policy_(policy), random_(seed) {}
  /// The wait after failed attempt `attempt` (1, 2, …); nullopt when it was the last. A server's
  /// Retry-After is waited for at least, up to the cap.
  [[nodiscard]] std::optional<std::chrono::milliseconds> wait_after(
      int attempt, std::optional<std::chrono::seconds> retry_after = std::nullopt);

 private:
  RetryPolicy policy_;
  std::mt19937_64 random_;
};

}  // namespace wardbook::s3
