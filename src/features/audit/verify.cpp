#include <algorithm>

#include "base/hash.h"
#include "features/audit/audit.h"
#include "features/audit/audit_sql.h"
#include "features/audit/number_ranges.h"

namespace wardbook::audit {
namespace {

constexpr std::size_t kHash = 32;

std::string entry_name(std::int64_t id) {
  return "audit entry " + std::to_string(id);
}

/// Walks along a chain.
struct Walk {
  const Formats& formats;
  Verdict verdict{};
  std::string before;  ///< the link that the next seal continues
  NumberRanges unsealed = NumberRanges::all();

  std::optional<std::string> check_entry(const Format& format, const SealRow& seal,
                                         const EntryRow& entry, std::size_t position) {
    const std::string name = entry_name(entry.id);
    if (entry.is_missing()) return name + " is missing";
    const std::string_view kept = std::string_view(seal.digests).substr(position * kHash, kHash);
    const std::string_view hash = std::string_view(seal.hashes).substr(position * kHash, kHash);
    std::string digest = content_digest(format, entry);
    const bool erased = entry.is_empty() && digest != kept;
    if (erased) digest = kept;
    if (entry_hash(format, entry, digest) != hash) return name + " was altered";
    if (digest != kept) return "the digest of " + name + " was altered";
    if (!unsealed.take(entry.id)) return name + " was sealed twice";
    if (erased) ++verdict.erased;
    ++verdict.entries;
    return std::nullopt;
  }

  /// Compares one seal with its entries and with the seal before; returns the fault or nothing.
  std::optional<std::string> check_seal(const SealRow& seal, const std::vector<EntryRow>& entries) {
    const SealHeader& header = seal.header;
    const std::string name = "seal " + std::to_string(header.seq);
    if (header.seq != verdict.seals + 1) {
      return "seal " + std::to_string(verdict.seals + 1) + " is missing";
    }
    const Format* format = formats.find(header.entry_format);
    if (format == nullptr) {
      return name + " has entry format " + std::to_string(header.entry_format) +
             ", which this program does not know";
    }
    if (seal.hashes.size() != entries.size() * kHash ||
        seal.digests.size() != entries.size() * kHash) {
      return name + " has another number of hashes than entries";
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (auto fault = check_entry(*format, seal, entries[i], i)) return fault;
    }
    const bool is_first = header.seq == 1;
    const bool begins = !is_first && header.epoch != verdict.epoch;
    const bool says_so = header.previous_epoch.has_value();
    if (link(before, header, seal.hashes) != seal.hash || begins != says_so ||
        (begins && (header.epoch < verdict.epoch || *header.previous_epoch != verdict.epoch))) {
      return name + " does not continue the chain";
    }
    before = seal.hash;
    verdict.seals = header.seq;
    verdict.epoch = header.epoch;
    verdict.head = to_hex(before);
    return std::nullopt;
  }
};

struct Difference {
  Range range;
  bool passed_over = false;  ///< neither sealed nor to be sealed; else both
};

/// Between the numbers that have no seal and those that the sealer looks for.
std::optional<Difference> first_difference(const NumberRanges& unsealed, const NumberRanges& kept) {
  const auto [is, kept_at] = std::ranges::mismatch(unsealed.map(), kept.map());
  const auto end = unsealed.map().end();
  const auto kept_end = kept.map().end();
  const auto up_to = [](std::int64_t last, auto next, auto none) {
    return next == none ? last : std::min(last, next->first - 1);
  };
  if (is == end && kept_at == kept_end) return std::nullopt;
  if (is == end || (kept_at != kept_end && kept_at->first < is->first)) {
    return Difference{{kept_at->first, up_to(kept_at->second, is, end)}, false};
  }
  if (kept_at == kept_end || is->first < kept_at->first) {
    return Difference{{is->first, up_to(is->second, kept_at, kept_end)}, true};
  }
  if (is->second < kept_at->second) {
    return Difference{{is->second + 1, up_to(kept_at->second, std::next(is), end)}, false};
  }
  return Difference{{kept_at->second + 1, up_to(is->second, std::next(kept_at), kept_end)}, true};
}

/// Seals that follow the ones that were walked along; false at a fault.
Task<bool> walk_on(db::Pool& db, TenantId tenant, Walk& walk) {
  while (true) {
    db::Tx tx = co_await db.begin(tenant);
    const auto seal = co_await tx.maybe_one(kNextSeal, walk.verdict.seals);
    if (!seal) co_return true;
    const auto entries = co_await tx.all(*walk.formats.of_seal, seal->header.seq);
    walk.verdict.first_fault = walk.check_seal(*seal, entries);
    if (walk.verdict.first_fault) co_return false;
  }
}

/// Whether the sealer looks for every number that has no seal, and for no other. False: new seals
/// have come meanwhile.
Task<bool> check_unsealed(db::Pool& db, TenantId tenant, Walk& walk) {
  db::Tx tx = co_await db.begin(std::move(tenant));
  NumberRanges kept;
  for (const auto& row : co_await tx.all(kAllUnsealed)) {
    if (row.seq > walk.verdict.seals) co_return false;
    if (row.range) kept.add(row.range->first, row.range->last);
  }
  if (const auto wrong = first_difference(walk.unsealed, kept)) {
    const std::int64_t first = wrong->range.first;
    const auto entry = co_await tx.maybe_one(kFirstBetween, first, wrong->range.last);
    if (!wrong->passed_over) {
      walk.verdict.first_fault = "the sealer would seal " + entry_name(first) + " again";
    } else if (entry) {
      walk.verdict.first_fault = entry_name(entry->value) + " was put in without a seal";
    } else {
      walk.verdict.first_fault = "the sealer would pass over " + entry_name(first);
    }
    co_return true;
  }
  walk.verdict.unsealed = (co_await tx.one(kCountUnsealed)).value;
  co_return true;
}

}  // namespace

Task<Verdict> verify_chain(db::Pool& db, TenantId tenant, const Formats& formats) {
  Walk walk{.formats = formats, .before = genesis(tenant)};
  do {
    if (!co_await walk_on(db, tenant, walk)) break;
  } while (!co_await check_unsealed(db, tenant, walk));
  co_return walk.verdict;
}

}  // namespace wardbook::audit
