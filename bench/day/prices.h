// What the day's cloud sells, and for how much.
#pragma once

#include <cstdint>

namespace bursar::day {

inline constexpr int64_t kUnit = 1'000'000;  // micros in one unit of a currency

enum class Currency { kUsd, kGbp, kEur };
inline constexpr Currency kCurrencies[] = {Currency::kUsd, Currency::kGbp, Currency::kEur};

const char* NameOf(Currency currency);

// What so many micros of USD are worth, by the day's fixed rates, rounded down.
int64_t FromUsd(int64_t micros, Currency currency);

enum class Sku {
  kMem1,
  kMem2,
  kMem3,
  kMem4,
  kMem1LargeDisk,
  kGpuNode,
  kScratch,
  kStorage,
  kArchive,
  kEgress,
  kOpenDataEgress
};
inline constexpr Sku kSkus[] = {Sku::kMem1,          Sku::kMem2,    Sku::kMem3,          Sku::kMem4,
                                Sku::kMem1LargeDisk, Sku::kGpuNode, Sku::kScratch,       Sku::kStorage,
                                Sku::kArchive,       Sku::kEgress,  Sku::kOpenDataEgress};

struct SkuPrice {
  const char* name;
  // Heading under which charges are summed.
  const char* category;
  int64_t usd_micros;
  // The price is for so many core-seconds, node-seconds, MiB of scratch disk for an hour, MiB stored for a
  // day, or MiB sent.
  int64_t per_quantity;
};

const SkuPrice& PriceOf(Sku sku);

// In the currency's micros, for `per_quantity`.
int64_t PriceMicros(Sku sku, Currency currency);

// Enough for the quantity however the server rounds it, in however many parts.
int64_t CostAtMost(Sku sku, Currency currency, int64_t quantity);

}  // namespace bursar::day
