// What every rule is handed, and the small things that rules share. Internal to the domain.
#pragma once

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/events.pb.h"
#include "ledger/base/principal.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/state.h"

namespace bursar {

struct Context {
  const State& state;
  const Principal& principal;
  absl::Time now;

  // Of the entry that is being decided: numbers what it makes.
  Position position() const { return state.position + 1; }
  int64_t now_micros() const { return absl::ToUnixMicros(now); }
};

template <class... Kinds>
Decision Happened(Kinds&&... events) {
  Decision decision;
  (decision.events.push_back(std::forward<Kinds>(events)), ...);
  return decision;
}

// Storage's times: 0 stands for never.
int64_t MicrosOrNever(absl::Time time);
int64_t MicrosOrNever(const std::optional<absl::Time>& time);
absl::Time TimeOrNever(int64_t micros);

storage::v1::Event UpgradedBy(storage::v1::UserUpgraded::Route route, const UserId& user);

storage::v1::Event AccountOpened(const BillingAccountId& account, const std::string& currency);
storage::v1::Event DefaultPayerIs(const BillingAccountId& account, const UserId& user);

storage::v1::PersonalData ToStorage(const Person& person);
storage::v1::MemberAccess ToStorage(const MemberAccess& access);

// One function per topic of commands; each has its own file.
absl::StatusOr<Decision> DecidePolicy(const PublishPartner& command, const Context& context);
absl::StatusOr<Decision> DecidePolicy(const PublishPromotion& command, const Context& context);
absl::StatusOr<Decision> DecidePolicy(const PublishTerms& command, const Context& context);
absl::StatusOr<Decision> DecidePolicy(const PublishActionCatalogue& command, const Context& context);
absl::StatusOr<Decision> DecidePolicy(const PublishPriceList& command, const Context& context);
absl::StatusOr<Decision> DecidePolicy(const PublishSponsorship& command, const Context& context);

absl::StatusOr<Decision> DecidePeople(const RegisterUser& command, const Context& context);
absl::StatusOr<Decision> DecidePeople(const LinkIdentity& command, const Context& context);
absl::StatusOr<Decision> DecidePeople(const CloseUser& command, const Context& context);
absl::StatusOr<Decision> DecidePeople(const CreateOrganization& command, const Context& context);
absl::StatusOr<Decision> DecidePeople(const InviteMember& command, const Context& context);
absl::StatusOr<Decision> DecidePeople(const AcceptInvitation& command, const Context& context);
absl::StatusOr<Decision> DecidePeople(const SetMemberAccess& command, const Context& context);
absl::StatusOr<Decision> DecidePeople(const RemoveMember& command, const Context& context);
absl::StatusOr<Decision> DecidePeople(const SetOrganizationSettings& command, const Context& context);
absl::StatusOr<Decision> DecidePeople(const SetOrganizationExpiry& command, const Context& context);
absl::StatusOr<Decision> DecidePeople(const SetDefaultPayer& command, const Context& context);
absl::StatusOr<Decision> DecidePeople(const CreateProject& command, const Context& context);

absl::StatusOr<Decision> DecideMerge(const MergeUsers& command, const Context& context);

absl::StatusOr<Decision> DecideTransfer(const SetProjectPayer& command, const Context& context);
absl::StatusOr<Decision> DecideTransfer(const AcceptProjectTransfer& command, const Context& context);
absl::StatusOr<Decision> DecideTransfer(const DeclineProjectTransfer& command, const Context& context);

absl::StatusOr<Decision> DecideBilling(const SubmitAccountUpgrade& command, const Context& context);
absl::StatusOr<Decision> DecideBilling(const ResendVerification& command, const Context& context);
absl::StatusOr<Decision> DecideBilling(const ConfirmBilling& command, const Context& context);
absl::StatusOr<Decision> DecideBilling(const DeclineBilling& command, const Context& context);
// How long a mailed link is good for, unless it is for a time slot.
constexpr absl::Duration kLinkLifetime = absl::Hours(24 * 7);
// A link is mailed. Its contact is reminded where there is time for that.
storage::v1::Event LinkSent(const BillingAccountId& account, const LinkSeed& link, absl::Time now,
                            absl::Time expire_time);
// The change that waits for its new contact; nullptr where none does.
const BillingChange* ContactChangeOf(const BillingAccount& account, const State& state);
storage::v1::Event ChangeClosed(const BillingChange& change, const std::string& reason);

absl::StatusOr<Decision> DecideChange(const RequestBillingChange& command, const Context& context);
absl::StatusOr<Decision> DecideChange(const ApplyBillingChange& command, const Context& context);

absl::StatusOr<Decision> DecideOrder(const RecordPurchaseOrder& command, const Context& context);
// Those recorded under the account's name that no increase rests on yet, oldest first.
std::vector<const PurchaseOrder*> WaitingOrders(const BillingAccountId& account, const State& state);
storage::v1::Event OrderAttached(const PurchaseOrder& order, const BillingAccountId& account, IncreaseId increase);

absl::StatusOr<Decision> DecideAssisted(const RequestAssistedSetup& command, const Context& context);
absl::StatusOr<Decision> DecideAssisted(const ScheduleAssistedSetup& command, const Context& context);

absl::StatusOr<Decision> DecideFunds(const RecordPayment& command, const Context& context);
absl::StatusOr<Decision> DecideFunds(const GrantCredit& command, const Context& context);
absl::StatusOr<Decision> DecideFunds(const RevokeCredit& command, const Context& context);
absl::StatusOr<Decision> DecideFunds(const SetSpendingLimit& command, const Context& context);
// Sets the limit; `increase` is the one that brought it, or none.
Decision LimitSet(const BillingAccount& account, Money limit, const std::string& reason, IncreaseId increase,
                  const Context& context);

absl::StatusOr<Decision> DecideIncrease(const RequestLimitIncrease& command, const Context& context);
absl::StatusOr<Decision> DecideIncrease(const ApproveLimitIncrease& command, const Context& context);
absl::StatusOr<Decision> DecideIncrease(const DenyLimitIncrease& command, const Context& context);
absl::StatusOr<Decision> DecideIncrease(const WithdrawLimitIncrease& command, const Context& context);

absl::StatusOr<Decision> DecideBudget(const SetBudget& command, const Context& context);
absl::StatusOr<Decision> DecideBudget(const RemoveBudget& command, const Context& context);

absl::StatusOr<Decision> DecideHold(const Check& command, const Context& context);
absl::StatusOr<Decision> DecideHold(const PlaceHold& command, const Context& context);
absl::StatusOr<Decision> DecideHold(const ExtendHold& command, const Context& context);
absl::StatusOr<Decision> DecideHold(const CaptureHold& command, const Context& context);
absl::StatusOr<Decision> DecideHold(const ReleaseHold& command, const Context& context);

absl::StatusOr<Decision> DecideUsage(const RecordUsage& command, const Context& context);
absl::StatusOr<Decision> DecideUsage(const ReleaseQuarantinedUsage& command, const Context& context);
absl::StatusOr<Decision> DecideUsage(const DiscardQuarantinedUsage& command, const Context& context);

absl::StatusOr<Decision> DecideReversal(const ReverseCharge& command, const Context& context);

absl::StatusOr<Decision> DecideClock(const AdvanceClock& command, const Context& context);

absl::StatusOr<Decision> DecideDue(const Context& context);
// What DecideDue does of other topics.
void RemindContact(Events& events, const BillingAccount& account);
void StartSlot(Events& events, const AssistedSetup& setup, absl::Time now);
void MissSlot(Events& events, const AssistedSetup& setup);
void ExpireIncrease(Events& events, const LimitIncrease& increase);
void EndIncrease(Events& events, const LimitIncrease& increase, const BillingAccount& account, const Context& context);

}  // namespace bursar
