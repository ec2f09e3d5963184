// Records, versions and signatures against SQL itself, as the hospital's role or, where that may
// not, the owner.
#include <set>
#include <thread>

#include "base/text.h"
#include "clinical/fields.h"
#include "features/guards_pgtest.h"

namespace wardbook {
namespace {

using testing::Clinic;

class RecordGuardsTest : public testing::GuardsTest {};

// ---- versions and signatures -------------------------------------------------------------------

/// The content is another one, and with it the columns.
constexpr const char* kOtherNotes = R"(, content = '{"notes":"x"}')";

TEST_F(RecordGuardsTest, AChangeOfADraftIsTheNextRevision) {
  const auto set = [&](const std::string& what) {
    return as_role("UPDATE " + records_ + " SET " + what + where_);
  };
  EXPECT_EQ(set("notes = 'x'"), "WB003");
  EXPECT_EQ(set("notes = 'x', revision = revision + 1"), "WB003") << "without its hash";
  EXPECT_EQ(set("version = version + 1"), "WB003");
  EXPECT_EQ(set("version = version - 1"), "WB003");
  EXPECT_EQ(as_role(take({.kind = "created", .more = ", notes = 'x'"})), "WB003")
      << "columns are made of the content";
  EXPECT_EQ(as_role(take({.kind = "created", .more = kOtherNotes})), "");
  EXPECT_EQ(role_.value("SELECT notes FROM " + records_ + where_), "x");
  EXPECT_EQ(as_role(take({.kind = "created", .hash = "repeat('0', 64)"})), "WB003");
  EXPECT_EQ(as_role(take({.kind = "updated"})), "WB003") << "it was created";
  EXPECT_EQ(as_role(take({.kind = "created", .status = "finalized"})), "WB003");
  EXPECT_EQ(as_role(take({.kind = "created", .by = std::to_string(clinic_.nurse.account.value)})),
            "WB003")
      << "another's is another version";
  EXPECT_EQ(as_role(take({.kind = "created",
                          .at = "version_begun_at + interval '10 minutes 1 microsecond'"})),
            "WB003")
      << "so is a later one";
  EXPECT_EQ(as_role(take({.kind = "created", .at = "updated_at - interval '1 second'"})), "WB003");
  for (const std::string more :
       {"created_at = now() - interval '1 day'", "template_id = 5",
        "record_number = 'MR-2026-999999'", "signed_hash = 'x'", "created_by = created_by + 1",
        "void_reason = 'x'", "voided_at = now()"}) {
    EXPECT_EQ(as_role(take({.kind = "created", .more = ", " + more})), "WB003") << more;
  }
}

TEST_F(RecordGuardsTest, TheNextVersionKeepsTheOneBeforeIt) {
  EXPECT_EQ(as_role(take({.number = 2})), "WB003") << "it is not kept";
  EXPECT_EQ(as_role(close()), "WB003") << "the record has not gone on";
  EXPECT_EQ(as_role("SET CONSTRAINTS ALL IMMEDIATE; " + close() + take({.number = 2})), "WB003");
  EXPECT_EQ(as_role(close() + take({.number = 3})), "WB003") << "a gap";
  EXPECT_EQ(as_role(close() + close()), "23505");
  EXPECT_EQ(as_role(close() + take({.number = 2, .at = "updated_at - interval '1 second'"})),
            "WB003")
      << "older than the one before it";
  EXPECT_EQ(as_role(close() + take({.number = 2, .more = kOtherNotes}) + keep("{}") +
                    take({.number = 3}) + take({.number = 3, .more = kOtherNotes})),
            "")
      << "two in a transaction, and one that goes on";
  EXPECT_EQ(as_role(keep("{}") + take({.number = 4, .kind = "created"})), "WB003");
}

TEST_F(RecordGuardsTest, AContentSetsTheColumnsOfFieldsAlone) {
  std::vector<std::string> fields;
  for (const auto& field : clinical::kVisitFields) fields.emplace_back(field.name);
  // Every other column is in the guard's list of those that no content sets.
  const auto missing = owner_.query(
      "SELECT a.attname FROM pg_attribute a WHERE a.attrelid = '" + records_ +
      "'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attname = ANY "
      "(string_to_array('" +
      joined(fields, ",") +
      "', ',')) AND NOT EXISTS (SELECT FROM pg_proc p WHERE p.proname = 'records_guard'"
      " AND p.prosrc ~ ('[{,'']' || a.attname || '[,}'']'))");
  EXPECT_EQ(missing.size(), 0U) << missing.at(0).at(0).value();
  EXPECT_EQ(as_role(take({.kind = "created",
                          .more = R"(, content = '{"notes":"x","status":"finalized","id":7}')"})),
            "");
  EXPECT_EQ(role_.value("SELECT status FROM " + records_ + where_), "draft");
}

TEST_F(RecordGuardsTest, AVersionIsWhatItsRecordSays) {
  for (const auto& [column, other] : std::map<std::string, std::string>{
           {"version", "version + 1"},
           {"revision", "revision - 1"},
           {"kind", "'updated'"},
           {"status", "'finalized'"},
           {"patient_id", "patient_id + 1"},
           {"changed_by", std::to_string(clinic_.nurse.account.value)},
           {"begun_at", "version_begun_at - interval '1 second'"},
           {"changed_at", "updated_at + interval '1 second'"},
           {"content_format", "2"},
           {"content_digest", "sha256(content_digest)"},
           {"content_hash", "repeat('0', 64)"},
           {"content_salt", "gen_random_uuid()"},
           {"reason", "'r'"},
           {"content", "'{}'"}}) {
    EXPECT_EQ(as_role(keep(said_, "NULL", {{column, other}}) + take({.number = 2})), "WB003")
        << column;
  }
  // One whose own hash is right, and who is not the record's.
  const std::string digest =
      std::string("sha256(uuid_send('") + kSalt + "') || convert_to('-,{}', 'UTF8'))";
  const std::string hash =
      "encode(sha256(convert_to(concat_ws(' ', content_format, 'record', id, version, revision, "
      "version_kind, status, patient_id, version_by, (extract(epoch FROM version_begun_at) * "
      "1000000)::bigint, (extract(epoch FROM updated_at) * 1000000)::bigint, encode(" +
      digest + ", 'hex')), 'UTF8')), 'hex')";
  EXPECT_EQ(as_role(keep("{}", "NULL",
                         {{"content_salt", std::string("uuid '") + kSalt + "'"},
                          {"content_digest", digest},
                          {"content_hash", hash}}) +
                    take({.number = 2})),
            "WB003");
  EXPECT_EQ(as_role(close() + take({.number = 2})), "");
}

TEST_F(RecordGuardsTest, AGapIsNotFilled) {
  auto intruder = Clinic::as_intruder();
  const std::string version = close();
  EXPECT_EQ(as_role(version + take({.number = 2})), "");
  intruder.script("CREATE TEMP TABLE kept AS SELECT * FROM " + versions_ + "; DELETE FROM " +
                  versions_);
  EXPECT_EQ(as_role(keep(said_, "NULL", {{"version", "1"}, {"revision", "2"}})), "WB003");
}

TEST_F(RecordGuardsTest, SignedVersionsAndSignaturesGoTogether) {
  const std::string unsigned_one =
      close() +
      take({.number = 2, .kind = "finalized", .status = "finalized", .more = finalized_by()}) +
      keep_it("finalized");
  EXPECT_EQ(as_role(unsigned_one), "WB003");
  EXPECT_EQ(as_role(unsigned_one + sign(2, "amended")), "WB003") << "another meaning";
  EXPECT_EQ(as_role(unsigned_one + sign(2, "finalized", "changed_by + 1")), "WB003");
  EXPECT_EQ(as_role(unsigned_one + sign(2, "finalized") + sign(2, "finalized")), "WB003");
  EXPECT_EQ(as_role(sign(1, "finalized")), "") << "there is nothing to sign";
  EXPECT_EQ(as_role(unsigned_one + sign(2, "finalized")), "");
  EXPECT_EQ(as_role(sign(2, "finalized")), "WB003") << "it has its signature";
  EXPECT_EQ(as_role(sign(1, "finalized")), "WB003") << "nothing of a draft is signed";
  EXPECT_EQ(
      as_role(take({.number = 3, .kind = "amended", .status = "amended", .more = signed_by()}) +
              keep_it("amended")),
      "WB003");
  auto intruder = Clinic::as_intruder();
  intruder.script("DELETE FROM " + clinic_.in("signatures"));
  EXPECT_EQ(as_role(sign(2, "finalized")), "WB003") << "not afterwards";
}

TEST_F(RecordGuardsTest, WhatTakesNoMoreIsKeptAtOnce) {
  const std::string row =
      close() +
      take({.number = 2, .kind = "finalized", .status = "finalized", .more = finalized_by()});
  EXPECT_EQ(as_role(row), "WB003");
  EXPECT_EQ(as_role(close() + finalizing(2)), "");
  EXPECT_EQ(as_role(take({.number = 3, .kind = "reopened", .status = "draft", .more = reopened()})),
            "WB003");
}

// ---- records -----------------------------------------------------------------------------------

TEST_F(RecordGuardsTest, AFinalizedRowStaysAsItIs) {
  finalize();
  for (const std::string set :
       {"notes = 'x'", "vital_signs = '{}'", "status = 'amended'", "voided_at = now()",
        "status = 'draft', finalized_at = NULL, finalized_by = NULL", "search = NULL"}) {
    const auto sql = "UPDATE " + records_ + " SET revision = revision + 1, " + set + where_;
    EXPECT_EQ(as_role(sql), "WB001") << set;
    EXPECT_EQ(as_owner(sql), "WB001") << set;
  }
  for (const std::string kind : {"created", "updated", "diagnosis", "finalized"}) {
    const std::string status = kind == "finalized" ? "finalized" : "draft";
    EXPECT_EQ(as_role(take({.number = 2, .kind = kind, .status = status})), "WB001") << kind;
    EXPECT_EQ(as_role(take({.number = 3, .kind = kind, .status = status})), "WB001") << kind;
  }
  EXPECT_EQ(as_role(amend(3, ", notes = 'x'")), "WB001");
  EXPECT_EQ(as_role(amend(3, kOtherNotes)), "");
}

TEST_F(RecordGuardsTest, EachKindLeadsFromOneStatusToAnother) {
  const auto step = [&](int to, const std::string& kind, const std::string& status,
                        const std::string& before = "") {
    const bool is_signed = status != "draft";
    const bool draft = kind == "created" || kind == "updated" || kind == "diagnosis";
    const std::string more = kind == "finalized"  ? finalized_by()
                             : kind == "amended"  ? signed_by()
                             : kind == "reopened" ? reopened()
                             : kind == "voided"   ? voided_by()
                                                  : "";
    return as_role(before + take({.number = to, .kind = kind, .status = status, .more = more}) +
                   (draft ? "" : keep_it(kind)) + (is_signed ? sign(to, kind) : ""));
  };
  const auto refused = [&](int to, const std::set<std::string>& allowed, const std::string& code,
                           const std::string& before = "") {
    for (const std::string kind :
         {"created", "updated", "diagnosis", "finalized", "amended", "reopened", "voided"}) {
      for (const std::string status : {"draft", "finalized", "amended"}) {
        if (allowed.contains(kind + " " + status)) continue;
        const auto state = step(to, kind, status, before);
        // Some of them fail at a constraint before: a status without its columns, a wrong meaning.
        EXPECT_TRUE(state == code || state == "WB003" || state.starts_with("23"))
            << kind << " " << status << " " << state;
      }
    }
  };
  refused(2, {"updated draft", "diagnosis draft", "finalized finalized", "voided draft"}, "WB003",
          close());
  EXPECT_EQ(step(2, "finalized", "finalized", close()), "");
  refused(3, {"amended amended", "reopened draft"}, "WB001");
  EXPECT_EQ(step(3, "amended", "amended"), "");
  refused(4, {"amended amended", "reopened draft"}, "WB001");
  EXPECT_EQ(step(4, "amended", "amended"), "");
  EXPECT_EQ(step(5, "reopened", "draft"), "");
  EXPECT_EQ(step(5, "updated", "draft"), "WB003") << "a reopening takes no more";
  EXPECT_EQ(step(6, "diagnosis", "draft"), "");
  EXPECT_EQ(step(6, "updated", "draft"), "") << "goes on, with more than diagnoses";
  EXPECT_EQ(step(6, "diagnosis", "draft"), "WB003");
  EXPECT_EQ(step(7, "finalized", "finalized", keep("{}")), "");
  EXPECT_EQ(step(8, "reopened", "draft"), "");
}

TEST_F(RecordGuardsTest, FinalizingChangesNothingElse) {
  for (const std::string set :
       {"notes = 'x'", "vital_signs = '{\"pulse_bpm\": 60}'", "visit_date = now()",
        "patient_id = r.patient_id + 1", "template_id = 1", "created_at = now()",
        "record_number = 'MR-2026-999999'", "voided_by = created_by", "void_reason = 'x'"}) {
    EXPECT_EQ(as_role(close() + finalizing(2, finalized_by() + ", " + set)), "WB003") << set;
  }
  EXPECT_EQ(as_role(close() + finalizing(2, finalized_by() + kOtherNotes)), "WB003");
  EXPECT_EQ(as_role(close() + finalizing(2,
                                         ", signed_hash = NULL, finalized_at = n.at, "
                                         "finalized_by = n.by")),
            "WB003");
  EXPECT_EQ(as_role(close() + finalizing(2, signed_by() + ", finalized_at = now() - interval '1 "
                                                          "day', finalized_by = created_by")),
            "WB003");
  EXPECT_EQ(as_role(close() + finalizing(2)), "");
}

TEST_F(RecordGuardsTest, AnAmendmentChangesWhatIsClinical) {
  finalize();
  const auto other = std::to_string(clinic_.new_patient());
  for (const std::string& set :
       {std::string("finalized_at = now() + interval '1 second'"),
        "finalized_by = " + std::to_string(clinic_.nurse.account.value),
        std::string("template_id = 1"), std::string("template_version = 1"),
        std::string("void_reason = 'x'"), std::string("voided_by = created_by"),
        std::string("record_number = 'MR-2026-999999'"), std::string("created_at = now()")}) {
    EXPECT_EQ(as_role(amend(3, ", " + set)), "WB001") << set;
  }
  patient_ = other;
  EXPECT_EQ(as_role(amend(3, ", patient_id = n.patient_id")), "WB001");
  EXPECT_EQ(as_role(amend(3, ", content = '{\"patient_id\":' || n.patient_id || '}'")), "WB001");
  patient_.clear();
  EXPECT_EQ(as_role(take({.number = 3, .kind = "amended", .status = "amended"}) +
                    keep_it("amended") + sign(3, "amended")),
            "WB001")
      << "the row names the hash that is signed";
  EXPECT_EQ(
      as_role(amend(3, R"(, content = '{"visit_date":"2026-05-01T00:00:00Z","lab_results":[],)"
                       R"("follow_up_required":true,"follow_up_date":"2030-01-01"}')")),
      "");
}

TEST_F(RecordGuardsTest, AReopeningChangesNothingElse) {
  finalize();
  const auto reopening = [&](const std::string& more) {
    return take({.number = 3, .kind = "reopened", .status = "draft", .more = more});
  };
  for (const std::string set : {"notes = 'x'", "diagnosis = 'x'", "doctor_id = doctor_id + 1",
                                "prescriptions = '[{}]'", "template_id = 1"}) {
    EXPECT_EQ(as_role(reopening(reopened() + ", " + set) + keep_it("reopened")), "WB001") << set;
  }
  EXPECT_EQ(as_role(reopening(", finalized_by = NULL, finalized_at = NULL") + keep_it("reopened")),
            "WB001")
      << "its signature is none any more";
  EXPECT_EQ(as_role(diagnose("notes = 'x'") + reopening(reopened()) + keep_it("reopened")),
            "WB001");
  EXPECT_EQ(as_role(reopening(reopened()) + keep_it("reopened")), "");
}

TEST_F(RecordGuardsTest, VoidingNeedsAReasonAndAnUnsignedDraft) {
  const auto voiding = [&](int to, const std::string& more, const std::string& before) {
    return as_role(before +
                   take({.number = to, .kind = "voided", .status = "draft", .more = more}) +
                   keep_it("voided"));
  };
  EXPECT_EQ(voiding(2, ", voided_at = n.at", close()), "WB003");
  EXPECT_EQ(voiding(2, ", voided_at = n.at, voided_by = n.by", close()), "WB003");
  EXPECT_EQ(voiding(2, ", voided_at = n.at, voided_by = n.by, void_reason = 'other'", close()),
            "WB003");
  EXPECT_EQ(voiding(2, voided_by() + ", notes = 'x'", close()), "WB003");
  EXPECT_EQ(voiding(2, "", close()), "WB003") << "a voided version of a record that is not";
  EXPECT_EQ(as_role(close() + take({.number = 2, .more = voided_by()})), "WB003");
  finalize();
  reopen(3);
  EXPECT_EQ(voiding(4, voided_by(), ""), "WB001") << "it was signed once";
}

TEST_F(RecordGuardsTest, AReasonIsThereAndSaysSomething) {
  constexpr const char* kCheck = "23514";
  finalize();
  for (const std::string reason : {"NULL", "''", "' '", "E'\\n\\t '"}) {
    SCOPED_TRACE(reason);
    EXPECT_EQ(
        as_role(take({.number = 3, .kind = "reopened", .status = "draft", .more = reopened()}) +
                keep("{}", reason)),
        kCheck);
  }
}

TEST_F(RecordGuardsTest, ARecordHasTheTimeOfItsVersion) {
  finalize();
  EXPECT_EQ(
      role_.value("SELECT r.updated_at = v.changed_at AND r.updated_at = r.finalized_at FROM " +
                      records_ + " r JOIN " + versions_ +
                      " v ON v.record_id = r.id AND v.version = r.version WHERE r.id = $1",
                  {std::to_string(record_)}),
      "t");
}

TEST_F(RecordGuardsTest, AVoidedRecordStaysVoided) {
  ASSERT_EQ(as_role(close() +
                    take({.number = 2, .kind = "voided", .status = "draft", .more = voided_by()}) +
                    keep_it("voided")),
            "");
  EXPECT_EQ(
      as_role("UPDATE " + records_ + " SET revision = revision + 1, voided_at = NULL" + where_),
      "WB004");
  EXPECT_EQ(as_role(diagnose("notes = 'x'")), "WB004");
}

TEST_F(RecordGuardsTest, WhoWaitedForTheRecordIsToldOfItsNewRevision) {
  auto other = clinic_.as_role();
  db::SyncTransaction transaction(other);
  other.script(take({.kind = "created", .more = kOtherNotes}));
  std::thread soon([&transaction] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    transaction.commit();
  });
  const auto done =
      clinic_.call(clinic_.doctor, "PATCH", "/records/{id}", record_, 2, {{"notes", "mine"}});
  soon.join();
  EXPECT_EQ(done.code, "version_conflict");
}

TEST_F(RecordGuardsTest, NoRecordWithoutItsVersionAndNumber) {
  const auto insert = [&](const std::string& number, const std::string& kind, int version,
                          const std::string& hash = {}) {
    const std::string right =
        "encode(sha256(convert_to(concat_ws(' ', 1, 'record', id + 500, " +
        std::to_string(version) + ", 1, '" + kind +
        "', 'draft', patient_id, created_by, (extract(epoch FROM now()) * 1000000)::bigint, "
        "(extract(epoch FROM now()) * 1000000)::bigint, encode(content_digest, 'hex')), 'UTF8')), "
        "'hex')";
    return "INSERT INTO " + records_ +
           " (id, record_number, content, content_hash, "
           "created_by, created_at, updated_at, version, version_kind, version_by, "
           "version_begun_at, content_format, content_salt, content_digest) SELECT id + 500, '" +
           number + "', content, " + (hash.empty() ? right : hash) +
           ", created_by, now(), now(), " + std::to_string(version) + ", '" + kind +
           "', created_by, now(), 1, content_salt, content_digest FROM " + records_ + where_ + "; ";
  };
  EXPECT_EQ(as_role(insert("MR-2026-500000", "created", 1, "repeat('0', 64)")), "WB003");
  EXPECT_EQ(as_role(insert("MR-2026-500000", "updated", 2)), "WB003");
  EXPECT_EQ(as_role(insert("MR-2026-500000", "reopened", 2)), "WB003");
  for (const std::string number : {"X-1", "MR-2026-12345", "MR-26-123456", "MR-2026-123456 ", ""}) {
    EXPECT_EQ(as_role(insert(number, "created", 1)), "WB003") << number;
  }
  EXPECT_EQ(role_.value("SELECT count(*) FROM " + records_), "1");
  EXPECT_EQ(as_role(insert("MR-2026-500000", "created", 1)), "");
}

}  // namespace
}  // namespace wardbook
