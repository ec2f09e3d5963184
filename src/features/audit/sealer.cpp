#include "api/input.h"
#include "base/hash.h"
#include "features/audit/audit.h"
#include "features/audit/audit_sql.h"

namespace wardbook::audit {
namespace {

std::string entry_hash(const EntryRow& row) {
  boost::json::array parts;
  parts.emplace_back(std::to_string(row.id));
  parts.emplace_back(row.xact);
  for (const auto& column : row.columns) {
    if (column) {
      parts.emplace_back(*column);
    } else {
      parts.emplace_back(nullptr);
    }
  }
  const auto hash = sha256(boost::json::serialize(parts));
  return std::string(as_chars(hash));
}

/// The link before the first: so that chains of different hospitals cannot be exchanged.
std::string genesis(const TenantId& tenant) {
  const auto hash = sha256("wardbook audit chain of " + tenant.str());
  return std::string(as_chars(hash));
}

std::string link(const std::string& before, const std::string& entry_hashes) {
  const auto hash = sha256(before + entry_hashes);
  return std::string(as_chars(hash));
}

/// Compares one seal with its entries; returns the fault or nothing.
std::optional<std::string> check_seal(const SealRow& seal, const std::vector<EntryRow>& entries,
                                      const std::string& before) {
  if (seal.hashes.size() != entries.size() * 32) {
    return "seal " + std::to_string(seal.seq) + " has another number of hashes than entries";
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].xact.empty()) {
      return "audit entry " + std::to_string(entries[i].id) + " is missing";
    }
    if (entry_hash(entries[i]) != seal.hashes.substr(i * 32, 32)) {
      return "audit entry " + std::to_string(entries[i].id) + " was altered";
    }
  }
  if (link(before, seal.hashes) != seal.hash) {
    return "seal " + std::to_string(seal.seq) + " does not continue the chain";
  }
  return std::nullopt;
}

}  // namespace

Task<std::int64_t> seal(db::Pool& db, TenantId tenant, std::int64_t most) {
  db::Tx tx = co_await db.begin_job(tenant);
  const auto held = co_await tx.maybe_one(kSealLock);
  if (!held) co_return 0;
  const auto last = co_await tx.maybe_one(kLastSeal);
  // Named before the co_await: g++ 12 destroys a conditional's temporary even if it was never made.
  const std::string after_xact = last ? last->last_xact : "0";
  const std::int64_t after_id = last ? last->last_id : 0;
  const auto entries = co_await tx.all(kUnsealed, after_xact, after_id, most);
  if (entries.empty()) co_return 0;
  std::vector<std::int64_t> ids;
  std::string hashes;
  for (const auto& entry : entries) {
    ids.push_back(entry.id);
    hashes += entry_hash(entry);
  }
  const std::string hash = link(last ? last->hash : genesis(tenant), hashes);
  tx.queue(kInsertSeal, last ? last->seq + 1 : 1, entries.back().xact, std::move(ids),
           db::Bytes{hashes}, db::Bytes{hash});
  co_await tx.commit();
  co_return static_cast<std::int64_t>(entries.size());
}

Task<Verdict> verify_chain(db::Pool& db, TenantId tenant) {
  Verdict verdict;
  std::string before = genesis(tenant);
  std::int64_t seq = 0;
  while (true) {
    db::Tx tx = co_await db.begin(tenant);
    const auto seal = co_await tx.maybe_one(kNextSeal, seq);
    if (!seal) break;
    if (seal->seq != seq + 1) {
      verdict.first_fault = "seal " + std::to_string(seq + 1) + " is missing";
      co_return verdict;
    }
    const auto entries = co_await tx.all(kSealedEntries, seal->seq);
    verdict.first_fault = check_seal(*seal, entries, before);
    if (verdict.first_fault) co_return verdict;
    before = seal->hash;
    seq = seal->seq;
    verdict.seals = seq;
    verdict.head = to_hex(before);
    verdict.entries += static_cast<std::int64_t>(entries.size());
  }
  db::Tx tx = co_await db.begin(tenant);
  const auto last = co_await tx.maybe_one(kLastSeal);
  const std::string xact = last ? last->last_xact : "0";
  const std::int64_t id = last ? last->last_id : 0;
  verdict.unsealed = (co_await tx.one(kCountAfter, xact, id)).value;
  const auto known = co_await tx.one(kCountUpTo, xact, id);
  // New seals may have come since the loop; they only add.
  if (known.value > verdict.entries && last && last->seq == seq) {
    const auto stranger = co_await tx.maybe_one(kFirstStranger, xact, id);
    if (stranger) {
      verdict.first_fault =
          "audit entry " + std::to_string(stranger->value) + " was put in without a seal";
    }
  }
  co_return verdict;
}

}  // namespace wardbook::audit
