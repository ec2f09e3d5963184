#pragma once

#include <boost/asio/thread_pool.hpp>
#include <boost/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "db/sync_connection.h"
#include "features/accounts/accounts.h"
#include "features/allergies/allergies.h"
#include "features/diagnoses/diagnoses.h"
#include "features/erasures/erasures.h"
#include "features/follow_ups/follow_ups.h"
#include "features/medications/medications.h"
#include "features/patients/patients.h"
#include "features/problems/problems.h"
#include "features/records/records.h"
#include "features/results/results.h"
#include "features/templates/templates.h"
#include "features/tenants/tenants.h"
#include "s3/client.h"
#include "support/pg_cluster.h"
#include "support/run.h"

namespace wardbook::testing {

/// What came of a handler: an answer, or the failure that it threw.
struct Outcome {
  int status = 0;
  std::string code;
  std::int64_t version = 0;  ///< that the ETag names: of a record its revision
  bool replayed = false;
  boost::json::value body;
};

inline Outcome outcome_of(const api::Response& response) {
  Outcome out;
  out.status = response.status;
  if (const auto tag = response.headers.get("ETag")) {
    out.version = api::parse_positive(tag->substr(1, tag->size() - 2)).value_or(0);
  }
  if (!response.body.empty()) out.body = boost::json::parse(response.body);
  return out;
}

inline Task<Outcome> perform(App& app, api::Handler handler, api::Request request) {
  Outcome out;
  try {
    const api::Response response = co_await handler(app, std::move(request));
    out = outcome_of(response);
    out.replayed = response.headers.get(api::kReplayedHeader).has_value();
  } catch (const Failure& failure) {
    out.status = describe(failure.code()).status;
    out.code = describe(failure.code()).name;
  }
  co_return out;
}

inline constexpr const char* kClinicPassword = "correct horse battery";

/// One hospital with a doctor, a nurse and an administrator, and a node that serves it. Handlers
/// are called as the router calls them once it has let the caller in.
struct Clinic {
  boost::asio::io_context reactor{1};
  boost::asio::thread_pool workers{1};
  Settings settings = test_settings();
  ManualClock clock{*parse_rfc3339("2026-03-04T05:06:07Z")};
  db::Pool db{reactor, PgCluster::get().pool_options()};
  audit::Log log{reactor, db};
  accounts::Authority authority{reactor, db, clock, settings.auth.access_ttl};
  accounts::Tokens tokens{settings.auth.token_secret, settings.auth.access_ttl, clock};
  tenants::Provisioner provisioner{workers, settings.database};
  s3::Store store{reactor, store_options(), clock};
  App app{reactor, workers, settings, clock, db, log, authority, tokens, provisioner, store};
  TenantId tenant;
  api::Principal doctor = member(api::Role::doctor);
  api::Principal nurse = member(api::Role::nurse);
  api::Principal admin = member(api::Role::hospital_admin);

  explicit Clinic(TenantId hospital = PgCluster::get().new_tenant("clinic"))
      : tenant(std::move(hospital)) {}
  ~Clinic() {
    workers.join();
    db.close();
    reactor.restart();
    reactor.poll();
  }
  Clinic(const Clinic&) = delete;
  Clinic& operator=(const Clinic&) = delete;

  static Settings test_settings() {
    Settings out;
    out.database.url = PgCluster::get().service_conninfo();
    out.database.owner_url = PgCluster::get().owner_conninfo();
    out.auth.token_secret = std::string(32, 's');
    out.auth.argon2_memory_bytes = 1024 * 1024;
    out.auth.argon2_passes = 1;
    return out;
  }
  static s3::StoreOptions store_options() {
    s3::StoreOptions out;
    out.bucket = out.access_key = out.secret_key = "unused";
    return out;
  }

  api::Principal member(api::Role role) {
    const std::string name(api::to_string(role));
    accounts::NewAccount account{name + "@" + tenant.str() + ".test", name,
                                 accounts::hash_password(settings.auth, kClinicPassword)};
    const auto made = run(reactor, accounts::add_member(db, {}, tenant, account, role));
    api::Principal out;
    out.account = made.id;
    out.name = name;
    out.email = made.email;
    out.kind = api::Principal::Kind::account;
    out.role = role;
    out.permissions = api::permissions_of(role);
    out.tenant_id = tenant;
    out.session = session_of(made.id);
    return out;
  }

  /// A session that was never signed in to, for callers that are asked for their password again.
  [[nodiscard]] SessionId session_of(AccountId account) const {
    auto owner = as_owner();
    const auto rows = owner.query(
        "INSERT INTO wardbook.sessions (account_id, tenant_id, refresh_nonce, expires_at) "
        "VALUES ($1, $2, decode(md5('nonce'), 'hex'), 'infinity') RETURNING id",
        {std::to_string(account.value), tenant.str()});
    return SessionId(std::stoll(*rows[0][0]));
  }

  static api::Handler handler(std::string_view method, std::string_view pattern) {
    for (const auto& routes :
         {records::routes(), patients::routes(), diagnoses::routes(), templates::routes(),
          erasures::routes(), allergies::routes(patients::kPatient),
          medications::routes(patients::kPatient), results::routes(), problems::routes(),
          follow_ups::routes()}) {
      for (const auto& route : routes) {
        if (route.method == method && route.pattern == pattern) return route.handler;
      }
    }
    throw std::logic_error("no such route: " + std::string(pattern));
  }

  /// `version` is what If-Match names; 0: without it.
  static api::Request request(const api::Principal& caller, std::string_view method,
                              std::int64_t id, std::int64_t version, boost::json::value body = {}) {
    api::Request out;
    out.id = "test";
    out.caller = caller;
    out.cursor_secret = "the clinic's own";
    out.head.method = method;
    out.head.target = "/test/" + std::to_string(id);
    out.head.remote_ip = "127.0.0.1";
    out.path_params = {{"id", std::to_string(id)}};
    if (version != 0) out.head.headers.set("If-Match", '"' + std::to_string(version) + '"');
    out.body = std::move(body);
    return out;
  }

  Outcome call(const api::Principal& caller, std::string_view method, std::string_view pattern,
               std::int64_t id = 0, std::int64_t version = 0, boost::json::value body = {}) {
    auto task = perform(app, handler(method, pattern),
                        request(caller, method, id, version, std::move(body)));
    return run(reactor, std::move(task));
  }

  std::int64_t new_patient() {
    const auto made = call(doctor, "POST", "/patients", 0, 0,
                           {{"first_name", "Ada"},
                            {"last_name", "North"},
                            {"date_of_birth", "1980-02-29"},
                            {"sex", "female"}});
    return made.body.at("id").as_int64();
  }
  /// A draft at version 1.
  std::int64_t new_record(std::int64_t patient) {
    const auto made = call(doctor, "POST", "/records", 0, 0,
                           {{"patient_id", patient},
                            {"visit_date", "2026-03-04"},
                            {"visit_type", "consultation"},
                            {"notes", "first"}});
    return made.body.at("id").as_int64();
  }
  /// A version as GET /records/{id}/versions/{n} shows it; `query` is its query string.
  boost::json::object version(std::int64_t record, std::int64_t number,
                              const std::string& query = {}) {
    auto asked = request(doctor, "GET", record, 0);
    asked.query = net::parse_query(query).value();
    asked.path_params.emplace_back("n", std::to_string(number));
    auto task = perform(app, handler("GET", "/records/{id}/versions/{n}"), std::move(asked));
    const Outcome out = run(reactor, std::move(task));
    return out.status == 200 ? out.body.as_object() : boost::json::object{};
  }
  Outcome finalize(std::int64_t record, std::int64_t version) {
    return call(doctor, "POST", "/records/{id}/finalize", record, version,
                {{"password", kClinicPassword}});
  }

  /// A connection with the tenant's role, as the service takes it.
  [[nodiscard]] db::SyncConnection as_role() const { return as_role(tenant); }
  [[nodiscard]] static db::SyncConnection as_role(const TenantId& tenant) {
    db::SyncConnection out(PgCluster::get().service_conninfo());
    out.script("SET ROLE " + out.identifier(tenant.role()));
    return out;
  }
  [[nodiscard]] static db::SyncConnection as_owner() {
    return db::SyncConnection(PgCluster::get().owner_conninfo());
  }
  /// As somebody who may do everything, triggers or not.
  [[nodiscard]] static db::SyncConnection as_intruder() {
    db::SyncConnection out(PgCluster::get().superuser_conninfo());
    out.script("SET session_replication_role = replica");
    return out;
  }
  /// `schema.` of the tenant, for SQL.
  [[nodiscard]] std::string in(const std::string& table) const {
    return '"' + tenant.str() + "\"." + table;
  }
};

/// insufficient_privilege
inline constexpr const char* kRefused = "42501";

/// The SQLSTATE that a transaction of this SQL ends with; empty when it commits.
inline std::string sqlstate_of(db::SyncConnection& connection, const std::string& sql) {
  try {
    db::SyncTransaction transaction(connection);
    connection.script(sql);
    transaction.commit();
  } catch (const db::SqlError& error) {
    return error.sqlstate();
  }
  return {};
}

}  // namespace wardbook::testing
