#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "db/pool.h"

namespace wardbook::audit {

struct Verdict;

/// What a patient or a file is after a change.
struct RowVersion {
  std::string resource;
  std::int64_t id = 0;
  std::int64_t version = 1;
  std::string kind;  ///< the action that made it
  PatientId patient;
  std::optional<AccountId> by{};
  Time at{};
  int content_format = 0;
  std::string content;
};
/// What is kept beside it, with a new salt.
struct Kept {
  std::string salt;
  std::string digest;
  std::string hash;
};
[[nodiscard]] Kept kept(const RowVersion& version);
/// Puts it into the transaction (sent with its next flush). Returns its hash, for the entry in the
/// log which vouches for it.
[[nodiscard]] std::string keep(db::Tx& tx, RowVersion version);

/// The last version of a row, to be held against what the row says.
struct LastVersion {
  std::int64_t version = 0;  ///< 0: there is none
  int content_format = 0;
  std::optional<std::string> salt;  ///< none: what it said was erased
  std::string digest;
  /// From these columns of a row, wherever they begin.
  static LastVersion from_row(const db::RowView& row, int column);
};
/// Whether the last version says this; one that was erased says everything.
[[nodiscard]] bool says(const LastVersion& last, std::int64_t version, std::string_view content);

/// Recomputes the versions of all rows of a resource, page by page, and holds them against the log.
/// Adds to `verdict`. The rows themselves are the business of those who own them.
[[nodiscard]] Task<> verify_row_versions(db::Pool& db, TenantId tenant, std::string resource,
                                         Verdict& verdict);

}  // namespace wardbook::audit
