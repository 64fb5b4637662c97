// Sums over many accounts, which may be larger than any one account's: micros in 128 bits, which no number of entries
// can fill.
#pragma once

#include <optional>
#include <string>

#include "absl/numeric/int128.h"
#include "ledger/domain/money.h"

namespace bursar {

class WideMoney {
 public:
  constexpr WideMoney() = default;
  constexpr WideMoney(Money money) : micros_(money.micros()) {}  // NOLINT: every amount is one
  static constexpr WideMoney Micros(absl::int128 micros) {
    WideMoney money;
    money.micros_ = micros;
    return money;
  }

  constexpr absl::int128 micros() const { return micros_; }
  // nullopt where it does not fit.
  std::optional<Money> Narrow() const;
  // As Narrow, or the largest or smallest amount there is. Only where Text() stands beside it.
  Money Nearest() const;
  // In units, exactly: "-12.50"; two decimals, more only where they are not zero.
  std::string Text() const;

  WideMoney& operator+=(WideMoney other) {
    micros_ += other.micros_;
    return *this;
  }
  WideMoney& operator-=(WideMoney other) {
    micros_ -= other.micros_;
    return *this;
  }
  friend WideMoney operator+(WideMoney a, WideMoney b) { return a += b; }
  friend WideMoney operator-(WideMoney a, WideMoney b) { return a -= b; }
  friend bool operator==(WideMoney a, WideMoney b) { return a.micros_ == b.micros_; }
  friend bool operator!=(WideMoney a, WideMoney b) { return a.micros_ != b.micros_; }
  friend bool operator<(WideMoney a, WideMoney b) { return a.micros_ < b.micros_; }
  friend bool operator>(WideMoney a, WideMoney b) { return a.micros_ > b.micros_; }

 private:
  absl::int128 micros_ = 0;
};

}  // namespace bursar
