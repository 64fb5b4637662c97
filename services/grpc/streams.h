// Streaming calls at the gRPC door.
#pragma once

#include "google/protobuf/descriptor.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "services/api/calls.h"

namespace bursar {

// Serves one call of a method that streams; the reactor is gone when the call is over.
grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ServeStream(
    Calls& calls, const google::protobuf::MethodDescriptor& method, grpc::CallbackServerContext& context);

}  // namespace bursar
