#pragma once

#include <optional>
#include <string>

#include "db/query.h"

// Tables: owns wardbook.jobs wardbook.job_hints
// Tables: reads wardbook.tenants

/// Statements on wardbook.jobs and wardbook.job_hints. Every comparison of times is the database's.
namespace wardbook::jobs {

using MaybeText = std::optional<std::string>;

struct StateRow {
  std::string name;
  bool free = false;
  bool due = false;
  std::optional<double> age_s;  ///< since the last round that went well began
  MaybeText abandoned_by;       ///< whose lease has run out
  std::optional<Time> last_success;
  std::optional<double> last_seconds;
  static constexpr db::Columns kColumns{
      "name", "free", "due", "age_s", "abandoned_by", "last_success_at", "last_seconds"};
  static StateRow from_row(const db::RowView& r) {
    return {r.str(kColumns["name"]),
            r.boolean(kColumns["free"]),
            r.boolean(kColumns["due"]),
            r.maybe_real(kColumns["age_s"]),
            r.maybe_str(kColumns["abandoned_by"]),
            r.maybe_time(kColumns["last_success_at"]),
            r.maybe_real(kColumns["last_seconds"])};
  }
};
inline const db::Query<StateRow> kStates{"jobs.states", R"sql(
  SELECT name, until <= clock_timestamp() AS free, due_at <= clock_timestamp() AS due,
         CASE WHEN last_error IS NULL THEN
           extract(epoch FROM clock_timestamp() - started_at)::float8 END AS age_s,
         CASE WHEN until <= clock_timestamp() AND until <> '-infinity' THEN holder END
           AS abandoned_by,
         last_success_at, last_seconds
  FROM wardbook.jobs ORDER BY name)sql"};

/// Counts as started, so that a schedule made shorter before the first round holds as well.
inline const db::Query<void, std::string, double> kRegister{"jobs.register", R"sql(
  INSERT INTO wardbook.jobs (name, started_at, due_at)
  VALUES ($1, clock_timestamp(), clock_timestamp() + make_interval(secs => $2))
  ON CONFLICT DO NOTHING)sql"};

struct TakenRow {
  std::int64_t fence = 0;
  MaybeText progress;
  MaybeText last_error;
  static constexpr db::Columns kColumns{"fence", "progress", "last_error"};
  static TakenRow from_row(const db::RowView& r) {
    return {r.int64(kColumns["fence"]), r.maybe_str(kColumns["progress"]),
            r.maybe_str(kColumns["last_error"])};
  }
};
/// Due by what was noted, or by a schedule that has been made shorter since ($4). An unfinished
/// round goes on as what it was, and so the next one is not later.
inline const db::Query<TakenRow, std::string, std::string, double, double> kTake{"jobs.take",
                                                                                 R"sql(
  UPDATE wardbook.jobs
  SET holder = $2, fence = fence + 1, until = clock_timestamp() + make_interval(secs => $3),
      started_at = CASE WHEN progress IS NULL OR started_at IS NULL THEN clock_timestamp()
                        ELSE started_at END
  WHERE name = $1 AND until <= clock_timestamp()
    AND (due_at <= clock_timestamp()
         OR (last_error IS NULL
             AND started_at + make_interval(secs => $4) <= clock_timestamp()))
  RETURNING fence, progress, last_error)sql"};

/// What has been done since the last time: rounds that went well ($6), those that did not ($7), how
/// long the last one took, and why it failed.
inline const db::Query<void, std::string, std::string, std::int64_t, double, MaybeText,
                       std::int64_t, std::int64_t, std::optional<double>, MaybeText>
    kRenew{"jobs.renew", R"sql(
  UPDATE wardbook.jobs
  SET until = clock_timestamp() + make_interval(secs => $4), progress = $5, runs = runs + $6,
      failures = failures + $7, last_seconds = coalesce($8, last_seconds), last_error = $9,
      last_success_at = CASE WHEN $6 > 0 THEN clock_timestamp() ELSE last_success_at END,
      last_failure_at = CASE WHEN $7 > 0 THEN clock_timestamp() ELSE last_failure_at END
  WHERE name = $1 AND holder = $2 AND fence = $3)sql"};

/// The same with the end of the lease. The next round is due $4 seconds after this one began, or
/// where $10 says so, from now. The fence grows, so that a renewal that is still on its way finds
/// nothing.
inline const db::Query<void, std::string, std::string, std::int64_t, double, MaybeText,
                       std::int64_t, std::int64_t, std::optional<double>, MaybeText, bool>
    kGiveBack{"jobs.give_back", R"sql(
  UPDATE wardbook.jobs
  SET until = '-infinity', fence = fence + 1, progress = $5, runs = runs + $6,
      due_at = CASE WHEN $10 THEN clock_timestamp() ELSE started_at END
               + make_interval(secs => $4),
      failures = failures + $7, last_seconds = coalesce($8, last_seconds), last_error = $9,
      last_success_at = CASE WHEN $6 > 0 THEN clock_timestamp() ELSE last_success_at END,
      last_failure_at = CASE WHEN $7 > 0 THEN clock_timestamp() ELSE last_failure_at END
  WHERE name = $1 AND holder = $2 AND fence = $3)sql"};

inline const db::Query<db::TextRow, std::string, int> kTenantsAfter{"jobs.tenants_after", R"sql(
  SELECT id FROM wardbook.tenants WHERE id > $1 ORDER BY id LIMIT $2)sql"};

inline const db::Query<void, std::string, std::vector<std::string>> kHint{"jobs.hint", R"sql(
  INSERT INTO wardbook.job_hints (job, tenant_id) SELECT $1, unnest($2::text[])
  ON CONFLICT DO NOTHING)sql"};

/// Whoever hints while this runs waits for its end and hints anew; whoever had hinted before has
/// committed its work before, which is seen by all that begins after this.
inline const db::Query<db::TextRow, std::string> kTakeHints{"jobs.take_hints", R"sql(
  WITH taken AS (DELETE FROM wardbook.job_hints WHERE job = $1 RETURNING tenant_id)
  SELECT t.id FROM taken JOIN wardbook.tenants t ON t.id = taken.tenant_id ORDER BY t.id)sql"};

}  // namespace wardbook::jobs
