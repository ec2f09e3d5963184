#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "db/query.h"

namespace wardbook::audit {

/// The columns of an entry in the order in which the statements of a Formats select them, after the
/// id, each as PostgreSQL's text of it.
enum class Column : std::uint8_t {
  salt,
  at,  ///< seconds since 1970 with six decimals
  actor_id,
  actor_role,
  action,
  resource,
  resource_id,
  patient_id,
  patient_ids,
  outcome,
  request_id,
  ip,
  reason,
  filters,
  before,
  after,
  look_ids,
  count
};

/// An entry as the chain sees it.
struct EntryRow {
  std::int64_t id = 0;
  std::vector<std::optional<std::string>> columns;

  static EntryRow from_row(const db::RowView& r);
  [[nodiscard]] const std::optional<std::string>& at(Column column) const {
    return columns.at(static_cast<std::size_t>(column));
  }
  /// A sealed entry that is gone has nothing but its id.
  [[nodiscard]] bool is_missing() const { return !at(Column::at); }
  /// It says nothing, or what it said was erased with its salt.
  [[nodiscard]] bool is_empty() const;
};

/// How entries become bytes. Written once and never changed: hashes that were made with it are to
/// hold for ever. What shall be hashed in another way gets another number.
struct Format {
  int number;
  /// What can be erased (it is hashed behind the salt).
  std::string (*content)(const EntryRow& entry);
  /// Everything else, with the digest of the content.
  std::string (*entry)(const EntryRow& entry, std::string_view content_digest);
};

/// The formats that a program knows, and where it reads the entries that they need.
struct Formats {
  std::span<const Format> known;  ///< new seals have the last one
  /// At most $1 entries that no seal names, by their ids.
  const db::Query<EntryRow, std::int64_t>* unsealed;
  /// The entries of seal $1 in its order.
  const db::Query<EntryRow, std::int64_t>* of_seal;

  /// nullptr for a number that this program does not know.
  [[nodiscard]] const Format* find(std::int64_t number) const;
};
/// Those of this program.
[[nodiscard]] const Formats& shipped_formats();

/// Appends a field so that no two lists of fields have the same bytes: `5:hello,` or `-,` for NULL.
void append_field(std::string& bytes, const std::optional<std::string>& field);

/// SHA-256 over salt and content, 32 bytes.
[[nodiscard]] std::string content_digest(const Format& format, const EntryRow& entry);
[[nodiscard]] std::string entry_hash(const Format& format, const EntryRow& entry,
                                     std::string_view content_digest);

/// A link of the chain without its hash.
struct SealHeader {
  std::int64_t seq = 1;
  std::int64_t epoch = 1;
  std::optional<std::int64_t> previous_epoch{};  ///< where another epoch begins
  std::int64_t entry_format = 0;
  std::int64_t sealed_at = 0;  ///< microseconds since 1970
};
/// The link before the first: so that chains of different hospitals cannot be exchanged.
[[nodiscard]] std::string genesis(const TenantId& tenant);
[[nodiscard]] std::string link(std::string_view before, const SealHeader& header,
                               std::string_view entry_hashes);

}  // namespace wardbook::audit
