#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace wardbook::api {

enum class Role : std::uint8_t {
  platform_admin,
  hospital_admin,
  doctor,
  nurse,
  receptionist,
  lab_technician,
  pharmacist,
  manager,
  auditor,
};
inline constexpr std::size_t kRoleCount = 9;

/// What a route asks of its caller. Every route names one; there is no default.
enum class Access : std::uint8_t {
  open,           ///< nobody needs to be signed in
  signed_in,      ///< any account, the platform's operators included
  any_in_tenant,  ///< any role in a hospital
  tenants_admin,
  users_admin,
  records_reopen,
  patients_read,
  patients_write,
  records_read,
  records_write,
  records_finalize,
  allergies_write,
  medications_write,
  results_write,
  attachments_write,
  templates_write,
  storage_read,
  audit_read,
};

namespace detail {

constexpr unsigned role_bit(Role role) {
  return 1U << static_cast<unsigned>(role);
}
template <class... Roles>
constexpr unsigned bits(Roles... roles) {
  return (role_bit(roles) | ...);
}

inline constexpr unsigned kEveryone = (1U << kRoleCount) - 1;
inline constexpr unsigned kHospital = kEveryone & ~role_bit(Role::platform_admin);

struct AccessRow {
  Access access;
  std::string_view name;
  unsigned roles;
};

using enum Role;
/// The contract's table: who may what. platform_admin has no access to anything of a hospital.
inline constexpr std::array kTable{
    AccessRow{Access::open, "", kEveryone},
    AccessRow{Access::signed_in, "", kEveryone},
    AccessRow{Access::any_in_tenant, "", kHospital},
    AccessRow{Access::tenants_admin, "tenants:admin", bits(platform_admin)},
    AccessRow{Access::users_admin, "users:admin", bits(hospital_admin)},
    AccessRow{Access::records_reopen, "records:reopen", bits(hospital_admin)},
    AccessRow{Access::patients_read, "patients:read",
              bits(hospital_admin, doctor, nurse, receptionist, lab_technician, pharmacist)},
    AccessRow{Access::patients_write, "patients:write",
              bits(hospital_admin, doctor, nurse, receptionist)},
    AccessRow{Access::records_read, "records:read",
              bits(hospital_admin, doctor, nurse, lab_technician, pharmacist)},
    AccessRow{Access::records_write, "records:write", bits(doctor, nurse)},
    AccessRow{Access::records_finalize, "records:finalize", bits(doctor)},
    AccessRow{Access::allergies_write, "allergies:write", bits(doctor, nurse, pharmacist)},
    AccessRow{Access::medications_write, "medications:write", bits(doctor, nurse, pharmacist)},
    AccessRow{Access::results_write, "results:write", bits(doctor, nurse, lab_technician)},
    AccessRow{Access::attachments_write, "attachments:write", bits(doctor, nurse, lab_technician)},
    AccessRow{Access::templates_write, "templates:write", bits(hospital_admin, doctor)},
    AccessRow{Access::storage_read, "storage:read", bits(platform_admin, hospital_admin, manager)},
    AccessRow{Access::audit_read, "audit:read", bits(hospital_admin, auditor)},
};

constexpr bool rows_in_enum_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].access) != i) return false;
  }
  return kTable.size() == static_cast<std::size_t>(Access::audit_read) + 1;
}
static_assert(rows_in_enum_order());

}  // namespace detail

[[nodiscard]] std::string_view to_string(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view text);
/// `records:read` and so on; empty for open, signed_in and any_in_tenant.
[[nodiscard]] std::string_view to_string(Access access);

/// What somebody may do. By default: nothing.
class Permissions {
 public:
  [[nodiscard]] bool has(Access access) const { return (bits_ & bit(access)) != 0; }
  void add(Access access) { bits_ |= bit(access); }
  /// `patients:read` and so on, in the order of the contract's table.
  [[nodiscard]] std::vector<std::string_view> names() const;

 private:
  static std::uint32_t bit(Access access) { return 1U << static_cast<unsigned>(access); }
  std::uint32_t bits_ = 0;
};
/// The contract's table. platform_admin has no access to anything of a hospital.
[[nodiscard]] Permissions permissions_of(Role role);

}  // namespace wardbook::api
