// Accounts as they will be once what has been decided so far of an entry has happened: for decisions whose events touch
// several accounts, or one account several times. Internal to the domain.
#pragma once

#include <utility>
#include <vector>

#include "ledger/domain/context.h"

namespace bursar {

class Outlook {
 public:
  explicit Outlook(const Context& context) : context_(context) {}
  Outlook(const Outlook&) = delete;

  // The account's balance after all events so far. Changes with the next one.
  const Balance& BalanceOf(const BillingAccount& account) { return See(account).balance; }

  // Adds an event of this account.
  void Happen(const BillingAccount& account, storage::v1::Event event);

  // What has come to the account of a merged user since, goes on to whoever that user is now; what has come to a credit
  // that is over leaves it. `reason` is for people.
  void PassOn(const BillingAccount& account, const std::string& reason);

  // All events, each with the funds that the whole entry leaves, and what people are to notice of them.
  Decision Finish() &&;

 private:
  struct Seen {
    const BillingAccount* account;
    Balance balance;
    // Whether the entry sets what thresholds are parts of.
    bool rebased = false;
  };

  Seen& See(const BillingAccount& account);
  void Move(const BillingAccount& from, const BillingAccount& into);
  void Leave(const BillingAccount& account, const std::string& reason);
  Money FundsOf(const std::string& account) const;
  void SayFunds(storage::v1::Event& event) const;

  const Context& context_;
  Events events_;
  // In the order in which they were touched; a handful.
  std::vector<Seen> seen_;
};

// Where `amount` goes that comes back to a credit of `balance`, or to the limit where `credit` is empty.
storage::v1::Part ReturnedPart(CreditId credit, Money amount, const Balance& balance);

}  // namespace bursar
