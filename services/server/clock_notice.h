// Tells everybody who asks how a server is that its clock stands still until it is moved.
#pragma once

#include <memory>
#include <vector>

#include "grpcpp/support/server_interceptor.h"

namespace bursar {

inline constexpr char kClockKey[] = "bursar-clock";

// Adds the metadata `bursar-clock: manual` to the answers of grpc.health.v1; for servers with such a clock only.
std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> ManualClockNotice();

}  // namespace bursar
