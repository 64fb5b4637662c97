// The public services: each adds its methods. One file per service, or per topic of a large one; no rules here, they
// are in ledger/domain.
#pragma once

#include "ledger/archive/log_source.h"
#include "ledger/base/link_key.h"
#include "ledger/engine/ledger.h"
#include "services/api/methods.h"

namespace bursar {

// What is handed in outlives `methods`.
void AddAccountService(Methods& methods, Ledger& ledger);
void AddBillingService(Methods& methods, Ledger& ledger, const LinkKey& links);
void AddCreditService(Methods& methods, Ledger& ledger);
void AddLimitService(Methods& methods, Ledger& ledger);
// LimitService's methods about budgets.
void AddBudgets(Methods& methods, Ledger& ledger);
void AddGateService(Methods& methods, Ledger& ledger);
void AddUsageService(Methods& methods, Ledger& ledger);
void AddFinanceService(Methods& methods, Ledger& ledger);
void AddPolicyService(Methods& methods, Ledger& ledger);
void AddHistoryService(Methods& methods, Ledger& ledger, const LogIdentity& identity);
void AddClockService(Methods& methods, Ledger& ledger);
void AddOutboxService(Methods& methods, Ledger& ledger, const LinkKey& links);

}  // namespace bursar
