#include "ledger/projections/chart.h"

#include "ledger/base/check.h"

namespace bursar {

BookClass ClassOf(BookAccount account) {
  switch (account) {
    case BookAccount::kCash:
    case BookAccount::kReceivables:
      return BookClass::kAsset;
    case BookAccount::kCustomerCredits:
      return BookClass::kLiability;
    case BookAccount::kRevenue:
    case BookAccount::kExpiredCredits:
    case BookAccount::kRevokedCredits:
      return BookClass::kIncome;
    case BookAccount::kPromotionExpense:
    case BookAccount::kGoodwillExpense:
      return BookClass::kExpense;
    case BookAccount::kTransfers:
      return BookClass::kEquity;
  }
  BURSAR_CHECK(!"an unknown account of the books");
}

Movement MovementOf(BookAccount account, Side side) {
  const bool debit = side == Side::kDebit;
  switch (account) {
    case BookAccount::kCustomerCredits:
    case BookAccount::kReceivables:
      return Movement::kNone;
    case BookAccount::kRevenue:
      return debit ? Movement::kReversal : Movement::kCharge;
    case BookAccount::kCash:
      return debit ? Movement::kPayment : Movement::kRefund;
    case BookAccount::kPromotionExpense:
    case BookAccount::kGoodwillExpense:
      return debit ? Movement::kGrant : Movement::kRevoked;
    case BookAccount::kRevokedCredits:
      return Movement::kRevoked;
    case BookAccount::kExpiredCredits:
      return Movement::kExpired;
    case BookAccount::kTransfers:
      return Movement::kOther;
  }
  BURSAR_CHECK(!"an unknown account of the books");
}

}  // namespace bursar
