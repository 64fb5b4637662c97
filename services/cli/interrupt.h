// Being told to stop, by a person or a supervisor.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

namespace bursar::cli {

// Keeps SIGINT and SIGTERM from ending the process, for as long as this lives: make it before there are other threads.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  const sigset_t& signals() const { return signals_; }

 private:
  sigset_t signals_;
  sigset_t before_;
};

// Has the first signal call `stop`, from a thread of its own, while this lives; a second one ends the process.
class OnInterrupt {
 public:
  OnInterrupt(const Interrupt& interrupt, std::function<void()> stop);
  ~OnInterrupt();
  OnInterrupt(const OnInterrupt&) = delete;
  OnInterrupt& operator=(const OnInterrupt&) = delete;

 private:
  void Wait(const sigset_t& signals, const std::function<void()>& stop);

  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace bursar::cli
