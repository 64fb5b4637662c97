// A command as a client would ask for it.
#pragma once

#include <memory>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "ledger/base/link_key.h"
#include "ledger/domain/commands.h"

namespace bursar::sim {

struct ApiRequest {
  const google::protobuf::MethodDescriptor* method = nullptr;
  // Without an id.
  std::unique_ptr<google::protobuf::Message> message;
};

// The request for `command`, which is changed where the API cannot say it so: what then differs is what a client would
// have had to fill in. Commands that no client can give have no method.
ApiRequest RequestOf(Command& command, const LinkKey& links);

}  // namespace bursar::sim
