// How a billing account ends, when its user closes it or becomes another one: open requests, the limit, what is left
// of credits. Internal to the domain.
#pragma once

#include <string>

#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"
#include "ledger/domain/state.h"

namespace bursar {

// What stands in the way of an end.
Unsettled UnsettledOf(const BillingAccount& account, const State& state);

// Appends what ends, and follows the account's funds through it.
class Closing {
 public:
  // All outlive it.
  Closing(Events& events, const BillingAccount& account, const Context& context);

  // The open limit increase and the open billing change.
  void WithdrawRequests(const std::string& reason);
  // What is left of the credit, which may be nothing: what comes back to it later is taken back too.
  void Revoke(const Credit& credit, const std::string& reason);
  // What goes to another account.
  void MoveOut(storage::v1::FundsMovedOut moved);
  void DropLimit(const std::string& reason);
  // Last: thresholds that funds have crossed on the way.
  void Notice();

 private:
  Events& events_;
  const BillingAccount& account_;
  const Context& context_;
  Money funds_;
};

// The part of a credit that counts as funds for anything, now.
Money SpendableOf(const Credit& credit, absl::Time now);

}  // namespace bursar
