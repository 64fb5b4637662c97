// The parts of FinanceService that have files of their own.
#pragma once

#include "ledger/engine/ledger.h"
#include "services/api/methods.h"

namespace bursar {

void AddStatementMethods(Methods& methods, Ledger& ledger);  // GetStatement, GetAging, GetForecast
void AddSpendingMethods(Methods& methods, Ledger& ledger);   // ListSpending
void AddExportMethods(Methods& methods, Ledger& ledger);     // Export, ListBookBalances

}  // namespace bursar
