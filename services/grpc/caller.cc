#include "services/grpc/caller.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "ledger/domain/refusals.h"

namespace bursar {

absl::StatusOr<Principal> CallerOf(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  const auto [first, last] = metadata.equal_range(kPrincipalKey);
  if (first == last) return Principal();
  const auto principal = std::next(first) != last
                             ? std::nullopt
                             : Principal::Parse(absl::string_view(first->second.data(), first->second.size()));
  if (principal.has_value()) return *principal;
  absl::Status status(absl::StatusCode::kUnauthenticated,
                      absl::StrCat("Metadata '", kPrincipalKey,
                                   "' has to be one principal, as in \"user-ada\" or \"service-portal\"."));
  PermissionDenied("call").ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) { status.SetPayload(url, payload); });
  return status;
}

}  // namespace bursar
