// What a lawful erasure takes away, what it leaves, and what keeps it from happening.
#include <gmock/gmock.h>

#include "base/hash.h"
#include "features/attachments/attachments.h"
#include "support/clinic.h"

namespace wardbook::erasures {
namespace {

using testing::Clinic;
using testing::Outcome;
using testing::run;
using testing::sqlstate_of;

/// What nobody else in the hospital says.
constexpr const char* kMark = "zorvexa";

class ErasuresTest : public ::testing::Test {
 protected:
  std::int64_t marked_patient() {
    const auto made = clinic_.call(clinic_.doctor, "POST", "/patients", 0, 0,
                                   {{"first_name", "Zorvexa"},
                                    {"last_name", "Zorvexa"},
                                    {"date_of_birth", "1980-02-29"},
                                    {"sex", "female"},
                                    {"phone", "zorvexa 1"},
                                    {"patient_number", "zorvexa-1"}});
    EXPECT_EQ(made.status, 201) << made.code;
    return made.body.at("id").as_int64();
  }
  std::int64_t marked_record(std::int64_t patient) {
    const auto made = clinic_.call(clinic_.doctor, "POST", "/records", 0, 0,
                                   {{"patient_id", patient},
                                    {"visit_date", "2026-03-04"},
                                    {"visit_type", "consultation"},
                                    {"chief_complaint", "zorvexa"},
                                    {"notes", "zorvexa"}});
    EXPECT_EQ(made.status, 201) << made.code;
    return made.body.at("id").as_int64();
  }
  Outcome ask(std::int64_t patient) {
    return clinic_.call(clinic_.admin, "POST", "/patients/{id}/erasure", patient, 0,
                        {{"reason", "Article 17"}});
  }
  Outcome hold(boost::json::object body) {
    body["reason"] = "a lawsuit";
    return clinic_.call(clinic_.admin, "POST", "/holds", 0, 0, body);
  }
  bool carry_on_now() { return run(clinic_.reactor, carry_on(clinic_.app, clinic_.tenant)); }
  boost::json::value erasure(std::int64_t id) {
    const auto found = clinic_.call(clinic_.admin, "GET", "/erasures/{id}", id);
    EXPECT_EQ(found.status, 200) << found.code;
    return found.body;
  }
  std::string fault() {
    auto verdict = run(clinic_.reactor, audit::verify_chain(clinic_.db, clinic_.tenant));
    if (!verdict.first_fault) {
      run(clinic_.reactor, records::verify_versions(clinic_.db, clinic_.tenant, verdict));
    }
    if (!verdict.first_fault) {
      run(clinic_.reactor, patients::verify_patients(clinic_.db, clinic_.tenant, verdict));
    }
    if (!verdict.first_fault) {
      run(clinic_.reactor, attachments::verify_files(clinic_.db, clinic_.tenant, verdict));
    }
    if (!verdict.first_fault) {
      run(clinic_.reactor, verify_certificates(clinic_.db, clinic_.tenant, verdict));
    }
    return verdict.first_fault.value_or("none");
  }
  /// The tables of the hospital in which some row says the word.
  std::string tables_that_say(const std::string& word) {
    auto owner = Clinic::as_owner();
    std::string found;
    for (const auto& row : owner.query("SELECT c.relname FROM pg_class c WHERE c.relnamespace = "
                                       "$1::regnamespace AND c.relkind = 'r' ORDER BY 1",
                                       {clinic_.tenant.str()})) {
      const auto count = owner.value(
          "SELECT count(*) FROM " + clinic_.in(*row[0]) + " t WHERE t::text ILIKE '%' || $1 || '%'",
          {word});
      if (count != "0") found += *row[0] + " ";
    }
    return found;
  }
  void add_file(std::int64_t record, const std::string& name) {
    clinic_.as_role().query(
        "INSERT INTO " + clinic_.in("record_attachments") +
            " (record_id, file_name, file_type, file_size, s3_key, s3_bucket, uploaded_by, "
            "stored_size, description) VALUES ($1, $2, 'application/pdf', 5, 'k/' || $2, "
            "'elsewhere', $3, 5, "
            "$2)",
        {std::to_string(record), name, std::to_string(clinic_.doctor.account.value)});
  }

  Clinic clinic_;
};

TEST_F(ErasuresTest, NothingThatWasSaidOfAPatientIsLeftInAnyTable) {
  const auto patient = marked_patient();
  const auto record = marked_record(patient);
  const auto coded = clinic_.call(
      clinic_.doctor, "POST", "/records/{id}/diagnoses", record, 1,
      {{"icd_code", "E11.9"}, {"diagnosis_name", kMark}, {"diagnosis_type", "primary"}});
  ASSERT_EQ(coded.status, 201) << coded.code;
  ASSERT_EQ(clinic_.finalize(record, 2).status, 200);
  marked_record(patient);
  const auto other = clinic_.new_patient();
  const auto kept = clinic_.new_record(other);
  ASSERT_NE(tables_that_say(kMark), "");

  const auto asked = ask(patient);
  ASSERT_EQ(asked.status, 202) << asked.code;
  const auto id = asked.body.at("id").as_int64();
  EXPECT_FALSE(carry_on_now());
  EXPECT_EQ(tables_that_say(kMark), "");
  EXPECT_EQ(fault(), "none");

  const auto done = erasure(id);
  EXPECT_EQ(done.at("state").as_string(), "completed");
  const std::string certificate(done.at("certificate").as_string());
  EXPECT_EQ(to_hex(sha256(certificate)), std::string(done.at("certificate_hash").as_string()));
  const auto said = boost::json::parse(certificate);
  EXPECT_EQ(said.at("patient_id").as_int64(), patient);
  EXPECT_EQ(said.at("erased").at("records").as_int64(), 2);
  EXPECT_GT(said.at("erased").at("versions").as_int64(), 2);
  EXPECT_GT(said.at("erased").at("audit_entries").as_int64(), 2);

  // The chart is gone for everybody, and nobody else's is.
  EXPECT_EQ(clinic_.call(clinic_.doctor, "GET", "/patients/{id}", patient).status, 404);
  EXPECT_GE(clinic_.call(clinic_.doctor, "GET", "/records/{id}", record).status, 400);
  EXPECT_EQ(clinic_.call(clinic_.doctor, "GET", "/patients/{id}", other).status, 200);
  EXPECT_EQ(clinic_.call(clinic_.doctor, "GET", "/records/{id}", kept).status, 200);
  const auto listed = clinic_.call(clinic_.doctor, "GET", "/patients");
  ASSERT_EQ(listed.status, 200);
  EXPECT_EQ(listed.body.at("items").as_array().size(), 1U);
  EXPECT_EQ(ask(patient).status, 404) << "there is nobody to erase";
}

TEST_F(ErasuresTest, AnErasedPatientHasNoVisitsAnyMore) {
  const auto patient = marked_patient();
  ASSERT_EQ(ask(patient).status, 202);
  EXPECT_EQ(ask(patient).code, "conflict");
  carry_on_now();
  const auto made = clinic_.call(
      clinic_.doctor, "POST", "/records", 0, 0,
      {{"patient_id", patient}, {"visit_date", "2026-03-04"}, {"visit_type", "consultation"}});
  EXPECT_GE(made.status, 400);
  EXPECT_EQ(fault(), "none");
}

TEST_F(ErasuresTest, AHoldBeatsAnErasureBeforeAndAfterItWasAskedFor) {
  const auto patient = marked_patient();
  const auto record = marked_record(patient);
  const auto first = hold({{"record_id", record}});
  ASSERT_EQ(first.status, 201) << first.code;
  EXPECT_EQ(first.body.at("patient_id").as_int64(), patient);
  EXPECT_EQ(ask(patient).code, "legal_hold");
  auto release = Clinic::request(clinic_.admin, "DELETE", first.body.at("id").as_int64(), 0);
  release.query = net::parse_query("reason=settled").value();
  auto task = testing::perform(clinic_.app, Clinic::handler("DELETE", "/holds/{id}"), release);
  ASSERT_EQ(run(clinic_.reactor, std::move(task)).status, 204);

  const auto asked = ask(patient);
  ASSERT_EQ(asked.status, 202) << asked.code;
  ASSERT_EQ(hold({{"patient_id", patient}}).status, 201);
  carry_on_now();
  EXPECT_EQ(erasure(asked.body.at("id").as_int64()).at("state").as_string(), "held");
  EXPECT_EQ(clinic_.call(clinic_.doctor, "GET", "/records/{id}", record).status, 200);
  EXPECT_EQ(fault(), "none");
}

TEST_F(ErasuresTest, AHoldKeepsFilesFromBeingPurged) {
  const auto patient = marked_patient();
  const auto record = marked_record(patient);
  auto role = clinic_.as_role();
  add_file(record, "a.pdf");
  const std::string files = clinic_.in("record_attachments");
  role.script("UPDATE " + files + " SET state = 'available'");
  role.script("UPDATE " + files + " SET state = 'deleted', deleted_at = now()");
  const auto placed = hold({{"record_id", record}});
  ASSERT_EQ(placed.status, 201) << placed.code;
  EXPECT_EQ(sqlstate_of(role, "UPDATE " + files + " SET purged_at = now()"), "WB003");
  role.script("UPDATE " + clinic_.in("legal_holds") +
              " SET released_by = placed_by, released_at = now()");
  EXPECT_EQ(sqlstate_of(role, "UPDATE " + files + " SET purged_at = now()"), "");
}

TEST_F(ErasuresTest, AnErasureIsNotCompleteBeforeItsObjectsAreGone) {
  const auto patient = marked_patient();
  add_file(marked_record(patient), "zorvexa.pdf");
  const auto asked = ask(patient);
  ASSERT_EQ(asked.status, 202);
  const auto id = asked.body.at("id").as_int64();
  carry_on_now();
  EXPECT_EQ(erasure(id).at("state").as_string(), "rows_erased");
  EXPECT_EQ(tables_that_say(kMark), "erasure_objects ") << "the keys, in a bucket of another store";
  EXPECT_EQ(fault(), "none");
  clinic_.as_role().script("UPDATE " + clinic_.in("erasure_objects") + " SET removed_at = now()");
  carry_on_now();
  EXPECT_EQ(erasure(id).at("state").as_string(), "completed");
  EXPECT_EQ(tables_that_say(kMark), "");
  EXPECT_EQ(fault(), "none");
}

TEST_F(ErasuresTest, WhoeverIsStoppedBetweenTwoStepsGoesOnWhereTheyWere) {
  class Killed : public std::exception {};
  const auto patient = marked_patient();
  marked_record(patient);
  const auto asked = ask(patient);
  ASSERT_EQ(asked.status, 202);
  int steps = 0;
  bool done = false;
  for (int most = 0; !done; ++most) {
    ASSERT_LT(most, 50);
    steps = 0;
    try {
      std::function<void()> step = [&steps, most] {
        if (++steps > most) throw Killed();
      };
      run(clinic_.reactor, carry_on(clinic_.app, clinic_.tenant, step));
      done = true;
    } catch (const Killed&) {
    }
    EXPECT_EQ(fault(), "none") << "after " << most << " steps";
  }
  EXPECT_EQ(erasure(asked.body.at("id").as_int64()).at("state").as_string(), "completed");
  EXPECT_EQ(tables_that_say(kMark), "");
}

TEST_F(ErasuresTest, AForgedCertificateIsNoticed) {
  const auto patient = marked_patient();
  ASSERT_EQ(ask(patient).status, 202);
  carry_on_now();
  ASSERT_EQ(fault(), "none");
  auto intruder = Clinic::as_intruder();
  const std::string table = clinic_.in("erasures");
  intruder.script("CREATE TEMP TABLE e AS SELECT * FROM " + table);
  for (const std::string change :
       {"certificate = replace(certificate, 'Article 17', 'nothing')",
        "certificate = '{}', certificate_hash = encode(sha256('{}'), 'hex')"}) {
    intruder.script("UPDATE " + table + " SET " + change);
    EXPECT_THAT(fault(), ::testing::HasSubstr("does not hold")) << change;
    intruder.script(
        "UPDATE " + table +
        " t SET certificate = e.certificate, certificate_hash = e.certificate_hash FROM e");
    ASSERT_EQ(fault(), "none");
  }
  intruder.script("UPDATE " + clinic_.in("patients") +
                  " SET phone = '555' WHERE id = " + std::to_string(patient));
  EXPECT_THAT(fault(), ::testing::HasSubstr("does not hold"));
  intruder.script("UPDATE " + clinic_.in("patients") + " SET phone = NULL");
  intruder.script("DELETE FROM " + table);
  EXPECT_THAT(fault(), ::testing::HasSubstr("is missing"));
}

TEST_F(ErasuresTest, OnlyTheOwnerErases) {
  auto role = clinic_.as_role();
  const std::string call = "SELECT wardbook.erase_patient('" + clinic_.tenant.str() + "', 1)";
  EXPECT_EQ(sqlstate_of(role, call), testing::kRefused);
  db::SyncConnection service(testing::PgCluster::get().service_conninfo());
  EXPECT_EQ(sqlstate_of(service, call), testing::kRefused);
}

/// Whoever adds a table says what an erasure does to it.
TEST_F(ErasuresTest, EveryTableThatBelongsToPatientsIsKnown) {
  auto owner = Clinic::as_owner();
  EXPECT_EQ(owner.value("SELECT string_agg(DISTINCT table_name, ' ' ORDER BY table_name) FROM "
                        "information_schema.columns WHERE table_schema = $1 AND column_name IN "
                        "('patient_id', 'record_id', 'patient_ids', 'erasure_id')",
                        {clinic_.tenant.str()}),
            "audit_log chart_objects diagnoses erasure_objects erasures follow_ups legal_holds "
            "medical_records "
            "record_attachments record_versions row_versions signatures")
      << "wardbook.erase_patient has to empty a new one";
}

}  // namespace
}  // namespace wardbook::erasures
