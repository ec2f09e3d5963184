#include <algorithm>
#include <array>
#include <map>

#include "api/input.h"
#include "api/paging.h"
#include "base/offload.h"
#include "features/records/records_life.h"
#include "features/records/records_list_sql.h"
#include "features/records/records_search.h"
#include "features/records/records_search_sql.h"
#include "features/records/records_summary_sql.h"
#include "text/highlight.h"
#include "text/query.h"

namespace wardbook::records {
namespace {

constexpr std::string_view kInfinity = "infinity";
constexpr std::string_view kAlways = "-infinity";
constexpr std::string_view kRank = "rank";

/// A ranked search looks at this many of the newest matches, however many there are.
constexpr int kCandidates = 500;

constexpr std::size_t kMostWords = 16;

/// `e11.9`, `E119` and `E11` as the beginning of a code with its dot.
std::optional<std::string> code_pattern(const std::string& text) {
  std::string code;
  for (const char c : text) {
    if (c == '.') continue;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && (c < '0' || c > '9')) return std::nullopt;
    if (code.size() == 3) code += '.';
    code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (code.empty()) return std::nullopt;
  return code + "%";
}

struct Order {
  const FilteredList* many;   ///< along an index
  const FilteredList* coded;  ///< those that have a code
  const FilteredList* few;    ///< all, then sorted
  std::string_view start;     ///< the sort key before the first row
  std::int64_t start_id;
};

const std::map<std::string_view, Order>& orders() {
  static const std::map<std::string_view, Order> all{
      {"-visit_date", {&kByVisitDown, &kCodedByVisitDown, &kFewByVisitDown, kInfinity, INT64_MAX}},
      {"visit_date", {&kByVisitUp, &kCodedByVisitUp, &kFewByVisitUp, kAlways, 0}},
      {"-created_at",
       {&kByCreatedDown, &kCodedByCreatedDown, &kFewByCreatedDown, kInfinity, INT64_MAX}},
      {"created_at", {&kByCreatedUp, &kCodedByCreatedUp, &kFewByCreatedUp, kAlways, 0}},
      {"-updated_at",
       {&kByUpdatedDown, &kCodedByUpdatedDown, &kFewByUpdatedDown, kInfinity, INT64_MAX}},
      {"updated_at", {&kByUpdatedUp, &kCodedByUpdatedUp, &kFewByUpdatedUp, kAlways, 0}},
      {"follow_up_date", {&kByFollowUp, &kCodedByFollowUp, &kFewByFollowUp, kAlways, 0}},
      {"-follow_up_date",
       {&kByFollowUpDown, &kCodedByFollowUpDown, &kFewByFollowUpDown, kInfinity, INT64_MAX}},
  };
  return all;
}

struct Filter {
  MaybeId patient;
  MaybeId doctor;
  MaybeText status;
  MaybeText visit_type;
  MaybeText from;
  MaybeText to;
  MaybeText icd;
  MaybeText follow_up;
  std::optional<text::Typed> words;
  std::string sort;
  std::optional<api::CursorScope> scope;  ///< of the cursors
  std::optional<std::vector<std::string>> cursor;
  int limit = 0;
  bool count = false;
  bool summary = false;  ///< without the long texts and the lists

  /// Something was asked for, be it only punctuation, which nothing has.
  [[nodiscard]] bool has_words() const { return words.has_value(); }
  [[nodiscard]] bool plain() const {
    return !doctor && !status && !visit_type && !from && !to && !icd && !follow_up;
  }
  [[nodiscard]] bool only_patient() const { return plain() && !has_words(); }
  [[nodiscard]] bool only_words() const { return plain() && !patient && has_words(); }
};

/// What a cursor of this order holds: the sort key and the id, of a ranked list also its edge.
std::vector<api::CursorValue> cursor_of(std::string_view sort) {
  using enum api::CursorValue;
  if (sort == kRank) return {integer_or_empty, integer, time, integer};
  return {sort.ends_with("follow_up_date") ? date : time, integer};
}

Filter read_filter(const api::Request& req) {
  api::Params params(req);
  Filter f;
  f.patient = params.integer("patient_id", 1, INT64_MAX);
  f.doctor = params.integer("doctor_id", 1, INT64_MAX);
  f.status = params.one_of("status", {"draft", "finalized", "amended"});
  f.visit_type =
      params.one_of("visit_type", {clinical::kVisitTypes.begin(), clinical::kVisitTypes.end()});
  f.from = params.date_or_time("from");
  f.to = params.date_or_time("to");
  if (const auto icd = params.text("icd", 20)) {
    f.icd = code_pattern(*icd);
    if (!f.icd) params.fault("icd", "must be an ICD-10 code or its beginning");
  }
  f.follow_up = params.one_of("follow_up", {"due", "overdue"});
  const auto q = params.typed("q", 500);
  if (q && q->find_first_not_of(' ') != std::string::npos) {
    f.words = text::typed(*q);
    if (f.words->words.size() + f.words->phrases.size() > kMostWords) {
      params.fault("q", "has more than " + std::to_string(kMostWords) + " words and phrases");
    }
  }
  const auto sort = params.one_of(
      "sort", {"-visit_date", "visit_date", "-created_at", "created_at", "-updated_at",
               "updated_at", "-follow_up_date", "follow_up_date", "rank"});
  const std::string usual = f.has_words() ? "rank" : f.follow_up ? "follow_up_date" : "-visit_date";
  f.sort = sort.value_or(usual);
  if (f.sort == kRank && !f.has_words()) f.sort = "-visit_date";  // all are as good as each other
  f.limit = params.limit();
  f.count = params.count_exact();
  f.summary = params.one_of("fields", {"summary"}).has_value();
  f.scope = api::cursor_scope("records." + f.sort, req);
  f.cursor = api::decode_cursor(params, req, *f.scope, cursor_of(f.sort));
  params.finish();
  return f;
}

/// Whole records as rows of a list.
std::vector<ListedRecord> listed(std::vector<RecordView> records) {
  std::vector<ListedRecord> out;
  for (auto& record : records) {
    ListedRecord& row = out.emplace_back();
    row.id = record.id;
    row.patient = record.patient;
    row.visit_date = std::move(record.visit_date);
    row.json = std::move(record.json);
  }
  return out;
}

/// The usual pages are short index scans: on a lane, beside other reads.
Task<std::vector<ListedRecord>> recent(db::Pool& db, TenantId tenant, const Filter& f) {
  std::string key = f.cursor ? (*f.cursor)[0] : std::string(kInfinity);
  const std::int64_t id = f.cursor ? api::cursor_integer((*f.cursor)[1]) : INT64_MAX;
  const int most = f.limit + 1;
  if (f.summary && f.patient) {
    co_return co_await db.read_all(std::move(tenant), kRecentSummariesOfPatient, std::move(key), id,
                                   most, *f.patient);
  }
  if (f.summary) {
    co_return co_await db.read_all(std::move(tenant), kRecentSummaries, std::move(key), id, most);
  }
  if (f.patient) {
    co_return listed(co_await db.read_all(std::move(tenant), kRecentOfPatient, std::move(key), id,
                                          most, *f.patient));
  }
  co_return listed(co_await db.read_all(std::move(tenant), kRecent, std::move(key), id, most));
}

/// A page, and what lies around it.
struct Page {
  std::vector<FoundRecord> found;  ///< one more than the limit when there is a next page
  std::vector<ListedRecord> rows;  ///< in the same order
  std::size_t ranked = 0;          ///< so many of them are there for their rank
  std::string edge_date;           ///< the oldest visit that was looked at for ranking
  std::int64_t edge_id = 0;
  std::optional<std::string> next;
  std::optional<std::int64_t> total;
};

Task<std::vector<FoundRecord>> in_order(db::Tx& tx, const Filter& f, const Scope& s,
                                        const FilteredList& list, std::string key, std::int64_t id,
                                        int most) {
  const MaybeText query = f.has_words() ? MaybeText(s.query) : std::nullopt;
  co_return co_await tx.all(list, f.patient, f.doctor, f.status, f.visit_type, s.from, s.to, f.icd,
                            f.follow_up, s.today, query, std::move(key), id, most);
}

/// Where a ranked page goes on: rank and id of the last row ("" when all that are ranked were
/// shown), and the edge: the oldest visit that took part. What is older follows by date.
struct RankCursor {
  std::string rank;
  std::int64_t id = INT64_MAX;
  std::string edge_date;
  std::int64_t edge_id = 0;
};

Task<> ranked_rows(db::Tx& tx, const Filter& f, const Scope& s, const RankCursor& at, Page& page) {
  const std::int64_t rank = f.cursor ? api::cursor_integer(at.rank) : INT64_MAX;
  std::optional<std::int64_t> candidates;
  if (!f.cursor) candidates = kCandidates;
  tx.queue(kIndexScans, false);
  page.found = co_await tx.all(kByRank, f.patient, f.doctor, f.status, f.visit_type, s.from, s.to,
                               f.icd, f.follow_up, s.today, MaybeText(s.query), at.edge_date,
                               at.edge_id, rank, at.id, f.limit + 1, candidates);
  tx.queue(kIndexScans, true);
  page.ranked = page.found.size();
  for (auto& row : page.found) {  // rank|id|date
    const auto first = row.sort_key.find('|');
    const auto second = row.sort_key.find('|', first + 1);
    page.edge_id = api::cursor_integer(row.sort_key.substr(first + 1, second - first - 1));
    page.edge_date = row.sort_key.substr(second + 1);
    row.sort_key.resize(first);
  }
}

Task<Page> by_rank(db::Tx& tx, const Filter& f, const Scope& s) {
  RankCursor at;
  at.edge_date = s.window;
  if (f.cursor)
    at = {(*f.cursor)[0], api::cursor_integer((*f.cursor)[1]), (*f.cursor)[2],
          api::cursor_integer((*f.cursor)[3])};
  Page page;
  page.edge_date = at.edge_date;
  page.edge_id = at.edge_id;
  if (!f.cursor || !at.rank.empty()) co_await ranked_rows(tx, f, s, at, page);
  const int missing = f.limit + 1 - static_cast<int>(page.found.size());
  if (missing <= 0 || page.edge_date == kAlways) co_return page;
  const FilteredList& list = s.window == kAlways ? kFewByVisitDown : kByVisitDown;
  auto older = co_await in_order(tx, f, s, list, page.edge_date, page.edge_id, missing);
  std::ranges::move(older, std::back_inserter(page.found));
  co_return page;
}

Task<Page> page_of(db::Tx& tx, const Filter& f, const Scope& s) {
  if (f.sort == kRank) co_return co_await by_rank(tx, f, s);
  const Order& order = orders().at(f.sort);
  std::string key = f.cursor ? (*f.cursor)[0] : std::string(order.start);
  const std::int64_t id = f.cursor ? api::cursor_integer((*f.cursor)[1]) : order.start_id;
  Page page;
  const bool few = f.has_words() && s.window == kAlways;
  const bool up = order.many == &kByFollowUp;
  const FilteredList& list = few                                             ? *order.few
                             : f.follow_up && up                             ? kWorklist
                             : f.follow_up && order.many == &kByFollowUpDown ? kWorklistDown
                             : f.icd                                         ? *order.coded
                                                                             : *order.many;
  page.found = co_await in_order(tx, f, s, list, std::move(key), id, f.limit + 1);
  co_return page;
}

void cut(const Filter& f, Page& page) {
  if (page.found.size() <= static_cast<std::size_t>(f.limit)) return;
  page.found.pop_back();
  const FoundRecord& last = page.found.back();
  const std::string id = std::to_string(last.id.value);
  std::vector<std::string> key{last.sort_key, id};
  if (f.sort == kRank && page.found.size() <= page.ranked) {
    key = {last.sort_key, id, page.edge_date, std::to_string(page.edge_id)};
  } else if (f.sort == kRank) {
    key = {"", "0", last.sort_key, id};
  }
  page.next = api::encode_cursor(f.scope.value(), key);
}

Task<std::int64_t> count(db::Tx& tx, const Filter& f, const Scope& s) {
  if (f.only_words()) {
    tx.queue(kTableScans, false);
    co_return (co_await tx.one(kCountWords, s.query)).value;
  }
  const MaybeText query = f.has_words() ? MaybeText(s.query) : std::nullopt;
  const auto row = co_await tx.one(kCountFiltered, f.patient, f.doctor, f.status, f.visit_type,
                                   s.from, s.to, f.icd, f.follow_up, s.today, query);
  co_return row.value;
}

using ById = std::map<std::int64_t, std::string>;

/// Why records were found: JSON arrays by the records' ids.
ById highlights_of(const std::vector<SearchedRecord>& records, const text::Query& query) {
  ById out;
  for (const auto& record : records) {
    auto searched = clinical::searched_texts(record.visit, record.number);
    auto texts = std::move(searched.main);
    std::ranges::move(searched.rest, std::back_inserter(texts));
    boost::json::array marked;
    for (const auto& text : text::highlight(texts, record.number, query)) {
      marked.emplace_back(text);
    }
    out[record.id.value] = boost::json::serialize(marked);
  }
  return out;
}

Task<ById> explain(App& app, db::Tx& tx, text::Query query, std::vector<std::int64_t> ids) {
  /// More than this takes longer than others should wait behind it: some 50 bytes a microsecond.
  constexpr std::size_t kMuch = 128 * 1024;
  auto records = co_await tx.all(kFoundRecords, std::move(ids));
  std::size_t size = 0;
  for (const auto& record : records) size += record.size;
  if (size <= kMuch) co_return highlights_of(records, query);
  auto work = [records = std::move(records), query = std::move(query)] {
    return highlights_of(records, query);
  };
  co_return co_await offload(app.workers, std::move(work));
}

/// Adds `highlights` and `rank` to the rows of a search.
Task<> add_highlights(App& app, db::Tx& tx, text::Query query, Page& page) {
  std::vector<std::int64_t> ids;
  for (const auto& row : page.rows) ids.push_back(row.id.value);
  auto by_id = co_await explain(app, tx, std::move(query), std::move(ids));
  for (std::size_t i = 0; i < page.rows.size(); ++i) {
    auto& row = page.rows[i];
    row.json.pop_back();
    row.json += R"(,"highlights":)" + by_id[row.id.value];
    row.json += R"(,"rank":)" + (i < page.ranked ? page.found[i].sort_key : "null") + "}";
  }
}

/// What a page shows of the records that are on it.
Task<std::vector<ListedRecord>> shown(db::Tx& tx, const Filter& f,
                                      const std::vector<FoundRecord>& found) {
  std::vector<std::int64_t> ids;
  for (const auto& record : found) ids.push_back(record.id.value);
  if (ids.empty()) co_return std::vector<ListedRecord>{};
  if (f.summary) co_return co_await tx.all(kSummariesOf, std::move(ids));
  co_return listed(co_await tx.all(kRecordsOf, std::move(ids)));
}

Task<Page> find(App& app, TenantId tenant, const Filter& f) {
  Page page;
  if (f.sort == "-visit_date" && f.only_patient() && !f.count) {
    page.rows = co_await recent(app.db, std::move(tenant), f);
    for (const auto& row : page.rows) page.found.push_back({row.id, row.visit_date});
    cut(f, page);
    page.rows.resize(page.found.size());
    co_return page;
  }
  // Reads only: it is rolled back when it goes.
  db::Tx tx = co_await app.db.begin(std::move(tenant));
  tx.queue(kPlanAnew);
  text::Query query = text::query(f.words.value_or(text::Typed{}));
  Scope scope = co_await tx.one(kScope, f.from, f.to, query.tsquery, kCandidates);
  scope.query = query.tsquery;
  if (f.has_words() && scope.query.empty()) {
    if (f.count) page.total = 0;
    co_return page;
  }
  page = co_await page_of(tx, f, scope);
  cut(f, page);
  page.rows = co_await shown(tx, f, page.found);
  if (f.has_words() && !page.rows.empty()) {
    co_await add_highlights(app, tx, std::move(query), page);
  }
  if (f.count) page.total = co_await count(tx, f, scope);
  co_return page;
}

}  // namespace

Task<api::Response> list_records(App& app, api::Request req) {
  const Filter filter = read_filter(req);
  Page page = co_await find(app, req.caller.tenant(), filter);
  std::vector<std::string> items;
  audit::Entry seen{.action = filter.has_words() ? audit::Action("record.search") : "record.list",
                    .resource = "record",
                    .filters = api::filters_json(req)};
  // Whether there is anything at all of a patient is a look too, as is how much.
  if (filter.patient) seen.patient = PatientId(*filter.patient);
  for (auto& row : page.rows) {
    seen.patients.push_back(row.patient.value);
    items.push_back(std::move(row.json));
  }
  std::ranges::sort(seen.patients);
  const auto repeated = std::ranges::unique(seen.patients);
  seen.patients.erase(repeated.begin(), repeated.end());
  co_await app.audit.read(req, std::move(seen));
  co_return api::ok(api::page_json(items, page.next, page.total));
}

}  // namespace wardbook::records
