// Rules that are still to be written; nobody can give these commands yet.
#include "ledger/base/check.h"
#include "ledger/domain/context.h"

namespace bursar {

absl::StatusOr<Decision> DecidePolicy(const PublishSponsorship&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideFunds(const RevokeCredit&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideUsage(const ReleaseQuarantinedUsage&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideUsage(const DiscardQuarantinedUsage&, const Context&) { BURSAR_CHECK(!"not yet"); }
absl::StatusOr<Decision> DecideReversal(const ReverseCharge&, const Context&) { BURSAR_CHECK(!"not yet"); }

}  // namespace bursar
