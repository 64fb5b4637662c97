// A statement as one page of HTML: charts inside, nothing from elsewhere, no scripts; it prints, and reads in light and
// dark.
#pragma once

#include <string>

#include "bursar/v1/finance.pb.h"

namespace bursar::cli {

std::string StatementPage(const v1::Statement& statement);

}  // namespace bursar::cli
