#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/failure.h"

namespace wardbook::db {

/// What PostgreSQL said about a statement, without any of the values in it.
struct PgError {
  std::string sqlstate;    ///< five characters; empty when the connection was lost
  std::string constraint;  ///< of class 23 and WB, as far as PostgreSQL names it
  std::string table;
  std::string query;         ///< our name of the statement, or "BEGIN", "COMMIT" …
  std::uint32_t tenant = 0;  ///< the number of the one whose statement it was; 0: nobody's
  bool stale = false;        ///< a cached plan that no longer fits: prepare again and repeat

  static PgError lost(std::string_view why);
  static PgError from(const PGresult* result, std::string_view query);
};

/// The one map from SQLSTATE to what the caller sees. Throws ConstraintViolation for class 23 and
/// for our triggers' WB class, Blocked for a lock that was waited for in vain, Failure for
/// everything else. Neither holds PostgreSQL's own message, which quotes values.
[[noreturn]] void throw_failure(const PgError& error);

/// The Code of a SQLSTATE that is no constraint's violation.
[[nodiscard]] Code code_of(std::string_view sqlstate) noexcept;

}  // namespace wardbook::db
