#include "db/share.h"

#include <algorithm>
#include <utility>

namespace wardbook::db::detail {
namespace {

/// Without a slow read for so long, a tenant's reads return to the lanes.
constexpr std::chrono::seconds kShareCalm{1};

}  // namespace

std::shared_ptr<Acquire> ShareGroup::next() {
  if (left() == 0) return nullptr;
  for (std::size_t tries = turn.size(); tries > 0; --tries) {
    Share& share = *turn.front();
    turn.pop_front();
    while (!share.waiting.empty() && share.waiting.front()->done->is_set()) {
      share.waiting.pop_front();  // late or cancelled
      --waiting;
    }
    share.in_turn = !share.waiting.empty();
    if (!share.in_turn) continue;
    if (!share.may_take()) {
      turn.push_back(&share);
      continue;
    }
    std::shared_ptr<Acquire> entry = std::move(share.waiting.front());
    share.waiting.pop_front();
    --waiting;
    share.take();
    share.in_turn = !share.waiting.empty();
    if (share.in_turn) turn.push_back(&share);
    return entry;
  }
  return nullptr;
}

void ShareGroup::expire(Deadline now) {
  for (Share* share : turn) {
    while (!share->waiting.empty()) {
      const Acquire& first = *share->waiting.front();
      if (first.deadline <= now) first.done->set(Wake::deadline);
      if (!first.done->is_set()) break;
      share->waiting.pop_front();
      --waiting;
    }
  }
}

std::deque<std::shared_ptr<Acquire>> ShareGroup::take_waiting() {
  std::deque<std::shared_ptr<Acquire>> all;
  for (Share* share : std::exchange(turn, {})) {
    std::ranges::move(std::exchange(share->waiting, {}), std::back_inserter(all));
    share->in_turn = false;
  }
  waiting = 0;
  return all;
}

bool Share::may_take() const {
  const std::size_t left = group.left();
  if (left == 0 || held >= most) return false;
  return !group.even || held < left;
}

void Share::take() {
  ++held;
  ++group.held;
}

void Share::give() {
  --held;
  --group.held;
}

void Share::wait(const std::shared_ptr<Acquire>& entry) {
  waiting.push_back(entry);
  ++group.waiting;
  if (!std::exchange(in_turn, true)) group.turn.push_back(this);
}

Share::ReadAside::ReadAside(Share& share)
    : share_(share), since_(share.aside_since.insert(std::chrono::steady_clock::now())) {}

Share::ReadAside::~ReadAside() {
  const Deadline now = std::chrono::steady_clock::now();
  if (now - *since_ >= kSlow) share_.slow_until = now;
  share_.aside_since.erase(since_);
  const auto& others = share_.aside_since;
  const bool slow_one = !others.empty() && now - *others.begin() >= kSlow;
  if (!slow_one && now - share_.slow_until >= kShareCalm) share_.aside = false;
}

}  // namespace wardbook::db::detail
