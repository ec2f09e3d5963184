#include "features/audit/audit_pgtest.h"

#include <array>
#include <random>

namespace wardbook::audit {
namespace {

using ::testing::HasSubstr;
using wardbook::testing::Clinic;
using wardbook::testing::PgCluster;
using wardbook::testing::run;
using wardbook::testing::run_all;

Task<> write_and_look(Log& log, TenantId tenant, std::string resource, db::SyncConnection& other,
                      int& seen) {
  const std::string schema = tenant.str();
  co_await log.write(std::move(tenant), {}, entry(resource));
  const auto found =
      other.value("SELECT count(*) FROM " + schema + ".audit_log WHERE resource = $1", {resource});
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
  Entry full = entry("test");
  full.action = "record.read";
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
  Entry searched = entry("test");
  searched.patients = {1, 2};
  searched.filters = R"({"q": "O'Neill"})";
  Entry failed = entry("test");
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

TEST_F(AuditTest, EntriesAreSealedOnceWhateverTheirNumbersAre) {
  auto role = Clinic::as_role(tenant_);
  for (const std::string number : {"5", "9", "1000", "4", "1", "1000000000000", "0", "-7", "999",
                                   "-9223372036854775808", "9223372036854775807"}) {
    role.script("INSERT INTO " + in("audit_log") +
                " (id, action, resource) OVERRIDING SYSTEM VALUE VALUES (" + number + ", 'n" +
                number + "', 'test')");
    EXPECT_EQ(seal_now(), 1) << number;
    EXPECT_EQ(seal_now(), 0) << "not twice";
    EXPECT_EQ(fault(), "none") << number;
  }
  EXPECT_EQ(looking_.value("SELECT string_agg(s.entry_ids[1]::text, ' ' ORDER BY s.seq) FROM " +
                           in("audit_seals") + " s"),
            "5 9 1000 4 1 1000000000000 0 -7 999 -9223372036854775808 9223372036854775807");
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
  write("after");
  EXPECT_EQ(seal_now(), 2) << "what is committed does not wait for what is not";
  EXPECT_EQ(seal_now(), 0);
  EXPECT_EQ(fault(), "none");
  slow.script("COMMIT");
  EXPECT_EQ(verify().unsealed, 1);
  EXPECT_EQ(seal_now(), 1);
  const auto verdict = verify();
  EXPECT_EQ(verdict.first_fault, std::nullopt);
  EXPECT_EQ(verdict.entries, 3);
  EXPECT_EQ(verdict.unsealed, 0);
}

TEST_F(AuditTest, ATransactionThatStaysOpenElsewhereDoesNotHoldUpTheSealing) {
  const auto other = PgCluster::get().new_tenant("audited");
  auto slow = Clinic::as_role(other);
  slow.script("BEGIN");
  slow.script("INSERT INTO " + other.str() + ".audit_log (action, resource) VALUES ('x', 'test')");
  write("a");
  EXPECT_EQ(seal_now(), 1);
  EXPECT_EQ(run(reactor_, seal(db_, other)), 0);
  slow.script("COMMIT");
  EXPECT_EQ(run(reactor_, seal(db_, other)), 1);
}

TEST_F(AuditTest, WhateverIsCommittedInWhateverOrderIsSealedOnce) {
  constexpr std::size_t kWriters = 6;
  std::mt19937 random(20'260'304);
  std::vector<db::SyncConnection> writers;
  for (std::size_t i = 0; i < kWriters; ++i) writers.push_back(Clinic::as_role(tenant_));
  std::array<int, kWriters> open{};
  int committed = 0;
  int sealed = 0;
  for (int step = 0; step < 400; ++step) {
    const std::size_t i = random() % kWriters;
    if (open[i] == 0) writers[i].script("BEGIN");
    if (const auto choice = random() % 4; open[i] == 0 || choice < 2) {
      writers[i].script("INSERT INTO " + in("audit_log") +
                        " (action, resource) VALUES ('x', 'test')");
      ++open[i];
    } else {
      writers[i].script(choice == 2 ? "COMMIT" : "ROLLBACK");
      if (choice == 2) committed += open[i];
      open[i] = 0;
    }
    if (random() % 5 != 0) continue;
    while (const auto more = seal_now(7)) sealed += static_cast<int>(more);
    ASSERT_EQ(sealed, committed) << "step " << step;
  }
  EXPECT_GT(committed, 50);
  EXPECT_EQ(fault(), "none");
}

TEST_F(AuditTest, ARolledBackEntryIsNotMissed) {
  for (int i = 0; i < 3; ++i) {
    auto slow = Clinic::as_role(tenant_);
    slow.script("BEGIN");
    slow.script("INSERT INTO " + in("audit_log") + " (action, resource) VALUES ('x', 'test')");
    slow.script("ROLLBACK");
    write("after");
    EXPECT_EQ(seal_now(), 1);
    EXPECT_EQ(fault(), "none");
  }
  EXPECT_EQ(looking_.value("SELECT string_agg(first || '-' || last, ' ' ORDER BY first) FROM " +
                           in("audit_unsealed")),
            "-9223372036854775808-1 3-3 5-5 7-9223372036854775807");
}

/// What somebody with every right does behind the triggers, and what verify says then.
struct Tampering {
  std::string sql;  ///< LOG, SEALS and UNSEALED stand for the tables
  std::string says;
};

/// Of nine entries in three seals and the twelfth in a fourth one, in another epoch.
const std::vector<Tampering>& tamperings() {
  static const std::vector<Tampering> all{
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
      {"UPDATE LOG SET salt = gen_random_uuid() WHERE id = 6", "audit entry 6 was altered"},
      {"UPDATE LOG SET salt = NULL, filters = NULL, resource = 'x' WHERE id = 9",
       "audit entry 9 was altered"},
      {"UPDATE LOG SET action = 'b' WHERE id IN (8, 3)", "audit entry 3 was altered"},
      {"DELETE FROM LOG WHERE id = 6", "audit entry 6 is missing"},
      {"DELETE FROM LOG", "audit entry 1 is missing"},
      // Where the sealer no longer looks.
      {"UPDATE UNSEALED SET first = 1001 WHERE first = 13; "
       "INSERT INTO LOG (id, action, resource) OVERRIDING SYSTEM VALUE "
       "VALUES (1000, 'forged', 'test')",
       "audit entry 1000 was put in without a seal"},
      {"DELETE FROM UNSEALED WHERE first = 10; "
       "INSERT INTO LOG (id, action, resource) OVERRIDING SYSTEM VALUE "
       "VALUES (11, 'forged', 'test')",
       "audit entry 11 was put in without a seal"},
      {"DELETE FROM UNSEALED WHERE first = 10", "the sealer would pass over audit entry 10"},
      {"UPDATE UNSEALED SET last = 10 WHERE first = 10",
       "the sealer would pass over audit entry 11"},
      {"DELETE FROM UNSEALED", "the sealer would pass over audit entry -92233"},
      {"UPDATE UNSEALED SET last = 12 WHERE first = 10", "the sealer would seal audit entry 12"},
      {"INSERT INTO UNSEALED VALUES (2, 3)", "the sealer would seal audit entry 2 again"},
      {"UPDATE SEALS SET content_digests = substr(content_digests, 1, 64) || sha256('x') "
       "WHERE seq = 3",
       "the digest of audit entry 9 was altered"},
      {"UPDATE SEALS SET content_digests = sha256('x') || substr(content_digests, 33) "
       "WHERE seq = 2",
       "audit entry 4 was altered"},
      {"UPDATE SEALS SET sealed_at = sealed_at + interval '1 microsecond' WHERE seq = 1",
       "seal 1 does not continue"},
      {"UPDATE SEALS SET epoch = 2 WHERE seq = 3", "seal 3 does not continue"},
      {"UPDATE SEALS SET previous_epoch = NULL WHERE seq = 4", "seal 4 does not continue"},
      {"UPDATE SEALS SET epoch = 1, previous_epoch = NULL WHERE seq = 4",
       "seal 4 does not continue"},
      {"UPDATE SEALS SET entry_format = 7 WHERE seq = 2", "seal 2 has entry format 7, which"},
      {"UPDATE SEALS SET hash = sha256('x') WHERE seq = 2", "seal 2 does not continue"},
      {"UPDATE SEALS SET hash = sha256('x') WHERE seq = 3", "seal 3 does not continue"},
      {"DELETE FROM SEALS WHERE seq = 1", "seal 1 is missing"},
      {"DELETE FROM SEALS WHERE seq = 2", "seal 2 is missing"},
      {"UPDATE SEALS SET entry_ids = entry_ids[1:2] WHERE seq = 2", "seal 2 has another number"},
      {"UPDATE SEALS SET entry_ids = '{4,6,5}' WHERE seq = 2", "audit entry 6 was altered"},
      // An entry that is gone without a trace in its seal breaks the chain there.
      {"DELETE FROM LOG WHERE id = 4; UPDATE SEALS SET entry_ids = entry_ids[2:3], "
       "entry_hashes = substr(entry_hashes, 33), "
       "content_digests = substr(content_digests, 33) WHERE seq = 2",
       "seal 2 does not continue"},
  };
  return all;
}

TEST_F(AuditTest, EveryTamperingIsNamed) {
  for (int i = 1; i <= 8; ++i) write("a" + std::to_string(i));
  write("a9", R"({"q": "x"})");
  while (seal_now(3) != 0) {
  }
  looking_.query("SELECT wardbook.audit_begin_epoch($1)", {tenant_.str()});
  auto role = Clinic::as_role(tenant_);
  role.script("INSERT INTO " + in("audit_log") +
              " (id, action, resource) OVERRIDING SYSTEM VALUE VALUES (12, 'a12', 'test')");
  EXPECT_EQ(seal_now(), 1);
  auto intruder = Clinic::as_intruder();
  const auto apply = [&](std::string sql) {
    for (const auto& [place, table] : {std::pair{"LOG", "audit_log"},
                                       {"UNSEALED", "audit_unsealed"},
                                       {"SEALS", "audit_seals"}}) {
      for (auto at = sql.find(place); at != std::string::npos; at = sql.find(place)) {
        sql.replace(at, std::string(place).size(), in(table));
      }
    }
    intruder.script(sql);
  };
  apply(
      "CREATE TEMP TABLE l AS SELECT * FROM LOG; CREATE TEMP TABLE s AS SELECT * FROM SEALS;"
      "CREATE TEMP TABLE u AS SELECT * FROM UNSEALED");
  ASSERT_EQ(fault(), "none");
  for (const auto& tampering : tamperings()) {
    apply(tampering.sql);
    EXPECT_THAT(fault(), HasSubstr(tampering.says)) << tampering.sql;
    apply(
        "DELETE FROM LOG; INSERT INTO LOG OVERRIDING SYSTEM VALUE SELECT * FROM l; "
        "DELETE FROM SEALS; INSERT INTO SEALS SELECT * FROM s; "
        "DELETE FROM UNSEALED; INSERT INTO UNSEALED SELECT * FROM u");
    ASSERT_EQ(fault(), "none") << "put back as it was";
  }
}

TEST_F(AuditTest, AHospitalsRoleCannotHideAnEntryFromTheSealer) {
  auto role = Clinic::as_role(tenant_);
  write("before");
  ASSERT_EQ(seal_now(), 1);
  role.script("DELETE FROM " + in("audit_unsealed") + " WHERE last > 1");
  write("hidden");
  EXPECT_EQ(seal_now(), 0);
  EXPECT_EQ(fault(), "audit entry 2 was put in without a seal");
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
