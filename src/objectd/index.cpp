#include "objectd/index.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"

namespace wardbook::objectd {
namespace {

/// The common prefix that `key` is rolled up into; nullopt if it is listed itself.
std::optional<std::string_view> rolled_up(std::string_view key, const ListQuery& query) {
  if (query.delimiter.empty() || !key.starts_with(query.prefix)) return std::nullopt;
  const auto at = key.find(query.delimiter, query.prefix.size());
  if (at == std::string_view::npos) return std::nullopt;
  return key.substr(0, at + query.delimiter.size());
}

/// The first text behind all that begin with `prefix`; nullopt: there is none.
std::optional<std::string> behind(std::string prefix) {
  while (!prefix.empty()) {
    const auto last = static_cast<unsigned char>(prefix.back());
    if (last != 0xff) {
      prefix.back() = static_cast<char>(last + 1);
      return prefix;
    }
    prefix.pop_back();
  }
  return std::nullopt;
}

constexpr std::size_t kVersionIdBytes = 32;

}  // namespace

std::string make_version_id(std::uint64_t generation) {
  std::string raw(8, '\0');
  for (std::size_t i = 0; i < raw.size(); ++i) {
    raw[i] = static_cast<char>(generation >> (8 * (raw.size() - 1 - i)) & 0xff);
  }
  return to_hex(raw + random_bytes(8));
}

std::optional<std::uint64_t> generation_of(std::string_view version_id) {
  if (version_id.size() != kVersionIdBytes || !all_lower_hex(version_id)) return std::nullopt;
  return parse_number<std::uint64_t>(version_id.substr(0, kVersionIdBytes / 2), 16);
}

Index::Map::const_iterator Index::past_prefix(std::string prefix) const {
  const auto bound = behind(std::move(prefix));
  return bound ? entries_.lower_bound(*bound) : entries_.end();
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

namespace {

/// Where a page of a key's versions begins.
std::size_t first_version(std::span<const IndexEntry> versions, const VersionQuery& query) {
  if (!query.after_version) return versions.size();
  const auto same = std::ranges::find(versions, *query.after_version, &IndexEntry::version);
  if (same != versions.end()) return static_cast<std::size_t>(same - versions.begin()) + 1;
  // It was removed meanwhile. Rather some versions twice than some never.
  const auto generation = generation_of(*query.after_version);
  if (!generation) return 0;
  const auto older = std::ranges::find_if(
      versions, [&](const IndexEntry& one) { return one.generation < *generation; });
  return static_cast<std::size_t>(older - versions.begin());
}

}  // namespace

VersionList Index::list_versions(const VersionQuery& query) const {
  VersionList out;
  if (query.max_keys == 0) return out;
  const ListQuery rolling{query.prefix, query.delimiter, {}, 0};
  std::string from = query.prefix;
  if (!query.after_key.empty() && query.after_key >= query.prefix) {
    from = query.after_key;
    if (rolled_up(from, rolling) == std::string_view(from)) {
      const auto bound = behind(from);
      if (!bound) return out;
      from = *bound;
    }
  }
  auto entry = entries_.lower_bound(from);
  auto chain = chains_.lower_bound(from);
  while (true) {
    const bool any_entry = entry != entries_.end() && entry->first.starts_with(query.prefix);
    const bool any_chain = chain != chains_.end() && chain->first.starts_with(query.prefix);
    if (!any_entry && !any_chain) break;
    const bool of_chain = any_chain && (!any_entry || chain->first <= entry->first);
    const std::string& key = of_chain ? chain->first : entry->first;
    if (const auto prefix = rolled_up(key, rolling)) {
      if (out.items.size() + out.common_prefixes.size() == query.max_keys) {
        out.truncated = true;
        return out;
      }
      out.common_prefixes.emplace_back(*prefix);
      out.next_key = *prefix;
      out.next_version.reset();
      const auto bound = behind(std::string(*prefix));
      if (!bound) break;
      entry = entries_.lower_bound(*bound);
      chain = chains_.lower_bound(*bound);
      continue;
    }
    const auto all = versions(key);
    for (auto i = key == query.after_key ? first_version(all, query) : 0; i < all.size(); ++i) {
      if (out.items.size() + out.common_prefixes.size() == query.max_keys) {
        out.truncated = true;
        return out;
      }
      VersionList::Item item{key, all[i], i == 0, all.size() == 1, std::nullopt, 0};
      if (i > 0) {
        item.superseded = all[i - 1].modified;
        item.newer = i - 1;
      }
      out.items.push_back(std::move(item));
      out.next_key = key;
      out.next_version = all[i].version;
    }
    if (any_entry && of_chain && entry->first == chain->first) ++entry;
    if (of_chain) {
      ++chain;
    } else {
      ++entry;
    }
  }
  out.next_key.clear();
  out.next_version.reset();
  return out;
}

const IndexEntry* Index::find(std::string_view key) const {
  const auto at = entries_.find(key);
  return at == entries_.end() ? nullptr : &at->second;
}

std::span<const IndexEntry> Index::versions(std::string_view key) const {
  if (const auto chain = chains_.find(key); chain != chains_.end()) return chain->second;
  const auto at = entries_.find(key);
  if (at == entries_.end()) return {};
  return std::span(&at->second, 1);
}

const IndexEntry* Index::find(std::string_view key, std::string_view version) const {
  const auto all = versions(key);
  const auto at = std::ranges::find(all, version, &IndexEntry::version);
  return at == all.end() ? nullptr : &*at;
}

namespace {

std::optional<IndexEntry> take_version(std::vector<IndexEntry>& chain, std::string_view version) {
  const auto at = std::ranges::find(chain, version, &IndexEntry::version);
  if (at == chain.end()) return std::nullopt;
  std::optional<IndexEntry> out(std::move(*at));
  chain.erase(at);
  return out;
}

}  // namespace

/// Brings the key's entry in line with its chain, which ends where the entry says everything.
void Index::settle(std::string_view key,
                   std::map<std::string, Chain, std::less<>>::iterator chain) {
  const auto& all = chain->second;
  if (all.empty() || all.front().marker) {
    if (const auto at = entries_.find(key); at != entries_.end()) entries_.erase(at);
  } else {
    entries_.insert_or_assign(std::string(key), all.front());
  }
  if (all.empty() || (all.size() == 1 && !all.front().marker)) chains_.erase(chain);
}

std::optional<IndexEntry> Index::put(std::string_view key, IndexEntry entry) {
  auto chain = chains_.find(key);
  const auto at = entries_.find(key);
  if (chain == chains_.end()) {
    const bool same = at != entries_.end() && at->second.version == entry.version;
    if (!entry.marker && at == entries_.end()) {
      entries_.emplace(key, std::move(entry));
      return std::nullopt;
    }
    if (!entry.marker && same) return std::exchange(at->second, std::move(entry));
    chain = chains_.emplace(key, Chain()).first;
    if (at != entries_.end()) chain->second.push_back(at->second);
  }
  auto before = take_version(chain->second, entry.version);
  const auto place = std::ranges::find_if(
      chain->second, [&](const IndexEntry& one) { return one.generation < entry.generation; });
  chain->second.insert(place, std::move(entry));
  settle(key, chain);
  return before;
}

std::optional<IndexEntry> Index::erase(std::string_view key, std::string_view version) {
  const auto chain = chains_.find(key);
  if (chain != chains_.end()) {
    auto before = take_version(chain->second, version);
    settle(key, chain);
    return before;
  }
  const auto at = entries_.find(key);
  if (at == entries_.end() || at->second.version != version) return std::nullopt;
  std::optional<IndexEntry> out(std::move(at->second));
  entries_.erase(at);
  return out;
}

void Index::set_tags(std::string_view key, std::string_view version,
                     std::shared_ptr<const Tags> tags) {
  const auto set = [&](IndexEntry& entry) {
    if (entry.version != version) return;
    entry.tags = tags;
    entry.tagged_apart = true;
  };
  if (const auto chain = chains_.find(key); chain != chains_.end()) {
    for (auto& entry : chain->second) set(entry);
  }
  if (const auto at = entries_.find(key); at != entries_.end()) set(at->second);
}

}  // namespace wardbook::objectd
