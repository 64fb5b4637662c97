// Why a decision came out as it did: made again on the state before it, with every number that it rests on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/domain/asked.h"
#include "ledger/domain/gate.h"
#include "ledger/domain/state.h"

namespace bursar {

struct ExplainedCredit {
  enum class Standing { kCounts, kRestricted, kNotYetEffective, kExpired, kRevoked, kMoved };
  // As it was before the decision.
  Credit credit;
  Standing standing = Standing::kCounts;

  // What it adds to the funds.
  Money counted() const { return standing == Standing::kCounts ? credit.available : Money(); }
};

struct ExplainedBudget {
  // As it was before the decision.
  Budget budget;
  // In which it was decided.
  Window window;
  Money used;
  // May be negative.
  Money available;
  // Whether it stood in the way.
  bool binding = false;
};

// funds = credits that count + limit - outstanding - held on the limit. What holds have set aside of credits is no
// longer in what the credits have available.
struct Explanation {
  enum class What { kCheck, kHold, kExtension, kCapture, kUsage };
  What what = What::kCheck;
  // The state that it was decided on, and when.
  Position before = 0;
  absl::Time time;
  // What was asked, or charged; its payer and its whole cost.
  GatedAction asked;
  // What of the cost a sponsor pays, or would pay, and who that is; the rest is the payer's.
  Money sponsored;
  BillingAccountId sponsor;
  std::string currency;
  // Empty where the action may go ahead, or has happened.
  std::optional<storage::v1::ActionDenied> denial;
  // From where a hold or a charge draws of the payer's, in this order; empty where it does not.
  std::vector<storage::v1::Part> drawn;
  // The hold that was extended or captured, as it was before.
  std::optional<Hold> hold;
  // Of a metered charge.
  std::optional<storage::v1::MeteredQuantity> metered;

  // The payer's, before the decision. Empty where there is no such account.
  bool has_payer = false;
  BillingSetup::Status setup = BillingSetup::Status::kNone;
  Position setup_at = 0;
  Money funds;
  Money credits_counted;
  Money limit;
  Money outstanding;
  Money held_on_limit;
  // In burn order.
  std::vector<ExplainedCredit> credits;
  // Those that count this action, by their numbers.
  std::vector<ExplainedBudget> budgets;
  // The payer's open holds, by their numbers.
  std::vector<Hold> holds;
};

// Of a decision on record: a check or hold that was asked for, an extension, a capture, usage. `before` is the state
// before the entry. Nothing where the entry is no such decision.
//
// INTERNAL where the decision does not come out again as it stands in the log.
absl::StatusOr<std::optional<Explanation>> ExplainEntry(const State& before, const storage::v1::Entry& entry,
                                                        const EntryReader& read);

// Of what would be decided, were it asked for at `now`. Refused as Judge does.
absl::StatusOr<Explanation> ExplainAction(const State& state, const GatedAction& asked, Purpose purpose,
                                          absl::Time now);

// The account that would pay, before anything is judged; empty where nobody does.
BillingAccountId PayerOf(const State& state, const GatedAction& asked);

// All of it in a paragraph for people.
std::string InWords(const Explanation& explanation);

}  // namespace bursar
