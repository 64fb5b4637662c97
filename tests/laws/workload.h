// What a small, busy and badly behaved world asks of its ledger: few people, tiny funds, all commands, right and wrong.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/principal.h"
#include "ledger/domain/commands.h"
#include "tests/laws/dice.h"
#include "tests/laws/model.h"

namespace bursar::laws {

struct Asked {
  Principal principal;
  Command command;
};

class Workload {
 public:
  // `model` outlives it and says what there is to ask about.
  Workload(uint64_t seed, const Model& model);

  // When the next command comes: often at once, often just before, at or after what is due next. Not less than `now`.
  int64_t Later(int64_t now, int64_t next_due);

  Asked Next(int64_t now);

  // What comes next follows from `seed` and from what there is, however much was asked before.
  void Reseed(uint64_t seed) { dice_ = Dice(seed); }

 private:
  // What most worlds begin with: policy, people, organizations, billing set up, some funds.
  void Begin();

  Asked Random();
  Asked AsOperator(Command command);
  Asked AsService(Command command);
  Asked AsSupport(Command command);
  Asked AsUser(const UserId& user, Command command);

  Asked Policy();
  Asked People();
  Asked Membership();
  // workload_people.cc
  Asked Ending();
  Asked Leaving(const OrganizationId& organization, const UserId& user);
  Asked Transfer();
  // workload_billing.cc
  Asked Billing();
  Asked LinkUse();
  Asked Change(const BillingAccountId& account);
  Asked Slots(const BillingAccountId& account);
  Asked Order();
  // What has to follow soon, or will never: slots to be picked and used, an increase on top of one that ends.
  std::optional<Asked> Pressing();
  Asked Funding();
  Asked Budgeting();
  Asked Increase();
  Asked Holding();
  // workload_usage.cc
  Asked Usage();
  Asked Sponsoring();
  Asked Revoking();
  Asked Reversing();
  Asked Deciding();
  // Credits taken back while they are held, what comes back to them, and what waits in quarantine.
  std::optional<Asked> PressingUndoing();
  // A capture for a user who may no longer spend, a merger of one with a hold, usage that stops several works at once.
  std::optional<Asked> PressingHolds();

  UserId AnyUser();
  OrganizationId AnyOrganization();
  BillingAccountId AnyAccount();
  ProjectId AnyProject();
  HoldId AnyHold();
  IncreaseId AnyIncrease();
  Principal AnyPrincipal();
  UserId AdminOf(const OrganizationId& organization);
  UserId AskerFor(const BillingAccountId& account);
  GatedAction AnyAction();
  Metered AnyMetered();
  LinkSeed NewLink();
  std::string CurrencyFor(const BillingAccountId& account);

  // Half of them of those that there are.
  BillingAccountId KnownAccount();
  // One that has not set up billing, where there is one.
  BillingAccountId AccountNotSetUp();

  // Near what there is: 0, 1, all of it, one more, one less, a part; sometimes the most there can be.
  Money Around(int64_t amount);
  // A small amount, more than zero; in rich worlds sometimes the most there can be.
  Money Some();
  PublishActionCatalogue Catalogue();
  PublishPriceList Prices(const std::string& currency);

  Dice dice_;
  const Model& model_;
  const bool rich_;
  int64_t now_ = 0;
  std::deque<Asked> beginning_;
  std::vector<LinkSeed> links_;
  // Asked again now and then.
  Asked last_;
};

}  // namespace bursar::laws
