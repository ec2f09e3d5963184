#include "api/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace wardbook::api {
namespace {

constexpr std::array kRoles{"platform_admin", "hospital_admin", "doctor",  "nurse",  "receptionist",
                            "lab_technician", "pharmacist",     "manager", "auditor"};

/// A permission and what each role, in kRoles' order, has of it.
struct Row {
  Access access;
  const char* permission;
  const char* allowed;
};

// As promised to the users of the API, row by row.
constexpr std::array kPromised{
    Row{Access::tenants_admin, "tenants:admin", "x........"},
    Row{Access::users_admin, "users:admin", ".x......."},
    Row{Access::records_reopen, "records:reopen", ".x......."},
    Row{Access::patients_read, "patients:read", ".xxxxxx.."},
    Row{Access::patients_write, "patients:write", ".xxxx...."},
    Row{Access::records_read, "records:read", ".xxx.xx.."},
    Row{Access::records_write, "records:write", "..xx....."},
    Row{Access::records_finalize, "records:finalize", "..x......"},
    Row{Access::allergies_write, "allergies:write", "..xx..x.."},
    Row{Access::medications_write, "medications:write", "..xx..x.."},
    Row{Access::results_write, "results:write", "..xx.x..."},
    Row{Access::attachments_write, "attachments:write", "..xx.x..."},
    Row{Access::templates_write, "templates:write", ".xx......"},
    Row{Access::storage_read, "storage:read", "xx.....x."},
    Row{Access::audit_read, "audit:read", ".x......x"},
    Row{Access::open, "", "xxxxxxxxx"},
    Row{Access::signed_in, "", "xxxxxxxxx"},
    Row{Access::any_in_tenant, "", ".xxxxxxxx"},
};

TEST(AccessTest, IsThePromisedTable) {
  for (const auto& row : kPromised) {
    for (std::size_t i = 0; i < kRoles.size(); ++i) {
      const auto role = parse_role(kRoles[i]);
      ASSERT_TRUE(role) << kRoles[i];
      EXPECT_EQ(permissions_of(*role).has(row.access), row.allowed[i] == 'x')
          << kRoles[i] << " " << row.permission << static_cast<int>(row.access);
    }
    EXPECT_EQ(to_string(row.access), row.permission);
  }
  EXPECT_EQ(kPromised.size(), static_cast<std::size_t>(Access::audit_read) + 1)
      << "every access is in the table";
}

TEST(AccessTest, PermissionsOfARoleAreItsColumn) {
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    std::vector<std::string_view> column;
    for (const auto& row : kPromised) {
      if (*row.permission != '\0' && row.allowed[i] == 'x') column.emplace_back(row.permission);
    }
    EXPECT_THAT(permissions_of(*parse_role(kRoles[i])).names(),
                ::testing::UnorderedElementsAreArray(column))
        << kRoles[i];
  }
}

TEST(AccessTest, RolesHaveOneName) {
  static_assert(kRoles.size() == kRoleCount);
  for (const auto* name : kRoles) EXPECT_EQ(to_string(*parse_role(name)), name);
  for (const auto* other : {"", "Doctor", "doctor ", "admin", "doctors", "platform-admin"}) {
    EXPECT_EQ(parse_role(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace wardbook::api
