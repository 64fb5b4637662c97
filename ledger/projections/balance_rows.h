// Balances as rows: one row for the balance after each entry that changed it, with the credits that still hold
// something, and one row for each credit that holds nothing any more. Together they are the whole balance.
#pragma once

#include <string>

#include "bursar/storage/v1/projections.pb.h"
#include "ledger/domain/balance.h"

namespace bursar {

// Whether anything of it is available or held.
bool IsFinished(const Credit& credit);

storage::v1::CreditRow RowOf(const Credit& credit);
Credit CreditOf(const storage::v1::CreditRow& row);

// Leaves out finished credits.
storage::v1::BalanceRow RowOf(const Balance& balance, const std::string& currency);
// Without finished credits.
Balance BalanceOf(const storage::v1::BalanceRow& row);

}  // namespace bursar
