#include "features/icd10/icd10.h"

#include "api/input.h"
#include "api/paging.h"
#include "base/utf8.h"
#include "features/app.h"
#include "features/icd10/icd10_sql.h"
#include "features/icd10/icd10_words.h"

namespace wardbook::icd10 {
namespace {

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
  if (out.empty() || out.size() > 7) return std::nullopt;
  return out;
}

Task<std::vector<Found>> find(db::Tx& tx, int release, std::string q, int limit) {
  std::vector<Found> found;
  if (const auto prefix = code_prefix(q)) {
    found = co_await tx.all(kByPrefix, release, *prefix, limit);
    if (!found.empty()) co_return found;
  }
  const auto typed = typed_words(q);
  if (typed.words.empty()) co_return found;
  Matches matches;
  for (const auto& word : co_await tx.all(kPlaces, release, typed.words, typed.positions)) {
    matches.add_word(word.places);
  }
  const auto places = matches.best(static_cast<std::size_t>(limit));
  if (!places.empty()) found = co_await tx.all(kByPlace, release, places);
  co_return found;
}

Task<api::Response> search(App& app, api::Request req) {
  api::Params params(req);
  const auto q = params.text("q");
  if (!q || single_spaced(*q).empty()) params.fault("q", "is required");
  const int limit = params.limit();
  const auto on = params.date("on");
  params.finish();
  // The codes are everybody's; operators, who are in no hospital, may look them up too.
  db::Tx tx = co_await app.db.begin_control();
  const auto release = co_await tx.maybe_one(kInForceOn, on);
  std::vector<Found> found;
  if (release) found = co_await find(tx, release->id, single_spaced(*q), limit);
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

Task<std::optional<std::string>> release_at(db::Tx& tx, std::string visit_date) {
  auto row = co_await tx.maybe_one(kReleaseAt, std::move(visit_date));
  if (!row) co_return std::nullopt;
  co_return std::move(row->value);
}

std::vector<api::Route> routes() {
  return {{"GET", "/icd10", api::Access::signed_in, &search}};
}

}  // namespace wardbook::icd10
