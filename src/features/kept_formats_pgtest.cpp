// A hospital that format 1 wrote, restored from a dump that no program writes any more, and what a
// later format adds to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "api/input.h"
#include "features/attachments/attachments.h"
#include "features/records/content_format.h"
#include "support/clinic.h"
#include "support/provision.h"

namespace wardbook {
namespace {

namespace json = boost::json;
using testing::Clinic;
using ::testing::HasSubstr;
using testing::PgCluster;
using testing::run;

/// Of the dump's last seal.
constexpr const char* kHead = "e55000ac1b7257dd16d75081bc2946af651e6092837310edadd03858f9be26e7";

constexpr const char* kDump = "tests/data/hospital_of_format_one.sql";

/// Its name is part of the chain.
TenantId provisioned() {
  const TenantId tenant = *TenantId::parse("hospital_of_format_one");
  PgCluster::get().migrate();
  testing::provision(PgCluster::get().owner_conninfo(), tenant);
  return tenant;
}

class KeptFormatsTest : public ::testing::Test {
 protected:
  KeptFormatsTest() {
    std::ifstream file(kDump);
    std::ostringstream dump;
    dump << file.rdbuf();
    EXPECT_FALSE(dump.str().empty()) << kDump;
    // The staff of this test stays, beside those who wrote the dump.
    std::set<std::string> tables;
    const std::string text = dump.str();
    const std::regex insert(R"(\nINSERT INTO hospital_of_format_one\.(\w+) )");
    for (std::sregex_iterator at(text.begin(), text.end(), insert), end; at != end; ++at) {
      tables.insert((*at)[1]);
    }
    tables.erase("staff");
    std::string script;
    for (const auto& table : tables) script += "DELETE FROM " + clinic_.in(table) + "; ";
    intruder_.script(script + text);
  }
  ~KeptFormatsTest() override {
    intruder_.script(
        "DROP SCHEMA hospital_of_format_one CASCADE;"
        "DELETE FROM wardbook.sessions WHERE tenant_id = 'hospital_of_format_one';"
        "DELETE FROM wardbook.memberships WHERE tenant_id = 'hospital_of_format_one';"
        "DELETE FROM wardbook.accounts WHERE email LIKE '%@hospital_of_format_one.test';"
        "DELETE FROM wardbook.tenants WHERE id = 'hospital_of_format_one'");
  }

  /// As `wardbook audit verify`.
  audit::Verdict verify(const audit::Formats& formats = audit::shipped_formats()) {
    auto verdict = run(clinic_.reactor, audit::verify_chain(clinic_.db, clinic_.tenant, formats));
    for (const auto& part : {&records::verify_versions, &patients::verify_patients,
                             &attachments::verify_files, &templates::verify_templates}) {
      if (!verdict.first_fault) run(clinic_.reactor, part(clinic_.db, clinic_.tenant, verdict));
    }
    return verdict;
  }
  std::string fault(const audit::Formats& formats = audit::shipped_formats()) {
    return verify(formats).first_fault.value_or("none");
  }
  std::string value(const std::string& sql) { return intruder_.value(sql).value_or("null"); }

  Clinic clinic_{provisioned()};
  db::SyncConnection intruder_ = Clinic::as_intruder();
};

TEST_F(KeptFormatsTest, WhatFormatOneWroteHolds) {
  for (const std::string table : {"medical_records", "record_versions", "row_versions"}) {
    EXPECT_EQ(
        value("SELECT string_agg(DISTINCT content_format::text, ',') FROM " + clinic_.in(table)),
        "1")
        << table;
  }
  EXPECT_EQ(value("SELECT string_agg(DISTINCT entry_format::text, ',') FROM " +
                  clinic_.in("audit_seals")),
            "1");
  const auto verdict = verify();
  EXPECT_EQ(verdict.first_fault, std::nullopt);
  EXPECT_EQ(verdict.seals, 2);
  EXPECT_EQ(verdict.epoch, 1);
  EXPECT_GT(verdict.entries, 20);
  EXPECT_GT(verdict.erased, 0);
  EXPECT_GT(verdict.versions, 15);
  EXPECT_GT(verdict.erased_versions, 0);
  EXPECT_EQ(verdict.head, kHead);
}

TEST_F(KeptFormatsTest, AnAlterationOfWhatFormatOneWroteIsNoticed) {
  const std::vector<std::pair<std::string, std::string>> alterations{
      {"UPDATE medical_records SET content = replace(content, 'Cough', 'Gough') WHERE id = 1",
       "record 1"},
      {"UPDATE medical_records SET chief_complaint = 'Gough' WHERE id = 2", "record 2"},
      {"UPDATE record_versions SET content = replace(content, '84.5', '85.4') WHERE record_id = 3"
       " AND version = 1",
       "version 1 of record 3"},
      {"UPDATE diagnoses SET notes = 'left base'", "record 2"},
      {"UPDATE patients SET allergies = '[]' WHERE id = 1", "patient 1"},
      {"UPDATE record_attachments SET sha256 = repeat('b', 64)", "attachment 1"},
      {"UPDATE templates SET content = '{}' WHERE name = 'Mine'", "template"},
      {"UPDATE audit_log SET reason = 'none' WHERE action = 'record.amend'", "audit entry"}};
  intruder_.script("SET search_path = hospital_of_format_one");
  for (const auto& [sql, named] : alterations) {
    const auto table = sql.substr(7, sql.find(" SET") - 7);
    intruder_.script("CREATE TEMP TABLE before AS SELECT * FROM " + table);
    intruder_.script(sql);
    EXPECT_THAT(fault(), HasSubstr(named)) << sql;
    intruder_.script("DELETE FROM " + table + "; INSERT INTO " + table +
                     " OVERRIDING SYSTEM VALUE SELECT * FROM before; DROP TABLE before");
  }
  EXPECT_EQ(fault(), "none");
}

/// The program's newest format with one more field, which is the last line of the notes where that
/// begins so.
std::string with_pain(const records::RecordInput& data,
                      const std::vector<records::Diagnosis>& diagnoses) {
  constexpr std::string_view kMark = "pain: ";
  json::value content = json::parse(records::canonical_content(data, diagnoses));
  json::value location;
  const std::string notes = data.notes.value_or("");
  if (const auto at = notes.find(kMark); at != std::string::npos) {
    location = notes.substr(at + kMark.size());
  }
  content.as_object()["pain_location"] = location;
  return api::canonical_json(content);
}

TEST_F(KeptFormatsTest, BothFormatsHoldWhenALaterOneAddsAField) {
  const int first = 1;
  const int later = records::newest_content_format() + 1;
  const auto whole_of_one = [](const records::RecordInput& data,
                               const std::vector<records::Diagnosis>& diagnoses) {
    records::RecordInput whole = data;
    whole.diagnoses = coding::content_of(diagnoses);
    return clinical::canonical(whole, 1);
  };
  const std::array formats{records::ContentFormat{first, whole_of_one},
                           records::ContentFormat{later, &with_pain}};
  const records::OtherFormats newer(formats);
  ASSERT_EQ(fault(), "none");

  // The doctor of this test has no part in the dump; revisions and statuses are the dump's.
  const auto patched =
      clinic_.call(clinic_.doctor, "PATCH", "/records/{id}", 1, 2, {{"notes", "pain: knee"}});
  ASSERT_EQ(patched.status, 200) << patched.code;
  const auto amended = clinic_.call(clinic_.doctor, "POST", "/records/{id}/amendments", 3, 3,
                                    {{"reason", "late"}, {"changes", {{"notes", "pain: back"}}}});
  ASSERT_EQ(amended.status, 201) << amended.code;
  const auto made = clinic_.new_record(1);
  run(clinic_.reactor, audit::seal(clinic_.db, clinic_.tenant));

  const auto verdict = verify();
  EXPECT_EQ(verdict.first_fault, std::nullopt);
  EXPECT_GT(verdict.seals, 2);
  EXPECT_EQ(clinic_.version(3, 2).at("content_format"), first);
  EXPECT_EQ(clinic_.version(3, 3).at("content_format"), first);
  EXPECT_EQ(clinic_.version(3, 4).at("content_format"), later);
  EXPECT_EQ(clinic_.version(3, 4).at("content").at("pain_location"), "back");
  EXPECT_EQ(clinic_.version(made, 1).at("content_format"), later);
  EXPECT_NE(value("SELECT max(entry_format) FROM " + clinic_.in("audit_seals")), "1");

  intruder_.script("UPDATE " + clinic_.in("record_versions") +
                   " SET content = replace(content, 'back', 'neck') WHERE record_id = 3"
                   " AND version = 4");
  EXPECT_THAT(fault(), HasSubstr("version 4 of record 3"));
}

}  // namespace
}  // namespace wardbook
