#include "services/grpc/door.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "services/grpc/bytes.h"
#include "services/grpc/caller.h"
#include "services/grpc/errors.h"
#include "services/grpc/streams.h"

namespace bursar {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// Answers one call.
class Reactor : public grpc::ServerUnaryReactor {
 public:
  void OnDone() override { delete this; }
};

class RawService : public grpc::Service {
 public:
  RawService(const ServiceDescriptor& service, Calls& calls) {
    for (int i = 0; i < service.method_count(); ++i) {
      const MethodDescriptor* method = service.method(i);
      // gRPC keeps the pointer.
      names_.push_back(std::make_unique<std::string>(absl::StrCat("/", service.full_name(), "/", method->name())));
      const bool streams = method->client_streaming() || method->server_streaming();
      AddMethod(new grpc::internal::RpcServiceMethod(
          names_.back()->c_str(),
          streams ? grpc::internal::RpcMethod::BIDI_STREAMING : grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
      MarkMethodRawCallback(i, streams ? StreamHandler(calls, *method) : UnaryHandler(calls, *method));
    }
  }

 private:
  static grpc::internal::MethodHandler* UnaryHandler(Calls& calls, const MethodDescriptor& method) {
    return new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
        [&calls, &method](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                          grpc::ByteBuffer* response) { return Serve(calls, method, *context, *request, *response); });
  }

  // On the wire a call with one request and many answers is a bidirectional one, so that one kind is enough here.
  static grpc::internal::MethodHandler* StreamHandler(Calls& calls, const MethodDescriptor& method) {
    return new grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
        [&calls, &method](grpc::CallbackServerContext* context) { return ServeStream(calls, method, *context); });
  }

  static grpc::ServerUnaryReactor* Serve(Calls& calls, const MethodDescriptor& method,
                                         const grpc::CallbackServerContext& context, const grpc::ByteBuffer& request,
                                         grpc::ByteBuffer& response) {
    auto* reactor = new Reactor;
    auto caller = CallerOf(context.client_metadata());
    const auto bytes = BytesOf(request);
    if (!caller.ok() || !bytes.ok()) {
      reactor->Finish(ToGrpc(caller.ok() ? bytes.status() : caller.status()));
      return reactor;
    }
    calls.Serve({.principal = *std::move(caller), .method = &method, .deadline = DeadlineOf(context)}, *bytes,
                [reactor, &response](const absl::Status& status, const google::protobuf::Message* message) {
                  if (status.ok()) response = BufferOf(*message);
                  reactor->Finish(ToGrpc(status));
                });
    return reactor;
  }

  std::vector<std::unique_ptr<std::string>> names_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> MakeGrpcServices(Calls& calls) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  for (const ServiceDescriptor* service : Calls::Services()) {
    services.push_back(std::make_unique<RawService>(*service, calls));
  }
  return services;
}

}  // namespace bursar
