#include "features/tenants/tenants.h"

#include "api/input.h"
#include "base/offload.h"
#include "db/sync_connection.h"
#include "features/tenants/tenants_sql.h"
#include "migrate/migrate.h"
#include "text/number_marks.h"

namespace wardbook::tenants {
namespace {

migrate::Options owner_options(const Settings::Database& database) {
  if (database.owner_url.empty()) {
    throw Failure(Code::not_implemented,
                  "This node does not have the owner's login that this needs.");
  }
  migrate::Options options;
  options.owner_conninfo = database.owner_url;
  options.service_role = service_role(database.url);
  return options;
}

/// What PostgreSQL says to an operator may quote values, so it goes to the log only.
[[noreturn]] void throw_unavailable(const std::exception& e) {
  throw Failure(Code::database_unavailable, {}, std::string("owner's connection: ") + e.what());
}

audit::Entry entry_of(audit::Action action, const Tenant* before, const Tenant& after) {
  audit::Entry entry{.action = action, .resource = "tenant"};
  if (before != nullptr) entry.before = to_json(*before);
  entry.after = to_json(after);
  return entry;
}

/// Whoever names it, by HTTP or on the command line.
void check_name(const std::string& name) {
  if (auto why = api::name_fault(name)) throw Failure::invalid({{"/name", std::move(*why)}});
}

Task<> check_zone(db::Tx& tx, std::string zone) {
  const auto known = co_await tx.one(kKnownZone, std::move(zone));
  if (!known.value) {
    throw Failure::invalid({{"/time_zone", "must be the IANA name of a time zone"}});
  }
}

}  // namespace

std::string service_role(const std::string& service_url) {
  db::SyncConnection connection(service_url);
  return connection.value("SELECT session_user").value_or("");
}

Task<> Provisioner::provision(TenantId tenant, std::string name, std::string time_zone) {
  auto work = [database = database_, tenant = std::move(tenant), name = std::move(name),
               zone = std::move(time_zone)] {
    try {
      const auto options = owner_options(database);
      migrate::provision(options, tenant, name, zone);
    } catch (const std::runtime_error& e) {  // MigrationError, SqlError; no Failure is one
      throw_unavailable(e);
    }
    return true;
  };
  co_await offload(workers_, std::move(work));
}

Task<bool> Provisioner::drop(TenantId tenant) {
  auto work = [database = database_, tenant = std::move(tenant)] {
    try {
      const auto options = owner_options(database);
      return migrate::drop(options, tenant);
    } catch (const std::runtime_error& e) {  // MigrationError, SqlError; no Failure is one
      throw_unavailable(e);
    }
  };
  co_return co_await offload(workers_, std::move(work));
}

Task<migrate::Erased> Provisioner::erase_patient(TenantId tenant, std::int64_t erasure) {
  auto work = [database = database_, tenant = std::move(tenant), erasure] {
    try {
      const auto options = owner_options(database);
      return migrate::erase_patient(options, tenant, erasure);
    } catch (const std::runtime_error& e) {  // MigrationError, SqlError; no Failure is one
      throw_unavailable(e);
    }
  };
  co_return co_await offload(workers_, std::move(work));
}

Tenant Tenant::from_row(const db::RowView& row) {
  return {row.str(kColumns["id"]),
          row.str(kColumns["name"]),
          row.boolean(kColumns["active"]),
          row.str(kColumns["time_zone"]),
          row.maybe_int64(kColumns["retention_days"]),
          row.time(kColumns["created_at"]),
          row.time(kColumns["updated_at"]),
          row.str(kColumns["locale"])};
}

std::string to_json(const Tenant& tenant) {
  std::string out;
  api::ObjectWriter writer(out);
  writer.text("id", tenant.id)
      .text("name", tenant.name)
      .text("status", tenant.active ? "active" : "suspended")
      .text("time_zone", tenant.time_zone)
      .integer("retention_days", tenant.retention_days)
      .text("locale", tenant.locale)
      .text("created_at", format_rfc3339(tenant.created_at))
      .text("updated_at", format_rfc3339(tenant.updated_at));
  writer.end();
  return out;
}

Task<> provision(db::Pool& db, Provisioner& provisioner, TenantId id, std::string name,
                 std::string time_zone) {
  check_name(name);
  {
    db::Tx check = co_await db.begin_control();
    co_await check_zone(check, time_zone);
    if (co_await check.maybe_one(kGet, id)) throw Failure(Code::tenant_exists);
    co_await check.commit();
  }
  co_await provisioner.provision(std::move(id), std::move(name), std::move(time_zone));
}

Task<Tenant> log_created(api::Write& w, TenantId id) {
  Tenant made = co_await w.tx().one(kGet, std::move(id));
  w.log(entry_of("tenant.create", nullptr, made));
  co_return made;
}

Task<Tenant> create(db::Pool& db, Provisioner& provisioner, audit::Actor actor, TenantId id,
                    std::string name, std::string time_zone) {
  co_await provision(db, provisioner, id, std::move(name), std::move(time_zone));
  api::Write w = co_await api::write_as(db, audit::journal(), std::nullopt, std::move(actor));
  Tenant made = co_await log_created(w, std::move(id));
  co_await w.commit();
  co_return made;
}

Task<Tenant> get(db::Pool& db, TenantId id) {
  db::Tx tx = co_await db.begin_control();
  auto found = co_await tx.maybe_one(kGet, std::move(id));
  co_await tx.commit();
  if (!found) throw Failure(Code::tenant_not_found);
  co_return std::move(*found);
}

Task<std::vector<Tenant>> list(db::Pool& db) {
  db::Tx tx = co_await db.begin_control();
  auto rows = co_await tx.all(kPage, std::string(), std::nullopt);
  co_await tx.commit();
  co_return rows;
}

Task<Tenant> change(db::Pool& db, audit::Actor actor, TenantId id, Change wanted) {
  api::Write w = co_await api::write_as(db, audit::journal(), std::nullopt, std::move(actor));
  Tenant after = co_await change_in(w, std::move(id), std::move(wanted));
  co_await w.commit();
  co_return after;
}

Task<Tenant> change_in(api::Write& w, TenantId id, Change change) {
  if (change.name) check_name(*change.name);
  db::Tx& tx = w.tx();
  const auto before = co_await tx.maybe_one(kLock, id);
  if (!before) throw Failure(Code::tenant_not_found);
  if (change.time_zone) co_await check_zone(tx, *change.time_zone);
  if (change.locale && !text::is_locale(*change.locale)) {
    throw Failure::invalid({{"/locale", "must be a language tag (such as de-DE)"}});
  }
  const bool active = change.active.value_or(before->active);
  Tenant after = co_await tx.one(kUpdate, id, change.name.value_or(before->name), active,
                                 change.time_zone.value_or(before->time_zone),
                                 change.retention_days.value_or(before->retention_days),
                                 change.locale.value_or(before->locale));
  if (active != before->active) tx.queue(kNotify);
  audit::Action action = "tenant.update";
  if (active != before->active) action = active ? audit::Action("tenant.resume") : "tenant.suspend";
  w.log(entry_of(action, &*before, after));
  co_return after;
}

}  // namespace wardbook::tenants
