#include "api/idempotency.h"
#include "api/input.h"
#include "api/paging.h"
#include "features/accounts/sign_in.h"

namespace wardbook::accounts {
namespace {

using api::Input;
using api::Request;
using api::Response;

const std::vector<std::string_view>& hospital_roles() {
  static const std::vector<std::string_view> roles{
      "hospital_admin", "doctor",     "nurse",   "receptionist",
      "lab_technician", "pharmacist", "manager", "auditor"};
  return roles;
}

std::string doctor_json(const StaffRow& row) {
  std::string out;
  api::ObjectWriter writer(out);
  writer.integer("id", row.id.value)
      .text("display_name", std::string_view(row.display_name))
      .text("email", std::string_view(row.email));
  writer.end();
  return out;
}

struct PageQuery {
  std::int64_t after = 0;
  std::optional<std::string> role;
  std::optional<bool> active;
  int limit = api::kDefaultLimit;
  bool count = false;
};

/// One page of the hospital's staff, by id.
Task<Response> staff_page(App& app, Request request, PageQuery query, std::string scope,
                          std::string (*to_item)(const StaffRow&)) {
  db::Tx tx = co_await app.db.begin(request.caller.tenant());
  std::optional<std::int64_t> total;
  if (query.count) total = (co_await tx.one(kStaffCount, query.role, query.active)).value;
  const auto rows =
      co_await tx.all(kStaffPage, query.after, query.role, query.active, query.limit + 1);
  co_await tx.commit();
  std::vector<std::string> items;
  std::optional<std::string> next;
  for (const auto& row : rows) {
    if (static_cast<int>(items.size()) == query.limit) {
      next = api::encode_cursor(scope, {std::to_string(rows[items.size() - 1].id.value)});
      break;
    }
    items.push_back(to_item(row));
  }
  co_return api::ok(api::page_json(items, next, total));
}

PageQuery read_page(api::Params& params, const Request& request, const std::string& scope) {
  PageQuery query;
  query.limit = params.limit();
  query.count = params.count_exact();
  if (const auto cursor = api::decode_cursor(params, request, scope, 1)) {
    query.after = std::strtoll(cursor->front().c_str(), nullptr, 10);
  }
  return query;
}

/// What POST /users carries.
struct NewUser {
  NewAccount account;
  std::string password;
  api::Role role = api::Role::auditor;
};

bool is_email(std::string_view text) {
  const auto at = text.find('@');
  return at != 0 && at != std::string_view::npos && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string_view::npos && text.find(' ') == text.npos;
}

NewUser read_new_user(const Request& request) {
  std::vector<Fault> faults;
  Input in(request.object(), "", faults);
  NewUser out;
  out.account.email = in.text("email", Input::Need::required, 254).value_or("");
  out.account.display_name = in.text("display_name", Input::Need::required, 200).value_or("");
  const auto role = in.one_of("role", Input::Need::required, hospital_roles());
  const auto password = in.text("password", Input::Need::optional, 1024);
  if (!out.account.email.empty() && !is_email(out.account.email)) {
    in.fault("email", "must be an e-mail address");
  }
  if (password) {
    out.password = *password;
    if (const auto fault = password_fault(*password, out.account.email)) {
      in.fault("password", *fault);
    }
  }
  in.finish({"id", "status"});
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  out.role = *api::parse_role(*role);
  return out;
}

/// A password for a new account only: nobody sets another hospital's people a new one.
void check_password_presence(bool exists, bool has_password) {
  if (exists && has_password) {
    throw Failure::invalid({{"/password", "the account exists already: leave the password out"}});
  }
  if (!exists && !has_password) throw Failure::invalid({{"/password", "is required"}});
}

MemberChange read_change(const Request& request, std::string& password) {
  std::vector<Fault> faults;
  Input in(request.object(), "", faults);
  MemberChange change;
  const auto role = in.one_of("role", Input::Need::optional, hospital_roles());
  const auto status = in.one_of("status", Input::Need::optional, {"active", "disabled"});
  change.display_name = in.text("display_name", Input::Need::optional, 200);
  if (in.has("display_name") && change.display_name &&
      change.display_name->find_first_not_of(" \t") == std::string::npos) {
    in.fault("display_name", "must not be blank");
  }
  if (const auto given = in.text("password", Input::Need::optional, 1024)) {
    password = *given;
    if (const auto fault = password_fault(password, "")) in.fault("password", *fault);
  }
  for (const auto* name : {"role", "status", "display_name", "password"}) {
    const auto* value = request.object().if_contains(name);
    if (value != nullptr && value->is_null()) in.fault(name, "cannot be removed");
  }
  in.finish({"id", "email"});
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  if (role) change.role = api::parse_role(*role);
  if (status) change.active = *status == "active";
  return change;
}

}  // namespace

Task<Response> list_doctors(App& app, Request request) {
  const std::string scope = "doctors";
  api::Params params(request);
  PageQuery query = read_page(params, request, scope);
  params.finish();
  query.role = "doctor";
  query.active = true;
  co_return co_await staff_page(app, std::move(request), std::move(query), scope, &doctor_json);
}

Task<Response> list_users(App& app, Request request) {
  const std::string scope = "users";
  api::Params params(request);
  PageQuery query = read_page(params, request, scope);
  query.role = params.one_of("role", hospital_roles());
  const auto status = params.one_of("status", {"active", "disabled"});
  params.finish();
  if (status) query.active = *status == "active";
  static constexpr auto kItem = [](const StaffRow& row) {
    return member_json({row.id, row.email, row.display_name, row.role, row.active});
  };
  co_return co_await staff_page(app, std::move(request), std::move(query), scope, +kItem);
}

Task<Response> create_user(App& app, Request request) {
  NewUser user = read_new_user(request);
  const TenantId tenant = request.caller.tenant();
  if (!user.password.empty()) {
    user.account.password_hash = co_await hash_on_worker(app, user.password);
  }
  db::Tx tx = co_await api::begin_write(app.db, request);
  tx.switch_control();
  const auto found = co_await tx.maybe_one(kAccountByEmail, user.account.email);
  check_password_presence(found.has_value(), !user.password.empty());
  const audit::Actor actor = audit::actor_of(request);
  const Member member = co_await add_member_in(tx, actor, tenant, user.account, user.role);
  Response response =
      api::created(member_json(member), "/api/v1/users/" + std::to_string(member.id.value));
  co_return co_await api::commit_write(tx, std::move(request), std::move(response));
}

Task<Response> patch_user(App& app, Request request) {
  const auto id = request.path_id<AccountId>(Code::user_not_found);
  std::string password;
  MemberChange change = read_change(request, password);
  const TenantId tenant = request.caller.tenant();
  if (id == request.caller.account) {
    const bool demoted = change.role && *change.role != request.caller.role;
    if (demoted || (change.active && !*change.active)) {
      throw Failure(Code::conflict, "You cannot take your own access away.");
    }
    if (!password.empty()) {
      throw Failure(Code::conflict, "Change your own password with POST /auth/password.");
    }
  }
  if (!password.empty()) change.password_hash = co_await hash_on_worker(app, password);
  const audit::Actor actor = audit::actor_of(request);
  const Changed changed = co_await change_member(app.db, actor, tenant, id, std::move(change));
  for (const auto& revocation : changed.revoked) app.authority.apply(revocation);
  co_return api::ok(member_json(changed.member));
}

}  // namespace wardbook::accounts
