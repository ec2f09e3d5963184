#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "demo/demo.h"

namespace wardbook::demo {

struct UploadPlan {
  Endpoint service;  ///< where the running service answers
  std::string password;
  Date anchor{};        ///< records of visits before this day get files
  bool resume = false;  ///< some files may be there: look before sending one
};

/// What came of it.
struct Uploaded {
  std::size_t files = 0;  ///< sent by this run
  std::string failure;    ///< empty: every file is there
};

/// Files the demo's documents as their authors would: signs in over HTTP, starts an upload, PUTs
/// the bytes to the URL that it got, completes it. On a thread of its own, all hospitals at once.
/// Whatever ends it in between, the next one goes on: what is there is left, what was begun is
/// ended.
class Uploads {
 public:
  /// `done` is called on that thread at the end, unless this was stopped.
  Uploads(UploadPlan plan, std::function<void(const Uploaded&)> done);
  /// Waits for the request that is under way; the service has to be going or gone.
  ~Uploads();
  Uploads(const Uploads&) = delete;
  Uploads& operator=(const Uploads&) = delete;

 private:
  void run(const std::function<void(const Uploaded&)>& done);

  UploadPlan plan_;
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

}  // namespace wardbook::demo
