#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "features/audit/audit.h"
#include "support/clinic.h"

namespace wardbook::audit {
namespace {

using ::testing::HasSubstr;
using wardbook::testing::Clinic;
using wardbook::testing::PgCluster;
using wardbook::testing::run;
using wardbook::testing::run_all;

Entry entry(const std::string& action) {
  Entry out;
  out.action = action;
  out.resource = "test";
  out.resource_id = 7;
  return out;
}

Task<> write_and_look(Log& log, TenantId tenant, std::string action, db::SyncConnection& other,
                      int& seen) {
  const std::string schema = tenant.str();
  co_await log.write(std::move(tenant), {}, entry(action));
  const auto found =
      other.value("SELECT count(*) FROM " + schema + ".audit_log WHERE action = $1", {action});
  if (found == "1") ++seen;
}

Task<> count_overload(Log& log, TenantId tenant, int& written, int& refused) {
  try {
    co_await log.write(std::move(tenant), {}, entry("x"));
    ++written;
  } catch (const Failure& failure) {
    if (failure.code() == Code::overloaded) ++refused;
  }
}

Task<> seal_into(db::Pool& db, TenantId tenant, std::int64_t most, std::int64_t& sealed) {
  sealed += co_await seal(db, std::move(tenant), most);
}

class AuditTest : public ::testing::Test {
 protected:
  ~AuditTest() override {
    db_.close();
    reactor_.restart();
    reactor_.poll();
  }

  void write(const std::string& action, std::optional<std::string> filters = std::nullopt) {
    write_held_back(action, std::move(filters));
    // A transaction of the test before that has not quite ended holds the sealer back.
    const std::string settled =
        "SELECT bool_and(xact_id < pg_snapshot_xmin(pg_current_snapshot())) FROM " +
        in("audit_log");
    for (int i = 0; i < 1'000 && looking_.value(settled) != "t"; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  /// While another transaction runs.
  void write_held_back(const std::string& action,
                       std::optional<std::string> filters = std::nullopt) {
    Entry whole = entry(action);
    whole.filters = std::move(filters);
    run(reactor_, log_.write(tenant_, {}, std::move(whole)));
  }
  std::int64_t seal_now(std::int64_t most = 5'000) {
    return run(reactor_, seal(db_, tenant_, most));
  }
  Verdict verify() { return run(reactor_, verify_chain(db_, tenant_)); }
  std::string fault() { return verify().first_fault.value_or("none"); }
  std::string in(const std::string& table) { return tenant_.str() + "." + table; }

  TenantId tenant_ = PgCluster::get().new_tenant("audited");
  db::SyncConnection looking_{PgCluster::get().superuser_conninfo()};
  boost::asio::io_context reactor_{1};
  db::Pool db_{reactor_, PgCluster::get().pool_options()};
  Log log_{reactor_, db_};
};

TEST_F(AuditTest, WhatWasWrittenIsDurableWhenItReturns) {
  const auto second = PgCluster::get().new_tenant("audited");
  db::SyncConnection other(PgCluster::get().superuser_conninfo());
  int seen = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 300; ++i) {
    tasks.push_back(
        write_and_look(log_, i % 3 == 0 ? second : tenant_, "a" + std::to_string(i), other, seen));
  }
  run_all(reactor_, std::move(tasks));
  EXPECT_EQ(seen, 300) << "each is committed, once, in its own tenant";
  EXPECT_EQ(log_.take_touched().size(), 2U);
  EXPECT_TRUE(log_.take_touched().empty());
}

TEST_F(AuditTest, KeepsEveryField) {
  Actor actor{AccountId(5), "doctor", "req-1", "192.0.2.1"};
  Entry full = entry("record.read");
  full.patient = PatientId(9);
  full.patients = {1, 2};
  full.refused = true;
  full.filters = R"({"q": "O'Neill"})";
  full.reason = "quote ' and \\ and {brace}";
  run(reactor_, log_.write(tenant_, actor, full));
  auto connection = Clinic::as_role(tenant_);
  const auto rows = connection.query(
      "SELECT actor_id, actor_role, action, resource, resource_id, patient_id, patient_ids, "
      "outcome, reason, request_id, ip, filters FROM " +
      in("audit_log"));
  ASSERT_EQ(rows.size(), 1U);
  const db::SyncConnection::Row expected{"5",         "doctor", "record.read", "test",
                                         "7",         "9",      "{1,2}",       "refused",
                                         full.reason, "req-1",  "192.0.2.1",   full.filters};
  EXPECT_EQ(rows[0], expected);
}

TEST_F(AuditTest, KeepsEveryFieldOfManyAtOnce) {
  Entry searched = entry("record.search");
  searched.patients = {1, 2};
  searched.filters = R"({"q": "O'Neill"})";
  Entry failed = entry("access.failed");
  failed.patient = PatientId(9);
  failed.failed = true;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 8; ++i) tasks.push_back(log_.write(tenant_, {}, i % 2 ? searched : failed));
  run_all(reactor_, std::move(tasks));
  auto connection = Clinic::as_role(tenant_);
  EXPECT_EQ(connection.value("SELECT count(*) FROM " + in("audit_log") +
                             " WHERE patient_ids = '{1,2}' AND outcome = 'ok'"
                             " AND filters->>'q' = 'O''Neill'"),
            "4");
  EXPECT_EQ(connection.value("SELECT count(*) FROM " + in("audit_log") +
                             " WHERE patient_id = 9 AND outcome = 'failed' AND filters IS NULL"),
            "4");
}

TEST_F(AuditTest, BoundsWhatWaits) {
  Log small(reactor_, db_, 10);
  int written = 0;
  int refused = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 25; ++i) tasks.push_back(count_overload(small, tenant_, written, refused));
  run_all(reactor_, std::move(tasks));
  EXPECT_EQ(written, 10);
  EXPECT_EQ(refused, 15);
  run(reactor_, small.write(tenant_, {}, entry("later")));
}

TEST_F(AuditTest, AFailedEntryFailsForItsWriter) {
  const auto gone = *TenantId::parse("never_made");
  EXPECT_THROW(run(reactor_, log_.write(gone, {}, entry("x"))), Failure);
  write("the next batch goes");
  EXPECT_EQ(seal_now(), 1);
}

TEST_F(AuditTest, SealsAreAChainThatHolds) {
  EXPECT_EQ(seal_now(), 0) << "nothing to seal";
  for (int i = 0; i < 7; ++i) write("a" + std::to_string(i));
  EXPECT_EQ(seal_now(3), 3);
  EXPECT_EQ(seal_now(3), 3);
  EXPECT_EQ(seal_now(3), 1);
  EXPECT_EQ(seal_now(3), 0);
  write("not sealed yet");
  const auto verdict = verify();
  EXPECT_EQ(verdict.first_fault, std::nullopt);
  EXPECT_EQ(verdict.entries, 7);
  EXPECT_EQ(verdict.unsealed, 1);
}

TEST_F(AuditTest, TransactionsAreSealedInTheirOrderNotInThatOfTheirDigits) {
  auto intruder = Clinic::as_intruder();
  intruder.script("INSERT INTO " + in("audit_log") +
                  " (action, resource, xact_id) VALUES ('a', 'test', '9'), ('b', 'test', '10'), "
                  "('c', 'test', '99'), ('d', 'test', '100')");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(seal_now(1), 1);
  EXPECT_EQ(seal_now(1), 0) << "none twice, none passed over";
  EXPECT_EQ(
      looking_.value("SELECT string_agg(a.action, '' ORDER BY s.seq) FROM " + in("audit_seals") +
                     " s JOIN " + in("audit_log") + " a ON a.id = s.entry_ids[1]"),
      "abcd");
  EXPECT_EQ(fault(), "none");
}

TEST_F(AuditTest, ManySealersDoItOnce) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10; ++i) write("a");
    std::int64_t sealed = 0;
    std::vector<Task<>> tasks;
    for (int i = 0; i < 8; ++i) tasks.push_back(seal_into(db_, tenant_, 4, sealed));
    run_all(reactor_, std::move(tasks));
    EXPECT_GE(sealed, 4) << "one of them worked";
    while (const auto more = seal_now(4)) sealed += more;
    EXPECT_EQ(sealed, 10);
  }
  const auto verdict = verify();
  EXPECT_EQ(verdict.first_fault, std::nullopt);
  EXPECT_EQ(verdict.entries, 30);
}

// Advisory locks have no owner: every role of a database can take any of them.
TEST_F(AuditTest, AnotherHospitalCannotHoldUpTheSealing) {
  write("a");
  const auto other = PgCluster::get().new_tenant("audited");
  auto foreign = Clinic::as_role(other);
  EXPECT_EQ(testing::sqlstate_of(foreign, "SELECT FROM " + in("audit_sealing") + " FOR UPDATE"),
            "42501");
  EXPECT_EQ(testing::sqlstate_of(foreign, "LOCK TABLE " + in("audit_sealing")), "42501");
  EXPECT_EQ(testing::sqlstate_of(foreign, "SELECT pg_advisory_lock(1)"), "42501");
  looking_.query("SELECT pg_advisory_lock(hashtextextended('wardbook.seal.' || $1, 0))",
                 {tenant_.str()});
  EXPECT_EQ(seal_now(), 1);
}

TEST_F(AuditTest, WhileOneProcessSealsAHospitalOthersPassIt) {
  write("a");
  auto sealing = Clinic::as_role(tenant_);
  sealing.script("BEGIN");
  sealing.query("SELECT only_row FROM " + in("audit_sealing") + " FOR UPDATE");
  EXPECT_EQ(seal_now(), 0);
  sealing.script("ROLLBACK");
  EXPECT_EQ(seal_now(), 1);
}

TEST_F(AuditTest, TheSealerSkipsNobodyWhoCommitsLate) {
  write("before");
  auto slow = Clinic::as_role(tenant_);
  slow.script("BEGIN");
  slow.script("INSERT INTO " + in("audit_log") + " (action, resource) VALUES ('slow', 'test')");
  write_held_back("after");
  EXPECT_EQ(seal_now(), 1) << "only what came before the transaction that still runs";
  EXPECT_EQ(seal_now(), 0);
  slow.script("COMMIT");
  EXPECT_EQ(seal_now(), 2);
  const auto verdict = verify();
  EXPECT_EQ(verdict.first_fault, std::nullopt);
  EXPECT_EQ(verdict.entries, 3);
  EXPECT_EQ(verdict.unsealed, 0);
}

TEST_F(AuditTest, ARolledBackEntryIsNotMissed) {
  auto slow = Clinic::as_role(tenant_);
  slow.script("BEGIN");
  slow.script("INSERT INTO " + in("audit_log") + " (action, resource) VALUES ('x', 'test')");
  slow.script("ROLLBACK");
  write("after");
  EXPECT_EQ(seal_now(), 1);
  EXPECT_EQ(verify().first_fault, std::nullopt);
}

/// What somebody with every right does behind the triggers, and what verify says then.
struct Tampering {
  std::string sql;  ///< LOG and SEALS stand for the tables
  std::string says;
};

TEST_F(AuditTest, EveryTamperingIsNamed) {
  for (int i = 1; i <= 8; ++i) write("a" + std::to_string(i));
  write("a9", R"({"q": "x"})");
  while (seal_now(3) != 0) {
  }
  auto intruder = Clinic::as_intruder();
  const auto apply = [&](std::string sql) {
    for (const auto& [place, table] : {std::pair{"LOG", "audit_log"}, {"SEALS", "audit_seals"}}) {
      for (auto at = sql.find(place); at != std::string::npos; at = sql.find(place)) {
        sql.replace(at, std::string(place).size(), in(table));
      }
    }
    intruder.script(sql);
  };
  apply("CREATE TEMP TABLE l AS SELECT * FROM LOG; CREATE TEMP TABLE s AS SELECT * FROM SEALS");
  const std::vector<Tampering> tamperings{
      {"UPDATE LOG SET action = 'b' WHERE id = 5", "audit entry 5 was altered"},
      {"UPDATE LOG SET at = at + interval '1 microsecond' WHERE id = 1", "audit entry 1 was"},
      {"UPDATE LOG SET actor_id = 99 WHERE id = 9", "audit entry 9 was altered"},
      {"UPDATE LOG SET reason = '' WHERE id = 4", "audit entry 4 was altered"},
      {"UPDATE LOG SET outcome = 'refused' WHERE id = 2", "audit entry 2 was altered"},
      {"UPDATE LOG SET patient_id = 1 WHERE id = 2", "audit entry 2 was altered"},
      {"UPDATE LOG SET patient_ids = '{1}' WHERE id = 2", "audit entry 2 was altered"},
      {"UPDATE LOG SET after = '{}' WHERE id = 2", "audit entry 2 was altered"},
      {"UPDATE LOG SET filters = '{}' WHERE id = 2", "audit entry 2 was altered"},
      {"UPDATE LOG SET filters = NULL WHERE id = 9", "audit entry 9 was altered"},
      {"UPDATE LOG SET after = filters, filters = NULL WHERE id = 9", "audit entry 9 was altered"},
      {"UPDATE LOG SET xact_id = '1' WHERE id = 6", "audit entry 6 was altered"},
      {"UPDATE LOG SET action = 'b' WHERE id IN (8, 3)", "audit entry 3 was altered"},
      {"DELETE FROM LOG WHERE id = 6", "audit entry 6 is missing"},
      {"DELETE FROM LOG", "audit entry 1 is missing"},
      {"INSERT INTO LOG (id, action, resource, xact_id) OVERRIDING SYSTEM VALUE "
       "SELECT 1000, 'forged', 'test', xact_id FROM l WHERE id = 5",
       "audit entry 1000 was put in without a seal"},
      {"UPDATE SEALS SET hash = sha256('x') WHERE seq = 2", "seal 2 does not continue"},
      {"UPDATE SEALS SET hash = sha256('x') WHERE seq = 3", "seal 3 does not continue"},
      {"DELETE FROM SEALS WHERE seq = 1", "seal 1 is missing"},
      {"DELETE FROM SEALS WHERE seq = 2", "seal 2 is missing"},
      {"UPDATE SEALS SET entry_ids = entry_ids[1:2] WHERE seq = 2", "seal 2 has another number"},
      {"UPDATE SEALS SET entry_ids = '{4,6,5}' WHERE seq = 2", "audit entry 6 was altered"},
      // An entry that is gone without a trace in its seal breaks the chain there.
      {"DELETE FROM LOG WHERE id = 4; UPDATE SEALS SET entry_ids = entry_ids[2:3], "
       "entry_hashes = substr(entry_hashes, 33) WHERE seq = 2",
       "seal 2 does not continue"},
  };
  ASSERT_EQ(fault(), "none");
  for (const auto& tampering : tamperings) {
    apply(tampering.sql);
    EXPECT_THAT(fault(), HasSubstr(tampering.says)) << tampering.sql;
    apply(
        "DELETE FROM LOG; INSERT INTO LOG OVERRIDING SYSTEM VALUE SELECT * FROM l; "
        "DELETE FROM SEALS; INSERT INTO SEALS SELECT * FROM s");
    ASSERT_EQ(fault(), "none") << "put back as it was";
  }
}

TEST_F(AuditTest, ChainsOfTwoHospitalsCannotBeExchanged) {
  const auto other = PgCluster::get().new_tenant("audited");
  write("a");
  EXPECT_EQ(seal_now(), 1);
  auto intruder = Clinic::as_intruder();
  const std::string to = other.str() + ".audit_";
  intruder.script("INSERT INTO " + to + "log OVERRIDING SYSTEM VALUE SELECT * FROM " +
                  in("audit_log") + "; INSERT INTO " + to + "seals SELECT * FROM " +
                  in("audit_seals"));
  const auto verdict = run(reactor_, verify_chain(db_, other));
  EXPECT_THAT(verdict.first_fault.value_or("none"), HasSubstr("seal 1 does not continue"));
}

}  // namespace
}  // namespace wardbook::audit
