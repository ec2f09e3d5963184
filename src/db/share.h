#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <set>

#include "base/failure.h"
#include "base/ids.h"
#include "db/connection.h"

namespace wardbook::db::detail {

struct Share;

/// One `begin` that waits: first for its turn, then, once granted, for a connection.
struct Acquire {
  Share* share = nullptr;
  ConnectionPtr connection;
  std::optional<Failure> failure;
  Deadline deadline;
  std::shared_ptr<OneShot> done = std::make_shared<OneShot>();
};

/// Connections that are used for the same kind of work, and the shares that they are divided into.
struct ShareGroup {
  explicit ShareGroup(std::size_t connections, bool divided = false)
      : most(connections), even(divided) {}

  [[nodiscard]] std::size_t left() const { return most - held; }
  /// Takes a connection for the waiter whose turn it is: one of each share in turn. Null when none
  /// may have one. Shares that may not are few: they hold connections.
  std::shared_ptr<Acquire> next();
  /// Ends the waits that are late, drops those that have ended.
  void expire(Deadline now);
  /// All that wait, who do so no longer.
  std::deque<std::shared_ptr<Acquire>> take_waiting();

  const std::size_t most;
  const bool even;  ///< a share holds no more than the group has left, so that some always are
  std::size_t held = 0;
  std::size_t waiting = 0;
  std::deque<Share*> turn;  ///< those in which somebody waits
};

/// A tenant's part of the connections, or all of a group that is not divided.
struct Share {
  explicit Share(ShareGroup& of, std::size_t connections = std::numeric_limits<std::size_t>::max())
      : group(of), most(connections) {}
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  [[nodiscard]] bool may_take() const;
  void take();
  void give();
  void wait(const std::shared_ptr<Acquire>& entry);

  /// From now on its reads go to its own share of connections rather than to a lane.
  void set_aside() { aside = true; }
  /// A read that does so, while it runs. When none is slow any more, and none has been for a
  /// second, the tenant goes back to the lanes.
  class ReadAside {
   public:
    explicit ReadAside(Share& share);
    ~ReadAside();
    ReadAside(const ReadAside&) = delete;
    ReadAside& operator=(const ReadAside&) = delete;

   private:
    Share& share_;
    std::multiset<Deadline>::iterator since_;
  };

  ShareGroup& group;
  const std::size_t most;
  std::size_t held = 0;
  std::deque<std::shared_ptr<Acquire>> waiting;
  bool in_turn = false;

  // Of a tenant's only.
  std::optional<TenantId> tenant;
  TenantNumber number = 0;
  std::size_t reads = 0;   ///< on lanes
  std::size_t guests = 0;  ///< control transactions that do not come away from its tables
  bool aside = false;
  std::multiset<Deadline> aside_since;  ///< of the reads that run aside
  Deadline slow_until;                  ///< when the last one that was slow ended
};

}  // namespace wardbook::db::detail
