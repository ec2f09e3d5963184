#include "features/icd10/icd10.h"

#include <algorithm>
#include <map>

#include "api/input.h"
#include "api/paging.h"
#include "features/app.h"
#include "features/icd10/icd10_sql.h"

namespace wardbook::icd10 {
namespace {

constexpr std::size_t kWordsMost = 10;
constexpr std::size_t kBatchRows = 5'000;
constexpr double kReleaseCodes = 98'000;  ///< of a full release, about
constexpr double kFewMatches = 1'500;     ///< that are fetched and sorted in a millisecond or two

std::string with_dot(std::string code) {
  if (code.size() > 3) code.insert(3, 1, '.');
  return code;
}

/// The beginning of a code, without its dot, if the text can be one.
std::optional<std::string> code_prefix(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '.' && out.size() == 3) continue;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit) return std::nullopt;
    if ((out.empty() && !letter) || (out.size() == 1 && !digit)) return std::nullopt;
    out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (out.size() < 2 || out.size() > 7) return std::nullopt;
  return out;
}

/// Lower-case words of letters and digits, as PostgreSQL's simple configuration has them.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : std::string(text) + ' ') {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (c >= '0' && c <= '9')) {
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!word.empty()) {
      if (out.size() < kWordsMost) out.push_back(word);
      word.clear();
    }
  }
  return out;
}

/// `('diabetes' | 'diabetic') & ('2')`; empty when a word means nothing.
std::string tsquery_of(std::size_t words, const std::vector<Meaning>& meanings) {
  std::map<std::int64_t, std::string> groups;
  for (const auto& meaning : meanings) {
    auto& group = groups[meaning.position];
    std::string quoted;
    for (const char c : meaning.word)
      quoted += c == '\'' || c == '\\' ? std::string(2, c) : std::string(1, c);
    group += (group.empty() ? "'" : " | '") + quoted + "'";
  }
  if (groups.size() != words) return {};
  std::string out;
  for (const auto& [position, group] : groups) out += (out.empty() ? "(" : " & (") + group + ")";
  return out;
}

/// As if words stood in titles independently of each other, which is near enough to choose a way.
double expected_matches(const std::vector<Meaning>& meanings) {
  std::map<std::int64_t, double> codes;
  for (const auto& meaning : meanings)
    codes[meaning.position] += static_cast<double>(meaning.frequency);
  double out = kReleaseCodes;
  for (const auto& [position, frequency] : codes) out *= std::min(1.0, frequency / kReleaseCodes);
  return out;
}

Task<std::vector<Found>> find(db::Tx& tx, int release, std::string q, int limit) {
  std::vector<Found> found;
  if (const auto prefix = code_prefix(q)) {
    found = co_await tx.all(kByPrefix, release, *prefix, limit);
    if (!found.empty()) co_return found;
  }
  auto words = words_of(q);
  if (words.empty()) co_return found;
  const std::size_t count = words.size();
  const auto meanings = co_await tx.all(kMeanings, release, std::move(words));
  const std::string query = tsquery_of(count, meanings);
  if (query.empty()) co_return found;
  const bool rare = expected_matches(meanings) < kFewMatches;
  co_return co_await tx.all(rare ? kByRareWords : kByCommonWords, release, query, limit);
}

Task<api::Response> search(App& app, api::Request req) {
  api::Params params(req);
  const auto q = params.text("q");
  if (!q || q->find_first_not_of(' ') == std::string::npos) params.fault("q", "is required");
  const int limit = params.limit();
  params.finish();
  // The codes are everybody's; operators, who are in no hospital, may look them up too.
  db::Tx tx = co_await app.db.begin_control();
  const auto release = co_await tx.maybe_one(kInForceNow);
  std::vector<Found> found;
  if (release) found = co_await find(tx, release->id, *q, limit);
  co_await tx.commit();
  boost::json::array items;
  for (auto& row : found) {
    boost::json::object item{{"code", with_dot(std::move(row.code))},
                             {"billable", row.billable},
                             {"short_title", row.short_title},
                             {"long_title", row.long_title}};
    items.push_back(std::move(item));
  }
  boost::json::object body{{"items", std::move(items)}};
  body["release"] = release ? boost::json::value(release->name) : boost::json::value(nullptr);
  co_return api::ok(boost::json::value(std::move(body)));
}

void queue_batch(db::Tx& tx, std::int64_t release, std::span<const OrderRow> rows) {
  std::vector<std::string> codes;
  std::vector<std::string> billable;
  std::vector<std::string> short_titles;
  std::vector<std::string> long_titles;
  std::vector<std::int64_t> orders;
  for (const auto& row : rows) {
    codes.push_back(row.code);
    billable.emplace_back(row.billable ? "t" : "f");
    short_titles.push_back(row.short_title);
    long_titles.push_back(row.long_title);
    orders.push_back(row.order);
  }
  tx.queue(kAddCodes, release, std::move(codes), std::move(billable), std::move(short_titles),
           std::move(long_titles), std::move(orders));
}

}  // namespace

Task<Check> check(db::Tx& tx, std::string code, std::string visit_date) {
  std::erase(code, '.');
  Check out;
  auto looked = co_await tx.maybe_one(kLookUp, code, visit_date);
  if (!looked) co_return out;
  out.any_release = true;
  if (!looked->code.code.empty()) {
    out.found = std::move(looked->code);
    out.found->code = with_dot(std::move(out.found->code));
    co_return out;
  }
  for (auto& row : co_await tx.all(kNearest, looked->release_id, code)) {
    out.nearest.push_back(with_dot(std::move(row.value)));
  }
  co_return out;
}

Task<bool> import_release(db::Pool& db, ReleaseFile file,
                          std::function<void(std::size_t)> progress) {
  db::Tx tx = co_await db.begin_control();
  const auto loaded = co_await tx.maybe_one(kLoadedHash, file.name);
  if (loaded && loaded->value == file.sha256) co_return false;
  tx.queue(kDropRelease, file.name);
  // A fiscal year begins on the first of October of the year before (CMS).
  const Date from{std::chrono::year(file.fiscal_year - 1), std::chrono::October,
                  std::chrono::day(1)};
  const Date to{std::chrono::year(file.fiscal_year), std::chrono::September, std::chrono::day(30)};
  const auto id = co_await tx.one(kAddRelease, file.name, from, to, file.sha256);
  const std::span<const OrderRow> rows(file.rows);
  for (std::size_t at = 0; at < rows.size(); at += kBatchRows) {
    const auto count = std::min(kBatchRows, rows.size() - at);
    queue_batch(tx, id.value, rows.subspan(at, count));
    (void)co_await tx.maybe_one(kLoadedHash, file.name);
    progress(at + count);
  }
  (void)co_await tx.exec(kAddWords, id.value);
  (void)co_await tx.exec(kPlaceCodes, id.value);
  co_await tx.commit();
  co_return true;
}

std::vector<api::Route> routes() {
  return {{"GET", "/icd10", api::Access::signed_in, &search}};
}

}  // namespace wardbook::icd10
