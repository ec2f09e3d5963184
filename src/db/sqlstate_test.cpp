#include "db/sqlstate.h"

#include <gtest/gtest.h>

#include "db/conninfo.h"
#include "db/pool.h"

namespace wardbook::db {
namespace {

TEST(SqlState, MapsToCodes) {
  const std::pair<const char*, Code> rows[] = {
      {"", Code::database_unavailable},
      {"08006", Code::database_unavailable},
      {"57P01", Code::database_unavailable},
      {"57P03", Code::database_unavailable},
      {"57014", Code::timeout},
      {"25P03", Code::timeout},
      {"40001", Code::conflict},
      {"40P01", Code::conflict},
      {"55P03", Code::timeout},
      {"53300", Code::overloaded},
      {"53100", Code::overloaded},
      {"22021", Code::bad_request},
      {"22P05", Code::bad_request},
      {"54000", Code::bad_request},
      {"42501", Code::internal},
      {"42P01", Code::internal},
      {"XX000", Code::internal},
  };
  for (const auto& [sqlstate, code] : rows) EXPECT_EQ(code_of(sqlstate), code) << sqlstate;
}

TEST(SqlState, ThrowsWhatTheCallerKnows) {
  PgError unique;
  unique.sqlstate = "23505";
  unique.constraint = "patients_patient_number_key";
  unique.table = "patients";
  try {
    throw_failure(unique);
  } catch (const ConstraintViolation& violation) {
    EXPECT_EQ(violation.sqlstate(), "23505");
    EXPECT_EQ(violation.constraint(), "patients_patient_number_key");
    EXPECT_EQ(violation.code(), Code::conflict);
  }
  PgError finalized;
  finalized.sqlstate = "WB001";
  EXPECT_THROW(throw_failure(finalized), ConstraintViolation);
  try {
    throw_failure(PgError::lost("server gone"));
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), Code::database_unavailable);
    EXPECT_EQ(failure.retry_after_s(), 1);
  }
}

TEST(Conninfo, EverySessionGetsItsSettings) {
  PoolOptions options;
  options.conninfo = "host=/run/x user=u options='-c work_mem=8MB'";
  options.statement_timeout = std::chrono::milliseconds(1234);
  std::string session;
  std::string name;
  for (const auto& [keyword, value] : detail::session_params(options, true)) {
    if (keyword == "options") session = value;
    if (keyword == "application_name") name = value;
  }
  EXPECT_EQ(name, "wardbook");
  for (const char* setting : {"-c work_mem=8MB ", "-c timezone=UTC", "-c statement_timeout=1234",
                              "-c search_path=pg_catalog"}) {
    EXPECT_NE(session.find(setting), std::string::npos) << setting;
  }
}

TEST(Conninfo, AFaultDoesNotQuoteIt) {
  PoolOptions options;
  options.conninfo = "password=secret nonsense";
  try {
    (void)detail::session_params(options, true);
    FAIL() << "not refused";
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace wardbook::db
