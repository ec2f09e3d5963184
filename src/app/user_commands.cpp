#include <cstdlib>
#include <iostream>

#include "api/input.h"
#include "app/database_command.h"
#include "base/hash.h"
#include "features/accounts/accounts.h"
#include "features/tenants/tenants.h"

namespace wardbook::app {
namespace {

struct Password {
  std::string text;
  bool made_up = false;  ///< to be shown once
};

/// From the first line of stdin, from WARDBOOK_PASSWORD, or made up.
Password new_password(const Arguments& arguments) {
  Password password;
  if (arguments.password_stdin) {
    std::getline(std::cin, password.text);
  } else if (const char* given = std::getenv("WARDBOOK_PASSWORD"); given != nullptr) {
    password.text = given;
  } else {
    password = {to_base64url(random_bytes(15)), true};
  }
  if (const auto fault = accounts::password_fault(password.text, arguments.email)) {
    throw UsageError("the password " + *fault);
  }
  return password;
}

Task<std::optional<AccountId>> find(db::Pool& db, std::string email) {
  try {
    co_return co_await accounts::find_account(db, std::move(email));
  } catch (const Failure& failure) {
    if (failure.code() != Code::user_not_found) throw;
  }
  co_return std::nullopt;
}

boost::json::object row_of(const accounts::Member& member,
                           const std::optional<std::string>& tenant) {
  return {{"id", member.id.value},
          {"email", member.email},
          {"display_name", member.display_name},
          {"role", api::to_string(member.role)},
          {"tenant", tenant.value_or("")},
          {"status", member.active ? "active" : "disabled"}};
}

TenantId needed_tenant(const Arguments& arguments) {
  if (!arguments.tenant) throw UsageError("--tenant is required");
  return tenant_argument(*arguments.tenant);
}

api::Role needed_role(const Arguments& arguments) {
  const auto role = api::parse_role(arguments.role);
  if (!role || *role == api::Role::platform_admin) {
    throw UsageError(
        "the role must be one of hospital_admin, doctor, nurse, receptionist, lab_technician, "
        "pharmacist, manager, auditor");
  }
  return *role;
}

Task<int> add(CommandContext& context) {
  const auto& arguments = context.arguments;
  accounts::NewAccount account;
  account.email = arguments.email;
  account.display_name = arguments.name;
  Password password;
  if (!api::is_email(arguments.email)) {
    throw UsageError("'" + arguments.email + "' is no e-mail address");
  }
  const auto existing = co_await find(context.db, arguments.email);
  if (!existing) {
    if (arguments.name.empty()) throw UsageError("--name is required for a new account");
    password = new_password(arguments);
    account.password_hash = accounts::hash_password(context.settings.auth, password.text);
  }
  const audit::Actor actor = terminal_actor();
  accounts::Member member;
  std::optional<std::string> tenant;
  if (arguments.is_operator) {
    member = co_await accounts::add_operator(context.db, actor, std::move(account));
  } else {
    const TenantId id = needed_tenant(arguments);
    tenant = id.str();
    member = co_await accounts::add_member(context.db, actor, id, std::move(account),
                                           needed_role(arguments));
  }
  auto row = row_of(member, tenant);
  if (password.made_up) row["password"] = password.text;
  boost::json::array rows;
  rows.push_back(std::move(row));
  print_rows(arguments, rows);
  co_return 0;
}

Task<int> list(CommandContext& context) {
  std::optional<TenantId> tenant;
  if (context.arguments.tenant) {
    tenant = tenant_argument(*context.arguments.tenant);
    co_await tenants::get(context.db, *tenant);  // fails where there is none
  }
  const auto all = co_await accounts::list_accounts(context.db, tenant);
  boost::json::array rows;
  for (const auto& listed : all) rows.push_back(row_of(listed.member, listed.tenant));
  print_rows(context.arguments, rows);
  co_return 0;
}

Task<int> change(CommandContext& context, accounts::MemberChange wanted) {
  const TenantId tenant = needed_tenant(context.arguments);
  const AccountId account = co_await accounts::find_account(context.db, context.arguments.email);
  const audit::Actor actor = terminal_actor();
  const auto changed =
      co_await accounts::change_member(context.db, actor, tenant, account, std::move(wanted));
  boost::json::array rows;
  rows.push_back(row_of(changed.member, tenant.str()));
  print_rows(context.arguments, rows);
  co_return 0;
}

Task<int> set_role(CommandContext& context) {
  accounts::MemberChange wanted;
  wanted.role = needed_role(context.arguments);
  co_return co_await change(context, std::move(wanted));
}

Task<int> set_active(CommandContext& context, bool active) {
  if (context.arguments.tenant) {
    accounts::MemberChange wanted;
    wanted.active = active;
    co_return co_await change(context, std::move(wanted));
  }
  const AccountId account = co_await accounts::find_account(context.db, context.arguments.email);
  const audit::Actor actor = terminal_actor();
  co_await accounts::set_account_active(context.db, actor, account, active);
  boost::json::object row{{"email", context.arguments.email},
                          {"status", active ? "active" : "disabled"}};
  boost::json::array rows;
  rows.push_back(std::move(row));
  print_rows(context.arguments, rows);
  co_return 0;
}
Task<int> disable(CommandContext& context) {
  co_return co_await set_active(context, false);
}
Task<int> enable(CommandContext& context) {
  co_return co_await set_active(context, true);
}

Task<int> reset(CommandContext& context) {
  const Password password = new_password(context.arguments);
  const AccountId account = co_await accounts::find_account(context.db, context.arguments.email);
  const std::string hash = accounts::hash_password(context.settings.auth, password.text);
  const audit::Actor actor = terminal_actor();
  co_await accounts::reset_password(context.db, actor, account, hash);
  boost::json::object row{{"email", context.arguments.email}};
  if (password.made_up) row["password"] = password.text;
  boost::json::array rows;
  rows.push_back(std::move(row));
  print_rows(context.arguments, rows);
  co_return 0;
}

}  // namespace

int user_add(const Settings& settings, const Arguments& arguments) {
  if (arguments.is_operator == (arguments.tenant.has_value() || !arguments.role.empty())) {
    throw UsageError("give either --operator, or --tenant and --role");
  }
  return run_on_database(settings, arguments, &add);
}
int user_list(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &list);
}
int user_set_role(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &set_role);
}
int user_disable(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &disable);
}
int user_enable(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &enable);
}
int user_reset_password(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &reset);
}

}  // namespace wardbook::app
