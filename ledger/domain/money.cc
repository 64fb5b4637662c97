#include "ledger/domain/money.h"

#include <limits>

#include "absl/numeric/int128.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ledger/base/check.h"
#include "ledger/base/planted.h"

namespace bursar {
namespace {

constexpr int64_t kMicrosPerUnit = 1'000'000;
constexpr int kMostDecimals = 6;

}  // namespace

std::optional<Money> Money::Plus(Money other) const {
  int64_t sum = 0;
  if (__builtin_add_overflow(micros_, other.micros_, &sum)) return std::nullopt;
  return Money(sum);
}

std::optional<Money> Money::Minus(Money other) const {
  int64_t difference = 0;
  if (__builtin_sub_overflow(micros_, other.micros_, &difference)) return std::nullopt;
  return Money(difference);
}

Money& Money::operator+=(Money other) {
  BURSAR_CHECK(!__builtin_add_overflow(micros_, other.micros_, &micros_));
  return *this;
}

Money& Money::operator-=(Money other) {
  BURSAR_CHECK(!__builtin_sub_overflow(micros_, other.micros_, &micros_));
  return *this;
}

std::string ToString(Money amount, absl::string_view currency) {
  const bool negative = amount.micros() < 0;
  const uint64_t micros = negative ? -static_cast<uint64_t>(amount.micros()) : amount.micros();
  std::string decimals = absl::StrFormat("%06d", micros % kMicrosPerUnit);
  while (decimals.size() > 2 && decimals.back() == '0') decimals.pop_back();
  return absl::StrCat(negative ? "-" : "", micros / kMicrosPerUnit, ".", decimals, currency.empty() ? "" : " ",
                      currency);
}

std::optional<Money> ParseAmount(absl::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  absl::int128 micros = 0;
  int decimals = -1;  // before the point
  bool any_digit = false;
  for (const char c : text) {
    if (c == '.' && decimals < 0 && any_digit) {
      decimals = 0;
      continue;
    }
    if (!absl::ascii_isdigit(c) || decimals == kMostDecimals) return std::nullopt;
    any_digit = true;
    if (decimals >= 0) ++decimals;
    micros = micros * 10 + (c - '0');
    if (micros > std::numeric_limits<int64_t>::max()) return std::nullopt;
  }
  if (!any_digit || decimals == 0) return std::nullopt;
  for (int i = decimals < 0 ? 0 : decimals; i < kMostDecimals; ++i) micros *= 10;
  if (micros > std::numeric_limits<int64_t>::max()) return std::nullopt;
  return Money::Micros(static_cast<int64_t>(negative ? -micros : micros));
}

bool IsCurrency(absl::string_view text) {
  if (text.size() != 3) return false;
  for (const char c : text) {
    if (!absl::ascii_isupper(c)) return false;
  }
  return true;
}

std::optional<Priced> PriceOf(int64_t quantity, Money price, int64_t per_quantity, int64_t carried) {
  BURSAR_CHECK(quantity >= 0 && price.micros() >= 0 && per_quantity >= 1);
  if (BURSAR_PLANTED(fractions_lost)) carried = 0;
  const absl::int128 total = absl::int128(quantity) * price.micros() + carried;
  // A carried remainder below zero may take a small quantity below zero; it then stays carried.
  if (total < 0) return Priced{.amount = Money(), .remainder = static_cast<int64_t>(total)};
  absl::int128 rounded = total / per_quantity;
  const absl::int128 twice_rest = (total % per_quantity) * 2;
  if (BURSAR_PLANTED(rounds_half_up) && twice_rest == per_quantity && rounded % 2 == 0) ++rounded;
  if (twice_rest > per_quantity || (twice_rest == per_quantity && rounded % 2 == 1)) ++rounded;
  if (rounded > kMostMoney.micros()) return std::nullopt;
  return Priced{.amount = Money::Micros(static_cast<int64_t>(rounded)),
                .remainder = static_cast<int64_t>(total - rounded * per_quantity)};
}

}  // namespace bursar
