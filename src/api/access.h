#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace wardbook::api {

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
  attachments_write,
  templates_write,
  storage_read,
  audit_read,
};

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

[[nodiscard]] std::string_view to_string(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view text);
/// `records:read` and so on; empty for open, signed_in and any_in_tenant.
[[nodiscard]] std::string_view to_string(Access access);
/// The contract's table. platform_admin has no access to anything of a hospital.
[[nodiscard]] bool allows(Role role, Access access);
/// The named permissions of a role, in the table's order.
[[nodiscard]] std::vector<std::string_view> permissions_of(Role role);

}  // namespace wardbook::api
