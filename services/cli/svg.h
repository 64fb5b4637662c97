// Charts as inline SVG for a page: colors come from the page, so that they are readable in light and dark and in print.
#pragma once

#include <string>
#include <vector>

#include "services/cli/charts.h"

namespace bursar::cli {

// As text of HTML and of its attributes.
std::string EscapedForHtml(const std::string& text);

// Columns over days, with a scale, and each value's text where the pointer rests on it. `title` says what it shows to
// those who cannot see it.
std::string SvgColumns(const std::vector<ChartValue>& values, const std::string& title);

// A bar of this share, 0 to 1, of the width that the page gives it.
std::string SvgBar(double share);

}  // namespace bursar::cli
