#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "base/task.h"

namespace wardbook::db::detail {

/// Why a wait ended.
enum class Wake { done, deadline, cancelled };

/// One coroutine's wait for one event on the same reactor; the first `set` wins. Held by a
/// shared_ptr on both sides. `set` resumes the waiting coroutine through the reactor's queue;
/// `call` resumes it inside the call, which saves a turn of the reactor (a system call) and is for
/// a caller that is ready for whatever the coroutine does next. No timer of its own: the pool's
/// sweep sets `deadline` on those that are late.
///
/// The stored handler owns the waiting coroutine, which holds this object: whoever ends without
/// setting it must call `drop`, or the two keep each other alive.
class OneShot {
 public:
  [[nodiscard]] bool is_set() const { return wake_.has_value(); }

  void set(Wake wake) {
    if (wake_) return;
    wake_ = wake;
    if (handler_) std::exchange(handler_, nullptr)->post(wake);
  }
  void call(Wake wake) {
    if (wake_) return;
    wake_ = wake;
    if (handler_) std::exchange(handler_, nullptr)->dispatch(wake);
  }

  /// Destroys the waiting coroutine, if any.
  void drop() {
    if (!wake_) wake_ = Wake::cancelled;
    const std::unique_ptr<Handler> dropped = std::move(handler_);
  }

  static Task<Wake> wait(std::shared_ptr<OneShot> event) {
    if (event->wake_) co_return *event->wake_;
    // Named first: g++ 12 destroys temporaries inside a co_await expression twice.
    Initiation initiation{event};
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&,
                                                   void(Wake)>(std::move(initiation),
                                                               boost::asio::use_awaitable);
  }

 private:
  struct Handler {
    virtual ~Handler() = default;
    virtual void post(Wake wake) = 0;
    virtual void dispatch(Wake wake) = 0;
  };
  template <class Completion>
  struct HandlerFor final : Handler {
    explicit HandlerFor(Completion c) : completion(std::move(c)) {}
    void post(Wake wake) override {
      const auto executor = boost::asio::get_associated_executor(completion);
      boost::asio::post(executor,
                        [c = std::move(completion), wake]() mutable { std::move(c)(wake); });
    }
    void dispatch(Wake wake) override {
      const auto executor = boost::asio::get_associated_executor(completion);
      boost::asio::dispatch(executor,
                            [c = std::move(completion), wake]() mutable { std::move(c)(wake); });
    }
    Completion completion;
  };
  struct Initiation {
    std::shared_ptr<OneShot> event;
    template <class Completion>
    void operator()(Completion&& completion) const {
      auto slot = boost::asio::get_associated_cancellation_slot(completion);
      if (slot.is_connected()) {
        // Stays in the slot after the wait; by then it finds the event set, or gone.
        slot.assign([weak = std::weak_ptr(event)](boost::asio::cancellation_type) {
          if (const auto alive = weak.lock()) alive->set(Wake::cancelled);
        });
      }
      event->handler_ = std::make_unique<HandlerFor<std::decay_t<Completion>>>(
          std::forward<Completion>(completion));
    }
  };

  std::optional<Wake> wake_;
  std::unique_ptr<Handler> handler_;
};

}  // namespace wardbook::db::detail
