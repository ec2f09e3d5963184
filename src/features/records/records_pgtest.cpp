#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "api/input.h"
#include "base/hash.h"
#include "support/backup.h"
#include "support/clinic.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using wardbook::testing::Backup;
using wardbook::testing::Clinic;
using wardbook::testing::kClinicPassword;
using wardbook::testing::Outcome;
using wardbook::testing::perform;
using wardbook::testing::run;
using wardbook::testing::run_all;

class RecordsTest : public ::testing::Test {
 protected:
  audit::Verdict verify() {
    audit::Verdict verdict;
    run(clinic_.reactor, verify_versions(clinic_.db, clinic_.tenant, verdict));
    return verdict;
  }
  std::string fault() { return verify().first_fault.value_or("none"); }
  Outcome patch(std::int64_t record, std::int64_t version, json::value body) {
    return clinic_.call(clinic_.doctor, "PATCH", "/records/{id}", record, version, std::move(body));
  }
  /// Content, kind and so on of one version, straight from its row.
  db::SyncConnection::Row version_row(std::int64_t record, std::int64_t version) {
    auto connection = clinic_.as_role();
    return connection
        .query("SELECT content, kind, status, content_hash FROM " + clinic_.in("record_versions") +
                   " WHERE record_id = $1 AND version = $2",
               {std::to_string(record), std::to_string(version)})
        .at(0);
  }

  Clinic clinic_;
};

constexpr std::string_view kFullRecord = R"({
  "visit_date": "2026-03-04T23:59:59.123456+05:30", "visit_type": "emergency",
  "chief_complaint": "Brustschmerz — \u00e4\ud83e\ude7a \"stark\"\n\ttwo lines",
  "history_of_present_illness": " leading and trailing ", "physical_examination": "\\ backslash",
  "diagnosis": "", "treatment_plan": "a\r\nb", "notes": "\u2028\ufb01",
  "prescriptions": [{"medication":"A","dosage":"0.10 mg","frequency":"daily","quantity":1e2,
                     "refills":0},
                    {"frequency":"daily","dosage":"1","medication":"B","quantity":"10 \u00b5g"}],
  "vital_signs": {"temperature_c":37.0,"weight_kg":70.10,"height_cm":1.755e2,"spo2_percent":99.5,
                  "pain_score":0},
  "lab_results": [{"test":"TSH","value":0.0000001,"unit":"mU/L","reference_low":1e-7},
                  {"test":"Copies","value":123456789012.5},{"test":"HBsAg","value":"neg"},
                  {"test":"Big","value":-1e12,"taken_at":"2026-03-04"}],
  "follow_up_required": true, "follow_up_date": "2026-04-01", "follow_up_instructions": "come"})";

TEST_F(RecordsTest, ContentReadBackFromPostgresGivesTheSameText) {
  json::value body = json::parse(kFullRecord);
  body.as_object()["patient_id"] = clinic_.new_patient();
  const auto made = clinic_.call(clinic_.doctor, "POST", "/records", 0, 0, body);
  ASSERT_EQ(made.status, 201) << made.code;
  const auto id = made.body.at("id").as_int64();
  const auto first = clinic_.version(id, 1);
  // A change and back: what was read back is checked, made canonical and hashed again.
  ASSERT_EQ(patch(id, 1, {{"notes", "something else"}}).status, 200);
  ASSERT_EQ(patch(id, 2, {{"notes", body.at("notes")}}).status, 200);
  EXPECT_EQ(clinic_.version(id, 1).at("content"), first.at("content"));
  ASSERT_EQ(clinic_.finalize(id, 3).status, 200);
  const auto kept = version_row(id, 1);
  EXPECT_EQ(json::parse(*kept[0]), first.at("content"));
  EXPECT_EQ(api::canonical_json(json::parse(*kept[0])), *kept[0]) << "it is canonical";
  EXPECT_THAT(*kept[0], HasSubstr(R"("visit_date":"2026-03-04T18:29:59.123456Z")"));
  EXPECT_THAT(*kept[0], HasSubstr(R"("temperature_c":37,)"));
  EXPECT_EQ(version_row(id, 2)[0], kept[0]) << "finalizing changes no content";
  const auto verdict = verify();
  EXPECT_EQ(verdict.first_fault, std::nullopt);
  EXPECT_EQ(verdict.versions, 2);
}

TEST_F(RecordsTest, TheSignatureIsOverTheVersionsHash) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  const auto wrong = clinic_.call(clinic_.doctor, "POST", "/records/{id}/finalize", id, 1,
                                  {{"password", "not the password"}});
  EXPECT_EQ(wrong.code, "wrong_password");
  const auto done = clinic_.finalize(id, 1);
  ASSERT_EQ(done.status, 200) << done.code;
  auto connection = clinic_.as_role();
  const auto signature = connection.query(
      "SELECT s.version, s.content_hash = v.content_hash, s.content_hash = r.signed_hash, "
      "s.signed_by, s.meaning FROM " +
      clinic_.in("signatures") + " s JOIN " + clinic_.in("record_versions") +
      " v USING (record_id, version) JOIN " + clinic_.in("medical_records") +
      " r ON r.id = s.record_id");
  const db::SyncConnection::Rows expected{
      {"2", "t", "t", std::to_string(clinic_.doctor.account.value), "finalized"}};
  EXPECT_EQ(signature, expected);
}

TEST_F(RecordsTest, TheDatabaseTakesTheSameHash) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  std::int64_t version = 1;
  for (const std::string time :
       {"2026-03-04T05:06:07.5Z", "2026-12-31T23:59:59.999999Z", "2027-01-01T00:00:00.000001Z",
        "1999-10-10T10:10:10Z", "2026-03-04T05:06:00.10203Z", "9999-12-31T23:59:50Z"}) {
    clinic_.clock.set(*parse_rfc3339(time));
    const json::value body{{"notes", "\u00e4\U0001fa7a \"q\" \\ \u2028 " + time}};
    EXPECT_EQ(patch(id, version, body).version, version + 1) << time;
    ++version;
  }
  EXPECT_EQ(fault(), "none");
}

TEST_F(RecordsTest, LifeGoesItsWay) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  const auto reopen = [&](std::int64_t version) {
    return clinic_.call(clinic_.admin, "POST", "/records/{id}/reopen", id, version,
                        {{"reason", "the wrong arm"}});
  };
  const auto amend = [&](std::int64_t version) {
    return clinic_.call(clinic_.doctor, "POST", "/records/{id}/amendments", id, version,
                        {{"reason", "late result"}, {"changes", {{"notes", "amended"}}}});
  };
  EXPECT_EQ(reopen(1).code, "record_not_finalized");
  EXPECT_EQ(amend(1).code, "record_not_finalized");
  EXPECT_EQ(clinic_.finalize(id, 1).version, 2);
  EXPECT_EQ(clinic_.finalize(id, 2).code, "record_finalized");
  EXPECT_EQ(patch(id, 2, {{"notes", "x"}}).code, "record_finalized");
  EXPECT_EQ(amend(1).code, "version_conflict");
  EXPECT_EQ(amend(2).version, 3);
  EXPECT_EQ(reopen(3).version, 4);
  EXPECT_EQ(patch(id, 4, {{"notes", "x"}}).version, 5);
  EXPECT_EQ(patch(id, 0, {{"notes", "x"}}).code, "if_match_required");
  EXPECT_THAT(*version_row(id, 1)[0], HasSubstr(R"("notes":"first")")) << "stays readable";
  EXPECT_EQ(fault(), "none");
}

TEST_F(RecordsTest, EveryTamperingWithVersionsIsNamed) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  for (const auto& [revision, notes] :
       std::map<std::int64_t, std::string>{{1, "second"}, {2, "third"}, {3, "fourth"}}) {
    clinic_.clock.advance(std::chrono::minutes(11));
    ASSERT_EQ(patch(id, revision, {{"notes", notes}}).version, revision + 1);
  }
  const std::string record = std::to_string(id);
  const std::string nurse = std::to_string(clinic_.nurse.account.value);
  const std::string open = api::canonical_json(clinic_.version(id, 4).at("content"));
  auto intruder = Clinic::as_intruder();
  const std::string versions = clinic_.in("record_versions");
  const std::string rows = clinic_.in("medical_records");
  Backup backup(intruder, clinic_, {"record_versions", "medical_records", "diagnoses"});
  const std::string alter = "UPDATE " + versions + " SET ";
  const std::string second = "version 2 of record " + record + " was altered";
  const std::string unlike = "record " + record + " is not what its version says";
  const std::vector<std::pair<std::string, std::string>> tamperings{
      {alter + "content = replace(content, 'second', 'other') WHERE version = 2", second},
      {alter + "content = NULL WHERE version = 2", second},
      {alter + "content_salt = NULL WHERE version = 2", second},
      {alter + "content_salt = gen_random_uuid() WHERE version = 2", second},
      {alter + "content_digest = sha256(content_digest) WHERE version = 2", second},
      {alter + "content_format = 7 WHERE version = 2", second},
      {alter + "patient_id = patient_id + 1 WHERE version = 2", second},
      {alter + "reason = 'x' WHERE version = 2", second},
      {alter + "kind = 'diagnosis' WHERE version = 2", second},
      {alter + "revision = 1 WHERE version = 2", "has no version before it"},
      {alter + "content_hash = repeat('0', 64) WHERE version = 1", "version 1 of record"},
      {alter + "changed_by = " + nurse + " WHERE version = 3", "version 3 of record"},
      {alter + "status = 'finalized' WHERE version = 1", "version 1 of record"},
      {alter + "changed_at = changed_at + interval '1 second' WHERE version = 2", second},
      {alter + "begun_at = begun_at - interval '1 second' WHERE version = 2", second},
      {"DELETE FROM " + versions + " WHERE version = 1", "has no version before it"},
      {"DELETE FROM " + versions + " WHERE version = 2", "has no version before it"},
      {"DELETE FROM " + versions + " WHERE version = 3", unlike},
      {"UPDATE " + rows + " SET content_hash = repeat('0', 64)", unlike},
      {"UPDATE " + rows + " SET content_digest = sha256(content_digest)", unlike},
      {"UPDATE " + rows +
           " SET status = 'finalized', finalized_at = now(), finalized_by = created_by",
       unlike},
      {"UPDATE " + rows + " SET version = 2", unlike},
      {"UPDATE " + rows + " SET revision = revision + 1", unlike},
      {"UPDATE " + rows + " SET version_by = " + nurse, unlike},
      {"UPDATE " + rows + " SET updated_at = updated_at + interval '1 second'", unlike},
      {"UPDATE " + rows + " SET content_salt = NULL", "still says what was erased"},
      {"UPDATE " + rows + " SET content_format = 7", "content format 7"},
      {"INSERT INTO " + versions +
           " SELECT id, version, revision, version_kind, status, patient_id, version_by, "
           "version_begun_at, updated_at, content_format, content_digest, content_hash, "
           "content_salt, NULL, '" +
           open + "' FROM " + rows,
       unlike},
      {"UPDATE " + rows + " SET notes = 'other'", unlike},
      {"UPDATE " + rows + " SET vital_signs = '{\"pulse_bpm\": 60}'", unlike},
      {"INSERT INTO " + clinic_.in("diagnoses") +
           " (record_id, icd_code, diagnosis_name, diagnosis_type, created_by) SELECT id, 'I10', "
           "'x', 'primary', created_by FROM " +
           rows,
       unlike},
  };
  ASSERT_EQ(fault(), "none");
  for (const auto& [sql, says] : tamperings) {
    intruder.script(sql);
    EXPECT_THAT(fault(), HasSubstr(says)) << sql;
    backup.put_back();
    ASSERT_EQ(fault(), "none") << "put back as it was";
  }
}

TEST_F(RecordsTest, EveryTamperingWithSignaturesAndAuthorsIsNamed) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  ASSERT_EQ(clinic_.finalize(id, 1).status, 200);
  const auto amended = clinic_.call(clinic_.doctor, "POST", "/records/{id}/amendments", id, 2,
                                    {{"reason", "late"}, {"changes", {{"notes", "more"}}}});
  ASSERT_EQ(amended.status, 201) << amended.code;
  ASSERT_EQ(fault(), "none");
  auto intruder = Clinic::as_intruder();
  const std::string nurse = std::to_string(clinic_.nurse.account.value);
  const std::string signatures = "UPDATE " + clinic_.in("signatures") + " SET ";
  const std::string rows = "UPDATE " + clinic_.in("medical_records") + " SET ";
  const std::string versions = "UPDATE " + clinic_.in("record_versions") + " SET ";
  const std::vector<std::pair<std::string, std::string>> tamperings{
      {signatures + "signed_by = " + nurse + " WHERE version = 2", "signature of version 2"},
      {signatures + "content_hash = repeat('0', 64) WHERE version = 3", "signature of version 3"},
      {signatures + "signed_at = signed_at + interval '1 day'", "signature of version 2"},
      {signatures + "meaning = 'finalized' WHERE version = 3", "signature of version 3"},
      {"DELETE FROM " + clinic_.in("signatures") + " WHERE version = 2", "signature of version 2"},
      {signatures + "signed_by_name = 'Nobody' WHERE version = 3", "version 3 of record"},
      {rows + "record_number = 'MR-1999-000001'", "version 1 of record"},
      {rows + "finalized_by = " + nurse, "says otherwise than its versions"},
      {rows + "finalized_at = finalized_at + interval '1 day'", "says otherwise"},
      {rows + "signed_hash = repeat('0', 64)", "says otherwise"},
      {rows + "created_by = " + nurse, "says otherwise"},
      {versions + "reason = 'forged' WHERE version = 3", "version 3 of record"},
      {versions + "kind = 'updated' WHERE version = 1", "version 1 of record"},
      {"DELETE FROM " + clinic_.in("audit_log") + " WHERE action = 'record.finalize'",
       "version 2 of record"},
      {"INSERT INTO " + clinic_.in("audit_log") +
           " (action, resource, resource_id) SELECT 'record.update', 'record', id FROM " +
           clinic_.in("medical_records"),
       "other revisions than the audit log"},
  };
  Backup backup(intruder, clinic_,
                {"record_versions", "medical_records", "signatures", "audit_log"});
  for (const auto& [sql, says] : tamperings) {
    intruder.script(sql);
    EXPECT_THAT(fault(), HasSubstr(says)) << sql;
    backup.put_back();
    ASSERT_EQ(fault(), "none") << "put back as it was";
  }
}

TEST_F(RecordsTest, AVersionIsNotOlderThanTheOneBeforeIt) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  const auto begun = clinic_.clock.now();
  clinic_.clock.set(begun - std::chrono::hours(1));  // as on a node whose clock is behind
  const auto second =
      clinic_.call(clinic_.nurse, "PATCH", "/records/{id}", id, 1, {{"notes", "2"}});
  ASSERT_EQ(second.status, 200) << second.code;
  clinic_.clock.set(begun + std::chrono::hours(1));
  ASSERT_EQ(patch(id, 2, {{"notes", "third"}}).status, 200);
  std::vector<std::string> times;
  for (std::int64_t n = 1; n <= 3; ++n) {
    times.emplace_back(clinic_.version(id, n).at("begun_at").as_string());
  }
  EXPECT_THAT(times, ElementsAre(format_rfc3339(begun), format_rfc3339(begun),
                                 format_rfc3339(begun + std::chrono::hours(1))));
  EXPECT_EQ(fault(), "none");
}

TEST_F(RecordsTest, EachChangeHasItsAuditEntry) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  ASSERT_EQ(patch(id, 1, {{"notes", "second"}}).status, 200);
  ASSERT_EQ(patch(id, 1, {{"notes", "stale"}}).code, "version_conflict");
  ASSERT_EQ(clinic_.finalize(id, 2).status, 200);
  auto connection = clinic_.as_role();
  const std::string log = clinic_.in("audit_log");
  std::vector<std::string> entries;
  for (const auto& row : connection.query(
           "SELECT concat_ws(' ', action, after->>'changed_fields', after->>'revision', "
           "after->>'version') FROM " +
           log + " WHERE resource = 'record' ORDER BY id")) {
    entries.push_back(row[0].value_or(""));
  }
  EXPECT_THAT(
      entries,
      ElementsAre(
          R"(record.create ["doctor_id", "notes", "patient_id", "visit_date", "visit_type"] 1 1)",
          R"(record.update ["notes"] 2 1)", "record.finalize 3 2"));
  EXPECT_EQ(connection.value("SELECT count(*) FROM " + log +
                             " a WHERE to_jsonb(a)::text LIKE '%second%'"),
            "0")
      << "what a draft says is kept once";
}

// ---- several at once -------------------------------------------------------------------------

Task<> perform_into(App& app, api::Request request, Outcome& out) {
  out = co_await perform(app, Clinic::handler("PATCH", "/records/{id}"), std::move(request));
}

TEST_F(RecordsTest, WhoWaitedForAnotherWriterIsToldOfHisVersion) {
  const auto record = clinic_.new_record(clinic_.new_patient());
  for (std::int64_t version = 1; version <= 5; ++version) {
    std::vector<Outcome> outcomes(4);
    std::vector<Task<>> writers;
    for (auto& outcome : outcomes) {
      const json::object body{{"notes", "round " + std::to_string(version)}};
      auto request = Clinic::request(clinic_.doctor, "PATCH", record, version, body);
      writers.push_back(perform_into(clinic_.app, std::move(request), outcome));
    }
    run_all(clinic_.reactor, std::move(writers));
    std::multiset<int> statuses;
    for (const auto& outcome : outcomes) statuses.insert(outcome.status);
    EXPECT_THAT(statuses, ElementsAre(200, 412, 412, 412)) << version;
  }
  // One who names the version that the other is only about to make.
  for (std::int64_t version = 6; version <= 14;) {
    std::vector<Outcome> outcomes(2);
    std::vector<Task<>> writers;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const auto named = version + static_cast<std::int64_t>(i);
      const json::object body{{"notes", "names " + std::to_string(named)}};
      auto request = Clinic::request(clinic_.doctor, "PATCH", record, named, body);
      writers.push_back(perform_into(clinic_.app, std::move(request), outcomes[i]));
    }
    run_all(clinic_.reactor, std::move(writers));
    EXPECT_EQ(outcomes[0].status, 200);
    EXPECT_THAT(outcomes[1].status, ::testing::AnyOf(200, 412));
    version += outcomes[1].status == 200 ? 2 : 1;
  }
  EXPECT_EQ(fault(), "none");
}

}  // namespace
}  // namespace wardbook::records
