// What a server's error says, as an absl::Status.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "grpcpp/support/status.h"

namespace bursar {

// Code and sentence, and each detail of the google.rpc.Status that came along as a payload under its type's URL.
absl::Status FromGrpc(const grpc::Status& status);

// The published reason and its numbers; nullopt where the answer does not come from Bursar's rules.
std::optional<google::rpc::ErrorInfo> ErrorInfoOf(const absl::Status& status);

// How long the server asks to wait before the same request; nullopt where it does not.
std::optional<absl::Duration> RetryDelay(const absl::Status& status);

// The detail of type `Detail`; nullopt where there is none.
template <class Detail>
std::optional<Detail> DetailOf(const absl::Status& status) {
  const auto payload = status.GetPayload("type.googleapis.com/" + Detail::descriptor()->full_name());
  Detail detail;
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

}  // namespace bursar
