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

Interrupt::~Interrupt() {
  ending_ = true;
  if (thread_.joinable()) {
    pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::OnSignal(std::function<void()> stop) {
  thread_ = std::thread([this, stop = std::move(stop)] { Wait(stop); });
}

void Interrupt::Wait(const std::function<void()>& stop) {
  int signal = 0;
  while (sigwait(&signals_, &signal) == 0 && !ending_) {
    if (came_.exchange(true)) std::_Exit(kEndedBySignal);
    stop();
  }
}

}  // namespace bursar::cli
