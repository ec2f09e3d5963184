#include "demo/interrupt.h"

#include <signal.h>

#include <atomic>

namespace wardbook::demo {
namespace {

std::atomic<bool> came{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set in a signal handler");

void note(int) {
  came = true;
}

void handle(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
  came = false;
  handle(&note);
}

Interrupt::~Interrupt() {
  handle(SIG_DFL);
}

void Interrupt::request() noexcept {
  came = true;
}

bool Interrupt::requested() noexcept {
  return came;
}

void Interrupt::check() {
  if (came) throw Interrupted();
}

}  // namespace wardbook::demo
