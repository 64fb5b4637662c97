#include "services/cli/interrupt.h"

#include <pthread.h>

#include <cstdlib>
#include <utility>

namespace bursar::cli {
namespace {

// As shells report a program that Ctrl-C has ended.
constexpr int kEndedBySignal = 130;

}  // namespace

Interrupt::Interrupt() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Interrupt::~Interrupt() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

OnInterrupt::OnInterrupt(const Interrupt& interrupt, std::function<void()> stop)
    : thread_([this, signals = interrupt.signals(), stop = std::move(stop)] { Wait(signals, stop); }) {}

OnInterrupt::~OnInterrupt() {
  ending_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void OnInterrupt::Wait(const sigset_t& signals, const std::function<void()>& stop) {
  bool stopped = false;
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && !ending_) {
    if (std::exchange(stopped, true)) std::_Exit(kEndedBySignal);
    stop();
  }
}

}  // namespace bursar::cli
