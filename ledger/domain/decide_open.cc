// Rules that are still to be written; nobody can give these commands yet.
#include "ledger/base/check.h"
#include "ledger/domain/context.h"

namespace bursar {

absl::StatusOr<Decision> DecidePeople(const LinkIdentity&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecidePeople(const CloseUser&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecidePeople(const RemoveMember&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecidePeople(const SetOrganizationSettings&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecidePeople(const SetOrganizationExpiry&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideMerge(const MergeUsers&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideTransfer(const SetProjectPayer&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideTransfer(const AcceptProjectTransfer&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideTransfer(const DeclineProjectTransfer&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideBilling(const DeclineBilling&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideChange(const RequestBillingChange&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideChange(const ApplyBillingChange&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideChange(const RecordPurchaseOrder&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideAssisted(const RequestAssistedSetup&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideAssisted(const ScheduleAssistedSetup&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideIncrease(const WithdrawLimitIncrease&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideBudget(const SetBudget&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideBudget(const RemoveBudget&, const Context&) { BURSAR_CHECK(!"not yet"); }

void RemindContact(Events&, const BillingAccount&) { BURSAR_CHECK(!"not yet"); }
void StartSlot(Events&, const AssistedSetup&) { BURSAR_CHECK(!"not yet"); }
void MissSlot(Events&, const AssistedSetup&) { BURSAR_CHECK(!"not yet"); }
void ExpireIncrease(Events&, const LimitIncrease&) { BURSAR_CHECK(!"not yet"); }
void EndIncrease(Events&, const LimitIncrease&, const BillingAccount&, const Context&) { BURSAR_CHECK(!"not yet"); }

}  // namespace bursar
