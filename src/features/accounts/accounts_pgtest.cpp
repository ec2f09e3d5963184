#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include "features/accounts/accounts.h"
#include "features/accounts/sign_in.h"
#include "features/tenants/tenants.h"
#include "s3/client.h"
#include "support/pg_cluster.h"
#include "support/run.h"

namespace wardbook::accounts {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using wardbook::testing::PgCluster;
using wardbook::testing::run;

constexpr const char* kPassword = "correct horse battery";

Settings test_settings() {
  Settings settings;
  settings.database.url = PgCluster::get().service_conninfo();
  settings.database.owner_url = PgCluster::get().owner_conninfo();
  settings.auth.token_secret = std::string(32, 's');
  settings.auth.argon2_memory_bytes = 1024 * 1024;
  settings.auth.argon2_passes = 1;
  return settings;
}

s3::StoreOptions store_options() {
  s3::StoreOptions options;
  options.bucket = "unused";
  options.access_key = "unused";
  options.secret_key = "unused";
  return options;
}

/// One node's objects, with a clock that the test moves.
struct Node {
  boost::asio::io_context reactor{1};
  boost::asio::thread_pool workers{2};
  Settings settings = test_settings();
  ManualClock clock{*parse_rfc3339("2026-03-04T05:06:07Z")};
  db::Pool db{reactor, PgCluster::get().pool_options()};
  audit::Log log{reactor, db};
  Authority authority{reactor, db, clock, settings.auth.access_ttl};
  Tokens tokens{settings.auth.token_secret, settings.auth.access_ttl, clock};
  tenants::Provisioner provisioner{workers, settings.database};
  s3::Store store{reactor, store_options(), clock};
  App app{reactor, workers, settings, clock, db, log, authority, tokens, provisioner, store};

  Node() { boost::asio::co_spawn(reactor, authority.run(), boost::asio::detached); }
  ~Node() {
    workers.join();
    authority.stop();
    db.close();
    reactor.restart();
    reactor.poll();
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Lets the reactor work until `ready`, at most thirty seconds.
  template <class Ready>
  bool until(Ready ready) {
    const auto end = std::chrono::steady_clock::now() + seconds(30);
    reactor.restart();
    while (!ready() && std::chrono::steady_clock::now() < end) {
      reactor.run_one_for(std::chrono::milliseconds(50));
      reactor.restart();
    }
    return ready();
  }
};

const db::Query<db::TextRow, std::int64_t> kAuditOf{"test.accounts_audit", R"sql(
  SELECT concat_ws(' ', action, outcome, coalesce(reason, '')) FROM {tenant}.audit_log
  WHERE resource_id = $1 ORDER BY id)sql"};

Task<std::vector<std::string>> read_audit(db::Pool& db, TenantId tenant, AccountId account) {
  db::Tx tx = co_await db.begin(std::move(tenant));
  const auto rows = co_await tx.all(kAuditOf, account.value);
  std::vector<std::string> out;
  for (const auto& row : rows) out.push_back(row.value);
  co_return out;
}

Task<> count_outcome(App& app, api::Request request, int& wrong, int& locked) {
  try {
    co_await login(app, std::move(request));
  } catch (const Failure& failure) {
    (failure.code() == Code::account_locked ? locked : wrong) += 1;
  }
}

/// What came of a handler: an answer, or the failure that it threw.
struct Outcome {
  int status = 0;
  std::string code;
  boost::json::value body;
  int retry_after_s = 0;
  std::string extensions;
};

std::string member(const boost::json::value& value, std::string_view name) {
  const auto& text = value.as_object().at(name).as_string();
  return {text.data(), text.size()};
}

class AccountsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { PgCluster::get().migrate(); }

  void SetUp() override {
    node_ = std::make_unique<Node>();
    ASSERT_TRUE(node_->until([&] { return node_->authority.fresh(); }));
    static int count = 0;
    email_ = "person" + std::to_string(++count) + "@wardbook.test";
  }

  Outcome call(Task<api::Response> (*handler)(App&, api::Request), api::Request request) {
    return call_on(*node_, handler, std::move(request));
  }
  static Outcome call_on(Node& node, Task<api::Response> (*handler)(App&, api::Request),
                         api::Request request) {
    Outcome out;
    try {
      const auto response = run(node.reactor, handler(node.app, std::move(request)));
      out.status = response.status;
      if (!response.body.empty()) out.body = boost::json::parse(response.body);
    } catch (const Failure& failure) {
      out.status = describe(failure.code()).status;
      out.code = describe(failure.code()).name;
      out.retry_after_s = failure.retry_after_s();
      for (const auto& [name, json] : failure.extensions()) out.extensions += name + json;
    }
    return out;
  }

  static api::Request request_of(boost::json::object body) {
    api::Request request;
    request.id = "test";
    request.head.method = "POST";
    request.head.target = "/api/v1/test";
    request.head.remote_ip = "127.0.0.1";
    request.body = std::move(body);
    return request;
  }

  Outcome sign_in(const std::string& password, std::optional<std::string> tenant = {}) {
    boost::json::object body{{"email", email_}, {"password", password}};
    if (tenant) body["tenant"] = *tenant;
    return call(&login, request_of(std::move(body)));
  }
  Outcome use_refresh(const std::string& token) {
    return call(&refresh, request_of({{"refresh_token", token}}));
  }

  Member add_here(const TenantId& tenant, api::Role role) {
    NewAccount account{email_, "Somebody", hash_password(node_->settings.auth, kPassword)};
    return run(node_->reactor, add_member(node_->db, {}, tenant, account, role));
  }

  /// As the router does it.
  Code authority_says(const std::string& access_token) { return says(*node_, access_token); }
  static Code says(Node& node, const std::string& access_token) {
    try {
      node.authority.check(node.tokens.verify(access_token));
    } catch (const Failure& failure) {
      return failure.code();
    }
    return kAdmitted;
  }
  static constexpr Code kAdmitted = Code::internal;  // no check fails with it

  std::vector<std::string> audit_of(const TenantId& tenant, AccountId account) {
    return run(node_->reactor, read_audit(node_->db, tenant, account));
  }

  std::unique_ptr<Node> node_;
  std::string email_;
};

TEST_F(AccountsTest, SignsInAndSaysWhoItIs) {
  const auto tenant = PgCluster::get().new_tenant();
  const auto person = add_here(tenant, api::Role::doctor);
  const auto answer = sign_in(kPassword);
  ASSERT_EQ(answer.status, 200) << answer.code;
  EXPECT_EQ(member(answer.body, "token_type"), "Bearer");
  EXPECT_EQ(answer.body.at("expires_in"), 900);
  EXPECT_EQ(answer.body.at("user").at("id"), person.id.value);
  EXPECT_EQ(member(answer.body.at("tenant"), "id"), tenant.str());
  const auto caller = node_->tokens.verify(member(answer.body, "access_token"));
  EXPECT_EQ(caller.account, person.id);
  EXPECT_EQ(caller.role, api::Role::doctor);
  EXPECT_TRUE(caller.may(api::Access::records_finalize));
  EXPECT_EQ(authority_says(member(answer.body, "access_token")), kAdmitted);
  EXPECT_THAT(audit_of(tenant, person.id),
              ::testing::ElementsAre("account.create ok ", "auth.login ok "));
}

TEST_F(AccountsTest, TheAddressIsWithoutCase) {
  add_here(PgCluster::get().new_tenant(), api::Role::nurse);
  email_[0] = 'P';
  EXPECT_EQ(sign_in(kPassword).status, 200);
}

TEST_F(AccountsTest, UnknownAndWrongLookTheSame) {
  const auto unknown = sign_in(kPassword);
  add_here(PgCluster::get().new_tenant(), api::Role::nurse);
  const auto wrong = sign_in("wrong");
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.code, "invalid_credentials");
  EXPECT_EQ(wrong.code, unknown.code);
}

TEST_F(AccountsTest, FiveWrongPasswordsLockForAWhile) {
  const auto tenant = PgCluster::get().new_tenant();
  const auto person = add_here(tenant, api::Role::doctor);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in("wrong").code, "invalid_credentials") << i;
  const auto locked = sign_in(kPassword);
  EXPECT_EQ(locked.status, 429);
  EXPECT_EQ(locked.code, "account_locked");
  EXPECT_EQ(locked.retry_after_s, 900);
  node_->clock.advance(minutes(14));
  EXPECT_EQ(sign_in(kPassword).retry_after_s, 60);
  node_->clock.advance(seconds(60));
  EXPECT_EQ(sign_in("wrong").code, "invalid_credentials") << "the count starts again";
  EXPECT_EQ(sign_in(kPassword).status, 200);
  const auto audit = audit_of(tenant, person.id);
  EXPECT_EQ(std::ranges::count(audit, "auth.login refused wrong_password"), 6);
  EXPECT_EQ(std::ranges::count(audit, "auth.login refused account_locked"), 1);
  EXPECT_EQ(std::ranges::count(audit, "auth.login refused tries_while_locked"), 1);
}

TEST_F(AccountsTest, UnknownAddressesLockAsWell) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in("wrong").code, "invalid_credentials") << i;
  const auto locked = sign_in("wrong");
  EXPECT_EQ(locked.code, "account_locked");
  EXPECT_EQ(locked.retry_after_s, 900);
}

TEST_F(AccountsTest, ASuccessForgetsTheFailuresBefore) {
  add_here(PgCluster::get().new_tenant(), api::Role::doctor);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(sign_in("wrong").status, 401);
    EXPECT_EQ(sign_in(kPassword).status, 200);
  }
}

TEST_F(AccountsTest, ParallelGuessesAreNoMoreThanSuccessiveOnes) {
  add_here(PgCluster::get().new_tenant(), api::Role::doctor);
  std::vector<Task<>> tasks;
  int wrong = 0, locked = 0;
  for (int i = 0; i < 20; ++i) {
    auto request = request_of({{"email", email_}, {"password", "guess"}});
    tasks.push_back(count_outcome(node_->app, std::move(request), wrong, locked));
  }
  wardbook::testing::run_all(node_->reactor, std::move(tasks));
  EXPECT_EQ(wrong, 5);
  EXPECT_EQ(locked, 15);
}

TEST_F(AccountsTest, SeveralHospitalsMustBeNamed) {
  const auto one = PgCluster::get().new_tenant("one");
  const auto two = PgCluster::get().new_tenant("two");
  add_here(one, api::Role::doctor);
  run(node_->reactor, add_member(node_->db, {}, two, {email_, "Elsewhere", ""}, api::Role::nurse));
  EXPECT_EQ(sign_in("wrong").status, 401) << "no choices without the password";
  const auto choices = sign_in(kPassword);
  EXPECT_EQ(choices.status, 409);
  EXPECT_EQ(choices.code, "tenant_required");
  EXPECT_THAT(choices.extensions,
              ::testing::AllOf(::testing::HasSubstr(one.str()), ::testing::HasSubstr(two.str())));
  const auto second = sign_in(kPassword, two.str());
  ASSERT_EQ(second.status, 200);
  EXPECT_EQ(member(second.body.at("user"), "role"), "nurse");
  EXPECT_EQ(member(second.body.at("user"), "display_name"), "Elsewhere");
  EXPECT_EQ(sign_in(kPassword, PgCluster::get().new_tenant().str()).status, 401);
  EXPECT_EQ(sign_in(kPassword, "no tenant's id").status, 401);
}

TEST_F(AccountsTest, OperatorsHaveNoHospital) {
  const std::string hash = hash_password(node_->settings.auth, kPassword);
  run(node_->reactor, add_operator(node_->db, {}, {email_, "Operator", hash}));
  const auto answer = sign_in(kPassword);
  ASSERT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.body.at("tenant").is_null());
  EXPECT_EQ(member(answer.body.at("user"), "role"), "platform_admin");
  EXPECT_EQ(use_refresh(member(answer.body, "refresh_token")).status, 200);
}

TEST_F(AccountsTest, RefreshTokensRotate) {
  add_here(PgCluster::get().new_tenant(), api::Role::doctor);
  const auto first = sign_in(kPassword);
  const auto second = use_refresh(member(first.body, "refresh_token"));
  ASSERT_EQ(second.status, 200);
  const auto third = use_refresh(member(second.body, "refresh_token"));
  ASSERT_EQ(third.status, 200);
  EXPECT_NE(member(second.body, "refresh_token"), member(third.body, "refresh_token"));
  const auto given_at = [&](const Outcome& answer) {
    return node_->tokens.verify(member(answer.body, "access_token")).authenticated_at;
  };
  EXPECT_EQ(given_at(third), given_at(first)) << "the password was given once";
  EXPECT_EQ(authority_says(member(third.body, "access_token")), kAdmitted);
  EXPECT_EQ(use_refresh("no token at all").status, 401);
}

TEST_F(AccountsTest, SessionsEnd) {
  add_here(PgCluster::get().new_tenant(), api::Role::doctor);
  const auto answer = sign_in(kPassword);
  node_->clock.advance(node_->settings.auth.session_ttl);
  EXPECT_EQ(use_refresh(member(answer.body, "refresh_token")).status, 401);
}

TEST_F(AccountsTest, LogoutEndsThisSessionOnly) {
  add_here(PgCluster::get().new_tenant(), api::Role::doctor);
  const auto here = sign_in(kPassword);
  const auto there = sign_in(kPassword);
  auto request = request_of({});
  request.head.headers.set("Authorization", "Bearer " + member(here.body, "access_token"));
  EXPECT_EQ(call(&logout, std::move(request)).status, 204);
  EXPECT_EQ(authority_says(member(here.body, "access_token")), Code::unauthenticated);
  EXPECT_EQ(use_refresh(member(here.body, "refresh_token")).status, 401);
  EXPECT_EQ(authority_says(member(there.body, "access_token")), kAdmitted);
  EXPECT_EQ(use_refresh(member(there.body, "refresh_token")).status, 200);
}

TEST_F(AccountsTest, ANewPasswordEndsAllOtherSessions) {
  add_here(PgCluster::get().new_tenant(), api::Role::doctor);
  const auto here = sign_in(kPassword);
  const auto there = sign_in(kPassword);
  const auto change = [&](const std::string& current, const std::string& wanted) {
    auto request = request_of({{"current_password", current}, {"new_password", wanted}});
    request.caller = node_->tokens.verify(member(here.body, "access_token"));
    return call(&change_password, std::move(request));
  };
  EXPECT_EQ(change(kPassword, "short").code, "invalid_fields");
  EXPECT_EQ(change(kPassword, kPassword).code, "invalid_fields");
  EXPECT_EQ(change(kPassword, email_).code, "invalid_fields");
  EXPECT_EQ(change("wrong", "another good password").code, "wrong_password");
  EXPECT_EQ(change(kPassword, "another good password").status, 204);
  EXPECT_EQ(authority_says(member(here.body, "access_token")), kAdmitted);
  EXPECT_EQ(authority_says(member(there.body, "access_token")), Code::unauthenticated);
  EXPECT_EQ(use_refresh(member(there.body, "refresh_token")).status, 401);
  EXPECT_EQ(sign_in(kPassword).status, 401);
  EXPECT_EQ(sign_in("another good password").status, 200);
}

TEST_F(AccountsTest, ANewRoleNeedsANewToken) {
  const auto tenant = PgCluster::get().new_tenant();
  const auto person = add_here(tenant, api::Role::nurse);
  const auto before = sign_in(kPassword);
  MemberChange wanted;
  wanted.role = api::Role::doctor;
  const auto changed = run(node_->reactor, change_member(node_->db, {}, tenant, person.id, wanted));
  for (const auto& revocation : changed.revoked) node_->authority.apply(revocation);
  EXPECT_EQ(authority_says(member(before.body, "access_token")), Code::unauthenticated);
  const auto after = use_refresh(member(before.body, "refresh_token"));
  ASSERT_EQ(after.status, 200);
  EXPECT_EQ(member(after.body.at("user"), "role"), "doctor");
  EXPECT_EQ(authority_says(member(after.body, "access_token")), kAdmitted);
}

TEST_F(AccountsTest, DisabledInOneHospitalOnly) {
  const auto one = PgCluster::get().new_tenant("one");
  const auto two = PgCluster::get().new_tenant("two");
  const auto person = add_here(one, api::Role::doctor);
  run(node_->reactor, add_member(node_->db, {}, two, {email_, "", ""}, api::Role::nurse));
  const auto in_one = sign_in(kPassword, one.str());
  const auto in_two = sign_in(kPassword, two.str());
  MemberChange wanted;
  wanted.active = false;
  const auto changed = run(node_->reactor, change_member(node_->db, {}, one, person.id, wanted));
  for (const auto& revocation : changed.revoked) node_->authority.apply(revocation);
  EXPECT_EQ(authority_says(member(in_one.body, "access_token")), Code::unauthenticated);
  EXPECT_EQ(use_refresh(member(in_one.body, "refresh_token")).status, 401);
  EXPECT_EQ(authority_says(member(in_two.body, "access_token")), kAdmitted);
  EXPECT_EQ(sign_in(kPassword, one.str()).status, 401);
  EXPECT_EQ(member(sign_in(kPassword).body.at("tenant"), "id"), two.str());
}

TEST_F(AccountsTest, OtherNodesHearOfRevocations) {
  add_here(PgCluster::get().new_tenant(), api::Role::doctor);
  const auto answer = sign_in(kPassword);
  const auto token = member(answer.body, "access_token");
  Node other;
  ASSERT_TRUE(other.until([&] { return other.authority.fresh(); }));
  ASSERT_EQ(says(other, token), kAdmitted);
  auto request = request_of({});
  request.head.headers.set("Authorization", "Bearer " + token);
  EXPECT_EQ(call(&logout, std::move(request)).status, 204);
  EXPECT_TRUE(other.until([&] { return says(other, token) == Code::unauthenticated; }));
  Node late;  // loads what was revoked before it came
  ASSERT_TRUE(late.until([&] { return late.authority.fresh(); }));
  EXPECT_EQ(says(late, token), Code::unauthenticated);
}

TEST_F(AccountsTest, SuspendedTenantsAreRefusedEverywhere) {
  const auto tenant = PgCluster::get().new_tenant();
  add_here(tenant, api::Role::doctor);
  const auto answer = sign_in(kPassword);
  const auto token = member(answer.body, "access_token");
  tenants::Change change;
  change.active = false;
  run(node_->reactor, tenants::change(node_->db, {}, tenant, change));
  EXPECT_TRUE(node_->until([&] { return authority_says(token) == Code::tenant_suspended; }));
  EXPECT_EQ(sign_in(kPassword).code, "tenant_suspended");
  EXPECT_EQ(use_refresh(member(answer.body, "refresh_token")).code, "tenant_suspended");
  change.active = true;
  run(node_->reactor, tenants::change(node_->db, {}, tenant, change));
  EXPECT_TRUE(node_->until([&] { return authority_says(token) == kAdmitted; }));
}

TEST_F(AccountsTest, NobodyIsLetInOnOldNews) {
  add_here(PgCluster::get().new_tenant(), api::Role::doctor);
  const auto token = member(sign_in(kPassword).body, "access_token");
  PgCluster::get().stop();
  EXPECT_TRUE(node_->until([&] { return authority_says(token) == Code::database_unavailable; }));
  PgCluster::get().start();
  EXPECT_TRUE(node_->until([&] { return authority_says(token) == kAdmitted; }));
}

}  // namespace
}  // namespace wardbook::accounts
