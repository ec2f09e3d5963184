#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/audit/audit.h"
#include "support/clinic.h"

namespace wardbook::audit {

/// One that is recognized by its resource: actions are a closed list.
inline Entry entry(std::string resource) {
  return {.action = "audit.read", .resource = std::move(resource), .resource_id = 7};
}

/// A hospital whose log is written, sealed and verified.
class AuditTest : public ::testing::Test {
 protected:
  ~AuditTest() override {
    db_.close();
    reactor_.restart();
    reactor_.poll();
  }

  void write(Entry whole) { testing::run(reactor_, log_.write(tenant_, {}, std::move(whole))); }
  void write(std::string resource, std::optional<std::string> filters = std::nullopt) {
    Entry whole = entry(std::move(resource));
    whole.filters = std::move(filters);
    write(std::move(whole));
  }
  std::int64_t seal_now(std::int64_t most = 5'000) {
    return testing::run(reactor_, seal(db_, tenant_, most));
  }
  Verdict verify() { return testing::run(reactor_, verify_chain(db_, tenant_)); }
  std::string fault() { return verify().first_fault.value_or("none"); }
  [[nodiscard]] std::string in(const std::string& table) const {
    return tenant_.str() + "." + table;
  }

  TenantId tenant_ = testing::PgCluster::get().new_tenant("audited");
  db::SyncConnection looking_{testing::PgCluster::get().superuser_conninfo()};
  boost::asio::io_context reactor_{1};
  db::Pool db_{reactor_, testing::PgCluster::get().pool_options()};
  Log log_{reactor_, db_};
};

}  // namespace wardbook::audit
