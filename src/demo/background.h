#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace wardbook::demo {

/// A thread for what arrives while the service runs already. Signals are for the service's thread.
class Background {
 public:
  /// `work` gets a mark that says when it has to end; it does not throw.
  explicit Background(std::function<void(const std::atomic<bool>& stopped)> work);
  /// Sets the mark, requests an Interrupt, and waits.
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

 private:
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

}  // namespace wardbook::demo
