#include "api/access.h"

#include <algorithm>

namespace wardbook::api {
namespace {

constexpr std::array<std::string_view, kRoleCount> kRoleNames{
    "platform_admin", "hospital_admin", "doctor",  "nurse",  "receptionist",
    "lab_technician", "pharmacist",     "manager", "auditor"};

const detail::AccessRow& row_of(Access access) {
  return detail::kTable[static_cast<std::size_t>(access)];
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
  for (const auto& row : detail::kTable) {
    if (!row.name.empty() && has(row.access)) out.push_back(row.name);
  }
  return out;
}

Permissions permissions_of(Role role) {
  Permissions out;
  for (const auto& row : detail::kTable) {
    if ((row.roles & detail::role_bit(role)) != 0) out.add(row.access);
  }
  return out;
}

}  // namespace wardbook::api
