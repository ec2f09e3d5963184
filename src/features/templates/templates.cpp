#include "features/templates/templates.h"

#include "api/conditions.h"
#include "api/input.h"
#include "api/paging.h"
#include "api/write.h"
#include "clinical/visit.h"
#include "features/app.h"
#include "features/audit/audit.h"
#include "features/templates/kept_templates.h"
#include "text/key.h"

namespace wardbook::templates {
namespace {

namespace json = boost::json;
using Need = api::Input::Need;

std::vector<std::string_view> visit_types() {
  return {clinical::kVisitTypes.begin(), clinical::kVisitTypes.end()};
}

struct Written {
  std::string name;
  std::string visit_type;
  std::string specialty;
  std::string content;
};

Written parse_template(const json::object& body) {
  std::vector<Fault> faults;
  api::Input in(body, "", faults);
  Written out;
  out.name = in.text("name", Need::required, 200).value_or("");
  out.visit_type = in.one_of("visit_type", Need::required, visit_types()).value_or("");
  const Need said = in.has("specialty") ? Need::required : Need::optional;  // not blank, if given
  out.specialty = in.text("specialty", said, 100).value_or("general");
  const auto* content = in.object("content", Need::required);
  in.finish({"id", "built_in", "version", "created_by", "created_at", "updated_at"});
  if (content != nullptr) {
    clinical::check_template(*content, "/content", faults);
    out.content = json::serialize(*content);
  }
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  return out;
}

std::string to_json(const Template& t) {
  std::string text;
  api::ObjectWriter out(text);
  out.integer("id", t.id.value);
  out.text("name", t.name);
  out.text("visit_type", t.visit_type);
  out.text("specialty", t.specialty);
  out.raw("content", t.content);
  out.boolean("built_in", t.built_in);
  out.integer("version", t.version);
  out.integer("created_by", t.created_by);
  out.text("created_at", t.created_at);
  out.text("updated_at", t.updated_at);
  out.end();
  return text;
}

std::string to_json(const Version& v) {
  std::string text;
  api::ObjectWriter out(text);
  out.integer("template_id", v.of.value);
  out.integer("version", v.version);
  out.text("name", v.name);
  out.text("visit_type", v.visit_type);
  out.text("specialty", v.specialty);
  out.raw("content", v.content);
  out.integer("changed_by", v.changed_by);
  out.text("changed_at", v.changed_at);
  out.end();
  return text;
}

audit::Entry entry_of(audit::Action action, TemplateId id, std::optional<std::string> before,
                      std::optional<std::string> after) {
  return {.action = action,
          .resource = "template",
          .resource_id = id.value,
          .before = std::move(before),
          .after = std::move(after)};
}

/// Keeps what the template is from now on; returns the JSON for its entry in the log, which vouches
/// for the version.
std::string keep(db::Tx& tx, const Template& t, AccountId by) {
  const Version version{t.id,        t.version, t.name,   t.visit_type,
                        t.specialty, t.content, by.value, t.updated_at};
  const std::string hash = version_hash(version);
  tx.queue(kKeepVersion, t.id, by, kContentFormat, hash);
  json::value said = json::parse(to_json(t));
  said.as_object()["content_hash"] = hash;
  return json::serialize(said);
}

/// The hospital's own template at this version, locked.
Task<Template> own(db::Tx& tx, TemplateId id, api::IfMatch expected) {
  auto found = co_await tx.maybe_one(kLockTemplate, id);
  if (!found) throw Failure(Code::template_not_found);
  api::require_version(expected, found->version);
  if (found->built_in) throw Failure(Code::conflict, "Built-in templates cannot be changed.");
  co_return std::move(*found);
}

/// Those of `all` that are the same specialty as what is asked for.
MaybeTexts written_ways(const std::optional<std::string>& asked,
                        const std::vector<db::TextRow>& all) {
  if (!asked) return std::nullopt;
  const std::string key = text::key(*asked);
  std::vector<std::string> out;
  for (const auto& one : all) {
    if (text::key(one.value) == key) out.push_back(one.value);
  }
  return out;
}

Task<api::Response> list_templates(App& app, api::Request req) {
  api::Params params(req);
  const auto visit_type = params.one_of("visit_type", visit_types());
  const auto specialty = params.text("specialty", 100);
  const api::IntegerPage page(params, req, "templates");
  params.finish();
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  const MaybeTexts specialties = written_ways(specialty, co_await tx.all(kSpecialties));
  const auto rows = co_await tx.all(kListTemplates, visit_type, specialties,
                                    page.after().value_or(0), page.wanted());
  std::optional<std::int64_t> total;
  if (page.count()) total = (co_await tx.one(kCountTemplates, visit_type, specialties)).value;
  co_await tx.commit();
  const auto id = [](const auto& row) { return row.id.value; };
  const auto json = [](const auto& row) { return to_json(row); };
  co_return api::ok(page.json(rows, id, json, total));
}

Task<api::Response> get_template(App& app, api::Request req) {
  const auto id = req.path_id<TemplateId>(Code::template_not_found);
  const auto found = co_await app.db.read_maybe_one(req.caller.tenant(), kGetTemplate, id);
  if (!found) throw Failure(Code::template_not_found);
  co_return api::versioned(req, to_json(*found), found->version);
}

/// Those of a removed template too: records name them.
Task<api::Response> list_versions(App& app, api::Request req) {
  const auto id = req.path_id<TemplateId>(Code::template_not_found);
  api::Params params(req);
  const api::IntegerPage page(params, req, "template_versions");
  params.finish();
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  const auto all = co_await tx.one(kCountVersions, id);
  if (all.value == 0) throw Failure(Code::template_not_found);
  const auto rows = co_await tx.all(kListVersions, id, page.after().value_or(0), page.wanted());
  co_await tx.commit();
  std::optional<std::int64_t> total;
  if (page.count()) total = all.value;
  const auto version = [](const auto& row) { return row.version; };
  const auto json = [](const auto& row) { return to_json(row); };
  co_return api::ok(page.json(rows, version, json, total));
}

Task<api::Response> get_version(App& app, api::Request req) {
  const auto id = req.path_id<TemplateId>(Code::template_not_found);
  const auto n = req.path_int(Code::version_not_found, "n");
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  const auto all = co_await tx.one(kCountVersions, id);
  const auto found = co_await tx.maybe_one(kGetVersion, id, n);
  co_await tx.commit();
  if (all.value == 0) throw Failure(Code::template_not_found);
  if (!found) throw Failure(Code::version_not_found);
  co_return api::ok(to_json(*found));
}

Task<api::Response> create_template(App& app, api::Request req) {
  Written in = parse_template(req.object());
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  const Template made = co_await w.tx().one(kInsertTemplate, in.name, in.visit_type, in.specialty,
                                            db::Json{in.content}, req.caller.account);
  const std::string body = to_json(made);
  w.log(entry_of("template.create", made.id, std::nullopt, keep(w.tx(), made, req.caller.account)));
  const std::string location = "/api/v1/templates/" + std::to_string(made.id.value);
  api::Response response = api::created(body, location).etag(made.version);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> replace_template(App& app, api::Request req) {
  const auto id = req.path_id<TemplateId>(Code::template_not_found);
  const auto expected = api::if_match(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  const Template before = co_await own(w.tx(), id, expected);
  Written in = parse_template(req.object());
  const Template after = co_await w.tx().one(kUpdateTemplate, id, in.name, in.visit_type,
                                             in.specialty, db::Json{in.content});
  const std::string body = to_json(after);
  w.log(entry_of("template.update", id, to_json(before), keep(w.tx(), after, req.caller.account)));
  api::Response response = api::ok(body).etag(after.version);
  co_return co_await w.commit(std::move(response));
}

Task<api::Response> remove_template(App& app, api::Request req) {
  const auto id = req.path_id<TemplateId>(Code::template_not_found);
  const auto expected = api::if_match(req);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  const Template before = co_await own(w.tx(), id, expected);
  w.tx().queue(kRemoveTemplate, id);
  w.log(entry_of("template.remove", id, to_json(before), std::nullopt));
  co_return co_await w.commit(api::no_content());
}

constexpr api::Subject kTemplate{.resource = "template", .reading = api::Access::any_in_tenant};

}  // namespace

std::vector<api::Route> routes() {
  using enum api::Access;
  using api::Body;
  return {{"GET", "/templates", any_in_tenant, kTemplate, &list_templates},
          {"POST", "/templates", templates_write, kTemplate, &create_template, Body::json},
          {"GET", "/templates/{id}", any_in_tenant, kTemplate, &get_template},
          {"PUT", "/templates/{id}", templates_write, kTemplate, &replace_template, Body::json},
          {"DELETE", "/templates/{id}", templates_write, kTemplate, &remove_template},
          {"GET", "/templates/{id}/versions", any_in_tenant, kTemplate, &list_versions},
          {"GET", "/templates/{id}/versions/{n}", any_in_tenant, kTemplate, &get_version}};
}

}  // namespace wardbook::templates
