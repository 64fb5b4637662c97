// Streaming calls, and watching with what breaks mended.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/client/client.h"

namespace bursar {

// One streaming call. One thread reads and one writes; any may cancel.
class ClientStream {
 public:
  using Message = google::protobuf::Message;

  enum class Server {
    // The call fails where there is none.
    kNow,
    // The first Write waits until there is one; Cancel ends that too.
    kWhenItIsThere,
  };

  // Begins a call of the method that streams; `client` outlives it. It has no deadline of its own.
  ClientStream(const Client& client, const google::protobuf::MethodDescriptor& method, Server server = Server::kNow);
  // Cancels what has not ended.
  ~ClientStream();

  // Blocks while the server takes in nothing; false where the call is over.
  bool Write(const Message& request);
  // No more messages will be written.
  bool WritesDone();
  // The next message; false where there is none any more.
  bool Read(Message& response);
  // How the call ended, with the details of a refusal as payloads; after Read was false, and once.
  absl::Status Finish();
  // Read is false soon.
  void Cancel();

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

// Calls a method that watches, again and again: where the server is lost or stops, the watch goes on at the position
// after the last one told, with nothing missing and nothing twice.
class ClientWatch {
 public:
  using Message = google::protobuf::Message;

  // `request` is of the method's input type, which has a `from_position`; its answers have a `position`. `lost` is
  // called whenever the server is lost, with why. A server that was never reached is tried `attempts` times, see
  // Client; one that was lost until Cancel. `client` outlives the watch.
  ClientWatch(const Client& client, const google::protobuf::MethodDescriptor& method, const Message& request,
              std::function<void(const absl::Status&)> lost);

  // Waits for the next message; false where there is none any more.
  bool Next(Message& response);
  // Why there is none: OK after Cancel.
  const absl::Status& status() const { return status_; }
  // From any thread: Next is false soon.
  void Cancel();

 private:
  // False where it was cancelled.
  bool Connect();
  bool Pause(absl::Duration pause);
  // Whether to ask again after the call ended like this.
  bool GoesOn(const absl::Status& ended);

  const Client& client_;
  const google::protobuf::MethodDescriptor& method_;
  const std::unique_ptr<Message> request_;
  const std::function<void(const absl::Status&)> lost_;
  bool reached_ = false;
  int failures_ = 0;
  absl::Status status_;

  std::mutex mutex_;
  std::condition_variable cancelled_changed_;
  bool cancelled_ = false;
  std::unique_ptr<ClientStream> stream_;
};

}  // namespace bursar
