#include "migrate/migrate.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "base/failure.h"
#include "db/sync_connection.h"
#include "migrate/files.h"
#include "migrate/ledger.h"
#include "migrate/privileges.h"

namespace wardbook::migrate {
namespace {

using db::SqlError;
using db::SyncConnection;

const std::string kControl = "wardbook";

SyncConnection connect(const Options& options) {
  return SyncConnection(options.owner_conninfo, "wardbook migrate");
}

/// Makes schema and ledger where they are missing, and holds the ledger's lock to the end of the
/// transaction. False when another run made them meanwhile: the transaction has failed then.
bool hold_control(SyncConnection& connection) {
  if (has_ledger(connection, kControl)) {
    lock_ledger(connection, kControl);
    return true;
  }
  try {
    // Waits for a transaction that is about to make the same.
    if (!connection.value("SELECT 1 FROM pg_namespace WHERE nspname = $1", {kControl})) {
      connection.script("CREATE SCHEMA wardbook");
    }
    create_ledger(connection, kControl);
    return true;
  } catch (const SqlError& error) {
    const std::string& state = error.sqlstate();
    if (state == "23505" || state == "42P06" || state == "42P07") return false;
    throw;
  }
}

std::vector<std::string> migrate_control(SyncConnection& connection, const Options& options,
                                         std::vector<std::string>& for_superuser) {
  const std::vector<Migration> migrations = load(options.files, "control");
  if (options.dry_run) {
    const Ledger ledger = read_ledger(connection, kControl);
    if (const auto conflict = conflict_of(migrations, ledger)) throw MigrationError(*conflict);
    return names_of(pending_of(migrations, ledger));
  }
  std::optional<db::SyncTransaction> transaction(std::in_place, connection);
  while (!hold_control(connection)) {
    transaction.reset();  // rolls back, before the next one begins
    transaction.emplace(connection);
  }
  const Ledger ledger = read_ledger(connection, kControl);
  if (const auto conflict = conflict_of(migrations, ledger)) throw MigrationError(*conflict);
  std::vector<std::string> names =
      apply(connection, kControl, pending_of(migrations, ledger),
            {quoted(options.service_role), std::nullopt, std::nullopt});
  retire(connection, kControl, gone_from(migrations, ledger));
  for_superuser = withdraw_from_public(connection, options.service_role);
  transaction->commit();
  for (std::string& statement : left_to_superuser(connection)) {
    for_superuser.push_back(std::move(statement));
  }
  if (connection.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == "t") {
    for (const std::string& statement : for_superuser) connection.script(statement);
    for_superuser.clear();
  }
  return names;
}

std::vector<TenantId> tenants_of(const Options& options) {
  SyncConnection connection = connect(options);
  std::vector<TenantId> tenants;
  // A dry run on an empty database has no table to ask.
  if (connection.value("SELECT to_regclass('wardbook.tenants')::text")) {
    for (const auto& row : connection.query("SELECT id FROM wardbook.tenants ORDER BY id")) {
      const std::optional<TenantId> tenant = TenantId::parse(*row[0]);
      if (!tenant) throw MigrationError("wardbook.tenants holds an id that is none: " + *row[0]);
      tenants.push_back(*tenant);
    }
  }
  if (!options.tenant) return tenants;
  if (std::ranges::find(tenants, *options.tenant) == tenants.end()) {
    throw MigrationError("there is no tenant " + options.tenant->str());
  }
  return {*options.tenant};
}

/// The tenants' part of a run, shared by its threads.
class TenantRun {
 public:
  TenantRun(const Options& options, const Progress& progress, std::vector<TenantReport>& reports)
      : options_(options),
        progress_(progress),
        reports_(reports),
        migrations_(load(options.files, "tenant")) {}

  void work() {
    std::optional<SyncConnection> connection;
    for (std::size_t i = next_++; i < reports_.size(); i = next_++) {
      TenantReport& report = reports_[i];
      try {
        if (!connection) connection.emplace(connect(options_));
        report.applied = migrate_tenant(*connection, report.tenant, migrations_, options_);
      } catch (const SqlError& error) {
        report.error = error.what();
        if (error.sqlstate().empty()) connection.reset();  // lost: the next one gets a new one
      } catch (const std::exception& error) {
        report.error = error.what();
      }
      const std::lock_guard guard(mutex_);
      ++done_;
      if (progress_) progress_(done_, reports_.size(), report);
    }
  }

 private:
  const Options& options_;
  const Progress& progress_;
  std::vector<TenantReport>& reports_;
  const std::vector<Migration> migrations_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;  // of done_ and progress_
  std::size_t done_ = 0;
};

}  // namespace

std::size_t Report::failed() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      tenants, [](const TenantReport& report) { return report.error.has_value(); }));
}

Report run(const Options& options, const Progress& progress) {
  Report report;
  try {
    SyncConnection connection = connect(options);
    report.control = migrate_control(connection, options, report.for_superuser);
    for (const TenantId& tenant : tenants_of(options)) report.tenants.push_back({tenant, {}, {}});
  } catch (const SqlError& error) {
    throw MigrationError(error.what());
  }
  TenantRun work(options, progress, report.tenants);
  const std::size_t jobs =
      std::min(report.tenants.size(), static_cast<std::size_t>(std::max(1, options.jobs)));
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < jobs; ++i) threads.emplace_back([&work] { work.work(); });
  threads.clear();  // joins
  return report;
}

bool Status::up_to_date() const {
  return control_pending.empty() && !control_error &&
         std::ranges::all_of(tenants, [](const TenantStatus& tenant) {
           return tenant.pending.empty() && !tenant.error;
         });
}

Status status(const Options& options) {
  try {
    SyncConnection connection = connect(options);
    Status status;
    const std::vector<Migration> control = load(options.files, "control");
    const Ledger ledger = read_ledger(connection, kControl);
    status.control_version = version_of(ledger);
    status.control_pending = names_of(pending_of(control, ledger));
    status.control_error = conflict_of(control, ledger);
    const std::vector<Migration> migrations = load(options.files, "tenant");
    for (const TenantId& tenant : tenants_of(options)) {
      const Ledger own = read_ledger(connection, tenant.str());
      status.tenants.push_back({tenant, version_of(own), names_of(pending_of(migrations, own)),
                                conflict_of(migrations, own)});
    }
    return status;
  } catch (const SqlError& error) {
    throw MigrationError(error.what());
  }
}

}  // namespace wardbook::migrate
