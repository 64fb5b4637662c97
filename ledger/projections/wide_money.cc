#include "ledger/projections/wide_money.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace bursar {
namespace {

constexpr absl::int128 kLeast = std::numeric_limits<int64_t>::min();
constexpr absl::int128 kMost = std::numeric_limits<int64_t>::max();

// Decimal digits, at least `width` of them.
std::string Digits(absl::uint128 number, size_t width) {
  std::string digits;
  for (; number > 0 || digits.size() < width; number /= 10)
    digits += static_cast<char>('0' + static_cast<int>(number % 10));
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

std::optional<Money> WideMoney::Narrow() const {
  if (micros_ < kLeast || micros_ > kMost) return std::nullopt;
  return Nearest();
}

Money WideMoney::Nearest() const {
  return Money::Micros(static_cast<int64_t>(std::clamp<absl::int128>(micros_, kLeast, kMost)));
}

std::string WideMoney::Text() const {
  constexpr size_t kDecimals = 6;
  const absl::uint128 size =
      micros_ < 0 ? absl::uint128(0) - static_cast<absl::uint128>(micros_) : absl::uint128(micros_);
  std::string text = Digits(size, kDecimals + 1);
  text.insert(text.size() - kDecimals, ".");
  while (text.back() == '0' && text[text.size() - 3] != '.') text.pop_back();
  return micros_ < 0 ? "-" + text : text;
}

}  // namespace bursar
