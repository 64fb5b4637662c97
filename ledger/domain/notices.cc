#include "ledger/domain/notices.h"

#include "absl/numeric/int128.h"

namespace bursar {
namespace {

constexpr int32_t kThresholds[] = {25, 50, 80, 90, 100};

void Notice(Events& events, const BillingAccount& account, Money funds, Money base) {
  const int32_t percent = PercentUsed(funds, base);
  if (percent < account.crossed_percent) {
    auto& restored = *events.emplace_back().mutable_funds_restored();
    restored.set_billing_account(account.id.text());
    restored.set_percent(percent);
    restored.set_funds_micros(funds.micros());
    restored.set_currency(account.currency);
  }
  for (const int32_t threshold : kThresholds) {
    if (threshold <= account.crossed_percent || threshold > percent) continue;
    auto& crossed = *events.emplace_back().mutable_funds_threshold_crossed();
    crossed.set_billing_account(account.id.text());
    crossed.set_percent(threshold);
    crossed.set_funds_micros(funds.micros());
    crossed.set_base_micros(base.micros());
    crossed.set_currency(account.currency);
  }
}

}  // namespace

int32_t PercentUsed(Money funds, Money base) {
  if (base <= Money()) return 0;
  if (funds <= Money()) return 100;
  int32_t percent = 0;
  for (const int32_t threshold : kThresholds) {
    // used / base >= threshold / 100, in 128 bits.
    const absl::int128 used = absl::int128(base.micros()) - funds.micros();
    if (used * 100 >= absl::int128(base.micros()) * threshold) percent = threshold;
  }
  return percent;
}

void NoticeFunds(Events& events, const BillingAccount& account, Money funds) {
  Notice(events, account, funds, account.funds_base);
}

void NoticeNewBase(Events& events, const BillingAccount& account, Money funds) {
  Notice(events, account, funds, funds > Money() ? funds : account.funds_base);
}

}  // namespace bursar
