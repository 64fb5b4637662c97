// What the accounts of the books are, for those who read them: their class, and what a posting to one says of the
// customer's money.
#pragma once

#include "ledger/domain/postings.h"

namespace bursar {

enum class BookClass { kAsset, kLiability, kIncome, kExpense, kEquity };

BookClass ClassOf(BookAccount account);

enum class Side { kDebit, kCredit };

// Why what a customer has changed. Customer credits and receivables are what it has and owes; the other side of every
// posting to them tells why.
enum class Movement {
  kNone,      // what it has or owes itself
  kCharge,    // charged
  kReversal,  // a charge was taken back
  kPayment,   // money came in
  kRefund,    // money went out
  kGrant,     // a credit was given
  kRevoked,   // a credit was taken back
  kExpired,   // a credit ran out unspent
  kOther,     // came from another account or went there
};

Movement MovementOf(BookAccount account, Side side);

}  // namespace bursar
