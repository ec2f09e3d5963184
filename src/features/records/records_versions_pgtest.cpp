// What the history keeps of the accepted writes of a record, under a clock that the tests move.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>

#include "api/input.h"
#include "features/records/content_format.h"
#include "support/clinic.h"

namespace wardbook::records {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using wardbook::testing::Clinic;
using wardbook::testing::kClinicPassword;
using wardbook::testing::Outcome;
using wardbook::testing::perform;
using wardbook::testing::run;
using wardbook::testing::run_all;

class VersionsTest : public ::testing::Test {
 protected:
  std::string fault() {
    audit::Verdict verdict;
    run(clinic_.reactor, verify_versions(clinic_.db, clinic_.tenant, verdict));
    return verdict.first_fault.value_or("none");
  }
  Outcome write(const api::Principal& who, std::int64_t record, std::int64_t revision,
                const std::string& notes) {
    return clinic_.call(who, "PATCH", "/records/{id}", record, revision, {{"notes", notes}});
  }
  json::array versions(std::int64_t record) {
    auto asked = Clinic::request(clinic_.doctor, "GET", record, 0);
    asked.query = net::parse_query("limit=200").value();
    auto task =
        perform(clinic_.app, Clinic::handler("GET", "/records/{id}/versions"), std::move(asked));
    return run(clinic_.reactor, std::move(task)).body.at("items").as_array();
  }
  /// `number revision kind final notes` of each version.
  std::vector<std::string> told(std::int64_t record) {
    std::vector<std::string> out;
    for (const auto& head : versions(record)) {
      const auto number = head.at("version").as_int64();
      const auto whole = clinic_.version(record, number);
      out.push_back(std::to_string(number) + " " + std::to_string(head.at("revision").as_int64()) +
                    " " + std::string(head.at("kind").as_string()) +
                    (head.at("final").as_bool() ? " final " : " open ") +
                    std::string(whole.at("content").at("notes").as_string()));
    }
    return out;
  }
  std::string count(const std::string& from) {
    return clinic_.as_role().value("SELECT count(*) FROM " + from).value_or("");
  }

  Clinic clinic_;
};

TEST_F(VersionsTest, ChangesOfADraftByOneAccountWithinTenMinutesAreOneVersion) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  clinic_.clock.advance(5min);
  EXPECT_EQ(write(clinic_.doctor, id, 1, "five").version, 2);
  clinic_.clock.advance(5min);
  EXPECT_EQ(write(clinic_.doctor, id, 2, "ten").version, 3);
  EXPECT_EQ(count(clinic_.in("record_versions")), "0") << "it is in the record's row";
  EXPECT_THAT(told(id), ElementsAre("1 3 created open ten"));
  clinic_.clock.advance(1s);
  EXPECT_EQ(write(clinic_.doctor, id, 3, "later").version, 4);
  EXPECT_EQ(write(clinic_.nurse, id, 4, "another").version, 5);
  EXPECT_EQ(write(clinic_.doctor, id, 5, "back").version, 6);
  EXPECT_THAT(told(id), ElementsAre("1 3 created final ten", "2 4 updated final later",
                                    "3 5 updated final another", "4 6 updated open back"));
  EXPECT_EQ(fault(), "none");
}

TEST_F(VersionsTest, EveryChangeOfStatusBeginsAVersion) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  ASSERT_EQ(clinic_.finalize(id, 1).version, 2);
  ASSERT_EQ(clinic_
                .call(clinic_.doctor, "POST", "/records/{id}/amendments", id, 2,
                      {{"reason", "late"}, {"changes", {{"notes", "amended"}}}})
                .version,
            3);
  ASSERT_EQ(
      clinic_.call(clinic_.admin, "POST", "/records/{id}/reopen", id, 3, {{"reason", "again"}})
          .version,
      4);
  ASSERT_EQ(write(clinic_.doctor, id, 4, "draft").version, 5);
  EXPECT_THAT(told(id), ElementsAre("1 1 created final first", "2 2 finalized final first",
                                    "3 3 amended final amended", "4 4 reopened final amended",
                                    "5 5 updated open draft"));
  EXPECT_EQ(fault(), "none");
}

TEST_F(VersionsTest, AVersionOfDiagnosesSaysSoUntilMoreChanges) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  clinic_.clock.advance(1h);
  const auto coded = clinic_.call(
      clinic_.doctor, "POST", "/records/{id}/diagnoses", id, 1,
      {{"icd_code", "I10"}, {"diagnosis_name", "High"}, {"diagnosis_type", "primary"}});
  ASSERT_EQ(coded.version, 2) << coded.code;
  EXPECT_THAT(told(id), ElementsAre("1 1 created final first", "2 2 diagnosis open first"));
  ASSERT_EQ(write(clinic_.doctor, id, 2, "more").version, 3);
  EXPECT_THAT(told(id), ElementsAre("1 1 created final first", "2 3 updated open more"));
  EXPECT_EQ(clinic_.version(id, 1).at("content").at("diagnoses").as_array().size(), 0U);
  EXPECT_EQ(clinic_.version(id, 2).at("content").at("diagnoses").as_array().size(), 1U);
  EXPECT_EQ(fault(), "none");
}

TEST_F(VersionsTest, AutosavingEveryTwoSecondsLeavesAHandfulOfVersions) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  constexpr int kSaves = 600;
  for (int i = 1; i <= kSaves; ++i) {
    clinic_.clock.advance(2s);
    ASSERT_EQ(write(clinic_.doctor, id, i, "save " + std::to_string(i)).version, i + 1);
  }
  EXPECT_THAT(told(id), ElementsAre("1 301 created final save 300", "2 601 updated open save 600"));
  EXPECT_EQ(count(clinic_.in("record_versions")), "1");
  EXPECT_EQ(count(clinic_.in("audit_log") + " WHERE action IN ('record.create', 'record.update')"),
            std::to_string(kSaves + 1))
      << "one entry for each accepted write";
  EXPECT_EQ(fault(), "none");
}

TEST_F(VersionsTest, AChangeThatChangesNothingMakesNothing) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  const auto same = write(clinic_.nurse, id, 1, "first");
  EXPECT_EQ(same.status, 200);
  EXPECT_EQ(same.version, 1);
  EXPECT_THAT(told(id), ElementsAre("1 1 created open first"));
}

TEST_F(VersionsTest, NothingIsBuiltOnARowThatWasAltered) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  Clinic::as_intruder().script("UPDATE " + clinic_.in("medical_records") + " SET notes = 'forged'");
  EXPECT_EQ(write(clinic_.doctor, id, 1, "on top of it").code, "conflict");
  EXPECT_EQ(clinic_.finalize(id, 1).code, "conflict");
  EXPECT_THAT(fault(), HasSubstr("is not what its version says"));
}

TEST_F(VersionsTest, DifferencesReachTheOpenVersion) {
  const auto id = clinic_.new_record(clinic_.new_patient());
  clinic_.clock.advance(1h);
  ASSERT_EQ(write(clinic_.doctor, id, 1, "second").version, 2);
  const auto changes = clinic_.version(id, 2, "diff=1").at("changes").as_array();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].at("pointer"), "/notes");
  EXPECT_EQ(changes[0].at("before"), "first");
  EXPECT_EQ(changes[0].at("after"), "second");
}

// ---- formats -----------------------------------------------------------------------------------

/// Format 1 with one more field, which is the last line of the notes where that begins so.
std::string with_pain_location(const RecordInput& data, const std::vector<Diagnosis>& diagnoses) {
  constexpr std::string_view kMark = "pain: ";
  json::value content = json::parse(canonical_content(data, diagnoses));
  json::value location;
  const std::string notes = data.notes.value_or("");
  if (const auto at = notes.find(kMark); at != std::string::npos) {
    location = notes.substr(at + kMark.size());
  }
  content.as_object()["pain_location"] = location;
  return api::canonical_json(content);
}

TEST_F(VersionsTest, ADatabaseOfFormatOneHoldsWhenFormatTwoHasOneMoreField) {
  // A small database that format 1 made: a draft, a signed visit, one that was amended.
  const auto patient = clinic_.new_patient();
  const auto draft = clinic_.new_record(patient);
  const auto done = clinic_.new_record(patient);
  ASSERT_EQ(clinic_.finalize(done, 1).status, 200);
  const auto amended = clinic_.new_record(patient);
  ASSERT_EQ(clinic_.finalize(amended, 1).status, 200);
  const auto amend = [&](std::int64_t record, std::int64_t revision, const std::string& notes) {
    return clinic_.call(clinic_.doctor, "POST", "/records/{id}/amendments", record, revision,
                        {{"reason", "late"}, {"changes", {{"notes", notes}}}});
  };
  ASSERT_EQ(amend(amended, 2, "more").status, 201);
  const auto untouched = clinic_.new_record(patient);
  ASSERT_EQ(fault(), "none");

  const int first = newest_content_format();
  const std::array both{ContentFormat{first, &canonical_content},
                        ContentFormat{first + 1, &with_pain_location}};
  const OtherFormats newer(both);
  EXPECT_EQ(fault(), "none") << "what format 1 made";
  clinic_.clock.advance(1h);
  ASSERT_EQ(write(clinic_.doctor, draft, 1, "pain: knee").status, 200);
  EXPECT_EQ(amend(done, 2, "first").code, "invalid_fields") << "it changes nothing";
  ASSERT_EQ(amend(done, 2, "pain: hip").status, 201);
  ASSERT_EQ(amend(amended, 3, "pain: back").status, 201);
  EXPECT_EQ(fault(), "none") << "both of them";

  EXPECT_EQ(clinic_.version(draft, 1).at("content_format"), first);
  EXPECT_EQ(clinic_.version(draft, 2).at("content_format"), first + 1);
  EXPECT_FALSE(clinic_.version(draft, 1).at("content").as_object().contains("pain_location"));
  EXPECT_EQ(clinic_.version(done, 3).at("content").at("pain_location"), "hip");
  const auto changes = clinic_.version(done, 3, "diff=2").at("changes").as_array();
  std::vector<std::string> pointers;
  for (const auto& change : changes) pointers.emplace_back(change.at("pointer").as_string());
  EXPECT_THAT(pointers, ElementsAre("/status", "/notes", "/pain_location"));
  // An open version of format 1 goes on in format 2.
  ASSERT_EQ(write(clinic_.doctor, untouched, 1, "pain: toe").version, 2);
  EXPECT_EQ(fault(), "none");

  // A program that knows format 1 alone says so of the rows that it cannot take again.
  const OtherFormats older(std::span(both).first(1));
  EXPECT_THAT(fault(), HasSubstr("content format " + std::to_string(first + 1)));
}

// ---- erasure -----------------------------------------------------------------------------------

TEST_F(VersionsTest, WhatWasErasedIsGoneAndEveryHashHolds) {
  const auto patient = clinic_.new_patient();
  const auto other = clinic_.new_patient();
  const auto done = clinic_.new_record(patient);
  ASSERT_EQ(clinic_.finalize(done, 1).status, 200);
  ASSERT_EQ(clinic_
                .call(clinic_.doctor, "POST", "/records/{id}/amendments", done, 2,
                      {{"reason", "secret reason"}, {"changes", {{"notes", "secret"}}}})
                .status,
            201);
  const auto draft = clinic_.new_record(patient);
  ASSERT_EQ(clinic_
                .call(clinic_.doctor, "POST", "/records/{id}/diagnoses", draft, 1,
                      {{"icd_code", "I10"},
                       {"diagnosis_name", "secret name"},
                       {"diagnosis_type", "primary"}})
                .status,
            201);
  const auto kept = clinic_.new_record(other);
  const auto hash = clinic_.version(done, 3).at("content_hash");
  auto role = clinic_.as_role();
  const std::string call = "SELECT wardbook.record_erase('" + clinic_.tenant.str() + "', " +
                           std::to_string(patient) + ")";
  EXPECT_EQ(wardbook::testing::sqlstate_of(role, call), wardbook::testing::kRefused);
  Clinic::as_owner().query(call);
  EXPECT_EQ(fault(), "none");
  audit::Verdict verdict;
  run(clinic_.reactor, verify_versions(clinic_.db, clinic_.tenant, verdict));
  EXPECT_EQ(verdict.erased_versions, 4);
  for (const std::string table : {"record_versions", "medical_records", "diagnoses"}) {
    EXPECT_EQ(count(clinic_.in(table) + " t WHERE to_jsonb(t)::text LIKE '%secret%'"), "0")
        << table;
  }
  EXPECT_EQ(clinic_.version(done, 3).at("content"), nullptr);
  EXPECT_EQ(clinic_.version(done, 3).at("content_hash"), hash);
  EXPECT_EQ(clinic_.version(kept, 1).at("content").at("notes"), "first");
  EXPECT_EQ(write(clinic_.doctor, draft, 2, "again").code, "conflict");
  EXPECT_EQ(write(clinic_.doctor, kept, 1, "again").status, 200);
}

// ---- two authors, random steps and pauses ------------------------------------------------------

/// An accepted write, as its client saw it.
struct Accepted {
  std::int64_t account = 0;
  std::string notes;                ///< that it wrote; empty: none
  std::int64_t diagnosis = 0;       ///< that it wrote or took out; 0: none
  std::optional<std::string> name;  ///< of the diagnosis; none: taken out
};
/// record -> revision -> what made it
using History = std::map<std::int64_t, std::map<std::int64_t, Accepted>>;

struct Client {
  Client(Clinic& c, api::Principal who, History& all, unsigned seed)
      : clinic(c), caller(std::move(who)), history(all), random(seed) {}
  Clinic& clinic;
  api::Principal caller;
  History& history;
  std::mt19937 random;
  std::map<std::int64_t, std::int64_t> known;      ///< record -> the revision it believes in
  std::map<std::int64_t, std::int64_t> diagnosis;  ///< record -> one of its diagnoses
  int refused = 0;
  int steps = 0;

  unsigned below(unsigned n) { return static_cast<unsigned>(random() % n); }
};

struct Step {
  std::string method;
  std::string pattern;
  api::Principal caller;
  json::value body;
  Accepted made;
  bool of_diagnosis = false;
};

Step random_step(Client& c, std::int64_t record) {
  const std::string token = "t" + std::to_string(c.caller.account.value) + "-" +
                            std::to_string(c.steps) + "-" + std::to_string(c.random());
  const std::string at = "/records/{id}";
  Step step;
  step.method = "PATCH";
  step.pattern = at;
  step.caller = c.caller;
  step.body = {{"notes", token}};
  step.made.notes = token;
  switch (c.below(12)) {
    case 0:
      step.method = "POST";
      step.pattern += "/finalize";
      step.caller = c.clinic.doctor;
      step.body = {{"password", kClinicPassword}};
      step.made.notes.clear();
      break;
    case 1:
      step.method = "POST";
      step.pattern += "/reopen";
      step.caller = c.clinic.admin;
      step.body = {{"reason", "again"}};
      step.made.notes.clear();
      break;
    case 2:
      step.pattern += "/amendments";
      step.method = "POST";
      step.caller = c.clinic.doctor;
      step.body = {{"reason", "late"}, {"changes", {{"notes", token}}}};
      break;
    case 3:
    case 4:
      step.pattern += "/diagnoses";
      step.method = "POST";
      step.body = {{"icd_code", "I10"}, {"diagnosis_name", token}, {"diagnosis_type", "secondary"}};
      step.made = {0, "", -1, token};
      break;
    case 5:
      step.pattern = "/diagnoses/{id}";
      step.body = {{"diagnosis_name", token}};
      step.made = {0, "", c.diagnosis[record], token};
      step.of_diagnosis = true;
      break;
    case 6:
      step.method = "DELETE";
      step.pattern = "/diagnoses/{id}";
      step.made = {0, "", c.diagnosis[record], std::nullopt};
      step.of_diagnosis = true;
      break;
    default:
      break;
  }
  step.made.account = step.caller.account.value;
  return step;
}

Task<> take_steps(Client& c, std::vector<std::int64_t> records, int count) {
  for (c.steps = 0; c.steps < count; ++c.steps) {
    c.clinic.clock.advance(std::chrono::seconds(c.below(240)));
    const auto record = records[c.below(static_cast<unsigned>(records.size()))];
    Step step = random_step(c, record);
    const auto id = step.of_diagnosis ? c.diagnosis[record] : record;
    auto request = Clinic::request(step.caller, step.method, id, c.known[record], step.body);
    const auto out = co_await perform(c.clinic.app, Clinic::handler(step.method, step.pattern),
                                      std::move(request));
    if (out.status < 300) {
      c.known[record] = out.version;
      if (step.made.diagnosis == -1) {
        step.made.diagnosis = c.diagnosis[record] = out.body.at("id").as_int64();
      }
      EXPECT_TRUE(c.history[record].emplace(out.version, std::move(step.made)).second)
          << "two writes were told that they are revision " << out.version;
      continue;
    }
    ++c.refused;
    EXPECT_LT(out.status, 500) << step.method << " " << step.pattern << " " << out.code;
    if (out.code != "version_conflict") continue;
    auto read = Clinic::request(c.caller, "GET", record, 0);
    const auto now =
        co_await perform(c.clinic.app, Clinic::handler("GET", "/records/{id}"), std::move(read));
    c.known[record] = now.version;
  }
}

/// What the record says after all writes up to a revision.
struct Model {
  std::string notes = "first";
  std::map<std::int64_t, std::string> diagnoses;
  void apply(const Accepted& write) {
    if (!write.notes.empty()) notes = write.notes;
    if (write.diagnosis == 0) return;
    if (write.name) {
      diagnoses[write.diagnosis] = *write.name;
    } else {
      diagnoses.erase(write.diagnosis);
    }
  }
};

Model said_by(const json::value& content) {
  Model out;
  out.notes = content.at("notes").as_string();
  for (const auto& item : content.at("diagnoses").as_array()) {
    out.diagnoses[item.at("id").as_int64()] = item.at("diagnosis_name").as_string();
  }
  return out;
}

TEST_F(VersionsTest, RandomStepsOfTwoAuthorsLoseNothing) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto patient = clinic_.new_patient();
    History history;
    std::vector<std::int64_t> records;
    Client one(clinic_, clinic_.doctor, history, seed);
    Client two(clinic_, clinic_.nurse, history, seed + 100);
    for (int i = 0; i < 2; ++i) {
      records.push_back(clinic_.new_record(patient));
      one.known[records.back()] = two.known[records.back()] = 1;
      history[records.back()][1] = {clinic_.doctor.account.value, "first", 0, std::nullopt};
    }
    std::vector<Task<>> both;
    both.push_back(take_steps(one, records, 80));
    both.push_back(take_steps(two, records, 80));
    run_all(clinic_.reactor, std::move(both));
    EXPECT_GT(one.refused + two.refused, 5) << "they did get into each other's way";

    for (const auto record : records) {
      const auto& writes = history[record];
      EXPECT_EQ(writes.rbegin()->first, static_cast<std::int64_t>(writes.size())) << "no gaps";
      EXPECT_GT(writes.size(), 5U);
      Model model;
      std::int64_t revision = 0;
      std::int64_t number = 0;
      for (const auto& head : versions(record)) {
        EXPECT_EQ(head.at("version").as_int64(), ++number);
        const auto author = head.at("changed_by").as_int64();
        const auto last = head.at("revision").as_int64();
        for (; revision < last; ++revision) {
          EXPECT_EQ(writes.at(revision + 1).account, author) << "a version has one author";
          model.apply(writes.at(revision + 1));
        }
        const auto whole = clinic_.version(record, number);
        const Model said = said_by(whole.at("content"));
        EXPECT_EQ(said.notes, model.notes) << "version " << number;
        EXPECT_EQ(said.diagnoses, model.diagnoses) << "version " << number;
        const auto begun = parse_rfc3339(whole.at("begun_at").as_string());
        const auto changed = parse_rfc3339(whole.at("changed_at").as_string());
        EXPECT_LE(*changed - *begun, 10min);
      }
      EXPECT_EQ(revision, static_cast<std::int64_t>(writes.size()))
          << "every write is in a version";
    }
    EXPECT_EQ(fault(), "none");
  }
}

}  // namespace
}  // namespace wardbook::records
