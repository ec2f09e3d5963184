#pragma once

#include "db/query.h"
#include "features/storage/storage.h"

// Tables: owns {tenant}.storage_usage

namespace wardbook::storage {

inline const db::Query<void, std::string, std::int64_t, std::int64_t, std::int64_t,
                       std::vector<std::int64_t>, double, double>
    kNoteUsage{"storage.note_usage", R"sql(
  INSERT INTO {tenant}.storage_usage (day, files, file_bytes, stored_bytes, tier_bytes,
    usd_per_month, standard_usd_per_month)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (day) DO UPDATE SET files = excluded.files, file_bytes = excluded.file_bytes,
    stored_bytes = excluded.stored_bytes, tier_bytes = excluded.tier_bytes,
    usd_per_month = excluded.usd_per_month,
    standard_usd_per_month = excluded.standard_usd_per_month, noted_at = now())sql"};

/// A day as it was noted last.
struct DayRow {
  std::string day;
  std::int64_t files = 0;
  std::int64_t file_bytes = 0;
  std::int64_t stored_bytes = 0;
  double usd_per_month = 0;
  static constexpr db::Columns kColumns{"day", "files", "file_bytes", "stored_bytes",
                                        "usd_per_month"};
  static DayRow from_row(const db::RowView& r) {
    return {r.str(kColumns["day"]), r.int64(kColumns["files"]), r.int64(kColumns["file_bytes"]),
            r.int64(kColumns["stored_bytes"]), r.real(kColumns["usd_per_month"])};
  }
};
inline const db::Query<DayRow, std::int64_t> kUsageDays{"storage.usage_days", R"sql(
  SELECT day, files, file_bytes, stored_bytes, usd_per_month FROM {tenant}.storage_usage
  ORDER BY day DESC LIMIT $1)sql"};

}  // namespace wardbook::storage
