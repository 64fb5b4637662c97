// A thread that does one thing at a time beside the one that asks for it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/status.h"

namespace bursar {

// Begin and Await are for one thread.
class SideThread {
 public:
  SideThread();
  // Ends what has begun.
  ~SideThread();

  // Waits for what was begun before, whose result stays with the next Await where it was an error.
  void Begin(std::function<absl::Status()> work);
  // Waits until nothing is being done. The first error there ever was; nothing is done after it.
  absl::Status Await();

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<absl::Status()> work_;
  absl::Status status_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace bursar
