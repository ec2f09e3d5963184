#include "demo/hospital_setup.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "db/sync_connection.h"
#include "demo/interrupt.h"
#include "demo/loader.h"
#include "demo/people.h"
#include "demo/person.h"
#include "migrate/migrate.h"

namespace wardbook::demo {
namespace {

constexpr std::size_t kWorkers = 2;

std::string seconds_since(std::chrono::steady_clock::time_point begin) {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  return number_text(passed.count(), 1) + " s";
}

/// `work` for every hospital, some at a time. The first thing thrown is thrown here, once all have
/// ended.
void for_each_hospital(const std::function<void(const HospitalPlan&)>& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto loop = [&] {
    const auto& plans = hospital_plans();
    for (std::size_t i = next++; i < plans.size(); i = next++) {
      try {
        Interrupt::check();
        work(plans[i]);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = plans.size();
      }
    }
  };
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < kWorkers; ++i) workers.emplace_back(loop);
  for (std::thread& worker : workers) worker.join();
  if (failure) std::rethrow_exception(failure);
}

migrate::Options migrate_options(const Logins& logins) {
  migrate::Options options;
  options.owner_conninfo = logins.owner_conninfo;
  options.service_role = kService;
  options.jobs = static_cast<int>(kWorkers);
  return options;
}

/// Of this start only those that are not there.
void provision_missing(const Logins& logins) {
  const migrate::Options options = migrate_options(logins);
  std::vector<std::string> there;
  {
    db::SyncConnection owner(logins.owner_conninfo, "wardbook demo");
    for (const auto& row : owner.query("SELECT id FROM wardbook.tenants")) {
      there.push_back(row.at(0).value());
    }
  }
  for_each_hospital([&](const HospitalPlan& plan) {
    if (std::find(there.begin(), there.end(), plan.id) != there.end()) return;
    migrate::provision(options, TenantId::parse(plan.id).value(), std::string(plan.name),
                       std::string(plan.time_zone));
  });
}

void migrate_all(const Logins& logins) {
  const auto report = migrate::run(migrate_options(logins));
  for (const auto& tenant : report.tenants) {
    if (tenant.error) throw std::runtime_error(tenant.tenant.str() + ": " + *tenant.error);
  }
}

/// Nothing where they are there.
void load_charts(const Logins& logins, const HospitalPlan& plan, Date anchor, const Say& say) {
  GeneratorOptions options;
  options.anchor = anchor;
  const auto begin = std::chrono::steady_clock::now();
  if (!load_hospital(logins.service_conninfo, plan, options)) return;
  analyze_hospital(logins.owner_conninfo, plan);
  say("  " + std::string(plan.id) + "  " + std::string(plan.name) + ": " +
      std::to_string(options.patients) + " patients, " + std::to_string(options.records) +
      " records (" + seconds_since(begin) + ")");
}

}  // namespace

void set_up_hospitals(const Settings& settings, const Logins& logins, const std::string& password,
                      bool new_password, Date anchor, const Say& say) {
  migrate_all(logins);
  Interrupt::check();
  provision_missing(logins);
  Interrupt::check();
  prepare_accounts(settings, password, new_password);
  Interrupt::check();

  load_charts(logins, hospital_plans().front(), anchor, say);
}

void load_other_hospitals(const Logins& logins, Date anchor, const Say& say) {
  std::mutex mutex;
  const Say one_at_a_time = [&](const std::string& line) {
    const std::lock_guard lock(mutex);
    say(line);
  };
  for_each_hospital(
      [&](const HospitalPlan& plan) { load_charts(logins, plan, anchor, one_at_a_time); });
}

}  // namespace wardbook::demo
