// Which roles may call a method at all, and why a record was refused.
#pragma once

#include <string>

#include "google/rpc/status.pb.h"
#include "tests/oracle/ask.h"

namespace bursar::oracle {

bool MayCall(const std::string& method, Role role);

// ErrorInfo.reason; empty where there is none.
std::string ReasonOf(const google::rpc::Status& status);

}  // namespace bursar::oracle
