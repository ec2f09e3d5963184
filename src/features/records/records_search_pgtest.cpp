// Search documents on PostgreSQL: it takes them, finds by them as they mean it, and older ones are
// rewritten beside everything else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>

#include "features/records/records_reindex.h"
#include "features/records/records_search.h"
#include "support/clinic.h"
#include "text/document.h"
#include "text/highlight.h"
#include "text/query.h"
#include "text/tokens.h"

namespace wardbook::records {
namespace {

using wardbook::testing::Clinic;
using wardbook::testing::PgCluster;
using wardbook::testing::run;
using wardbook::testing::sqlstate_of;

/// Characters of all scripts, blanks and signs, the first of planes and what is no character.
std::string random_text(std::mt19937& random, std::size_t most) {
  std::string out;
  for (auto n = 1 + random() % most; n > 0; --n) {
    switch (random() % 6) {
      case 0:
        out += " '\\:*&|!()<>-.,/\"\t\n"[random() % 18];
        break;
      case 1:
        out += static_cast<char>('0' + random() % 10);
        break;
      case 2:
        out += static_cast<char>('a' + random() % 26);
        break;
      default: {
        const std::uint32_t last = random() % 4 == 0 ? 0x10FFFF : 0xFFFF;
        std::uint32_t point = 1 + random() % last;
        if (point >= 0xD800 && point < 0xE000) point -= 0x800;
        if (point < 0x80) {
          out += static_cast<char>(point);
        } else if (point < 0x800) {
          out += {static_cast<char>(0xC0 | point >> 6), static_cast<char>(0x80 | (point & 0x3F))};
        } else if (point < 0x10000) {
          out +=
              {static_cast<char>(0xE0 | point >> 12), static_cast<char>(0x80 | (point >> 6 & 0x3F)),
               static_cast<char>(0x80 | (point & 0x3F))};
        } else {
          out += {static_cast<char>(0xF0 | point >> 18),
                  static_cast<char>(0x80 | (point >> 12 & 0x3F)),
                  static_cast<char>(0x80 | (point >> 6 & 0x3F)),
                  static_cast<char>(0x80 | (point & 0x3F))};
        }
      }
    }
  }
  return out;
}

class SearchDocumentsTest : public ::testing::Test {
 protected:
  std::string ask(const std::string& sql,
                  const std::vector<std::optional<std::string>>& parameters = {}) {
    return service_.value(sql, parameters).value_or("null");
  }
  db::SyncConnection service_{PgCluster::get().service_conninfo()};
};

TEST_F(SearchDocumentsTest, AnyTextMakesADocumentAndAQueryThatPostgresTakes) {
  std::mt19937 random(20'260'304);
  for (int i = 0; i < 300; ++i) {
    const auto one = random_text(random, 40);
    const auto two = random_text(random, 40);
    const auto made = text::document({{one}, {two}, "MR-2026-000001"});
    const text::Tokens tokens(two);
    for (const auto& typed : {text::typed(two), text::Typed{{two}, {}}, text::Typed{{}, {two}}}) {
      const auto asked = text::query(typed);
      const auto found =
          ask("SELECT $1::text::tsvector @@ $2::text::tsquery", {made, asked.tsquery});
      if (tokens.all().empty()) continue;
      EXPECT_EQ(found, "t") << two << ": " << asked.tsquery;
    }
    // What PostgreSQL reads is what was written.
    EXPECT_EQ(ask("SELECT length($1::text::tsvector)", {made}),
              ask("SELECT count(*) FROM unnest($1::text::tsvector)", {made}));
  }
}

TEST_F(SearchDocumentsTest, TheLargestDocumentsAreWithinTheLimits) {
  std::mt19937 random(7);
  std::string story;
  while (story.size() < 400'000) story += random_text(random, 30) + " ";
  const auto made = text::document({{story, story}, {story, story, story}, "MR-2026-000001"});
  EXPECT_NE(ask("SELECT length($1::text::tsvector)", {made}), "0");
  std::string words;
  for (int i = 0; i < 40'000; ++i) words += std::to_string(i * 7919) + "x ";
  EXPECT_NE(ask("SELECT length($1::text::tsvector)", {text::document({{words}, {words}, ""})}),
            "0");
}

class ReindexTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < kRecords; ++i) made_.push_back(clinic_.new_record(patient_));
    intruder_.script("UPDATE " + records_ + " SET search = NULL, search_format = 0");
  }
  Reindexed reindex_all(const std::function<void(std::int64_t)>& tell = [](std::int64_t) {}) {
    return run(clinic_.reactor, reindex(clinic_.app, clinic_.tenant, tell));
  }
  std::int64_t outdated() {
    return run(clinic_.reactor, count_outdated(clinic_.db, clinic_.tenant));
  }
  std::string ask(const std::string& sql) { return intruder_.value(sql).value_or("null"); }
  /// How many are found by a word of their notes.
  std::string found(const std::string& word) {
    return ask("SELECT count(*) FROM " + records_ + " WHERE search @@ '" + word + "'::tsquery");
  }

  static constexpr int kRecords = 45;
  Clinic clinic_;
  std::int64_t patient_ = clinic_.new_patient();
  std::vector<std::int64_t> made_;
  db::SyncConnection intruder_ = Clinic::as_intruder();
  const std::string records_ = clinic_.in("medical_records");
};

TEST_F(ReindexTest, RewritesWhatIsOlderPageByPage) {
  EXPECT_EQ(outdated(), kRecords);
  EXPECT_EQ(found("first"), "0");
  std::vector<std::int64_t> pages;
  const auto before = ask("SELECT sum(version) || max(updated_at)::text FROM " + records_);
  const auto done = reindex_all([&pages](std::int64_t page) { pages.push_back(page); });
  EXPECT_EQ(done.rewritten, kRecords);
  EXPECT_EQ(done.failed, 0);
  EXPECT_THAT(pages, ::testing::ElementsAre(20, 20, 5));
  EXPECT_EQ(outdated(), 0);
  EXPECT_EQ(found("first"), std::to_string(kRecords));
  EXPECT_EQ(ask("SELECT sum(version) || max(updated_at)::text FROM " + records_), before)
      << "nothing else of a record changes";
  EXPECT_EQ(reindex_all().rewritten, 0);
}

TEST_F(ReindexTest, IncludesSignedVisitsAndCodedDiagnosesButNoVoidedRecords) {
  const auto coded = clinic_.call(
      clinic_.doctor, "POST", "/records/{id}/diagnoses", made_[0], 1,
      {{"icd_code", "E11.9"}, {"diagnosis_name", "Diabetes"}, {"diagnosis_type", "primary"}});
  ASSERT_EQ(coded.status, 201) << coded.code;
  ASSERT_EQ(clinic_.finalize(made_[0], 2).status, 200);
  intruder_.script("UPDATE " + records_ +
                   " SET search = NULL, search_format = 0;"
                   "UPDATE " +
                   records_ + " SET voided_at = now(), void_reason = 'x' WHERE id = " +
                   std::to_string(made_[1]));
  EXPECT_EQ(reindex_all().rewritten, kRecords - 1);
  EXPECT_EQ(found("diabet"), "1");
  EXPECT_EQ(found("first"), std::to_string(kRecords - 1));
}

TEST_F(ReindexTest, GoesOnWhereAKilledProcessStopped) {
  struct Killed {};
  EXPECT_THROW(reindex_all([](std::int64_t) { throw Killed(); }), Killed);
  EXPECT_EQ(outdated(), kRecords - 20);
  EXPECT_EQ(reindex_all().rewritten, kRecords - 20);
}

TEST_F(ReindexTest, LeavesWhatAWriterWroteMeanwhile) {
  auto writer = Clinic::as_intruder();
  const std::string where = " WHERE id = " + std::to_string(made_[3]);
  writer.script("BEGIN; UPDATE " + records_ + " SET version = version + 1, search_format = " +
                std::to_string(text::kSearchFormat) + ", search = 'written'" + where);
  std::thread commit([&writer] {
    auto watcher = Clinic::as_intruder();
    while (watcher.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND database = "
                         "(SELECT oid FROM pg_database WHERE datname = current_database()) "
                         "OR NOT granted AND locktype = 'transactionid'") == "0") {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    writer.script("COMMIT");
  });
  const auto done = reindex_all();
  commit.join();
  EXPECT_EQ(done.rewritten, kRecords - 1);
  EXPECT_EQ(ask("SELECT search FROM " + records_ + where), "'written'");
  EXPECT_EQ(outdated(), 0);
}

TEST_F(ReindexTest, OnlyTheDocumentMayChangeWithoutAVersion) {
  auto role = clinic_.as_role();
  const std::string where = " WHERE id = " + std::to_string(made_[0]);
  const std::string update = "UPDATE " + records_ + " SET search = 'x', search_format = 1";
  EXPECT_EQ(sqlstate_of(role, update + where), "");
  for (const auto* set :
       {"notes = 'x'", "status = 'amended'", "version = version + 1", "updated_at = now()",
        "record_number = 'MR-2026-999999'", "vital_signs = '{\"pulse_bpm\": 1}'"}) {
    EXPECT_EQ(sqlstate_of(role, update + ", " + set + where), "WB003") << set;
  }
}

}  // namespace
}  // namespace wardbook::records
