// What an entry charged, or took back of earlier charges: the one place that knows which events these are.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "bursar/storage/v1/projections.pb.h"
#include "ledger/base/ids.h"

namespace bursar {

struct ChargeLine {
  BillingAccountId account;
  // Its row: who, where, what, how much, and what it drew from.
  storage::v1::ChargeRow row;
};

// In the order of the events; without charges of nothing. Their amounts are what the postings move to revenue.
std::vector<ChargeLine> ChargeLinesOf(const storage::v1::Entry& entry);

// What the charge was for: the SKU that was metered, or the action.
const std::string& SkuOf(const storage::v1::ChargeRow& row);

}  // namespace bursar
