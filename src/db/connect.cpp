#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "db/connection.h"

namespace wardbook::db::detail {
namespace {

namespace asio = boost::asio;
using Conn = std::unique_ptr<PGconn, decltype(&PQfinish)>;

Failure unavailable(std::string detail) {
  Failure failure(Code::database_unavailable, {}, std::move(detail));
  failure.retry_after(1);
  return failure;
}

std::string first_line(const char* message) {
  const std::string_view text = message == nullptr ? "" : message;
  return std::string(text.substr(0, text.find('\n')));
}

std::string value_of(const ConnectParams& params, std::string_view keyword) {
  for (const auto& [name, value] : params) {
    if (name == keyword) return value;
  }
  return {};
}

/// libpq would look the name up with a call that blocks the reactor; hand it the addresses.
Task<ConnectParams> resolve(ConnectParams params) {
  const std::string host = value_of(params, "host");
  const bool is_name = !host.empty() && host.find_first_of("/@,") == std::string::npos;
  boost::system::error_code error;
  if (!is_name || !value_of(params, "hostaddr").empty()) co_return params;
  asio::ip::make_address(host, error);
  if (!error) co_return params;
  asio::ip::tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto found =
      co_await resolver.async_resolve(host, "", asio::redirect_error(asio::use_awaitable, error));
  if (error || found.empty()) throw unavailable("the database's host name is not known");
  std::string hosts;
  std::string addresses;
  for (const auto& entry : found) {
    const std::string address = entry.endpoint().address().to_string();
    if (addresses.find(address) != std::string::npos) continue;
    hosts += (hosts.empty() ? "" : ",") + host;
    addresses += (addresses.empty() ? "" : ",") + address;
  }
  for (auto& [name, value] : params) {
    if (name == "host") value = hosts;
  }
  params.emplace_back("hostaddr", addresses);
  co_return params;
}

Conn start(const ConnectParams& params) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [name, value] : params) {
    keywords.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  return {PQconnectStartParams(keywords.data(), values.data(), 0), &PQfinish};
}

/// Waits until the connection's socket is ready for what libpq wants next. libpq may use another
/// socket after that, so the descriptor is borrowed for one wait.
Task<> wait_for(int socket, PostgresPollingStatusType wanted, asio::steady_timer& timer) {
  // Shared with the timer's handler, which may be queued already when this coroutine ends.
  const auto descriptor =
      std::make_shared<asio::posix::stream_descriptor>(co_await asio::this_coro::executor, socket);
  struct Release {
    asio::posix::stream_descriptor& borrowed;
    ~Release() { borrowed.release(); }
  } release{*descriptor};
  timer.async_wait([descriptor](boost::system::error_code timer_error) {
    if (!timer_error) descriptor->cancel(timer_error);
  });
  boost::system::error_code error;
  co_await descriptor->async_wait(wanted == PGRES_POLLING_READING
                                      ? asio::posix::descriptor_base::wait_read
                                      : asio::posix::descriptor_base::wait_write,
                                  asio::redirect_error(asio::use_awaitable, error));
  const bool in_time = timer.cancel() > 0;
  if (!in_time) throw unavailable("connecting took too long");
  if (error) throw unavailable("connecting was interrupted");
}

/// Drives libpq's state machine until it is connected or has failed.
Task<> establish(PGconn* conn, asio::steady_timer& timer) {
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (PQstatus(conn) != CONNECTION_BAD && state != PGRES_POLLING_OK &&
         state != PGRES_POLLING_FAILED) {
    if (PQsocket(conn) < 0) throw unavailable("no socket to connect with");
    co_await wait_for(PQsocket(conn), state, timer);
    state = PQconnectPoll(conn);
  }
  if (PQstatus(conn) != CONNECTION_OK) {
    // libpq's own text: where it connected to and the server's refusal, no password.
    throw unavailable(first_line(PQerrorMessage(conn)));
  }
}

}  // namespace

Task<ConnectionPtr> connect(asio::io_context& reactor, ConnectParams params,
                            std::chrono::milliseconds timeout, std::size_t prepared_bound) {
  try {
    asio::steady_timer timer(reactor);
    timer.expires_after(timeout);
    params = co_await resolve(std::move(params));
    Conn conn = start(params);
    if (conn == nullptr) throw unavailable("out of memory");
    // Notices would go to stderr otherwise; they may quote values.
    PQsetNoticeReceiver(
        conn.get(), [](void*, const PGresult*) {}, nullptr);
    co_await establish(conn.get(), timer);
    co_return std::make_shared<Connection>(reactor, conn.release(), prepared_bound);
  } catch (const boost::system::system_error& error) {
    throw unavailable(error.what());
  }
}

}  // namespace wardbook::db::detail
