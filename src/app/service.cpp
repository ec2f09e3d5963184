#include "app/service.h"

#include <stdexcept>

#include "api/input.h"
#include "base/embedded.h"
#include "db/query.h"
#include "features/accounts/accounts.h"
#include "s3/client.h"
#include "s3/endpoint.h"

namespace wardbook::app {
namespace embedded {
extern const std::span<const EmbeddedFile> kFiles;
}

namespace {

using api::Request;
using api::Response;

const db::Query<db::Int64Row, std::vector<std::string>> kMissing{"app.missing_migrations", R"sql(
  SELECT count(*) FROM unnest($1::text[]) AS n (name)
  WHERE NOT EXISTS (SELECT FROM wardbook.schema_migrations m WHERE m.name = n.name))sql"};

// Nothing from elsewhere, no inline code, in no frame.
constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Those that the pages are written in.
constexpr std::string_view kLanguages = R"(["en","es"])";

/// `bytes` live as long as the service.
Response page(std::string_view type, std::string_view bytes) {
  Response response;
  response.headers.set("Content-Type", type);
  response.headers.set("Content-Security-Policy", kPagePolicy);
  response.headers.set("Referrer-Policy", "no-referrer");
  response.headers.set("Cache-Control", "no-cache");
  response.fixed = bytes;
  return response;
}

Response built_in_page(std::string_view type, std::string_view name) {
  return page(type, built_in_file("src/app/pages/" + std::string(name)));
}

const Service& service_of(const App& app) {
  return static_cast<const ServiceApp&>(app).service;
}

Task<Response> health(App&, Request) {
  co_return api::ok(std::string(R"({"status":"ok"})"));
}

/// Anybody may ask, and each look takes a connection to the database and one to the store: a good
/// answer stands for a moment.
constexpr std::chrono::milliseconds kReadyStands{250};

std::string store_fault(const s3::S3Failure& failure) {
  if (failure.error == s3::S3Error::no_bucket) {
    return "The object store does not have the bucket that storage.bucket names.";
  }
  if (failure.code == s3::kNotWritable) return "The object store can store nothing at present.";
  return {};
}

/// Database, schema, revocations and object store; the first that is not usable is named.
Task<Response> ready(App& app, Request) {
  const std::string good = R"({"status":"ready"})";
  auto& ready_until = static_cast<ServiceApp&>(app).ready_until;
  if (std::chrono::steady_clock::now() < ready_until) co_return api::ok(good);
  db::Tx tx = co_await app.db.begin_control();
  const auto missing = co_await tx.one(kMissing, service_of(app).control_names);
  co_await tx.commit();
  if (missing.value > 0) {
    throw Failure(Code::database_unavailable, "The control schema is not migrated.");
  }
  if (!app.authority.fresh()) {
    throw Failure(Code::database_unavailable, "Revocations are not up to date.");
  }
  const auto bucket = co_await app.objects.check_bucket();
  if (bucket.has_error()) {
    throw Failure(Code::store_unavailable, store_fault(bucket.error()),
                  std::string(s3::to_string(bucket.error().error)));
  }
  ready_until = std::chrono::steady_clock::now() + kReadyStands;
  co_return api::ok(good);
}

Task<Response> metrics(App& app, Request) {
  Response response;
  response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = service_of(app).metrics.text();
  co_return response;
}

Task<Response> openapi(App& app, Request) {
  Response response;
  response.headers.set("Content-Type", "application/json");
  response.fixed = service_of(app).openapi_json;
  co_return response;
}

/// What the pages have to know before anybody is signed in.
Task<Response> ui_config(App& app, Request) {
  std::string password;
  api::ObjectWriter rules(password);
  rules.integer("min_length", std::int64_t{accounts::kPasswordLeast})
      .integer("max_length", std::int64_t{accounts::kPasswordMost});
  rules.end();
  std::string body;
  api::ObjectWriter out(body);
  out.text("name", "Wardbook")
      .text("version", WARDBOOK_VERSION)
      .boolean("demo", app.settings.demo.enabled)
      .raw("languages", kLanguages)
      .integer("idle_lock_s", std::int64_t{app.settings.ui.idle_lock.count()})
      .text("store_origin", store_origin(app.settings.storage))
      .raw("password", password);
  out.end();
  co_return api::ok(std::move(body));
}

Task<Response> index(App& app, Request request) {
  if (auto answer = service_of(app).web.answer(request.head)) co_return std::move(*answer);
  co_return page("text/html; charset=utf-8", service_of(app).index_html);
}
Task<Response> docs(App&, Request) {
  co_return built_in_page("text/html; charset=utf-8", "docs.html");
}
Task<Response> docs_script(App&, Request) {
  co_return built_in_page("text/javascript; charset=utf-8", "docs.js");
}
Task<Response> style(App&, Request) {
  co_return built_in_page("text/css; charset=utf-8", "style.css");
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string_view built_in_file(std::string_view path) {
  for (const auto& file : embedded::kFiles) {
    if (file.path == path) return file.bytes;
  }
  throw std::logic_error("not built in: " + std::string(path));
}

std::string index_page(const Settings& settings) {
  std::string html(built_in_file("src/app/pages/index.html"));
  constexpr std::string_view kPlace = "<!-- demo -->";
  std::string demo;
  if (settings.demo.enabled) {
    demo =
        "<h2>Signing in to the demo</h2>\n<p>Every demo hospital has <code>admin@demo.test</code>, "
        "<code>doctor@demo.test</code>, <code>nurse@demo.test</code>, "
        "<code>reception@demo.test</code>, <code>lab@demo.test</code>, "
        "<code>pharmacy@demo.test</code>, <code>manager@demo.test</code> and "
        "<code>auditor@demo.test</code>; <code>operator@demo.test</code> runs the platform. One "
        "password opens them all: the demo printed it when it started, and keeps it in <code>" +
        escaped(settings.demo.sign_in_file) + "</code>.</p>";
  }
  if (const auto at = html.find(kPlace); at != std::string::npos) {
    html.replace(at, kPlace.size(), demo);
  }
  return html;
}

std::vector<api::Route> service_routes() {
  using api::Access;
  return {
      {"GET", "/healthz", Access::open, &health},
      {"GET", "/readyz", Access::open, &ready},
      {"GET", "/metrics", Access::open, &metrics},
      {"GET", "/openapi.json", Access::open, &openapi},
      {"GET", "/api/v1/ui-config", Access::open, &ui_config},
      {"GET", "/docs", Access::open, &docs},
      {"GET", "/docs/docs.js", Access::open, &docs_script},
      {"GET", "/docs/style.css", Access::open, &style},
      {"GET", "/", Access::open, &index},
  };
}

}  // namespace wardbook::app
