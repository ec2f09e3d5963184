#include "db/sync_connection.h"

#include <libpq-fe.h>

#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "db/conninfo.h"

namespace wardbook::db {
namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// libpq's messages end with a line break.
std::string said(const char* message) {
  return std::string(trimmed_end(message == nullptr ? "" : message, " \n"));
}

}  // namespace

struct SyncConnection::Impl {
  std::unique_ptr<PGconn, decltype(&PQfinish)> conn{nullptr, &PQfinish};

  Result check(PGresult* raw) const {
    Result result(raw, &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY ||
        status == PGRES_COPY_IN) {
      return result;
    }
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    std::string message = said(PQresultErrorMessage(result.get()));
    if (message.empty()) message = said(PQerrorMessage(conn.get()));
    throw SqlError(state == nullptr ? "" : state, message);
  }

  Result run(const std::string& sql, const std::vector<Param>& params) const {
    std::vector<const char*> values;
    for (const Param& param : params) {
      if (param && param->find('\0') != std::string::npos) {
        throw SqlError("22021", "a text holds the character NUL");
      }
      values.push_back(param ? param->c_str() : nullptr);
    }
    return check(PQexecParams(conn.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                              values.data(), nullptr, nullptr, 0));
  }
};

SyncConnection::SyncConnection(const std::string& conninfo, const char* application_name)
    : impl_(std::make_unique<Impl>()) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  const auto add = [&](const char* keyword, const char* value) {
    keywords.push_back(keyword);
    values.push_back(value);
  };
  // What stands before the connection string gives way to it.
  for (const auto& [keyword, value] : detail::kLiveness) add(keyword, value);
  add("dbname", conninfo.c_str());
  add("fallback_application_name", application_name);
  add("client_encoding", "UTF8");
  add("connect_timeout", "10");
  add(nullptr, nullptr);
  impl_->conn.reset(PQconnectdbParams(keywords.data(), values.data(), 1));
  if (PQstatus(impl_->conn.get()) != CONNECTION_OK) {
    throw SqlError("", said(PQerrorMessage(impl_->conn.get())));
  }
  PQsetNoticeReceiver(
      impl_->conn.get(), [](void*, const PGresult*) {}, nullptr);
  script(
      "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET bytea_output = 'hex'; "
      "SET search_path = pg_catalog; SET client_min_messages = warning; "
      "SET standard_conforming_strings = on");
}

SyncConnection::~SyncConnection() = default;
SyncConnection::SyncConnection(SyncConnection&&) noexcept = default;
SyncConnection& SyncConnection::operator=(SyncConnection&&) noexcept = default;

void SyncConnection::script(const std::string& sql) {
  impl_->check(PQexec(impl_->conn.get(), sql.c_str()));
}

SyncConnection::Rows SyncConnection::query(const std::string& sql,
                                           const std::vector<Param>& params) {
  const Result result = impl_->run(sql, params);
  Rows rows(static_cast<std::size_t>(PQntuples(result.get())));
  const int columns = PQnfields(result.get());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const int row = static_cast<int>(r);
    for (int c = 0; c < columns; ++c) {
      if (PQgetisnull(result.get(), row, c) != 0) {
        rows[r].emplace_back(std::nullopt);
      } else {
        rows[r].emplace_back(std::in_place, PQgetvalue(result.get(), row, c),
                             static_cast<std::size_t>(PQgetlength(result.get(), row, c)));
      }
    }
  }
  return rows;
}

std::optional<std::string> SyncConnection::value(const std::string& sql,
                                                 const std::vector<Param>& params) {
  Rows rows = query(sql, params);
  if (rows.empty() || rows[0].empty()) return std::nullopt;
  return std::move(rows[0][0]);
}

std::int64_t SyncConnection::exec(const std::string& sql, const std::vector<Param>& params) {
  const Result result = impl_->run(sql, params);
  return std::strtoll(PQcmdTuples(result.get()), nullptr, 10);
}

void SyncConnection::copy_in(const std::string& copy_sql, std::string_view data) {
  PGconn* conn = impl_->conn.get();
  const Result started = impl_->check(PQexec(conn, copy_sql.c_str()));
  if (PQresultStatus(started.get()) != PGRES_COPY_IN) {
    throw SqlError("", "copy_in needs a COPY … FROM STDIN");
  }
  constexpr std::size_t kPiece = 1 << 20;
  bool sent = true;
  for (std::size_t at = 0; at < data.size() && sent; at += kPiece) {
    const std::string_view piece = data.substr(at, kPiece);
    sent = PQputCopyData(conn, piece.data(), static_cast<int>(piece.size())) == 1;
  }
  if (!sent || PQputCopyEnd(conn, nullptr) != 1) throw SqlError("", said(PQerrorMessage(conn)));
  // Every answer is read, whatever the first one says, so that the connection stays usable.
  Result first(PQgetResult(conn), &PQclear);
  while (PGresult* more = PQgetResult(conn)) PQclear(more);
  impl_->check(first.release());
}

std::string SyncConnection::identifier(std::string_view name) const {
  const std::unique_ptr<char, decltype(&PQfreemem)> text(
      PQescapeIdentifier(impl_->conn.get(), name.data(), name.size()), &PQfreemem);
  if (text == nullptr) throw SqlError("", said(PQerrorMessage(impl_->conn.get())));
  return text.get();
}

std::string SyncConnection::literal(std::string_view raw) const {
  const std::unique_ptr<char, decltype(&PQfreemem)> text(
      PQescapeLiteral(impl_->conn.get(), raw.data(), raw.size()), &PQfreemem);
  if (text == nullptr) throw SqlError("", said(PQerrorMessage(impl_->conn.get())));
  return text.get();
}

SyncTransaction::~SyncTransaction() {
  if (!open_) return;
  try {
    connection_.script("ROLLBACK");
  } catch (const SqlError&) {
    // The connection is gone, and the transaction with it.
  }
}

}  // namespace wardbook::db
