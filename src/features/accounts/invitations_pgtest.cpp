#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>

#include "features/accounts/accounts.h"
#include "features/accounts/sign_in.h"
#include "support/clinic.h"

namespace wardbook::accounts {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using wardbook::testing::Clinic;
using wardbook::testing::PgCluster;
using wardbook::testing::run;
namespace json = boost::json;

constexpr const char* kFirst = "tulip over nine cranes";
constexpr const char* kSecond = "seven herons in the rain";
constexpr const char* kThird = "an owl upon the mill";

const db::Query<db::TextRow> kLog{"test.invitations_log", R"sql(
  SELECT concat_ws(' ', action, outcome, resource_id, reason) FROM {tenant}.audit_log
  ORDER BY id)sql"};
const db::Query<db::TextRow> kWholeLog{"test.invitations_whole_log", R"sql(
  SELECT coalesce(string_agg(to_jsonb(l)::text, ' '), '') FROM {tenant}.audit_log l)sql"};
const db::Query<db::TextRow> kPlatformLog{"test.invitations_platform", R"sql(
  SELECT action FROM wardbook.platform_audit ORDER BY id)sql"};
const db::Query<db::TextRow> kAllStored{"test.invitations_stored", R"sql(
  SELECT string_agg(to_jsonb(i)::text, ' ') FROM wardbook.invitations i)sql"};
const db::Query<db::TextRow> kAllKeys{"test.invitations_keys", R"sql(
  SELECT coalesce(string_agg(body, ' '), '') FROM {tenant}.idempotency_keys)sql"};

Task<std::vector<std::string>> read_texts(db::Pool& db, std::optional<TenantId> tenant,
                                          const db::Query<db::TextRow>& query) {
  db::Tx tx = co_await db.begin_control();
  if (tenant) tx.switch_tenant(*tenant);
  const auto rows = co_await tx.all(query);
  std::vector<std::string> out;
  for (const auto& row : rows) out.push_back(row.value);
  co_return out;
}

struct Answer {
  int status = 0;
  std::string code;
  json::value body;
  std::vector<std::string> faults;

  [[nodiscard]] std::string text(std::string_view name) const {
    const auto& value = body.as_object().at(name).as_string();
    return {value.data(), value.size()};
  }
  /// Of a session, or of what was accepted.
  [[nodiscard]] std::string tenant() const {
    const auto& value = body.at("tenant").at("id").as_string();
    return {value.data(), value.size()};
  }
  [[nodiscard]] std::int64_t id() const { return body.at("id").as_int64(); }
};

Task<> count_codes(App& app, api::Request request, std::map<std::string, int>& outcomes) {
  std::string outcome = "accepted";
  try {
    co_await accept(app, std::move(request));
  } catch (const Failure& failure) {
    outcome = describe(failure.code()).name;
  }
  ++outcomes[outcome];
}

/// Two hospitals with their administrators; `doctor` is somebody of the second one to be.
class InvitationsTest : public ::testing::Test {
 protected:
  InvitationsTest() {
    static int count = 0;
    doctor_ = "doctor" + std::to_string(++count) + "@second.test";
    boss_ = admin_of(second_, "boss" + std::to_string(count) + "@second.test");
  }

  api::Principal admin_of(const TenantId& tenant, const std::string& email) {
    NewAccount account{email, "Boss", hash_password(clinic_.settings.auth, kFirst)};
    const auto made = run(clinic_.reactor,
                          add_member(clinic_.db, {}, tenant, account, api::Role::hospital_admin));
    api::Principal out;
    out.account = made.id;
    out.email = email;
    out.role = api::Role::hospital_admin;
    out.tenant_id = tenant;
    return out;
  }

  Answer call(Task<api::Response> (*handler)(App&, api::Request), api::Request request) {
    Answer out;
    try {
      const auto response = run(clinic_.reactor, handler(clinic_.app, std::move(request)));
      out.status = response.status;
      if (!response.body.empty()) out.body = json::parse(response.body);
    } catch (const Failure& failure) {
      out.status = describe(failure.code()).status;
      out.code = describe(failure.code()).name;
      for (const auto& fault : failure.faults()) out.faults.push_back(fault.pointer);
    }
    return out;
  }

  static api::Request request_of(const api::Principal& caller, json::value body,
                                 std::int64_t id = 0) {
    auto request = Clinic::request(caller, "POST", id, 0, std::move(body));
    request.retry_secret = "secret of the service";
    return request;
  }

  Answer invite_by(const api::Principal& admin, const std::string& email,
                   const std::string& role = "doctor") {
    json::object body{{"email", email}, {"display_name", "Dana"}, {"role", role}};
    return call(&create_user, request_of(admin, std::move(body)));
  }
  Answer code_by(const api::Principal& admin, std::int64_t user) {
    return call(&create_code, request_of(admin, json::object{}, user));
  }
  Answer patch_by(const api::Principal& admin, std::int64_t user, json::object body) {
    return call(&patch_user, request_of(admin, std::move(body), user));
  }
  Answer accept_with(const std::string& email, const std::string& code, const std::string& password,
                     std::optional<std::string> next = {}) {
    json::object body{{"email", email}, {"code", code}, {"password", password}};
    if (next) body["new_password"] = *next;
    return call(&accept, request_of({}, std::move(body)));
  }
  Answer sign_in(const std::string& email, const std::string& password,
                 std::optional<TenantId> tenant = {}) {
    json::object body{{"email", email}, {"password", password}};
    if (tenant) body["tenant"] = tenant->str();
    return call(&login, request_of({}, std::move(body)));
  }
  Answer listed_by(const api::Principal& admin) {
    auto request = request_of(admin, json::object{});
    request.head.method = "GET";
    request.head.target = "/test?limit=200";
    return call(&list_users, std::move(request));
  }
  std::vector<std::string> log_of(const TenantId& tenant) {
    return run(clinic_.reactor, read_texts(clinic_.db, tenant, kLog));
  }
  std::string all_of(const db::Query<db::TextRow>& query, std::optional<TenantId> tenant = {}) {
    return run(clinic_.reactor, read_texts(clinic_.db, std::move(tenant), query)).at(0);
  }
  Time now() { return clinic_.clock.now(); }

  /// The same body so often at once.
  std::map<std::string, int> accept_at_once(int times, const json::object& body) {
    std::map<std::string, int> outcomes;
    std::vector<Task<>> tasks;
    for (int i = 0; i < times; ++i) {
      tasks.push_back(count_codes(clinic_.app, request_of({}, body), outcomes));
    }
    wardbook::testing::run_all(clinic_.reactor, std::move(tasks));
    return outcomes;
  }

  Clinic clinic_;
  TenantId first_ = clinic_.tenant;
  TenantId second_ = PgCluster::get().new_tenant("second");
  api::Principal spy_ = clinic_.admin;  ///< the first hospital's administrator
  api::Principal boss_;                 ///< the second's
  std::string doctor_;
};

TEST_F(InvitationsTest, ANewAccountGetsThePasswordThatItsHolderChooses) {
  const auto invited = invite_by(boss_, doctor_);
  ASSERT_EQ(invited.status, 201) << invited.code;
  EXPECT_EQ(invited.text("expires_at"), format_rfc3339(now() + kCodeLife));
  const auto joined = accept_with(doctor_, invited.text("code"), kFirst);
  ASSERT_EQ(joined.status, 200) << joined.code;
  EXPECT_EQ(joined.body.at("user").at("id"), invited.id()) << "one id before and after";
  EXPECT_EQ(joined.tenant(), second_.str());
  const auto session = sign_in(doctor_, kFirst);
  ASSERT_EQ(session.status, 200);
  EXPECT_EQ(session.body.at("user").at("role"), "doctor");
  EXPECT_EQ(session.body.at("user").at("display_name"), "Dana");
  const auto id = std::to_string(invited.id());
  const auto log = log_of(second_);
  EXPECT_THAT(log, Contains("account.invite ok " + id));
  EXPECT_THAT(log, Contains("account.join ok " + id));
}

TEST_F(InvitationsTest, ACodeServesOnceAndForItsAddressAndForAWeek) {
  const auto invited = invite_by(boss_, doctor_);
  const auto code = invited.text("code");
  EXPECT_EQ(accept_with("other@second.test", code, kFirst).code, "invalid_credentials");
  clinic_.clock.advance(kCodeLife);
  EXPECT_EQ(accept_with(doctor_, code, kFirst).code, "invalid_credentials");
  const auto renewed = code_by(boss_, invited.id());
  ASSERT_EQ(renewed.status, 200) << renewed.code;
  EXPECT_EQ(renewed.id(), invited.id());
  EXPECT_EQ(accept_with(doctor_, code, kFirst).code, "invalid_credentials") << "the earlier code";
  EXPECT_EQ(accept_with(doctor_, renewed.text("code"), kFirst).status, 200);
  EXPECT_EQ(accept_with(doctor_, renewed.text("code"), kSecond).code, "invalid_credentials");
  EXPECT_EQ(sign_in(doctor_, kFirst).status, 200);
}

TEST_F(InvitationsTest, AHospitalThatOpenedAnAddressFirstGainsNothingInAnother) {
  const auto squatted = invite_by(spy_, doctor_);
  ASSERT_EQ(accept_with(doctor_, squatted.text("code"), kFirst).status, 200);
  const auto invited = invite_by(boss_, doctor_);
  ASSERT_EQ(invited.status, 201);
  // The first hospital's administrator knows the password, but not the code.
  EXPECT_EQ(sign_in(doctor_, kFirst, second_).status, 401);
  EXPECT_EQ(accept_with(doctor_, squatted.text("code"), kFirst, kSecond).status, 401);
  EXPECT_EQ(accept_with(doctor_, "0000-0000-0000-0000-0000", kFirst, kSecond).status, 401);
  // The doctor has the code, but not the password.
  EXPECT_EQ(accept_with(doctor_, invited.text("code"), kThird).status, 401);
  EXPECT_EQ(accept_with(doctor_, invited.text("code"), kThird, kSecond).status, 401);
  EXPECT_EQ(sign_in(doctor_, kThird).status, 401);
  // Until the operator frees the address, whatever addresses the first hospital opened meanwhile.
  const std::string next = "released-" + std::to_string(squatted.id()) + "@released.invalid";
  ASSERT_EQ(accept_with(next, invite_by(spy_, next).text("code"), kFirst).status, 200);
  const auto account =
      run(clinic_.reactor,
          release_address(clinic_.db, {}, doctor_, impossible_hash(clinic_.settings.auth)));
  EXPECT_EQ(account.value, squatted.id());
  EXPECT_EQ(sign_in(doctor_, kFirst).status, 401);
  const auto joined = accept_with(doctor_, invited.text("code"), kThird);
  ASSERT_EQ(joined.status, 200) << joined.code;
  EXPECT_EQ(joined.body.at("user").at("id"), invited.id());
  EXPECT_EQ(sign_in(doctor_, kThird).tenant(), second_.str());
  EXPECT_EQ(sign_in(doctor_, kFirst).status, 401);
  EXPECT_THAT(log_of(first_), Contains("account.release ok " + std::to_string(squatted.id())));
}

TEST_F(InvitationsTest, JoiningTakesAwayWhatAnotherHospitalKnew) {
  const auto first = invite_by(spy_, doctor_, "nurse");
  ASSERT_EQ(accept_with(doctor_, first.text("code"), kFirst).status, 200);
  const auto session = sign_in(doctor_, kFirst);
  ASSERT_EQ(session.status, 200);
  const auto token = session.text("access_token");
  const auto code = invite_by(boss_, doctor_).text("code");
  EXPECT_THAT(accept_with(doctor_, code, kFirst, "too short").faults, ElementsAre("/new_password"));
  EXPECT_THAT(accept_with(doctor_, code, kFirst, kFirst).faults, ElementsAre("/new_password"));
  EXPECT_THAT(accept_with(doctor_, code, kFirst).faults, ElementsAre("/new_password"))
      << "an account that exists needs a new password";
  const auto joined = accept_with(doctor_, code, kFirst, kSecond);
  ASSERT_EQ(joined.status, 200) << joined.code;
  EXPECT_EQ(joined.body.at("user").at("id"), first.id()) << "the account that there is";
  EXPECT_EQ(sign_in(doctor_, kFirst, first_).status, 401);
  EXPECT_EQ(sign_in(doctor_, kFirst, second_).status, 401);
  EXPECT_EQ(sign_in(doctor_, kSecond, second_).body.at("user").at("role"), "doctor");
  EXPECT_EQ(sign_in(doctor_, kSecond, first_).body.at("user").at("role"), "nurse");
  const auto refresh_token = session.text("refresh_token");
  EXPECT_EQ(call(&refresh, request_of({}, json::object{{"refresh_token", refresh_token}})).status,
            401);
  const auto caller = clinic_.tokens.verify(token);
  EXPECT_LT(
      caller.token_number,
      clinic_.tokens.verify(sign_in(doctor_, kSecond, first_).text("access_token")).token_number);
}

TEST_F(InvitationsTest, OnlyTheOnlyHospitalOfAnAccountResetsItsPassword) {
  const auto first = invite_by(spy_, doctor_);
  ASSERT_EQ(accept_with(doctor_, first.text("code"), kFirst).status, 200);
  const auto early = code_by(spy_, first.id());
  ASSERT_EQ(early.status, 200) << early.code;
  EXPECT_EQ(early.id(), first.id());
  EXPECT_EQ(sign_in(doctor_, kFirst).status, 200) << "the password holds until the code is used";
  const auto reset = accept_with(doctor_, early.text("code"), kSecond);
  ASSERT_EQ(reset.status, 200) << reset.code;
  EXPECT_EQ(sign_in(doctor_, kFirst).status, 401);
  EXPECT_EQ(sign_in(doctor_, kSecond).status, 200);

  const auto kept = code_by(spy_, first.id());
  ASSERT_EQ(kept.status, 200);
  const auto code = invite_by(boss_, doctor_).text("code");
  ASSERT_EQ(accept_with(doctor_, code, kSecond, kThird).status, 200);
  EXPECT_EQ(code_by(spy_, first.id()).code, "conflict");
  EXPECT_EQ(code_by(boss_, first.id()).code, "conflict");
  EXPECT_EQ(accept_with(doctor_, kept.text("code"), kFirst).code, "invalid_credentials")
      << "a code from before the account had two hospitals";
  EXPECT_EQ(sign_in(doctor_, kThird, second_).status, 200);
  const auto log = log_of(first_);
  const auto id = std::to_string(first.id());
  EXPECT_THAT(log, Contains("account.reset_code ok " + id));
  EXPECT_THAT(log, Contains("account.reset_password ok " + id));
  EXPECT_THAT(log, Contains("auth.accept refused " + id + " not_the_only_hospital"));
}

TEST_F(InvitationsTest, AnInvitationSaysNothingOfWhetherTheAddressIsKnown) {
  const auto elsewhere = invite_by(boss_, doctor_);
  ASSERT_EQ(accept_with(doctor_, elsewhere.text("code"), kFirst).status, 200);
  const std::string fresh = "fresh" + doctor_;
  const std::string oper = "operator" + doctor_;
  run(clinic_.reactor,
      add_operator(clinic_.db, {}, {oper, "Op", hash_password(clinic_.settings.auth, kFirst)}));
  std::vector<std::string> shapes;
  for (const auto& email : {doctor_, fresh, oper}) {
    const auto invited = invite_by(spy_, email);
    EXPECT_EQ(invited.status, 201) << email;
    std::string shape;
    for (const auto& member : invited.body.as_object()) shape += std::string(member.key()) + " ";
    shapes.push_back(shape);
    EXPECT_NE(invited.id(), elsewhere.id());
    // The same words for what an address without an account gets.
    const auto wrong = accept_with(email, "0000-0000-0000-0000-0000", kSecond);
    EXPECT_EQ(wrong.code, "invalid_credentials");
    const auto again = invite_by(spy_, email);
    EXPECT_EQ(again.code, "user_exists");
  }
  EXPECT_THAT(shapes, ::testing::Each("id code expires_at "));
  const auto list = listed_by(spy_).body.at("items").as_array();
  int invited = 0;
  for (const auto& item : list) {
    if (item.at("status") != "invited") continue;
    ++invited;
    EXPECT_EQ(item.at("display_name"), "Dana") << "the name that this hospital gave";
    EXPECT_TRUE(item.at("code_expires_at").is_string());
  }
  EXPECT_EQ(invited, 3);
  EXPECT_EQ(invite_by(boss_, doctor_).code, "user_exists") << "a member of this hospital";
}

TEST_F(InvitationsTest, OperatorsJoinNoHospital) {
  run(clinic_.reactor,
      add_operator(clinic_.db, {}, {doctor_, "Op", hash_password(clinic_.settings.auth, kFirst)}));
  const auto code = invite_by(spy_, doctor_).text("code");
  EXPECT_EQ(accept_with(doctor_, code, kSecond, kThird).status, 401);
  EXPECT_EQ(accept_with(doctor_, code, kFirst, kThird).code, "conflict");
  EXPECT_TRUE(sign_in(doctor_, kFirst).body.at("tenant").is_null());
}

TEST_F(InvitationsTest, WrongCodesVoidACodeAndOnlyThatOne) {
  const auto invited = invite_by(boss_, doctor_);
  const auto code = invited.text("code");
  // Without the first group nobody has a try at it, and nobody can use its tries up.
  for (int i = 0; i < 30; ++i) {
    const std::string other = code[0] == 'A' ? "B" : "A";
    EXPECT_EQ(accept_with(doctor_, other + code.substr(1), kFirst).status, 401);
  }
  const auto wrong = code.substr(0, code.size() - 1) + (code.back() == 'A' ? "B" : "A");
  for (int i = 0; i < 9; ++i) EXPECT_EQ(accept_with(doctor_, wrong, kFirst).status, 401);
  const std::string id = std::to_string(invited.id());
  auto log = log_of(second_);
  EXPECT_EQ(std::ranges::count(log, "auth.accept refused " + id + " wrong_code"), 9);
  EXPECT_EQ(accept_with(doctor_, wrong, kFirst).status, 401);
  EXPECT_EQ(accept_with(doctor_, code, kFirst).status, 401) << "void";
  EXPECT_EQ(accept_with(doctor_, wrong, kFirst).status, 401);
  log = log_of(second_);
  EXPECT_EQ(log.back(), "auth.accept refused " + id + " wrong_code, code_void")
      << "what comes after it writes no more";
  const auto renewed = code_by(boss_, invited.id());
  EXPECT_EQ(accept_with(doctor_, renewed.text("code"), kFirst).status, 200);
}

TEST_F(InvitationsTest, ACodeIsNoWayToGuessAPassword) {
  const auto elsewhere = invite_by(boss_, doctor_);
  ASSERT_EQ(accept_with(doctor_, elsewhere.text("code"), kFirst).status, 200);
  auto invited = invite_by(spy_, doctor_);
  for (int i = 0; i < 10; ++i) {
    const auto code = code_by(spy_, invited.id()).text("code");
    EXPECT_EQ(accept_with(doctor_, code, kThird, kSecond).status, 401) << i;
  }
  const auto renewed = code_by(spy_, invited.id()).text("code");
  EXPECT_EQ(accept_with(doctor_, renewed, kFirst, kSecond).code, "account_locked");
  EXPECT_EQ(patch_by(spy_, invited.id(), {{"status", "disabled"}}).status, 200);
  invited = invite_by(spy_, doctor_);
  EXPECT_EQ(accept_with(doctor_, invited.text("code"), kFirst, kSecond).code, "account_locked")
      << "nor is another invitation";
  clinic_.clock.advance(std::chrono::hours(24));
  EXPECT_EQ(accept_with(doctor_, invited.text("code"), kFirst, kSecond).status, 200);
}

TEST_F(InvitationsTest, ParallelAcceptancesAndGuessesAreNoMoreThanSuccessiveOnes) {
  const auto elsewhere = invite_by(boss_, doctor_);
  auto outcomes = accept_at_once(
      6, {{"email", doctor_}, {"code", elsewhere.text("code")}, {"password", kFirst}});
  EXPECT_EQ(outcomes["accepted"], 1);
  EXPECT_EQ(outcomes["invalid_credentials"], 5);
  const auto invited = invite_by(spy_, doctor_);
  outcomes = accept_at_once(20, {{"email", doctor_},
                                 {"code", invited.text("code")},
                                 {"password", kThird},
                                 {"new_password", kSecond}});
  EXPECT_EQ(outcomes["invalid_credentials"], 10);
  EXPECT_EQ(outcomes["account_locked"], 10);
}

TEST_F(InvitationsTest, OneOfTwoHospitalsThatInviteMakesTheAccount) {
  const auto here = invite_by(spy_, doctor_);
  const auto there = invite_by(boss_, doctor_);
  ASSERT_EQ(accept_with(doctor_, here.text("code"), kFirst).status, 200);
  EXPECT_THAT(accept_with(doctor_, there.text("code"), kFirst).faults,
              ElementsAre("/new_password"));
  const auto joined = accept_with(doctor_, there.text("code"), kFirst, kSecond);
  ASSERT_EQ(joined.status, 200);
  EXPECT_EQ(joined.body.at("user").at("id"), here.id());
  // The invitation's id goes on to name the same person in the hospital that issued it.
  EXPECT_EQ(patch_by(boss_, there.id(), {{"role", "nurse"}}).id(), here.id());
  EXPECT_EQ(patch_by(spy_, there.id(), {{"role", "nurse"}}).code, "user_not_found");
}

TEST_F(InvitationsTest, WhoIsInvitedIsListedChangedAndWithdrawn) {
  const auto invited = invite_by(boss_, "\uff24" + doctor_.substr(1));
  ASSERT_EQ(invited.status, 201);
  EXPECT_EQ(invite_by(boss_, doctor_).code, "user_exists") << "compared by key";
  const auto changed = patch_by(boss_, invited.id(), {{"role", "nurse"}, {"display_name", "Dan"}});
  ASSERT_EQ(changed.status, 200) << changed.code;
  EXPECT_EQ(changed.text("status"), "invited");
  EXPECT_EQ(changed.text("email"), "\uff24" + doctor_.substr(1)) << "kept as it was entered";
  EXPECT_EQ(patch_by(boss_, invited.id(), {{"status", "active"}}).code, "conflict");
  EXPECT_EQ(patch_by(boss_, invited.id(), {{"password", kFirst}}).faults.at(0), "/password");
  EXPECT_EQ(patch_by(spy_, invited.id(), {{"role", "nurse"}}).code, "user_not_found");
  EXPECT_EQ(code_by(spy_, invited.id()).code, "user_not_found");
  EXPECT_EQ(patch_by(boss_, invited.id(), {{"status", "disabled"}}).text("status"), "disabled");
  EXPECT_EQ(accept_with(doctor_, invited.text("code"), kFirst).status, 401);
  EXPECT_EQ(code_by(boss_, invited.id()).code, "user_not_found");
  const auto again = invite_by(boss_, doctor_);
  ASSERT_EQ(accept_with(doctor_, again.text("code"), kFirst).status, 200);
  EXPECT_EQ(sign_in(doctor_, kFirst).body.at("user").at("role"), "doctor");
}

TEST_F(InvitationsTest, TheOwnPasswordIsNotResetByACode) {
  EXPECT_EQ(code_by(boss_, boss_.account.value).code, "conflict");
}

TEST_F(InvitationsTest, WhatIsStoredIsNoCode) {
  auto request = request_of(
      boss_, json::object{{"email", doctor_}, {"display_name", "Dana"}, {"role", "doctor"}});
  request.head.headers.set("Idempotency-Key", "once");
  const auto invited = call(&create_user, request);
  ASSERT_EQ(invited.status, 201);
  const auto replayed = call(&create_user, request);
  EXPECT_EQ(replayed.status, 201);
  EXPECT_EQ(replayed.body, invited.body) << "a replay tells the same code";
  const auto code = invited.text("code");
  std::string bare = code;
  std::erase(bare, '-');
  for (const auto& kept :
       {all_of(kAllStored), all_of(kAllKeys, second_), all_of(kWholeLog, second_)}) {
    EXPECT_THAT(kept, Not(HasSubstr(code)));
    EXPECT_THAT(kept, Not(HasSubstr(bare)));
  }
  EXPECT_EQ(accept_with(doctor_, bare, kFirst).status, 200);
}

TEST_F(InvitationsTest, AnOperatorsResetIsInTheLogOfEveryHospital) {
  const auto here = invite_by(spy_, doctor_);
  ASSERT_EQ(accept_with(doctor_, here.text("code"), kFirst).status, 200);
  const auto there = invite_by(boss_, doctor_);
  ASSERT_EQ(accept_with(doctor_, there.text("code"), kFirst, kSecond).status, 200);
  const auto session = sign_in(doctor_, kSecond, first_);
  audit::Actor actor;
  actor.role = "command_line";
  const AccountId account(here.id());
  const auto issued = run(
      clinic_.reactor,
      reset_by_operator(clinic_.db, actor, account, impossible_hash(clinic_.settings.auth), now()));
  const std::string id = std::to_string(here.id());
  for (const auto& tenant : {first_, second_}) {
    EXPECT_THAT(log_of(tenant), Contains("account.reset_code ok " + id)) << tenant.str();
  }
  EXPECT_THAT(run(clinic_.reactor, read_texts(clinic_.db, std::nullopt, kPlatformLog)),
              Contains("account.reset_code"));
  EXPECT_EQ(sign_in(doctor_, kSecond, first_).status, 401) << "the password is void at once";
  const auto refresh_token = session.text("refresh_token");
  EXPECT_EQ(call(&refresh, request_of({}, json::object{{"refresh_token", refresh_token}})).status,
            401);
  EXPECT_EQ(accept_with(doctor_, issued.code, kThird, kFirst).faults.at(0), "/new_password");
  ASSERT_EQ(accept_with(doctor_, issued.code, kThird).status, 200);
  EXPECT_EQ(sign_in(doctor_, kThird, second_).status, 200);
  for (const auto& tenant : {first_, second_}) {
    EXPECT_THAT(log_of(tenant), Contains("account.reset_password ok " + id)) << tenant.str();
  }
}

TEST_F(InvitationsTest, AnAccountDisabledByAnOperatorIsInTheLogOfEveryHospital) {
  const auto here = invite_by(spy_, doctor_);
  ASSERT_EQ(accept_with(doctor_, here.text("code"), kFirst).status, 200);
  run(clinic_.reactor, set_account_active(clinic_.db, {}, AccountId(here.id()), false));
  run(clinic_.reactor, set_account_active(clinic_.db, {}, AccountId(here.id()), true));
  const std::string id = std::to_string(here.id());
  EXPECT_THAT(log_of(first_), Contains("account.disable ok " + id));
  EXPECT_THAT(log_of(first_), Contains("account.enable ok " + id));
}

TEST_F(InvitationsTest, AnOperatorToBeGetsTheOperatorsPassword) {
  // Somebody opened the address before, in a hospital that is gone.
  const auto gone = PgCluster::get().new_tenant("gone");
  run(clinic_.reactor,
      add_member(clinic_.db, {}, gone,
                 {doctor_, "Squatter", hash_password(clinic_.settings.auth, kFirst)},
                 api::Role::nurse));
  ASSERT_TRUE(run(clinic_.reactor, clinic_.provisioner.drop(gone)));
  run(clinic_.reactor,
      add_operator(clinic_.db, {}, {doctor_, "Op", hash_password(clinic_.settings.auth, kSecond)}));
  EXPECT_EQ(sign_in(doctor_, kFirst).status, 401);
  EXPECT_EQ(sign_in(doctor_, kSecond).status, 200);
}

TEST_F(InvitationsTest, NamesThatShowNothingOrTurnTextAreRefused) {
  const auto invited = invite_by(boss_, doctor_);
  ASSERT_EQ(accept_with(doctor_, invited.text("code"), kFirst).status, 200);
  const std::vector<std::string> names{"\u200b", "\u00a0", "\u00ad\u00ad", "Dr. \u202eanaD",
                                       std::string(300, 'x')};
  for (const std::string& name : names) {
    json::object body{{"email", "x" + doctor_}, {"display_name", name}, {"role", "nurse"}};
    EXPECT_THAT(call(&create_user, request_of(boss_, body)).faults, ElementsAre("/display_name"));
    EXPECT_THAT(patch_by(boss_, invited.id(), {{"display_name", name}}).faults,
                ElementsAre("/display_name"));
    // What the command line calls.
    MemberChange change;
    change.display_name = name;
    EXPECT_THROW(run(clinic_.reactor,
                     change_member(clinic_.db, {}, second_, AccountId(invited.id()), change)),
                 Failure);
    EXPECT_THROW(run(clinic_.reactor, invite(clinic_.db, {}, second_,
                                             {"x" + doctor_, name, api::Role::nurse}, now())),
                 Failure);
  }
}

}  // namespace
}  // namespace wardbook::accounts
