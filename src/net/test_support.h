#pragma once

// For the tests of this layer: a server on its own thread, and a client that sends raw bytes.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "net/message.h"
#include "net/server.h"

namespace wardbook::net::testing {

/// An io_context that runs on a thread of its own.
class Reactor {
 public:
  Reactor() : work_(boost::asio::make_work_guard(io_)), thread_([this] { io_.run(); }) {}
  ~Reactor() { stop(); }
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  boost::asio::io_context& io() { return io_; }
  /// Runs a function on the reactor's thread and gives its result.
  template <class Function>
  auto call(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto result = task.get_future();
    boost::asio::post(io_, [&task] { task(); });
    return result.get();
  }
  template <class T>
  std::future<T> spawn(Task<T> task) {
    return boost::asio::co_spawn(io_, std::move(task), boost::asio::use_future);
  }
  /// Leaves what still runs; its frames go with the io_context.
  void stop() {
    work_.reset();
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

class TestServer {
 public:
  explicit TestServer(Handler handler, Limits limits = {})
      : TestServer(std::move(handler), with_limits(limits)) {}
  TestServer(Handler handler, ServerOptions options) {
    options.render_failure = [](const Failure& failure, const std::string&) {
      Response response;
      response.status = describe(failure.code()).status;
      response.body = std::string(describe(failure.code()).name) + " " + failure.log_detail();
      return response;
    };
    server_ = reactor_.call(
        [&] { return std::make_unique<Server>(reactor_.io(), std::move(options), handler); });
    reactor_.call([&] { server_->start(); });
  }
  ~TestServer() {
    reactor_.call([&] { server_.reset(); });
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  Reactor& reactor() { return reactor_; }
  Server& server() { return *server_; }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  std::size_t open_connections() {
    return reactor_.call([&] { return server_->open_connections(); });
  }
  std::size_t in_flight() {
    return reactor_.call([&] { return server_->requests_in_flight(); });
  }
  std::uint64_t made_room() {
    return reactor_.call([&] { return server_->made_room(); });
  }
  std::uint64_t turned_away() {
    return reactor_.call([&] { return server_->turned_away(); });
  }
  std::future<void> drain(std::chrono::milliseconds timeout) {
    return reactor_.spawn(server_->drain(timeout));
  }
  void abort() {
    reactor_.call([&] { server_->abort(); });
  }

 private:
  static ServerOptions with_limits(Limits limits) {
    ServerOptions options;
    options.limits = limits;
    return options;
  }

  Reactor reactor_;
  std::unique_ptr<Server> server_;
};

/// Waits for something that another thread brings about; false after ten seconds.
template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 2'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

/// A blocking socket that sends what it is told, however wrong.
class RawClient {
 public:
  /// `from`: the address to connect from, any of 127.0.0.0/8.
  explicit RawClient(std::uint16_t port, const char* from = nullptr)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (from != nullptr) {
      ::inet_pton(AF_INET, from, &address.sin_addr);
      EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    }
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    const timeval patience{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }
  /// False when the peer does not take all of it.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  /// Everything up to the peer's end; closed_ tells whether it came.
  std::string read_to_end() {
    while (receive()) {
    }
    return std::exchange(buffer_, {});
  }
  /// Nothing more comes, and the peer has closed.
  bool at_end() {
    while (receive()) {
    }
    return ended_ && buffer_.empty();
  }

  /// Throws away what arrives, at most so many bytes at once; 0 at the end.
  std::size_t take(std::size_t most) {
    std::string bytes(most, '\0');
    const auto count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  struct Answer {
    int status = 0;
    std::string head;
    std::string body;  ///< as framed on the wire if chunked

    [[nodiscard]] bool has(std::string_view line) const {
      return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
    }
  };
  /// The next answer; status 0 when the connection ended first. `bodiless`: it answers HEAD.
  Answer read_answer(bool bodiless = false) {
    Answer answer;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return answer;
    }
    answer.head = buffer_.substr(0, end + 4);
    buffer_.erase(0, end + 4);
    if (!answer.head.starts_with("HTTP/1.1 ")) return answer;
    answer.status = std::stoi(answer.head.substr(9, 3));
    if (bodiless || answer.status < 200) return answer;
    if (const auto at = answer.head.find("Content-Length: "); at != std::string::npos) {
      const auto length = std::stoul(answer.head.substr(at + 16));
      while (buffer_.size() < length && receive()) {
      }
      answer.body = buffer_.substr(0, length);
      buffer_.erase(0, length);
    } else if (answer.head.find("chunked") != std::string::npos) {
      while ((end = buffer_.find("0\r\n\r\n")) == std::string::npos && receive()) {
      }
      answer.body = buffer_.substr(0, end + 5);
      buffer_.erase(0, end == std::string::npos ? end : end + 5);
    }
    return answer;
  }

 private:
  bool receive() {
    char bytes[16 * 1024];
    ssize_t count = 0;
    do {  // a stopped and continued process gets EINTR from a recv with a timeout: signal(7)
      count = ::recv(fd_, bytes, sizeof(bytes), 0);
    } while (count < 0 && errno == EINTR);
    if (count > 0) buffer_.append(bytes, static_cast<std::size_t>(count));
    ended_ = ended_ || count == 0;
    return count > 0;
  }

  int fd_;
  bool connected_ = false;
  bool ended_ = false;
  std::string buffer_;
};

inline const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

inline Task<> answer_ok(Exchange& exchange) {
  Response response;
  response.body = co_await exchange.read_all(1024 * 1024);
  co_await exchange.respond(std::move(response));
}

/// Holds every request until it is opened.
struct Gate {
  std::atomic<bool> open{false};
  std::atomic<int> entered{0};
};

inline Task<> wait_at(Gate& gate, Exchange& exchange) {
  ++gate.entered;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  while (!gate.open) {
    timer.expires_after(std::chrono::milliseconds(5));
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
  co_await answer_ok(exchange);
}

/// Nothing ends by time, unless a test says so.
inline Limits patient() {
  Limits limits;
  limits.header_timeout = limits.idle_timeout = limits.io_timeout = limits.body_timeout =
      limits.grace = std::chrono::minutes(10);
  return limits;
}

}  // namespace wardbook::net::testing
