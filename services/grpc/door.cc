#include "services/grpc/door.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "services/grpc/caller.h"
#include "services/grpc/errors.h"

namespace bursar {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// Answers one call.
class Reactor : public grpc::ServerUnaryReactor {
 public:
  void OnDone() override { delete this; }
};

absl::Time DeadlineOf(const grpc::CallbackServerContext& context) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::InfiniteFuture();
  return absl::FromChrono(deadline);
}

// The request in one piece; copies where it came in several.
absl::StatusOr<std::string> BytesOf(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return absl::InternalError("The request cannot be read.");
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

grpc::ByteBuffer BufferOf(const google::protobuf::Message& response) {
  grpc::Slice slice(response.ByteSizeLong());
  response.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return {&slice, 1};
}

class RawService : public grpc::Service {
 public:
  RawService(const ServiceDescriptor& service, Calls& calls) {
    for (int i = 0; i < service.method_count(); ++i) {
      const MethodDescriptor* method = service.method(i);
      // gRPC keeps the pointer.
      names_.push_back(std::make_unique<std::string>(absl::StrCat("/", service.full_name(), "/", method->name())));
      AddMethod(
          new grpc::internal::RpcServiceMethod(names_.back()->c_str(), grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
      MarkMethodRawCallback(i, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                                   [&calls, method](grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
                                     return Serve(calls, *method, *context, *request, *response);
                                   }));
    }
  }

 private:
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
