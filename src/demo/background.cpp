#include "demo/background.h"

#include <signal.h>

#include <utility>

#include "demo/interrupt.h"

namespace wardbook::demo {

Background::Background(std::function<void(const std::atomic<bool>& stopped)> work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this, work = std::move(work)] { work(stopped_); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Background::~Background() {
  stopped_ = true;
  Interrupt::request();
  thread_.join();
}

}  // namespace wardbook::demo
