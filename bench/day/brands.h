// Under which names the cloud is sold, and by which terms.
#pragma once

#include <string>

#include "bench/day/population.h"

namespace bursar::day {

inline constexpr char kTermsVersion[] = "2026-01";
inline constexpr char kPricingVersion[] = "2026-03";

struct Brand {
  const char* id;
  const char* name;
  const char* region;
};

const Brand& BrandOf(Partner partner);

// Where employees log in.
std::string IssuerOf(Partner partner);

}  // namespace bursar::day
