// What one watcher is told of the log.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"

namespace bursar {

// Picks from entries what its watcher asked for, and writes it into messages. Used by one thread at a time.
class Watch {
 public:
  virtual ~Watch() = default;

  // The first entry to tell of, from 1.
  virtual Position from() const = 0;

  // OK as long as the caller may be told this. Asked before every message.
  virtual absl::Status MayGoOn() const = 0;

  // Adds to the message at hand what the entry has for this watcher; how many bytes that is, 0 for nothing.
  virtual size_t Take(const storage::v1::Entry& entry) = 0;

  // Completes the message at hand: everything up to `position` is told by it and those before it. Begins a new one.
  virtual std::string Complete(Position position) = 0;
};

// A watch whose messages are Responses, which have a `position`.
template <class Response>
class WatchWith : public Watch {
 public:
  std::string Complete(Position position) override {
    response_.set_position(position);
    std::string bytes = response_.SerializeAsString();
    response_.Clear();
    return bytes;
  }

 protected:
  Response response_;
};

}  // namespace bursar
