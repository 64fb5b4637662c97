// Explanations and what-if reports as text for people: a decision as a tree of what it rests on.
#pragma once

#include <string>

#include "bursar/v1/finance.pb.h"

namespace bursar::cli {

// Ends with a newline.
std::string RenderExplanation(const v1::ExplainDecisionResponse& explanation);
std::string RenderWhatIf(const v1::WhatIfResponse& report);

}  // namespace bursar::cli
