#include <algorithm>

#include "api/conditions.h"
#include "api/input.h"
#include "api/paging.h"
#include "base/text.h"
#include "features/app.h"
#include "features/medications/durations.h"
#include "features/medications/medications.h"
#include "features/medications/medications_sql.h"

namespace wardbook::medications {
namespace {

namespace json = boost::json;
using Need = api::Input::Need;

constexpr std::size_t kReasonLength = 2'000;
constexpr std::size_t kTextLength = 200;
constexpr std::chrono::days kLookAgain{365};

constexpr api::Subject kMedication{
    .resource = "medication", .reading = api::Access::records_read, .whose = &kWhoseMedication};

std::string_view text_at(const json::object& content, std::string_view key) {
  const auto* value = content.if_contains(json::string_view(key.data(), key.size()));
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

/// The state on a day: a course whose last day is over is completed.
std::string state_on(const json::object& course, Date today) {
  const std::string state(text_at(course, "state"));
  const auto end = parse_date(text_at(course, "ends_on"));
  const bool over = end && std::chrono::sys_days(*end) < std::chrono::sys_days(today);
  return state == "active" && over ? "completed" : state;
}

/// Whether somebody should say until when it is taken: what was written cannot be read, or nothing
/// was, a year ago.
bool needs_review(const json::object& course, const std::string& state, Date today) {
  if (state != "active" || course.at("end_known").as_bool()) return false;
  const auto start = parse_date(text_at(course, "started_on"));
  return course.at("duration").is_string() ||
         (start && std::chrono::sys_days(*start) + kLookAgain < std::chrono::sys_days(today));
}

/// `500 mg` and the like, where the dosage is written so.
json::value dose_of(const json::object& course) {
  const std::string_view text = text_at(course, "dosage");
  const auto number = text.substr(0, text.find_first_not_of("0123456789."));
  const auto amount = parse_number<double>(number);
  const auto unit = trimmed(text.substr(number.size()));
  const bool is_unit = !unit.empty() && unit.find_first_of(" 0123456789/,") == unit.npos;
  const std::string_view often = text_at(course, "frequency");
  const bool as_needed = often.find("needed") != often.npos || often.find("prn") != often.npos ||
                         often.find("PRN") != often.npos;
  if (!amount || !is_unit) {
    return json::object{{"amount", nullptr}, {"unit", nullptr}, {"as_needed", as_needed}};
  }
  return json::object{{"amount", *amount}, {"unit", unit}, {"as_needed", as_needed}};
}

json::object shown_on(const objects::Object& course, Date today) {
  json::object out = objects::shown(course);
  const std::string state = state_on(course.content, today);
  out["dose"] = dose_of(course.content);
  out["state"] = state;
  out["review"] = needs_review(course.content, state, today);
  out["author_name"] = course.created_by_name;
  out["also"] = json::array();
  out["warnings"] = json::array();
  return out;
}

json::object shown_unsigned(const Unsigned& line, PatientId patient) {
  const auto visit = json::parse(line.item).as_object();
  clinical::Prescription read;
  const auto text = [&visit](std::string_view key) -> clinical::MaybeText {
    const auto found = text_at(visit, key);
    return found.empty() ? std::nullopt : std::optional(std::string(found));
  };
  read.id = visit.at("id").to_number<std::int64_t>();
  read.medication = text("medication");
  read.dosage = text("dosage");
  read.frequency = text("frequency");
  read.route = text("route");
  read.duration = text("duration");
  read.instructions = text("instructions");
  read.start_date = parse_date(text_at(visit, "start_date"));
  read.end_date = parse_date(text_at(visit, "end_date"));
  json::object out = course_of(read, RecordId(line.record), line.day);
  out["id"] = nullptr;
  out["patient_id"] = patient.value;
  out["dose"] = dose_of(out);
  out["state"] = "unsigned";
  out["review"] = false;
  out["author_name"] = line.author;
  out["also"] = json::array();
  out["warnings"] = json::array();
  out["version"] = nullptr;
  return out;
}

bool is_taken(const json::object& line) {
  const auto state = text_at(line, "state");
  return state == "active" || state == "on_hold";
}

bool shares_ingredient(const json::object& a, const json::object& b) {
  const auto& others = b.at("ingredients").as_array();
  return std::ranges::any_of(a.at("ingredients").as_array(), [&others](const auto& one) {
    return std::ranges::find(others, one) != others.end();
  });
}

/// Courses with an ingredient in common are one line, the newest, with a warning. `lines` begin
/// with the newest.
std::vector<json::object> one_a_line(std::vector<json::object> lines) {
  std::vector<json::object> out;
  for (auto& line : lines) {
    const auto first = std::ranges::find_if(out, [&line](const auto& other) {
      return is_taken(line) && is_taken(other) && shares_ingredient(other, line);
    });
    if (first == out.end()) {
      out.push_back(std::move(line));
      continue;
    }
    const std::string message = std::string(text_at(*first, "medication")) + " and " +
                                std::string(text_at(line, "medication")) +
                                " have an ingredient in common.";
    first->at("warnings")
        .as_array()
        .push_back(json::object{
            {"code", "same_ingredient"}, {"severity", "warning"}, {"message", message}});
    first->at("also").as_array().push_back(json::object{{"id", line.at("id")},
                                                        {"medication", line.at("medication")},
                                                        {"dosage", line.at("dosage")},
                                                        {"frequency", line.at("frequency")},
                                                        {"state", line.at("state")},
                                                        {"record_id", line.at("record_id")}});
  }
  return out;
}

Task<api::Response> list_medications(App& app, api::Request req) {
  const auto patient = req.path_id<PatientId>(Code::patient_not_found);
  api::Params params(req);
  const auto state = params.one_of(
      "state", {"active", "on_hold", "stopped", "completed", "unsigned", "entered_in_error"});
  params.finish();
  std::vector<json::object> lines;
  {
    db::Tx tx = co_await app.db.begin(req.caller.tenant());
    co_await objects::require_patient(tx, patient);
    const Time now = app.clock.now();
    const auto days = co_await tx.one(kLocalDays, now, now);
    for (const auto& line : co_await tx.all(kUnsigned, patient)) {
      lines.push_back(shown_unsigned(line, patient));
    }
    const auto courses = co_await objects::of_patient(tx, kKind, patient);
    for (const auto& course : courses) lines.push_back(shown_on(course, days.today));
    co_await tx.commit();
  }
  std::ranges::stable_sort(lines, std::greater(), [](const json::object& line) {
    return std::string(text_at(line, "started_on"));
  });
  json::array items;
  for (auto& line : one_a_line(std::move(lines))) {
    if (!state || text_at(line, "state") == *state) items.push_back(std::move(line));
  }
  audit::Entry seen{.action = "patient.medications",
                    .resource = "patient",
                    .resource_id = patient.value,
                    .patient = patient,
                    .filters = api::filters_json(req)};
  co_await app.audit.read(req, std::move(seen));
  co_return api::ok(json::object{{"items", std::move(items)}, {"next_cursor", nullptr}});
}

Task<api::Response> get_medication(App& app, api::Request req) {
  const auto id = req.path_int(Code::medication_not_found, "id");
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  const auto course = co_await objects::find(tx, kKind, id);
  if (!course) throw Failure(Code::medication_not_found);
  const Time changed = parse_rfc3339(course->updated_at).value();
  const auto days = co_await tx.one(kLocalDays, changed, app.clock.now());
  co_await tx.commit();
  audit::Entry seen{.action = "medication.read",
                    .resource = "medication",
                    .resource_id = id,
                    .patient = course->patient};
  co_await app.audit.read(req, std::move(seen));
  const json::object shown = shown_on(*course, days.today);
  // What has ended since by its date has the version that it had.
  if (shown != shown_on(*course, days.then)) co_return api::ok(shown).etag(course->version);
  co_return api::versioned(req, json::serialize(shown), course->version);
}

/// What somebody wants done with a course.
struct Wanted {
  std::string verb;  ///< stop, hold, resume, change
  std::string reason;
  json::object changes;
};

/// The members that `change` sets.
json::object changes_of(const json::object& body, std::vector<Fault>& faults) {
  json::object out;
  api::Input in(body, "/changes", faults);
  for (const std::string_view key : {"dosage", "frequency", "route", "duration", "instructions"}) {
    const bool long_text = key == "instructions";
    if (auto text =
            in.text(key, Need::optional, long_text ? kReasonLength : kTextLength, long_text)) {
      out[json::string_view(key.data(), key.size())] = *text;
    }
  }
  if (const auto day = in.day("ends_on", Need::optional)) out["ends_on"] = format_date(*day);
  in.finish();
  if (out.empty()) faults.push_back({"/changes", "must change something"});
  return out;
}

Wanted read_wanted(const json::object& body, std::string verb) {
  std::vector<Fault> faults;
  api::Input in(body, "", faults);
  Wanted out;
  out.reason = in.text("reason", Need::required, kReasonLength, true).value_or("");
  if (verb == "change") {
    if (const auto* changes = in.object("changes", Need::required)) {
      out.changes = changes_of(*changes, faults);
    }
  }
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  out.verb = std::move(verb);
  return out;
}

/// Fails with conflict in a state that has no such step.
void require_step(const json::object& course, std::string_view verb, Date today) {
  const std::string state = state_on(course, today);
  const bool taken = state == "active" || state == "on_hold";
  const bool fits = verb == "resume" ? state == "on_hold" || state == "stopped"
                    : verb == "hold" ? state == "active"
                                     : taken;
  if (!fits) throw Failure(Code::conflict, "The course is " + state + ".");
}

/// The course after it; fails as require_step.
json::object done(json::object course, const Wanted& wanted, Date today) {
  require_step(course, wanted.verb, today);
  const std::string state = state_on(course, today);
  course["reason"] = wanted.reason;
  course["proposal"] = nullptr;
  if (wanted.verb == "stop") {
    course["state"] = "stopped";
    course["ends_on"] = format_date(today);
    course["end_known"] = true;
  } else if (wanted.verb == "hold") {
    course["state"] = "on_hold";
  } else if (wanted.verb == "resume") {
    if (state == "stopped") {
      course["ends_on"] = nullptr;
      course["end_known"] = false;
    }
    course["state"] = "active";
  } else {
    for (const auto& member : wanted.changes) course[member.key()] = member.value();
    if (wanted.changes.contains("ends_on")) {
      course["end_known"] = true;
    } else if (wanted.changes.contains("duration")) {
      const End end = end_of(text_at(wanted.changes, "duration"), today);
      course["ends_on"] = end.day ? json::value(format_date(*end.day)) : json::value(nullptr);
      course["end_known"] = end.known;
    }
  }
  return course;
}

audit::Action action_of(std::string_view verb) {
  if (verb == "stop") return "medication.stop";
  if (verb == "hold") return "medication.hold";
  if (verb == "resume") return "medication.resume";
  return "medication.change";
}

Task<api::Response> answer(api::Write& w, const api::Request& req, objects::Object course,
                           Date today) {
  req.saw("medication", course.id, course.patient);
  api::Response response = api::ok(shown_on(course, today)).etag(course.version);
  co_return co_await w.commit(std::move(response));
}

/// Doctors do it; nurses and pharmacists propose it.
Task<api::Response> step(App& app, api::Request req, std::string verb) {
  const auto id = req.path_int(Code::medication_not_found, "id");
  const auto expected = api::if_match(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  objects::Object course = co_await objects::lock(w.tx(), kKind, id, expected);
  const Time now = app.clock.now();
  const Date today = (co_await w.tx().one(kLocalDays, now, now)).today;
  require_step(course.content, verb, today);
  const Wanted wanted = read_wanted(req.object(), std::move(verb));
  json::object content = done(course.content, wanted, today);
  objects::Step how{.action = action_of(wanted.verb), .reason = wanted.reason};
  if (req.caller.role != api::Role::doctor) {
    content = course.content;
    content["proposal"] = json::object{{"action", wanted.verb},
                                       {"reason", wanted.reason},
                                       {"changes", wanted.changes},
                                       {"by", req.caller.account.value},
                                       {"by_name", req.caller.name}};
    how.action = "medication.propose";
  }
  objects::Object after =
      co_await objects::change(w, kKind, std::move(course), std::move(content), std::move(how));
  co_return co_await answer(w, req, std::move(after), today);
}

Task<api::Response> stop(App& app, api::Request req) {
  co_return co_await step(app, std::move(req), "stop");
}
Task<api::Response> hold(App& app, api::Request req) {
  co_return co_await step(app, std::move(req), "hold");
}
Task<api::Response> resume(App& app, api::Request req) {
  co_return co_await step(app, std::move(req), "resume");
}
Task<api::Response> change(App& app, api::Request req) {
  co_return co_await step(app, std::move(req), "change");
}

/// A doctor does what was proposed, or declines it with a reason.
Task<api::Response> confirm(App& app, api::Request req) {
  const auto id = req.path_int(Code::medication_not_found, "id");
  const auto expected = api::if_match(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  objects::Object course = co_await objects::lock(w.tx(), kKind, id, expected);
  if (req.caller.role != api::Role::doctor) {
    throw Failure(Code::forbidden, "A doctor confirms what was proposed.");
  }
  const json::value proposal = course.content.at("proposal");
  if (!proposal.is_object()) throw Failure(Code::conflict, "Nothing is proposed.");
  std::vector<Fault> faults;
  api::Input in(req.object(), "", faults);
  const bool accept = in.boolean("accept", Need::optional).value_or(true);
  const auto reason =
      in.text("reason", accept ? Need::optional : Need::required, kReasonLength, true);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const Time now = app.clock.now();
  const Date today = (co_await w.tx().one(kLocalDays, now, now)).today;
  json::object content = course.content;
  objects::Step how{.action = "medication.decline", .reason = reason};
  if (accept) {
    const json::object& asked = proposal.as_object();
    Wanted wanted;
    wanted.verb = text_at(asked, "action");
    wanted.reason = text_at(asked, "reason");
    wanted.changes = asked.at("changes").as_object();
    content = done(std::move(content), wanted, today);
    how = {.action = "medication.confirm", .reason = wanted.reason};
  } else {
    content["proposal"] = nullptr;
  }
  objects::Object after =
      co_await objects::change(w, kKind, std::move(course), std::move(content), std::move(how));
  co_return co_await answer(w, req, std::move(after), today);
}

}  // namespace

std::vector<api::Route> routes(const api::Subject& patient) {
  using enum api::Access;
  using api::Body;
  return {
      {"GET", "/patients/{id}/medications", records_read, patient, &list_medications},
      {"GET", "/medications/{id}", records_read, kMedication, &get_medication},
      {"POST", "/medications/{id}/stop", medications_write, kMedication, &stop, Body::json},
      {"POST", "/medications/{id}/hold", medications_write, kMedication, &hold, Body::json},
      {"POST", "/medications/{id}/resume", medications_write, kMedication, &resume, Body::json},
      {"POST", "/medications/{id}/change", medications_write, kMedication, &change, Body::json},
      {"POST", "/medications/{id}/confirm", medications_write, kMedication, &confirm, Body::json}};
}

}  // namespace wardbook::medications
