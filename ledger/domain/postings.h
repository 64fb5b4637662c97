// Double entry: what each event means in finance's books. A pure function of the event; always balanced per currency.
#pragma once

#include <string>
#include <vector>

#include "bursar/storage/v1/events.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/money.h"

namespace bursar {

// The chart of accounts. Debits are positive, credits negative.
enum class BookAccount {
  kCash,              // asset: money that came in
  kReceivables,       // asset: charged and to be paid
  kCustomerCredits,   // liability: credits owed to customers
  kRevenue,           // income: what was charged
  kExpiredCredits,    // income: credits that customers did not use
  kPromotionExpense,  // expense: credits given by promotions
  kGoodwillExpense,   // expense: credits given by operators
  kRevokedCredits,    // income: credits that were taken back unspent
  kTransfers,         // equity: credits and debt on their way from one billing account to another; zero in all
};

// For example "receivables"; the names of a trial balance's lines.
const char* NameOf(BookAccount account);

struct Posting {
  BookAccount account;
  BillingAccountId billing_account;
  std::string currency;
  Money amount;  // debit positive, credit negative
};

std::vector<Posting> PostingsOf(const storage::v1::Event& event);

}  // namespace bursar
