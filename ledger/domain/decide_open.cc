// Rules that are still to be written; nobody can give these commands yet.
#include "ledger/base/check.h"
#include "ledger/domain/context.h"

namespace bursar {

absl::StatusOr<Decision> DecidePolicy(const PublishSponsorship&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecidePeople(const LinkIdentity&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecidePeople(const CloseUser&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecidePeople(const RemoveMember&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecidePeople(const SetOrganizationSettings&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecidePeople(const SetOrganizationExpiry&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideMerge(const MergeUsers&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideTransfer(const SetProjectPayer&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideTransfer(const AcceptProjectTransfer&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideTransfer(const DeclineProjectTransfer&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideFunds(const RevokeCredit&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideUsage(const ReleaseQuarantinedUsage&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideUsage(const DiscardQuarantinedUsage&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideReversal(const ReverseCharge&, const Context&) { BURSAR_CHECK(!"not yet"); }

}  // namespace bursar
