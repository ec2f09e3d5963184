#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/clock.h"
#include "base/settings.h"
#include "db/pool.h"

namespace wardbook {

namespace audit {
class Log;
}
namespace accounts {
class Authority;
class Tokens;
}  // namespace accounts
namespace s3 {
class Store;
}
namespace tenants {
class Provisioner;
}

/// What handlers work with: references only, built in app/, one App for each reactor. Nothing in it
/// is shared between threads but what says so.
struct App {
  boost::asio::io_context& reactor;
  boost::asio::thread_pool& workers;  ///< for what blocks or burns: Argon2id, migrations
  const Settings& settings;
  const Clock& clock;
  db::Pool& db;
  audit::Log& audit;
  accounts::Authority& authority;
  accounts::Tokens& tokens;
  tenants::Provisioner& provisioner;
  s3::Store& objects;
};

}  // namespace wardbook
