// Whether a request has the form that the rules beside its fields describe.
#pragma once

#include "google/protobuf/message.h"

namespace bursar::oracle {

bool IsWellFormed(const google::protobuf::Message& message);

}  // namespace bursar::oracle
