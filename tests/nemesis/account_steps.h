// The history of each account as steps of its model, for a search that trusts no position.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/nemesis/asked.h"
#include "tests/nemesis/linearize.h"

namespace bursar::nemesis {

// By account. The calls outlive the steps. `price_micros` is that of one unit of usage.
std::map<std::string, std::vector<Step>> StepsOf(const std::vector<Call>& calls, int64_t price_micros);

// Not finding out in time counts as a finding.
Findings CheckLinearizable(const std::vector<Call>& calls, int64_t price_micros, absl::Duration bound);

}  // namespace bursar::nemesis
