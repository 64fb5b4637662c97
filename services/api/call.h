// One call on its way through the doors: who asks for what, until when.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "ledger/base/principal.h"

namespace bursar {

struct Call {
  Principal principal;
  const google::protobuf::MethodDescriptor* method = nullptr;
  absl::Time deadline = absl::InfiniteFuture();
};

// Answers a call; called once, from any thread. The response is there where the status is OK, and only during the call.
using Respond = std::function<void(const absl::Status& status, const google::protobuf::Message* response)>;

}  // namespace bursar
