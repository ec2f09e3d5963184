#include <algorithm>
#include <span>
#include <stdexcept>
#include <utility>

#include "features/icd10/icd10.h"
#include "features/icd10/icd10_sql.h"

namespace wardbook::icd10 {
namespace {

constexpr std::size_t kBatchRows = 5'000;
/// A release that has lost more than a tenth of its codes is a cut file, not a new edition; one
/// that has less than half of what another has is none of these.
constexpr double kLeastOfLoaded = 0.9;
constexpr double kLeastOfOthers = 0.5;

/// Throws if the file has far less codes than what is loaded.
void refuse_if_smaller(const ReleaseFile& file, const std::vector<Loaded>& loaded) {
  for (const auto& other : loaded) {
    const bool same = other.name == file.name;
    const auto least = static_cast<double>(other.codes) * (same ? kLeastOfLoaded : kLeastOfOthers);
    if (static_cast<double>(file.rows.size()) >= least) continue;
    throw std::runtime_error(other.name + " is loaded with " + std::to_string(other.codes) +
                             " codes and the file has " + std::to_string(file.rows.size()) +
                             ": is it whole? --force " + (same ? "replaces" : "imports") +
                             " it all the same");
  }
}

/// The rows in the order of their places (wardbook.icd_rank). They are stored in this order too,
/// since an answer's are often near each other in it.
Task<std::vector<OrderRow>> in_places(db::Tx& tx, std::vector<OrderRow> rows) {
  std::vector<std::pair<std::string, std::size_t>> ranks;
  for (std::size_t at = 0; at < rows.size(); at += kBatchRows) {
    std::vector<std::string> codes;
    std::vector<std::string> billable;
    std::vector<std::string> titles;
    for (const auto& row : std::span(rows).subspan(at, std::min(kBatchRows, rows.size() - at))) {
      codes.push_back(row.code);
      billable.emplace_back(row.billable ? "t" : "f");
      titles.push_back(row.long_title);
    }
    for (auto& rank : co_await tx.all(kRanks, codes, billable, titles)) {
      ranks.emplace_back(std::move(rank.value), ranks.size());
    }
  }
  std::ranges::sort(ranks);
  std::vector<OrderRow> out;
  out.reserve(rows.size());
  for (const auto& [rank, row] : ranks) out.push_back(std::move(rows[row]));
  co_return out;
}

void queue_batch(db::Tx& tx, std::int64_t release, std::span<const OrderRow> rows,
                 std::size_t first_place) {
  std::vector<std::string> codes;
  std::vector<std::string> billable;
  std::vector<std::string> short_titles;
  std::vector<std::string> long_titles;
  std::vector<std::int64_t> orders;
  std::vector<std::int64_t> places;
  for (const auto& row : rows) {
    codes.push_back(row.code);
    billable.emplace_back(row.billable ? "t" : "f");
    short_titles.push_back(row.short_title);
    long_titles.push_back(row.long_title);
    orders.push_back(row.order);
    places.push_back(static_cast<std::int64_t>(first_place + places.size()));
  }
  tx.queue(kAddCodes, release, std::move(codes), std::move(billable), std::move(short_titles),
           std::move(long_titles), std::move(orders), std::move(places));
}

}  // namespace

Task<bool> import_release(db::Pool& db, ReleaseFile file, bool even_if_smaller,
                          std::function<void(std::size_t)> progress) {
  db::Tx tx = co_await db.begin_control();
  const auto loaded = co_await tx.all(kLoaded, file.name);
  if (!loaded.empty() && loaded[0].name == file.name && loaded[0].hash == file.sha256) {
    co_return false;
  }
  if (!even_if_smaller) refuse_if_smaller(file, loaded);
  (void)co_await tx.maybe_one(kDropRelease, file.name);
  // A fiscal year begins on the first of October of the year before (CMS).
  const Date from{std::chrono::year(file.fiscal_year - 1), std::chrono::October,
                  std::chrono::day(1)};
  const Date to{std::chrono::year(file.fiscal_year), std::chrono::September, std::chrono::day(30)};
  const auto billable = std::ranges::count_if(file.rows, &OrderRow::billable);
  const auto id = co_await tx.one(kAddRelease, file.name, from, to, file.sha256,
                                  static_cast<std::int64_t>(billable));
  const auto ordered = co_await in_places(tx, std::move(file.rows));
  const std::span<const OrderRow> rows(ordered);
  for (std::size_t at = 0; at < rows.size(); at += kBatchRows) {
    const auto count = std::min(kBatchRows, rows.size() - at);
    queue_batch(tx, id.value, rows.subspan(at, count), at + 1);
    (void)co_await tx.one(kFlush);
    progress(at + count);
  }
  (void)co_await tx.exec(kAddWords, id.value);
  co_await tx.commit();
  db::Tx after = co_await db.begin_control();
  (void)co_await after.one(kAnalyze);
  co_await after.commit();
  co_return true;
}

Task<std::vector<LoadedRelease>> releases(db::Pool& db) {
  db::Tx tx = co_await db.begin_control();
  std::vector<LoadedRelease> out;
  for (auto& row : co_await tx.all(kReleases)) {
    out.push_back(
        {std::move(row.name), row.valid_from, row.valid_to, row.starter, row.codes, row.billable});
  }
  co_return out;
}

Task<std::optional<std::string>> remove_release(db::Pool& db, std::string name) {
  db::Tx tx = co_await db.begin_control();
  auto removed = co_await tx.maybe_one(kDropRelease, std::move(name));
  co_await tx.commit();
  if (!removed) co_return std::nullopt;
  co_return std::move(removed->value);
}

}  // namespace wardbook::icd10
