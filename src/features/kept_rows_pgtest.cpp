// Patients, files and templates under the same proof as records: whoever gets past the service and
// the database's guards is noticed by `audit verify`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/allergies/allergies.h"
#include "features/attachments/kept_files.h"
#include "support/backup.h"
#include "support/clinic.h"

namespace wardbook {
namespace {

using testing::Backup;
using testing::Clinic;
using ::testing::HasSubstr;
using testing::run;
using testing::sqlstate_of;

class KeptRowsTest : public ::testing::Test {
 protected:
  audit::Verdict verify() {
    audit::Verdict verdict;
    run(clinic_.reactor, patients::verify_patients(clinic_.db, clinic_.tenant, verdict));
    if (!verdict.first_fault) {
      run(clinic_.reactor, allergies::verify_allergies(clinic_.db, clinic_.tenant, verdict));
    }
    if (!verdict.first_fault) {
      run(clinic_.reactor, attachments::verify_files(clinic_.db, clinic_.tenant, verdict));
    }
    if (!verdict.first_fault) {
      run(clinic_.reactor, templates::verify_templates(clinic_.db, clinic_.tenant, verdict));
    }
    return verdict;
  }
  std::string fault() { return verify().first_fault.value_or("none"); }

  /// Each of them is told by its words, and what it was before holds.
  void expect_noticed(const std::vector<std::string>& tables,
                      const std::vector<std::pair<std::string, std::string>>& tamperings) {
    auto intruder = Clinic::as_intruder();
    Backup backup(intruder, clinic_, tables);
    ASSERT_EQ(fault(), "none");
    for (const auto& [sql, says] : tamperings) {
      intruder.script(sql);
      EXPECT_THAT(fault(), HasSubstr(says)) << sql;
      backup.put_back();
      ASSERT_EQ(fault(), "none") << "put back as it was";
    }
  }

  /// A file that is there, without a store.
  std::int64_t new_file(std::int64_t record) {
    auto role = clinic_.as_role();
    const auto id = std::stoll(
        role.value("INSERT INTO " + clinic_.in("record_attachments") +
                       " (record_id, file_name, file_type, file_size, s3_key, s3_bucket, "
                       "uploaded_by, stored_size, state, sha256, stored_sha256) VALUES ($1, "
                       "'a.pdf', 'application/pdf', 5, 'key', 'bucket', $2, 5, 'available', "
                       "repeat('a', 64), repeat('a', 64)) RETURNING id",
                   {std::to_string(record), std::to_string(clinic_.doctor.account.value)})
            .value());
    run(clinic_.reactor, kept(AttachmentId(id), "attachment.publish"));
    return id;
  }
  Task<> kept(AttachmentId id, audit::Action action) {
    audit::Actor actor;
    actor.account = clinic_.doctor.account;
    auto w = co_await api::write_as(clinic_.db, audit::journal(), clinic_.tenant, actor);
    audit::Entry entry{.action = action, .resource = "attachment", .resource_id = id.value};
    entry = co_await attachments::keep_file(w.tx(), id, actor.account, std::move(entry));
    w.log(std::move(entry));
    co_await w.commit();
  }

  Clinic clinic_;
};

TEST_F(KeptRowsTest, ATamperedPatientIsNoticed) {
  const auto id = clinic_.new_patient();
  const auto changed =
      clinic_.call(clinic_.doctor, "PATCH", "/patients/{id}", id, 1, {{"phone", "555"}});
  ASSERT_EQ(changed.version, 2) << changed.code;
  EXPECT_EQ(verify().versions, 2 + 4) << "with those of the built-in templates";
  const std::string name = "patient " + std::to_string(id);
  const std::string row = "UPDATE " + clinic_.in("patients") + " SET ";
  const std::string kept = "UPDATE " + clinic_.in("row_versions") + " SET ";
  expect_noticed(
      {"patients", "row_versions", "audit_log"},
      {{row + R"(allergies = '[{"substance": "Latex"}]')", name + " has other allergies"},
       {row + "allergy_status = 'none_known'", name + " is not what"},
       {row + "date_of_birth = '1981-02-28'", name + " is not what"},
       {row + "version = 3", name + " is not what"},
       {kept + "content = replace(content, '555', '556')", "version 2 of " + name},
       {kept + "content_salt = NULL WHERE version = 1", "version 1 of " + name},
       {kept + "changed_by = changed_by + 1 WHERE version = 1", "version 1 of " + name},
       {"DELETE FROM " + clinic_.in("row_versions") + " WHERE version = 1", "no version before"},
       {"DELETE FROM " + clinic_.in("row_versions") + " WHERE version = 2", name + " is not what"},
       {"DELETE FROM " + clinic_.in("row_versions"), name + " has no version"},
       {"DELETE FROM " + clinic_.in("patients"), name + " is missing"},
       {"DELETE FROM " + clinic_.in("audit_log") + " WHERE action = 'patient.update'",
        "version 2 of " + name + " is not what the audit log says"}});
}

TEST_F(KeptRowsTest, ATamperedAllergyIsNoticed) {
  const auto patient = clinic_.new_patient();
  const auto made = clinic_.call(clinic_.doctor, "POST", "/patients/{id}/allergies", patient, 0,
                                 {{"substance", "Latex"}});
  ASSERT_EQ(made.version, 1) << made.code;
  const auto id = made.body.at("id").as_int64();
  const auto changed =
      clinic_.call(clinic_.doctor, "PATCH", "/allergies/{id}", id, 1, {{"severity", "severe"}});
  ASSERT_EQ(changed.version, 2) << changed.code;
  const std::string name = "allergy " + std::to_string(id);
  const std::string row = "UPDATE " + clinic_.in("chart_objects") + " SET ";
  const std::string kept = "UPDATE " + clinic_.in("row_versions") + " SET ";
  expect_noticed(
      {"patients", "chart_objects", "row_versions", "audit_log"},
      {{row + R"(content = content || '{"severity": "mild"}')", name + " is not what"},
       {row + "version = 3", name + " is not what"},
       {kept + "content = replace(content, 'Latex', 'Lotex') WHERE resource = 'allergy'",
        "version 1 of " + name},
       {"DELETE FROM " + clinic_.in("chart_objects"), name + " is missing"},
       {"UPDATE " + clinic_.in("patients") + " SET allergies = '[]'", "has other allergies"},
       {"DELETE FROM " + clinic_.in("audit_log") + " WHERE action = 'allergy.update'",
        "version 2 of " + name + " is not what the audit log says"}});
}

TEST_F(KeptRowsTest, ATamperedFileIsNoticed) {
  const auto record = clinic_.new_record(clinic_.new_patient());
  const auto id = new_file(record);
  auto role = clinic_.as_role();
  role.script("UPDATE " + clinic_.in("record_attachments") +
              " SET download_count = 7, last_accessed_at = now(), etag = 'e'");
  ASSERT_EQ(fault(), "none") << "it was fetched, that is all";
  const std::string name = "attachment " + std::to_string(id);
  const std::string row = "UPDATE " + clinic_.in("record_attachments") + " SET ";
  expect_noticed({"record_attachments", "row_versions"},
                 {{row + "sha256 = repeat('b', 64)", name + " is not what"},
                  {row + "s3_key = 'other'", name + " is not what"},
                  {row + "file_name = 'b.pdf'", name + " is not what"},
                  {row + "state = 'pending'", name + " is not what"},
                  {row + "added_after_finalization = true", name + " is not what"},
                  {"DELETE FROM " + clinic_.in("row_versions") + " WHERE resource = 'attachment'",
                   name + " has no version"},
                  {"DELETE FROM " + clinic_.in("record_attachments"), name + " is missing"}});
  role.script("UPDATE " + clinic_.in("record_attachments") +
              " SET state = 'deleted', deleted_at = now()");
  EXPECT_THAT(fault(), HasSubstr(name + " is not what")) << "a change without its version";
  run(clinic_.reactor, kept(AttachmentId(id), "attachment.delete"));
  EXPECT_EQ(fault(), "none");
}

TEST_F(KeptRowsTest, ATamperedTemplateIsNoticed) {
  const boost::json::object body{
      {"name", "Mine"}, {"visit_type", "consultation"}, {"content", {{"notes", "as it was"}}}};
  const auto made = clinic_.call(clinic_.doctor, "POST", "/templates", 0, 0, body);
  ASSERT_EQ(made.status, 201) << made.code;
  const auto id = std::to_string(made.body.at("id").as_int64());
  const std::string name = "template " + id;
  const std::string rows = "UPDATE " + clinic_.in("templates") + " SET ";
  const std::string kept = "UPDATE " + clinic_.in("template_versions") + " SET ";
  const std::string other = R"(content = '{"notes": "forged"}')";
  expect_noticed({"templates", "template_versions", "audit_log"},
                 {{rows + other + " WHERE id = " + id, name + " is not what"},
                  {rows + other + " WHERE id = 1", "template 1 is not what"},
                  {rows + "version = 2 WHERE id = " + id, name + " is not what"},
                  {kept + other + " WHERE template_id = " + id, "version 1 of " + name},
                  {kept + other + " WHERE template_id = 1", "version 1 of template 1"},
                  {"DELETE FROM " + clinic_.in("template_versions") + " WHERE template_id = " + id,
                   name + " is not what"},
                  {"DELETE FROM " + clinic_.in("audit_log") + " WHERE action = 'template.create'",
                   name + " is not what the audit log says"}});
}

TEST_F(KeptRowsTest, WhatIsKeptOfAPatientCanBeErased) {
  const auto id = clinic_.new_patient();
  const auto other = clinic_.new_patient();
  new_file(clinic_.new_record(id));
  Clinic::as_owner().query("SELECT wardbook.record_erase($1, $2)",
                           {clinic_.tenant.str(), std::to_string(id)});
  const auto verdict = verify();
  EXPECT_EQ(verdict.first_fault, std::nullopt);
  EXPECT_EQ(verdict.erased_versions, 2);
  auto role = clinic_.as_role();
  EXPECT_EQ(role.value("SELECT string_agg(patient_id::text, ' ') FROM " +
                       clinic_.in("row_versions") + " WHERE content IS NOT NULL"),
            std::to_string(other));
}

TEST_F(KeptRowsTest, AVersionHasTheHashOfItsContentAndStays) {
  clinic_.new_patient();
  auto role = clinic_.as_role();
  const std::string copy = "INSERT INTO " + clinic_.in("row_versions") +
                           " SELECT resource, resource_id, 2, kind, patient_id, changed_by, "
                           "changed_at, content_format, content_digest, content_hash, "
                           "content_salt, reason, content FROM " +
                           clinic_.in("row_versions");
  EXPECT_EQ(sqlstate_of(role, copy), "WB003");
  EXPECT_EQ(sqlstate_of(role, "UPDATE " + clinic_.in("row_versions") + " SET content = NULL"),
            testing::kRefused);
  auto owner = Clinic::as_owner();
  EXPECT_EQ(sqlstate_of(owner, "UPDATE " + clinic_.in("row_versions") + " SET content = 'x'"),
            "WB002");
  EXPECT_EQ(sqlstate_of(owner, "DELETE FROM " + clinic_.in("row_versions")), "WB002");
}

}  // namespace
}  // namespace wardbook
