// The object store alone, for tests with real clients: objectd_server FOLDER PORT KEY SECRET.
// Prints "listening on PORT" once it does; SIGTERM and SIGINT drain it.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "base/log.h"
#include "base/process_limits.h"
#include "objectd/objectd.h"

namespace {

int run(char** arguments) {
  wardbook::objectd::Options options;
  options.root = arguments[1];
  options.port = static_cast<std::uint16_t>(std::atoi(arguments[2]));
  options.access_key = arguments[3];
  options.secret_key = arguments[4];
  options.allowed_origins = {"http://127.0.0.1:8080"};
  const wardbook::SystemClock clock;
  boost::asio::io_context reactor(1);
  wardbook::objectd::ObjectStore store(reactor, options, clock);
  store.start();
  boost::asio::signal_set signals(reactor, SIGTERM, SIGINT);
  signals.async_wait([&](boost::system::error_code, int) {
    boost::asio::co_spawn(reactor, store.drain(std::chrono::seconds(5)), boost::asio::detached);
  });
  std::printf("listening on %u\n", static_cast<unsigned>(store.port()));
  std::fflush(stdout);
  reactor.run();
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) {
    std::fprintf(stderr, "usage: %s FOLDER PORT ACCESS_KEY SECRET_KEY\n", arguments[0]);
    return 2;
  }
  try {
    wardbook::forbid_core_dumps();
    wardbook::log::open("stderr", wardbook::log::Level::warning);
    const int status = run(arguments);
    wardbook::log::close();
    return status;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
