#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/access.h"
#include "base/clock.h"
#include "base/ids.h"

namespace wardbook::api {

/// Who asks: as whom, with which permissions, and how and when that was shown.
struct Principal {
  enum class Kind : std::uint8_t {
    nobody,   ///< routes with Access::open
    account,  ///< a person, in a session
    api_key,  ///< a program, on behalf of an account; nothing issues keys yet
    service,  ///< the program itself: jobs
  };
  /// How it was authenticated. Single sign-on will be another way.
  enum class Method : std::uint8_t { none, password };

  Kind kind = Kind::nobody;
  AccountId account;  ///< whose name is in the audit log; 0 for nobody and the service
  SessionId session;
  std::string name;
  std::string email;
  Role role = Role::auditor;
  Permissions permissions;            ///< an account's are its role's
  std::optional<TenantId> tenant_id;  ///< absent for operators
  std::int64_t token_number = 0;      ///< of the access token
  Method method = Method::none;
  Time authenticated_at{};  ///< when the password was given, whatever was renewed since

  [[nodiscard]] bool may(Access access) const { return permissions.has(access); }
  /// Fails with forbidden for one without a tenant (routes with Access::any_in_tenant or a
  /// hospital's permission never let one in).
  [[nodiscard]] const TenantId& tenant() const;
};

/// Who did something, as the audit log names it. Without an account: the service, or the command
/// line.
struct Actor {
  std::optional<AccountId> account;
  std::string role;
  std::string request_id;
  std::string ip;
};

}  // namespace wardbook::api
