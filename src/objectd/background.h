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

  /// `held` is let go of, on the reactor, as soon as the work is done.
  template <class Work>
  void start(boost::asio::thread_pool& pool, boost::asio::io_context& reactor, Work work,
             std::shared_ptr<void> held = nullptr) {
    state_ = std::make_shared<State>(reactor);
    auto job = [state = state_, &reactor, todo = std::move(work), kept = std::move(held),
                guard = boost::asio::make_work_guard(reactor)]() mutable {
      std::optional<Result> result;
      std::exception_ptr error;
      try {
        result.emplace(todo());
      } catch (...) {
        error = std::current_exception();
      }
      // Only the reactor touches the state, so it needs no lock.
      boost::asio::post(
          reactor, [state, value = std::move(result), error, over = std::move(kept)]() mutable {
            over.reset();
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

/// At most so many at a time; the others wait in the order they came. On one reactor. A slot may
/// outlive it.
class Slots {
  struct State {
    explicit State(std::size_t count) : free(count) {}
    std::size_t free;
    std::deque<std::shared_ptr<boost::asio::steady_timer>> waiting;
  };

 public:
  class Slot {
   public:
    explicit Slot(std::shared_ptr<State> of) : of_(std::move(of)) {}
    Slot(Slot&&) noexcept = default;
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (of_ != nullptr) give_back(*of_);
    }

   private:
    std::shared_ptr<State> of_;
  };

  Slots(boost::asio::io_context& reactor, std::size_t count)
      : reactor_(reactor), state_(std::make_shared<State>(count)) {}

  Task<Slot> take() {
    if (state_->free == 0) {
      const auto turn = std::make_shared<boost::asio::steady_timer>(
          reactor_, boost::asio::steady_timer::time_point::max());
      state_->waiting.push_back(turn);
      boost::system::error_code ignored;
      co_await turn->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    } else {
      --state_->free;
    }
    co_return Slot(state_);
  }
  /// nullopt if none is free.
  std::optional<Slot> try_take() {
    if (state_->free == 0) return std::nullopt;
    --state_->free;
    return std::optional<Slot>(std::in_place, state_);
  }

 private:
  /// A slot that is given back goes to the first who waits without becoming free in between.
  static void give_back(State& state) {
    if (state.waiting.empty()) {
      ++state.free;
      return;
    }
    const auto next = state.waiting.front();
    state.waiting.pop_front();
    next->cancel();
  }

  boost::asio::io_context& reactor_;
  std::shared_ptr<State> state_;
};

}  // namespace wardbook::objectd
