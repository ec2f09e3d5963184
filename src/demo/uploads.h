#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

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
/// the bytes to the URL that it got, completes it. All hospitals at once. Whatever ends it in
/// between, the next one goes on: what is there is left, what was begun is ended. Once `stopped` it
/// waits for the requests that are under way only.
Uploaded upload_documents(const UploadPlan& plan, const std::atomic<bool>& stopped);

}  // namespace wardbook::demo
