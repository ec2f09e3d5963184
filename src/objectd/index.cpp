#include "objectd/index.h"

namespace wardbook::objectd {
namespace {

/// The common prefix that `key` is rolled up into; nullopt if it is listed itself.
std::optional<std::string_view> rolled_up(std::string_view key, const ListQuery& query) {
  if (query.delimiter.empty() || !key.starts_with(query.prefix)) return std::nullopt;
  const auto at = key.find(query.delimiter, query.prefix.size());
  if (at == std::string_view::npos) return std::nullopt;
  return key.substr(0, at + query.delimiter.size());
}

}  // namespace

Index::Map::const_iterator Index::past_prefix(std::string prefix) const {
  while (!prefix.empty()) {
    const auto last = static_cast<unsigned char>(prefix.back());
    if (last != 0xff) {
      prefix.back() = static_cast<char>(last + 1);
      return entries_.lower_bound(prefix);
    }
    prefix.pop_back();
  }
  return entries_.end();
}

ListResult Index::list(const ListQuery& query) const {
  ListResult out;
  if (query.max_keys == 0) return out;
  auto at = entries_.lower_bound(query.prefix);
  if (!query.after.empty() && query.after >= query.prefix) {
    // A page that ended with a common prefix goes on behind all that it stands for.
    const bool was_prefix = rolled_up(query.after, query) == query.after;
    at = was_prefix ? past_prefix(query.after) : entries_.upper_bound(query.after);
  }
  while (at != entries_.end() && at->first.starts_with(query.prefix)) {
    if (out.objects.size() + out.common_prefixes.size() == query.max_keys) {
      out.truncated = true;
      return out;
    }
    if (const auto prefix = rolled_up(at->first, query)) {
      out.common_prefixes.emplace_back(*prefix);
      out.next = *prefix;
      at = past_prefix(std::string(*prefix));
    } else {
      out.objects.push_back({at->first, at->second});
      out.next = at->first;
      ++at;
    }
  }
  out.next.clear();
  return out;
}

const IndexEntry* Index::find(std::string_view key) const {
  const auto at = entries_.find(key);
  return at == entries_.end() ? nullptr : &at->second;
}

std::optional<IndexEntry> Index::put(std::string_view key, IndexEntry entry) {
  const auto at = entries_.find(key);
  if (at == entries_.end()) {
    entries_.emplace(key, std::move(entry));
    return std::nullopt;
  }
  return std::exchange(at->second, std::move(entry));
}

std::optional<IndexEntry> Index::erase(std::string_view key) {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return std::nullopt;
  std::optional<IndexEntry> out(std::move(at->second));
  entries_.erase(at);
  return out;
}

}  // namespace wardbook::objectd
