#include "db/listen.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "base/log.h"
#include "db/pool_impl.h"

namespace wardbook::db {

namespace detail {

/// Shared by the holder's coroutine and the connection's callbacks.
struct Listener {
  Listener(boost::asio::io_context& reactor, ConnectionPtr conn, std::string name)
      : connection(std::move(conn)), channel(std::move(name)), alarm(reactor), deadline(reactor) {}

  void notified() {
    ++heard;
    wake();
  }
  void wake() {
    due = true;
    if (light_sleep) alarm.cancel();
  }

  ConnectionPtr connection;
  std::string channel;  ///< as an identifier
  boost::asio::steady_timer alarm;
  boost::asio::steady_timer deadline;
  std::uint64_t heard = 0;
  bool due = false;
  bool light_sleep = false;  ///< a notification ends it
  bool worked = false;       ///< something was read
};

}  // namespace detail

namespace {

using detail::Batch;
using detail::BatchPtr;
using detail::ConnectionPtr;
using detail::Listener;
using detail::OneShot;
using detail::PoolImpl;
using detail::Wake;

/// A listener has few statements of its own.
constexpr std::size_t kPrepared = 16;

/// PostgreSQL's quoting doubles the quote.
std::string quoted_channel(const std::string& channel) {
  std::string out = "\"";
  for (const char c : channel) {
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

/// Waits for the answers to what was sent with `batch`, whose segment has been ended.
Task<> answered(std::shared_ptr<Listener> listener, BatchPtr batch,
                std::chrono::milliseconds patience) {
  struct Leave {
    BatchPtr batch;
    ~Leave() { batch->leave(); }
  } const leave{batch};
  listener->deadline.expires_after(patience);
  listener->deadline.async_wait(
      [connection = listener->connection, batch](const boost::system::error_code& error) {
        if (!error && !batch->done->is_set()) connection->close("no answer in time");
      });
  const Wake wake = co_await OneShot::wait(batch->done);
  listener->deadline.cancel();
  if (wake != Wake::done) {
    throw boost::system::system_error(boost::asio::error::operation_aborted);
  }
  if (batch->error) throw_failure(*batch->error);
  if (batch->decode_error) std::rethrow_exception(batch->decode_error);
}

BatchPtr batch_for(std::chrono::milliseconds patience) {
  auto batch = std::make_shared<Batch>();
  batch->deadline = std::chrono::steady_clock::now() + patience;
  return batch;
}

/// One connection's life; ends when it is lost, a read fails, or the holder is done.
Task<> keep_in_touch(std::shared_ptr<Listener> listener, std::chrono::milliseconds patience,
                     Listening& listening, std::function<Task<>(Listening&)> serve) {
  struct Close {
    ConnectionPtr connection;
    ~Close() { connection->close("the listener ended"); }
  } const close{listener->connection};
  // Weak: the connection outlives nobody's interest in it.
  const std::weak_ptr<Listener> weak = listener;
  listener->connection->start(true, [weak] {
    if (const auto alive = weak.lock()) alive->alarm.cancel();
  });
  listener->connection->on_notify = [weak](std::string_view, std::string_view) {
    if (const auto alive = weak.lock()) alive->notified();
  };
  co_await listening.hear(true, patience);
  co_await serve(listening);
}

}  // namespace

// ---- Listening ---------------------------------------------------------------------------------

Listening::Listening(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}

void Listening::wake() {
  listener_->wake();
}

std::uint64_t Listening::take_heard() {
  return std::exchange(listener_->heard, 0);
}

Task<> Listening::run(std::chrono::milliseconds patience, detail::Statement statement,
                      detail::RowFn on_row) {
  const std::shared_ptr<Listener> listener = listener_;
  detail::check(statement, nullptr);
  BatchPtr batch = batch_for(patience);
  batch->on_row = std::move(on_row);
  listener->connection->add(batch, {}, statement, true);
  listener->connection->sync(batch);
  co_await answered(listener, std::move(batch), patience);
  listener->worked = true;
}

Task<> Listening::hear(bool on, std::chrono::milliseconds patience) {
  const std::shared_ptr<Listener> listener = listener_;
  BatchPtr batch = batch_for(patience);
  listener->connection->add_sql(batch, (on ? "LISTEN " : "UNLISTEN ") + listener->channel);
  listener->connection->sync(batch);
  co_await answered(listener, std::move(batch), patience);
}

Task<> Listening::wait(std::chrono::milliseconds least, std::chrono::milliseconds most) {
  const std::shared_ptr<Listener> listener = listener_;
  boost::system::error_code ignored;
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
  if (!listener->connection->broken()) {
    listener->alarm.expires_after(least);
    co_await listener->alarm.async_wait(token);
  }
  if (!listener->connection->broken() && !listener->due) {
    listener->alarm.expires_after(most - least);
    listener->light_sleep = true;
    co_await listener->alarm.async_wait(token);
    listener->light_sleep = false;
  }
  listener->due = false;
  if (listener->connection->broken()) {
    throw Failure(Code::database_unavailable, {}, "connection lost");
  }
}

// ---- Pool --------------------------------------------------------------------------------------

Task<> Pool::listen(std::string channel, std::function<Task<>(Listening&)> serve) {
  const std::shared_ptr<PoolImpl> impl = impl_;
  const auto timer = std::make_shared<boost::asio::steady_timer>(impl->reactor);
  detail::Backoff backoff;
  impl->on_close.push_back([weak = std::weak_ptr(timer)] {
    if (const auto alive = weak.lock()) alive->cancel();
  });
  while (!impl->closed) {
    std::shared_ptr<Listener> listener;
    std::string why;
    bool done = false;
    try {
      // With the statement_timeout: what waits for a lock ends, also when we are gone.
      ConnectionPtr connection = co_await detail::connect(impl->reactor, impl->params,
                                                          impl->options.connect_timeout, kPrepared);
      if (impl->closed) co_return;
      std::erase_if(impl->listeners, [](const auto& other) { return other.expired(); });
      impl->listeners.push_back(connection);
      listener =
          std::make_shared<Listener>(impl->reactor, std::move(connection), quoted_channel(channel));
      Listening listening(listener);
      co_await keep_in_touch(listener, impl->options.connect_timeout, listening, serve);
      done = true;
    } catch (const Failure& failure) {
      why = failure.log_detail();
    } catch (const std::exception& error) {
      why = error.what();
    }
    if (impl->closed || done) break;
    log::warning("a listening connection ended", {{"channel", channel}, {"why", why}});
    if (listener && listener->worked) backoff.reset();
    timer->expires_after(backoff.next());
    boost::system::error_code error;
    co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
  }
}

}  // namespace wardbook::db
