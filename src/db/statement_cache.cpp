#include "db/statement_cache.h"

#include <iterator>

namespace wardbook::db::detail {

StatementCache::Entry* StatementCache::find(TenantNumber tenant, const QueryText* query) {
  const auto found = by_key_.find({tenant, query});
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &*found->second;
}

StatementCache::Entry& StatementCache::insert(TenantNumber tenant, const QueryText* query,
                                              std::uint64_t segment) {
  entries_.push_front({tenant, query, next_name(), State::preparing, segment});
  by_key_[{tenant, query}] = entries_.begin();
  by_name_[entries_.front().name] = entries_.begin();
  shrink();
  return entries_.front();
}

void StatementCache::prepared(const std::string& name, bool ok) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  if (ok) {
    found->second->state = State::ready;
  } else {
    erase(found->second);
  }
}

void StatementCache::discard(const std::string& name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  evicted_.push_back(name);
  erase(found->second);
}

void StatementCache::erase(Entries::iterator entry) {
  by_key_.erase({entry->tenant, entry->query});
  by_name_.erase(entry->name);
  entries_.erase(entry);
}

void StatementCache::shrink() {
  auto candidate = entries_.end();
  while (entries_.size() > bound_ && candidate != entries_.begin()) {
    --candidate;
    if (candidate->state != State::ready) continue;
    const auto victim = candidate++;
    evicted_.push_back(victim->name);
    erase(victim);
  }
}

}  // namespace wardbook::db::detail
