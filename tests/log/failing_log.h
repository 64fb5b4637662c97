// A log that fails, or makes its writer wait, when a test says so.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include "absl/status/status.h"
#include "ledger/log/event_log.h"

namespace bursar {

class FailingLog : public EventLog {
 public:
  explicit FailingLog(EventLog& log) : log_(log) {}

  void FailFromNowOn() {
    const std::lock_guard<std::mutex> lock(mutex_);
    fails_ = true;
  }

  // Until Release, appending waits before anything is durable.
  void Hold() {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ = true;
  }
  void Release() {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }

  // Waits until so many appends have begun since the log was made.
  void AwaitAppends(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return appends_ >= count; });
  }
  int appends() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return appends_;
  }

  absl::Status Append(const StoredBlock& block) override {
    std::unique_lock<std::mutex> lock(mutex_);
    ++appends_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_; });
    if (fails_) return absl::UnavailableError("The disk is gone.");
    lock.unlock();
    return log_.Append(block);
  }

  absl::Status Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const override {
    return log_.Read(from, visit);
  }

  LogEnd Last() const override { return log_.Last(); }

 private:
  EventLog& log_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool fails_ = false;
  bool held_ = false;
  int appends_ = 0;
};

}  // namespace bursar
