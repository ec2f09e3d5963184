#include "features/accounts/hash_queue.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <list>
#include <thread>
#include <utility>

#include "base/failure.h"

namespace wardbook::accounts {
namespace {

[[noreturn]] void throw_overloaded() {
  Failure failure(Code::overloaded, "Too many passwords are being checked. Try again shortly.");
  failure.retry_after(2);
  throw failure;
}

}  // namespace

int hashes_at_once(const Settings::Server& server) {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, cores / 2 / std::max(1, server.reactors));
}

enum class Waits { still, admitted, pushed_out };

struct HashQueue::Waiter {
  explicit Waiter(const boost::asio::any_io_executor& executor) : timer(executor) {}
  boost::asio::steady_timer timer;
  Waits outcome = Waits::still;
};

struct HashQueue::State {
  struct Line {
    std::string name;
    std::deque<std::shared_ptr<Waiter>> waiters;
  };

  State(std::size_t most_waiting, std::chrono::milliseconds longest)
      : most(most_waiting), patience(longest) {}

  void add(const std::string& name, std::shared_ptr<Waiter> waiter) {
    auto line = std::ranges::find(lines, name, &Line::name);
    if (line == lines.end()) line = lines.insert(lines.end(), Line{name, {}});
    line->waiters.push_back(std::move(waiter));
    ++waiting;
  }

  void remove(const std::shared_ptr<Waiter>& waiter) {
    for (auto line = lines.begin(); line != lines.end(); ++line) {
      if (std::erase(line->waiters, waiter) == 0) continue;
      --waiting;
      if (line->waiters.empty()) lines.erase(line);
      return;
    }
  }

  /// Also the newcomer, if his line is the longest.
  void push_out_one() {
    const auto longest =
        std::ranges::max_element(lines, {}, [](const Line& line) { return line.waiters.size(); });
    const auto last = longest->waiters.back();
    remove(last);
    last->outcome = Waits::pushed_out;
    last->timer.cancel();
  }

  /// The place that became free goes to the next line's first, if anybody waits.
  void release() {
    if (lines.empty()) {
      --taken;
      return;
    }
    Line& line = lines.front();
    const auto next = line.waiters.front();
    line.waiters.pop_front();
    --waiting;
    if (line.waiters.empty()) {
      lines.pop_front();
    } else {
      lines.splice(lines.end(), lines, lines.begin());
    }
    next->outcome = Waits::admitted;
    next->timer.cancel();
  }

  std::size_t most;
  std::chrono::milliseconds patience;
  int taken = 0;
  std::size_t waiting = 0;
  std::list<Line> lines;  ///< none is empty; the first one's turn comes next
};

namespace {

/// Leaves the line when its coroutine ends, in whatever way.
class InLine {
 public:
  InLine(std::shared_ptr<HashQueue::State> state, std::shared_ptr<HashQueue::Waiter> waiter)
      : state_(std::move(state)), waiter_(std::move(waiter)) {}
  InLine(const InLine&) = delete;
  InLine& operator=(const InLine&) = delete;
  ~InLine() {
    if (waiter_->outcome == Waits::still) state_->remove(waiter_);
    if (waiter_->outcome == Waits::admitted && !taken_over_) state_->release();
  }
  [[nodiscard]] bool take_over() {
    taken_over_ = waiter_->outcome == Waits::admitted;
    return taken_over_;
  }

 private:
  std::shared_ptr<HashQueue::State> state_;
  std::shared_ptr<HashQueue::Waiter> waiter_;
  bool taken_over_ = false;
};

}  // namespace

HashQueue::HashQueue(std::size_t waiting, std::chrono::milliseconds patience)
    : state_(std::make_shared<State>(waiting, patience)) {}

HashQueue::Place::Place(std::shared_ptr<State> state) : state_(std::move(state)) {}
HashQueue::Place::~Place() {
  if (state_) state_->release();
}

std::size_t HashQueue::waiting() const {
  return state_->waiting;
}

Task<HashQueue::Place> HashQueue::enter(std::string line, int places) {
  const auto state = state_;
  if (state->taken < places) {
    ++state->taken;
    co_return Place(state);
  }
  const auto waiter = std::make_shared<Waiter>(co_await boost::asio::this_coro::executor);
  InLine in_line(state, waiter);
  state->add(line, waiter);
  if (state->waiting > state->most) state->push_out_one();
  if (waiter->outcome == Waits::still) {
    waiter->timer.expires_after(state->patience);
    boost::system::error_code ignored;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
    co_await waiter->timer.async_wait(token);
  }
  if (!in_line.take_over()) throw_overloaded();
  co_return Place(state);
}

}  // namespace wardbook::accounts
