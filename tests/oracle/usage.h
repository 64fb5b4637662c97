// Records of usage, each of which is decided by itself.
#pragma once

#include "bursar/v1/usage.pb.h"
#include "tests/oracle/ask.h"

namespace bursar::oracle {

// Gives a v1::UsageResult.
Answer RecordOne(World& world, const Asked& asked, const v1::UsageRecord& record, const v1::UsageResult& seen);

}  // namespace bursar::oracle
