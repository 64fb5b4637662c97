// Every receipt that a client was ever shown is one of the log at the end: no older copy was put back, nothing was
// changed, and no client saw what then was not so.
#pragma once

#include "tests/nemesis/asked.h"

namespace bursar::nemesis {

Findings CheckReceipts(const std::vector<Call>& calls, const FinalLog& log);

// The receipts shown, each once, by the last position of their blocks. Of two for one position the first.
std::map<Position, v1::GetHeadResponse> ReceiptsShown(const std::vector<Call>& calls);

}  // namespace bursar::nemesis
