#pragma once

#include <stdexcept>

namespace wardbook::demo {

/// Thrown where the demo's preparation stops because SIGINT or SIGTERM came, or the demo ends.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

/// While one lives, SIGINT and SIGTERM only set a mark, so that what has been started is ended in
/// order. The server installs its own handling later, after this is gone. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// As if a signal had come: for what still prepares in the background when the service has ended.
  static void request() noexcept;
  /// Whether a signal has come since the last Interrupt was made.
  static bool requested() noexcept;
  /// Throws Interrupted if one has.
  static void check();
};

}  // namespace wardbook::demo
