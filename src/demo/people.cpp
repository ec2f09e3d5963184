#include "demo/people.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "db/pool.h"
#include "features/accounts/accounts.h"

namespace wardbook::demo {
namespace {

struct Colleague {
  std::string_view name;  ///< of the address, and of the person
  std::string_view display_name;
  api::Role role;
};

/// One account each, a member of all six hospitals.
const std::vector<Colleague>& colleagues() {
  static const std::vector<Colleague> all = {
      {"admin", "Alex Morgan", api::Role::hospital_admin},
      {"doctor", "Dr. Dana Reyes", api::Role::doctor},
      {"nurse", "Nora Lindqvist", api::Role::nurse},
      {"reception", "Rafael Costa", api::Role::receptionist},
      {"lab", "Lena Fischer", api::Role::lab_technician},
      {"pharmacy", "Priya Raman", api::Role::pharmacist},
      {"manager", "Martin Adeyemi", api::Role::manager},
      {"auditor", "Aya Nakamura", api::Role::auditor},
  };
  return all;
}

std::string email_of(std::string_view name) {
  return std::string(name) + "@demo.test";
}

/// One membership that is to be.
struct Wanted {
  TenantId tenant;
  std::string email;
  std::string display_name;
  api::Role role;
};

std::vector<Wanted> wanted_members() {
  std::vector<Wanted> all;
  for (const HospitalPlan& plan : hospital_plans()) {
    const TenantId tenant = TenantId::parse(plan.id).value();
    for (const Colleague& one : colleagues()) {
      all.push_back({tenant, email_of(one.name), std::string(one.display_name), one.role});
    }
    for (const auto& [display_name, name] : plan.doctors) {
      all.push_back({tenant, email_of(name), std::string(display_name), api::Role::doctor});
    }
  }
  return all;
}

audit::Actor demo_actor() {
  audit::Actor actor;
  actor.role = "demo";
  return actor;
}

Task<> add_missing(db::Pool& db, std::string hash,
                   std::set<std::pair<std::string, std::string>> there) {
  for (const Wanted& wanted : wanted_members()) {
    if (there.contains({wanted.email, wanted.tenant.str()})) continue;
    accounts::NewAccount account{wanted.email, wanted.display_name, hash};
    (void)co_await accounts::add_member(db, demo_actor(), wanted.tenant, std::move(account),
                                        wanted.role);
  }
  if (!there.contains({email_of("operator"), ""})) {
    accounts::NewAccount account{email_of("operator"), "Olu Petersen", hash};
    (void)co_await accounts::add_operator(db, demo_actor(), std::move(account));
  }
}

Task<> prepare(db::Pool& db, const Settings& settings, std::string password, bool reset) {
  std::set<std::pair<std::string, std::string>> there;
  const auto listed = co_await accounts::list_accounts(db, std::nullopt);
  for (const auto& one : listed) {
    if (!one.member.invited) there.insert({one.member.email, one.tenant.value_or("")});
  }
  const bool complete = there.contains({email_of("operator"), ""});
  if (!reset && complete && there.size() > wanted_members().size()) co_return;

  const std::string hash = accounts::hash_password(settings.auth, password);
  co_await add_missing(db, hash, there);
  if (!reset) co_return;
  std::set<std::string> ours = {email_of("operator")};
  for (const Wanted& wanted : wanted_members()) ours.insert(wanted.email);
  for (const std::string& email : ours) {
    const AccountId account = co_await accounts::find_account(db, email);
    co_await accounts::reset_password(db, demo_actor(), account, hash);
  }
}

}  // namespace

std::string doctor_email(const HospitalPlan& plan, std::size_t doctor) {
  return email_of(doctor == 0 ? std::string_view("doctor") : plan.doctors.at(doctor - 1).second);
}

void prepare_accounts(const Settings& settings, const std::string& password, bool reset) {
  boost::asio::io_context reactor(1);
  db::PoolOptions options;
  options.conninfo = settings.database.url;
  options.connections = 1;
  options.lanes = 1;
  db::Pool pool(reactor, options);
  std::exception_ptr error;
  boost::asio::co_spawn(reactor, prepare(pool, settings, password, reset),
                        [&](std::exception_ptr thrown) {
                          error = thrown;
                          pool.close();
                          reactor.stop();
                        });
  reactor.run();
  if (error) std::rethrow_exception(error);
}

}  // namespace wardbook::demo
