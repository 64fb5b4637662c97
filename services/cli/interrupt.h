// Being told to stop, by a person or a supervisor.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

namespace bursar::cli {

// Keeps SIGINT and SIGTERM from ending the process, from its making on: make it before there are other threads. A
// second signal after the first ends the process all the same.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Has the first signal call `stop`, from a thread of its own; once. `stop` may be called until this is gone.
  void OnSignal(std::function<void()> stop);
  bool came() const { return came_; }

 private:
  void Wait(const std::function<void()>& stop);

  sigset_t signals_;
  sigset_t before_;
  std::atomic<bool> came_ = false;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace bursar::cli
