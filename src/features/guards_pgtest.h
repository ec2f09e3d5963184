#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "api/input.h"
#include "support/clinic.h"

namespace wardbook::testing {

/// A draft with a coded diagnosis, of which the first version is open at revision 2, and the SQL
/// that further ones take.
class GuardsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    record_ = clinic_.new_record(clinic_.new_patient());
    const auto coded = clinic_.call(
        clinic_.doctor, "POST", "/records/{id}/diagnoses", record_, 1,
        {{"icd_code", "E11.9"}, {"diagnosis_name", "Diabetes"}, {"diagnosis_type", "primary"}});
    ASSERT_EQ(coded.status, 201) << coded.code;
    diagnosis_ = " WHERE id = " + std::to_string(coded.body.at("id").as_int64());
    where_ = " WHERE id = " + std::to_string(record_);
    said_ = api::canonical_json(clinic_.version(record_, 1).at("content"));
    role_.script("SET lock_timeout = '200ms'");
  }
  void finalize(std::int64_t at = 2) {
    const auto done = clinic_.finalize(record_, at);
    ASSERT_EQ(done.status, 200) << done.code;
  }
  void reopen(std::int64_t at) {
    const auto done = clinic_.call(clinic_.admin, "POST", "/records/{id}/reopen", record_, at,
                                   {{"reason", "the wrong arm"}});
    ASSERT_EQ(done.status, 200) << done.code;
  }
  std::string as_role(const std::string& sql) { return sqlstate_of(role_, sql); }
  std::string as_owner(const std::string& sql) { return sqlstate_of(owner_, sql); }

  /// The version that the row has goes into the history; `set` replaces some of its columns.
  std::string keep(const std::string& content, const std::string& reason = "NULL",
                   const std::map<std::string, std::string>& set = {}) {
    const std::vector<std::pair<std::string, std::string>> columns{
        {"record_id", "id"},
        {"version", "version"},
        {"revision", "revision"},
        {"kind", "version_kind"},
        {"status", "status"},
        {"patient_id", "patient_id"},
        {"changed_by", "version_by"},
        {"begun_at", "version_begun_at"},
        {"changed_at", "updated_at"},
        {"content_format", "content_format"},
        {"content_digest", "content_digest"},
        {"content_hash", "content_hash"},
        {"content_salt", "content_salt"},
        {"reason", reason},
        {"content", "'" + content + "'"}};
    std::string names;
    std::string values;
    for (const auto& [name, value] : columns) {
      const auto other = set.find(name);
      names += (names.empty() ? "" : ", ") + name;
      values += (values.empty() ? "" : ", ") + (other == set.end() ? value : other->second);
    }
    return "INSERT INTO " + versions_ + " (" + names + ") SELECT " + values + " FROM " + records_ +
           where_ + "; ";
  }
  /// What the service made is kept.
  std::string close() { return keep(said_); }

  /// The row takes its next revision, of a version of this number that says `{}`; `more` is set
  /// besides and begins with a comma. `digest`, `by` and `at` replace what they have to be.
  struct Step {
    int number = 1;
    std::string kind = "updated";
    std::string status = "draft";
    std::string more = {};
    std::string by = "version_by";
    std::string at = "updated_at + interval '1 second'";
    std::string hash = {};
  };
  std::string take(const Step& step) {
    const bool draft = step.kind == "created" || step.kind == "updated" || step.kind == "diagnosis";
    const std::string said = draft || step.kind == "finalized" ? "-,{}" : "1:r,{}";
    const std::string goes_on = "version = " + std::to_string(step.number);
    const std::string hash =
        step.hash.empty()
            ? "encode(sha256(convert_to(concat_ws(' ', 1, 'record', s.id, s.number, s.revision, "
              "s.kind, s.status, s.patient_id, s.by, (extract(epoch FROM s.begun) * "
              "1000000)::bigint, (extract(epoch FROM s.at) * 1000000)::bigint, encode(s.digest, "
              "'hex')), 'UTF8')), 'hex')"
            : step.hash;
    return "UPDATE " + records_ +
           " r SET revision = n.revision, version = n.number, version_kind = n.kind, version_by = "
           "n.by, version_begun_at = n.begun, updated_at = n.at, content_format = 1, content_salt "
           "= n.salt, content_digest = n.digest, content_hash = n.hash, status = n.status" +
           step.more + " FROM (SELECT s.*, " + hash +
           " AS hash FROM (SELECT id, revision + 1 AS revision, " + std::to_string(step.number) +
           " AS number, '" + step.kind + "' AS kind, '" + step.status + "' AS status, " +
           (patient_.empty() ? "patient_id" : patient_ + " AS patient_id") + ", " + step.by +
           " AS by, " + step.at + " AS at, CASE WHEN " + goes_on + " THEN version_begun_at ELSE " +
           step.at + " END AS begun, uuid '" + kSalt + "' AS salt, sha256(uuid_send('" + kSalt +
           "') || convert_to('" + said + "', 'UTF8')) AS digest FROM " + records_ + where_ +
           ") s) n WHERE r.id = n.id; ";
  }
  /// A version of a kind that is kept at once.
  std::string keep_it(const std::string& kind) {
    return keep("{}", kind == "finalized" ? "NULL" : "'r'");
  }
  static std::string signed_by() { return ", signed_hash = n.hash"; }
  static std::string finalized_by() {
    return signed_by() + ", finalized_by = n.by, finalized_at = n.at";
  }
  static std::string reopened() {
    return ", signed_hash = NULL, finalized_by = NULL, finalized_at = NULL";
  }
  static std::string voided_by() {
    return ", voided_at = n.at, voided_by = n.by, void_reason = 'r'";
  }
  std::string sign(int number, const std::string& meaning, const std::string& by = "changed_by") {
    return "INSERT INTO " + clinic_.in("signatures") +
           " (record_id, version, content_hash, signed_by, signed_at, meaning) SELECT record_id, "
           "version, content_hash, " +
           by + ", changed_at, '" + meaning + "' FROM " + versions_ +
           " WHERE record_id = " + std::to_string(record_) +
           " AND version = " + std::to_string(number) + "; ";
  }
  std::string finalizing(int number, const std::string& more = finalized_by()) {
    return take({.number = number, .kind = "finalized", .status = "finalized", .more = more}) +
           keep_it("finalized") + sign(number, "finalized");
  }
  std::string amend(int number, const std::string& more = "", const std::string& between = "") {
    return take({.number = number,
                 .kind = "amended",
                 .status = "amended",
                 .more = signed_by() + more}) +
           between + keep_it("amended") + sign(number, "amended");
  }
  std::string diagnose(const std::string& set) {
    return "UPDATE " + clinic_.in("diagnoses") + " SET " + set + diagnosis_ + "; ";
  }
  /// A file that is there.
  std::string file(const std::string& name, const std::string& state = "available") {
    return "INSERT INTO " + files_ +
           " (record_id, file_name, file_type, file_size, s3_key, s3_bucket, uploaded_by, "
           "stored_size, state) SELECT id, '" +
           name + "', 'application/pdf', 1, '" + name + "', 'b', created_by, 1, '" + state +
           "' FROM " + records_ + where_ + "; ";
  }
  std::string change(const std::string& name, const std::string& set) {
    return "UPDATE " + files_ + " SET " + set + " WHERE file_name = '" + name + "'";
  }
  std::string marked(const std::string& name) {
    return role_
        .value("SELECT added_after_finalization FROM " + files_ + " WHERE file_name = $1", {name})
        .value();
  }

  static constexpr const char* kSalt = "00000000-0000-0000-0000-000000000001";
  Clinic clinic_;
  db::SyncConnection role_ = clinic_.as_role();
  db::SyncConnection owner_ = Clinic::as_owner();
  std::string records_ = clinic_.in("medical_records");
  std::string versions_ = clinic_.in("record_versions");
  std::string files_ = clinic_.in("record_attachments");
  std::string where_;
  std::string diagnosis_;
  std::string said_;     ///< by the service's open version, canonical
  std::string patient_;  ///< SQL: of the next step, if it is another one
  std::int64_t record_ = 0;
};

}  // namespace wardbook::testing
