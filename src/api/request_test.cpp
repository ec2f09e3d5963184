// What handlers read of a request beside its body: ids, parameters, cursors.
#include "api/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/paging.h"
#include "api/router.h"
#include "api/subject.h"
#include "api/test_failure.h"
#include "base/hash.h"

namespace wardbook::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RequestTest, PathIdsArePositiveDecimals) {
  for (const auto* good : {"1", "9223372036854775807"}) {
    EXPECT_TRUE(parse_positive(good)) << good;
  }
  for (const auto* bad :
       {"", "0", "-1", "+1", "01", "1a", " 1", "1 ", "9223372036854775808", "1e3", "0x1", "１"}) {
    EXPECT_EQ(parse_positive(bad), std::nullopt) << bad;
  }
  Request request;
  request.path_params = {{"id", "12"}, {"n", "x"}};
  EXPECT_EQ(request.path_id<RecordId>(Code::record_not_found), RecordId(12));
  EXPECT_EQ(failure_of([&] { return request.path_int(Code::version_not_found, "n"); }),
            Code::version_not_found);
  EXPECT_EQ(failure_of([&] { return request.path_int(Code::not_found, "none"); }), Code::not_found);
}

TEST(RequestTest, BodiesAreObjects) {
  Request request;
  request.body = boost::json::array{1};
  EXPECT_EQ(failure_of([&] { return request.object().size(); }), Code::invalid_fields);
  request.body = boost::json::object{{"a", 1}};
  EXPECT_EQ(request.object().size(), 1U);
}

TEST(RequestTest, OperatorsHaveNoTenant) {
  Principal caller;
  EXPECT_EQ(failure_of([&] { return caller.tenant(); }), Code::forbidden);
  caller.tenant_id = TenantId::parse("north");
  EXPECT_EQ(caller.tenant().str(), "north");
}

TEST(ResponseTest, CarriesTagAndLocation) {
  const Response response = created("{}", "/api/v1/records/3").etag(12);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.headers.get("Location"), "/api/v1/records/3");
  EXPECT_EQ(response.headers.get("ETag"), "\"12\"");
}

Request with_query(net::QueryParams query) {
  Request request;
  request.query = std::move(query);
  return request;
}

/// The pointers of the faults that `finish` throws; empty when it throws nothing.
std::vector<std::string> faults_of(Params& params) {
  std::vector<std::string> out;
  try {
    params.finish();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), Code::invalid_parameter);
    EXPECT_EQ(failure.extensions().size(), 1U);
    for (const auto& [name, text] : failure.extensions()) {
      EXPECT_EQ(name, "errors");
      const auto errors = boost::json::parse(text);
      for (const auto& fault : errors.as_array()) {
        out.emplace_back(fault.at("pointer").as_string());
      }
    }
  }
  return out;
}

TEST(ParamsTest, ReadEachKind) {
  const auto request = with_query({{"q", "ann"},
                                   {"patient_id", "7"},
                                   {"status", "draft"},
                                   {"from", "2026-03-04"},
                                   {"to", "2026-03-04T01:00:00+01:00"},
                                   {"born", "2000-02-29"},
                                   {"limit", "200"},
                                   {"count", "exact"}});
  Params params(request);
  EXPECT_EQ(params.text("q"), "ann");
  EXPECT_EQ(params.integer("patient_id", 1, INT64_MAX), 7);
  EXPECT_EQ(params.one_of("status", {"draft", "finalized"}), "draft");
  EXPECT_EQ(params.date_or_time("from"), "2026-03-04");
  EXPECT_EQ(params.date_or_time("to"), "2026-03-04T00:00:00Z");
  EXPECT_TRUE(params.date("born").has_value());
  EXPECT_EQ(params.limit(), 200);
  EXPECT_TRUE(params.count_exact());
  EXPECT_THAT(faults_of(params), ElementsAre());
}

TEST(ParamsTest, GatherEveryFault) {
  const auto request = with_query({{"patient_id", "0"},
                                   {"doctor_id", "7x"},
                                   {"status", "open"},
                                   {"from", "today"},
                                   {"born", "2001-02-29"},
                                   {"limit", "201"},
                                   {"count", "all"},
                                   {"twice", "1"},
                                   {"twice", "1"},
                                   {"q", "a\nb"},
                                   {"long", std::string(11, 'x')},
                                   {"other", "1"}});
  Params params(request);
  EXPECT_EQ(params.integer("patient_id", 1, INT64_MAX), std::nullopt);
  (void)params.integer("doctor_id", 1, INT64_MAX);
  (void)params.one_of("status", {"draft", "finalized"});
  (void)params.date_or_time("from");
  (void)params.date("born");
  EXPECT_EQ(params.limit(), kDefaultLimit);
  (void)params.count_exact();
  (void)params.text("twice");
  (void)params.text("q");
  (void)params.text("long", 10);
  EXPECT_THAT(faults_of(params),
              ElementsAre("?patient_id", "?doctor_id", "?status", "?from", "?born", "?limit",
                          "?count", "?twice", "?q", "?long", "?other"));
}

TEST(ParamsTest, OneFaultEach) {
  auto request = with_query(
      {{"q", std::string(201, 'x')}, {"cursor", std::string(2'001, 'A')}, {"y", "1"}, {"y", "1"}});
  request.cursor_secret = "the secret of the service";
  Params params(request);
  if (!params.text("q")) params.fault("q", "is required");
  (void)decode_cursor(params, request, cursor_scope("list", request), {CursorValue::text});
  EXPECT_THAT(faults_of(params), ElementsAre("?q", "?cursor", "?y"));
}

TEST(ParamsTest, ATabThatWasTypedIsABlank) {
  const auto request = with_query({{"q", "a\tb"}, {"other", "a\nb"}});
  Params params(request);
  EXPECT_EQ(params.typed("q"), "a b");
  EXPECT_EQ(params.typed("other"), std::nullopt);
  EXPECT_THAT(faults_of(params), ElementsAre("?other"));
}

TEST(ParamsTest, LimitHasADefault) {
  const Request request;
  Params params(request);
  EXPECT_EQ(params.limit(), 50);
  for (const auto* bad : {"0", "-1", "", "10.0", " 10"}) {
    const auto wrong = with_query({{"limit", bad}});
    Params of(wrong);
    (void)of.limit();
    EXPECT_THAT(faults_of(of), ElementsAre("?limit")) << bad;
  }
}

using Values = std::vector<std::string>;
const std::vector<CursorValue> kOneText(1, CursorValue::text);
const std::vector<CursorValue> kTwoTexts(2, CursorValue::text);

/// A doctor's request for a list.
Request asking(net::QueryParams query, std::string target = "/api/v1/patients") {
  Request request = with_query(std::move(query));
  request.head.target = std::move(target);
  request.caller.account = AccountId(7);
  request.caller.tenant_id = TenantId::parse("north");
  request.cursor_secret = "the secret of the service";
  return request;
}

/// What a list makes of a request with a cursor; nullopt when it is refused.
std::optional<Values> decoded(const Request& request, const std::vector<CursorValue>& kinds,
                              std::string_view list = "list") {
  Params params(request);
  auto values = decode_cursor(params, request, cursor_scope(list, request), kinds);
  const auto faults = faults_of(params);
  EXPECT_EQ(values.has_value(), faults.empty());
  if (!values) {
    EXPECT_THAT(faults, ::testing::Each("?cursor"));
  }
  return values;
}
std::optional<Values> decoded(const std::string& cursor, const std::vector<CursorValue>& kinds,
                              std::string_view list = "list") {
  return decoded(asking({{"cursor", cursor}}), kinds, list);
}
std::string encoded(const Values& values, std::string_view list = "list") {
  return encode_cursor(cursor_scope(list, asking({})), values);
}

TEST(CursorTest, GivesBackWhatWasPutIn) {
  for (const Values& values : {Values{"2026-03-04 05:06:07.123456+00", "42"},
                               Values{"O'Brien \"x\" ä", "-1"}, Values{"", ""}}) {
    const auto cursor = encoded(values);
    EXPECT_EQ(cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-_"),
              std::string::npos)
        << "goes into a URL as it is";
    EXPECT_EQ(decoded(cursor, kTwoTexts), values);
  }
  const Request none = asking({});
  Params params(none);
  EXPECT_EQ(decode_cursor(params, none, cursor_scope("list", none), kTwoTexts), std::nullopt);
  EXPECT_THAT(faults_of(params), ElementsAre());
}

TEST(CursorTest, BelongsToItsList) {
  const auto cursor = encoded({"a", "1"}, "patients.name");
  EXPECT_NE(decoded(cursor, kTwoTexts, "patients.name"), std::nullopt);
  EXPECT_EQ(decoded(cursor, kTwoTexts, "patients.born"), std::nullopt);
  EXPECT_EQ(decoded(cursor, kOneText, "patients.name"), std::nullopt);
  EXPECT_EQ(decoded(cursor, std::vector(3, CursorValue::text), "patients.name"), std::nullopt);
}

TEST(CursorTest, BelongsToItsFilters) {
  const net::QueryParams filters{{"q", "cough"}, {"status", "draft"}};
  const auto cursor = encode_cursor(cursor_scope("list", asking(filters)), {"a"});
  const auto taken = [&cursor](net::QueryParams query) {
    query.emplace_back("cursor", cursor);
    const Request request = asking(std::move(query));
    Params params(request);
    return decode_cursor(params, request, cursor_scope("list", request), kOneText).has_value();
  };
  EXPECT_TRUE(taken(filters));
  EXPECT_TRUE(taken({{"status", "draft"}, {"q", "cough"}})) << "in any order";
  EXPECT_TRUE(taken({{"q", "cough"}, {"limit", "7"}, {"status", "draft"}, {"count", "exact"}}));
  EXPECT_TRUE(taken({{"q", "cough"}, {"status", "draft"}, {"sort", "x"}})) << "the list's name";
  EXPECT_FALSE(taken({}));
  EXPECT_FALSE(taken({{"q", "cough"}}));
  EXPECT_FALSE(taken({{"q", "coughs"}, {"status", "draft"}}));
  EXPECT_FALSE(taken({{"q", "cough"}, {"status", "draft"}, {"patient_id", "5"}}));
  EXPECT_FALSE(taken({{"qc", "ough"}, {"status", "draft"}}));
  EXPECT_FALSE(taken({{"q", "coughstatus"}, {"", "draft"}}));
}

TEST(CursorTest, BelongsToItsAccountHospitalPathAndService) {
  const auto cursor = encoded({"a"});
  const Request own = asking({{"cursor", cursor}});
  EXPECT_NE(decoded(own, kOneText), std::nullopt);
  Request other = own;
  other.caller.account = AccountId(8);
  EXPECT_EQ(decoded(other, kOneText), std::nullopt);
  other = own;
  other.caller.tenant_id = TenantId::parse("south");
  EXPECT_EQ(decoded(other, kOneText), std::nullopt);
  other.caller.tenant_id.reset();
  EXPECT_EQ(decoded(other, kOneText), std::nullopt);
  other = own;
  other.head.target = "/api/v1/records";
  EXPECT_EQ(decoded(other, kOneText), std::nullopt);
  other = own;
  other.cursor_secret = "another secret";
  EXPECT_EQ(decoded(other, kOneText), std::nullopt);
  other.cursor_secret = {};
  EXPECT_THROW((void)cursor_scope("list", other), std::logic_error);
  EXPECT_NE(cursor_secret("one"), cursor_secret("another"));
  EXPECT_NE(cursor_secret("one"), "one");
}

TEST(CursorTest, IsRefusedWhereverItIsChanged) {
  const auto cursor = encoded({"2026-03-04", "17"});
  EXPECT_NE(decoded(cursor, kTwoTexts), std::nullopt);
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    for (const char c : {'!', cursor[i] == 'A' ? 'B' : 'A'}) {
      auto other = cursor;
      other[i] = c;
      EXPECT_EQ(decoded(other, kTwoTexts), std::nullopt) << i;
    }
    if (i > 0) {
      EXPECT_EQ(decoded(cursor.substr(0, i), kTwoTexts), std::nullopt) << i;
    }
  }
  EXPECT_EQ(decoded(cursor + "AAAA", kTwoTexts), std::nullopt);
  // Its values under no seal, or under one that nobody made.
  for (const std::string text :
       {R"(["list.0123456789ab","2026-03-04","17"])", R"(["2026-03-04","17"])", "null", "[", ""}) {
    EXPECT_EQ(decoded(to_base64url(text), kTwoTexts), std::nullopt) << text;
    EXPECT_EQ(decoded(to_base64url(std::string(16, '\0') + text), kTwoTexts), std::nullopt) << text;
  }
  EXPECT_EQ(decoded(std::string(3'000, 'A'), kTwoTexts), std::nullopt);
}

TEST(CursorTest, HoldsWhatTheListsKeysAre) {
  struct Case {
    CursorValue kind;
    std::vector<std::string> good;
    std::vector<std::string> bad;
  };
  const std::vector<Case> cases{
      {CursorValue::integer,
       {"0", "-7", "9223372036854775807"},
       {"", "one", "1 ", "1.5", "+1", "0x1", "9223372036854775808", "1; SELECT 1"}},
      {CursorValue::integer_or_empty, {"", "12"}, {"x", " "}},
      {CursorValue::date, {"2026-03-04", "infinity", "-infinity"}, {"", "2026-02-30", "today"}},
      {CursorValue::time,
       {"2026-03-04 05:06:07+00", "2026-03-04 05:06:07.123456+00", "infinity", "-infinity"},
       {"", "2026-03-04", "now", "2026-02-30 00:00:00+00", "2026-03-04 25:00:00+00",
        "2026-01-01'; SELECT 1; --"}},
  };
  for (const auto& [kind, good, bad] : cases) {
    for (const auto& value : good) {
      EXPECT_EQ(decoded(encoded({value}), {kind}), Values{value}) << value;
    }
    for (const auto& value : bad) {
      EXPECT_EQ(decoded(encoded({value}), {kind}), std::nullopt) << value;
    }
  }
  EXPECT_EQ(cursor_integer("-7"), -7);
}

TEST(FiltersTest, AreAllParametersButTheCursor) {
  EXPECT_EQ(filters_json(asking({})), std::nullopt);
  EXPECT_EQ(filters_json(asking({{"cursor", "x"}})), std::nullopt);
  EXPECT_EQ(filters_json(asking({{"q", "O'Brien \"ä\""}, {"cursor", "x"}, {"count", "exact"}})),
            R"({"q":"O'Brien \"ä\"","count":"exact"})");
}

TEST(LooksTest, AreKeptAsTheyWere) {
  const std::vector<Look> looks{{"record", 5, PatientId(7)}, {"patient", 9, std::nullopt}};
  const auto again = parse_looks(to_json(looks));
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].resource, "record");
  EXPECT_EQ(again[0].id, 5);
  EXPECT_EQ(again[0].patient, PatientId(7));
  EXPECT_EQ(again[1].resource, "patient");
  EXPECT_EQ(again[1].patient, std::nullopt);
  EXPECT_EQ(to_json(std::vector<Look>{}), "[]");
}

TEST(SubjectsTest, AreFoundByTheirResource) {
  static constexpr Subject kRecord{.resource = "record"};
  static constexpr Subject kOther{.resource = "record"};
  Subjects subjects;
  subjects.add(kRecord);
  subjects.add(kRecord);
  subjects.add(kNothing);
  EXPECT_EQ(subjects.find("record"), &kRecord);
  EXPECT_EQ(subjects.find("route"), &kNothing);
  EXPECT_EQ(subjects.find("records"), nullptr);
  EXPECT_THROW(subjects.add(kOther), std::logic_error);
}

TEST(PageTest, IsOneObject) {
  EXPECT_EQ(page_json({}, std::nullopt), R"({"items":[],"next_cursor":null})");
  EXPECT_EQ(page_json({"{}", "1"}, "abc", 12),
            R"({"items":[{},1],"next_cursor":"abc","total":12})");
}

TEST(ProblemTest, SaysWhatRfc9457Wants) {
  Failure failure = Failure::invalid({{"/a", "is wrong"}, {"/b~1c", "is \"odd\""}});
  failure.extension("choices", "[1]");
  const auto response = problem(failure, "req-1");
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
  const auto body = boost::json::parse(response.body);
  EXPECT_EQ(body.at("status"), 422);
  EXPECT_EQ(body.at("code"), "invalid_fields");
  EXPECT_EQ(body.at("request_id"), "req-1");
  EXPECT_EQ(body.at("errors").as_array().size(), 2U);
  EXPECT_EQ(body.at("errors").at(1).at("pointer"), "/b~1c");
  EXPECT_EQ(body.at("choices"), boost::json::parse("[1]"));
  for (const auto* key : {"type", "title", "detail"}) EXPECT_TRUE(body.as_object().contains(key));
}

TEST(ProblemTest, TellsWhenToComeBack) {
  EXPECT_EQ(problem(Failure(Code::database_unavailable), "r").headers.get("Retry-After"), "1");
  Failure locked(Code::account_locked);
  locked.retry_after(900);
  EXPECT_EQ(problem(locked, "r").headers.get("Retry-After"), "900");
  EXPECT_EQ(problem(Failure(Code::not_found), "r").headers.get("Retry-After"), std::nullopt);
  EXPECT_THAT(
      std::string(*problem(Failure(Code::unauthenticated), "r").headers.get("WWW-Authenticate")),
      HasSubstr("Bearer"));
}

TEST(ProblemTest, KeepsTheLogsDetailToItself) {
  const auto response = problem(Failure(Code::internal, {}, "SQLSTATE 42P01 in records.get"), "r");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("SQLSTATE"), std::string::npos);
}

}  // namespace
}  // namespace wardbook::api
