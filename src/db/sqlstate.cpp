#include "db/sqlstate.h"

#include <utility>

#include "db/pool.h"

namespace wardbook::db {
namespace {

/// lock_not_available
constexpr std::string_view kLockTimeout = "55P03";

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

bool is_constraint(std::string_view sqlstate) {
  return sqlstate.starts_with("23") || sqlstate.starts_with("WB");
}

}  // namespace

PgError PgError::lost(std::string_view why) {
  PgError error;
  error.query = why;
  return error;
}

PgError PgError::from(const PGresult* result, std::string_view query) {
  PgError error;
  error.sqlstate = field(result, PG_DIAG_SQLSTATE);
  error.query = query;
  if (is_constraint(error.sqlstate)) {
    error.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
    error.table = field(result, PG_DIAG_TABLE_NAME);
  }
  return error;
}

Code code_of(std::string_view s) noexcept {
  if (s.empty() || s.starts_with("08") || s.starts_with("57P")) return Code::database_unavailable;
  if (s == "57014" || s == "25P03") return Code::timeout;   // statement, idle transaction
  if (s == "40001" || s == "40P01") return Code::conflict;  // serialization, deadlock
  if (s == kLockTimeout) return Code::timeout;
  if (s.starts_with("53")) return Code::overloaded;  // connections, memory, disk
  // Values that PostgreSQL cannot take, or that are too large for an index.
  if (s.starts_with("22") || s.starts_with("54")) return Code::bad_request;
  return Code::internal;
}

void throw_failure(const PgError& error) {
  if (is_constraint(error.sqlstate)) {
    throw ConstraintViolation(error.sqlstate, error.constraint, error.table);
  }
  if (error.sqlstate == kLockTimeout) throw Blocked(error.query);
  const Code code = code_of(error.sqlstate);
  std::string detail = error.sqlstate.empty() ? "connection lost: " + error.query
                                              : "SQLSTATE " + error.sqlstate + " in " + error.query;
  Failure failure(code, {}, std::move(detail));
  if (code == Code::database_unavailable || code == Code::overloaded || code == Code::timeout) {
    failure.retry_after(1);
  }
  throw failure;
}

Blocked::Blocked(std::string_view query)
    : Failure(Code::timeout, {}, "a lock was waited for in vain in " + std::string(query)) {
  retry_after(1);
}

ConstraintViolation::ConstraintViolation(std::string sqlstate, std::string constraint,
                                         std::string table)
    : Failure(Code::conflict, {},
              "SQLSTATE " + sqlstate + " constraint " + constraint + " on " + table),
      sqlstate_(std::move(sqlstate)),
      constraint_(std::move(constraint)) {}

}  // namespace wardbook::db
