#include "tests/nemesis/uninvited.h"

#include "absl/strings/str_cat.h"

namespace bursar::nemesis {

Findings CheckUninvited(const std::vector<Call>& calls) {
  Findings findings;
  for (const Call& call : calls) {
    if (call.principal != kUninvited || call.outcome == Outcome::kUnknown) continue;
    if (call.outcome == Outcome::kRefused && ReasonOf(call.error) == "PERMISSION_DENIED") continue;
    findings.push_back(absl::StrCat(call.request->GetDescriptor()->name(), " by ", kUninvited, " was ",
                                    call.outcome == Outcome::kAnswered
                                        ? absl::StrCat("answered: { ", call.answer->ShortDebugString(), " }")
                                        : absl::StrCat("refused by ", call.error.ToString())));
  }
  return findings;
}

}  // namespace bursar::nemesis
