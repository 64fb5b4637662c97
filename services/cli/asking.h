// What questions of both kinds, with one answer and with many, have in common.
#pragma once

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "services/cli/settings.h"

namespace bursar::cli {

// That --as names somebody who may ask; an error is a sentence.
absl::Status CheckCaller(const Settings& settings);

// Whether the gate was asked and said no, to anything.
bool IsDenied(const google::protobuf::Message& answer);

}  // namespace bursar::cli
