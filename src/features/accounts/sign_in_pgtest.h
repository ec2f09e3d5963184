#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "features/accounts/sign_in.h"
#include "support/clinic.h"

namespace wardbook::accounts {

using testing::Clinic;
using testing::kClinicPassword;
using testing::PgCluster;
using testing::run;

/// All that a client sees.
struct Seen {
  int status = 0;
  std::string code;
  std::string detail;
  int retry_after_s = 0;
  boost::json::value body;
  friend bool operator==(const Seen&, const Seen&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    return out << seen.status << ' ' << seen.code << ' ' << seen.detail << ' '
               << seen.retry_after_s;
  }
};

inline Seen seen_of(const Failure& failure) {
  Seen out;
  out.status = describe(failure.code()).status;
  out.code = describe(failure.code()).name;
  out.detail = failure.message();
  out.retry_after_s = failure.retry_after_s();
  return out;
}

inline Task<Seen> perform(App& app, api::Handler handler, api::Request request) {
  Seen out;
  try {
    const api::Response response = co_await handler(app, std::move(request));
    out.status = response.status;
    if (!response.body.empty()) out.body = boost::json::parse(response.body);
  } catch (const Failure& failure) {
    out = seen_of(failure);
  }
  co_return out;
}

inline Task<> perform_into(App& app, api::Handler handler, api::Request request, Seen& out) {
  out = co_await perform(app, handler, std::move(request));
}

inline Task<Seen> confirm(App& app, api::Principal caller, std::string password) {
  Seen out;
  try {
    co_await confirm_password(app, caller, std::move(password), {});
    out.status = 200;
  } catch (const Failure& failure) {
    out = seen_of(failure);
  }
  co_return out;
}

class SignInTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { PgCluster::get().migrate(); }

  static api::Request request(boost::json::object body, std::string ip = "203.0.113.1") {
    api::Request out;
    out.id = "test";
    out.head.method = "POST";
    out.head.target = "/api/v1/auth/login";
    out.head.remote_ip = std::move(ip);
    out.body = std::move(body);
    return out;
  }
  static api::Request login_request(std::string email, std::string password,
                                    std::string ip = "203.0.113.1") {
    return request({{"email", std::move(email)}, {"password", std::move(password)}}, std::move(ip));
  }
  static Seen login_on(Clinic& node, std::string email, std::string password,
                       std::string ip = "203.0.113.1") {
    return run(node.reactor,
               perform(node.app, &login,
                       login_request(std::move(email), std::move(password), std::move(ip))));
  }
  Seen sign_in(std::string password, std::string ip = "203.0.113.1") {
    return login_on(clinic_, clinic_.doctor.email, std::move(password), std::move(ip));
  }
  static Seen refresh_on(Clinic& node, const std::string& token) {
    return run(node.reactor, perform(node.app, &refresh, request({{"refresh_token", token}})));
  }
  static std::string text(const Seen& seen, std::string_view name) {
    return std::string(seen.body.at(name).as_string());
  }
  static std::string refresh_token(const Seen& seen) { return text(seen, "refresh_token"); }
  static bool has_ended(SessionId session) {
    const auto ended =
        Clinic::as_owner().query("SELECT ended_at IS NOT NULL FROM wardbook.sessions WHERE id = $1",
                                 {std::to_string(session.value)});
    return ended[0][0] == "t";
  }
  bool revoked(const Seen& seen) { return has_ended(caller_of(seen).session); }
  api::Principal caller_of(const Seen& seen) {
    return clinic_.tokens.verify(text(seen, "access_token"));
  }

  /// The hospital's log of the doctor's account, what came with adding it left out.
  std::vector<std::string> log() {
    std::vector<std::string> out;
    auto owner = PgCluster::get().superuser_conninfo();
    db::SyncConnection connection(owner);
    for (const auto& row : connection.query(
             "SELECT concat_ws(' ', action, outcome, reason, after->>'refused', after->>'network') "
             "FROM " +
                 clinic_.in("audit_log") +
                 " WHERE resource_id = $1 AND action LIKE 'auth.%' ORDER BY id",
             {std::to_string(clinic_.doctor.account.value)})) {
      out.push_back(row[0].value_or(""));
    }
    return out;
  }
  static std::int64_t platform_entries() {
    db::SyncConnection connection(PgCluster::get().superuser_conninfo());
    return std::stoll(connection.value("SELECT count(*) FROM wardbook.platform_audit").value());
  }
  static std::int64_t tallies() {
    return std::stoll(
        Clinic::as_owner().value("SELECT count(*) FROM wardbook.sign_in_tallies").value());
  }
  static std::string unknown_address() {
    static int count = 0;
    return "nobody" + std::to_string(++count) + "@nowhere.test";
  }

  Clinic clinic_;
};

}  // namespace wardbook::accounts
