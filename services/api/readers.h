// Threads for answers that may take a while: those that wait for a position, or read from disk. The threads that bring
// calls in must not be held up by them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace bursar {

// Thread-safe.
class Readers {
 public:
  // Without threads, Run runs the task at once.
  explicit Readers(int threads, size_t capacity);
  // Runs what is waiting, then returns.
  ~Readers();

  // False where too much is waiting; `task` is not run then.
  bool Run(std::function<void()> task);

 private:
  void Work();

  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace bursar
