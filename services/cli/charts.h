// Charts of Unicode blocks for a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bursar::cli {

// Where a chart is drawn.
struct Canvas {
  // In characters.
  int width = 80;
  bool color = false;
};

// One bar or column. Less than zero is drawn as nothing; its text still says what it is.
struct ChartValue {
  std::string label;
  int64_t value = 0;
  // The value for people, "12.50 USD".
  std::string text;
};

// One bar per line, with its label and text, the longest as wide as there is room.
std::string BarChart(const std::vector<ChartValue>& values, const Canvas& canvas);

// Columns from left to right, with the largest value's text at the top of the axis and the first and last label below.
// Where there are more values than room, neighbours share a column: their sum, or the first of them where `is_level`
// says that they are levels of one thing.
std::string ColumnChart(const std::vector<ChartValue>& values, bool is_level, const Canvas& canvas);

}  // namespace bursar::cli
