// Numbers for people.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "bench/day/tally.h"

namespace bursar::day {

// "12,345".
std::string Count(int64_t number);
// "12,345.67 USD", rounded down to a cent.
std::string MoneyText(int64_t micros, absl::string_view currency);
// "1.00 EUR, 12,345.67 USD", without what is zero; "nothing" where all is.
std::string MoneyText(const Amounts& amounts);

}  // namespace bursar::day
