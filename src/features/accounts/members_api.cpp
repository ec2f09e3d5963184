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
  static const std::vector<std::string_view> roles{"hospital_admin", "doctor",         "nurse",
                                                   "receptionist",   "lab_technician", "pharmacist",
                                                   "manager",        "auditor"};
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

/// What a list without filters reads from the query string.
struct PageQuery {
  int limit = api::kDefaultLimit;
  bool count = false;
  api::CursorScope scope;
  std::optional<std::vector<std::string>> cursor = std::nullopt;
};

PageQuery read_page(const Request& request, std::string_view list,
                    const std::vector<api::CursorValue>& cursor_values) {
  api::Params params(request);
  PageQuery query{.scope = api::cursor_scope(list, request)};
  query.limit = params.limit();
  query.count = params.count_exact();
  query.cursor = api::decode_cursor(params, request, query.scope, cursor_values);
  params.finish();
  return query;
}

std::int64_t id_in_cursor(const PageQuery& query) {
  return query.cursor ? api::cursor_integer(query.cursor->back()) : 0;
}

/// What POST /users carries.
struct NewUser {
  NewAccount account;
  std::string password;
  api::Role role = api::Role::auditor;
};

NewUser read_new_user(const Request& request) {
  std::vector<Fault> faults;
  Input in(request.object(), "", faults);
  NewUser out;
  out.account.email = in.text("email", Input::Need::required, 254).value_or("");
  out.account.display_name = in.text("display_name", Input::Need::required, 200).value_or("");
  const auto role = in.one_of("role", Input::Need::required, hospital_roles());
  const auto password = in.text("password", Input::Need::optional, 1024);
  if (!out.account.email.empty() && !api::is_email(out.account.email)) {
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
  const PageQuery query =
      read_page(request, "doctors", {api::CursorValue::text, api::CursorValue::integer});
  std::optional<std::string> after;
  if (query.cursor) after = query.cursor->front();
  db::Tx tx = co_await app.db.begin(request.caller.tenant());
  std::optional<std::int64_t> total;
  if (query.count) total = (co_await tx.one(kDoctorCount)).value;
  auto rows = co_await tx.all(kDoctorPage, after, id_in_cursor(query), query.limit + 1);
  co_await tx.commit();
  std::optional<std::string> next;
  if (std::cmp_greater(rows.size(), query.limit)) {
    rows.pop_back();
    next = api::encode_cursor(query.scope,
                              {rows.back().display_name, std::to_string(rows.back().id.value)});
  }
  std::vector<std::string> items;
  for (const auto& row : rows) items.push_back(doctor_json(row));
  co_return api::ok(api::page_json(items, next, total));
}

/// Names are the hospital's own; since when somebody is a member, the control schema says.
Task<Response> list_users(App& app, Request request) {
  const PageQuery query = read_page(request, "users", {api::CursorValue::integer});
  db::Tx tx = co_await app.db.begin(request.caller.tenant());
  std::optional<std::int64_t> total;
  if (query.count) total = (co_await tx.one(kStaffCount)).value;
  auto rows = co_await tx.all(kStaffPage, id_in_cursor(query), query.limit + 1);
  std::optional<std::string> next;
  if (std::cmp_greater(rows.size(), query.limit)) {
    rows.pop_back();
    next = api::encode_cursor(query.scope, {std::to_string(rows.back().id.value)});
  }
  std::vector<std::int64_t> ids;
  for (const auto& row : rows) ids.push_back(row.id.value);
  tx.switch_control();
  const auto since = co_await tx.all(kMembersSince, request.caller.tenant(), std::move(ids));
  co_await tx.commit();
  std::unordered_map<AccountId, Time> since_by_id;
  for (const auto& row : since) since_by_id[row.account] = row.since;
  std::vector<std::string> items;
  for (const auto& row : rows) {
    items.push_back(member_json(
        {row.id, row.email, row.display_name, row.role, row.active, since_by_id[row.id]}));
  }
  co_return api::ok(api::page_json(items, next, total));
}

Task<Response> create_user(App& app, Request request) {
  NewUser user = read_new_user(request);
  const TenantId tenant = request.caller.tenant();
  if (!user.password.empty()) {
    const Asker asker(request.caller.account);
    user.account.password_hash = co_await hash_on_worker(app, user.password, asker);
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
  const Asker asker(request.caller.account);
  if (!password.empty()) change.password_hash = co_await hash_on_worker(app, password, asker);
  const audit::Actor actor = audit::actor_of(request);
  const Changed changed = co_await change_member(app.db, actor, tenant, id, std::move(change));
  for (const auto& revocation : changed.revoked) app.authority.apply(revocation);
  co_return api::ok(member_json(changed.member));
}

}  // namespace wardbook::accounts
