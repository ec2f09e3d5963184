#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/settings.h"

namespace wardbook::app {

/// What the command line said, whichever command it was.
struct Arguments {
  bool json = false;
  std::optional<std::string> tenant;
  std::string id;  ///< of a tenant
  std::string name;
  std::string time_zone = "UTC";
  std::string email;
  std::string role;
  bool is_operator = false;
  bool password_stdin = false;
  int jobs = 4;
  std::optional<std::int64_t> grace;  ///< seconds; absent: the configuration's
  bool dry_run = false;
  bool rehash = false;
  std::string file;
  bool force = false;
  std::string data_dir;  ///< of the demo
  std::string listen;
  std::string object_store_listen;
  bool adopt_objects = false;
};

/// Wrong usage that only the values show: exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Rows as a table on stdout, or as one JSON document.
void print_rows(const Arguments& arguments, const boost::json::array& rows);

// Each returns the exit code, or throws Failure, UsageError or std::runtime_error.
int migrate_run(const Settings& settings, const Arguments& arguments);
int migrate_status(const Settings& settings, const Arguments& arguments);
int tenant_create(const Settings& settings, const Arguments& arguments);
int tenant_list(const Settings& settings, const Arguments& arguments);
int tenant_show(const Settings& settings, const Arguments& arguments);
int tenant_suspend(const Settings& settings, const Arguments& arguments);
int tenant_resume(const Settings& settings, const Arguments& arguments);
int user_add(const Settings& settings, const Arguments& arguments);
int user_list(const Settings& settings, const Arguments& arguments);
int user_set_role(const Settings& settings, const Arguments& arguments);
int user_disable(const Settings& settings, const Arguments& arguments);
int user_enable(const Settings& settings, const Arguments& arguments);
int user_renew_code(const Settings& settings, const Arguments& arguments);
int user_release(const Settings& settings, const Arguments& arguments);
int user_reset_password(const Settings& settings, const Arguments& arguments);
int storage_plan(const Settings& settings, const Arguments& arguments);
int storage_apply(const Settings& settings, const Arguments& arguments);
int storage_verify(const Settings& settings, const Arguments& arguments);
int storage_cost(const Settings& settings, const Arguments& arguments);
int storage_list(const Settings& settings, const Arguments& arguments);
int storage_sweep(const Settings& settings, const Arguments& arguments);
int icd_import(const Settings& settings, const Arguments& arguments);
int icd_list(const Settings& settings, const Arguments& arguments);
int icd_remove(const Settings& settings, const Arguments& arguments);
int audit_verify(const Settings& settings, const Arguments& arguments);
int routes_list(const Settings& settings, const Arguments& arguments);

}  // namespace wardbook::app
