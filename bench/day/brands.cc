#include "bench/day/brands.h"

#include "absl/strings/str_cat.h"

namespace bursar::day {

const Brand& BrandOf(Partner partner) {
  static constexpr Brand kBrands[] = {{"sjcloudplatform", "SJ Cloud Platform", "azure:westus"},
                                      {"campus", "Campus Computing", "aws:us-east-1"},
                                      {"open-biobank", "Open Biobank", "aws:eu-west-2"}};
  return kBrands[static_cast<int>(partner)];
}

std::string IssuerOf(Partner partner) { return absl::StrCat("https://login.example.org/", BrandOf(partner).id); }

}  // namespace bursar::day
