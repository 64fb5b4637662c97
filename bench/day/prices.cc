#include "bench/day/prices.h"

#include "absl/numeric/int128.h"

namespace bursar::day {
namespace {

constexpr int64_t kHour = 3600;
constexpr int64_t kGib = 1024;                    // MiB
constexpr int64_t kGibMonth = 30 * kGib;          // MiB stored for a day
constexpr int64_t kGibMonthOfHours = 730 * kGib;  // MiB for an hour
constexpr int64_t kRoundingOfParts = 1'000;       // micros; far more parts than a job has

constexpr SkuPrice kPrices[] = {{"compute.mem1", "compute", 143'000, kHour},
                                {"compute.mem2", "compute", 190'000, kHour},
                                {"compute.mem3", "compute", 237'000, kHour},
                                {"compute.mem4", "compute", 330'000, kHour},
                                {"compute.mem1-large-disk", "compute", 186'000, kHour},
                                {"compute.gpu-node", "compute", 10'787'000, kHour},
                                {"storage.scratch", "storage", 100'000, kGibMonthOfHours},
                                {"storage.standard", "storage", 30'000, kGibMonth},
                                {"storage.archived", "storage", 1'400, kGibMonth},
                                {"egress", "egress", 90'000, kGib},
                                {"egress.open-data", "egress", 90'000, kGib}};

}  // namespace

const char* NameOf(Currency currency) {
  switch (currency) {
    case Currency::kUsd:
      return "USD";
    case Currency::kGbp:
      return "GBP";
    case Currency::kEur:
      return "EUR";
  }
  return "";
}

int64_t FromUsd(int64_t micros, Currency currency) {
  switch (currency) {
    case Currency::kUsd:
      return micros;
    case Currency::kGbp:
      return micros / 100 * 80;
    case Currency::kEur:
      return micros / 100 * 92;
  }
  return 0;
}

const SkuPrice& PriceOf(Sku sku) { return kPrices[static_cast<int>(sku)]; }

int64_t PriceMicros(Sku sku, Currency currency) { return FromUsd(PriceOf(sku).usd_micros, currency); }

int64_t CostAtMost(Sku sku, Currency currency, int64_t quantity) {
  const absl::int128 whole = absl::int128(quantity) * PriceMicros(sku, currency);
  return static_cast<int64_t>(whole / PriceOf(sku).per_quantity) + kRoundingOfParts;
}

}  // namespace bursar::day
