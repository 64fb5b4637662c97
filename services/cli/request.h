// From a command line to the request that it means.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "services/cli/command_line.h"
#include "services/cli/request_flags.h"

namespace bursar::cli {

// `fresh_request_id` is used where the request has an id and none is written.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> RequestOf(const CommandLine& line, const Reading& reading,
                                                                     const std::string& fresh_request_id);

// The request's own id; empty where it has none, or where it is only a rehearsal.
std::string RequestIdOf(const google::protobuf::Message& request);

// 128 random bits as text.
std::string NewRequestId();

}  // namespace bursar::cli
