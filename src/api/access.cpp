#include "api/access.h"

#include <algorithm>

namespace wardbook::api {
namespace {

constexpr std::array<std::string_view, kRoleCount> kRoleNames{
    "platform_admin", "hospital_admin", "doctor",  "nurse",  "receptionist",
    "lab_technician", "pharmacist",     "manager", "auditor"};

constexpr unsigned bit(Role role) {
  return 1U << static_cast<unsigned>(role);
}
template <class... Roles>
constexpr unsigned bits(Roles... roles) {
  return (bit(roles) | ...);
}

constexpr unsigned kEveryone = (1U << kRoleCount) - 1;
constexpr unsigned kHospital = kEveryone & ~bit(Role::platform_admin);

struct Row {
  Access access;
  std::string_view name;
  unsigned roles;
};

using enum Role;
constexpr std::array kTable{
    Row{Access::open, "", kEveryone},
    Row{Access::signed_in, "", kEveryone},
    Row{Access::any_in_tenant, "", kHospital},
    Row{Access::tenants_admin, "tenants:admin", bits(platform_admin)},
    Row{Access::users_admin, "users:admin", bits(hospital_admin)},
    Row{Access::records_reopen, "records:reopen", bits(hospital_admin)},
    Row{Access::patients_read, "patients:read",
        bits(hospital_admin, doctor, nurse, receptionist, lab_technician, pharmacist)},
    Row{Access::patients_write, "patients:write",
        bits(hospital_admin, doctor, nurse, receptionist)},
    Row{Access::records_read, "records:read",
        bits(hospital_admin, doctor, nurse, lab_technician, pharmacist)},
    Row{Access::records_write, "records:write", bits(doctor, nurse)},
    Row{Access::records_finalize, "records:finalize", bits(doctor)},
    Row{Access::attachments_write, "attachments:write", bits(doctor, nurse, lab_technician)},
    Row{Access::templates_write, "templates:write", bits(hospital_admin, doctor)},
    Row{Access::storage_read, "storage:read", bits(platform_admin, hospital_admin, manager)},
    Row{Access::audit_read, "audit:read", bits(hospital_admin, auditor)},
};

constexpr bool rows_in_enum_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].access) != i) return false;
  }
  return kTable.size() == static_cast<std::size_t>(Access::audit_read) + 1;
}
static_assert(rows_in_enum_order());

const Row& row_of(Access access) {
  return kTable[static_cast<std::size_t>(access)];
}

}  // namespace

std::string_view to_string(Role role) {
  return kRoleNames[static_cast<std::size_t>(role)];
}

std::optional<Role> parse_role(std::string_view text) {
  const auto* found = std::ranges::find(kRoleNames, text);
  if (found == kRoleNames.end()) return std::nullopt;
  return static_cast<Role>(found - kRoleNames.begin());
}

std::string_view to_string(Access access) {
  return row_of(access).name;
}

std::vector<std::string_view> Permissions::names() const {
  std::vector<std::string_view> out;
  for (const auto& row : kTable) {
    if (!row.name.empty() && has(row.access)) out.push_back(row.name);
  }
  return out;
}

Permissions permissions_of(Role role) {
  Permissions out;
  for (const auto& row : kTable) {
    if ((row.roles & bit(role)) != 0) out.add(row.access);
  }
  return out;
}

}  // namespace wardbook::api
