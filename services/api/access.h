// Which roles may call which method at all. What also depends on the state is for ledger/domain/permissions.h.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "ledger/base/principal.h"

namespace bursar {

// Whether the table says anything of this method; a server with a method of which it does not must not start.
bool HasAccessRule(const google::protobuf::MethodDescriptor& method);

// OK, or PERMISSION_DENIED. The method has a rule.
absl::Status MayCall(const google::protobuf::MethodDescriptor& method, const Principal& principal);

}  // namespace bursar
