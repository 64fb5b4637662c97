#include "tests/nemesis/connection.h"

#include <utility>

#include "services/client/client.h"

namespace bursar::nemesis {

void Connection::Open(const std::string& address) {
  std::shared_ptr<grpc::Channel> channel = NewChannel(address);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::swap(line_.channel, channel);
    ++line_.server;
    closed_ = false;
  }
  changed_.notify_all();
}

void Connection::Close() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

Connection::Line Connection::Await(int server) const {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || line_.server > server; });
  return closed_ ? Line() : line_;
}

}  // namespace bursar::nemesis
