#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/idempotency.h"
#include "api/router.h"
#include "api/write.h"
#include "base/hash.h"
#include "support/pg_cluster.h"
#include "support/run.h"

// The features' own is not known here.
namespace wardbook::audit {
struct Entry {
  std::string resource;
};
}  // namespace wardbook::audit

namespace wardbook::api {
namespace {

using wardbook::testing::PgCluster;
using wardbook::testing::run;
using wardbook::testing::run_all;

const db::Query<void, std::string> kWork{"test.idempotency_work", R"sql(
  INSERT INTO {tenant}.audit_log (action, resource) VALUES ('work', $1))sql"};
const db::Query<db::Int64Row> kWorkDone{"test.idempotency_done",
                                        "SELECT count(*) FROM {tenant}.audit_log"};
const db::Query<void, std::string, std::string> kPlatformWork{"test.platform_work", R"sql(
  INSERT INTO wardbook.platform_audit (action, resource, outcome, request_id, detail)
  VALUES ('work', $1, 'ok', $2, '{}'))sql"};
const db::Query<db::Int64Row, std::string> kPlatformWorkDone{"test.platform_done", R"sql(
  SELECT count(*) FROM wardbook.platform_audit WHERE request_id = $1)sql"};
const db::Query<void> kAge{"test.idempotency_age", R"sql(
  UPDATE {tenant}.idempotency_keys SET created_at = now() - interval '25 hours')sql"};
struct Hash {
  std::string value;
  static Hash from_row(const db::RowView& r) { return {r.bytes(0)}; }
};
const db::Query<Hash> kHash{"test.idempotency_hash",
                            "SELECT request_hash FROM {tenant}.idempotency_keys"};
const db::Query<db::Int64Row> kKeys{"test.idempotency_keys",
                                    "SELECT count(*) FROM {tenant}.idempotency_keys"};

struct Outcome {
  int status = 0;
  std::string body;
  std::string location;
  bool replayed = false;
  std::optional<Code> failed;
};

Outcome outcome_of(const Response& response, bool replayed) {
  return {response.status, response.body,
          std::string(response.headers.get("Location").value_or("")), replayed, std::nullopt};
}

/// Writes where the audit log would.
class Entries final : public Journal {
 public:
  void enter(db::Tx& tx, const std::optional<TenantId>& tenant, const Actor& actor,
             audit::Entry&& entry) override {
    if (tenant) {
      tx.queue(kWork, std::move(entry.resource));
    } else {
      tx.queue(kPlatformWork, std::move(entry.resource), actor.request_id);
    }
  }
  void committed(const TenantId& tenant) override { touched.push_back(tenant); }

  std::vector<TenantId> touched;
};

/// What handlers find both in.
struct Place {
  db::Pool& db;
  Entries& audit;
};

/// A handler: does its work once, then answers or fails.
Task<Outcome> handle(Place& place, Request request, std::string answer, bool fail) {
  Outcome out;
  try {
    Write w = co_await write(place, request);
    if (w.replayed()) {
      out = outcome_of(w.replay(), true);
    } else {
      w.log({.resource = "x"});
      if (fail) throw Failure(Code::conflict);
      Response response = created(answer, "/things/1");
      response = co_await w.commit(std::move(response));
      out = outcome_of(response, false);
    }
  } catch (const Failure& failure) {
    out.failed = failure.code();
  }
  co_return out;
}

Task<> handle_into(Place& place, Request request, std::string answer, Outcome& out) {
  out = co_await handle(place, std::move(request), std::move(answer), false);
}

Task<> silent(Place& place, Request request) {
  Write w = co_await write(place, std::move(request));
  (void)co_await w.commit(no_content());
}

/// The role that is in force after a log entry, with whatever came before it.
Task<> in_both_schemas(Place& place, Request request) {
  Write w = co_await write(place, std::move(request));
  w.tx().switch_control();
  w.log({.resource = "x"});
  w.tx().switch_control();
  (void)co_await w.commit(no_content());
}

Task<std::int64_t> of_platform(db::Pool& db, std::string request_id) {
  db::Tx tx = co_await db.begin_control();
  co_return (co_await tx.one(kPlatformWorkDone, std::move(request_id))).value;
}

template <class Row>
Task<Row> one_row(db::Pool& db, TenantId tenant, const db::Query<Row>& query) {
  db::Tx tx = co_await db.begin(std::move(tenant));
  co_return co_await tx.one(query);
}

Task<> age_keys(db::Pool& db, TenantId tenant) {
  db::Tx tx = co_await db.begin(std::move(tenant));
  co_await tx.exec(kAge);
  co_await tx.commit();
}

class IdempotencyTest : public ::testing::Test {
 protected:
  ~IdempotencyTest() override {
    db_.close();
    reactor_.restart();
    reactor_.poll();
  }

  Request request(const std::string& key, std::string_view body = R"({"a":1})") {
    Request out;
    out.head.method = "POST";
    out.head.target = "/api/v1/things";
    if (!key.empty()) out.head.headers.set("Idempotency-Key", key);
    out.body = boost::json::parse(body);
    out.retry_secret = secret_;
    out.caller.account = AccountId(7);
    out.caller.tenant_id = tenant_;
    return out;
  }
  Outcome call(Request request, std::string answer = "1", bool fail = false) {
    return run(reactor_, handle(place_, std::move(request), std::move(answer), fail));
  }
  std::int64_t done() { return run(reactor_, one_row(db_, tenant_, kWorkDone)).value; }
  std::int64_t keys() { return run(reactor_, one_row(db_, tenant_, kKeys)).value; }

  const std::string secret_ = retry_secret("the secret of the service, for its tokens");
  TenantId tenant_ = PgCluster::get().new_tenant("once");
  boost::asio::io_context reactor_{1};
  db::Pool db_{reactor_, PgCluster::get().pool_options()};
  Entries entries_;
  Place place_{db_, entries_};
};

TEST_F(IdempotencyTest, TheSameKeyAndBodyGetTheSameAnswerOnce) {
  const auto first = call(request("k"), R"({"id":1})");
  EXPECT_EQ(first.status, 201);
  EXPECT_FALSE(first.replayed);
  const auto again = call(request("k", R"({ "a" : 1.0 })"), R"({"id":2})");
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, R"({"id":1})");
  EXPECT_EQ(again.location, "/things/1");
  EXPECT_EQ(done(), 1);
}

TEST_F(IdempotencyTest, AReplayKnowsWhatItsFirstRequestCameAcross) {
  Looks first;
  first.all = {{"record", 5, PatientId(7)}};
  auto asked = request("k");
  asked.looks = &first;
  (void)call(asked);
  Looks again;
  asked.looks = &again;
  EXPECT_TRUE(call(asked).replayed);
  EXPECT_EQ(to_json(again.all), to_json(first.all));
  Looks earlier;
  asked.looks = &earlier;
  EXPECT_EQ(run(reactor_, earlier_request(db_, asked)).seen, Seen::same);
  EXPECT_EQ(to_json(earlier.all), to_json(first.all));
  Looks other;
  auto another = request("k", R"({"a":2})");
  another.looks = &other;
  EXPECT_EQ(call(another).failed, Code::idempotency_key_reused);
  EXPECT_TRUE(other.all.empty()) << "it is not answered with what the first came across";
}

TEST_F(IdempotencyTest, AnotherRequestUnderTheKeyIsRefused) {
  (void)call(request("k"));
  EXPECT_EQ(call(request("k", R"({"a":2})")).failed, Code::idempotency_key_reused);
  auto elsewhere = request("k");
  elsewhere.head.target = "/api/v1/others";
  EXPECT_EQ(call(elsewhere).failed, Code::idempotency_key_reused);
  EXPECT_EQ(done(), 1);
}

TEST_F(IdempotencyTest, KeysAreTheCallersOwn) {
  (void)call(request("k"));
  auto other = request("k");
  other.caller.account = AccountId(8);
  EXPECT_FALSE(call(other).replayed);
  auto elsewhere = request("k");
  elsewhere.caller.tenant_id = PgCluster::get().new_tenant("once");
  EXPECT_FALSE(call(elsewhere).replayed);
  EXPECT_EQ(done(), 2);
}

TEST_F(IdempotencyTest, TenAtOnceAreDoneOnce) {
  std::vector<Outcome> outcomes(10);
  std::vector<Task<>> tasks;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    tasks.push_back(handle_into(place_, request("k"), std::to_string(i), outcomes[i]));
  }
  run_all(reactor_, std::move(tasks));
  int first = 0;
  for (const auto& outcome : outcomes) {
    EXPECT_EQ(outcome.status, 201);
    EXPECT_EQ(outcome.body, outcomes[0].body);
    first += outcome.replayed ? 0 : 1;
  }
  EXPECT_EQ(first, 1);
  EXPECT_EQ(done(), 1);
}

TEST_F(IdempotencyTest, AFailureLeavesNoClaim) {
  EXPECT_EQ(call(request("k"), "1", true).failed, Code::conflict);
  EXPECT_EQ(done(), 0);
  EXPECT_EQ(keys(), 0);
  const auto second = call(request("k", R"({"a":"corrected"})"));
  EXPECT_EQ(second.status, 201);
  EXPECT_FALSE(second.replayed);
}

TEST_F(IdempotencyTest, KeysLiveForADay) {
  (void)call(request("k"));
  run(reactor_, age_keys(db_, tenant_));
  const auto next_day = call(request("k", R"({"a":2})"));
  EXPECT_EQ(next_day.status, 201);
  EXPECT_FALSE(next_day.replayed);
  EXPECT_TRUE(call(request("k", R"({"a":2})")).replayed) << "the key is the newer request's now";
  EXPECT_EQ(done(), 2);
}

TEST_F(IdempotencyTest, TheSweepTakesOldKeysOnly) {
  (void)call(request("old"));
  run(reactor_, age_keys(db_, tenant_));
  (void)call(request("new"));
  EXPECT_EQ(run(reactor_, sweep_idempotency_keys(db_, tenant_)), 1);
  EXPECT_EQ(run(reactor_, sweep_idempotency_keys(db_, tenant_)), 0);
  EXPECT_TRUE(call(request("new")).replayed);
}

TEST_F(IdempotencyTest, WhatIsKeptIsOfNoUseWithoutTheSecret) {
  const std::string body = R"({"password":"guessed"})";
  (void)call(request("k", body));
  const std::string kept = run(reactor_, one_row(db_, tenant_, kHash)).value;
  const std::string text = "POST /api/v1/things\n" + body;
  EXPECT_NE(kept, as_chars(sha256(text))) << "who has a dump can try passwords on it";
  EXPECT_EQ(kept, as_chars(hmac_sha256(secret_, text)));
  EXPECT_NE(secret_, "the secret of the service, for its tokens");
  EXPECT_NE(secret_, retry_secret("another secret"));
}

TEST_F(IdempotencyTest, AnotherSecretKnowsNoEarlierRequest) {
  (void)call(request("k"));
  const std::string other = retry_secret("another secret");
  auto again = request("k");
  again.retry_secret = other;
  EXPECT_EQ(call(again).failed, Code::idempotency_key_reused) << "refused rather than done twice";
  again.retry_secret = {};
  EXPECT_THROW((void)call(again), std::logic_error);
  EXPECT_EQ(done(), 1);
}

TEST_F(IdempotencyTest, EarlierRequestsAreFoundWithoutAClaim) {
  const auto seen = [this](Request request) {
    return run(reactor_, earlier_request(db_, std::move(request)));
  };
  EXPECT_EQ(seen(request("k")).seen, Seen::never);
  EXPECT_EQ(keys(), 0);
  EXPECT_EQ(seen(request("")).seen, Seen::never);
  (void)call(request("k"), R"({"id":1})");
  const auto earlier = seen(request("k"));
  ASSERT_EQ(earlier.seen, Seen::same);
  EXPECT_EQ(Earlier(earlier).replay()->body, R"({"id":1})");
  EXPECT_EQ(seen(request("l")).replay(), std::nullopt);
  EXPECT_EQ(seen(request("k", R"({"a":2})")).seen, Seen::another);
  EXPECT_THROW((void)seen(request("k", R"({"a":2})")).replay(), Failure);
  EXPECT_THROW((void)seen(request("a b")), Failure);
  run(reactor_, age_keys(db_, tenant_));
  EXPECT_EQ(seen(request("k")).seen, Seen::never);
}

TEST_F(IdempotencyTest, WithoutAKeyNothingIsKept) {
  (void)call(request(""));
  auto put = request("k");
  put.head.method = "PUT";
  (void)call(put);
  EXPECT_FALSE(call(put).replayed);
  EXPECT_EQ(done(), 3);
  EXPECT_EQ(keys(), 0);
}

TEST_F(IdempotencyTest, KeysArePrintable) {
  EXPECT_EQ(call(request(std::string(255, 'k'))).status, 201);
  for (const std::string& bad : {std::string(256, 'k'), std::string("a b"), std::string("ä")}) {
    EXPECT_EQ(call(request(bad)).failed, Code::invalid_parameter) << bad;
  }
  auto twice = request("k");
  twice.head.headers.add("Idempotency-Key", "l");
  EXPECT_EQ(call(twice).failed, Code::invalid_parameter);
}

TEST_F(IdempotencyTest, TheLogHearsOfWhatWasCommitted) {
  (void)call(request("k"));
  EXPECT_EQ(entries_.touched, std::vector<TenantId>{tenant_});
  (void)call(request("k"));
  (void)call(request("l"), "1", true);
  EXPECT_EQ(entries_.touched.size(), 1U) << "not of a replay nor of a failure";
}

TEST_F(IdempotencyTest, AChangeWithoutAnEntryIsAMistakeOfTheProgram) {
  EXPECT_THROW(run(reactor_, silent(place_, request("k"))), std::logic_error);
  EXPECT_EQ(keys(), 0);
}

TEST_F(IdempotencyTest, EntriesAndKeysAreTheTenantsWhateverRoleWasTakenBefore) {
  run(reactor_, in_both_schemas(place_, request("k")));
  EXPECT_EQ(done(), 1);
  EXPECT_EQ(keys(), 1);
  EXPECT_TRUE(call(request("k")).replayed);
}

TEST_F(IdempotencyTest, AnOperatorsChangeIsInThePlatformsLog) {
  auto asked = request("k");
  asked.id = "of " + tenant_.str();
  asked.caller.tenant_id.reset();
  EXPECT_EQ(call(asked).status, 201);
  EXPECT_FALSE(call(asked).replayed) << "keys are kept in hospitals only";
  EXPECT_EQ(run(reactor_, of_platform(db_, asked.id)), 2);
  EXPECT_TRUE(entries_.touched.empty());
  EXPECT_EQ(done(), 0);
}

}  // namespace
}  // namespace wardbook::api
