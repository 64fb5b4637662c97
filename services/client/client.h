// Calls Bursar over a channel: that of a server, or the one inside a server object in the same process.
//
// Every request's type belongs to exactly one method, so that a request says by itself which method is meant.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/channel.h"

namespace bursar {

// A connection of its own to "host:port", without encryption; made at the first call and again whenever it breaks.
std::shared_ptr<grpc::Channel> NewChannel(const std::string& address);

// The method that takes requests of this type; nullptr where none does.
const google::protobuf::MethodDescriptor* MethodOf(const google::protobuf::Descriptor& request);

// Thread-safe; outlives its calls.
//
// An error answer is a status whose payloads are the details that the server gave
// ("type.googleapis.com/google.rpc.ErrorInfo" and others). A call that was UNAVAILABLE, or refused with a RetryInfo, is
// made again with the same request, and so with the same request id: a write happens once however often it is asked
// for.
class Client {
 public:
  using Message = google::protobuf::Message;

  struct Options {
    // Who calls, as in "user-ada", in printable ASCII; empty for nobody in particular.
    std::string principal;
    // For calls that name no deadline.
    absl::Duration timeout = absl::Seconds(10);
    // How often a call is made at most; 0 goes on until its deadline.
    int attempts = 0;
  };

  explicit Client(std::shared_ptr<grpc::Channel> channel) : Client(std::move(channel), Options()) {}
  Client(std::shared_ptr<grpc::Channel> channel, Options options);

  const std::string& principal() const { return options_.principal; }
  int attempts() const { return options_.attempts; }

  template <class Response, class Request>
  absl::StatusOr<Response> Call(const Request& request, absl::Time deadline) const {
    Response response;
    if (absl::Status status = CallMethod(request, response, deadline); !status.ok()) return status;
    return response;
  }
  template <class Response, class Request>
  absl::StatusOr<Response> Call(const Request& request) const {
    return Call<Response>(request, absl::Now() + options_.timeout);
  }

  // For callers that know the method only at run time; `request` is of the method's input type.
  absl::StatusOr<std::unique_ptr<Message>> Call(const google::protobuf::MethodDescriptor& method,
                                                const Message& request, absl::Time deadline) const;
  absl::StatusOr<std::unique_ptr<Message>> Call(const google::protobuf::MethodDescriptor& method,
                                                const Message& request) const {
    return Call(method, request, absl::Now() + options_.timeout);
  }

  // Returns at once; `done` is called once, from one of gRPC's threads, and must not block.
  template <class Response, class Request>
  void CallAsync(Request request, absl::Time deadline, std::function<void(absl::StatusOr<Response>)> done) const {
    CallMethodAsync(std::make_unique<Request>(std::move(request)), std::make_unique<Response>(), deadline,
                    [done = std::move(done)](const absl::Status& status, Message& response) {
                      if (!status.ok()) return done(status);
                      done(std::move(static_cast<Response&>(response)));
                    });
  }
  template <class Response, class Request>
  void CallAsync(Request request, std::function<void(absl::StatusOr<Response>)> done) const {
    CallAsync<Response>(std::move(request), absl::Now() + options_.timeout, std::move(done));
  }

 private:
  friend class ClientStream;

  using MessageDone = std::function<void(const absl::Status& status, Message& response)>;
  struct AsyncCall;

  absl::Status CallMethod(const Message& request, Message& response, absl::Time deadline) const;
  absl::Status CallMethod(const std::string& path, const Message& request, Message& response,
                          absl::Time deadline) const;
  void CallMethodAsync(std::unique_ptr<Message> request, std::unique_ptr<Message> response, absl::Time deadline,
                       MessageDone done) const;

  const std::shared_ptr<grpc::Channel> channel_;
  const Options options_;
};

}  // namespace bursar
