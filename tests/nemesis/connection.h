// The way of all clients to whichever server serves at the time.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "grpcpp/channel.h"

namespace bursar::nemesis {

// Thread-safe.
class Connection {
 public:
  struct Line {
    std::shared_ptr<grpc::Channel> channel;
    // Of the server: one more for each.
    int server = 0;
  };

  // A server is there, perhaps after all.
  void Open(const std::string& address);
  // No server will be there any more.
  void Close();

  // To a server later than `server`, as soon as there is one; without a channel where none will be. 0 for any.
  Line Await(int server) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Line line_;
  bool closed_ = false;
};

}  // namespace bursar::nemesis
