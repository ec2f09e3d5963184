#include "support/pg_proxy.h"

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <string_view>
#include <thread>

namespace wardbook::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Unix = asio::local::stream_protocol;

struct State {
  std::string socket;
  std::atomic<int> listeners = 0;
  std::atomic<bool> all_silent = false;
  std::atomic<int> silenced = 0;  ///< listeners up to this number
};

/// A client's connection and the server's. What is read while it is silent is dropped.
struct Pair : std::enable_shared_from_this<Pair> {
  Pair(State& shared, tcp::socket accepted)
      : state(shared), client(std::move(accepted)), server(client.get_executor()) {}

  void start() {
    boost::system::error_code error;
    server.connect(Unix::endpoint(state.socket), error);
    if (error) return close();
    pump(client, server, from_client, true);
    pump(server, client, from_server, false);
  }
  void close() {
    boost::system::error_code ignored;
    client.close(ignored);
    server.close(ignored);
  }
  [[nodiscard]] bool silent() const {
    return state.all_silent || (listener != 0 && listener <= state.silenced);
  }
  void look(std::string_view bytes) {
    if (listener == 0 && bytes.find("LISTEN \"") != std::string_view::npos) {
      listener = ++state.listeners;
    }
  }

  template <class From, class To, class Buffer>
  void pump(From& from, To& to, Buffer& buffer, bool is_client) {
    from.async_read_some(
        asio::buffer(buffer), [self = shared_from_this(), &from, &to, &buffer, is_client](
                                  const boost::system::error_code& error, std::size_t size) {
          // A silent connection does not even say that one end is gone.
          if (error) return self->silent() ? void() : self->close();
          if (is_client) self->look({buffer.data(), size});
          if (self->silent()) return self->pump(from, to, buffer, is_client);
          asio::async_write(to, asio::buffer(buffer, size),
                            [self, &from, &to, &buffer, is_client](
                                const boost::system::error_code& failed, std::size_t) {
                              if (failed) return self->close();
                              self->pump(from, to, buffer, is_client);
                            });
        });
  }

  State& state;
  tcp::socket client;
  Unix::socket server;
  std::array<char, 16 * 1024> from_client{};
  std::array<char, 16 * 1024> from_server{};
  int listener = 0;
};

}  // namespace

struct PgProxy::Impl {
  explicit Impl(std::string socket) { state.socket = std::move(socket); }

  void accept() {
    acceptor.async_accept([this](const boost::system::error_code& error, tcp::socket accepted) {
      if (error) return;
      std::make_shared<Pair>(state, std::move(accepted))->start();
      accept();
    });
  }

  State state;
  asio::io_context io{1};
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::jthread thread;
};

PgProxy::PgProxy(std::string socket) : impl_(std::make_unique<Impl>(std::move(socket))) {
  impl_->accept();
  impl_->thread = std::jthread([this] { impl_->io.run(); });
}

PgProxy::~PgProxy() {
  impl_->io.stop();
}

std::string PgProxy::through(const std::string& conninfo) const {
  // Of a keyword that is there twice the last one counts.
  return conninfo + " host=127.0.0.1 port=" + std::to_string(port());
}

std::uint16_t PgProxy::port() const {
  return impl_->acceptor.local_endpoint().port();
}

int PgProxy::listeners() const {
  return impl_->state.listeners;
}

void PgProxy::silence_listeners() {
  impl_->state.silenced = impl_->state.listeners.load();
}

void PgProxy::silence_all(bool silent) {
  impl_->state.all_silent = silent;
}

}  // namespace wardbook::testing
