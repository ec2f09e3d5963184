#pragma once

#include <cstdint>
#include <functional>

#include "features/app.h"

namespace wardbook::records {

/// What rewriting a tenant's search documents did.
struct Reindexed {
  std::int64_t rewritten = 0;
  std::int64_t failed = 0;  ///< of which there is a line in the log; the next pass tries again
};

/// How many records have a search document of an older format.
[[nodiscard]] Task<std::int64_t> count_outdated(db::Pool& db, TenantId tenant);

/// Rewrites the search documents of older formats, a page at a time: while it runs, records are
/// read and written as ever. A document is replaced only where the record is still the version it
/// was made of; a writer has made a new one. What was done stays done whatever becomes of the
/// process, since each document says its format. `tell` is called behind each page with the number
/// of documents that it rewrote.
[[nodiscard]] Task<Reindexed> reindex(App& app, TenantId tenant,
                                      std::function<void(std::int64_t)> tell);

}  // namespace wardbook::records
