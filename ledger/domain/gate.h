// The gate: may this action go ahead, on this payer's funds?
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/events.pb.h"
#include "ledger/domain/commands.h"
#include "ledger/domain/refusals.h"
#include "ledger/domain/sponsorship.h"
#include "ledger/domain/state.h"

namespace bursar {

struct Verdict {
  // Every rule that was binding; none: the action may go ahead.
  std::optional<storage::v1::ActionDenied> denial;
  // Who pays. Lives as long as the state does not change.
  const BillingAccount* payer = nullptr;
  const CatalogueAction* action = nullptr;
  // What the payer may spend on this action, before it. May be negative. Zero where `denial` is for want of permission,
  // so that it tells nothing of another's account.
  Money funds;
  // What a sponsor would pay of it, beside the payer. Nothing where the user may not name the payer.
  SponsorShare share;
  // The user may work on the payer's funds, but not see them: no answer tells what there is. Whoever asks, it is the
  // user whom a platform shows the answer to.
  bool costs_hidden = false;

  bool allowed() const { return !denial.has_value(); }
};

enum class Purpose {
  kCheck,  // an action that the catalogue does not gate is always allowed
  kHold,   // money is set aside, so funds decide whatever the catalogue says
};

// An error where it cannot be judged: USER_NOT_FOUND, UNKNOWN_ACTION, PROJECT_NOT_FOUND, in this order.
//
// Reasons in order: NOT_YOUR_BILLING_ACCOUNT, BILLABLE_ACTIVITIES_NOT_ALLOWED or USER_CLOSED (alone, then),
// BILLING_NOT_SET_UP, ORGANIZATION_EXPIRED, COST_LIMIT_EXCEEDED (of holds), BUDGET_EXCEEDED (of each budget, by their
// numbers), SPENDING_LIMIT_EXCEEDED.
absl::StatusOr<Verdict> Judge(const State& state, const GatedAction& asked, Purpose purpose, absl::Time now);

// What is asked of a payer who is settled.
struct Claim {
  const BillingAccount& payer;
  const GatedAction& asked;
  // Of the action; budgets may count it.
  const std::string& category;
  Purpose purpose = Purpose::kHold;
  // What the payer may spend on it now.
  Money funds;
  // What the run may still cost; nullopt: no bound.
  std::optional<Money> run_left;
  // The sponsor's part of what is asked: funds and budgets need only carry the rest. A cost limit counts both.
  SponsorShare share;
  bool costs_hidden = false;
};

// All of these rules but those of permission.
std::optional<storage::v1::ActionDenied> JudgeClaim(const State& state, const Claim& claim, absl::Time now);

// Why `user` may not name `account` as payer; nullopt where it may. The same whether or not the account exists.
std::optional<Reason> BarredFrom(const State& state, const UserId& user, const BillingAccountId& account);

}  // namespace bursar
