// gRPC 1.51 counts its users and shuts down when the last one goes. Where that happens right after much was sent it may
// wait for ten seconds, so whoever uses it first keeps it for as long as the process lasts.
#pragma once

#include "grpc/grpc.h"

namespace bursar {

// Thread-safe; to be called before the first channel or server.
inline void KeepGrpc() {
  static const bool kept = [] {
    grpc_init();
    return true;
  }();
  static_cast<void>(kept);
}

}  // namespace bursar
