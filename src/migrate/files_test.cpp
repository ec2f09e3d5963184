#include "migrate/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"

namespace wardbook::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

const std::vector<EmbeddedFile> kFiles = {
    {"tenant/0010_last.sql", "c"},
    {"control/0001_only.sql", "z"},
    {"tenant/0001_first.sql", "a"},
    {"tenant/0002_second.sql", "b"},
};

Ledger ledger_of(const std::vector<Migration>& migrations, std::initializer_list<int> versions) {
  Ledger ledger;
  for (const Migration& migration : migrations) {
    for (const int version : versions) {
      if (migration.version == version) ledger[migration.name] = migration.sha256_hex;
    }
  }
  return ledger;
}

TEST(MigrationFiles, AreSortedByVersionWithinTheirScope) {
  const std::vector<Migration> found = load(kFiles, "tenant");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].name, "0001_first");
  EXPECT_EQ(found[2].version, 10);
  EXPECT_EQ(found[0].sha256_hex, to_hex(sha256("a")));
}

TEST(MigrationFiles, MisnamedOrDoubleOnesAreRefused) {
  for (const char* name :
       {"tenant/1_x.sql", "tenant/0001.sql", "tenant/0001_.sql", "tenant/0000_x.sql",
        "tenant/0001-x.sql", "tenant/0001_x.txt", "tenant/routines/x.txt", "tenant/routines/.sql",
        "tenant/other/x.sql", "tenant/routines/more/x.sql"}) {
    const std::vector<EmbeddedFile> files = {{name, ""}};
    EXPECT_THROW((void)load(files, "tenant"), MigrationError) << name;
  }
  const std::vector<EmbeddedFile> twice = {{"tenant/0001_x.sql", ""}, {"tenant/0001_y.sql", ""}};
  EXPECT_THROW((void)load(twice, "tenant"), MigrationError);
}

TEST(MigrationFiles, TheProgramsOwnAreThereWithTheirText) {
  for (const char* scope : {"control", "tenant"}) {
    const std::vector<Migration> found = load(embedded_files(), scope);
    ASSERT_FALSE(found.empty()) << scope;
    EXPECT_EQ(found.front().version, 1);
    for (const Migration& migration : found) {
      EXPECT_THAT(std::string(migration.sql), HasSubstr(";")) << migration.name;
      EXPECT_EQ(migration.sql.find('\0'), std::string_view::npos) << migration.name;
    }
  }
}

TEST(Ledger, FitsWhenItIsABeginningOfTheFiles) {
  const std::vector<Migration> all = load(kFiles, "tenant");
  EXPECT_EQ(conflict_of(all, {}), std::nullopt);
  EXPECT_EQ(conflict_of(all, ledger_of(all, {1, 2})), std::nullopt);
  EXPECT_EQ(pending_of(all, ledger_of(all, {1, 2})).size(), 1U);
  EXPECT_EQ(pending_of(all, ledger_of(all, {1, 2, 10})).size(), 0U);
}

TEST(Ledger, NamesWhatDoesNotFit) {
  const std::vector<Migration> all = load(kFiles, "tenant");
  Ledger changed = ledger_of(all, {1, 2});
  changed["0002_second"] = "00";
  EXPECT_THAT(conflict_of(all, changed), Optional(HasSubstr("0002_second has changed")));
  EXPECT_THAT(conflict_of(all, ledger_of(all, {1, 10})), Optional(HasSubstr("0002_second")));
  EXPECT_THAT(conflict_of({}, ledger_of(all, {1})), Optional(HasSubstr("newer")));
}

TEST(Ledger, AppliesRoutinesAndDataAgainWhenTheyChange) {
  std::vector<EmbeddedFile> files = kFiles;
  for (const EmbeddedFile& file :
       {EmbeddedFile{"tenant/data/codes.sql", "d"}, EmbeddedFile{"tenant/routines/second.sql", "s"},
        EmbeddedFile{"tenant/routines/first.sql", "f"}}) {
    files.push_back(file);
  }
  const std::vector<Migration> all = load(files, "tenant");
  EXPECT_THAT(names_of(pending_of(all, {})),
              ElementsAre("0001_first", "0002_second", "0010_last", "routines/first",
                          "routines/second", "data/codes"));
  Ledger ledger;
  for (const Migration& migration : all) ledger[migration.name] = migration.sha256_hex;
  EXPECT_THAT(names_of(pending_of(all, ledger)), IsEmpty());
  EXPECT_EQ(version_of(ledger), 10);
  ledger["routines/second"] = "00";
  EXPECT_EQ(conflict_of(all, ledger), std::nullopt);
  EXPECT_THAT(names_of(pending_of(all, ledger)), ElementsAre("routines/second"));
}

TEST(Ledger, TellsWhatIsGone) {
  const std::vector<Migration> all = load(kFiles, "tenant");
  Ledger ledger = ledger_of(all, {1, 2, 10});
  ledger["routines/old"] = "00";
  ledger["routines/older"] = "";
  EXPECT_EQ(conflict_of(all, ledger), std::nullopt);
  EXPECT_THAT(names_of(pending_of(all, ledger)), IsEmpty());
  EXPECT_THAT(gone_from(all, ledger), ElementsAre("routines/old"));
}

TEST(Places, AreFilledInTheirScopeOnly) {
  const Migration migration{1, "0001_x", "{tenant} {role} {service} {} {other} '{tenant}'", ""};
  EXPECT_EQ(fill(migration, {"\"s\"", "\"t\"", "\"r\""}), "\"t\" \"r\" \"s\" {} {other} '\"t\"'");
  EXPECT_THROW((void)fill(migration, {"\"s\"", std::nullopt, std::nullopt}), MigrationError);
  EXPECT_EQ(quoted("we\"ird"), "\"we\"\"ird\"");
}

}  // namespace
}  // namespace wardbook::migrate
