// A streaming call between the door, which knows the transport, and what answers it. Messages are bytes on both sides.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace bursar {

// The way back to the client. Thread-safe; never calls into the Stream it belongs to. May outlive the call: what comes
// after its end is dropped.
class StreamOut {
 public:
  virtual ~StreamOut() = default;

  // Asks for the client's next message; once per message.
  virtual void Want() = 0;

  // Queues a message. Whoever sends bounds the queue: Stream::Sent tells what has left it.
  virtual void Send(std::string message) = 0;

  // Ends the call when what was queued has been sent. The first end counts.
  virtual void End(const absl::Status& status) = 0;

  // Ends the call now, whatever is queued: for clients that do not read.
  virtual void Cut() = 0;
};

// What answers one streaming call. Called by the door, which keeps it until the call is over.
class Stream {
 public:
  virtual ~Stream() = default;

  // The message that was asked for; needed during the call only.
  virtual void Receive(absl::string_view message) = 0;

  // The client will send no more, instead of the message that was asked for.
  virtual void HalfClosed() = 0;

  // One more message has left the queue, in the order in which they were sent.
  virtual void Sent() = 0;

  // The call is over, whoever ended it. The last call, and never at the same time as another.
  virtual void Closed() = 0;
};

}  // namespace bursar
