// What finance and people are told when funds cross a threshold: 25, 50, 80, 90 and 100 % used of what there was after
// the last grant, payment or rise of the limit. Internal to the domain.
#pragma once

#include "ledger/domain/decide.h"
#include "ledger/domain/state.h"

namespace bursar {

// The highest threshold reached when of `base` only `funds` are left; 0 for none. 100 where nothing is left.
int32_t PercentUsed(Money funds, Money base);

// Appends one FundsThresholdCrossed for each threshold that falls to `funds`, or one FundsRestored where it rises.
void NoticeFunds(Events& events, const BillingAccount& account, Money funds);

// As NoticeFunds, where a grant, payment or rise of the limit set a new base: only where it raised funds at once.
void NoticeNewBase(Events& events, const BillingAccount& account, Money funds);

}  // namespace bursar
