// Amounts: whole millionths of a currency unit ("micros"), checked. No floating point touches money.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace bursar {

// An amount without its currency, which the account that it belongs to knows. May be negative.
class Money {
 public:
  constexpr Money() = default;
  static constexpr Money Micros(int64_t micros) { return Money(micros); }

  constexpr int64_t micros() const { return micros_; }

  // nullopt where the result does not fit: overflow is a refusal, never a wrap.
  std::optional<Money> Plus(Money other) const;
  std::optional<Money> Minus(Money other) const;

  // For sums that were proven to fit when their events were decided; ends the process where they do not.
  Money& operator+=(Money other);
  Money& operator-=(Money other);
  friend Money operator+(Money a, Money b) { return a += b; }
  friend Money operator-(Money a, Money b) { return a -= b; }

  friend constexpr bool operator==(Money a, Money b) { return a.micros_ == b.micros_; }
  friend constexpr bool operator!=(Money a, Money b) { return a.micros_ != b.micros_; }
  friend constexpr bool operator<(Money a, Money b) { return a.micros_ < b.micros_; }
  friend constexpr bool operator<=(Money a, Money b) { return a.micros_ <= b.micros_; }
  friend constexpr bool operator>(Money a, Money b) { return a.micros_ > b.micros_; }
  friend constexpr bool operator>=(Money a, Money b) { return a.micros_ >= b.micros_; }

 private:
  constexpr explicit Money(int64_t micros) : micros_(micros) {}
  int64_t micros_ = 0;
};

// The largest amount that one request may name, and the largest that an account's total may reach: a billion units.
// It leaves room so that sums over an account's parts cannot overflow.
inline constexpr Money kMostMoney = Money::Micros(1'000'000'000'000'000);

// "50.00 USD", "-0.000001 USD": two decimals, more only where they are not zero.
std::string ToString(Money amount, absl::string_view currency);

// Reads "50", "50.00" or "0.000001", up to six decimals, perhaps negative; nullopt for anything else.
std::optional<Money> ParseAmount(absl::string_view text);

// Three capital letters, as ISO 4217 writes currencies.
bool IsCurrency(absl::string_view text);

// What a quantity costs, and what rounding left over.
struct Priced {
  Money amount;
  // In micros / per_quantity, between -per_quantity / 2 and per_quantity / 2; to be handed in at the next pricing.
  int64_t remainder = 0;
};

// quantity * price / per_quantity, computed in 128 bits and rounded once, half to even. `carried` is the remainder of
// the pricing before with the same divisor, so that fractions accumulate and none is lost. nullopt where the result is
// more than kMostMoney. All arguments but `carried` are at least zero, `per_quantity` at least one.
std::optional<Priced> PriceOf(int64_t quantity, Money price, int64_t per_quantity, int64_t carried);

}  // namespace bursar
