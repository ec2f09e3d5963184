#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "base/log.h"
#include "db/pool_impl.h"

namespace wardbook::db {
namespace {

using detail::Batch;
using detail::ConnectionPtr;
using detail::OneShot;
using detail::PoolImpl;
using detail::Wake;

/// The channel as an identifier; PostgreSQL's quoting doubles the quote.
std::string quoted_channel(const std::string& channel) {
  std::string out = "\"";
  for (const char c : channel) {
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

/// One connection's life as a listener; returns when it is lost.
Task<> listen_once(std::shared_ptr<PoolImpl> impl, std::string channel,
                   std::function<Task<>()> on_connected,
                   std::function<void(std::string_view)> on_message) {
  // No timeouts: it is idle by design, outside of any transaction.
  ConnectionPtr connection =
      co_await detail::connect(impl->reactor, detail::session_params(impl->options, false),
                               impl->options.connect_timeout, 1);
  if (impl->closed) co_return;
  const auto ended = std::make_shared<OneShot>();
  connection->start(false, [ended] { ended->set(Wake::done); });
  std::erase_if(impl->listeners, [](const auto& other) { return other.expired(); });
  impl->listeners.push_back(connection);
  struct Close {
    ConnectionPtr connection;
    ~Close() { connection->close("the listener ended"); }
  } const close{connection};
  connection->on_notify = [on_message](std::string_view, std::string_view payload) {
    on_message(payload);
  };
  const auto batch = std::make_shared<Batch>();
  batch->deadline = std::chrono::steady_clock::now() + impl->options.connect_timeout;
  connection->add_sql(batch, "LISTEN " + quoted_channel(channel));
  connection->sync(batch);
  const Wake listening = co_await OneShot::wait(batch->done);
  if (listening != Wake::done || batch->error) co_return;
  co_await on_connected();
  co_await OneShot::wait(ended);
}

}  // namespace

Task<> Pool::listen(std::string channel, std::function<Task<>()> on_connected,
                    std::function<void(std::string_view)> on_message) {
  const std::shared_ptr<PoolImpl> impl = impl_;
  const auto timer = std::make_shared<boost::asio::steady_timer>(impl->reactor);
  detail::Backoff backoff;
  impl->on_close.push_back([weak = std::weak_ptr(timer)] {
    if (const auto alive = weak.lock()) alive->cancel();
  });
  while (!impl->closed) {
    std::string why = "connection lost";
    bool failed = false;
    try {
      co_await listen_once(impl, channel, on_connected, on_message);
    } catch (const Failure& failure) {
      why = failure.log_detail();
      failed = true;
    }
    if (impl->closed) break;
    log::warning("not listening for notifications", {{"channel", channel}, {"why", why}});
    if (!failed) backoff.reset();
    timer->expires_after(backoff.next());
    boost::system::error_code error;
    co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
  }
}

}  // namespace wardbook::db
