// What an entry charged, or took back of earlier charges: the one place that knows which events these are.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bursar/storage/v1/entry.pb.h"
#include "bursar/storage/v1/projections.pb.h"
#include "ledger/base/ids.h"

namespace bursar {

struct ChargeLine {
  BillingAccountId account;
  // Its row: who, where, what, how much, and what it drew from.
  storage::v1::ChargeRow row;
};

// The row of the charge that this account was charged by this entry.
using FindCharge =
    std::function<std::optional<storage::v1::ChargeRow>(const BillingAccountId& account, Position position)>;

// In the order of the events; without charges of nothing. Their amounts are what the postings move to revenue. What
// takes a charge back is about the same user, project and so on as that charge, which `find` looks up.
std::vector<ChargeLine> ChargeLinesOf(const storage::v1::Entry& entry, const FindCharge& find);

}  // namespace bursar
