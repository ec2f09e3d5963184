#include <algorithm>
#include <map>

#include "api/input.h"
#include "api/paging.h"
#include "features/records/records_life.h"
#include "features/records/records_sql.h"

namespace wardbook::records {
namespace {

constexpr std::string_view kInfinity = "infinity";

/// What `q` says: words, and "phrases in quotes".
struct Words {
  std::vector<std::string> words;
  std::vector<std::string> phrases;
};

Words split_words(std::string_view q) {
  constexpr std::size_t kMost = 16;
  Words out;
  std::string current;
  bool quoted = false;
  const auto take = [&out, &current](bool phrase) {
    auto& list = phrase ? out.phrases : out.words;
    if (!current.empty() && out.words.size() + out.phrases.size() < kMost) list.push_back(current);
    current.clear();
  };
  for (const char c : q) {
    if (c == '"') {
      take(quoted);
      quoted = !quoted;
    } else if (!quoted && (c == ' ' || c == ',' || c == ';')) {
      take(false);
    } else {
      current += c;
    }
  }
  take(quoted);
  return out;
}

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
  const FilteredList* query;
  std::string_view start;  ///< the sort key before the first row
  std::int64_t start_id;
};

const std::map<std::string_view, Order>& orders() {
  static const std::map<std::string_view, Order> all{
      {"-visit_date", {&kByVisitDown, kInfinity, INT64_MAX}},
      {"visit_date", {&kByVisitUp, "-infinity", 0}},
      {"-created_at", {&kByCreatedDown, kInfinity, INT64_MAX}},
      {"created_at", {&kByCreatedUp, "-infinity", 0}},
      {"-updated_at", {&kByUpdatedDown, kInfinity, INT64_MAX}},
      {"updated_at", {&kByUpdatedUp, "-infinity", 0}},
      {"follow_up_date", {&kByFollowUp, "-infinity", 0}},
      {"rank", {&kByRank, "9223372036854775807", INT64_MAX}},
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
  Words words;
  std::string sort;
  std::string key;
  std::int64_t id = 0;
  int limit = 0;
  bool count = false;

  [[nodiscard]] bool has_words() const { return !words.words.empty() || !words.phrases.empty(); }
  [[nodiscard]] bool only_patient() const {
    return !doctor && !status && !visit_type && !from && !to && !icd && !follow_up && !has_words();
  }
};

Filter read_filter(const api::Request& req) {
  api::Params params(req);
  Filter f;
  f.patient = params.integer("patient_id", 1, INT64_MAX);
  f.doctor = params.integer("doctor_id", 1, INT64_MAX);
  f.status = params.one_of("status", {"draft", "finalized", "amended"});
  f.visit_type = params.one_of("visit_type", {"consultation", "follow_up", "procedure", "emergency",
                                              "inpatient", "telehealth"});
  f.from = params.date_or_time("from");
  f.to = params.date_or_time("to");
  if (const auto icd = params.text("icd", 20)) {
    f.icd = code_pattern(*icd);
    if (!f.icd) params.fault("icd", "must be an ICD-10 code or its beginning");
  }
  f.follow_up = params.one_of("follow_up", {"due", "overdue"});
  if (const auto q = params.text("q", 500)) f.words = split_words(*q);
  const auto sort = params.one_of("sort", {"-visit_date", "visit_date", "-created_at", "created_at",
                                           "-updated_at", "updated_at", "follow_up_date", "rank"});
  const std::string usual = f.has_words() ? "rank" : f.follow_up ? "follow_up_date" : "-visit_date";
  f.sort = sort.value_or(usual);
  f.limit = params.limit();
  f.count = params.count_exact();
  const auto cursor = api::decode_cursor(params, req, "records." + f.sort, 2);
  const Order& order = orders().at(f.sort);
  f.key = cursor ? (*cursor)[0] : std::string(order.start);
  f.id = cursor ? std::strtoll((*cursor)[1].c_str(), nullptr, 10) : order.start_id;
  params.finish();
  return f;
}

using Rows = std::vector<RecordView>;

/// The usual pages are short index scans: on a lane, beside other reads.
Task<Rows> recent(db::Pool& db, TenantId tenant, const Filter& f) {
  if (f.patient) {
    co_return co_await db.read_all(std::move(tenant), kRecentOfPatient, f.key, f.id, f.limit + 1,
                                   *f.patient);
  }
  co_return co_await db.read_all(std::move(tenant), kRecent, f.key, f.id, f.limit + 1);
}

/// Adds `highlights` and `rank` to the rows of a search.
Task<> add_snippets(db::Tx& tx, const Filter& f, Rows& rows) {
  std::vector<std::int64_t> ids;
  for (const auto& row : rows) ids.push_back(row.id.value);
  std::map<std::int64_t, std::string> by_id;
  for (auto& found : co_await tx.all(kSnippets, std::move(ids), f.words.words, f.words.phrases)) {
    by_id[found.id.value] = std::move(found.json);
  }
  for (auto& row : rows) {
    row.json.pop_back();
    row.json += R"(,"highlights":)" + by_id[row.id.value];
    row.json += R"(,"rank":)" + (f.sort == "rank" ? row.sort_key : "null") + "}";
  }
}

}  // namespace

namespace {

/// A page, and what lies around it.
struct Found {
  Rows rows;
  std::optional<std::string> next;
  std::optional<std::int64_t> total;
};

void cut(Found& found, const Filter& f) {
  if (found.rows.size() <= static_cast<std::size_t>(f.limit)) return;
  found.rows.pop_back();
  const RecordView& last = found.rows.back();
  std::vector<std::string> key{last.sort_key, std::to_string(last.id.value)};
  found.next = api::encode_cursor("records." + f.sort, key);
}

Task<Found> find(db::Pool& db, TenantId tenant, const Filter& f) {
  Found found;
  if (f.sort == "-visit_date" && f.only_patient() && !f.count) {
    found.rows = co_await recent(db, std::move(tenant), f);
    cut(found, f);
    co_return found;
  }
  // Reads only: it is rolled back when it goes.
  db::Tx tx = co_await db.begin(std::move(tenant));
  found.rows = co_await tx.all(*orders().at(f.sort).query, f.patient, f.doctor, f.status,
                               f.visit_type, f.from, f.to, f.icd, f.follow_up, f.words.words,
                               f.words.phrases, f.key, f.id, f.limit + 1);
  cut(found, f);
  if (f.has_words() && !found.rows.empty()) co_await add_snippets(tx, f, found.rows);
  if (f.count) {
    const auto total =
        co_await tx.one(kCountFiltered, f.patient, f.doctor, f.status, f.visit_type, f.from, f.to,
                        f.icd, f.follow_up, f.words.words, f.words.phrases);
    found.total = total.value;
  }
  co_return found;
}

}  // namespace

Task<api::Response> list_records(App& app, api::Request req) {
  const Filter filter = read_filter(req);
  Found found = co_await find(app.db, req.caller.tenant(), filter);
  std::vector<std::string> items;
  audit::Entry seen{.action = filter.has_words() ? "record.search" : "record.list",
                    .resource = "record"};
  for (auto& row : found.rows) {
    seen.patients.push_back(row.patient.value);
    items.push_back(std::move(row.json));
  }
  std::ranges::sort(seen.patients);
  const auto repeated = std::ranges::unique(seen.patients);
  seen.patients.erase(repeated.begin(), repeated.end());
  co_await app.audit.write(req.caller.tenant(), audit::actor_of(req), std::move(seen));
  co_return api::ok(api::page_json(items, found.next, found.total));
}

}  // namespace wardbook::records
