#pragma once

// For the tests of the client: a peer that answers with bytes as scripted, however wrong they are,
// which a real HTTP server would not let it do.

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "net/message.h"

namespace wardbook::s3 {

/// What happens with one request.
struct Reply {
  std::string bytes;    ///< written just so
  bool close = false;   ///< then the connection is closed
  bool hang = false;    ///< then nothing more happens on the connection
  bool unread = false;  ///< before the request's body is read
  /// The answer's body is written byte by byte, so long after one another.
  std::chrono::milliseconds drip{0};
  /// The request's body is read in pieces of 64 KiB, so long after one another.
  std::chrono::milliseconds sip{0};
};

inline Reply answer(int status, std::string headers = {}, std::string body = {}) {
  return {"HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
          "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
}

inline Reply error_answer(int status, const std::string& code, std::string headers = {}) {
  return answer(status, std::move(headers),
                "<Error><Code>" + code + "</Code><Message>m</Message></Error>");
}

/// The head of an answer that announces `length` bytes, and fewer of them; then the end.
inline Reply cut_answer(int status, std::size_t length, std::string part,
                        std::string headers = {}) {
  return {"HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
              "Content-Length: " + std::to_string(length) + "\r\n\r\n" + part,
          true};
}

struct Received {
  net::RequestHead head;
  std::string body;
};

class ScriptedPeer {
 public:
  explicit ScriptedPeer(boost::asio::io_context& reactor)
      : acceptor_(reactor, {boost::asio::ip::make_address("127.0.0.1"), 0}) {
    boost::asio::co_spawn(reactor, accept(), boost::asio::detached);
  }
  ~ScriptedPeer() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

  std::deque<Reply> script;        ///< one for each request; when it is used up, peers are cut off
  std::vector<Received> received;  ///< whole requests, in order

 private:
  using Socket = boost::asio::ip::tcp::socket;

  Task<> accept() {
    for (;;) {
      boost::system::error_code ec;
      auto socket = co_await acceptor_.async_accept(
          boost::asio::redirect_error(boost::asio::use_awaitable, ec));
      if (ec) co_return;
      boost::asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)),
                            boost::asio::detached);
    }
  }

  Task<> serve(Socket socket) {
    std::string in;
    for (;;) {
      boost::system::error_code ec;
      const auto head_end = co_await boost::asio::async_read_until(
          socket, boost::asio::dynamic_buffer(in), "\r\n\r\n",
          boost::asio::redirect_error(boost::asio::use_awaitable, ec));
      if (ec) co_return;
      auto& request = received.emplace_back();
      request.head = parse(in.substr(0, head_end));
      in.erase(0, head_end);
      const auto index = received.size() - 1;
      if (script.empty()) co_return;
      const auto reply = script.front();
      script.pop_front();
      const auto length =
          std::stoul(std::string(request.head.headers.get("content-length").value_or("0")));
      if (reply.sip.count() > 0) {
        co_await sip(socket, in, length, reply.sip, ec);
      } else if (!reply.unread && in.size() < length) {
        co_await boost::asio::async_read(
            socket, boost::asio::dynamic_buffer(in),
            boost::asio::transfer_exactly(length - in.size()),
            boost::asio::redirect_error(boost::asio::use_awaitable, ec));
      }
      received[index].body = in.substr(0, length);
      in.erase(0, length);
      if (ec) co_return;
      auto at_once = reply.bytes;
      if (reply.drip.count() > 0) at_once.resize(at_once.find("\r\n\r\n") + 4);
      co_await boost::asio::async_write(
          socket, boost::asio::buffer(at_once),
          boost::asio::redirect_error(boost::asio::use_awaitable, ec));
      for (auto i = at_once.size(); i < reply.bytes.size() && !ec; ++i) {
        co_await pause(reply.drip);
        co_await boost::asio::async_write(
            socket, boost::asio::buffer(reply.bytes.data() + i, 1),
            boost::asio::redirect_error(boost::asio::use_awaitable, ec));
      }
      if (reply.hang) {
        // Until the client gives up.
        co_await boost::asio::async_read_until(
            socket, boost::asio::dynamic_buffer(in), "never sent",
            boost::asio::redirect_error(boost::asio::use_awaitable, ec));
      }
      if (ec || reply.close) co_return;
    }
  }

  Task<> pause(std::chrono::milliseconds wait) {
    boost::asio::steady_timer timer(acceptor_.get_executor(), wait);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }

  Task<> sip(Socket& socket, std::string& in, std::size_t length, std::chrono::milliseconds wait,
             boost::system::error_code& ec) {
    constexpr std::size_t kSip = 64 * 1024;
    while (in.size() < length && !ec) {
      co_await pause(wait);
      const auto piece = std::min(kSip, length - in.size());
      co_await boost::asio::async_read(socket, boost::asio::dynamic_buffer(in),
                                       boost::asio::transfer_exactly(piece),
                                       boost::asio::redirect_error(boost::asio::use_awaitable, ec));
    }
  }

  static net::RequestHead parse(const std::string& text) {
    net::RequestHead head;
    const auto line = text.substr(0, text.find("\r\n"));
    head.method = line.substr(0, line.find(' '));
    head.target = line.substr(head.method.size() + 1, line.rfind(' ') - head.method.size() - 1);
    auto at = line.size() + 2;
    while (at < text.size()) {
      const auto end = text.find("\r\n", at);
      const auto field = text.substr(at, end - at);
      at = end + 2;
      if (field.empty()) break;
      const auto colon = field.find(": ");
      head.headers.add(field.substr(0, colon), field.substr(colon + 2));
    }
    return head;
  }

  boost::asio::ip::tcp::acceptor acceptor_;
};

template <class T>
Task<> store_result(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}

/// Runs the reactor until the task is done; what it throws is thrown here.
template <class T>
T run(boost::asio::io_context& reactor, Task<T> task) {
  std::optional<T> result;
  std::exception_ptr thrown;
  bool done = false;
  boost::asio::co_spawn(reactor, store_result(std::move(task), result),
                        [&thrown, &done](std::exception_ptr error) {
                          thrown = error;
                          done = true;
                        });
  reactor.restart();
  while (!done && reactor.run_one() > 0) {
  }
  if (thrown) std::rethrow_exception(thrown);
  return std::move(result).value();
}

}  // namespace wardbook::s3
