#include "db/conninfo.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace wardbook::db::detail {
namespace {

ConnectParams parse(const std::string& conninfo) {
  char* message = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(conninfo.c_str(), &message);
  const std::unique_ptr<char, decltype(&PQfreemem)> free_message(message, &PQfreemem);
  if (parsed == nullptr) {
    throw std::invalid_argument("the database's connection string is not in libpq's form");
  }
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> free_parsed(parsed,
                                                                                 &PQconninfoFree);
  ConnectParams params;
  for (const PQconninfoOption* option = parsed; option->keyword != nullptr; ++option) {
    if (option->val != nullptr) params.emplace_back(option->keyword, option->val);
  }
  return params;
}

std::string& value_to_set(ConnectParams& params, const std::string& keyword) {
  const auto found = std::ranges::find(params, keyword, &ConnectParams::value_type::first);
  if (found != params.end()) return found->second;
  return params.emplace_back(keyword, std::string()).second;
}

}  // namespace

ConnectParams session_params(const PoolOptions& options, bool limited) {
  ConnectParams params = parse(options.conninfo);
  for (const auto& [keyword, value] : kLiveness) {
    std::string& chosen = value_to_set(params, keyword);
    if (chosen.empty()) chosen = value;
  }
  std::string& session = value_to_set(params, "options");
  session +=
      " -c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex"
      " -c search_path=pg_catalog -c standard_conforming_strings=on -c client_min_messages=warning"
      " -c jit=off";
  if (limited) {
    const auto statement_ms = options.statement_timeout.count();
    session += " -c statement_timeout=" + std::to_string(statement_ms);
    // Longer than a statement: a handler may wait for something else in between.
    session +=
        " -c idle_in_transaction_session_timeout=" + std::to_string(4 * statement_ms + 10'000);
  }
  value_to_set(params, "client_encoding") = "UTF8";
  std::string& name = value_to_set(params, "application_name");
  if (name.empty()) name = "wardbook";
  return params;
}

}  // namespace wardbook::db::detail
