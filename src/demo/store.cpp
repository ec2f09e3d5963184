#include "demo/store.h"

#include <signal.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace wardbook::demo {
namespace {

constexpr std::chrono::seconds kDrain{5};
constexpr std::chrono::seconds kGoing{1};

boost::system::error_code try_listen(const Endpoint& endpoint) {
  namespace ip = boost::asio::ip;
  boost::asio::io_context context;
  boost::system::error_code failed;
  const auto address = ip::make_address(endpoint.host, failed);
  if (failed || endpoint.port == 0) return {};  // the server itself resolves names
  ip::tcp::acceptor acceptor(context);
  const ip::tcp::endpoint at(address, endpoint.port);
  acceptor.open(at.protocol(), failed);
  if (!failed) acceptor.set_option(ip::tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor.bind(at, failed);
  if (!failed) acceptor.listen(1, failed);
  return failed;
}

}  // namespace

StoreThread::StoreThread(const objectd::Options& options) : store_(reactor_, options, clock_) {
  store_.start();
  // Signals are for the service's thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { reactor_.run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

StoreThread::~StoreThread() {
  boost::asio::co_spawn(reactor_, store_.drain(kDrain), boost::asio::detached);
  thread_.join();
}

void require_free(const Endpoint& endpoint) {
  const auto until = std::chrono::steady_clock::now() + kGoing;
  auto failed = try_listen(endpoint);
  while (failed == boost::asio::error::address_in_use && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    failed = try_listen(endpoint);
  }
  if (failed) {
    throw std::runtime_error("cannot listen on " + endpoint.host + ":" +
                             std::to_string(endpoint.port) + ": " + failed.message());
  }
}

std::string url_of(const Endpoint& endpoint, std::uint16_t port) {
  std::string host = endpoint.host;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return "http://" + host + ":" + std::to_string(port);
}

}  // namespace wardbook::demo
