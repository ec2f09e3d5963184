#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <type_traits>
#include <utility>

#include "base/task.h"

namespace wardbook {

/// Runs `work` on a thread of the pool and resumes the caller on its own reactor with the result;
/// what it throws is thrown here. `work` owns what it needs: the caller may be gone when it runs.
/// The result is default-constructible.
template <class Work>
Task<std::invoke_result_t<Work>> offload(boost::asio::thread_pool& pool, Work work) {
  using Result = std::invoke_result_t<Work>;
  namespace asio = boost::asio;
  auto initiate = [&pool, &work](auto handler) {
    auto reactor = asio::make_work_guard(asio::get_associated_executor(handler));
    asio::post(pool, [handler = std::move(handler), reactor = std::move(reactor),
                      job = std::move(work)]() mutable {
      std::exception_ptr error;
      Result result{};
      try {
        result = job();
      } catch (...) {
        error = std::current_exception();
      }
      auto executor = reactor.get_executor();
      asio::post(executor, [handler = std::move(handler), error = std::move(error),
                            result = std::move(result), reactor = std::move(reactor)]() mutable {
        handler(std::move(error), std::move(result));
      });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&,
                                          void(std::exception_ptr, Result)>(std::move(initiate),
                                                                            asio::use_awaitable);
}

}  // namespace wardbook
