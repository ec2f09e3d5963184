#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "base/task.h"

namespace wardbook::objectd {

/// Runs blocking `work` on `pool` and resumes the caller on its own reactor. What `work` refers to
/// must live until then, even if the reactor is stopped meanwhile: join the pool before its data
/// go. Fails with what `work` throws.
template <class Work, class Result = std::invoke_result_t<Work&>>
Task<Result> run_on(boost::asio::thread_pool& pool, Work work) {
  std::optional<Result> result;
  std::exception_ptr error;
  auto initiate = [&](auto handler) {
    auto executor = boost::asio::get_associated_executor(handler);
    auto guard = boost::asio::make_work_guard(executor);
    auto job = [&, executor, resume = std::move(handler), held = std::move(guard)]() mutable {
      try {
        result.emplace(work());
      } catch (...) {
        error = std::current_exception();
      }
      boost::asio::post(executor, std::move(resume));
    };
    boost::asio::post(pool, std::move(job));
  };
  const auto& token = boost::asio::use_awaitable;
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void()>(
      std::move(initiate), token);
  if (error) std::rethrow_exception(error);
  co_return std::move(*result);
}

/// One piece of blocking work that goes on while its owner does something else. `Work` owns all it
/// needs; dropping this object does not stop it.
template <class Result>
class Ahead {
 public:
  Ahead() = default;

  template <class Work>
  void start(boost::asio::thread_pool& pool, boost::asio::io_context& reactor, Work work) {
    state_ = std::make_shared<State>(reactor);
    auto job = [state = state_, &reactor, todo = std::move(work),
                held = boost::asio::make_work_guard(reactor)]() mutable {
      std::optional<Result> result;
      std::exception_ptr error;
      try {
        result.emplace(todo());
      } catch (...) {
        error = std::current_exception();
      }
      // Only the reactor touches the state, so it needs no lock.
      boost::asio::post(reactor, [state, value = std::move(result), error]() mutable {
        state->result = std::move(value);
        state->error = error;
        state->done = true;
        state->timer.cancel();
      });
    };
    boost::asio::post(pool, std::move(job));
  }
  [[nodiscard]] bool started() const noexcept { return state_ != nullptr; }
  /// On the reactor. Fails with what the work threw.
  Task<Result> get() {
    const auto state = std::exchange(state_, nullptr);
    while (!state->done) {
      boost::system::error_code ignored;
      co_await state->timer.async_wait(
          boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    if (state->error) std::rethrow_exception(state->error);
    co_return std::move(*state->result);
  }

 private:
  struct State {
    explicit State(boost::asio::io_context& reactor)
        : timer(reactor, boost::asio::steady_timer::time_point::max()) {}
    boost::asio::steady_timer timer;
    std::optional<Result> result;
    std::exception_ptr error;
    bool done = false;
  };
  std::shared_ptr<State> state_;
};

/// At most so many at a time; the others wait in the order they came. On one reactor.
class Slots {
 public:
  class Slot {
   public:
    explicit Slot(Slots* of) : of_(of) {}
    Slot(Slot&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (of_ != nullptr) of_->give_back();
    }

   private:
    Slots* of_;
  };

  Slots(boost::asio::io_context& reactor, std::size_t count) : reactor_(reactor), free_(count) {}

  Task<Slot> take() {
    if (free_ == 0) {
      const auto turn = std::make_shared<boost::asio::steady_timer>(
          reactor_, boost::asio::steady_timer::time_point::max());
      waiting_.push_back(turn);
      boost::system::error_code ignored;
      co_await turn->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    } else {
      --free_;
    }
    co_return Slot(this);
  }

 private:
  /// A slot that is given back goes to the first who waits without becoming free in between.
  void give_back() {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    const auto next = waiting_.front();
    waiting_.pop_front();
    next->cancel();
  }

  boost::asio::io_context& reactor_;
  std::size_t free_;
  std::deque<std::shared_ptr<boost::asio::steady_timer>> waiting_;
};

}  // namespace wardbook::objectd
