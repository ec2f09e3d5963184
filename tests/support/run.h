#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/task.h"

namespace wardbook::testing {

namespace detail {

template <class T>
Task<> store(Task<T> task, std::optional<T>& into) {
  into.emplace(co_await std::move(task));
}

}  // namespace detail

/// Runs the reactor until the coroutine has ended; rethrows what it threw. What else runs on the
/// reactor stays there. A coroutine that hangs ends the test after two minutes.
inline void run(boost::asio::io_context& reactor, Task<> task) {
  bool done = false;
  std::exception_ptr thrown;
  boost::asio::co_spawn(reactor, std::move(task), [&](std::exception_ptr error) {
    thrown = error;
    done = true;
  });
  reactor.restart();
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!done) {
    if (reactor.run_one_until(end) == 0) throw std::runtime_error("the coroutine hangs");
  }
  // What the coroutine left to the reactor's next turn, such as the ROLLBACK of a transaction that
  // it only read in: the test would go on beside an open transaction.
  reactor.poll();
  if (thrown) std::rethrow_exception(thrown);
}

/// Runs all of them at the same time; rethrows the first failure after all have ended.
inline void run_all(boost::asio::io_context& reactor, std::vector<Task<>> tasks) {
  std::size_t left = tasks.size();
  std::exception_ptr thrown;
  for (Task<>& task : tasks) {
    boost::asio::co_spawn(reactor, std::move(task), [&](std::exception_ptr error) {
      if (error && !thrown) thrown = error;
      --left;
    });
  }
  reactor.restart();
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (left > 0) {
    if (reactor.run_one_until(end) == 0) throw std::runtime_error("a coroutine hangs");
  }
  if (thrown) std::rethrow_exception(thrown);
}

template <class T>
T run(boost::asio::io_context& reactor, Task<T> task) {
  std::optional<T> result;
  run(reactor, detail::store(std::move(task), result));
  return std::move(*result);
}

}  // namespace wardbook::testing
