#include "bench/day/text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/day/prices.h"

namespace bursar::day {

std::string Count(int64_t number) {
  std::string digits = absl::StrCat(number < 0 ? -number : number);
  for (int64_t comma = static_cast<int64_t>(digits.size()) - 3; comma > 0; comma -= 3) {
    digits.insert(static_cast<size_t>(comma), 1, ',');
  }
  return absl::StrCat(number < 0 ? "-" : "", digits);
}

std::string MoneyText(int64_t micros, absl::string_view currency) {
  constexpr int64_t kCent = kUnit / 100;
  const int64_t cents = (micros >= 0 ? micros : micros - (kCent - 1)) / kCent;
  const int64_t size = cents < 0 ? -cents : cents;
  return absl::StrFormat("%s%s.%02d %s", cents < 0 ? "-" : "", Count(size / 100), size % 100, currency);
}

std::string MoneyText(const Amounts& amounts) {
  std::vector<std::string> parts;
  for (const auto& [currency, micros] : amounts) {
    if (micros != 0) parts.push_back(MoneyText(micros, currency));
  }
  return parts.empty() ? "nothing" : absl::StrJoin(parts, ", ");
}

}  // namespace bursar::day
