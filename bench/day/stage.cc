#include "bench/day/stage.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "bursar/v1/errors.pb.h"
#include "services/client/status.h"

namespace bursar::day {
namespace {

constexpr int64_t kSurprisesTold = 10;

std::string Short(absl::string_view reason) { return std::string(absl::StripPrefix(reason, "ERROR_REASON_")); }

}  // namespace

void Stage::Surprise(absl::string_view what, absl::string_view how) {
  if (++tally.surprises <= kSurprisesTold) tally.first_surprises.push_back(absl::StrCat(what, ": ", how));
}

void Stage::Charged(Payer payer, int64_t micros, bool metered) {
  tally.accounts[payer].charged += micros;
  if (metered) tally.accounts[payer].metered += micros;
  (metered ? tally.metered : tally.captured)[CurrencyOf(payer)] += micros;
}

void Stage::Reversed(Payer payer, int64_t micros) {
  tally.accounts[payer].charged -= micros;
  tally.reversed[CurrencyOf(payer)] += micros;
}

void Stage::LimitSet(Payer payer, int64_t micros) {
  AccountTally& account = tally.accounts[payer];
  if (micros < account.limit) account.limit_fell += account.limit - micros;
  account.limit = micros;
}

std::string ReasonOf(const v1::Decision& decision) { return Short(v1::ErrorReason_Name(decision.reason())); }

std::string ReasonOf(const absl::Status& status) {
  const auto info = ErrorInfoOf(status);
  return info.has_value() ? Short(info->reason()) : "";
}

bool IsDenial(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  for (const char* denial : {"BILLING_NOT_SET_UP", "BILLABLE_ACTIVITIES_NOT_ALLOWED", "NOT_YOUR_BILLING_ACCOUNT",
                             "BUDGET_EXCEEDED", "COST_LIMIT_EXCEEDED", "SPENDING_LIMIT_EXCEEDED"}) {
    if (reason == denial) return true;
  }
  return false;
}

}  // namespace bursar::day
