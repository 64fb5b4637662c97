// The gate: may this action go ahead, on this payer's funds?
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/events.pb.h"
#include "ledger/domain/commands.h"
#include "ledger/domain/refusals.h"
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

  bool allowed() const { return !denial.has_value(); }
};

enum class Purpose {
  kCheck,  // an action that the catalogue does not gate is always allowed
  kHold,   // money is set aside, so funds decide whatever the catalogue says
};

// An error where it cannot be judged: USER_NOT_FOUND, UNKNOWN_ACTION, PROJECT_NOT_FOUND, in this order.
//
// Reasons in order: NOT_YOUR_BILLING_ACCOUNT, BILLABLE_ACTIVITIES_NOT_ALLOWED or USER_CLOSED (alone, then),
// BILLING_NOT_SET_UP, ORGANIZATION_EXPIRED, SPENDING_LIMIT_EXCEEDED.
absl::StatusOr<Verdict> Judge(const State& state, const GatedAction& asked, Purpose purpose, absl::Time now);

// The last three of these rules alone, for a payer that was settled before. `denial` names what is asked.
std::optional<storage::v1::ActionDenied> JudgeFunds(const State& state, const BillingAccount& payer,
                                                    storage::v1::ActionDenied denial, absl::Time now);

// Why `user` may not name `account` as payer; nullopt where it may. The same whether or not the account exists.
std::optional<Reason> BarredFrom(const State& state, const UserId& user, const BillingAccountId& account);

}  // namespace bursar
