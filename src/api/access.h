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
