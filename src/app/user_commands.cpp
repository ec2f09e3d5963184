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

/// One line, without what an editor or another system puts around it: the mark of its encoding and
/// the CR of a CRLF are no part of the password.
std::string line_of(std::istream& in) {
  std::string line;
  std::getline(in, line);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

/// From the first line of stdin, from WARDBOOK_PASSWORD, or made up.
Password new_password(const Arguments& arguments) {
  Password password;
  if (arguments.password_stdin) {
    password.text = line_of(std::cin);
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

Time now() {
  return std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
}

boost::json::object row_of_member(const accounts::Member& member,
                                  const std::optional<std::string>& tenant) {
  return {{"id", member.id.value},
          {"email", member.email},
          {"display_name", member.display_name},
          {"role", api::to_string(member.role)},
          {"tenant", tenant.value_or("")},
          {"status", accounts::status_name(member)}};
}

void print_row(const Arguments& arguments, boost::json::object row) {
  boost::json::array rows;
  rows.push_back(std::move(row));
  print_rows(arguments, rows);
}

/// What POST /users answers, and the same whether the address has an account or not.
void print_issued(const Arguments& arguments, const accounts::Issued& issued) {
  print_row(arguments, {{"id", issued.id.value},
                        {"code", issued.code},
                        {"expires_at", format_rfc3339(issued.expires_at)}});
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

/// As HTTP checks them.
void check_person(const Arguments& arguments) {
  if (!api::is_email(arguments.email)) {
    throw UsageError("'" + arguments.email + "' is not an email address");
  }
  if (arguments.name.empty()) throw UsageError("--name is required");
  if (const auto fault = api::name_fault(arguments.name)) throw UsageError("--name " + *fault);
}

Task<int> add_operator(CommandContext& context) {
  const auto& arguments = context.arguments;
  const Password password = new_password(arguments);
  accounts::NewAccount account;
  account.email = arguments.email;
  account.display_name = arguments.name;
  account.password_hash = accounts::hash_password(context.settings.auth, password.text);
  const audit::Actor actor = terminal_actor();
  const auto member = co_await accounts::add_operator(context.db, actor, std::move(account));
  auto row = row_of_member(member, std::nullopt);
  if (password.made_up) row["password"] = password.text;
  print_row(arguments, std::move(row));
  co_return 0;
}

Task<int> add_member(CommandContext& context) {
  const auto& arguments = context.arguments;
  const TenantId tenant = needed_tenant(arguments);
  const audit::Actor actor = terminal_actor();
  accounts::Invitee invitee;
  invitee.email = arguments.email;
  invitee.display_name = arguments.name;
  invitee.role = needed_role(arguments);
  print_issued(arguments, co_await accounts::invite(context.db, actor, tenant, invitee, now()));
  co_return 0;
}

Task<int> renew_code(CommandContext& context) {
  const TenantId tenant = needed_tenant(context.arguments);
  const audit::Actor actor = terminal_actor();
  const auto user = co_await accounts::find_user(context.db, tenant, context.arguments.email);
  print_issued(context.arguments,
               co_await accounts::issue_code(context.db, actor, tenant, user, now()));
  co_return 0;
}

Task<int> list_members(CommandContext& context) {
  std::optional<TenantId> tenant;
  if (context.arguments.tenant) {
    tenant = tenant_argument(*context.arguments.tenant);
    co_await tenants::get(context.db, *tenant);  // fails where there is none
  }
  const auto all = co_await accounts::list_accounts(context.db, tenant);
  boost::json::array rows;
  for (const auto& listed : all) rows.push_back(row_of_member(listed.member, listed.tenant));
  print_rows(context.arguments, rows);
  co_return 0;
}

Task<int> change(CommandContext& context, accounts::MemberChange wanted) {
  const TenantId tenant = needed_tenant(context.arguments);
  const auto user = co_await accounts::find_user(context.db, tenant, context.arguments.email);
  const audit::Actor actor = terminal_actor();
  const auto changed =
      co_await accounts::change_member(context.db, actor, tenant, user, std::move(wanted));
  print_row(context.arguments, row_of_member(changed.member, tenant.str()));
  co_return 0;
}

Task<int> set_role(CommandContext& context) {
  accounts::MemberChange wanted;
  wanted.role = needed_role(context.arguments);
  co_return co_await change(context, std::move(wanted));
}

Task<int> set_member_active(CommandContext& context, bool active) {
  if (context.arguments.tenant) {
    accounts::MemberChange wanted;
    wanted.active = active;
    co_return co_await change(context, std::move(wanted));
  }
  const AccountId account = co_await accounts::find_account(context.db, context.arguments.email);
  const audit::Actor actor = terminal_actor();
  co_await accounts::set_account_active(context.db, actor, account, active);
  print_row(context.arguments,
            {{"email", context.arguments.email}, {"status", active ? "active" : "disabled"}});
  co_return 0;
}
Task<int> disable(CommandContext& context) {
  co_return co_await set_member_active(context, false);
}
Task<int> enable(CommandContext& context) {
  co_return co_await set_member_active(context, true);
}

Task<int> reset(CommandContext& context) {
  const AccountId account = co_await accounts::find_account(context.db, context.arguments.email);
  const std::string unusable = accounts::impossible_hash(context.settings.auth);
  const audit::Actor actor = terminal_actor();
  print_issued(context.arguments,
               co_await accounts::reset_by_operator(context.db, actor, account, unusable, now()));
  co_return 0;
}

Task<int> release(CommandContext& context) {
  const std::string unusable = accounts::impossible_hash(context.settings.auth);
  const audit::Actor actor = terminal_actor();
  const AccountId account =
      co_await accounts::release_address(context.db, actor, context.arguments.email, unusable);
  print_row(context.arguments,
            {{"id", account.value}, {"email", context.arguments.email}, {"status", "released"}});
  co_return 0;
}

}  // namespace

int user_add(const Settings& settings, const Arguments& arguments) {
  if (arguments.is_operator == (arguments.tenant.has_value() || !arguments.role.empty())) {
    throw UsageError("give either --operator, or --tenant and --role");
  }
  check_person(arguments);
  if (arguments.is_operator) return run_on_database(settings, arguments, &add_operator);
  if (arguments.password_stdin) {
    throw UsageError(
        "--password-stdin is for --operator: a member chooses the password, with the code");
  }
  return run_on_database(settings, arguments, &add_member);
}
int user_list(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &list_members);
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
int user_renew_code(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &renew_code);
}
int user_release(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &release);
}
int user_reset_password(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &reset);
}

}  // namespace wardbook::app
