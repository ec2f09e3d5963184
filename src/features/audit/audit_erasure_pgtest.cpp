// What a lawful erasure takes out of the log, and what stays.
#include "features/audit/audit_pgtest.h"

namespace wardbook::audit {
namespace {

using testing::Clinic;
using ::testing::HasSubstr;
using testing::sqlstate_of;

class AuditErasureTest : public AuditTest {
 protected:
  void write_of(std::int64_t patient, const std::string& resource, const std::string& reason) {
    Entry whole = entry(resource);
    whole.patient = PatientId(patient);
    whole.reason = reason;
    whole.filters = R"({"q": "North"})";
    write(std::move(whole));
  }
  void write_list(std::vector<std::int64_t> patients) {
    Entry whole = entry("list");
    whole.patients = std::move(patients);
    whole.filters = R"({"q": "North"})";
    write(std::move(whole));
  }
  std::string erase(std::int64_t patient) {
    return owner_
        .value("SELECT wardbook.audit_erase($1, $2)", {tenant_.str(), std::to_string(patient)})
        .value_or("");
  }

  db::SyncConnection owner_ = Clinic::as_owner();
};

TEST_F(AuditErasureTest, ErasedEntriesAreCountedAndEveryChainHolds) {
  write_of(1, "read", "of one");
  write_of(2, "read", "of two");
  write_list({1, 3});
  write_list({2, 3});
  Entry silent = entry("look");
  silent.patient = PatientId(1);
  write(std::move(silent));
  ASSERT_EQ(seal_now(3), 3);
  ASSERT_EQ(seal_now(3), 2);
  EXPECT_EQ(erase(1), "2");
  EXPECT_EQ(erase(1), "0") << "they are gone";
  const auto verdict = verify();
  EXPECT_EQ(verdict.first_fault, std::nullopt);
  EXPECT_EQ(verdict.entries, 5);
  EXPECT_EQ(verdict.erased, 2) << "not the one that said nothing";
  EXPECT_EQ(
      looking_.value("SELECT string_agg(concat_ws(' ', id, resource, patient_id, patient_ids, "
                     "reason, filters, salt IS NULL), '; ' ORDER BY id) FROM " +
                     in("audit_log")),
      "1 read 1 t; 2 read 2 of two {\"q\": \"North\"} f; 3 list {1,3} t; "
      "4 list {2,3} {\"q\": \"North\"} f; 5 look 1 t");
  write_of(1, "read", "after it");
  EXPECT_EQ(seal_now(), 1);
  EXPECT_EQ(fault(), "none");
}

TEST_F(AuditErasureTest, WhatIsNotSealedYetIsNotErased) {
  write_of(1, "read", "sealed");
  ASSERT_EQ(seal_now(), 1);
  write_of(1, "read", "not sealed");
  EXPECT_EQ(sqlstate_of(owner_, "SELECT wardbook.audit_erase('" + tenant_.str() + "', 1)"),
            "55000");
  EXPECT_EQ(looking_.value("SELECT count(salt) FROM " + in("audit_log")), "2") << "none of them";
  ASSERT_EQ(seal_now(), 1);
  EXPECT_EQ(erase(1), "2");
  EXPECT_EQ(fault(), "none");
}

TEST_F(AuditErasureTest, AnErasedEntryCannotBeAlteredUnseen) {
  write_of(1, "read", "x");
  write_of(1, "read", "y");
  ASSERT_EQ(seal_now(), 2);
  ASSERT_EQ(erase(1), "2");
  auto intruder = Clinic::as_intruder();
  for (const std::string change :
       {"actor_id = 9", "at = now()", "patient_id = 2", "reason = 'x', salt = gen_random_uuid()",
        "salt = gen_random_uuid()", "action = 'write'"}) {
    intruder.script("CREATE TEMP TABLE l AS SELECT * FROM " + in("audit_log") + "; UPDATE " +
                    in("audit_log") + " SET " + change + " WHERE id = 2");
    EXPECT_EQ(fault(), "audit entry 2 was altered") << change;
    intruder.script("DELETE FROM " + in("audit_log") + "; INSERT INTO " + in("audit_log") +
                    " OVERRIDING SYSTEM VALUE SELECT * FROM l; DROP TABLE l");
    ASSERT_EQ(fault(), "none");
  }
}

TEST_F(AuditErasureTest, OnlyTheOwnerErasesAndOnlyWhole) {
  write_of(1, "read", "x");
  ASSERT_EQ(seal_now(), 1);
  auto role = Clinic::as_role(tenant_);
  db::SyncConnection service(testing::PgCluster::get().service_conninfo());
  const std::string of_tenant = "('" + tenant_.str() + "'";
  for (const std::string& call :
       {"audit_erase" + of_tenant + ", 1)", "audit_begin_epoch" + of_tenant + ")"}) {
    EXPECT_EQ(sqlstate_of(role, "SELECT wardbook." + call), "42501") << call;
    EXPECT_EQ(sqlstate_of(service, "SELECT wardbook." + call), "42501") << call;
  }
  const std::string update = "UPDATE " + in("audit_log") + " SET ";
  const std::string whole = "salt = NULL, reason = NULL, filters = NULL";
  EXPECT_EQ(sqlstate_of(role, update + whole), "42501");
  EXPECT_EQ(sqlstate_of(role, "UPDATE " + in("audit_sealing") + " SET epoch = 7"), "42501");
  for (const std::string& change :
       {std::string("salt = NULL"), std::string("reason = NULL"), std::string("reason = 'y'"),
        std::string("salt = gen_random_uuid()"), whole + ", action = 'y'",
        whole + ", patient_id = NULL"}) {
    EXPECT_EQ(sqlstate_of(owner_, update + change), "WB002") << change;
  }
  EXPECT_EQ(sqlstate_of(owner_, "DELETE FROM " + in("audit_log")), "WB002");
}

TEST_F(AuditErasureTest, AnEntryIsHashedWithASaltOfItsOwn) {
  write_of(1, "read", "the same");
  write_of(1, "read", "the same");
  ASSERT_EQ(seal_now(), 2);
  EXPECT_EQ(looking_.value("SELECT substr(content_digests, 1, 32) <> substr(content_digests, 33)"
                           " FROM " +
                           in("audit_seals")),
            "t");
}

class ErasedVersionsTest : public ::testing::Test {
 protected:
  std::string fault() {
    audit::Verdict verdict =
        testing::run(clinic_.reactor, verify_chain(clinic_.db, clinic_.tenant));
    if (!verdict.first_fault) {
      testing::run(clinic_.reactor, records::verify_versions(clinic_.db, clinic_.tenant, verdict));
    }
    return verdict.first_fault.value_or("none");
  }
  std::int64_t visit(std::int64_t patient) {
    const auto id = clinic_.new_record(patient);
    for (const std::int64_t revision : {1, 2}) {
      clinic_.clock.advance(std::chrono::hours(1));
      const auto done = clinic_.call(clinic_.doctor, "PATCH", "/records/{id}", id, revision,
                                     {{"notes", std::to_string(revision)}});
      EXPECT_EQ(done.status, 200) << done.code;
    }
    return id;
  }
  void erase(std::int64_t patient) {
    EXPECT_GT(testing::run(clinic_.reactor, seal(clinic_.db, clinic_.tenant)), 0);
    Clinic::as_owner().query("SELECT wardbook.audit_erase($1, $2)",
                             {clinic_.tenant.str(), std::to_string(patient)});
  }

  Clinic clinic_;
};

TEST_F(ErasedVersionsTest, VersionsWhoseEntriesWereErasedAreNoFault) {
  const auto patient = clinic_.new_patient();
  const auto other = clinic_.new_patient();
  const auto record = visit(patient);
  const auto others = visit(other);
  erase(patient);
  ASSERT_EQ(fault(), "none");
  auto intruder = Clinic::as_intruder();
  // One that nobody erased is held against the log as before.
  intruder.script(
      "UPDATE " + clinic_.in("record_versions") +
      " SET reason = 'forged' WHERE version = 2 AND record_id = " + std::to_string(others));
  EXPECT_THAT(fault(), HasSubstr("version 2 of record " + std::to_string(others)));
  intruder.script("UPDATE " + clinic_.in("record_versions") + " SET reason = NULL");
  ASSERT_EQ(fault(), "none");
  // Nor does an erased entry stand for another kind of version.
  intruder.script(
      "UPDATE " + clinic_.in("record_versions") +
      " SET kind = 'diagnosis' WHERE version = 2 AND record_id = " + std::to_string(record));
  EXPECT_THAT(fault(), HasSubstr("version 2 of record " + std::to_string(record)));
}

TEST_F(ErasedVersionsTest, WhatAPatientsEntriesSaidIsGone) {
  const auto patient = clinic_.new_patient();
  visit(patient);
  erase(patient);
  auto role = clinic_.as_role();
  EXPECT_EQ(
      role.value("SELECT count(*) FROM " + clinic_.in("audit_log") +
                 " a WHERE to_jsonb(a)::text LIKE '%North%' OR to_jsonb(a)::text LIKE '%first%'"),
      "0");
}

}  // namespace
}  // namespace wardbook::audit
