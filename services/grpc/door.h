// The gRPC door: all methods of all services lead to the one function of Calls, as bytes.
#pragma once

#include <memory>
#include <vector>

#include "grpcpp/impl/codegen/service_type.h"
#include "services/api/calls.h"

namespace bursar {

// Requests of more bytes are refused before they are read.
inline constexpr int kMostRequestBytes = 4 * 1024 * 1024;

// One for each public service, to be registered with a server; they outlive it, and `calls` outlives them.
std::vector<std::unique_ptr<grpc::Service>> MakeGrpcServices(Calls& calls);

}  // namespace bursar
