#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "db/query.h"

namespace wardbook::db::detail {

/// A tenant's number in this process; 0 is the control schema.
using TenantNumber = std::uint32_t;

/// The prepared statements of one connection, by (tenant, query), least recently used first out.
/// Names come from a counter, so that no name is ever used twice on a connection, whatever became
/// of the statement that had it.
class StatementCache {
 public:
  enum class State { preparing, ready };
  struct Entry {
    TenantNumber tenant;
    const QueryText* query;
    std::string name;
    State state;
    std::uint64_t segment;  ///< of the pipeline, that holds its Parse
  };

  explicit StatementCache(std::size_t bound) : bound_(bound) {}

  /// nullptr when there is none. Counts as a use.
  Entry* find(TenantNumber tenant, const QueryText* query);
  /// Adds one that is being prepared. Evicts beyond the bound, but none that is being prepared.
  Entry& insert(TenantNumber tenant, const QueryText* query, std::uint64_t segment);
  /// The answer to its Parse. One that failed is forgotten.
  void prepared(const std::string& name, bool ok);
  /// Forgets it, to be deallocated.
  void discard(const std::string& name);
  /// Names that the server still holds and that nobody will use again. Clears the list.
  std::vector<std::string> take_evicted() { return std::exchange(evicted_, {}); }
  [[nodiscard]] bool has_evicted() const { return !evicted_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// A name for a statement outside of the cache.
  std::string next_name() { return "s" + std::to_string(++counter_); }

 private:
  using Entries = std::list<Entry>;
  struct Key {
    TenantNumber tenant;
    const QueryText* query;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<const void*>{}(key.query) * 31 + key.tenant;
    }
  };
  void erase(Entries::iterator entry);
  void shrink();

  std::size_t bound_;
  std::uint64_t counter_ = 0;
  Entries entries_;  // most recently used first
  std::unordered_map<Key, Entries::iterator, KeyHash> by_key_;
  std::unordered_map<std::string, Entries::iterator> by_name_;
  std::vector<std::string> evicted_;
};

}  // namespace wardbook::db::detail
