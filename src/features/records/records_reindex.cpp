#include "features/records/records_reindex.h"

#include <utility>
#include <vector>

#include "base/log.h"
#include "base/offload.h"
#include "features/records/records_search.h"
#include "features/records/records_search_sql.h"

namespace wardbook::records {
namespace {

/// Records of a page: so few that a writer who wants one of them does not wait for long.
constexpr int kPage = 20;

/// A record with its new document.
struct Indexed {
  RecordId id;
  std::int64_t revision = 0;
  std::int64_t format = 0;
  std::string document;
};

/// Where a page ended.
struct Place {
  std::int64_t format = -1;
  RecordId id;
};

std::vector<Indexed> indexed(const std::vector<SearchedRecord>& records) {
  std::vector<Indexed> out;
  for (const auto& r : records) {
    out.push_back({r.id, r.revision, r.format, search_document(r.visit, r.number)});
  }
  return out;
}

Task<std::int64_t> store(db::Pool& db, TenantId tenant, std::vector<Indexed> documents) {
  std::int64_t stored = 0;
  db::Tx tx = co_await db.begin(std::move(tenant));
  for (auto& one : documents) {
    const auto done = co_await tx.maybe_one(kStoreDocument, one.id, one.revision, one.format,
                                            std::move(one.document), text::kSearchFormat);
    if (done) ++stored;
  }
  co_await tx.commit();
  co_return stored;
}

/// Each by itself, where one of a page cannot be stored.
Task<> store_singly(db::Pool& db, TenantId tenant, std::vector<Indexed> documents,
                    Reindexed& result) {
  for (auto& one : documents) {
    const auto id = one.id;
    std::string detail;
    std::vector<Indexed> single;
    single.push_back(std::move(one));
    try {
      result.rewritten += co_await store(db, tenant, std::move(single));
    } catch (const Failure& e) {
      detail = e.log_detail();
    }
    if (detail.empty()) continue;
    ++result.failed;
    log::warning("a record's search document could not be rewritten",
                 {{"tenant", tenant.str()}, {"record", id.value}, {"detail", detail}});
  }
}

}  // namespace

Task<std::int64_t> count_outdated(db::Pool& db, TenantId tenant) {
  db::Tx tx = co_await db.begin(std::move(tenant));
  co_return (co_await tx.one(kCountOutdated, text::kSearchFormat)).value;
}

Task<Reindexed> reindex(App& app, TenantId tenant, std::function<void(std::int64_t)> tell) {
  Reindexed result;
  Place after;
  while (true) {
    std::vector<SearchedRecord> records;
    {
      db::Tx tx = co_await app.db.begin(tenant);
      records =
          co_await tx.all(kOutdatedRecords, text::kSearchFormat, after.format, after.id, kPage);
    }
    if (records.empty()) co_return result;
    after = {records.back().format, records.back().id};
    auto work = [records = std::move(records)] { return indexed(records); };
    auto documents = co_await offload(app.workers, std::move(work));
    const auto before = result.rewritten;
    bool refused = false;
    auto again = documents;
    try {
      result.rewritten += co_await store(app.db, tenant, std::move(documents));
    } catch (const Failure&) {
      refused = true;
    }
    if (refused) co_await store_singly(app.db, tenant, std::move(again), result);
    tell(result.rewritten - before);
  }
}

}  // namespace wardbook::records
