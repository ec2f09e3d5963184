#include "features/icd10/icd10.h"

#include <algorithm>
#include <span>

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

/// What was typed and where codes have it. Words that nothing has as they were typed may be
/// mistyped lay words: they are looked for once more as these.
struct LookedFor {
  TypedWords typed;
  std::vector<WordPlaces> places;
};
Task<LookedFor> look(db::Tx& tx, int release, std::string q) {
  LookedFor out;
  out.typed = typed_words(q);
  if (out.typed.words.empty()) co_return out;
  out.places = co_await tx.all(kPlaces, release, out.typed.words, out.typed.positions);
  std::vector<DoubtfulWord> doubtful;
  for (std::size_t i = 0; i < out.typed.words.size(); ++i) {
    const auto position = out.typed.positions[i];
    const bool missing =
        std::ranges::find(out.places, position, &WordPlaces::position) == out.places.end();
    const auto guessed = std::ranges::find_if(out.places, [position](const WordPlaces& here) {
      return here.position == position && !here.guess.empty();
    });
    if (missing) doubtful.push_back({out.typed.words[i], {}});
    if (guessed != out.places.end()) doubtful.push_back({out.typed.words[i], guessed->guess});
  }
  const auto other = mended(q, doubtful);
  if (!other) co_return out;
  out.typed = typed_words(*other);
  out.places = co_await tx.all(kPlaces, release, out.typed.words, out.typed.positions);
  co_return out;
}

std::vector<std::int64_t> four_bytes_each(std::string_view bytes) {
  std::vector<std::int64_t> out;
  for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t number = 0;
    for (const char c : bytes.substr(at, 4)) {
      number = number << 8U | static_cast<unsigned char>(c);
    }
    out.push_back(number);
  }
  return out;
}

Task<std::vector<Found>> find_words(db::Tx& tx, InForce release, std::string q, int limit) {
  const auto looked = co_await look(tx, release.id, std::move(q));
  const auto& codes = looked.typed.codes;
  std::vector<std::string> beginnings;
  for (const auto& code : codes) beginnings.push_back(code.beginning);
  std::vector<CodePlaces> rows;
  if (!codes.empty()) rows = co_await tx.all(kCodePlaces, release.id, beginnings);
  std::vector<std::vector<std::int64_t>> code_places;
  for (const auto& row : rows) code_places.push_back(four_bytes_each(row.places));
  Matches matches(release.billable, looked.typed.asked);
  for (std::int64_t position = 1; position <= looked.typed.last_position; ++position) {
    matches.next_word();
    for (const auto& here : looked.places) {
      if (here.position == position) matches.add_lists(here.places, static_cast<Form>(here.form));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (codes[i].first <= position && position <= codes[i].last) matches.add(code_places[i]);
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto billable = static_cast<std::size_t>(rows[i].billable);
    matches.prefer(std::span(code_places[i]).first(std::min(billable, code_places[i].size())),
                   i >= static_cast<std::size_t>(looked.typed.typed_codes));
  }
  const auto places = matches.best(static_cast<std::size_t>(limit));
  std::vector<Found> found;
  if (places.empty()) co_return found;
  co_return co_await tx.all(kByPlace, release.id, places);
}

Task<std::vector<Found>> find(db::Tx& tx, InForce release, std::string q, int limit) {
  if (const auto code = code_beginning(q)) {
    auto found = co_await tx.all(kByPrefix, release.id, *code, limit);
    if (!found.empty()) co_return found;
  }
  co_return co_await find_words(tx, std::move(release), std::move(q), limit);
}

Task<api::Response> search(App& app, api::Request req) {
  api::Params params(req);
  const auto q = params.typed("q");
  if (!q || single_spaced(*q).empty()) params.fault("q", "is required");
  const int limit = params.limit();
  const auto on = params.date("on");
  params.finish();
  // The codes are everybody's; operators, who are in no hospital, may look them up too. Reads only:
  // it is rolled back when it goes.
  db::Tx tx = co_await app.db.begin_control_for(req.caller.tenant_id);
  tx.queue(kPlanOnce);
  const auto release = co_await tx.maybe_one(kInForceOn, on);
  std::vector<Found> found;
  if (release) found = co_await find(tx, *release, single_spaced(*q), limit);
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

Task<std::vector<std::string>> nearest_of(db::Tx& tx, int release, std::string code) {
  std::vector<std::string> out;
  for (auto& row : co_await tx.all(kNearest, release, code)) {
    out.push_back(with_dot(std::move(row.value)));
  }
  co_return out;
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
  out.nearest = co_await nearest_of(tx, looked->release_id, std::move(code));
  co_return out;
}

Task<std::vector<std::string>> nearest(db::Tx& tx, std::string text, std::string visit_date) {
  std::vector<std::string> none;
  auto code = code_beginning(text);
  while (!code && text.size() > 2) {  // what is behind a code, or too much for one
    text.pop_back();
    code = code_beginning(text);
  }
  if (!code || code->size() < 2) co_return none;
  const auto looked = co_await tx.maybe_one(kLookUp, *code, visit_date);
  if (!looked) co_return none;
  co_return co_await nearest_of(tx, looked->release_id, std::move(*code));
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
