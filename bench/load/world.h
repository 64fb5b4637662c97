// A ledger's beginning for load: a published world and so many accounts with plenty of funds.
#pragma once

#include <string>

#include "ledger/engine/ledger.h"

namespace bursar::bench {

// Account number `i` belongs to this user.
UserId LoadUser(int i);

// Publishes the policy and registers, upgrades and funds users 0 to `accounts` - 1. Ends the process where that fails.
void Populate(Ledger& ledger, int accounts);

}  // namespace bursar::bench
