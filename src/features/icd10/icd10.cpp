#include "features/icd10/icd10.h"

#include <algorithm>
#include <array>
#include <map>

#include "api/input.h"
#include "api/paging.h"
#include "base/utf8.h"
#include "features/app.h"
#include "features/icd10/icd10_sql.h"

namespace wardbook::icd10 {
namespace {

constexpr std::size_t kWordsMost = 10;
constexpr std::size_t kDropMost = 6;      ///< words, of which one may be left out
constexpr std::size_t kDropTries = 3;     ///< the rarest ones, one after the other
constexpr double kReleaseCodes = 98'000;  ///< of a full release, about
constexpr double kFewMatches = 1'500;     ///< that are fetched and sorted in a millisecond or two
/// Codes that are looked at in the order of the answer, each time as it promises to be enough.
constexpr std::array kWalks{2'500, 10'000, 40'000};

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

/// Words that titles have for grammar's sake; they say nothing as long as there are others.
constexpr std::array<std::string_view, 14> kFillers{"a",  "an", "and", "at", "by",  "for", "from",
                                                    "in", "of", "on",  "or", "the", "to",  "s"};

/// What clinicians write for words that titles have.
struct Abbreviation {
  std::string_view text;
  std::vector<std::string> words;
};
const std::vector<Abbreviation>& abbreviations() {
  static const std::vector<Abbreviation> all{
      {"afib", {"atrial", "fibrillation"}},
      {"bph", {"benign", "prostatic", "hyperplasia"}},
      {"cad", {"atherosclerotic", "heart", "disease"}},
      {"chf", {"congestive", "heart", "failure"}},
      {"ckd", {"chronic", "kidney", "disease"}},
      {"copd", {"chronic", "obstructive", "pulmonary"}},
      {"cva", {"cerebral", "infarction"}},
      {"dvt", {"thrombosis", "deep", "veins"}},
      {"gerd", {"gastro", "esophageal", "reflux"}},
      {"htn", {"hypertension"}},
      {"nstemi", {"nstemi", "myocardial"}},
      {"osa", {"obstructive", "sleep", "apnea"}},
      {"t1dm", {"type", "1", "diabetes"}},
      {"t2dm", {"type", "2", "diabetes"}},
      {"tia", {"transient", "ischemic", "attack"}},
      {"uri", {"upper", "respiratory", "infection"}},
      {"uti", {"urinary", "tract", "infection"}},
  };
  return all;
}

/// Lower-case words, split at every ASCII character that is no letter or digit.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : std::string(text) + ' ') {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80) {
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!word.empty()) {
      out.push_back(word);
      word.clear();
    }
  }
  const auto filler = [](const std::string& w) {
    return std::ranges::find(kFillers, w) != kFillers.end();
  };
  if (!std::ranges::all_of(out, filler)) std::erase_if(out, filler);
  std::vector<std::string> whole;
  for (auto& w : out) {
    const auto known = std::ranges::find(abbreviations(), w, &Abbreviation::text);
    if (known == abbreviations().end()) {
      whole.push_back(std::move(w));
    } else {
      whole.insert(whole.end(), known->words.begin(), known->words.end());
    }
  }
  out = std::move(whole);
  if (out.size() > kWordsMost) out.resize(kWordsMost);
  return out;
}

/// What one typed word may mean: `'diabetes' | 'diabet':*`.
struct Group {
  std::string any_of;
  double frequency = 0;  ///< codes that have one of them, at most
};

void add_part(Group& group, std::string_view part, double frequency) {
  group.any_of += (group.any_of.empty() ? "" : " | ") + std::string(part);
  group.frequency += frequency;
}

/// One group for each typed word that means something, the rarest first.
std::vector<Group> groups_of(const std::vector<std::string>& words,
                             const std::vector<Meaning>& meanings) {
  constexpr std::array<std::string_view, 5> kRoman{"i", "ii", "iii", "iv", "v"};
  std::map<std::int64_t, Group> by_position;
  for (const auto& meaning : meanings) {
    add_part(by_position[meaning.position], meaning.part, static_cast<double>(meaning.frequency));
  }
  for (std::size_t i = 0; i < words.size(); ++i) {  // type II diabetes is type 2
    const auto found = std::ranges::find(kRoman, words[i]);
    if (found == kRoman.end()) continue;
    const auto number = std::to_string(found - kRoman.begin() + 1);
    add_part(by_position[static_cast<std::int64_t>(i) + 1], "'" + number + "'", kFewMatches);
  }
  std::vector<Group> out;
  for (auto& [position, group] : by_position) out.push_back(std::move(group));
  std::ranges::sort(out, {}, &Group::frequency);
  return out;
}

Task<std::vector<Found>> by_words(db::Tx& tx, int release, std::vector<Group> groups, int limit) {
  std::string query;  // the rarest word first: where it is missing the others are not looked for
  double expected = kReleaseCodes;  // as if words stood in titles independently of each other
  for (const auto& group : groups) {
    query += (query.empty() ? "(" : " & (") + group.any_of + ")";
    expected *= std::min(1.0, group.frequency / kReleaseCodes);
  }
  if (expected >= kFewMatches) {
    std::vector<Found> found;
    int from = 0;
    for (const int to : kWalks) {
      const int missing = limit - static_cast<int>(found.size());
      auto more = co_await tx.all(kByCommonWords, release, query, missing, from, to);
      std::ranges::move(more, std::back_inserter(found));
      if (found.size() == static_cast<std::size_t>(limit)) co_return found;
      // Of one word it is known that there are enough. Of several: do they stand together at all,
      // and would there be enough further on, where titles are longer? Else there are few.
      const int hoped = static_cast<int>(found.size()) * (from == 0 ? limit : 8);
      if (groups.size() > 1 && hoped < limit) break;
      from = to;
    }
  }
  co_return co_await tx.all(kByRareWords, release, query, limit);
}

/// Where no code has all the words: those that have all but one, the rarest being the likeliest to
/// be wrong.
Task<std::vector<Found>> by_most_words(db::Tx& tx, int release, std::vector<Group> groups,
                                       int limit) {
  for (std::size_t i = 0; i < std::min(groups.size(), kDropTries); ++i) {
    std::vector<Group> others = groups;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    auto found = co_await by_words(tx, release, std::move(others), limit);
    if (!found.empty()) co_return found;
  }
  co_return std::vector<Found>();
}

Task<std::vector<Found>> find(db::Tx& tx, int release, std::string q, int limit) {
  std::vector<Found> found;
  if (const auto prefix = code_prefix(q)) {
    found = co_await tx.all(kByPrefix, release, *prefix, limit);
    if (!found.empty()) co_return found;
  }
  const auto words = words_of(q);
  if (words.empty()) co_return found;
  const auto meanings = co_await tx.all(kMeanings, release, words);
  const auto groups = groups_of(words, meanings);
  if (groups.empty()) co_return found;
  found = co_await by_words(tx, release, groups, limit);
  if (found.empty() && groups.size() > 1 && groups.size() <= kDropMost) {
    found = co_await by_most_words(tx, release, groups, limit);
  }
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
