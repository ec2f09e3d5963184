#include <algorithm>
#include <boost/json.hpp>

#include "api/input.h"
#include "api/paging.h"
#include "api/write.h"
#include "base/hash.h"
#include "features/accounts/invitations.h"
#include "features/accounts/invitations_sql.h"
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

Invitee read_invitee(const Request& request) {
  std::vector<Fault> faults;
  Input in(request.object(), "", faults);
  Invitee out;
  out.email = in.text("email", Input::Need::required, 254).value_or("");
  out.display_name = in.name("display_name", Input::Need::required, api::kNameMost).value_or("");
  const auto role = in.one_of("role", Input::Need::required, hospital_roles());
  if (!out.email.empty() && !api::is_email(out.email)) {
    in.fault("email", "must be an email address");
  }
  in.finish({"id", "status", "created_at", "code_expires_at"});
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  out.role = *api::parse_role(*role);
  return out;
}

MemberChange read_change(const Request& request) {
  std::vector<Fault> faults;
  Input in(request.object(), "", faults);
  MemberChange change;
  const auto role = in.one_of("role", Input::Need::optional, hospital_roles());
  const auto status = in.one_of("status", Input::Need::optional, {"active", "disabled"});
  change.display_name = in.name("display_name", Input::Need::optional, api::kNameMost);
  for (const auto* name : {"role", "status", "display_name"}) {
    const auto* value = request.object().if_contains(name);
    if (value != nullptr && value->is_null()) in.fault(name, "cannot be removed");
  }
  in.finish({"id", "email", "created_at", "code_expires_at"});
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  if (role) change.role = api::parse_role(*role);
  if (status) change.active = *status == "active";
  return change;
}

// ---- codes --------------------------------------------------------------------------------------

/// A code is made from a nonce under the service's secret, and only the nonce is kept with the
/// answer of a request that had an Idempotency-Key: so a replay tells the same code, and what is
/// stored is none.
OneTimeCode code_under(const Request& request, std::string_view nonce) {
  const auto bytes = hmac_sha256(request.retry_secret, "one-time code\n" + std::string(nonce));
  return code_from(as_chars(bytes));
}

std::string issued_json(std::int64_t id, std::string_view member, std::string_view value,
                        std::string_view expires) {
  std::string out;
  api::ObjectWriter writer(out);
  writer.integer("id", id).text(member, value).text("expires_at", expires);
  writer.end();
  return out;
}

/// What is kept under the key, then what is answered.
Task<Response> commit_issued(api::Write& w, Response response, Issued issued, std::string nonce) {
  const std::string expires = format_rfc3339(issued.expires_at);
  response.body = issued_json(issued.id.value, "nonce", to_hex(nonce), expires);
  response = co_await w.commit(std::move(response));
  response.body = issued_json(issued.id.value, "code", issued.code, expires);
  co_return response;
}

Response told_again(const Request& request, Response stored) {
  const auto kept = boost::json::parse(stored.body);
  const auto text = [&](const char* name) {
    const auto& value = kept.at(name).as_string();
    return std::string(value.data(), value.size());
  };
  const OneTimeCode code = code_under(request, from_hex(text("nonce")).value_or(""));
  stored.body = issued_json(kept.at("id").as_int64(), "code", code.text, text("expires_at"));
  return stored;
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

/// Names are the hospital's own; since when somebody is a member, and who is only invited, the
/// control schema says. Ids of both are of one sequence, which orders them.
Task<Response> list_users(App& app, Request request) {
  const PageQuery query = read_page(request, "users", {api::CursorValue::integer});
  const TenantId tenant = request.caller.tenant();
  db::Tx tx = co_await app.db.begin(tenant);
  std::optional<std::int64_t> total;
  if (query.count) total = (co_await tx.one(kStaffCount)).value;
  const auto staff = co_await tx.all(kStaffPage, id_in_cursor(query), query.limit + 1);
  std::vector<Member> members =
      co_await pending_members(tx, tenant, id_in_cursor(query), query.limit + 1);
  if (query.count) *total += (co_await tx.one(kPendingCount, tenant)).value;
  std::vector<std::int64_t> ids;
  for (const auto& row : staff) ids.push_back(row.id.value);
  const auto since = co_await tx.all(kMembersSince, tenant, std::move(ids));
  co_await tx.commit();
  std::unordered_map<AccountId, Time> since_by_id;
  for (const auto& row : since) since_by_id[row.account] = row.since;
  for (const auto& row : staff) {
    members.push_back(
        {row.id, row.email, row.display_name, row.role, row.active, since_by_id[row.id]});
  }
  std::ranges::sort(members, {}, [](const Member& member) { return member.id.value; });
  std::optional<std::string> next;
  if (std::cmp_greater(members.size(), query.limit)) {
    members.resize(static_cast<std::size_t>(query.limit));
    next = api::encode_cursor(query.scope, {std::to_string(members.back().id.value)});
  }
  std::vector<std::string> items;
  for (const auto& member : members) items.push_back(member_json(member));
  co_return api::ok(api::page_json(items, next, total));
}

Task<Response> create_user(App& app, Request request) {
  const Invitee invitee = read_invitee(request);
  const std::string nonce = random_bytes(16);
  api::Write w = co_await api::write(app, request);
  if (w.replayed()) co_return told_again(request, w.replay());
  const Issued issued =
      co_await invite_in(w, request.tenant(), invitee, code_under(request, nonce), app.clock.now());
  Response response = api::created("", "/api/v1/users/" + std::to_string(issued.id.value));
  co_return co_await commit_issued(w, std::move(response), issued, nonce);
}

Task<Response> create_code(App& app, Request request) {
  const TenantId tenant = request.tenant();
  const auto id =
      co_await resolve_user(app.db, tenant, request.path_id<AccountId>(Code::user_not_found));
  if (id == request.caller.account) {
    throw Failure(Code::conflict, "Change your own password with POST /auth/password.");
  }
  const std::string nonce = random_bytes(16);
  api::Write w = co_await api::write(app, request);
  if (w.replayed()) co_return told_again(request, w.replay());
  const Issued issued =
      co_await issue_code_in(w, tenant, id, code_under(request, nonce), app.clock.now());
  co_return co_await commit_issued(w, api::ok(std::string()), issued, nonce);
}

Task<Response> patch_user(App& app, Request request) {
  const TenantId tenant = request.caller.tenant();
  const auto id =
      co_await resolve_user(app.db, tenant, request.path_id<AccountId>(Code::user_not_found));
  MemberChange change = read_change(request);
  if (id == request.caller.account) {
    const bool demoted = change.role && *change.role != request.caller.role;
    if (demoted || (change.active && !*change.active)) {
      throw Failure(Code::conflict, "You cannot remove your own access.");
    }
  }
  api::Write w = co_await api::write(app, request);
  if (w.replayed()) co_return w.replay();
  const Changed changed = co_await change_member_in(w, tenant, id, std::move(change));
  Response response = co_await w.commit(api::ok(member_json(changed.member)));
  for (const auto& revocation : changed.revoked) app.authority.apply(revocation);
  co_return response;
}

}  // namespace wardbook::accounts
