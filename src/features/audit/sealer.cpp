#include "features/audit/audit.h"
#include "features/audit/audit_sql.h"
#include "features/audit/number_ranges.h"

namespace wardbook::audit {
namespace {

/// Keeps the ranges of numbers that are not sealed: those that $ids were taken from end or split.
Task<> close_ranges(db::Tx& tx, const std::vector<std::int64_t>& ids) {
  NumberRanges before;
  for (const auto& range : co_await tx.all(kUnsealedRanges, ids.front(), ids.back())) {
    before.add(range.first, range.last);
  }
  NumberRanges after = before;
  for (const auto id : ids) after.take(id);
  std::vector<std::int64_t> dropped;
  std::vector<std::int64_t> firsts;
  std::vector<std::int64_t> lasts;
  for (const auto& [first, last] : before.map()) {
    const auto kept = after.map().find(first);
    if (kept == after.map().end() || kept->second != last) dropped.push_back(first);
  }
  for (const auto& [first, last] : after.map()) {
    const auto had = before.map().find(first);
    if (had != before.map().end() && had->second == last) continue;
    firsts.push_back(first);
    lasts.push_back(last);
  }
  tx.queue(kDropRanges, std::move(dropped));
  tx.queue(kAddRanges, std::move(firsts), std::move(lasts));
}

}  // namespace

Task<std::int64_t> seal(db::Pool& db, TenantId tenant, std::int64_t most, const Formats& formats) {
  const Format& format = formats.known.back();
  db::Tx tx = co_await db.begin_job(tenant);
  const auto held = co_await tx.maybe_one(kSealLock);
  if (!held) co_return 0;
  // A statement of its own behind the lock, so it sees what the sealer before has committed.
  const auto entries = co_await tx.all(*formats.unsealed, most);
  if (entries.empty()) co_return 0;
  const auto last = co_await tx.maybe_one(kLastSeal);
  SealHeader header{.epoch = held->epoch, .entry_format = format.number, .sealed_at = held->now};
  if (last) header.seq = last->seq + 1;
  if (last && last->epoch != held->epoch) header.previous_epoch = last->epoch;
  std::vector<std::int64_t> ids;
  std::string digests;
  std::string hashes;
  for (const auto& entry : entries) {
    const std::string digest = content_digest(format, entry);
    ids.push_back(entry.id);
    digests += digest;
    hashes += entry_hash(format, entry, digest);
  }
  const std::string hash = link(last ? last->hash : genesis(tenant), header, hashes);
  co_await close_ranges(tx, ids);
  tx.queue(kInsertSeal, header.seq, header.epoch, header.previous_epoch, header.entry_format,
           header.sealed_at, std::move(ids), db::Bytes{digests}, db::Bytes{hashes},
           db::Bytes{hash});
  co_await tx.commit();
  co_return static_cast<std::int64_t>(entries.size());
}

}  // namespace wardbook::audit
