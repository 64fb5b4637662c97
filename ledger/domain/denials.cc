#include "ledger/domain/denials.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

bool IsOfPermission(const std::string& reason) {
  return reason == NameOf(Reason::kNotYourBillingAccount) || reason == NameOf(Reason::kBillableActivitiesNotAllowed);
}

}  // namespace

// No name has a space in it.
std::string KeyOf(const storage::v1::ActionDenied& denial) {
  BURSAR_CHECK(denial.bindings_size() > 0);
  const auto& binding = denial.bindings(0);
  const std::string payer = IsOfPermission(binding.reason()) ? "" : denial.billing_account();
  return absl::StrCat(denial.user_id(), " ", payer, " ", denial.action(), " ", denial.project(), " ", binding.reason(),
                      " ", binding.budget());
}

Decision Deny(storage::v1::ActionDenied denial, const State& state, absl::Time now) {
  const auto recent = state.recent_denials.find(KeyOf(denial));
  const bool recorded = recent != state.recent_denials.end() && now < recent->second.time + kSameDenial;
  if (recorded) denial.set_recorded_at(recent->second.position);
  storage::v1::Event event;
  *event.mutable_action_denied() = std::move(denial);
  Decision decision = Happened(std::move(event));
  decision.written = !recorded;
  return decision;
}

}  // namespace bursar
