#include "api/conditions.h"
#include "api/input.h"
#include "api/paging.h"
#include "api/write.h"
#include "features/app.h"
#include "features/audit/audit.h"
#include "features/follow_ups/follow_ups_sql.h"
#include "features/patients/patients.h"

namespace wardbook::follow_ups {
namespace {

namespace json = boost::json;
using Need = api::Input::Need;

constexpr std::size_t kTextMost = 2'000;  // characters
const std::vector<std::string_view> kReadOnly{
    "id",         "patient_id",      "version",    "created_by", "created_by_name", "created_at",
    "updated_by", "updated_by_name", "updated_at", "state",      "record_id",       "closed_at",
    "closed_by",  "closed_by_name",  "moved_to",   "moved_from", "overdue"};

/// What a request says of one.
struct Asked {
  MaybeText what_for;
  std::optional<Date> due;
  std::optional<Date> due_until;
  MaybeId doctor;
  MaybeId problem;
  MaybeText outcome;
  MaybeId outcome_record;
  MaybeText reason;
  bool declines = false;  ///< the proposal
};

Asked read_asked(const json::object& body, bool is_new, std::vector<Fault>& faults) {
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  api::Input in(body, "", faults);
  const Need need = is_new ? Need::required : Need::optional;
  Asked out;
  out.what_for = in.text("what_for", need, kTextMost, true);
  out.due = in.day("due", need);
  out.due_until = in.day("due_until", Need::optional);
  out.doctor = in.integer("doctor_id", Need::optional, 1, kLargest);
  out.problem = in.integer("problem_id", Need::optional, 1, kLargest);
  if (!is_new) {
    out.outcome = in.one_of("outcome", Need::optional, {"done", "moved", "cancelled", "died"});
    out.outcome_record = in.integer("outcome_record_id", Need::optional, 1, kLargest);
    out.reason = in.text("reason", Need::optional, kTextMost, true);
    const auto* proposed = in.raw("proposed_record_id");
    if (proposed != nullptr) in.fault("proposed_record_id", "can only be taken back, by null");
    out.declines = body.contains("proposed_record_id");
    for (const char* name : {"what_for", "due", "outcome"}) {
      const auto* value = body.if_contains(name);
      if (value != nullptr && value->is_null()) in.fault(name, "cannot be removed");
    }
  }
  in.finish(kReadOnly);
  return out;
}

json::value or_null(const MaybeText& text) {
  return text ? json::value(*text) : json::value(nullptr);
}
json::value or_null(const MaybeId& id) {
  return id ? json::value(*id) : json::value(nullptr);
}
json::value or_null(const std::optional<Date>& day) {
  return day ? json::value(format_date(*day)) : json::value(nullptr);
}

MaybeId integer_of(const json::object& content, std::string_view name) {
  const auto* value = content.if_contains(name);
  return value == nullptr || value->is_null() ? MaybeId() : value->to_number<std::int64_t>();
}
std::optional<Date> day_of(const json::object& content, std::string_view name) {
  const auto* value = content.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return parse_date(std::string_view(value->as_string()));
}

std::string follow_up_json(const objects::Object& object, Date today) {
  json::object out = objects::shown(object);
  const auto last = day_of(out, "due_until") ? day_of(out, "due_until") : day_of(out, "due");
  const auto* state = out.if_contains("state");
  out["overdue"] = state != nullptr && *state == "open" && last &&
                   std::chrono::sys_days(*last) < std::chrono::sys_days(today);
  return json::serialize(out);
}

void check_window(const json::object& content, std::vector<Fault>& faults) {
  const auto due = day_of(content, "due");
  const auto until = day_of(content, "due_until");
  if (due && until && std::chrono::sys_days(*until) < std::chrono::sys_days(*due)) {
    faults.push_back({"/due_until", "lies before due"});
  }
}

void check_known(const Asked& asked, const Known& known, std::vector<Fault>& faults) {
  if (asked.doctor && !known.doctor) {
    faults.push_back({"/doctor_id", "is not a doctor of this hospital"});
  }
  if (asked.outcome_record && !known.record) {
    faults.push_back({"/outcome_record_id", "is not a visit of this patient"});
  }
  if (asked.problem && !known.problem) {
    faults.push_back({"/problem_id", "is not a problem of this patient"});
  }
}

json::object blank(std::string what, Date due) {
  json::object out{{"what_for", std::move(what)}, {"due", format_date(due)}, {"state", "open"}};
  for (const char* name : {"record_id", "problem_id", "due_until", "doctor_id", "outcome",
                           "outcome_record_id", "outcome_reason", "closed_at", "closed_by",
                           "closed_by_name", "moved_to", "moved_from", "proposed_record_id"}) {
    out[name] = nullptr;
  }
  return out;
}

Task<api::Response> create_follow_up(App& app, api::Request req) {
  const auto patient = req.path_id<PatientId>(Code::patient_not_found);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  co_await objects::require_patient(w.tx(), patient);
  std::vector<Fault> faults;
  const Asked asked = read_asked(req.object(), true, faults);
  const Known known = co_await w.tx().one(kKnown, patient, asked.doctor, asked.outcome_record,
                                          asked.problem, app.clock.now());
  check_known(asked, known, faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  json::object content = blank(*asked.what_for, *asked.due);
  content["due_until"] = or_null(asked.due_until);
  content["problem_id"] = or_null(asked.problem);
  content["doctor_id"] = or_null(asked.doctor);
  if (!asked.doctor && req.caller.role == api::Role::doctor) {
    content["doctor_id"] = req.caller.account.value;
  }
  check_window(content, faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  objects::Step step{"follow_up.create"};
  const auto made =
      co_await objects::create(w, kFollowUp, patient, std::move(content), std::move(step));
  req.saw("follow_up", made.id, patient);
  api::Response response = api::created(follow_up_json(made, known.today),
                                        "/api/v1/follow-ups/" + std::to_string(made.id))
                               .etag(made.version);
  co_return co_await w.commit(std::move(response));
}

/// What a change makes of it, but for an outcome.
json::object revised(const objects::Object& before, const Asked& asked, const json::object& body,
                     std::vector<Fault>& faults) {
  json::object content = before.content;
  if (asked.what_for) content["what_for"] = *asked.what_for;
  if (body.contains("due_until")) content["due_until"] = or_null(asked.due_until);
  if (body.contains("problem_id")) content["problem_id"] = or_null(asked.problem);
  if (body.contains("doctor_id")) content["doctor_id"] = or_null(asked.doctor);
  if (asked.declines) content["proposed_record_id"] = nullptr;
  if (asked.outcome) return content;
  if (asked.due) content["due"] = or_null(asked.due);
  const bool later = content["due"] != before.content.at("due") ||
                     content["due_until"] != before.content.at("due_until");
  if (later && !asked.reason) faults.push_back({"/reason", "is required to change the day"});
  if (asked.outcome_record) {
    faults.push_back({"/outcome_record_id", "is not expected without an outcome"});
  }
  check_window(content, faults);
  return content;
}

/// The outcome that closes it.
void close_it(json::object& content, const Asked& asked, const api::Request& req, Time now,
              std::vector<Fault>& faults) {
  const std::string& outcome = asked.outcome.value();
  MaybeId record = asked.outcome_record;
  if (!record && outcome == "done") record = integer_of(content, "proposed_record_id");
  if (outcome == "done" && !record) {
    faults.push_back({"/outcome_record_id", "is required: the visit in which it was done"});
  }
  if (outcome == "cancelled" && !asked.reason) {
    faults.push_back({"/reason", "is required to cancel a follow-up"});
  }
  if (outcome == "moved" && !asked.due) {
    faults.push_back({"/due", "is required: the day that it is moved to"});
  }
  content["state"] = "closed";
  content["outcome"] = outcome;
  content["outcome_record_id"] = or_null(record);
  content["outcome_reason"] = or_null(asked.reason);
  content["closed_at"] = format_rfc3339(now);
  content["closed_by"] = req.caller.account.value;
  content["closed_by_name"] = req.caller.name;
}

/// The follow-up that a moved one goes on as.
Task<std::int64_t> go_on(api::Write& w, const objects::Object& before, Asked asked) {
  json::object content = before.content;
  content["due"] = or_null(asked.due);
  content["due_until"] = or_null(asked.due_until);
  content["moved_from"] = before.id;
  content["proposed_record_id"] = nullptr;
  std::vector<Fault> faults;
  check_window(content, faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  objects::Step step{"follow_up.create"};
  const auto made =
      co_await objects::create(w, kFollowUp, before.patient, std::move(content), std::move(step));
  co_return made.id;
}

Task<api::Response> change_follow_up(App& app, api::Request req) {
  const auto id = req.path_int(Code::follow_up_not_found, "id");
  const auto expected = api::if_match(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  objects::Object before = co_await objects::lock(w.tx(), kFollowUp, id, expected);
  if (before.content.at("state") != "open") {
    throw Failure(Code::conflict, "A closed follow-up stays as it is.");
  }
  std::vector<Fault> faults;
  const Asked asked = read_asked(req.object(), false, faults);
  const Known known = co_await w.tx().one(kKnown, before.patient, asked.doctor,
                                          asked.outcome_record, asked.problem, app.clock.now());
  check_known(asked, known, faults);
  json::object content = revised(before, asked, req.object(), faults);
  if (asked.outcome) close_it(content, asked, req, app.clock.now(), faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  if (content == before.content) {
    w.log({.action = "follow_up.read",
           .resource = "follow_up",
           .resource_id = id,
           .patient = before.patient});
    api::Response same = api::ok(follow_up_json(before, known.today)).etag(before.version);
    co_return co_await w.commit(std::move(same));
  }
  audit::Action action = "follow_up.update";
  std::int64_t moved_to = 0;
  const objects::Object as_it_was = before;
  if (asked.outcome) action = "follow_up.close";
  objects::Step step{action, asked.reason};
  if (asked.outcome == "moved") {
    // The one that is moved leaves the list in the same moment in which the other one comes.
    moved_to = co_await go_on(w, as_it_was, asked);
    content["moved_to"] = moved_to;
  }
  const auto after = co_await objects::change(w, kFollowUp, std::move(before), std::move(content),
                                              std::move(step));
  api::Response response = api::ok(follow_up_json(after, known.today)).etag(after.version);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> get_follow_up(App& app, api::Request req) {
  const auto id = req.path_int(Code::follow_up_not_found, "id");
  db::Tx tx = co_await app.db.begin(req.tenant());
  const auto found = co_await objects::find(tx, kFollowUp, id);
  if (!found) throw Failure(Code::follow_up_not_found);
  const Known known = co_await tx.one(kKnown, found->patient, std::nullopt, std::nullopt,
                                      std::nullopt, app.clock.now());
  co_await tx.commit();
  audit::Entry seen{.action = "follow_up.read",
                    .resource = "follow_up",
                    .resource_id = id,
                    .patient = found->patient};
  co_await app.audit.read(req, std::move(seen));
  co_return api::versioned(req, follow_up_json(*found, known.today), found->version);
}

Task<api::Response> list_follow_ups(App& app, api::Request req) {
  const auto patient = req.path_id<PatientId>(Code::patient_not_found);
  api::Params params(req);
  const auto state = params.one_of("state", {"open", "closed"});
  const api::IntegerPage page(params, req, "follow_ups");
  params.finish();
  db::Tx tx = co_await app.db.begin(req.tenant());
  if (!co_await patients::find(tx, patient)) throw Failure(Code::patient_not_found);
  const auto rows = co_await tx.all(kList, patient, state, page.after().value_or(0), page.wanted());
  std::optional<std::int64_t> total;
  if (page.count()) total = (co_await tx.one(kCount, patient, state)).value;
  const Known known =
      co_await tx.one(kKnown, patient, std::nullopt, std::nullopt, std::nullopt, app.clock.now());
  co_await tx.commit();
  audit::Entry seen{.action = "follow_up.list",
                    .resource = "patient",
                    .resource_id = patient.value,
                    .patient = patient,
                    .filters = api::filters_json(req)};
  co_await app.audit.read(req, std::move(seen));
  const auto id = [](const auto& row) { return row.id; };
  const auto json = [today = known.today](const auto& row) { return follow_up_json(row, today); };
  co_return api::ok(page.json(rows, id, json, total));
}

constexpr api::Subject kOfFollowUp{
    .resource = "follow_up", .reading = api::Access::records_read, .whose = &kWhoseFollowUp};

}  // namespace

std::vector<api::Route> routes() {
  using enum api::Access;
  using api::Body;
  using patients::kPatient;
  return {
      {"GET", "/patients/{id}/follow-ups", records_read, kPatient, &list_follow_ups},
      {"POST", "/patients/{id}/follow-ups", records_write, kPatient, &create_follow_up, Body::json},
      {"GET", "/follow-ups/{id}", records_read, kOfFollowUp, &get_follow_up},
      {"PATCH", "/follow-ups/{id}", records_write, kOfFollowUp, &change_follow_up, Body::json}};
}

}  // namespace wardbook::follow_ups
