#include <algorithm>
#include <regex>
#include <set>
#include <span>
#include <stdexcept>

#include "features/icd10/icd10.h"
#include "features/icd10/icd10_sql.h"

namespace wardbook::icd10 {
namespace {

constexpr std::size_t kBatchRows = 5'000;
/// A release that has lost more than a tenth of its codes is a cut file, not a new edition.
constexpr double kLeastOfLoaded = 0.9;

/// What the answer's order depends on beside the file's own.
struct Rank {
  bool header = false;
  bool uncommon = false;  ///< not in the starter set
  bool detailed = false;  ///< common, but with further detail
  bool later = false;     ///< not of the first encounter
  bool special = false;   ///< an open fracture, or one without an injury that would explain it
  std::size_t length = 0;
  int order = 0;
  std::size_t row = 0;
  auto operator<=>(const Rank&) const = default;
};

bool is_later(std::string_view title) {
  return title.find(", subsequent encounter") != std::string_view::npos ||
         title.find(", sequela") != std::string_view::npos;
}

/// Whoever looks for a fracture means a closed one from an injury, unless the word is there.
bool is_special_fracture(std::string_view title) {
  for (const std::string_view kind : {"athological fracture", "tress fracture", "atigue fracture",
                                      "eriprosthetic fracture", "encounter for open fracture"}) {
    if (title.find(kind) != std::string_view::npos) return true;
  }
  return false;
}

/// The rows in the order of their places: billable codes first; of these the common ones, which the
/// starter set has, and among them those without further detail; injuries at their first encounter
/// before later ones, and before open fractures and those of other causes; short titles first. They
/// are stored in this order too, since an answer's are often near each other in it.
std::vector<OrderRow> in_places(std::vector<OrderRow> rows, const std::set<std::string>& common) {
  static const std::regex plain("unspecified|essential|uncomplicated|without ", std::regex::icase);
  std::vector<Rank> ranks;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const OrderRow& row = rows[i];
    const bool is_common = common.contains(row.code);
    const bool detailed = is_common && !std::regex_search(row.long_title, plain);
    ranks.push_back({!row.billable, !is_common, detailed, is_later(row.long_title),
                     is_special_fracture(row.long_title), row.long_title.size(), row.order, i});
  }
  std::ranges::sort(ranks);
  std::vector<OrderRow> out;
  out.reserve(rows.size());
  for (const auto& rank : ranks) out.push_back(std::move(rows[rank.row]));
  return out;
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
  const auto loaded = co_await tx.maybe_one(kLoaded, file.name);
  if (loaded && loaded->hash == file.sha256) co_return false;
  const auto least = loaded ? static_cast<double>(loaded->codes) * kLeastOfLoaded : 0;
  if (static_cast<double>(file.rows.size()) < least && !even_if_smaller) {
    throw std::runtime_error(file.name + " is loaded with " + std::to_string(loaded->codes) +
                             " codes and the file has " + std::to_string(file.rows.size()) +
                             ": is it whole? --force replaces it all the same");
  }
  (void)co_await tx.maybe_one(kDropRelease, file.name);
  // A fiscal year begins on the first of October of the year before (CMS).
  const Date from{std::chrono::year(file.fiscal_year - 1), std::chrono::October,
                  std::chrono::day(1)};
  const Date to{std::chrono::year(file.fiscal_year), std::chrono::September, std::chrono::day(30)};
  const auto id = co_await tx.one(kAddRelease, file.name, from, to, file.sha256);
  std::set<std::string> common;
  for (auto& row : co_await tx.all(kStarterCodes)) common.insert(std::move(row.value));
  const auto ordered = in_places(std::move(file.rows), common);
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
