#include <gmock/gmock.h>

#include "app/database_command.h"
#include "support/pg_cluster.h"

namespace wardbook::app {
namespace {

using ::testing::HasSubstr;
using wardbook::testing::PgCluster;

constexpr const char* kWhatToDo =
    "the control schema is not up to date: run `wardbook migrate` first";

std::string fault_of(int (*command)(const Settings&, const Arguments&), const Settings& settings) {
  try {
    (void)command(settings, {});
    return "none";
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

TEST(DatabaseCommandTest, OnADatabaseThatWasNeverMigratedEveryCommandSaysWhatToDo) {
  Settings settings;
  settings.database.url = PgCluster::get().service_conninfo();
  settings.database.owner_url = PgCluster::get().owner_conninfo();
  settings.storage.endpoint = "http://127.0.0.1:1";
  EXPECT_EQ(database_fault(settings, "test"), kWhatToDo);
  for (const auto command : {&audit_verify, &storage_sweep, &tenant_list, &user_list, &icd_list,
                             &icd_remove, &user_disable, &tenant_create}) {
    EXPECT_EQ(fault_of(command, settings), kWhatToDo);
  }
  PgCluster::get().migrate();
  EXPECT_EQ(database_fault(settings, "test"), std::nullopt);
  EXPECT_EQ(fault_of(&audit_verify, settings), "none");
}

TEST(DatabaseCommandTest, AServerThatIsAwayIsSaidInOneLine) {
  Settings settings;
  settings.database.url = "host=127.0.0.1 port=1 user=nobody dbname=none";
  const auto fault = database_fault(settings, "test");
  ASSERT_TRUE(fault);
  EXPECT_THAT(*fault, HasSubstr("PostgreSQL cannot be used: "));
  EXPECT_EQ(fault->find('\n'), std::string::npos);
}

TEST(DatabaseCommandTest, WhatIsMissingInOneHospitalsSchemaIsSaidInWords) {
  EXPECT_EQ(text_of(Failure(Code::internal, {}, "SQLSTATE 42703 in audit.unsealed")),
            "a schema is not up to date: run `wardbook migrate` first");
  EXPECT_THAT(text_of(Failure(Code::internal, {}, "SQLSTATE 40001 in x")), HasSubstr("40001"));
}

}  // namespace
}  // namespace wardbook::app
