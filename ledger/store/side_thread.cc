#include "ledger/store/side_thread.h"

#include <utility>

namespace bursar {

SideThread::SideThread() : thread_([this] { Run(); }) {}

SideThread::~SideThread() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return work_ == nullptr; });
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SideThread::Begin(std::function<absl::Status()> work) {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return work_ == nullptr; });
    if (!status_.ok()) return;
    work_ = std::move(work);
  }
  changed_.notify_all();
}

absl::Status SideThread::Await() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return work_ == nullptr; });
  return status_;
}

void SideThread::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || work_ != nullptr; });
    if (work_ == nullptr) return;
    lock.unlock();
    absl::Status status = work_();
    lock.lock();
    if (status_.ok()) status_ = std::move(status);
    work_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace bursar
