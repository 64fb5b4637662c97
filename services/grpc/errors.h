// Refusals as gRPC carries them.
#pragma once

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace bursar {

// Code and sentence, and all details as a google.rpc.Status in "grpc-status-details-bin". A status without a published
// reason is a mistake of ours: the client is told INTERNAL and nothing else of it.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace bursar
