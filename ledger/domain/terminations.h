// Telling platforms to stop work that runs on nothing. Internal to the domain.
#pragma once

#include "ledger/domain/context.h"

namespace bursar {

// To be asked after each charge to `account`: `events` are those of the entry so far. Appends TerminationOrdered
//
// - for the captured hold, where its run has come to its cost limit,
// - for each open hold that holds nothing any more, where the charge left its budget or the account without funds.
//
// Holds that still hold money run on, and none is told twice.
void OrderTerminations(Events& events, const BillingAccount& account, const Context& context);

}  // namespace bursar
