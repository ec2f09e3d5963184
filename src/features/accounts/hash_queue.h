#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/settings.h"
#include "base/task.h"

namespace wardbook::accounts {

/// How many passwords a reactor hashes at once for those who are not signed in, and as many for
/// those who are: together half of the cores each, at least one.
[[nodiscard]] int hashes_at_once(const Settings::Server& server);

/// Bounds how many passwords are hashed at once and how many wait for it: each hash takes a tenth
/// of a second of one core and the configured memory.
///
/// Whoever waits stands in a line: of one network or of one account. The lines take turns, and when
/// all places are taken a newcomer pushes out the last of the longest line. So nobody is kept from
/// signing in by the mass of tries that somebody else makes from one place.
///
/// On one reactor; a place may outlive the queue.
class HashQueue {
 public:
  explicit HashQueue(std::size_t waiting = 64,
                     std::chrono::milliseconds patience = std::chrono::seconds(10));

  struct State;
  struct Waiter;
  /// Room for one hash while it lives.
  class Place {
   public:
    explicit Place(std::shared_ptr<State> state);
    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) = delete;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

   private:
    std::shared_ptr<State> state_;
  };

  /// Waits for a place, of which there are `places`. Fails with overloaded: pushed out, or the wait
  /// lasted longer than the queue's patience.
  [[nodiscard]] Task<Place> enter(std::string line, int places);
  [[nodiscard]] std::size_t waiting() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace wardbook::accounts
