#include "services/cli/asking.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "bursar/v1/gate.pb.h"
#include "ledger/base/principal.h"

namespace bursar::cli {
namespace {

bool AnyDenied(const google::protobuf::RepeatedPtrField<v1::CheckResult>& results) {
  return std::any_of(results.begin(), results.end(),
                     [](const v1::CheckResult& result) { return !result.decision().allowed(); });
}

}  // namespace

absl::Status CheckCaller(const Settings& settings) {
  const std::string caller = settings.Text("as");
  if (caller.empty() || Principal::Parse(caller).has_value()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", caller,
                   "\" is nobody who may ask; write --as with user-, service-, operator-, finance- or support- and a "
                   "handle, for example user-ada."));
}

bool IsDenied(const google::protobuf::Message& answer) {
  if (const auto* check = dynamic_cast<const v1::CheckResponse*>(&answer)) return !check->decision().allowed();
  if (const auto* hold = dynamic_cast<const v1::PlaceHoldResponse*>(&answer)) return !hold->decision().allowed();
  if (const auto* batch = dynamic_cast<const v1::CheckBatchResponse*>(&answer)) return AnyDenied(batch->results());
  if (const auto* part = dynamic_cast<const v1::StreamChecksResponse*>(&answer)) return AnyDenied(part->results());
  return false;
}

}  // namespace bursar::cli
