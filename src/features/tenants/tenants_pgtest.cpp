#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>
#include <boost/json.hpp>

#include "features/tenants/tenants.h"
#include "support/pg_cluster.h"
#include "support/run.h"

namespace wardbook::tenants {
namespace {

using wardbook::testing::PgCluster;
using wardbook::testing::run;

class TenantsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { PgCluster::get().migrate(); }
  static Settings::Database database() {
    Settings::Database out;
    out.url = PgCluster::get().service_conninfo();
    out.owner_url = PgCluster::get().owner_conninfo();
    return out;
  }
  ~TenantsTest() override {
    db_.close();
    reactor_.restart();
    reactor_.poll();
  }

  /// The code of what it fails with; nullopt when it does not.
  template <class T>
  std::optional<Code> failure_of(Task<T> task) {
    try {
      (void)run(reactor_, std::move(task));
    } catch (const Failure& failure) {
      return failure.code();
    }
    return std::nullopt;
  }

  boost::asio::io_context reactor_{1};
  boost::asio::thread_pool workers_{1};
  db::Pool db_{reactor_, PgCluster::get().pool_options()};
  Provisioner provisioner_{workers_, database()};
};

TEST_F(TenantsTest, AreMadeWithSchemaRoleAndRow) {
  const auto id = *TenantId::parse("made_here");
  const auto made = run(reactor_, create(db_, provisioner_, {}, id, "Made Here", "Europe/Berlin"));
  EXPECT_EQ(made.id, "made_here");
  EXPECT_TRUE(made.active);
  EXPECT_EQ(made.time_zone, "Europe/Berlin");
  EXPECT_EQ(run(reactor_, get(db_, id)).name, "Made Here");
  accounts::NewAccount account{"first@made-here.test", "First", "not a hash"};
  const auto member =
      run(reactor_, accounts::add_member(db_, {}, id, account, api::Role::hospital_admin));
  EXPECT_GT(member.id.value, 0) << "its tables are there, and the service may use them";
  EXPECT_EQ(failure_of(create(db_, provisioner_, {}, id, "Again", "UTC")), Code::tenant_exists);
}

TEST_F(TenantsTest, RefuseUnknownTimeZonesBeforeAnythingIsMade) {
  const auto id = *TenantId::parse("nowhere");
  for (const std::string zone : {"Mars/Base", "", "europe", "UTC+25"}) {
    EXPECT_EQ(failure_of(create(db_, provisioner_, {}, id, "Nowhere", zone)), Code::invalid_fields)
        << zone;
  }
  EXPECT_EQ(failure_of(get(db_, id)), Code::tenant_not_found);
}

TEST_F(TenantsTest, ChangeAndStayListed) {
  const auto id = PgCluster::get().new_tenant("changing");
  Change wanted;
  wanted.name = "A new name";
  wanted.active = false;
  const auto changed = run(reactor_, change(db_, {}, id, wanted));
  EXPECT_EQ(changed.name, "A new name");
  EXPECT_FALSE(changed.active);
  EXPECT_GE(changed.updated_at, changed.created_at);
  wanted = {};
  wanted.time_zone = "Nowhere/Land";
  EXPECT_EQ(failure_of(change(db_, {}, id, wanted)), Code::invalid_fields);
  EXPECT_EQ(failure_of(change(db_, {}, *TenantId::parse("not_there"), {})), Code::tenant_not_found);
  std::vector<std::string> ids;
  for (const auto& tenant : run(reactor_, list(db_))) ids.push_back(tenant.id);
  EXPECT_THAT(ids, ::testing::Contains(id.str()));
  EXPECT_TRUE(std::ranges::is_sorted(ids));
}

TEST_F(TenantsTest, AreDroppedWhole) {
  const auto id = PgCluster::get().new_tenant("leaving");
  EXPECT_TRUE(run(reactor_, provisioner_.drop(id)));
  EXPECT_FALSE(run(reactor_, provisioner_.drop(id)));
  EXPECT_EQ(failure_of(get(db_, id)), Code::tenant_not_found);
}

TEST_F(TenantsTest, NeedTheOwnersLogin) {
  auto without = database();
  without.owner_url.clear();
  Provisioner provisioner(workers_, without);
  const auto id = *TenantId::parse("ownerless");
  EXPECT_EQ(failure_of(create(db_, provisioner, {}, id, "X", "UTC")), Code::not_implemented);
  without.owner_url = "host=/nonexistent";
  Provisioner unreachable(workers_, without);
  EXPECT_EQ(failure_of(create(db_, unreachable, {}, id, "X", "UTC")), Code::database_unavailable);
}

}  // namespace
}  // namespace wardbook::tenants
