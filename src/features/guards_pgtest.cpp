// What else of the chart stands against SQL itself, as the hospital's role or, where that may not,
// the owner.
#include "features/guards_pgtest.h"

namespace wardbook {
namespace {

using testing::Clinic;
using testing::kRefused;

class ChartGuardsTest : public testing::GuardsTest {};

constexpr const char* kLockTimeout = "55P03";

TEST_F(ChartGuardsTest, NothingOfTheChartIsDeleted) {
  for (const std::string table :
       {"medical_records", "diagnoses", "record_versions", "row_versions", "signatures",
        "audit_log", "audit_seals", "patients", "record_attachments"}) {
    EXPECT_EQ(as_role("DELETE FROM " + clinic_.in(table)), kRefused) << table;
  }
  ASSERT_EQ(as_role(file("a.pdf")), "");
  EXPECT_EQ(as_owner("DELETE FROM " + records_), "WB002");
  EXPECT_EQ(as_owner("DELETE FROM " + clinic_.in("diagnoses")), "WB002");
  EXPECT_EQ(as_owner("DELETE FROM " + files_), "WB002");
}

TEST_F(ChartGuardsTest, WhatIsWrittenDownIsAppendOnlyEvenForTheOwner) {
  finalize();
  for (const std::string table : {"record_versions", "row_versions", "signatures", "audit_log",
                                  "audit_seals", "template_versions"}) {
    const auto in = clinic_.in(table);
    const std::string a = table == "audit_seals"         ? "seq"
                          : table == "audit_log"         ? "action"
                          : table == "template_versions" ? "name"
                          : table == "row_versions"      ? "kind"
                                                         : "record_id";
    const auto update = "UPDATE " + in + " SET " + a + " = " + a;
    EXPECT_EQ(as_owner(update), "WB002") << table;
    EXPECT_EQ(as_owner("DELETE FROM " + in), "WB002") << table;
    EXPECT_EQ(as_owner("TRUNCATE " + in + " CASCADE"), "WB002") << table;
    EXPECT_EQ(as_role(update), kRefused) << table;
  }
}

TEST_F(ChartGuardsTest, TypesOfASessionDoNotGetInBetween) {
  finalize();
  EXPECT_EQ(as_role("CREATE TYPE pg_temp.text AS ENUM ('draft')"), "42501");
  Clinic::as_intruder().script("GRANT TEMPORARY ON DATABASE wardbook TO " + clinic_.tenant.role());
  role_.script("CREATE TYPE pg_temp.text AS ENUM ('draft'); SET search_path = pg_temp, pg_catalog");
  EXPECT_EQ(as_role("UPDATE " + records_ + " SET revision = revision + 1, notes = 'x'" + where_),
            "WB001");
  EXPECT_EQ(as_role(take({.number = 3})), "WB001");
  EXPECT_EQ(as_role(diagnose("notes = 'x'")), "WB001");
}

// ---- diagnoses ---------------------------------------------------------------------------------

TEST_F(ChartGuardsTest, ADiagnosisChangesWithItsRecord) {
  const auto update = diagnose("notes = 'x'");
  EXPECT_EQ(as_role(update), "WB003") << "without a revision";
  EXPECT_EQ(as_role(take({.kind = "created"}) + update), "WB003") << "after it";
  EXPECT_EQ(as_role(close() + update + finalizing(2)), "WB003") << "not while it is signed";
  EXPECT_EQ(as_role(update + take({.kind = "created"})), "");
  EXPECT_EQ(as_role(keep("{}") + finalizing(2)), "");
  const auto insert = "INSERT INTO " + clinic_.in("diagnoses") +
                      " (record_id, icd_code, diagnosis_name, diagnosis_type, created_by) SELECT "
                      "id, 'I10', 'x', 'secondary', created_by FROM " +
                      records_ + where_ + "; ";
  EXPECT_EQ(as_role(update), "WB001");
  EXPECT_EQ(as_owner(update), "WB001");
  EXPECT_EQ(as_role(insert), "WB001");
  EXPECT_EQ(as_role(amend(3, "", insert)), "");
  EXPECT_EQ(as_role(amend(4) + update), "WB001") << "after the amendment";
}

TEST_F(ChartGuardsTest, ADiagnosisIsWhoseItIs) {
  const auto with = [&](const std::string& set) {
    return as_role(diagnose(set) + take({.kind = "created"}));
  };
  const auto other = std::to_string(clinic_.new_record(clinic_.new_patient()));
  for (const std::string& set :
       {"record_id = " + other, std::string("created_by = created_by + 1"),
        std::string("created_at = now()"), std::string("icd_release = '2031'")}) {
    EXPECT_EQ(with(set), "WB003") << set;
  }
  EXPECT_EQ(with("id = DEFAULT"), "WB003");
  EXPECT_EQ(with("icd_code = 'E11.8', icd_release = '2031', changed_in = 77"), "");
}

TEST_F(ChartGuardsTest, ADiagnosisWaitsForTheSignature) {
  auto signing = clinic_.as_role();
  db::SyncTransaction transaction(signing);
  signing.script(close() + finalizing(2));
  EXPECT_EQ(as_role(diagnose("notes = 'x'")), kLockTimeout);
  transaction.commit();
  EXPECT_EQ(as_role(diagnose("notes = 'x'")), "WB001");
}

// ---- files -------------------------------------------------------------------------------------

TEST_F(ChartGuardsTest, AFileStaysWhatItIs) {
  ASSERT_EQ(as_role(file("a.pdf") + file("p.pdf", "pending")), "");
  for (const std::string set :
       {"file_name = 'b.pdf'", "file_type = 'text/plain'", "file_size = 2", "s3_key = 'other'",
        "s3_bucket = 'other'", "uploaded_by = uploaded_by + 1", "created_at = now()",
        "record_id = record_id + 1", "description = 'x'", "sha256 = repeat('0', 64)", "version = 2",
        "purged_at = now()", "deleted_at = now()", "state = 'pending'", "state = 'rejected'",
        "state = 'quarantined'", "content_encoding = 'gzip'",
        "s3_key = 'q', past_keys = past_keys || s3_key"}) {
    EXPECT_EQ(as_role(change("a.pdf", set)), "WB003") << set;
  }
  EXPECT_EQ(as_role(change("a.pdf",
                           "download_count = 5, last_accessed_at = now(), etag = 'e', "
                           "storage_class = 'STANDARD'")),
            "");
  EXPECT_EQ(as_role(change("p.pdf", "state = 'deleted'")), "WB003");
  EXPECT_EQ(as_role(change("p.pdf", "s3_bucket = 'other'")), "WB003");
  EXPECT_EQ(as_role(change("p.pdf", "s3_key = 'q'")), "WB003");
  EXPECT_EQ(as_role(change("p.pdf", "s3_key = 'q', past_keys = past_keys || s3_key")), "");
  EXPECT_EQ(as_role(change("p.pdf", "sha256 = repeat('0', 64)")), "");
  EXPECT_EQ(as_role(change("p.pdf", "sha256 = repeat('1', 64)")), "WB003");
  EXPECT_EQ(as_role(change("p.pdf", "state = 'rejected', rejected_reason = 'x'")), "");
  EXPECT_EQ(as_role(change("p.pdf", "state = 'available'")), "WB003");
  EXPECT_EQ(as_role(change("p.pdf", "purged_at = now()")), "");
  EXPECT_EQ(as_role(change("p.pdf", "purged_at = NULL")), "WB003");
}

TEST_F(ChartGuardsTest, ASignedVisitKeepsItsFiles) {
  ASSERT_EQ(as_role(file("a.pdf") + file("gone.pdf") + file("late.pdf", "pending")), "");
  const std::string gone = "state = 'deleted', deleted_at = now()";
  const std::string back = "state = 'available', deleted_at = NULL";
  EXPECT_EQ(as_role(change("a.pdf", gone)), "");
  EXPECT_EQ(as_role(change("a.pdf", back)), "") << "a draft's";
  EXPECT_EQ(as_role(change("gone.pdf", gone)), "");
  finalize();
  EXPECT_EQ(as_role(change("a.pdf", gone)), "WB001");
  EXPECT_EQ(as_role(change("late.pdf", "state = 'available'")), "");
  EXPECT_EQ(as_role(change("late.pdf", gone)), "WB001");
  reopen(3);
  EXPECT_EQ(as_role(change("a.pdf", gone)), "WB001") << "it was there when the visit was signed";
  EXPECT_EQ(as_role(change("late.pdf", gone)), "WB001") << "it came to the signed visit";
  EXPECT_EQ(as_role(change("gone.pdf", back)), "");
  EXPECT_EQ(as_role(change("gone.pdf", gone)), "") << "it was not";
  ASSERT_EQ(as_role(file("new.pdf")), "");
  EXPECT_EQ(as_role(change("new.pdf", gone)), "");
  EXPECT_EQ(as_role(change("new.pdf", "purged_at = now()")), "");
  EXPECT_EQ(as_role(change("new.pdf", back)), "WB003") << "it is no more";
}

TEST_F(ChartGuardsTest, AFileOfUnknownVersionStaysWithARecordThatWasSigned) {
  ASSERT_EQ(as_role(file("a.pdf")), "");
  finalize();
  reopen(3);
  auto intruder = Clinic::as_intruder();
  intruder.script("UPDATE " + files_ + " SET since_version = NULL");
  EXPECT_EQ(as_role(change("a.pdf", "state = 'deleted'")), "WB001");
}

TEST_F(ChartGuardsTest, WhatComesToAFinalizedRecordIsMarked) {
  ASSERT_EQ(as_role(file("a.pdf") + file("p.pdf", "pending") + file("gone.pdf") +
                    change("gone.pdf", "state = 'deleted'")),
            "");
  finalize();
  ASSERT_EQ(as_role(file("direct.pdf") +
                    change("p.pdf", "state = 'available', added_after_finalization = false") + ";" +
                    change("gone.pdf", "state = 'available'")),
            "");
  for (const std::string name : {"direct.pdf", "p.pdf", "gone.pdf"}) EXPECT_EQ(marked(name), "t");
  EXPECT_EQ(marked("a.pdf"), "f");
  ASSERT_EQ(as_role("UPDATE " + files_ + " SET added_after_finalization = false"), "");
  EXPECT_EQ(marked("p.pdf"), "t") << "never unset";
}

TEST_F(ChartGuardsTest, AFileComesBeforeOrAfterTheSignature) {
  ASSERT_EQ(as_role(file("p.pdf", "pending") + file("a.pdf")), "");
  auto signing = clinic_.as_role();
  db::SyncTransaction transaction(signing);
  signing.script(close() + finalizing(2));
  EXPECT_EQ(as_role(change("p.pdf", "state = 'available'")), kLockTimeout);
  EXPECT_EQ(as_role(change("a.pdf", "state = 'deleted'")), kLockTimeout);
  EXPECT_EQ(as_role(change("a.pdf", "download_count = 1")), "") << "nobody waits to read";
  EXPECT_EQ(as_role(change("p.pdf", "state = 'rejected'")), "");
  transaction.commit();
}

// ---- search ------------------------------------------------------------------------------------

/// Seven fields of 45,000 characters, all words different: more than a search document holds.
TEST_F(ChartGuardsTest, AChartOfManyWordsIsFoundByItsFirst) {
  std::vector<std::string> fields;
  for (int field = 0; field < 7; ++field) {
    std::string text = "beginning" + std::to_string(field);
    for (int i = 0; i < 15'000; ++i) {
      const int syllable = field * 15'000 + i;
      const auto hangul = [&text](int n) {
        const int c = 0xAC00 + n % 11'000;
        text += static_cast<char>(0xE0 | (c >> 12));
        text += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        text += static_cast<char>(0x80 | (c & 0x3F));
      };
      text += ' ';
      hangul(syllable / 11'000 + 1);
      hangul(syllable);
    }
    fields.push_back(std::move(text));
  }
  boost::json::object body;
  int field = 0;
  for (const char* key :
       {"chief_complaint", "diagnosis", "history_of_present_illness", "physical_examination",
        "treatment_plan", "notes", "follow_up_instructions"}) {
    body[key] = fields.at(static_cast<std::size_t>(field++));
  }
  const auto done =
      clinic_.call(clinic_.doctor, "PATCH", "/records/{id}", record_, 2, std::move(body));
  ASSERT_EQ(done.status, 200) << done.code;
  for (const std::string word : {"beginning0", "beginning2"}) {
    EXPECT_EQ(role_.value("SELECT count(*) FROM " + records_ +
                              " WHERE search @@ to_tsquery('pg_catalog.simple', $1)",
                          {word}),
              "1")
        << word;
  }
}

}  // namespace
}  // namespace wardbook
