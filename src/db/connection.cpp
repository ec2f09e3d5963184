#include "db/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <utility>

namespace wardbook::db::detail {
namespace {

namespace asio = boost::asio;

struct CommandText {
  const char* name;  // of the prepared statement, and in messages
  const char* sql;
};
// In the order of Command.
constexpr std::array<CommandText, 6> kCommands{{
    {"begin", "BEGIN"},
    {"commit", "COMMIT"},
    {"rollback", "ROLLBACK"},
    // One statement for all tenants, unlike SET LOCAL ROLE; it ends with the transaction as well.
    {"role", "SELECT pg_catalog.set_config('role', $1, true)"},
    // kSlow, so that a lock on one tenant's table holds a batch of many for no longer.
    {"bounded_role",
     "SELECT pg_catalog.set_config('role', $1, true),"
     " pg_catalog.set_config('lock_timeout', '250ms', true)"},
    {"timeout", "SELECT pg_catalog.set_config('statement_timeout', $1, true)"},
}};

static_assert(kSlow == std::chrono::milliseconds(250), "bounded_role says it too");

class ResultRow final : public RowView {
 public:
  explicit ResultRow(const PGresult* result) : result_(result) {}
  [[nodiscard]] int columns() const override { return PQnfields(result_); }
  [[nodiscard]] bool is_null(int column) const override {
    return PQgetisnull(result_, row, column) != 0;
  }
  [[nodiscard]] std::string_view text(int column) const override {
    return {PQgetvalue(result_, row, column),
            static_cast<std::size_t>(PQgetlength(result_, row, column))};
  }
  int row = 0;

 private:
  const PGresult* result_;
};

constexpr std::string_view kPlace = "{tenant}";
constexpr auto kNowhere = std::string_view::npos;
// For what we send on our own account; statement_timeout is far below it.
constexpr std::chrono::seconds kOwnDeadline{10};

std::string expand(const char* sql, const TenantId* tenant) {
  std::string out(sql);
  if (tenant == nullptr) return out;
  const std::string schema = quoted(*tenant);
  for (std::size_t at = out.find(kPlace); at != kNowhere;
       at = out.find(kPlace, at + schema.size())) {
    out.replace(at, kPlace.size(), schema);
  }
  return out;
}

BatchPtr own_batch() {
  auto batch = std::make_shared<Batch>();
  batch->deadline = std::chrono::steady_clock::now() + kOwnDeadline;
  return batch;
}

std::vector<const char*> values_of(const Statement& statement) {
  std::vector<const char*> values;
  values.reserve(statement.params.size());
  for (const Param& param : statement.params) values.push_back(param ? param->c_str() : nullptr);
  return values;
}

}  // namespace

std::string quoted(const TenantId& tenant) {
  return '"' + tenant.str() + '"';
}

void check(const Statement& statement, const TenantId* tenant) {
  if (tenant == nullptr && std::string_view(statement.query->sql).find(kPlace) != kNowhere) {
    throw Failure(Code::internal, {},
                  std::string("a tenant's statement under no tenant: ") + statement.query->name);
  }
  for (const Param& param : statement.params) {
    if (param && param->find('\0') != std::string::npos) {
      throw Failure(Code::bad_request, "A text contains the character NUL.",
                    std::string("NUL in a parameter of ") + statement.query->name);
    }
  }
}

Connection::Connection(asio::io_context& reactor, PGconn* conn, std::size_t prepared_bound)
    : socket_(reactor), conn_(conn), cache_(prepared_bound) {}

Connection::~Connection() {
  // Only when the reactor was destroyed first: whoever waits here goes with it.
  for (const Expected& expected : expected_) expected.batch->done->drop();
  if (socket_.is_open()) socket_.release();
  if (conn_ != nullptr) PQfinish(conn_);
}

void Connection::start(bool stateless, std::function<void()> on_lost) {
  stateless_ = stateless;
  on_lost_ = std::move(on_lost);
  // Notices would go to stderr otherwise; they may quote values.
  PQsetNoticeReceiver(
      conn_, [](void*, const PGresult*) {}, nullptr);
  socket_.assign(PQsocket(conn_));
  if (PQsetnonblocking(conn_, 1) != 0 || PQenterPipelineMode(conn_) != 1) {
    close("no pipeline mode");
    return;
  }
  wait_readable();
  prepare_commands();
}

void Connection::prepare_commands() {
  const BatchPtr batch = own_batch();
  batch->must_succeed = true;
  for (const CommandText& command : kCommands) {
    expect({Kind::command, batch, command.name, {}});
    sent(PQsendPrepare(conn_, command.name, command.sql, 0, nullptr));
    if (broken()) return;
  }
  sync(batch);
}

void Connection::close(std::string_view why) {
  end_with(why, false);
}

void Connection::hand_over() {
  end_with("taken over", true);
}

void Connection::end_with(std::string_view why, bool moved) {
  if (conn_ == nullptr) return;
  const std::deque<Expected> failed = std::exchange(expected_, {});
  executes_ = 0;
  if (socket_.is_open()) socket_.release();
  PQfinish(std::exchange(conn_, nullptr));
  for (const Expected& expected : failed) {
    Batch& batch = *expected.batch;
    if (batch.done->is_set()) continue;
    if (moved && !batch.answered && !batch.error) {
      batch.moved = true;
    } else if (!batch.error && !batch.committed && !(moved && batch.answered)) {
      batch.error = PgError::lost(why);
    }
    batch.done->set(Wake::done);
  }
  on_notify = nullptr;
  if (on_lost_) std::exchange(on_lost_, nullptr)();
}

bool Connection::idle() const {
  return !broken() && quiet() && PQtransactionStatus(conn_) == PQTRANS_IDLE;
}

// ---- sending -----------------------------------------------------------------------------------

void Connection::expect(Expected expected) {
  if (broken()) {
    if (!expected.batch->error) expected.batch->error = PgError::lost("before sending");
    expected.batch->done->set(Wake::done);
    return;
  }
  if (expected.kind == Kind::execute) ++executes_;
  expected_.push_back(std::move(expected));
}

void Connection::sent(int ok) {
  if (ok != 1 && !broken()) close("sending failed");
}

void Connection::roll_back() {
  if (broken()) return;
  rollback_due_ = true;
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->flush_rollback(); });
}

void Connection::send_rollback() {
  rollback_due_ = false;
  const BatchPtr batch = own_batch();
  batch->must_succeed = true;
  add(batch, Command::rollback);
}

void Connection::flush_rollback() {
  if (!rollback_due_ || broken()) return;
  send_rollback();
  sync(own_batch());
}

void Connection::add(const BatchPtr& batch, Command command, const char* argument,
                     TenantNumber tenant) {
  if (command == Command::begin && rollback_due_ && !broken()) send_rollback();
  const char* name = kCommands[static_cast<std::size_t>(command)].name;
  Expected expected{Kind::command, batch, name, {}};
  expected.tenant = tenant;
  expect(std::move(expected));
  if (broken()) return;
  sent(PQsendQueryPrepared(conn_, name, argument != nullptr ? 1 : 0, &argument, nullptr, nullptr,
                           0));
}

void Connection::add_sql(const BatchPtr& batch, const std::string& sql) {
  expect({Kind::sql, batch, "sql", {}});
  if (broken()) return;
  sent(PQsendQueryParams(conn_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0));
}

void Connection::send_execute(const std::string& name, const Statement& statement) {
  const std::vector<const char*> values = values_of(statement);
  sent(PQsendQueryPrepared(conn_, name.c_str(), static_cast<int>(values.size()), values.data(),
                           nullptr, nullptr, 0));
}

void Connection::add(const BatchPtr& batch, TenantRef tenant, const Statement& statement, bool last,
                     bool shared) {
  const char* query = statement.query->name;
  Expected execute{Kind::execute, batch, query, {}};
  execute.last = last;
  execute.finishes = last && shared;
  execute.tenant = tenant.number;
  if (broken()) return expect(std::move(execute));
  tenants_.insert(tenant.number);
  StatementCache::Entry* entry = cache_.find(tenant.number, statement.query);
  if (entry != nullptr && entry->state != StatementCache::State::ready &&
      entry->segment != segment_) {
    // Another segment's Parse is under way and may be skipped if that one fails: stay apart.
    expect(std::move(execute));
    const std::vector<const char*> values = values_of(statement);
    sent(PQsendQueryParams(conn_, expand(statement.query->sql, tenant.id).c_str(),
                           static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                           nullptr, 0));
    return;
  }
  if (entry == nullptr) {
    const std::string sql = expand(statement.query->sql, tenant.id);
    entry = &cache_.insert(tenant.number, statement.query, segment_);
    const std::string name = entry->name;
    Expected parse{Kind::parse, batch, query, name};
    parse.tenant = tenant.number;
    expect(std::move(parse));
    sent(PQsendPrepare(conn_, name.c_str(), sql.c_str(), 0, nullptr));
    if (broken()) return;
  }
  execute.statement = entry->name;
  execute.reused = entry->segment != segment_;
  const std::string name = entry->name;
  expect(std::move(execute));
  send_execute(name, statement);
}

void Connection::drop_evicted() {
  if (broken() || !cache_.has_evicted()) return;
  flush_rollback();
  const BatchPtr batch = own_batch();
  for (const std::string& name : cache_.take_evicted()) add_sql(batch, "DEALLOCATE " + name);
  sync(batch);
}

void Connection::sync(const BatchPtr& batch) {
  expect({Kind::end, batch, "sync", {}, false, false, true});
  if (broken()) return;
  ++segment_;
  sent(PQpipelineSync(conn_));  // sends as well, as far as the socket takes it
  flush();
}

void Connection::flush() {
  if (broken() || waiting_writable_) return;
  const int left = PQflush(conn_);
  if (left < 0) return close("sending failed");
  if (left == 0) return;
  waiting_writable_ = true;
  socket_.async_wait(asio::posix::descriptor_base::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->waiting_writable_ = false;
                       if (!error) self->flush();
                     });
}

// ---- receiving ---------------------------------------------------------------------------------

void Connection::wait_readable() {
  if (broken()) return;
  socket_.async_wait(asio::posix::descriptor_base::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (!error && !self->broken()) self->on_readable();
                     });
}

void Connection::on_readable() {
  if (PQconsumeInput(conn_) != 1) return close("the server closed the connection");
  read_results();
  while (!broken()) {
    const std::unique_ptr<PGnotify, decltype(&PQfreemem)> notify(PQnotifies(conn_), &PQfreemem);
    if (notify == nullptr) break;
    if (on_notify) on_notify(notify->relname, notify->extra);
  }
  if (unusable_) return close("unusable after an error");
  wait_readable();
}

void Connection::read_results() {
  while (!unusable_ && !expected_.empty() && PQisBusy(conn_) == 0) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(conn_), &PQclear);
    if (result == nullptr) {
      finish_front();  // the end of one statement's answer
    } else {
      take(result.get());
    }
  }
}

void Connection::take(PGresult* result) {
  Expected& front = expected_.front();
  switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:  // not followed by a null
      if (front.kind != Kind::end) unusable_ = true;
      finish_front();
      if (stateless_ && quiet() && !broken() && PQtransactionStatus(conn_) != PQTRANS_IDLE) {
        unusable_ = true;
      }
      break;
    case PGRES_PIPELINE_ABORTED:
      if (front.kind == Kind::parse) cache_.prepared(front.statement, false);
      if (!front.batch->error) front.batch->skipped = true;
      break;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
      take_answer(front, result);
      break;
    case PGRES_FATAL_ERROR:
      take_error(front, result);
      break;
    default:  // COPY and the like have no place here
      unusable_ = true;
  }
}

void Connection::take_error(Expected& expected, const PGresult* result) {
  Batch& batch = *expected.batch;
  PgError error = PgError::from(result, expected.query);
  error.tenant = expected.tenant;
  if (expected.kind == Kind::parse) {
    cache_.prepared(expected.statement, false);
  } else if (expected.reused && (error.sqlstate == "0A000" || error.sqlstate == "26000")) {
    // "cached plan must not change result type" after a migration, or somebody deallocated it.
    cache_.discard(expected.statement);
    error.stale = true;
  }
  if (expected.kind == Kind::command && error.sqlstate == "26000") {
    error = PgError::lost("its own statements are gone");
    unusable_ = true;
  }
  // After FATAL the server closes; nobody should send here any more.
  const char* severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr && std::string_view(severity) != "ERROR") unusable_ = true;
  if (batch.must_succeed) unusable_ = true;
  if (!batch.error) batch.error = std::move(error);
}

void Connection::take_answer(Expected& expected, const PGresult* result) {
  Batch& batch = *expected.batch;
  if (expected.kind == Kind::parse) {
    cache_.prepared(expected.statement, true);
    ++prepared_count_;
  } else if (expected.kind == Kind::command) {
    if (std::string_view(PQcmdStatus(const_cast<PGresult*>(result))) == "COMMIT") {
      batch.committed = true;
    }
  } else if (expected.last) {
    batch.answered = true;
    batch.affected = std::strtoll(PQcmdTuples(const_cast<PGresult*>(result)), nullptr, 10);
    if (!batch.on_row) return;
    ResultRow view(result);
    try {
      for (const int rows = PQntuples(result); view.row < rows; ++view.row) batch.on_row(view);
    } catch (...) {
      batch.decode_error = std::current_exception();
    }
  }
}

void Connection::finish_front() {
  const Expected front = std::move(expected_.front());
  expected_.pop_front();
  ++answers_;
  if (front.kind == Kind::execute) --executes_;
  // The coroutine goes on here and now: it may send on this connection, or close it.
  if (front.finishes) front.batch->done->call(Wake::done);
}

// ---- watching ----------------------------------------------------------------------------------

void Connection::sweep(Deadline now) {
  for (const Expected& expected : expected_) {
    if (expected.batch->deadline > now) break;
    expected.batch->done->set(Wake::deadline);
  }
  if (!expected_.empty() && expected_.front().batch->deadline + kPatience < now) {
    close("the server does not answer");
  }
}

bool Connection::stuck(Deadline now, std::chrono::milliseconds limit) {
  if (broken() || quiet()) {
    watch_.on = false;
    return false;
  }
  if (!watch_.on || watch_.answers != answers_) {
    watch_ = {true, answers_, now};
    return false;
  }
  return now - watch_.since >= limit;
}

std::vector<TenantNumber> Connection::tenants_in_front() const {
  std::vector<TenantNumber> found;
  for (const Expected& expected : expected_) {
    if (expected.kind == Kind::end) break;
    const TenantNumber tenant = expected.tenant;
    if (tenant != 0 && std::ranges::find(found, tenant) == found.end()) found.push_back(tenant);
  }
  return found;
}

std::shared_ptr<PGcancel> Connection::cancel_handle() const {
  if (broken()) return nullptr;
  return {PQgetCancel(conn_), &PQfreeCancel};
}

}  // namespace wardbook::db::detail
